/* From genome to phenotype: the only bridge between what is inherited and what is evaluated. */
#ifndef WN_EXPRESS_H
#define WN_EXPRESS_H

#include "search/genome.h"
#include "search/phenotype.h"

typedef struct wn_expression {
    bool released;  /* as the released code: a disabled connection between hidden nodes is there all
                       the same */
    bool keep_dead; /* keep nodes from which no output can be reached */
} wn_expression;

/* The phenotype in one block of memory, to be given back with wn_free. *connections, if not NULL,
 * gets the number of connections before dead nodes are left out: the size that the search ranks by.
 * NULL: out of memory. Output activations are linear, as in the released code. */
wn_phenotype *wn_express(const wn_genome *genome, wn_expression how, uint32_t *connections);

/* The same for a child of `parent`, whose phenotype is `parents` and was expressed in the same way:
 * where it differs in activations alone, as half of all do, only these are looked at, and
 * *connections, which is to hold the parent's, is left as it is. */
wn_phenotype *wn_express_child(const wn_genome *child, const wn_genome *parent,
                               const wn_phenotype *parents, wn_expression how,
                               uint32_t *connections);

#endif
