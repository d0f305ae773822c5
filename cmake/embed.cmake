# Run as a script: write a C file that holds every template as text.
#   cmake -DOUT=templates.c -DROOT=templates -DFILES=a;b -P embed.cmake
# Bytes are written as numbers, so that nothing has to be escaped and no string is too long for C.
set(entries "")
set(arrays "")
set(index 0)
foreach(file IN LISTS FILES)
  file(READ ${ROOT}/${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const char text_${index}[] = {${bytes}0};\n")
  string(APPEND entries "    {\"${file}\", text_${index}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUT}.new
"/* Made by cmake/embed.cmake. */
#include <string.h>

#include \"runtime/base/template.h\"

${arrays}
static const struct {
    const char *name;
    const char *text;
} templates[] = {
${entries}};

const char *wn_template_builtin(const char *name) {
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
        if (strcmp(templates[i].name, name) == 0)
            return templates[i].text;
    return NULL;
}
")
file(COPY_FILE ${OUT}.new ${OUT} ONLY_IF_DIFFERENT)
