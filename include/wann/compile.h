/* Compile a network: to text, to a file, or into this process. */
#ifndef WANN_COMPILE_H
#define WANN_COMPILE_H

#include <stdbool.h>
#include <stddef.h>

#include "wann/net.h"
#include "wann/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(NAME, word of wannc --emit, file ending) */
#define WANN_KIND_LIST(X)                                                                          \
    X(C, "c", ".c")                                                                                \
    X(HEADER, "header", ".h")                                                                      \
    X(STATIC, "static", ".a")                                                                      \
    X(SHARED, "shared", ".so")                                                                     \
    X(EXE, "exe", "")                                                                              \
    X(DOT, "dot", ".dot")                                                                          \
    X(SVG, "svg", ".svg")                                                                          \
    X(PNG, "png", ".png")                                                                          \
    X(JSON, "json", ".json")                                                                       \
    X(LLVM, "llvm", ".ll")                                                                         \
    X(BITCODE, "bitcode", ".bc")                                                                   \
    X(ASM, "asm", ".s")                                                                            \
    X(OBJ, "obj", ".o")                                                                            \
    X(WASM, "wasm", ".wasm")                                                                       \
    X(ONNX, "onnx", ".onnx")

typedef enum wann_kind {
#define WANN_KIND_ENUM(name, word, ending) WANN_KIND_##name,
    WANN_KIND_LIST(WANN_KIND_ENUM)
#undef WANN_KIND_ENUM
} wann_kind;

/* FIXED: 32-bit integers with fraction bits, for machines without floating point. */
typedef enum wann_real { WANN_FLOAT, WANN_DOUBLE, WANN_FIXED } wann_real;
typedef enum wann_math { WANN_MATH_DEFAULT, WANN_MATH_LIBM, WANN_MATH_INLINE } wann_math;
typedef enum wann_level { WANN_O0, WANN_O1, WANN_O2, WANN_OS } wann_level;

/* What makes machine code of a network. */
typedef enum wann_backend {
    WANN_BACKEND_DEFAULT, /* C, but LLVM for what only that can make, and where target, cpu or debug is set */
    WANN_BACKEND_C,       /* generated C and the system's C compiler */
    WANN_BACKEND_LLVM
} wann_backend;

/* Where the weights of the generated code come from. */
typedef enum wann_weighting {
    WANN_WEIGHT_PARAMETER, /* the shared weight is a parameter of the generated functions */
    WANN_WEIGHT_BAKED,     /* the shared weight `weight` is baked in */
    WANN_WEIGHT_TUNED      /* one weight a connection is baked in */
} wann_weighting;

/* What a number can be, ends included. */
typedef struct wann_range {
    double low, high;
} wann_range;

/* How to compile. Start from wann_compile_defaults. */
typedef struct wann_compile_options {
    const char *name;              /* prefix of every C symbol; NULL: made from the network's name */
    wann_real real;                /* type of inputs, outputs and arithmetic */
    wann_math math;                /* DEFAULT: inline for float, libm for double */
    wann_level level;
    wann_weighting weighting;
    double weight;                 /* WANN_WEIGHT_BAKED: the weight */
    const double *tuned;           /* WANN_WEIGHT_TUNED: weights, or NULL: those of the network */
    bool batch;                    /* also emit NAME_batch */
    bool ensemble;                 /* also emit NAME_ensemble; needs WANN_WEIGHT_PARAMETER */
    const double *ensemble_weights; /* [n_ensemble_weights] its shared weights, kept in the code as an
                                       array, or NULL: the caller brings them */
    size_t n_ensemble_weights;
    bool gradient;                 /* also emit NAME_gradient and NAME_gradient_batch */
    wann_backend backend;          /* of STATIC, SHARED and EXE */
    const char *target;            /* LLVM: triple such as "aarch64-linux-gnu"; NULL: this machine */
    const char *cpu;               /* LLVM: a processor by LLVM's name, or "native"; NULL: any of the target */
    bool debug;                    /* LLVM: debug information in which each node is a function of its own */
    const wann_range *input_range; /* FIXED: what inputs can be; NULL: -8 to 8 */
    size_t n_input_ranges;         /* 1 for all inputs, or one for each */
    wann_range weight_range;       /* FIXED, WANN_WEIGHT_PARAMETER: what the weight can be; -2 to 2 */
    const char *template_dir;      /* templates of the user's, or NULL */
    const char *source;            /* for the header comment: the network's file, or NULL */
    const char *command;           /* for the header comment: how the code was made, or NULL */
} wann_compile_options;

WANN_API wann_compile_options wann_compile_defaults(void);

/* The symbol prefix that options and network give ("policy"): a valid C identifier, never a keyword.
 * Give it back with wann_free; NULL if out of memory. */
WANN_API char *wann_compile_name(const wann_net *net, const wann_compile_options *options);

/* The text of a kind that is text (C, HEADER, LLVM, ASM, DOT, SVG, JSON). For WANN_KIND_C, *header gets the
 * header that belongs to it, if header is not NULL. Both are to be given back with wann_free. */
WANN_API wann_status wann_compile_text(const wann_net *net, const wann_compile_options *options,
                                       wann_kind kind, char **text, char **header,
                                       wann_diag *diag);

