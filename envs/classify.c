/* The tasks of classification: digits, mnist256, mnist784, and any table. */
#include "envs/classify.h"

#include <string.h>

#include "envs/options.h"
#include "envs/registry.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

typedef enum source { FROM_TABLE, FROM_DIGITS, FROM_MNIST256, FROM_MNIST784 } source;

/* A world of samples; read when they are asked for first. */
typedef struct world {
    source source;
    wn_table_options options;
    double rotate; /* degrees that pictures are turned by */
    wn_csv table;
    bool read;        /* the table */
    double *input[2]; /* [split] */
    uint32_t *label[2];
} world;

static int fail_by(wann_env_error *error, const wann_diag *diag) {
    if (diag->path[0] && diag->line > 0)
        return wn_env_fail(error, diag->status, "%.200s:%d:%d: %s", diag->path, diag->line,
                           diag->column, diag->text);
    return wn_env_fail(error, diag->status, "%.200s%s%s", diag->path, diag->path[0] ? ": " : "",
                       diag->text);
}

/* --- reading ---------------------------------------------------------------------------------- */

static wann_status read_table(world *w, wann_split split, wann_samples *samples, wann_diag *diag) {
    if (!w->read)
        WN_TRY(wn_table_read(&w->options, &w->table, diag));
    w->read = true;
    return wn_table_split(&w->table, &w->options, split, samples, &w->input[split],
                          &w->label[split], diag);
}

static wann_status read_digits(world *w, wann_split split, wann_samples *samples, wann_diag *diag) {
    const wn_data_set *set = wn_data_set_named("digits");
    char *path;
    WN_TRY(wn_data_path(set, 0, &path, diag));
    w->options.file = path;
    const wann_status status = read_table(w, split, samples, diag);
    wn_free(path);
    samples->width = samples->height = 8;
    return status;
}

static wann_status read_idx(size_t file, int dimensions, wn_idx *idx, wann_diag *diag) {
    char *path;
    WN_TRY(wn_data_path(wn_data_set_named("mnist"), file, &path, diag));
    const wann_status status = wn_idx_read(path, dimensions, idx, diag);
    wn_free(path);
    return status;
}

/* The sizes of the stored files are known; what is in them is checked all the same. */
static wann_status check_mnist(const wn_idx *image, const wn_idx *label, wann_diag *diag) {
    if (image->n != label->n || image->width != WN_MNIST_RAW || image->height != WN_MNIST_RAW)
        return wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                       "%zu pictures of %zu x %zu pixels and %zu labels do not belong together",
                       image->n, image->width, image->height, label->n);
    for (size_t i = 0; i < label->n; i++)
        if (label->byte[i] > 9)
            return wn_fail(diag, WANN_INPUT, NULL, 0, 0, "label %zu is %d; expected 0 to 9", i + 1,
                           label->byte[i]);
    return WANN_OK;
}

static void convert_images(const wn_idx *image, bool small, double *input) {
    if (small) {
        wn_mnist_preprocess(image->byte, image->n, input, 0);
        return;
    }
    for (size_t i = 0; i < image->n * image->width * image->height; i++)
        input[i] = image->byte[i] / 255.0;
}

static wann_status convert_mnist(world *w, wann_split split, const wn_idx *image,
                                 const wn_idx *label, wann_samples *samples, wann_diag *diag) {
    WN_TRY(check_mnist(image, label, diag));
    const bool small = w->source == FROM_MNIST256;
    const size_t side = small ? WN_MNIST_SMALL : WN_MNIST_RAW, n = image->n;
    double *input = w->input[split] = wn_alloc(n * side * side * sizeof *input);
    uint32_t *number = w->label[split] = wn_alloc(n * sizeof *number);
    if (!input || !number)
        return wn_fail_memory(diag);
    convert_images(image, small, input);
    for (size_t i = 0; i < n; i++)
        number[i] = label->byte[i];
    *samples = (wann_samples){n, side * side, 10, input, number, side, side};
    return WANN_OK;
}

