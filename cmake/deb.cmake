# Run by CPack over the staged tree: what a Debian package has and `cmake --install` leaves out, that is
# compressed manual pages, copyright and changelog.
set(stage ${CPACK_TEMPORARY_DIRECTORY}/usr)
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()
file(GLOB pages ${stage}/share/man/man1/*.1)
set(doc ${stage}/share/doc/wann)
file(MAKE_DIRECTORY ${doc})
file(WRITE ${doc}/copyright "Copyright: the wann developers
License: Apache-2.0
 The text of the license is in /usr/share/common-licenses/Apache-2.0.
")
file(WRITE ${doc}/changelog "wann (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * As docs/ says what it can do.

 -- ${CPACK_DEBIAN_PACKAGE_MAINTAINER}  Thu, 01 Jan 2026 00:00:00 +0000
")
execute_process(COMMAND gzip -9nf ${pages} ${doc}/changelog COMMAND_ERROR_IS_FATAL ANY)
file(CHMOD_RECURSE ${stage}/share/man ${stage}/share/doc
  FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ
  DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
