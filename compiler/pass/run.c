/* The pipelines of the levels. */
#include <string.h>

#include "compiler/pass/pass.h"
#include "runtime/base/diag.h"

typedef struct pass {
    const char *name;
    wann_status (*run)(wn_ir *ir, wn_pass_ctx *ctx);
    unsigned needs, establishes, breaks;
    const char *help;
} pass;

static const pass passes[] = {
#define X(name, needs, establishes, breaks, help)                                                  \
    {#name, wn_pass_##name, needs, establishes, breaks, help},
#include "compiler/pass/passes.def"
#undef X
};
enum { N_PASSES = sizeof passes / sizeof *passes };

/* Passes of each level, in order. A dead statement is a warning for whoever compiles the code, so
 * even -O0 prunes. */
static const char *const O0[] = {"prune", NULL};
#define EXACT_PASSES "prune", "number", "fold", "number", "factor", "number", "prune"
/* Only for one input: in a batch, sharing sums was measured to gain 1 % here and to lose 5 % there, as what is
 * shared has to be kept for all lanes. */
#define SHARING "share_sums", "number", "prune"
static const char *const O1[] = {EXACT_PASSES, SHARING, "balance", "prune", NULL};
static const char *const O2[] = {EXACT_PASSES, SHARING, "balance", "fuse", "number", "prune", "schedule", NULL};
/* A batch is put into the order of one input too: 0 to 7 % faster as measured, though few operations of a loop wait.
 * An order by depth, which keeps fewest values, was 8 to 20 % slower: it puts what waits for each other side by side. */
/* For float, whose kernels take the weight in. */
#define SCALED_PASSES(scale)                                                                                       \
    "prune", "number", "fold", "number", "factor_steps", "number", "prune", scale, "number", "prune"
#define SHORT_PASSES SCALED_PASSES("scale"), SHARING, "balance", "fuse", "number", "prune"
static const char *const O2_FLOAT[] = {SHORT_PASSES, "pack", "schedule", NULL};
static const char *const O2_FLOAT_LIBM[] = {SHORT_PASSES, "schedule", NULL}; /* the C library takes one value */
static const char *const O2_FLOAT_THROUGHPUT[] = {
    SCALED_PASSES("scale_many"), "balance", "contract", "number", "prune", "schedule", NULL};
static const char *const OS[] = {"prune", NULL}; /* byte code has the sums of the reference */
static const char *const O2_THROUGHPUT[] = {EXACT_PASSES, "balance", "contract", "number", "prune", NULL};

/* Around wn_differentiate. Balancing before it would only have to be done again. */
static const char *const GRADIENT_FORWARD[] = {"prune", "number", "fold", "number", "factor", "number", "prune", NULL};
static const char *const GRADIENT_O1[] = {"number", "fold", "number", "factor", "number", "prune", "balance", "prune",
                                          NULL};
static const char *const GRADIENT_O2[] = {"number", "fold",     "number", "factor", "number", "prune", "balance",
                                          "prune",  "contract", "number", "prune",  NULL};

/* Integers round where bits go and nowhere else, and wait for no result. */
static const char *const FIXED[] = {"prune", "number", "fold", "number", "factor", "number", "prune", NULL};

static const char *const *pipeline_of(const wann_compile_options *options, wn_goal goal) {
    if (options->real == WANN_FIXED && options->level != WANN_O0)
        return FIXED;
    switch (options->level) {
    case WANN_O0:
        return O0;
    case WANN_O1:
        return O1;
    case WANN_O2:
        if (options->real == WANN_FLOAT && goal == WN_GOAL_LATENCY)
            return options->math == WANN_MATH_LIBM ? O2_FLOAT_LIBM : O2_FLOAT;
        if (options->real == WANN_FLOAT)
            return O2_FLOAT_THROUGHPUT;
        return goal == WN_GOAL_LATENCY ? O2 : O2_THROUGHPUT;
    case WANN_OS:
        return OS;
    }
    return O0;
}

const char *wn_pass_name(size_t i, const char **help) {
    if (i >= N_PASSES)
        return NULL;
    *help = passes[i].help;
    return passes[i].name;
}

static const pass *find(const char *name) {
    for (size_t i = 0; i < N_PASSES; i++)
        if (strcmp(passes[i].name, name) == 0)
            return &passes[i];
    return NULL;
}

static const char *first_fact(unsigned facts) {
    static const char *const names[] = {
#define X(NAME, text) #NAME,
        WN_FACT_LIST(X)
#undef X
    };
    for (unsigned bit = 0; bit < WN_FACTS; bit++)
        if (facts & 1u << bit)
            return names[bit];
    return "none";
}

wann_status wn_pass_run(const char *name, wn_ir *ir, wann_diag *diag) {
    const pass *p = find(name);
    if (!p)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "there is no pass '%s'", name);
    const unsigned missing = p->needs & ~ir->facts;
    if (missing)
        return wn_fail(diag, WANN_INTERNAL, NULL, 0, 0, "pass %s needs %s", name, first_fact(missing));
    wn_pass_ctx ctx = {diag};
    WN_TRY(p->run(ir, &ctx));
    ir->facts = (ir->facts & ~p->breaks) | p->establishes;
#ifdef NDEBUG
    return WANN_OK;
#else
    return wn_ir_verify(ir, diag);
#endif
}

static wann_status observe(const wn_pass_observer *observer, const char *name, const wn_ir *ir,
                           wann_diag *diag) {
    return observer ? observer->after(observer->ctx, name, ir, diag) : WANN_OK;
}

static wann_status run_all(const wn_pass_observer *observer, const char *const *names, wn_ir *ir,
                           wann_diag *diag) {
    WN_TRY(observe(observer, "lower", ir, diag));
    for (; *names; names++) {
        WN_TRY(wn_pass_run(*names, ir, diag));
        WN_TRY(observe(observer, *names, ir, diag));
    }
    return WANN_OK;
}

wann_status wn_pipeline(const wn_net *net, const wann_compile_options *options, wn_goal goal,
                        const wn_pass_observer *observer, wn_ir *ir, wann_diag *diag) {
    wann_status status = wn_lower(net, options, ir, diag);
    if (status == WANN_OK)
        status = run_all(observer, pipeline_of(options, goal), ir, diag);
    if (status != WANN_OK)
        wn_ir_free(ir);
    return status;
}

static const char *const *gradient_pipeline_of(wann_level level) {
    switch (level) {
    case WANN_O0:
        return O0;
    case WANN_O1:
    case WANN_OS:
        return GRADIENT_O1;
    case WANN_O2:
        return GRADIENT_O2;
    }
    return O0;
}

wann_status wn_gradient_pipeline(const wn_net *net, const wann_compile_options *options, wn_ir *ir,
                                 wann_diag *diag) {
    const bool tuned = options->weighting == WANN_WEIGHT_TUNED;
    wann_status status = tuned ? wn_lower_free_weights(net, options, ir, diag) : wn_lower(net, options, ir, diag);
    if (status == WANN_OK)
        status = run_all(NULL, options->level == WANN_O0 ? O0 : GRADIENT_FORWARD, ir, diag);
    if (status == WANN_OK)
        status = wn_differentiate(ir, options->weighting, diag);
    if (status == WANN_OK)
        status = run_all(NULL, gradient_pipeline_of(options->level), ir, diag);
    if (status != WANN_OK)
        wn_ir_free(ir);
    return status;
}
