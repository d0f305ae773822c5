/* Steps a second of racing, on one core, and what the parts of a step take: physics, drawing,
 * squeezing, encoding, network.
 *
 * The network is the published champion where WANN_REFERENCE names the folder of its files (what it
 * drives is of no matter: its encoder was never published), else the one in examples. An encoder of
 * the paper's size costs the same whatever its weights are, so here they are random. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/rows.h"
#include "envs/encoder.h"
#include "envs/racing.h"
#include "envs/racing_driver.h"
#include "runtime/base/alloc.h"
#include "runtime/base/rng.h"
#include "wann/env.h"
#include "wann/run.h"

enum { ROUNDS = 15, STEPS = 600, IN = 16, OUT = 3 };

/* What the rows share; there is one. */
typedef struct subjects {
    wn_racing *racing;
    wn_racing_driver driver;
    uint64_t seed;
    unsigned char view[3 * WN_RACING_VIEW * WN_RACING_VIEW];
    unsigned char eye[3 * WN_RACING_EYE * WN_RACING_EYE];
    wn_encoder *encoder[2]; /* small, and of the paper's size */
    wn_encoder_scratch *scratch[2];
    double latent[IN];
    wann_task *task;
    wann_env *env;
    double observation[IN];
    wann_net *net; /* NULL: none */
    double *act;
} subjects;

/* One frame of a race that is driven well, so that the car is on the road and not at rest. */
static void race(subjects *s) {
    wann_env_result result = {0};
    if (wn_racing_step(s->racing, wn_racing_drive(&s->driver, s->racing), &result, NULL) != 0 ||
        result.terminated || result.truncated) {
        wn_racing_reset(s->racing, ++s->seed, NULL);
        s->driver = (wn_racing_driver){0};
    }
}

static size_t physics(void *all) {
    for (size_t t = 0; t < STEPS; t++)
        race(all);
    return STEPS;
}

static size_t physics_and_picture(void *all) {
    subjects *s = all;
    for (size_t t = 0; t < STEPS; t++) {
        race(s);
        wn_racing_view(s->racing, s->view);
    }
    return STEPS;
}

/* Of one sight, wherever the last row left the car. */
static size_t picture(void *all) {
    subjects *s = all;
    for (size_t t = 0; t < STEPS; t++)
        wn_racing_view(s->racing, s->view);
    return STEPS;
}

static size_t squeeze(void *all) {
    subjects *s = all;
    for (size_t t = 0; t < STEPS; t++)
        wn_racing_squeeze(s->view, s->eye);
    return STEPS;
}

static size_t encode(subjects *s, size_t which, int unit) {
    for (size_t t = 0; t < STEPS; t++)
        wn_encoder_run_on(unit, s->encoder[which], s->eye, s->scratch[which], s->latent);
    return STEPS;
}

static size_t network(void *all) {
    subjects *s = all;
    double action[OUT], sum = 0;
    for (size_t t = 0; t < STEPS && s->net; t++) {
        wann_run(s->net, s->observation, (wann_weights){.shared = -0.7}, NULL, s->act, action);
        sum += action[0];
    }
    s->latent[0] += 0 * sum;
    return STEPS;
}

/* As a search does it: world, camera, encoder, network. Its own car, on its own way. */
static size_t whole(void *all) {
    subjects *s = all;
    for (size_t t = 0; t < STEPS; t++) {
        double action[OUT] = {0, 0.1, 0};
        wann_env_result result = {0};
        if (s->net)
            wann_run(s->net, s->observation, (wann_weights){.shared = -0.7}, NULL, s->act, action);
        if (wann_env_step(s->env, action, s->observation, &result, NULL) != WANN_OK ||
            result.terminated || result.truncated)
            wann_env_reset(s->env, ++s->seed, s->observation, NULL);
    }
    return STEPS;
}

static size_t whole_paper(void *all) {
    subjects *s = all;
    for (size_t t = 0; t < STEPS; t++) {
        race(s);
        wn_racing_view(s->racing, s->view);
        wn_racing_squeeze(s->view, s->eye);
        wn_encoder_run(s->encoder[1], s->eye, s->scratch[1], s->latent);
    }
    return STEPS;
}

#define ENCODE(size, which, unit)                                                                  \
    static size_t encode_##size##_##unit(void *all) {                                              \
        return encode(all, which, unit);                                                           \
    }
ENCODE(small, 0, 0)
ENCODE(small, 0, 1)
ENCODE(small, 0, 2)
ENCODE(paper, 1, 0)
ENCODE(paper, 1, 1)
ENCODE(paper, 1, 2)

