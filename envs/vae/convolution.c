/* The only place that knows oneDNN. It is loaded when the first network is made, so that whoever
 * does not train needs no such library. */
#include "envs/vae/convolution.h"

#include <dlfcn.h>
#include <dnnl.h>
#include <pthread.h>
#include <stdbool.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

#define TEXT_OF(number)   #number
#define LIBRARY_OF(major) "libdnnl.so." TEXT_OF(major)
static const char LIBRARY[] = LIBRARY_OF(DNNL_VERSION_MAJOR);

#define FUNCTIONS(X)                                                                               \
    X(engine_create)                                                                               \
    X(engine_destroy)                                                                              \
    X(stream_create)                                                                               \
    X(stream_destroy)                                                                              \
    X(stream_wait)                                                                                 \
    X(memory_desc_init_by_tag)                                                                     \
    X(memory_desc_equal)                                                                           \
    X(memory_create)                                                                               \
    X(memory_destroy)                                                                              \
    X(memory_set_data_handle)                                                                      \
    X(primitive_desc_create)                                                                       \
    X(primitive_desc_destroy)                                                                      \
    X(primitive_desc_query_md)                                                                     \
    X(primitive_create)                                                                            \
    X(primitive_destroy)                                                                           \
    X(primitive_execute)                                                                           \
    X(reorder_primitive_desc_create)                                                               \
    X(convolution_forward_desc_init)                                                               \
    X(convolution_backward_data_desc_init)                                                         \
    X(convolution_backward_weights_desc_init)                                                      \
    X(sgemm)

/* The library's functions, without its prefix; set once, by load(). */
static struct {
    bool loaded;
    void (*set_threads)(int); /* of the OpenMP that it was linked with; NULL: it has none */
#define X(name) __typeof__(dnnl_##name) *name;
    FUNCTIONS(X)
#undef X
} dnnl;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return;
    dnnl.loaded = true;
    *(void **)&dnnl.set_threads = dlsym(library, "omp_set_num_threads");
#define X(name)                                                                                    \
    *(void **)&dnnl.name = dlsym(library, "dnnl_" #name);                                          \
    dnnl.loaded &= dnnl.name != NULL;
    FUNCTIONS(X)
#undef X
}

/* One of the three jobs of a convolution. Weights have the order that oneDNN likes best. */
typedef struct job {
    dnnl_primitive_t primitive, reorder; /* reorder: NULL where the order is ours */
    dnnl_memory_t large, small, weight, plain;
} job;

struct wn_conv {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    job gather, spread, slopes;
};

static wann_status failed(wann_diag *diag, dnnl_status_t status) {
    return status == dnnl_out_of_memory ? wn_fail_memory(diag)
                                        : wn_fail(diag, WANN_TOOL, NULL, 0, 0,
                                                  "oneDNN failed with its status %d", (int)status);
}

#define TRY_DNNL(call)                                                                             \
    do {                                                                                           \
        const dnnl_status_t try_status = (call);                                                   \
        if (try_status != dnnl_success)                                                            \
            return failed(diag, try_status);                                                       \
    } while (0)

static dnnl_memory_desc_t describe(size_t a, size_t b, size_t c, size_t d, dnnl_format_tag_t tag) {
    const dnnl_dims_t size = {(dnnl_dim_t)a, (dnnl_dim_t)b, (dnnl_dim_t)c, (dnnl_dim_t)d};
    dnnl_memory_desc_t md;
    dnnl.memory_desc_init_by_tag(&md, 4, size, dnnl_f32, tag);
    return md;
}

/* The shapes of a layer. */
typedef struct shapes {
    dnnl_memory_desc_t large, small, weight, plain;
} shapes;

static shapes shapes_of(const wn_vae_layer *l, size_t n) {
    const bool is_gather = l->kind == WN_VAE_GATHER;
    const size_t large = is_gather ? l->in_side : l->out_side;
    const size_t small = is_gather ? l->out_side : l->in_side;
    const size_t wide = is_gather ? l->in_channels : l->out_channels;
    const size_t deep = is_gather ? l->out_channels : l->in_channels;
    return (shapes){describe(n, wide, large, large, dnnl_nhwc),
                    describe(n, deep, small, small, dnnl_nhwc),
                    describe(deep, wide, l->kernel, l->kernel, dnnl_format_tag_any),
                    describe(deep, wide, l->kernel, l->kernel, dnnl_ohwi)};
}

static const dnnl_dims_t STRIDES = {2, 2}, NO_PADDING = {0, 0};

