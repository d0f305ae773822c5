/* What the sources of a web page's worlds use of string.h. Compilers know it: an instruction. */
#ifndef WN_FREESTANDING_STRING_H
#define WN_FREESTANDING_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);

#endif
