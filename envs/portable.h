/* Random numbers that come out the same on every machine: a C library's logarithm and cosine do not
 * round alike everywhere. */
#ifndef WN_PORTABLE_H
#define WN_PORTABLE_H

#include "runtime/base/rng.h"

/* As wn_rng_normal, from the same two numbers of the stream, by +, -, *, / and sqrt alone. */
double wn_portable_normal(wn_rng *rng);

/* The natural logarithm of a normal positive number, within 2 ulp. */
double wn_portable_log(double x);

#endif
