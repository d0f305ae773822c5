# Find LLVM 19: LLVM19_INCLUDE_DIR, LLVM19_LIBRARY; wann_llvm_FOUND says whether it is there. Not by
# find_package(LLVM): LLVM's own file asks for a C++ compiler and for libraries that its C interface, behind
# which all is one shared library, does not need. The library is not linked but loaded (compiler/llvm/api.c).

find_program(WANN_LLVM_CONFIG NAMES llvm-config-19 HINTS /usr/lib/llvm-19/bin)
set(wann_llvm_hint)
if(WANN_LLVM_CONFIG)
  execute_process(COMMAND ${WANN_LLVM_CONFIG} --prefix OUTPUT_VARIABLE wann_llvm_hint
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
find_path(LLVM19_INCLUDE_DIR llvm-c/Core.h HINTS ${wann_llvm_hint}/include /usr/lib/llvm-19/include NO_DEFAULT_PATH)
find_library(LLVM19_LIBRARY LLVM-19 HINTS ${wann_llvm_hint}/lib /usr/lib/llvm-19/lib)
mark_as_advanced(WANN_LLVM_CONFIG LLVM19_INCLUDE_DIR LLVM19_LIBRARY)

set(wann_llvm_FOUND FALSE)
if(LLVM19_INCLUDE_DIR AND LLVM19_LIBRARY)
  set(wann_llvm_FOUND TRUE)
endif()
