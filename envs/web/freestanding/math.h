/* What the sources of a web page's worlds use of math.h; WebAssembly has no C library. */
#ifndef WN_FREESTANDING_MATH_H
#define WN_FREESTANDING_MATH_H

/* Instructions of WebAssembly. */
#define fabs(x) __builtin_fabs(x)
#define sqrt(x) __builtin_sqrt(x)
#define rint(x) __builtin_rint(x)
#define isfinite(x) __builtin_isfinite(x)

/* Called by what a page never runs, and then left out by the linker. */
double sin(double x);
double cos(double x);
double log(double x);

#endif
