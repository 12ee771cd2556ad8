# Every dependency is found here and nowhere else, with the reason beside it. scripts/setup installs them.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)          # Asio: event loops; Beast: HTTP and WebSocket; intrusive_ptr, small_vector
find_package(simdjson REQUIRED)            # the envelope parser: validates 256 bytes in ~200 ns
find_package(nlohmann_json REQUIRED)       # configuration, administration and plugin configs, off the message path
find_package(fmt REQUIRED)                 # text of errors and numbers
find_package(spdlog REQUIRED)              # log sinks and formats
find_package(yaml-cpp REQUIRED)            # nip.yaml and rules.d/
find_package(OpenSSL REQUIRED)             # digests now, TLS of the listener later
find_package(SQLite3 REQUIRED)             # the default state store
find_package(ZLIB REQUIRED)                # gzip of request bodies
find_package(CURL REQUIRED)                # the webhook plugin and the command line: pooled, TLS, HTTP/1.1
find_package(PkgConfig REQUIRED)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash) # XXH3: checksum of every journal record
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)          # CEL `matches`: linear time on hostile patterns
find_path(CLI11_INCLUDE_DIR CLI/CLI.hpp REQUIRED)            # command lines of nip and nipd
find_path(VALIJSON_INCLUDE_DIR valijson/validator.hpp REQUIRED) # plugin configs against their JSON Schema
add_library(cli11 INTERFACE)
target_include_directories(cli11 SYSTEM INTERFACE ${CLI11_INCLUDE_DIR})
add_library(valijson INTERFACE)
target_include_directories(valijson SYSTEM INTERFACE ${VALIJSON_INCLUDE_DIR})
if(NIP_TESTS)
  find_package(GTest REQUIRED)
  if(NOT DEFINED Python3_EXECUTABLE AND EXISTS /usr/bin/python3)
    set(Python3_EXECUTABLE /usr/bin/python3) # pytest is a Debian package: another python does not see it
  endif()
  find_package(Python3 REQUIRED COMPONENTS Interpreter)      # integration tests drive the real binary
endif()
if(NIP_BENCH)
  find_package(benchmark REQUIRED)
endif()
