/* Log-loss, accuracy and outputs of classifiers: the golden ones, the same from every engine. */
#include <math.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "envs/data/data.h"
#include "runtime/base/alloc.h"
#include "runtime/base/file.h"
#include "runtime/base/text.h"
#include "runtime/net/net.h"
#include "support/test.h"
#include "wann/evaluate.h"

static const char *reference;
static char table[] = "/tmp/wann-score-XXXXXX";

static double number(const cJSON *object, const char *key) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    CHECK_MSG(value, "golden data without \"%s\"", key);
    return value ? value->valuedouble : 0;
}

static cJSON *read_json(const char *name) {
    char path[4300], *text = NULL;
    size_t size;
    snprintf(path, sizeof path, "%s/%s.json", reference, name);
    CHECK(wn_file_read(path, &text, &size, NULL) == WANN_OK);
    cJSON *json = cJSON_Parse(text);
    wn_free(text);
    return json;
}

static wann_net *read_net(const char *name, const cJSON *golden) {
    char path[4300];
    wann_net *net;
    wann_diag diag = {0};
    const wann_read_options options = {.inputs = (size_t)number(golden, "n_in"),
                                       .outputs = (size_t)number(golden, "n_out")};
    snprintf(path, sizeof path, "%s/%s.out", reference, name);
    CHECK_MSG(wann_net_read(path, &options, &net, NULL, &diag) == WANN_OK, "%s", diag.text);
    return net;
}

static bool near(double a, double b) {
    return fabs(a - b) <= 1e-10 * fmax(1, fabs(b));
}

static void check_vector(const cJSON *golden, size_t sample, const double *got, size_t n) {
    const cJSON *row = cJSON_GetArrayItem(golden, (int)sample);
    for (size_t o = 0; o < n; o++)
        CHECK(near(got[o], cJSON_GetArrayItem(row, (int)o)->valuedouble));
}

/* Outputs and softmaxes of the first samples, and the largest output of all. */
static void check_outputs(wann_net *net, const wann_samples *s, double weight, const cJSON *run) {
    const char *argmax = cJSON_GetObjectItemCaseSensitive(run, "argmax_all")->valuestring;
    const cJSON *raw = cJSON_GetObjectItemCaseSensitive(run, "raw");
    const cJSON *softmax = cJSON_GetObjectItemCaseSensitive(run, "softmax");
    const size_t shown = (size_t)cJSON_GetArraySize(raw);
    double *act = wn_calloc(wann_net_nodes(net), sizeof *act), out[10];
    net->action = WANN_ACTION_SOFTMAX;
    for (size_t i = 0; i < s->n; i++) {
        size_t best = 0;
        wann_run(net, s->input + i * s->inputs, (wann_weights){weight, NULL}, NULL, act, out);
        if (i < shown)
            check_vector(raw, i, out, 10);
        wann_act(net, out);
        if (i < shown)
            check_vector(softmax, i, out, 10);
        for (size_t o = 1; o < 10; o++) /* of the softmax, in which close outputs may be equal */
            best = out[o] > out[best] ? o : best;
        CHECK(best == (size_t)(argmax[i] - '0'));
    }
    wn_free(act);
}

/* Every engine, in double and in float, with 1, 2 and 3 threads. */
static void check_engines(const wann_net *net, wann_task *task, double weight, const cJSON *run) {
    wann_evaluation e = wann_evaluation_defaults();
    e.weights = &weight;
    e.n_weights = 1;
    e.episodes = 2;
    double first = 0;
    for (int engine = WANN_ENGINE_AUTO; engine <= WANN_ENGINE_LANES; engine++)
        for (int real = 0; real < 2; real++)
            for (e.threads = 1; e.threads <= 3; e.threads++) {
                wann_scores scores;
                wann_diag diag = {0};
                e.engine = (wann_engine)engine;
                e.real = real ? WANN_FLOAT : WANN_DOUBLE;
                CHECK_MSG(wann_evaluate(net, task, &e, &scores, &diag) == WANN_OK, "%s", diag.text);
                CHECK(scores.reward[0] == scores.reward[1]);
                const double golden = number(run, "reward_all");
                CHECK(fabs(scores.reward[0] - golden) <= (real ? 1e-4 : 1e-10) * fabs(golden));
                CHECK(fabs(scores.accuracy[1] - number(run, "accuracy_all")) <=
                      (real ? 0.002 : 1e-15));
                if (engine == WANN_ENGINE_AUTO && !real && e.threads == 1)
                    first = scores.reward[0];
                CHECK(real || scores.reward[0] == first);
                wann_scores_free(&scores);
            }
}

static void check_golden(const char *name, const char *task_name) {
    cJSON *golden = read_json(name);
    wann_net *net = read_net(name, golden);
    wann_task *task;
    const wann_samples *samples;
    int runs = 0;
    CHECK(wann_task_open(task_name, NULL, &task, NULL) == WANN_OK);
    CHECK(wann_task_samples(task, WANN_TEST, &samples, NULL) == WANN_OK);
    const cJSON *run;
    cJSON_ArrayForEach(run, cJSON_GetObjectItemCaseSensitive(golden, "runs")) {
        check_outputs(net, samples, number(run, "weight"), run);
        check_engines(net, task, number(run, "weight"), run);
        runs++;
    }
    CHECK(runs == 6);
    wann_task_close(task);
    wann_net_destroy(net);
    cJSON_Delete(golden);
}

static void golden_digits(void) {
    if (!wn_data_present(wn_data_set_named("digits"))) {
        printf("skip: no digits; wann data get digits\n");
        return;
    }
    check_golden("digits/net_a", "digits");
    check_golden("digits/net_b", "digits");
}

