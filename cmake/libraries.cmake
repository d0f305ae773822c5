# libwann.a and libwann.so, made of the same objects.

# By name, not by path: these reach whoever links the installed static library.
set(wann_dependencies wann::cjson Threads::Threads ${CMAKE_DL_LIBS})
if(WANN_LIBM)
  list(APPEND wann_dependencies m)
endif()
if(WANN_PNG)
  list(APPEND wann_dependencies PNG::PNG)
endif()
if(WANN_ZLIB)
  list(APPEND wann_dependencies ZLIB::ZLIB)
endif()

if(WANN_ONNX)
  list(APPEND wann_dependencies protobuf-c)
endif()

if(WANN_BOX2D)
  list(APPEND wann_dependencies box2d::box2d stdc++)
endif()

add_library(wann_static STATIC $<TARGET_OBJECTS:wann_objects>)
add_library(wann_shared SHARED $<TARGET_OBJECTS:wann_objects>)
foreach(kind static shared)
  set(library wann_${kind})
  set_target_properties(${library} PROPERTIES
    OUTPUT_NAME wann EXPORT_NAME ${kind} VERSION ${PROJECT_VERSION} SOVERSION 0)
  target_include_directories(${library} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${library} PRIVATE $<BUILD_INTERFACE:wann_flags> ${wann_dependencies})
  add_library(wann::${kind} ALIAS ${library})
endforeach()
add_library(wann::wann ALIAS wann_static)
target_link_options(wann_shared PRIVATE LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/exports.map)
set_target_properties(wann_shared PROPERTIES LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/exports.map)
