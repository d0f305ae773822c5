# Find cJSON and make the target wann::cjson of it; wann_cjson_FOUND says whether it is there.
# Installed as well, because whoever links libwann.a links cJSON too.

find_path(CJSON_INCLUDE_DIR cjson/cJSON.h)
find_library(CJSON_LIBRARY cjson)
mark_as_advanced(CJSON_INCLUDE_DIR CJSON_LIBRARY)

if(CJSON_INCLUDE_DIR AND CJSON_LIBRARY)
  set(wann_cjson_FOUND TRUE)
  if(NOT TARGET wann::cjson)
    add_library(wann::cjson UNKNOWN IMPORTED)
    set_target_properties(wann::cjson PROPERTIES
      IMPORTED_LOCATION "${CJSON_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${CJSON_INCLUDE_DIR}")
  endif()
else()
  set(wann_cjson_FOUND FALSE)
endif()
