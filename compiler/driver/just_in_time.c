/* Compiling into this process, and the cache: a network that is compiled in the same way twice is
 * compiled once, as long as somebody has it. */
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "compiler/driver/driver.h"
#include "compiler/driver/policy.h"
#include "compiler/emit/llvm/llvm.h"
#include "compiler/jit/jit.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

#ifdef WANN_HAVE_LLVM

/* What decides the code: the structure of the network and the options. */
typedef struct wn_jit_key {
    char *bytes;
    size_t size;
    uint64_t hash;
} jit_key;

struct wn_jit_code {
    jit_key key;
    unsigned users; /* policies, and who waits for it */
    bool ready;     /* compiled, or failed */
    wann_diag problem;
    wn_jit *jit;
    wann_policy_functions functions;
    wn_jit_code *next;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t made;
    wn_jit_code *first;
} cache = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void put(wn_buf *out, const void *bytes, size_t n) {
    wn_buf_bytes(out, bytes, n);
}

/* Names and ids have no say in code that only this process sees; weights have where they are baked
 * in. */
static void put_network(const wn_net *net, const wann_compile_options *o, wn_buf *out) {
    const uint32_t sizes[] = {net->n_nodes,   net->n_conns,        net->n_inputs,
                              net->n_outputs, (uint32_t)net->bias, (uint32_t)net->action};
    put(out, sizes, sizeof sizes);
    put(out, net->activation, net->n_nodes * sizeof *net->activation);
    put(out, net->first_conn, (net->n_nodes + (size_t)1) * sizeof *net->first_conn);
    put(out, net->source, net->n_conns * sizeof *net->source);
    put(out, net->input, net->n_inputs * sizeof *net->input);
    put(out, net->output, net->n_outputs * sizeof *net->output);
    const double *tuned = o->tuned ? o->tuned : net->weight;
    if (o->weighting == WANN_WEIGHT_TUNED && tuned)
        put(out, tuned, net->n_conns * sizeof *tuned);
    if (o->weighting == WANN_WEIGHT_BAKED)
        put(out, &o->weight, sizeof o->weight);
}

static wann_status make_key(const wn_net *net, const wann_compile_options *o, wann_effort effort,
                            jit_key *key, wann_diag *diag) {
    const int how[] = {(int)o->real, (int)o->math, (int)o->level, (int)o->weighting,
                       o->batch,     o->gradient,  (int)effort};
    wn_buf bytes = {0};
    put(&bytes, how, sizeof how);
    wn_buf_text(&bytes, o->template_dir ? o->template_dir : "");
    wn_buf_bytes(&bytes, "\0", 1);
    wn_buf_text(&bytes, o->cpu ? o->cpu : "");
    wn_buf_bytes(&bytes, "\0", 1);
    put_network(net, o, &bytes);
    key->size = bytes.length;
    key->bytes = wn_buf_take(&bytes);
    if (!key->bytes)
        return wn_fail_memory(diag);
    key->hash = wn_hash(key->bytes, key->size);
    return WANN_OK;
}

static wann_status find_all(wn_jit_code *code, const wann_compile_options *options,
                            wann_diag *diag) {
    wann_policy_functions *f = &code->functions;
    const bool single = options->real == WANN_FLOAT;
    void *const run = single ? (void *)&f->run_f32 : (void *)&f->run_f64;
    void *const batch = single ? (void *)&f->batch_f32 : (void *)&f->batch_f64;
    void *const gradient = single ? (void *)&f->gradient_f32 : (void *)&f->gradient_f64;
    WN_TRY(wn_jit_find(code->jit, "wn_load_run", run, diag));
    if (options->batch)
        WN_TRY(wn_jit_find(code->jit, "wn_load_batch", batch, diag));
    return options->gradient ? wn_jit_find(code->jit, "wn_load_gradient", gradient, diag) : WANN_OK;
}

static wann_status emit(const wn_net *net, const wann_compile_options *options, wann_effort effort,
                        char **object, size_t *size, wann_diag *diag) {
    wn_compilation c;
    wn_buf entries = {0};
    WN_TRY(wn_compilation_start(net, options, NULL, &c, diag));
    wn_put_entries(&c, &entries);
    const wn_emit_source source = wn_compilation_source(&c);
    const wn_llvm_options how = {.cpu = options->cpu ? options->cpu : "native",
                                 .entries = entries.data,
                                 .only = "wn_load_",
                                 .fast = effort == WANN_EFFORT_FAST};
    const wann_status status = entries.failed
                                   ? wn_fail_memory(diag)
                                   : wn_emit_llvm(&source, &how, WANN_KIND_OBJ, object, size, diag);
    wn_buf_free(&entries);
    wn_compilation_finish(&c);
    return status;
}

