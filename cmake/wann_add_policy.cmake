# wann_add_policy(TARGET NETWORK [NAME IDENT] [REAL float|double|fixed] [WEIGHT W | TUNED] [BATCH])
#
# Compile a network to C when the project is built and make the static library TARGET of it. Who
# links TARGET can include "IDENT.h". NETWORK is relative to the current source folder; IDENT is
# its stem if not given. The other words are the options of wannc with the same names.
#
# The compiler is the variable WANNC if it is set (needed where wann was built for another machine
# than this one), else the wannc that came with the package.

# Set `result` to the command that runs wannc.
function(wann_policy_compiler result)
  if(WANNC)
    set(${result} ${WANNC} PARENT_SCOPE)
  elseif(CMAKE_CROSSCOMPILING)
    message(FATAL_ERROR "wann_add_policy: set WANNC to a wannc that runs on this machine")
  elseif(TARGET wann::wannc)
    set(${result} wann::wannc PARENT_SCOPE)
  else()
    message(FATAL_ERROR "wann_add_policy: no wannc is there; set WANNC to one")
  endif()
endfunction()

# Set `result` to the options of wannc that the parsed arguments ARG_... ask for.
function(wann_policy_options result)
  if(ARG_TUNED AND DEFINED ARG_WEIGHT)
    message(FATAL_ERROR "wann_add_policy: WEIGHT and TUNED exclude each other")
  endif()
  set(options)
  foreach(option REAL WEIGHT)
    if(DEFINED ARG_${option})
      string(TOLOWER ${option} word)
      list(APPEND options --${word} ${ARG_${option}})
    endif()
  endforeach()
  foreach(option TUNED BATCH)
    if(ARG_${option})
      string(TOLOWER ${option} word)
      list(APPEND options --${word})
    endif()
  endforeach()
  set(${result} ${options} PARENT_SCOPE)
endfunction()

function(wann_add_policy target network)
  cmake_parse_arguments(PARSE_ARGV 2 ARG "TUNED;BATCH" "NAME;REAL;WEIGHT" "")
  if(ARG_UNPARSED_ARGUMENTS OR ARG_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "wann_add_policy: unknown or incomplete arguments: "
      "${ARG_UNPARSED_ARGUMENTS} ${ARG_KEYWORDS_MISSING_VALUES}")
  endif()
  get_filename_component(network ${network} ABSOLUTE)
  if(NOT DEFINED ARG_NAME)
    get_filename_component(stem ${network} NAME_WE)
    string(MAKE_C_IDENTIFIER ${stem} ARG_NAME)
  endif()
  wann_policy_compiler(compiler)
  wann_policy_options(options)

  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${target}.wann)
  file(MAKE_DIRECTORY ${folder})
  set(source ${folder}/${ARG_NAME}.c)
  set(depends ${network})
  if(TARGET ${compiler} OR IS_ABSOLUTE ${compiler})
    list(APPEND depends ${compiler})
  endif()
  add_custom_command(
    OUTPUT ${source} ${folder}/${ARG_NAME}.h
    COMMAND ${compiler} ${network} --name ${ARG_NAME} ${options} -o ${source}
    DEPENDS ${depends}
    COMMENT "Compiling the network ${ARG_NAME}"
    VERBATIM)

  add_library(${target} STATIC ${source} ${folder}/${ARG_NAME}.h)
  target_include_directories(${target} PUBLIC ${folder})
  # -std=c99, not gnu99: GNU mode lets gcc fuse multiplications and additions, which changes results.
  set_target_properties(${target} PROPERTIES
    C_STANDARD 99 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  if(UNIX)
    target_link_libraries(${target} PUBLIC m)
  endif()
endfunction()
