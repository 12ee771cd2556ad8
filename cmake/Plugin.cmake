# nip_plugin(NAME SOURCES file... [DEPENDS target...]): plugins/NAME.so in the build tree, where nipd looks for it.
function(nip_plugin NAME)
  cmake_parse_arguments(PLUGIN "" "OUTPUT_DIRECTORY" "SOURCES;DEPENDS" ${ARGN})
  if(NOT PLUGIN_OUTPUT_DIRECTORY)
    set(PLUGIN_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/plugins)
  endif()
  add_library(plugin_${NAME} MODULE ${PLUGIN_SOURCES})
  target_include_directories(plugin_${NAME} PRIVATE ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(plugin_${NAME} PRIVATE nip_flags ${PLUGIN_DEPENDS})
  # Only the entry symbol leaves the library, whatever it links.
  target_link_options(plugin_${NAME} PRIVATE -Wl,--exclude-libs,ALL -Wl,-z,defs)
  # nipd copies a library into memory before it maps it: what only a debugger reads would cost each start.
  target_link_options(plugin_${NAME} PRIVATE $<$<CONFIG:Release>:-Wl,--strip-debug>)
  set_target_properties(plugin_${NAME} PROPERTIES PREFIX "" OUTPUT_NAME ${NAME} UNITY_BUILD OFF
    LIBRARY_OUTPUT_DIRECTORY ${PLUGIN_OUTPUT_DIRECTORY})
endfunction()
