# Archives to hand on: `cpack -G DEB` (make deb) in the build folder makes a Debian package.

set(CPACK_PACKAGE_NAME wann)
set(CPACK_PACKAGE_VENDOR wann)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "search and compiler for weight agnostic neural networks")
set(CPACK_PACKAGE_DESCRIPTION "A weight agnostic neural network does its task with any one weight on all of
its connections. wann searches for such networks and evaluates them; wannc compiles one to standalone C, or
through LLVM. The library and its headers are included.")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR TGZ)
set(CPACK_THREADS 0)

set(WANN_MAINTAINER "wann developers <wann@example.org>" CACHE STRING
  "Who answers for the Debian package")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${WANN_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
file(WRITE ${PROJECT_BINARY_DIR}/deb/triggers "activate-noawait ldconfig\n")
file(CHMOD ${PROJECT_BINARY_DIR}/deb/triggers
  PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/deb/triggers)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/deb.cmake)
include(CPack)