static bench_row rows[] = {{"physics and driver", physics, 0, 0},
                           {"physics and picture of 96 x 96", physics_and_picture, 0, 0},
                           {"picture of 96 x 96 alone", picture, 0, 0},
                           {"squeezing it to 64 x 64", squeeze, 0, 0},
                           {"small encoder, plain", encode_small_0, 0, 0},
                           {"small encoder, AVX2", encode_small_1, 0, 0},
                           {"small encoder, AVX-512", encode_small_2, 0, 0},
                           {"paper's encoder, plain", encode_paper_0, 0, 0},
                           {"paper's encoder, AVX2", encode_paper_1, 0, 0},
                           {"paper's encoder, AVX-512", encode_paper_2, 0, 0},
                           {"network alone, reference interpreter", network, 0, 0},
                           {"all of a step, small encoder", whole, 0, 0},
                           {"all but the network, paper's encoder", whole_paper, 0, 0}};
enum { ROWS = sizeof rows / sizeof *rows };

static void open_net(subjects *s) {
    const char *folder = getenv("WANN_REFERENCE");
    char path[4300] = "examples/champions/racing.json";
    if (folder)
        snprintf(path, sizeof path, "%s/champions/racer.out", folder);
    const wann_read_options read = {.inputs = IN, .outputs = OUT};
    if (wann_net_read(path, &read, &s->net, NULL, NULL) != WANN_OK)
        s->net = NULL;
    else
        s->act = calloc(wann_net_nodes(s->net), sizeof *s->act);
}

static bool open_encoder(subjects *s, size_t which, const uint32_t channels[4]) {
    wn_rng rng = wn_rng_stream(which, 0, 0, 0);
    if (wn_encoder_create(channels, &s->encoder[which], NULL) != WANN_OK)
        return false;
    for (size_t i = 0; i < WN_ENCODER_LAYERS; i++) {
        const wn_encoder_layer *l = &wn_encoder_layers(s->encoder[which])[i];
        for (size_t k = 0; k < (size_t)l->out_channels * l->terms; k++)
            l->weight[k] = (int16_t)((int)wn_rng_below(&rng, 255) - 127);
        for (size_t o = 0; o < l->out_channels; o++)
            l->scale[o] = 0.01f;
    }
    s->scratch[which] = wn_encoder_scratch_create(s->encoder[which]);
    return s->scratch[which] != NULL;
}

/* Units that the machine lacks have no row. */
static void choose_rows(subjects *s) {
    for (int unit = 1; unit < 3; unit++)
        for (size_t i = 0; i < ROWS; i++) {
            const char *comma = strchr(rows[i].name, ',');
            if (comma && strcmp(comma, unit == 1 ? ", AVX2" : ", AVX-512") == 0 &&
                !wn_encoder_run_on(unit, s->encoder[0], s->eye, s->scratch[0], s->latent))
                rows[i].run = NULL;
        }
}

static bool open_subjects(subjects *s) {
    static const uint32_t small[4] = {8, 24, 48, 64}, paper[4] = {32, 64, 128, 256};
    open_net(s);
    s->racing = wn_racing_create();
    return s->racing && wn_racing_reset(s->racing, 0, NULL) == 0 && open_encoder(s, 0, small) &&
           open_encoder(s, 1, paper) && wann_task_open("racing", NULL, &s->task, NULL) == WANN_OK &&
           wann_env_create(s->task, &s->env, NULL) == WANN_OK &&
           wann_env_reset(s->env, 0, s->observation, NULL) == WANN_OK;
}

static void close_subjects(subjects *s) {
    for (size_t i = 0; i < 2; i++) {
        wn_free(s->scratch[i]);
        wn_encoder_destroy(s->encoder[i]);
    }
    wn_racing_destroy(s->racing);
    wann_env_destroy(s->env);
    wann_task_close(s->task);
    wann_net_destroy(s->net);
    free(s->act);
}

int main(int argc, char **argv) {
    static subjects s;
    const char *json;
    if (!bench_options(argc, argv, &json))
        return 2;
    bool good = open_subjects(&s);
    if (good) {
        choose_rows(&s);
        bench_measure(rows, ROWS, ROUNDS, &s);
        good = bench_report("racing",
                            s.net ? "network: the published champion, or that of examples"
                                  : "network: none was found",
                            rows, ROWS, json);
    } else {
        fputs("bench_racing: the task does not open\n", stderr);
    }
    close_subjects(&s);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