static wann_status read_mnist(world *w, wann_split split, wann_samples *samples, wann_diag *diag) {
    const size_t first = split == WANN_TRAIN ? 0 : 2; /* of the set's files */
    wn_idx image = {0}, label = {0};
    wann_status status = read_idx(first, 3, &image, diag);
    if (status == WANN_OK)
        status = read_idx(first + 1, 1, &label, diag);
    if (status == WANN_OK)
        status = convert_mnist(w, split, &image, &label, samples, diag);
    wn_idx_free(&image);
    wn_idx_free(&label);
    return status;
}

/* The samples as they were may be those of the table, which stay. */
static wann_status rotate(world *w, wann_split split, wann_samples *samples, wann_diag *diag) {
    if (w->rotate == 0)
        return WANN_OK;
    double *turned = wn_alloc(samples->n * samples->inputs * sizeof *turned);
    if (!turned)
        return wn_fail_memory(diag);
    wn_rotate_images(samples->input, samples->n, samples->width, w->rotate, turned);
    wn_free(w->input[split]);
    samples->input = w->input[split] = turned;
    return WANN_OK;
}

int wn_classify_samples(void *self, wann_split split, wann_samples *samples,
                        wann_env_error *error) {
    world *w = self;
    wann_diag diag = {0};
    wann_status status = WANN_INTERNAL;
    wn_free(w->input[split]);
    wn_free(w->label[split]);
    w->input[split] = NULL;
    w->label[split] = NULL;
    switch (w->source) {
    case FROM_TABLE:
        status = read_table(w, split, samples, &diag);
        break;
    case FROM_DIGITS:
        status = read_digits(w, split, samples, &diag);
        break;
    case FROM_MNIST256:
    case FROM_MNIST784:
        status = read_mnist(w, split, samples, &diag);
        break;
    }
    if (status == WANN_OK)
        status = rotate(w, split, samples, &diag);
    return status == WANN_OK ? WANN_OK : fail_by(error, &diag);
}

/* --- worlds ----------------------------------------------------------------------------------- */

static int create(source from, const wn_table_options *options, double degrees, void **made,
                  wann_env_error *error) {
    world *w = wn_calloc(1, sizeof *w);
    if (!w)
        return wn_env_fail(error, WANN_NO_MEMORY, "out of memory");
    w->source = from;
    w->options = *options;
    w->rotate = degrees;
    *made = w;
    return WANN_OK;
}

int wn_table_create(const char *const *options, void **made, wann_env_error *error) {
    wn_table_options table;
    const int status = wn_table_options_read(options, &table, error);
    return status == WANN_OK ? create(FROM_TABLE, &table, 0, made, error) : status;
}

static int create_digits(const char *const *options, void **made, wann_env_error *error) {
    const char *test = NULL;
    double degrees = 0;
    const wn_option known[] = {{"test", WN_OPTION_TEXT, &test},
                               {"rotate", WN_OPTION_REAL, &degrees}};
    int status = wn_options_read(options, known, 2, error);
    const char *of_table[2] = {NULL}; /* the option that is one of a table's, too: the last counts */
    for (; status == WANN_OK && options && *options; options++)
        if (strncmp(*options, "test=", 5) == 0)
            of_table[0] = *options;
    wn_table_options table;
    if (status == WANN_OK)
        status = wn_table_options_read(of_table, &table, error);
    if (status != WANN_OK)
        return status;
    table.csv.header = WN_HEADER_NO;
    table.divide = 16;
    return create(FROM_DIGITS, &table, degrees, made, error);
}

static int create_mnist(source from, const char *const *options, void **made,
                        wann_env_error *error) {
    double degrees = 0;
    const wn_option known[] = {{"rotate", WN_OPTION_REAL, &degrees}};
    const int status = wn_options_read(options, known, 1, error);
    return status == WANN_OK ? create(from, &(wn_table_options){0}, degrees, made, error) : status;
}

static int create_mnist256(const char *const *options, void **made, wann_env_error *error) {
    return create_mnist(FROM_MNIST256, options, made, error);
}

static int create_mnist784(const char *const *options, void **made, wann_env_error *error) {
    return create_mnist(FROM_MNIST784, options, made, error);
}

void wn_classify_destroy(void *self) {
    world *w = self;
    wn_csv_free(&w->table);
    for (int split = 0; split < 2; split++) {
        wn_free(w->input[split]);
        wn_free(w->label[split]);
    }
    wn_free(w);
}

