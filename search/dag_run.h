/* Running the graph of a population over samples, a block of them at a time. */
#ifndef WN_DAG_RUN_H
#define WN_DAG_RUN_H

#include <stddef.h>

#include "runtime/base/units.h"
#include "search/dag.h"

/* Samples a block: a row of values is 256 bytes, so that those of a few thousand nodes stay in a
 * second-level cache. Sums over a block are made in a fixed order, 16 lanes at a time. */
enum { WN_DAG_BLOCK = 64, WN_DAG_LANES = 16 };

/* The sum over a block's samples of log(sum of exp(outputs)), for one network and weight: (log of
 * mantissa)
 * + exponent * log(2) + shift. mantissa is at least 1 and less than 2, or not finite. */
typedef struct wn_dag_loss {
    float mantissa;
    float shift;
    int32_t exponent;
} wn_dag_loss;

/* What the blocks read and write. */
typedef struct wn_dag_run {
    const wn_dag *dag;
    const float *weight; /* [n_weights]; 1 alone where each connection has its own */
    size_t n_weights;
    const float *sample;         /* [samples][inputs] */
    const uint32_t *index;       /* [n] the samples of the batch, by label */
    const uint32_t *label_first; /* [classes + 1] where each label starts in index */
    size_t n;
    float largest;      /* outputs up to here may be exponentiated as they are: wn_dag_largest */
    size_t first_block; /* of this round; results of block b are at b - first_block */
    wn_dag_loss *loss;  /* [blocks of a round][n_weights][n_nets] */
    float *label_sum; /* [blocks of a round][n_weights][pairs] outputs of the samples of the pair's
                         label */
} wn_dag_run;

/* The size of outputs below which the product of two sums of exponentials is a normal number. */
float wn_dag_largest(size_t classes);

/* One worker's rows, WN_DAG_BLOCK floats each; blocks of memory that fit run->dag. */
typedef struct wn_dag_scratch {
    float *input;         /* [inputs + 1] the bias first */
    float *plain;         /* [sums of inputs] */
    float *value;         /* [rows] */
    float *exp;           /* [outputs] */
    unsigned char *range; /* [outputs] whether their values may be too large or too small for exp */
    void *memory;
    size_t size;
} wn_dag_scratch;

/* Make room. */
wann_status wn_dag_scratch_fit(wn_dag_scratch *scratch, const wn_dag *dag, wann_diag *diag);
void wn_dag_scratch_free(wn_dag_scratch *scratch); /* {0} is allowed */

/* Run block b for all weights. The same bits on every unit. */
typedef void wn_dag_block(const wn_dag_run *run, size_t block, wn_dag_scratch *scratch);
wn_dag_block *wn_dag_block_on(wn_unit unit);

#endif
