/* Byte code for -Os: a constant table, and the loop that runs it. */
#ifndef WN_BYTECODE_H
#define WN_BYTECODE_H

#include "compiler/emit/c_parts.h"

/* Append the table to `table` and the body of NAME to `body`. *values gets how many values the body
 * keeps on the stack. The IR has to have WN_FACT_REFERENCE_SUMS. */
wann_status wn_c_bytecode(const wn_emit_source *source, wn_buf *table, wn_buf *body,
                          uint32_t *values, wann_diag *diag);

#endif
