# The modules that web pages of reports run: tasks and interpreter, compiled from the same source as
# everything else to WebAssembly by clang and wasm-ld, where these are found.
find_program(WANN_WASM_CC NAMES clang-19 clang)
find_program(WANN_WASM_LD NAMES wasm-ld-19 wasm-ld)
mark_as_advanced(WANN_WASM_CC WANN_WASM_LD)
if(WANN_WASM AND NOT (WANN_WASM_CC AND WANN_WASM_LD))
  message(STATUS "No clang or no wasm-ld: report pages show recordings only (Debian packages: clang lld-19)")
  set(WANN_WASM OFF)
endif()
if(WANN_WASM)
  execute_process(COMMAND ${WANN_WASM_CC} --print-targets OUTPUT_VARIABLE wann_clang_targets ERROR_QUIET)
  if(NOT wann_clang_targets MATCHES "wasm32")
    message(STATUS "${WANN_WASM_CC} makes no WebAssembly: report pages show recordings only")
    set(WANN_WASM OFF)
  endif()
endif()

# wann_web_module(NAME FILE...): build/web/NAME.wasm of C files; needs the kernels' header.
function(wann_web_module name)
  set(objects "")
  set(folder ${PROJECT_BINARY_DIR}/web)
  file(MAKE_DIRECTORY ${folder})
  foreach(file IN LISTS ARGN)
    get_filename_component(stem ${file} NAME_WE)
    set(object ${folder}/${name}-${stem}.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${WANN_WASM_CC} --target=wasm32-unknown-unknown -std=c17 -O2 -ffp-contract=off
        -mbulk-memory -mthread-model single -fno-math-errno -ffunction-sections -nostdlibinc
        -Wall -Wextra -Wno-unknown-warning-option -Wno-unused-function
        -isystem ${PROJECT_SOURCE_DIR}/envs/web/freestanding
        -I${PROJECT_SOURCE_DIR} -I${PROJECT_SOURCE_DIR}/include -I${PROJECT_BINARY_DIR}/generated
        -MD -MF ${object}.d -c ${PROJECT_SOURCE_DIR}/${file} -o ${object}
      DEPENDS ${PROJECT_SOURCE_DIR}/${file} DEPFILE ${object}.d
      COMMENT "Building ${file} for web pages" VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  add_custom_command(OUTPUT ${folder}/${name}.wasm
    COMMAND ${WANN_WASM_LD} --no-entry --strip-all --gc-sections --export=__heap_base
      -z stack-size=65536 ${objects} -o ${folder}/${name}.wasm
    DEPENDS ${objects} COMMENT "Linking ${name}.wasm" VERBATIM)
endfunction()
