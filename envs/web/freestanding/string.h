/* What the sources of a web page's worlds use of string.h; WebAssembly copies by itself. */
#ifndef WN_FREESTANDING_STRING_H
#define WN_FREESTANDING_STRING_H

#define memcpy(to, from, size) __builtin_memcpy(to, from, size)

#endif
