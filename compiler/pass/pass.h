/* Passes: each rewrites an IR in place and is run by the pipeline of a level. */
#ifndef WN_PASS_H
#define WN_PASS_H

#include "compiler/ir.h"

typedef struct wn_pass_ctx {
    wann_diag *diag;
} wn_pass_ctx;

#define X(name, needs, establishes, breaks, help)                                                  \
    wann_status wn_pass_##name(wn_ir *ir, wn_pass_ctx *ctx);
#include "compiler/pass/passes.def"
#undef X

/* The IR of a network as it stands: every node, every sum from 0 in reference order, nodes by level
 * and then in order of evaluation. Establishes REFERENCE_SUMS. options decide the type and where the
 * weights come from. ir is empty before, to be freed after. */
wann_status wn_lower(const wn_net *net, const wann_compile_options *options, wn_ir *ir,
                     wann_diag *diag);

/* The same, but the weight of each connection is a parameter: they follow the inputs in the input
 * vector, in the order of wann_net_weights. options->weighting is WANN_WEIGHT_TUNED. */
wann_status wn_lower_free_weights(const wn_net *net, const wann_compile_options *options, wn_ir *ir,
                                  wann_diag *diag);

/* Append the derivative of sum_o out_bar[o] out[o] with respect to what ir reads (gradient.c):
 * out_bar follows the inputs in the input vector. Where the weights of connections are among the
 * inputs, the derivatives with respect to these follow the outputs in the output vector; otherwise
 * those with respect to the inputs, and to the shared weight if options->weighting makes it a
 * parameter. Breaks every fact. On failure ir is to be freed. */
wann_status wn_differentiate(wn_ir *ir, wann_weighting weighting, wann_diag *diag);

/* Whether an instruction is an addition or a subtraction. */
bool wn_is_sum(const wn_inst *inst);

/* Mark what a step reads and every part of such a sum, through signs: these keep the order of the
 * reference, so that a step never flips (steps.c). before_step[n_insts] is all false before. */
void wn_mark_step_sums(const wn_ir *ir, bool *before_step);

/* Cycles that an instruction takes from its operands to its result, roughly (latency.c). */
uint32_t wn_latency(const wn_inst *inst);

/* What one input takes, in cycles, roughly: along the longest path, and for all operations if none had
 * to wait. */
typedef struct wn_time {
    uint64_t path, work;
} wn_time;
wann_status wn_measure_time(const wn_ir *ir, wn_time *time, wann_diag *diag);

/* Told after lowering ("lower") and after each pass. */
typedef struct wn_pass_observer {
    wann_status (*after)(void *ctx, const char *pass, const wn_ir *ir, wann_diag *diag);
    void *ctx;
} wn_pass_observer;

/* What the code is to be good at. */
typedef enum wn_goal {
    WN_GOAL_LATENCY,   /* one input: the longest path counts */
    WN_GOAL_THROUGHPUT /* many inputs at once: the number of operations counts */
} wn_goal;

/* Lower a network and run the passes of options->level. observer may be NULL. */
wann_status wn_pipeline(const wn_net *net, const wann_compile_options *options, wn_goal goal,
                        const wn_pass_observer *observer, wn_ir *ir, wann_diag *diag);

/* The IR of NAME_gradient: lower the network, with free weights for WANN_WEIGHT_TUNED, run passes,
 * differentiate, run passes again. */
wann_status wn_gradient_pipeline(const wn_net *net, const wann_compile_options *options, wn_ir *ir,
                                 wann_diag *diag);

/* Run one pass by name: its needs are checked, the facts updated, the result verified. */
wann_status wn_pass_run(const char *name, wn_ir *ir, wann_diag *diag);

/* Pass number i of passes.def, for lists and help; NULL past the end. */
const char *wn_pass_name(size_t i, const char **help);

#endif
