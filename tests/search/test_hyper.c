/* Settings: published files, errors that say what is meant, and the way there and back. */
#include <unistd.h>

#include "runtime/base/file.h"
#include "search/hyper.h"
#include "support/test.h"

static void check_read(const char *text, const char *error) {
    wn_hyper hyper = wn_hyper_defaults(WN_WANN);
    wann_diag diag = {0};
    char path[] = "/tmp/wann-hyper-XXXXXX";
    const int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    const wann_status status = wn_hyper_read(&hyper, path, &diag);
    unlink(path);
    CHECK_MSG((status == WANN_OK) == !error, "%s: %s", text, diag.text);
    if (error)
        CHECK_MSG(strstr(diag.text, error) && diag.line > 0, "%s: got %d: %s", text, diag.line,
                  diag.text);
}

static void files(void) {
    check_read("{\"task\":\"swingup\",\n \"popSize\": 64, \"alg_wDist\": \"standard\"}", NULL);
    check_read("{\"popSize\": 960,\n \"select_tournSize\": 32,\n\n}\n", NULL); /* as published */
    check_read("{\"popsize\": 64}", "unknown setting 'popsize'; did you mean 'popSize'?");
    check_read("{\"prob_addNod\": 0.1}", "did you mean 'prob_addNode'?");
    check_read("{\"popSize\": 1}", "popSize is '1'; expected a whole number from 2");
    check_read("{\"popSize\": 2.5}", "whole number");
    check_read("{\"prob_addNode\": 1.5}", "expected a number from 0 to 1");
    check_read("{\"alg_wDist\": \"normal\"}", "expected standard or uniform");
    check_read("{\"popSize\": [64]}", "the setting is an array");
    check_read("{\"popSize\": \",}\" , }", "popSize is ',}'");
    check_read("{\"popSize\": 64", "");
    check_read("[1]", "");
}

static void assignments(void) {
    wn_hyper hyper = wn_hyper_defaults(WN_NEAT);
    wann_diag diag = {0};
    CHECK(wn_hyper_assign(&hyper, "popSize=64", &diag) == WANN_OK);
    CHECK(WN_HYPER(&hyper, popSize) == 64);
    CHECK(wn_hyper_assign(&hyper, "released_expression=true", &diag) == WANN_OK);
    CHECK(WN_HYPER(&hyper, released_expression) == 1);
    CHECK(wn_hyper_assign(&hyper, "popSize", &diag) == WANN_INPUT);
    CHECK_TEXT(diag.text, "'popSize' is no setting; expected KEY=VALUE");
    CHECK(wn_hyper_assign(&hyper, "popSize=", &diag) == WANN_INPUT);
    CHECK(wn_hyper_assign(&hyper, "prob_addNode=nan", &diag) == WANN_INPUT);
    CHECK(wn_hyper_check(&hyper, &diag) == WANN_OK);
    CHECK(wn_hyper_assign(&hyper, "algorithm=wann", &diag) == WANN_OK);
    CHECK(wn_hyper_check(&hyper, &diag) == WANN_INPUT);
}

static void there_and_back(void) {
    wn_hyper hyper = wn_hyper_defaults(WN_WANN), back = wn_hyper_defaults(WN_NEAT);
    CHECK(wn_hyper_assign(&hyper, "prob_addNode=0.1234567890123", NULL) == WANN_OK);
    wn_buf text = {0};
    wn_hyper_write(&hyper, &text);
    wann_diag diag = {0};
    const wn_source source = {.data = text.data, .size = text.length, .path = "text"};
    CHECK_MSG(wn_hyper_read_text(&back, &source, &diag) == WANN_OK, "%s", diag.text);
    CHECK(memcmp(hyper.value, back.value, sizeof hyper.value) == 0);
    wn_buf_free(&text);
}

static void weights(void) {
    wn_hyper hyper = wn_hyper_defaults(WN_WANN);
    double weight[8];
    CHECK(wn_hyper_weights(&hyper, weight) == 6 && weight[0] == -2 && weight[3] == 0.5);
    CHECK(wn_hyper_assign(&hyper, "alg_wDist=uniform", NULL) == WANN_OK);
    CHECK(wn_hyper_assign(&hyper, "alg_nVals=5", NULL) == WANN_OK);
    CHECK(wn_hyper_weights(&hyper, weight) == 5 && weight[0] == -2 && weight[2] == 0 &&
          weight[4] == 2);
    CHECK(wn_hyper_assign(&hyper, "algorithm=neat", NULL) == WANN_OK);
    CHECK(wn_hyper_weights(&hyper, weight) == 0);
}

int main(void) {
    RUN(files);
    RUN(assignments);
    RUN(there_and_back);
    RUN(weights);
    return TEST_RESULT();
}