/* Make a file of any kind. WANN_KIND_C also writes the header beside it if `header` is true.
 * Files appear whole or not at all. EXE, SHARED and STATIC run the C compiler named by the
 * environment's CC (default cc), with the words of CFLAGS after the project's own; for another machine
 * (options->target) the compiler called TARGET-gcc links. WASM runs wasm-ld of LLVM. */
WANN_API wann_status wann_compile_file(const wann_net *net, const wann_compile_options *options,
                                       wann_kind kind, const char *path, bool header,
                                       wann_diag *diag);

/* What wann_verify found. An inference is one input with one weight. */
typedef struct wann_verify_report {
    size_t inferences;    /* compared */
    size_t failures;      /* of them past the bound */
    size_t edges;         /* of them at an edge: a step whose sum may have either sign, a sine of an
                             uncertain angle, numbers that leave the range of the type */
    bool exact;           /* every bit has to agree; otherwise each inference has a bound */
    double largest_error; /* of an output; of the failures if there are any, else away from edges */
    double share;         /* the largest ratio of an error to its bound, away from edges */
    double weight;        /* the shared weight that gave largest_error; 0 if none is shared */
    size_t slopes;        /* derivatives compared */
    double slope_share;   /* the largest ratio of the error of one to what rounding may do to it */
    double *input;        /* [inputs] the input that gave it, or NULL; give it back with wann_free */
} wann_verify_report;

/* Make a file as wann_compile_file does (path NULL: no file, C text alone is tried), but run what was
 * made, on n_inputs inputs and nine shared weights (or those baked in), and compare with wann_run
 * before it takes its place. NAME, NAME_act, NAME_batch and NAME_ensemble are tried as far as it
 * offers them; NAME_gradient and NAME_gradient_batch are held to derivatives by the complex step.
 *
 * WANN_MISMATCH if results differ by more than the level promises; the file is then as it was. Only C,
 * HEADER, STATIC, SHARED and EXE can be tried. The report, which is not NULL, is filled whenever
 * results were compared, else zero. */
WANN_API wann_status wann_verify(const wann_net *net, const wann_compile_options *options,
                                 wann_kind kind, const char *path, bool header, size_t n_inputs,
                                 wann_verify_report *report, wann_diag *diag);

/* A compiled network, loaded into this process. */
typedef struct wann_policy wann_policy;

/* Compile to C (not WANN_FIXED), build a shared object with the C compiler, load it. cflags, if not NULL, is a
 * NULL-terminated list that takes the place of the default -O2. With WANN_BACKEND_LLVM, or where options->cpu
 * asks for it, LLVM makes an object, which the C compiler only links, and cflags are not used. */
WANN_API wann_status wann_policy_load(const wann_net *net, const wann_compile_options *options,
                                      const char *const *cflags, wann_policy **policy,
                                      wann_diag *diag);
WANN_API void wann_policy_destroy(wann_policy *policy); /* NULL is allowed */

/* How much time compiling may take: FAST code is made in a quarter of the time or less, and slower. */
typedef enum wann_effort { WANN_EFFORT_FULL, WANN_EFFORT_FAST } wann_effort;

/* Compile into this process with LLVM, without files and other programs, for the processor that this runs on
 * (or options->cpu). options->name, target and debug are not used.
 *
 * Any number of threads may compile and destroy policies at once. As long as somebody has a policy, whoever
 * compiles a network of the same structure (activations, connections, weights that are baked in) with the
 * same options is given the same code at once, with emit_seconds and compile_seconds 0; the code is
 * released with the last of its policies. WANN_UNSUPPORTED in a build without LLVM. Where memory runs out
 * within LLVM, LLVM ends the process. */
WANN_API wann_status wann_jit_compile(const wann_net *net, const wann_compile_options *options, wann_effort effort,
                                      wann_policy **policy, wann_diag *diag);

/* The loaded functions. weight is ignored where it is baked in. Arrays as in the generated API;
 * of single and double only the one that the options chose is set. batch is NULL if not asked for. */
typedef struct wann_policy_functions {
    void (*run_f32)(const float *in, float weight, float *out);
    void (*run_f64)(const double *in, double weight, double *out);
    void (*batch_f32)(size_t n, const float *in, float weight, float *out);
    void (*batch_f64)(size_t n, const double *in, double weight, double *out);
    /* NAME_gradient_batch; NULL if not asked for. With a shared weight, weights and weights_bar hold one
     * number (ignored where it is baked in), with WANN_WEIGHT_TUNED one a connection, and in_bar is
     * ignored. The derivatives of all n inputs are added to weights_bar. */
    void (*gradient_f32)(size_t n, const float *in, const float *weights, const float *out_bar, float *out,
                         float *in_bar, float *weights_bar);
    void (*gradient_f64)(size_t n, const double *in, const double *weights, const double *out_bar, double *out,
                         double *in_bar, double *weights_bar);
    double emit_seconds;    /* network to C text; LLVM: to an object in memory */
    double compile_seconds; /* C text to shared object, the C compiler's share; LLVM: linking the object */
} wann_policy_functions;
WANN_API const wann_policy_functions *wann_policy_get(const wann_policy *policy);

#ifdef __cplusplus
}
#endif
#endif
