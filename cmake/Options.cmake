# What a build can choose, and the compiler settings that every target shares.
option(NIP_TESTS "Build the tests" ON)
option(NIP_FUZZ "Build the fuzzers (clang only)" OFF)
option(NIP_BENCH "Build the micro-benchmarks" OFF)
option(NIP_LTO "Optimise across rooms when a release is linked" ON)
option(NIP_COVERAGE "Instrument for line coverage" OFF)
option(NIP_UNITY "Compile rooms and tests in few big units: from nothing in a third of the time" OFF)
set(NIP_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON) # plugins link the static rooms
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_UNITY_BUILD ${NIP_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
# Release keeps assertions off and frame pointers on: a profile of a live broker must be readable.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG -fno-omit-frame-pointer")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1 -DNDEBUG -fno-omit-frame-pointer")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g1")

add_library(nip_flags INTERFACE)
target_compile_options(nip_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Werror)
target_compile_options(nip_flags INTERFACE $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-fcoroutines>)
# clang does not hide what libstdc++ 12 says of its own stable_sort.
target_compile_options(nip_flags INTERFACE $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:Clang>>:-Wno-deprecated-declarations>)
if(NIP_SANITIZE)
  add_compile_options(-fsanitize=${NIP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1)
  add_link_options(-fsanitize=${NIP_SANITIZE})
  # g++ 12 reports uninitialised values inside its own headers once sanitizers change inlining.
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  if(NIP_SANITIZE MATCHES thread) # the same for moves of std::expected with a string in its error
    add_compile_options("$<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread>")
    # The sanitizer does not know fences. Asio's stand beside the mutex of its queue, which it does.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()
if(NIP_COVERAGE)
  add_compile_options(--coverage -O0)
  add_link_options(--coverage)
endif()

if(NIP_LTO AND CMAKE_BUILD_TYPE STREQUAL "Release")
  include(CheckIPOSupported)
  check_ipo_supported(RESULT NIP_LTO_WORKS OUTPUT NIP_LTO_REASON LANGUAGES C CXX)
  if(NIP_LTO_WORKS)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  else()
    message(STATUS "Release without link-time optimisation: ${NIP_LTO_REASON}")
  endif()
endif()

find_program(NIP_CCACHE ccache)
if(NIP_CCACHE)
  # Without this sloppiness ccache never serves a unit that uses a precompiled header; without the base another clone on
  # this machine compiles all anew.
  set(LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
    CCACHE_NOHASHDIR=true ${NIP_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${LAUNCHER})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${LAUNCHER})
endif()
find_program(NIP_MOLD mold)
if(NIP_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