static wann_status compile(wn_jit_code *code, const wn_net *net,
                           const wann_compile_options *options, wann_effort effort,
                           wann_diag *diag) {
    char *object;
    size_t size;
    const double start = now();
    WN_TRY(emit(net, options, effort, &object, &size, diag));
    const double emitted = now();
    wann_status status = wn_jit_load(object, size, &code->jit, diag);
    wn_free(object);
    if (status == WANN_OK)
        status = find_all(code, options, diag);
    code->functions.emit_seconds = emitted - start;
    code->functions.compile_seconds = now() - emitted;
    return status;
}

static void free_code(wn_jit_code *code) {
    wn_jit_unload(code->jit);
    wn_free(code->key.bytes);
    wn_free(code);
}

/* The code of a key with one user more, or NULL. The lock is held. */
static wn_jit_code *find(const jit_key *key) {
    for (wn_jit_code *code = cache.first; code; code = code->next)
        if (code->key.hash == key->hash && code->key.size == key->size &&
            memcmp(code->key.bytes, key->bytes, key->size) == 0) {
            code->users++;
            return code;
        }
    return NULL;
}

void wn_jit_release(wn_jit_code *code) {
    if (!code)
        return;
    pthread_mutex_lock(&cache.lock);
    const bool last = --code->users == 0;
    wn_jit_code **at = &cache.first;
    while (last && *at != code)
        at = &(*at)->next;
    if (last)
        *at = code->next;
    pthread_mutex_unlock(&cache.lock);
    if (last)
        free_code(code);
}

/* Whoever comes first compiles, outside of the lock; others wait for it. *found: it was there. */
static wann_status acquire(jit_key key, wn_jit_code **code, bool *found, wann_diag *diag) {
    wn_jit_code *mine = wn_calloc(1, sizeof *mine);
    pthread_mutex_lock(&cache.lock);
    *code = find(&key);
    *found = *code != NULL;
    if (!*found && mine) {
        *mine = (wn_jit_code){.key = key, .users = 1, .next = cache.first};
        *code = cache.first = mine;
    }
    while (*found && !(*code)->ready)
        pthread_cond_wait(&cache.made, &cache.lock);
    pthread_mutex_unlock(&cache.lock);
    if (*found || !mine)
        wn_free(key.bytes);
    if (*found)
        wn_free(mine);
    return *code ? WANN_OK : wn_fail_memory(diag);
}

wann_status wn_jit_acquire(const wn_net *net, const wann_compile_options *options,
                           wann_effort effort, wn_jit_code **code, wann_policy_functions *functions,
                           wann_diag *diag) {
    jit_key key = {0};
    bool found;
    *code = NULL;
    WN_TRY(make_key(net, options, effort, &key, diag));
    WN_TRY(acquire(key, code, &found, diag));
    wn_jit_code *const c = *code;
    if (!found) {
        wann_diag problem = {0};
        problem.status = compile(c, net, options, effort, &problem);
        pthread_mutex_lock(&cache.lock);
        c->problem = problem;
        c->ready = true;
        pthread_cond_broadcast(&cache.made);
        pthread_mutex_unlock(&cache.lock);
    }
    *functions = c->functions;
    if (found)
        functions->emit_seconds = functions->compile_seconds = 0;
    const wann_diag problem = c->problem;
    if (problem.status == WANN_OK)
        return WANN_OK;
    wn_jit_release(c);
    *code = NULL;
    return wn_fail(diag, problem.status, NULL, 0, 0, "%s", problem.text);
}

#else

wann_status wn_jit_acquire(const wn_net *net, const wann_compile_options *options,
                           wann_effort effort, wn_jit_code **code, wann_policy_functions *functions,
                           wann_diag *diag) {
    (void)net, (void)options, (void)effort, (void)code, (void)functions;
    return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0, "this needs %s",
                   wn_kind_missing(WANN_KIND_OBJ));
}

void wn_jit_release(wn_jit_code *code) {
    (void)code;
}

#endif
