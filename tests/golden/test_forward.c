/* The reference interpreter against outputs and node values of the original Python code. */
#include <dirent.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "runtime/base/file.h"
#include "support/test.h"
#include "wann/run.h"

/* The golden numbers come from glibc on x86-64 and are met to the last bit there. Another libm is as
 * right: the last bits differ, and how far they may grow was measured with the data. */
#if defined(__x86_64__) && defined(__GLIBC__)
static const bool exact = true;
#else
static const bool exact = false;
#endif

/* One golden file: its network, and room for one run. */
typedef struct golden {
    const char *file;
    cJSON *json;
    wann_net *net;
    double *in, *sum, *act, *out;
    float *in32, *act32, *out32;
} golden;

static struct {
    unsigned long files, cases, outputs, nodes, cases_f32;
} compared;

static const cJSON *member(const cJSON *object, const char *key) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    CHECK_MSG(value, "golden data without \"%s\"", key);
    return value;
}

static size_t read_vector(const cJSON *array, double *values) {
    size_t n = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, array) values[n++] = item->valuedouble;
    return n;
}

static double magnitude(const cJSON *array) {
    double largest = 1;
    const cJSON *item;
    cJSON_ArrayForEach(item, array) largest = fmax(largest, fabs(item->valuedouble));
    return largest;
}

static bool same(double got, double expected, double scale) {
    return exact ? memcmp(&got, &expected, sizeof got) == 0
                 : fabs(got - expected) <= 1e-10 * fmax(scale, fabs(expected));
}

static void compare(const golden *g, const char *what, const cJSON *expected, const double *got) {
    const double scale = magnitude(expected);
    int i = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, expected) {
        CHECK_MSG(same(got[i], item->valuedouble, scale), "%s: %s %d: got %a, golden %a", g->file,
                  what, i, got[i], item->valuedouble);
        i++;
    }
}

/* Where float32 in the original stayed close, so must ours; elsewhere a step or the sine of a large
 * argument sits on an edge. The original rounds differently, hence the room. */
static void compare_f32(golden *g, wann_weights weights, const cJSON *expected, double original) {
    const double scale = magnitude(expected);
    if (original > 1e-4 * scale)
        return;
    for (size_t i = 0; i < wann_net_inputs(g->net); i++)
        g->in32[i] = (float)g->in[i];
    wann_run_f32(g->net, g->in32, weights, NULL, g->act32, g->out32);
    int o = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, expected) {
        const double error = fabs((double)g->out32[o] - item->valuedouble);
        CHECK_MSG(error <= 10 * original + 1e-5 * scale, "%s: output %d: float is %a, golden %a",
                  g->file, o, (double)g->out32[o], item->valuedouble);
        o++;
    }
    compared.cases_f32++;
}

/* The weights of a run; *owned is to be freed. */
static wann_weights run_weights(const golden *g, const cJSON *run, double **owned) {
    const char *kind = member(run, "kind")->valuestring;
    *owned = NULL;
    if (strcmp(kind, "shared") == 0)
        return (wann_weights){member(run, "weight")->valuedouble, NULL};
    if (strcmp(kind, "file") == 0)
        return (wann_weights){0, wann_net_weights(g->net)};
    CHECK_MSG(strcmp(kind, "tuned") == 0, "unknown kind of run: %s", kind);
    char path[4400];
    snprintf(path, sizeof path, "%s/%s", test_reference_dir(), member(run, "zoo")->valuestring);
    wann_diag diag = {0};
    const double bias = member(run, "weight_bias")->valuedouble;
    CHECK_MSG(wann_weights_read(g->net, path, bias, owned, &diag) == WANN_OK, "%s", diag.text);
    return (wann_weights){0, *owned};
}

static void compare_run(golden *g, const cJSON *run) {
    double *owned;
    const wann_weights weights = run_weights(g, run, &owned);
    const cJSON *inputs = member(g->json, "inputs"), *outputs = member(run, "outputs");
    const cJSON *original = member(run, "err_float32")->child;
    const cJSON *in = inputs->child;
    CHECK(cJSON_GetArraySize(inputs) == cJSON_GetArraySize(outputs));
    const cJSON *expected;
    cJSON_ArrayForEach(expected, outputs) {
        CHECK(read_vector(in, g->in) == wann_net_inputs(g->net));
        CHECK((size_t)cJSON_GetArraySize(expected) == wann_net_outputs(g->net));
        wann_run(g->net, g->in, weights, NULL, g->act, g->out);
        compare(g, "output", expected, g->out);
        compare_f32(g, weights, expected, original->valuedouble);
        compared.cases++;
        compared.outputs += wann_net_outputs(g->net);
        in = in->next;
        original = original->next;
    }
    wann_free(owned);
}

