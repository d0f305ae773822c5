# Options, compiler flags, and the packages that are found.

option(WANN_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(WANN_BENCH "Build the benchmarks" ${PROJECT_IS_TOP_LEVEL})
option(WANN_INSTALL "Make the install target" ${PROJECT_IS_TOP_LEVEL})
option(WANN_WERROR "Treat warnings as errors" OFF)
option(WANN_PNG "Write PNG pictures (libpng)" ON)
option(WANN_ZLIB "Read compressed data sets (zlib)" ON)
option(WANN_BOX2D "The walker tasks (Box2D 2.4)" ON)
option(WANN_LLVM "Compile through LLVM 19: objects, other targets, WebAssembly, just in time" ON)
option(WANN_MPI "Searches by several processes (MPI), started by mpirun" ON)
option(WANN_WASM "Tasks in the pages of wann report, as WebAssembly (clang, wasm-ld)" ON)
option(WANN_FUZZ "Build the fuzz targets (needs clang)" OFF)
set(WANN_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined")

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
foreach(kind RUNTIME LIBRARY ARCHIVE)
  if(kind STREQUAL "RUNTIME")
    set(CMAKE_${kind}_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  else()
    set(CMAKE_${kind}_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
  endif()
endforeach()

# Every target of the project links this; nothing of it reaches users.
add_library(wann_flags INTERFACE)
target_compile_features(wann_flags INTERFACE c_std_17)
target_compile_definitions(wann_flags INTERFACE _POSIX_C_SOURCE=200809L)
target_compile_options(wann_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion -Wvla -fvisibility=hidden
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
  -ffp-contract=off # a fused multiply-add would change the meaning of a network
  $<$<BOOL:${WANN_WERROR}>:-Werror>)
if(WANN_SANITIZE)
  target_compile_options(wann_flags INTERFACE
    -fsanitize=${WANN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(wann_flags INTERFACE -fsanitize=${WANN_SANITIZE})
endif()

if(WANN_FUZZ)
  target_compile_options(wann_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_library(WANN_LIBM m)
find_package(Threads REQUIRED)

include(${PROJECT_SOURCE_DIR}/cmake/wann_cjson.cmake)
if(NOT wann_cjson_FOUND)
  message(FATAL_ERROR "cJSON was not found; on Debian: apt-get install libcjson-dev (or: make deps)")
endif()

if(WANN_PNG)
  find_package(PNG)
  if(NOT PNG_FOUND)
    message(STATUS "libpng was not found: no PNG pictures (Debian package: libpng-dev)")
    set(WANN_PNG OFF)
  endif()
endif()

if(WANN_ZLIB)
  find_package(ZLIB)
  if(NOT ZLIB_FOUND)
    message(STATUS "zlib was not found: no compressed data sets (Debian package: zlib1g-dev)")
    set(WANN_ZLIB OFF)
  endif()
endif()

if(WANN_BOX2D)
  include(CheckLanguage)
  check_language(CXX)
  find_package(box2d CONFIG QUIET)
  if(CMAKE_CXX_COMPILER AND box2d_FOUND)
    enable_language(CXX)
  else()
    message(STATUS "No walker tasks: they need Box2D and a C++ compiler (Debian packages: libbox2d-dev g++)")
    set(WANN_BOX2D OFF)
  endif()
endif()

if(WANN_LLVM)
  include(${PROJECT_SOURCE_DIR}/cmake/wann_llvm.cmake)
  if(NOT wann_llvm_FOUND)
    message(STATUS "LLVM 19 was not found: no LLVM backend (Debian package: llvm-19-dev)")
    set(WANN_LLVM OFF)
  endif()
endif()

if(WANN_MPI)
  find_package(MPI QUIET COMPONENTS C)
  if(NOT MPI_C_FOUND)
    message(STATUS "MPI was not found: searches run in one process (Debian packages: libopenmpi-dev openmpi-bin)")
    set(WANN_MPI OFF)
  endif()
endif()

include(${PROJECT_SOURCE_DIR}/cmake/web.cmake)