static wann_status create_memories(wn_conv *conv, job *j, const shapes *s,
                                   const dnnl_memory_desc_t *weight, bool outwards,
                                   wann_diag *diag) {
    TRY_DNNL(dnnl.memory_create(&j->large, &s->large, conv->engine, DNNL_MEMORY_NONE));
    TRY_DNNL(dnnl.memory_create(&j->small, &s->small, conv->engine, DNNL_MEMORY_NONE));
    TRY_DNNL(dnnl.memory_create(&j->plain, &s->plain, conv->engine, DNNL_MEMORY_NONE));
    const bool same = dnnl.memory_desc_equal(weight, &s->plain);
    TRY_DNNL(dnnl.memory_create(&j->weight, weight, conv->engine,
                                same ? DNNL_MEMORY_NONE : DNNL_MEMORY_ALLOCATE));
    if (same)
        return WANN_OK;
    dnnl_primitive_desc_t pd;
    TRY_DNNL(dnnl.reorder_primitive_desc_create(&pd, outwards ? weight : &s->plain, conv->engine,
                                                outwards ? &s->plain : weight, conv->engine, NULL));
    const dnnl_status_t status = dnnl.primitive_create(&j->reorder, pd);
    dnnl.primitive_desc_destroy(pd);
    return status == dnnl_success ? WANN_OK : failed(diag, status);
}

/* *hint: of the convolution forwards, which the others ask for. */
static wann_status create_job(wn_conv *conv, job *j, const shapes *s,
                              const dnnl_convolution_desc_t *desc, dnnl_query_t weight,
                              dnnl_primitive_desc_t *hint, wann_diag *diag) {
    dnnl_primitive_desc_t pd;
    TRY_DNNL(dnnl.primitive_desc_create(&pd, desc, NULL, conv->engine, *hint));
    wann_status status = WANN_OK;
    const dnnl_status_t made = dnnl.primitive_create(&j->primitive, pd);
    if (made != dnnl_success)
        status = failed(diag, made);
    if (status == WANN_OK)
        status = create_memories(conv, j, s, dnnl.primitive_desc_query_md(pd, weight, 0),
                                 weight == dnnl_query_diff_weights_md, diag);
    if (*hint)
        dnnl.primitive_desc_destroy(pd);
    else
        *hint = pd;
    return status;
}

static wann_status create_jobs(wn_conv *conv, const shapes *s, dnnl_primitive_desc_t *hint,
                               wann_diag *diag) {
    dnnl_convolution_desc_t desc;
    TRY_DNNL(dnnl.convolution_forward_desc_init(&desc, dnnl_forward_training,
                                                dnnl_convolution_direct, &s->large, &s->weight,
                                                NULL, &s->small, STRIDES, NO_PADDING, NO_PADDING));
    WN_TRY(create_job(conv, &conv->gather, s, &desc, dnnl_query_weights_md, hint, diag));
    TRY_DNNL(dnnl.convolution_backward_data_desc_init(&desc, dnnl_convolution_direct, &s->large,
                                                      &s->weight, &s->small, STRIDES, NO_PADDING,
                                                      NO_PADDING));
    WN_TRY(create_job(conv, &conv->spread, s, &desc, dnnl_query_weights_md, hint, diag));
    TRY_DNNL(dnnl.convolution_backward_weights_desc_init(&desc, dnnl_convolution_direct, &s->large,
                                                         &s->weight, NULL, &s->small, STRIDES,
                                                         NO_PADDING, NO_PADDING));
    return create_job(conv, &conv->slopes, s, &desc, dnnl_query_diff_weights_md, hint, diag);
}

static wann_status open_conv(wn_conv *conv, const wn_vae_layer *layer, size_t n, wann_diag *diag) {
    const shapes s = shapes_of(layer, n);
    dnnl_primitive_desc_t hint = NULL;
    TRY_DNNL(dnnl.engine_create(&conv->engine, dnnl_cpu, 0));
    TRY_DNNL(dnnl.stream_create(&conv->stream, conv->engine, dnnl_stream_default_flags));
    const wann_status status = create_jobs(conv, &s, &hint, diag);
    if (hint)
        dnnl.primitive_desc_destroy(hint);
    return status;
}

wann_status wn_conv_create(const wn_vae_layer *layer, size_t n, wn_conv **conv, wann_diag *diag) {
    *conv = NULL;
    pthread_once(&once, load);
    if (!dnnl.loaded)
        return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0,
                       "%s cannot be loaded; training needs it (Debian package: libdnnl%d)",
                       LIBRARY, DNNL_VERSION_MAJOR);
    wn_conv *made = wn_calloc(1, sizeof *made);
    if (!made)
        return wn_fail_memory(diag);
    const wann_status status = open_conv(made, layer, n, diag);
    if (status != WANN_OK)
        wn_conv_destroy(made);
    else
        *conv = made;
    return status;
}