/* The golden bytes of 200 images, preprocessed, as a table with every digit of every number. */
static void golden_mnist(void) {
    enum { N = 200, RAW = 784, SMALL = 256 };
    char path[4300], task_name[100];
    wn_csv raw;
    wn_buf text = {0};
    static unsigned char bytes[N * RAW];
    static double images[N * SMALL];
    snprintf(path, sizeof path, "%s/mnist/raw28x28.csv", reference);
    CHECK(wn_csv_read(path, &(wn_csv_options){.label = "first"}, &raw, NULL) == WANN_OK);
    for (size_t i = 0; i < N * RAW; i++)
        bytes[i] = (unsigned char)raw.value[i];
    wn_mnist_preprocess(bytes, N, images, 1);
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < SMALL; k++) {
            wn_buf_double(&text, images[i * SMALL + k]);
            wn_buf_char(&text, ',');
        }
        wn_buf_print(&text, "%u\n", (unsigned)raw.label[i]);
    }
    CHECK(wn_file_write(table, text.data, text.length, 0600, NULL) == WANN_OK);
    snprintf(task_name, sizeof task_name, "classify:%s", table);
    check_golden("mnist/net_e", task_name);
    wn_buf_free(&text);
    wn_csv_free(&raw);
}

/* A network of the bias, one input and two outputs, for sums by hand. */
static wann_net *small_net(void) {
    static const char json[] =
        "{\"format\": \"wann-network\", \"version\": 1, \"name\": \"n\", \"inputs\": [\"x\"], "
        "\"outputs\": [\"a\", \"b\"], \"nodes\": [{\"id\": 0, \"type\": \"bias\"}, {\"id\": 1, "
        "\"type\": \"input\"}, {\"id\": 2, \"type\": \"output\", \"activation\": \"linear\"}, "
        "{\"id\": 3, \"type\": \"output\", \"activation\": \"linear\"}], \"connections\": "
        "[{\"from\": 1, \"to\": 3}]}";
    wann_net *net;
    wann_diag diag = {0};
    CHECK_MSG(wann_net_read_memory(json, sizeof json - 1, "n", NULL, &net, NULL, &diag) == WANN_OK,
              "%s", diag.text);
    return net;
}

static wann_task *small_task(const char *rows) {
    char name[100];
    wann_task *task;
    CHECK(wn_file_write(table, rows, strlen(rows), 0600, NULL) == WANN_OK);
    snprintf(name, sizeof name, "classify:%s", table);
    CHECK(wann_task_open(name, NULL, &task, NULL) == WANN_OK);
    return task;
}

/* Outputs are 0 and w x; the softmax of b is 1 / (1 + exp(-w x)). */
static void ensembles_by_hand(void) {
    wann_net *net = small_net();
    wann_task *task = small_task("1,b\n-1,a\n3,a\n");
    const double weights[] = {1, -0.5};
    static const double x[] = {1, -1, 3};
    static const bool is_b[] = {true, false, false};
    double loss = 0, right = 0, reward, accuracy;
    for (int i = 0; i < 3; i++) {
        const double p = (1 / (1 + exp(-x[i])) + 1 / (1 + exp(0.5 * x[i]))) / 2;
        loss -= log(is_b[i] ? p : 1 - p) / 3;
        right += ((p > 0.5) == is_b[i]) / 3.0;
    }
    wann_evaluation e = wann_evaluation_defaults();
    e.weights = weights;
    e.n_weights = 2;
    for (int engine = WANN_ENGINE_AUTO; engine <= WANN_ENGINE_LANES; engine++) {
        e.engine = (wann_engine)engine;
        CHECK(wann_evaluate_ensemble(net, task, &e, &reward, &accuracy, NULL) == WANN_OK);
        CHECK(near(reward, -loss) && near(accuracy, right));
    }
    wann_task_close(task);
    wann_net_destroy(net);
}

static void batches_and_failures(void) {
    wann_net *net = small_net();
    wann_task *task = small_task("1,b\n-1,a\n3,a\n1e308,b\n");
    const double weight = 1000;
    wann_evaluation e = wann_evaluation_defaults();
    wann_scores scores;
    wann_diag diag = {0};
    e.weights = &weight;
    e.n_weights = 1;
    CHECK(wann_evaluate(net, task, &e, &scores, &diag) == WANN_INPUT);
    CHECK_MSG(strstr(diag.text, "sample 4: output 2 is not finite"), "%s", diag.text);
    e.batch = 5;
    CHECK(wann_evaluate(net, task, &e, &scores, &diag) == WANN_ARGUMENT);
    const double fine = 0.5;
    e.weights = &fine;
    e.batch = 2;
    e.episodes = 20;
    CHECK(wann_evaluate(net, task, &e, &scores, &diag) == WANN_OK);
    int differ = 0;
    for (size_t i = 0; i + 1 < scores.episodes; i++)
        differ +=
            scores.reward[i] < scores.reward[i + 1] || scores.reward[i] > scores.reward[i + 1];
    CHECK(differ > 5 && scores.steps[0] == 2);
    wann_scores_free(&scores);
    wann_task_close(task);
    wann_net_destroy(net);
}

int main(void) {
    const int fd = mkstemp(table);
    if (fd < 0)
        return TEST_SKIP;
    close(fd);
    RUN(ensembles_by_hand);
    RUN(batches_and_failures);
    reference = test_reference_dir();
    if (reference) {
        RUN(golden_mnist);
        RUN(golden_digits);
    } else {
        printf("skip: there is no golden data\n");
    }
    CHECK(unlink(table) == 0);
    return TEST_RESULT();
}
