# libwann.a and libwann.so, the two programs, and how they are installed.

set(wann_dependencies ${CJSON_LIBRARY} Threads::Threads ${CMAKE_DL_LIBS})
if(WANN_LIBM)
  list(APPEND wann_dependencies ${WANN_LIBM})
endif()
if(WANN_PNG)
  list(APPEND wann_dependencies PNG::PNG)
endif()

add_library(wann_static STATIC $<TARGET_OBJECTS:wann_objects>)
add_library(wann_shared SHARED $<TARGET_OBJECTS:wann_objects>)
foreach(library wann_static wann_shared)
  set_target_properties(${library} PROPERTIES OUTPUT_NAME wann VERSION ${PROJECT_VERSION} SOVERSION 0)
  target_include_directories(${library} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${library} PRIVATE wann_flags ${wann_dependencies})
endforeach()
add_library(wann::wann ALIAS wann_static)