static void close_job(job *j) {
    const dnnl_memory_t memory[] = {j->large, j->small, j->weight, j->plain};
    if (j->primitive)
        dnnl.primitive_destroy(j->primitive);
    if (j->reorder)
        dnnl.primitive_destroy(j->reorder);
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
        if (memory[i])
            dnnl.memory_destroy(memory[i]);
}

void wn_conv_destroy(wn_conv *conv) {
    if (!conv)
        return;
    close_job(&conv->gather);
    close_job(&conv->spread);
    close_job(&conv->slopes);
    if (conv->stream)
        dnnl.stream_destroy(conv->stream);
    if (conv->engine)
        dnnl.engine_destroy(conv->engine);
    wn_free(conv);
}

/* oneDNN asks for plain pointers; what a job only reads it does not write. */
static wann_status point(dnnl_memory_t memory, const float *values, wann_diag *diag) {
    TRY_DNNL(dnnl.memory_set_data_handle(memory, (void *)(uintptr_t)values));
    return WANN_OK;
}

static wann_status execute(const wn_conv *conv, dnnl_primitive_t primitive, int n,
                           const dnnl_exec_arg_t *args, wann_diag *diag) {
    TRY_DNNL(dnnl.primitive_execute(primitive, conv->stream, n, args));
    TRY_DNNL(dnnl.stream_wait(conv->stream));
    return WANN_OK;
}

static wann_status reorder(const wn_conv *conv, const job *j, dnnl_memory_t from, dnnl_memory_t to,
                           wann_diag *diag) {
    const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    return execute(conv, j->reorder, 2, args, diag);
}

static wann_status weigh(const wn_conv *conv, const job *j, const float *weight, wann_diag *diag) {
    if (!j->reorder)
        return point(j->weight, weight, diag);
    WN_TRY(point(j->plain, weight, diag));
    return reorder(conv, j, j->plain, j->weight, diag);
}

wann_status wn_conv_weigh(wn_conv *conv, const float *weight, wann_diag *diag) {
    WN_TRY(weigh(conv, &conv->gather, weight, diag));
    return weigh(conv, &conv->spread, weight, diag);
}

wann_status wn_conv_gather(wn_conv *conv, const float *large, float *small, wann_diag *diag) {
    const job *j = &conv->gather;
    WN_TRY(point(j->large, large, diag));
    WN_TRY(point(j->small, small, diag));
    const dnnl_exec_arg_t args[] = {
        {DNNL_ARG_SRC, j->large}, {DNNL_ARG_WEIGHTS, j->weight}, {DNNL_ARG_DST, j->small}};
    return execute(conv, j->primitive, 3, args, diag);
}

wann_status wn_conv_spread(wn_conv *conv, const float *small, float *large, wann_diag *diag) {
    const job *j = &conv->spread;
    WN_TRY(point(j->large, large, diag));
    WN_TRY(point(j->small, small, diag));
    const dnnl_exec_arg_t args[] = {{DNNL_ARG_DIFF_DST, j->small},
                                    {DNNL_ARG_WEIGHTS, j->weight},
                                    {DNNL_ARG_DIFF_SRC, j->large}};
    return execute(conv, j->primitive, 3, args, diag);
}

wann_status wn_conv_slopes(wn_conv *conv, const float *large, const float *small, float *weight,
                           wann_diag *diag) {
    const job *j = &conv->slopes;
    WN_TRY(point(j->large, large, diag));
    WN_TRY(point(j->small, small, diag));
    WN_TRY(point(j->reorder ? j->plain : j->weight, weight, diag));
    const dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, j->large},
                                    {DNNL_ARG_DIFF_DST, j->small},
                                    {DNNL_ARG_DIFF_WEIGHTS, j->weight}};
    WN_TRY(execute(conv, j->primitive, 3, args, diag));
    return j->reorder ? reorder(conv, j, j->weight, j->plain, diag) : WANN_OK;
}

wann_status wn_matrix_product(size_t rows, size_t columns, size_t inner, const float *a,
                              int a_across, const float *b, int b_across, float *c,
                              wann_diag *diag) {
    TRY_DNNL(dnnl.sgemm(a_across ? 'T' : 'N', b_across ? 'T' : 'N', (dnnl_dim_t)rows,
                        (dnnl_dim_t)columns, (dnnl_dim_t)inner, 1.0f, a,
                        (dnnl_dim_t)(a_across ? rows : inner), b,
                        (dnnl_dim_t)(b_across ? inner : columns), 0.0f, c, (dnnl_dim_t)columns));
    return WANN_OK;
}

/* A thread of ours would get a team of threads of its own. */
void wn_convolution_alone(void) {
    pthread_once(&once, load);
    if (dnnl.set_threads)
        dnnl.set_threads(1);
}
