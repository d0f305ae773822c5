# What is installed, and how other projects find it: CMake package, pkg-config, manual pages.

include(CMakePackageConfigHelpers)
include(${CMAKE_CURRENT_LIST_DIR}/wann_add_policy.cmake)

add_executable(wann::wannc ALIAS wannc)
add_executable(wann::workbench ALIAS wann)
set_target_properties(wann PROPERTIES EXPORT_NAME workbench) # wann::wann is the library
if(NOT WANN_INSTALL)
  return()
endif()

set(wann_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/wann)

# Programs and the shared library stand on their own; the static one needs its dependencies found
# first. Hence one export file each.
install(TARGETS wannc wann EXPORT wann-programs)
install(TARGETS wann_shared EXPORT wann-shared)
if(WANN_MPI)
  install(TARGETS wann_mpi LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/wann)
endif()
install(TARGETS wann_static EXPORT wann-static)
foreach(part programs shared static)
  install(EXPORT wann-${part} NAMESPACE wann:: DESTINATION ${wann_cmake_dir})
endforeach()

configure_package_config_file(cmake/wannConfig.cmake.in
  ${PROJECT_BINARY_DIR}/cmake/wannConfig.cmake INSTALL_DESTINATION ${wann_cmake_dir})
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/cmake/wannConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/cmake/wannConfig.cmake
  ${PROJECT_BINARY_DIR}/cmake/wannConfigVersion.cmake
  cmake/wann_cjson.cmake
  cmake/wann_add_policy.cmake
  DESTINATION ${wann_cmake_dir})

# The prefix is only known when `cmake --install --prefix` runs, so wann.pc goes by its own place.
file(RELATIVE_PATH wann_pc_to_prefix
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
set(wann_pc_private "-lcjson")
if(WANN_PNG)
  string(APPEND wann_pc_private " -lpng")
endif()
if(WANN_ZLIB)
  string(APPEND wann_pc_private " -lz")
endif()
if(WANN_ONNX)
  string(APPEND wann_pc_private " -lprotobuf-c")
endif()
if(WANN_BOX2D)
  string(APPEND wann_pc_private " -lbox2d -lstdc++")
endif()
foreach(library IN LISTS CMAKE_THREAD_LIBS_INIT CMAKE_DL_LIBS)
  string(APPEND wann_pc_private " -l${library}")
endforeach()
string(REPLACE "-l-" "-" wann_pc_private "${wann_pc_private}")
if(WANN_LIBM)
  string(APPEND wann_pc_private " -lm")
endif()
configure_file(cmake/wann.pc.in ${PROJECT_BINARY_DIR}/cmake/wann.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cmake/wann.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(DIRECTORY include/wann DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN *.h PATTERN *.def)
install(DIRECTORY templates DESTINATION ${CMAKE_INSTALL_DATADIR}/wann
  FILES_MATCHING PATTERN *.in PATTERN *.def)
install(DIRECTORY docs/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN *.1)
install(DIRECTORY scripts/completion/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)

include(${CMAKE_CURRENT_LIST_DIR}/cpack.cmake)