static void compare_trace(golden *g, const cJSON *trace) {
    const cJSON *run = cJSON_GetArrayItem(member(g->json, "runs"), member(trace, "run")->valueint);
    const cJSON *in = cJSON_GetArrayItem(member(g->json, "inputs"), member(trace, "input")->valueint);
    const cJSON *raw = member(trace, "raw"), *act = member(trace, "act");
    double *owned;
    const wann_weights weights = run_weights(g, run, &owned);
    read_vector(in, g->in);
    wann_run(g->net, g->in, weights, g->sum, g->act, g->out);
    CHECK((size_t)cJSON_GetArraySize(raw) == wann_net_nodes(g->net));
    CHECK((size_t)cJSON_GetArraySize(act) == wann_net_nodes(g->net));
    compare(g, "sum of node", raw, g->sum);
    compare(g, "value of node", act, g->act);
    compared.nodes += wann_net_nodes(g->net);
    wann_free(owned);
}

static bool open_golden(golden *g, const char *path) {
    char *text, network[4400];
    size_t size;
    wann_diag diag = {0};
    CHECK_MSG(wn_file_read(path, &text, &size, &diag) == WANN_OK, "%s", diag.text);
    g->json = cJSON_Parse(text);
    wann_free(text);
    CHECK_MSG(g->json, "%s is not JSON", g->file);
    if (!g->json)
        return false;
    snprintf(network, sizeof network, "%s/%s", test_reference_dir(),
             member(g->json, "network")->valuestring);
    const wann_read_options options = {
        .inputs = (size_t)member(g->json, "n_in")->valueint,
        .outputs = (size_t)member(g->json, "n_out")->valueint,
    };
    CHECK_MSG(wann_net_read(network, &options, &g->net, NULL, &diag) == WANN_OK, "%s: %s", network,
              diag.text);
    return g->net && wann_net_nodes(g->net) == (size_t)member(g->json, "n_nodes")->valueint;
}

static void allocate(golden *g) {
    const size_t n = wann_net_nodes(g->net);
    g->in = calloc(5 * n, sizeof *g->in);
    g->in32 = calloc(3 * n, sizeof *g->in32);
    CHECK(g->in && g->in32);
    g->sum = g->in + n;
    g->act = g->in + 2 * n;
    g->out = g->in + 3 * n;
    g->act32 = g->in32 + n;
    g->out32 = g->in32 + 2 * n;
}

static void compare_file(const char *path, const char *file) {
    golden g = {.file = file};
    const bool opened = open_golden(&g, path);
    CHECK_MSG(opened, "%s: no such network", file);
    if (opened) {
        allocate(&g);
        const cJSON *item;
        cJSON_ArrayForEach(item, member(g.json, "runs")) compare_run(&g, item);
        cJSON_ArrayForEach(item, member(g.json, "nodes")) compare_trace(&g, item);
        compared.files++;
    }
    free(g.in);
    free(g.in32);
    wann_net_destroy(g.net);
    cJSON_Delete(g.json);
}

static void forward_is_golden(void) {
    char folder[4300], path[4600];
    snprintf(folder, sizeof folder, "%s/forward", test_reference_dir());
    DIR *dir = opendir(folder);
    CHECK_MSG(dir, "cannot open %s", folder);
    for (const struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        const size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 5, ".json") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        compare_file(path, entry->d_name);
    }
    if (dir)
        closedir(dir);
    CHECK(compared.files >= 19 && compared.cases >= 8000 && compared.nodes >= 3000);
    printf("%s: %lu files, %lu cases, %lu outputs, %lu traced nodes; %lu cases in float\n",
           exact ? "bit for bit" : "within 1e-10", compared.files, compared.cases, compared.outputs,
           compared.nodes, compared.cases_f32);
}

int main(void) {
    if (!test_reference_dir()) {
        puts("skipped: the original's golden data are not here (set WANN_REFERENCE)");
        return TEST_SKIP;
    }
    RUN(forward_is_golden);
    return TEST_RESULT();
}
