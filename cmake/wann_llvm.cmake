# Find LLVM 19 and make the target wann::llvm of it; wann_llvm_FOUND says whether it is there. Not by
# find_package(LLVM): LLVM's own file asks for a C++ compiler and for libraries that its C interface, behind
# which all is one shared library, does not need. Installed as well, because whoever links libwann.a links
# LLVM too.

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
  if(NOT TARGET wann::llvm)
    add_library(wann::llvm UNKNOWN IMPORTED)
    set_target_properties(wann::llvm PROPERTIES
      IMPORTED_LOCATION "${LLVM19_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${LLVM19_INCLUDE_DIR}")
  endif()
endif()
