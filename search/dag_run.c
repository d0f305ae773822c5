/* Scratch of the graph's blocks, and the vector units that they are compiled for. */
#include "search/dag_run.h"

#include <math.h>
#include <stdint.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

enum { ALIGNMENT = 64 };

/* 2 (x + log(classes)) < 87.3 = -log(smallest normal number) < log(largest number). */
float wn_dag_largest(size_t classes) {
    return (float)(43.5 - log((double)classes));
}

wann_status wn_dag_scratch_fit(wn_dag_scratch *s, const wn_dag *dag, wann_diag *diag) {
    const size_t plain = dag->plain_first.n - 1, values = dag->row_hash.n;
    const size_t outputs = dag->output_row.n, inputs = dag->inputs + (size_t)1;
    const size_t rows = inputs + plain + values + outputs;
    const size_t bytes = rows * WN_DAG_BLOCK * sizeof(float) + outputs + ALIGNMENT;
    if (bytes > s->size) {
        wn_free(s->memory);
        s->size = bytes + bytes / 4;
        s->memory = wn_alloc(s->size);
        if (!s->memory) {
            s->size = 0;
            return wn_fail_memory(diag);
        }
    }
    const uintptr_t at = (uintptr_t)s->memory;
    s->input = (float *)(void *)((char *)s->memory + (ALIGNMENT - at % ALIGNMENT) % ALIGNMENT);
    s->plain = s->input + inputs * WN_DAG_BLOCK;
    s->value = s->plain + plain * WN_DAG_BLOCK;
    s->exp = s->value + values * WN_DAG_BLOCK;
    s->range = (unsigned char *)(s->exp + outputs * WN_DAG_BLOCK);
    return WANN_OK;
}

void wn_dag_scratch_free(wn_dag_scratch *s) {
    wn_free(s->memory);
    *s = (wn_dag_scratch){0};
}

#define X(unit, attributes, present) wn_dag_block wn_dag_block_##unit;
WN_VECTOR_UNITS(X)
#undef X

wn_dag_block *wn_dag_block_on(wn_unit unit) {
    static wn_dag_block *const blocks[] = {
#define X(name, attributes, present) wn_dag_block_##name,
        WN_VECTOR_UNITS(X)
#undef X
    };
    return blocks[unit];
}
