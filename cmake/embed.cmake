# Run as a script: write a C file that holds files, and a function that finds one by its name.
#   cmake -DOUT=templates.c -DROOT=templates -DFILES=a;b [-DMORE=path;path] -DHEADER=h -DFUNCTION=f -P embed.cmake
# FILES are below ROOT, which their names do not have; those of MORE are called by their last part.
# FUNCTION is declared by HEADER as const char *f(const char *name, size_t *size), or with SIZELESS=1
# without a size. Bytes are written as numbers, so that nothing has to be escaped and no string is too
# long for C; a terminator that does not count follows.
set(entries "")
set(arrays "")
set(index 0)
list(LENGTH FILES n_files)
foreach(file IN LISTS FILES MORE)
  if(index LESS n_files)
    set(path ${ROOT}/${file})
    set(name ${file})
  else()
    set(path ${file})
    get_filename_component(name ${file} NAME)
  endif()
  file(READ ${path} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const unsigned char text_${index}[] = {${bytes}0};\n")
  string(APPEND entries "    {\"${name}\", text_${index}, sizeof text_${index} - 1},\n")
  math(EXPR index "${index} + 1")
endforeach()
if(SIZELESS)
  set(parameters "const char *name")
  set(answer "")
else()
  set(parameters "const char *name, size_t *size")
  set(answer "
            *size = files[i].size;")
endif()
file(WRITE ${OUT}.new
"/* Made by cmake/embed.cmake. */
#include <stddef.h>
#include <string.h>

#include \"${HEADER}\"

${arrays}
static const struct {
    const char *name;
    const unsigned char *bytes;
    size_t size;
} files[] = {
${entries}};

const char *${FUNCTION}(${parameters}) {
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(files[i].name, name) == 0) {${answer}
            return (const char *)files[i].bytes;
        }
    return NULL;
}
")
file(COPY_FILE ${OUT}.new ${OUT} ONLY_IF_DIFFERENT)
