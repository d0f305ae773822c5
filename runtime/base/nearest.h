/* The word that was meant. */
#ifndef WN_NEAREST_H
#define WN_NEAREST_H

#include <stddef.h>

/* The word of words[n] that is nearest to a misspelt one, or NULL if none is near. */
const char *wn_nearest(const char *word, const char *const *words, size_t n);

#endif
