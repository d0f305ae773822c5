/* Fixed point: every value of an IR as a 32-bit integer times a power of two. */
#ifndef WN_FIXED_H
#define WN_FIXED_H

#include "compiler/emit/emit.h"

/* The fewest fraction bits that a value may have; a network that needs numbers so large that fewer
 * are left is refused. */
enum { WN_FIXED_FEWEST_BITS = 8 };

/* The formats of an IR, found by interval arithmetic over what inputs and weight can be. Integers
 * outside these ranges are held to them when they come in; after that no operation can overflow. */
typedef struct wn_fixed {
    const wn_ir *ir;
    wann_range weight;       /* what the shared weight can be, as integers of its format have it */
    const wann_range *input; /* [n_inputs], likewise */
    int in_bits, weight_bits, out_bits; /* fraction bits of the parameters */
    wann_range output;                  /* what any output can be */
    int8_t *bits;                       /* [n_insts] fraction bits of each value */
    double *low, *high;                 /* [n_insts] what each value can be */
    double *error;       /* [n_insts] what rounding since the last activations can add up to */
    double *sum_error;   /* [nodes] the same at the sum of each node, */
    double *value_error; /* [nodes] and what its activation adds: for wn_bound_run */
    wn_arena arena;
} wn_fixed;

/* fixed_format.c: find the formats. The IR is in double. WANN_INPUT, with the node named, where
 * a value needs too much room. On failure *fixed is NULL; give it back with wn_fixed_destroy. */
wann_status wn_fixed_create(const wn_ir *ir, const wann_compile_options *options, wn_fixed **fixed,
                            wann_diag *diag);
void wn_fixed_destroy(wn_fixed *fixed); /* NULL is allowed */

/* The integer that a number becomes with so many fraction bits, to the nearest. */
double wn_fixed_scale(double value, int bits);

/* A product is taken of two integers, and 30 fraction bits off it. Where more have to go, an
 * operand gives them up before: which one. */
unsigned wn_fixed_shifted(const wn_fixed *fixed, const wn_inst *product);
/* The fraction bits that operand k of a product is taken with. */
int wn_fixed_factor_bits(const wn_fixed *fixed, const wn_inst *product, unsigned k);

/* The fraction bits that the kernel of an activation wants of its argument; 0: as they are. */
int wn_fixed_argument_bits(wann_activation activation);

/* fixed_body.c: the statements of NAME. *locals as wn_c_body. */
wann_status wn_fixed_body(const wn_emit_source *source, wn_buf *out, uint32_t *locals,
                          wann_diag *diag);

/* The kernels of templates/kernels/fixed.def that the statements call beside those of the
 * activations: a NULL-terminated list into names. */
enum { WN_FIXED_HELPERS = 5 };
void wn_fixed_helpers(const wn_emit_source *source, const char *names[WN_FIXED_HELPERS]);

/* Texts about formats: the declarations of the header, and how softmax turns what an output is
 * below the largest into an argument of the exponential. */
void wn_fixed_declarations(const wn_emit_source *source, wn_buf *out);
void wn_fixed_exponent(const wn_fixed *fixed, wn_buf *out);

#endif
