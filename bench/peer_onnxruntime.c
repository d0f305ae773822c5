/* Benchmarks: a model that ONNX Runtime runs through its C interface, in the shape of generated
 * code.
 *
 * The npm package has the library but not its header. The interface is a table of functions to
 * which entries are only ever added at the end, so those needed are called by their place in it. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef void function(void);
typedef struct api_base {
    function *const *(*api)(uint32_t version);
    const char *(*version)(void);
} api_base;

enum { API_VERSION = 16, LOG_ERRORS = 3, ARENA_ALLOCATOR = 1, DEFAULT_MEMORY = 0, FLOAT = 1 };
enum place {
    MESSAGE = 2,
    CREATE_ENV = 3,
    CREATE_SESSION = 7,
    RUN = 9,
    CREATE_OPTIONS = 10,
    SET_INTRA_THREADS = 24,
    CREATE_TENSOR = 49,
    CREATE_CPU_MEMORY = 69,
    RELEASE_ENV = 92,
    RELEASE_STATUS = 93,
    RELEASE_MEMORY = 94,
    RELEASE_SESSION = 95,
    RELEASE_VALUE = 96,
    RELEASE_OPTIONS = 100
};

/* The shapes of the entries; each gives a status, NULL where all is well. */
typedef void *make(void **made);
typedef void *make_env(int level, const char *name, void **env);
typedef void *make_session(void *env, const char *path, void *options, void **session);
typedef void *make_memory(int allocator, int kind, void **memory);
typedef void *make_tensor(void *memory, void *data, size_t size, const int64_t *shape, size_t rank,
                          int type, void **tensor);
typedef void *set_number(void *object, int number);
typedef void *run(void *session, void *options, const char *const *in_names, void *const *in,
                  size_t n_in, const char *const *out_names, size_t n_out, void **out);
typedef void release(void *object);
typedef const char *text_of(void *status);

/* Input and output of one sample, and of a batch. */
typedef struct tensors {
    void *in, *out;
    const float *in_data;
    float *out_data;
} tensors;

static const api_base *base;
static function *const *api;
static void *env, *options, *session, *memory;
static size_t n_inputs, n_outputs;
static tensors last;
static size_t last_samples;
static char problem[512];

int peer_open(const char *library, const char *model, size_t inputs, size_t outputs);
void peer_close(void);
const char *peer_problem(void);
const char *peer_version(void);
void peer(const float *in, float weight, float *out);
void peer_batch(size_t n, const float *in, float weight, float *out);

const char *peer_problem(void) {
    return problem;
}

const char *peer_version(void) {
    return base->version();
}

static int fine(void *status) {
    if (!status)
        return 1;
    snprintf(problem, sizeof problem, "%s", ((text_of *)api[MESSAGE])(status));
    ((release *)api[RELEASE_STATUS])(status);
    return 0;
}

static int load(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const api_base *(*get)(void) = NULL;
    if (library)
        *(void **)&get = dlsym(library, "OrtGetApiBase");
    base = get ? get() : NULL;
    api = base ? base->api(API_VERSION) : NULL;
    if (!api)
        snprintf(problem, sizeof problem, "%s", library ? "another interface" : dlerror());
    return api != NULL;
}

int peer_open(const char *library, const char *model, size_t inputs, size_t outputs) {
    n_inputs = inputs;
    n_outputs = outputs;
    return (api || load(library)) &&
                   fine(((make_env *)api[CREATE_ENV])(LOG_ERRORS, "bench", &env)) &&
                   fine(((make *)api[CREATE_OPTIONS])(&options)) &&
                   fine(((set_number *)api[SET_INTRA_THREADS])(options, 1)) &&
                   fine(((make_memory *)api[CREATE_CPU_MEMORY])(ARENA_ALLOCATOR, DEFAULT_MEMORY,
                                                                &memory)) &&
                   fine(((make_session *)api[CREATE_SESSION])(env, model, options, &session))
               ? 0
               : 1;
}

static void let_go(void **object, enum place how) {
    if (*object)
        ((release *)api[how])(*object);
    *object = NULL;
}

static void let_go_tensors(void) {
    let_go(&last.in, RELEASE_VALUE);
    let_go(&last.out, RELEASE_VALUE);
    last_samples = 0;
}

void peer_close(void) {
    let_go_tensors();
    let_go(&session, RELEASE_SESSION);
    let_go(&memory, RELEASE_MEMORY);
    let_go(&options, RELEASE_OPTIONS);
    let_go(&env, RELEASE_ENV);
}

static int wrap(float *data, size_t n, size_t width, void **tensor) {
    const int64_t shape[2] = {(int64_t)n, (int64_t)width};
    return fine(((make_tensor *)api[CREATE_TENSOR])(memory, data, n * width * sizeof *data, shape,
                                                    2, FLOAT, tensor));
}

/* Tensors only point to the caller's memory, and making one costs little beside a run, but calls
 * for the same memory need none. */
static int point_to(size_t n, const float *in, float *out) {
    if (n == last_samples && in == last.in_data && out == last.out_data)
        return 1;
    let_go_tensors();
    last_samples = n;
    last.in_data = in;
    last.out_data = out;
    return wrap((float *)in, n, n_inputs, &last.in) && wrap(out, n, n_outputs, &last.out);
}

/* The weights are in the model. */
void peer_batch(size_t n, const float *in, float weight, float *out) {
    static const char *const in_name[] = {"in"}, *const out_name[] = {"out"};
    (void)weight;
    if (point_to(n, in, out))
        fine(((run *)api[RUN])(session, NULL, in_name, &last.in, 1, out_name, 1, &last.out));
}

void peer(const float *in, float weight, float *out) {
    peer_batch(1, in, weight, out);
}
