/* The word that was meant. */
#include "runtime/base/nearest.h"

#include <string.h>

/* The number of letters to insert, delete or replace (Levenshtein 1966), row by row. */
static size_t distance(const char *a, const char *b) {
    enum { LONGEST = 31 };
    size_t row[LONGEST + 1];
    const size_t n = strlen(b);
    if (n > LONGEST)
        return n;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            const size_t replace = diagonal + (a[i - 1] != b[j - 1]);
            const size_t insert = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
            diagonal = row[j];
            row[j] = replace < insert ? replace : insert;
        }
    }
    return row[n];
}

const char *wn_nearest(const char *word, const char *const *words, size_t n) {
    size_t least = strlen(word) < 4 ? 2 : 3; /* further away it is another word */
    const char *nearest = NULL;
    for (size_t i = 0; i < n; i++) {
        const size_t d = distance(word, words[i]);
        if (d < least) {
            least = d;
            nearest = words[i];
        }
    }
    return nearest;
}