static const char *const digit_names[10] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

#define CLASSIFY(NAME, SUMMARY, INPUTS, BATCH, CREATE, SETTINGS)                                   \
    {                                                                                              \
        .abi = WANN_ENV_ABI, .size = sizeof(wann_env_type), .name = NAME, .summary = SUMMARY,      \
        .observations = INPUTS, .actions = 10, .action_names = digit_names,                        \
        .hidden_activations = WN_CLASSIFY_ACTIVATIONS, .search_settings = SETTINGS,                \
        .create = CREATE, .destroy = wn_classify_destroy, .samples = wn_classify_samples,          \
        .batch = BATCH                                                                             \
    }

/* Of the published p/mnist256.json, but saved less often: a generation takes milliseconds here. One
 * start: how far one gets is a matter of time, not of luck. */
#define MNIST_SETTINGS                                                                             \
    "popSize=960 maxGen=4096 alg_nReps=1 prob_initEnable=0.05 select_tournSize=32 save_mod=64 "    \
    "save_seconds=10 starts=1"

const wann_env_type wn_digits =
    CLASSIFY("digits", "handwritten digits, 8 x 8 pixels; wann data get digits", 64, 0,
             create_digits, "maxGen=1536 alg_nReps=1 select_tournSize=16 save_mod=64");
const wann_env_type wn_mnist256 =
    CLASSIFY("mnist256", "MNIST as published, 16 x 16 pixels; wann data get mnist",
             WN_MNIST_SMALL *WN_MNIST_SMALL, 1000, create_mnist256, MNIST_SETTINGS);
const wann_env_type wn_mnist784 =
    CLASSIFY("mnist784", "MNIST as it is, 28 x 28 pixels; wann data get mnist",
             WN_MNIST_RAW *WN_MNIST_RAW, 1000, create_mnist784, MNIST_SETTINGS);

/* --- any table -------------------------------------------------------------------------------- */

static const char *const *copy_names(wn_arena *arena, char *const *names, size_t n) {
    const char **copy = WN_NEW(arena, const char *, n);
    for (size_t i = 0; copy && i < n; i++) {
        copy[i] = wn_arena_copy(arena, names[i], strlen(names[i]));
        if (!copy[i])
            return NULL;
    }
    return copy;
}

static wann_status make_type(const char *path, const wn_csv *table, wn_arena *arena,
                             wann_env_type *type, wann_diag *diag) {
    enum { LARGE = 4000, BATCH = 1000 };
    *type = (wann_env_type){.abi = WANN_ENV_ABI,
                            .size = sizeof *type,
                            .summary = "classify the rows of a table",
                            .observations = table->columns,
                            .actions = table->labels,
                            .hidden_activations = WN_CLASSIFY_ACTIVATIONS,
                            .search_settings = "alg_nReps=1",
                            .create = wn_table_create,
                            .destroy = wn_classify_destroy,
                            .samples = wn_classify_samples,
                            .batch = table->rows > LARGE ? BATCH : 0};
    type->name = wn_arena_copy(arena, path, strlen(path));
    type->action_names = copy_names(arena, table->label_text, table->labels);
    if (table->name)
        type->observation_names = copy_names(arena, table->name, table->columns);
    if (!type->name || !type->action_names || (table->name && !type->observation_names))
        return wn_fail_memory(diag);
    return WANN_OK;
}

/* The table is read here for its sizes and names; a world reads it again for its rows. */
wann_status wn_classify_open(const char *path, const char *const *options, wn_arena *arena,
                             const wann_env_type **type, wann_diag *diag) {
    wn_table_options table;
    wann_env_error error = {0};
    const int answer = wn_table_options_read(options, &table, &error);
    if (answer != WANN_OK)
        return wn_fail(diag, (wann_status)answer, path, 0, 0, "%s", error.text);
    table.file = path;
    wn_csv csv;
    WN_TRY(wn_table_read(&table, &csv, diag));
    wann_env_type *made = WN_NEW(arena, wann_env_type, 1);
    const wann_status status =
        made ? make_type(path, &csv, arena, made, diag) : wn_fail_memory(diag);
    wn_csv_free(&csv);
    *type = made;
    return status;
}
