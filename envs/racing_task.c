/* Car racing as a task: what the network sees is the picture through an encoder. */
#include <math.h>
#include <string.h>

#include "envs/encoder.h"
#include "envs/options.h"
#include "envs/racing.h"
#include "runtime/base/alloc.h"

enum { OBSERVATIONS = WN_ENCODER_LATENTS, ACTIONS = 3, MOST_STEPS = 1000 };
_Static_assert((int)WN_RACING_EYE == (int)WN_ENCODER_SIDE, "what is seen is what is encoded");

/* The encoder that comes with the library, made by CMake of envs/encoders/small.encoder; its origin
 * is in the README beside it. */
static const unsigned char small_encoder[] = {
#include "wn_racing_encoder.inc"
};

typedef struct world {
    wn_racing *racing;
    wn_encoder *encoder;
    wn_encoder_scratch *scratch;
    bool begun;
    uint32_t patience; /* frames without a new tile that an episode may have; 0: any number */
    uint32_t frames, waited;
    size_t visited;
    unsigned char view[WN_RACING_VIEW * WN_RACING_VIEW * 3];
    unsigned char eye[WN_RACING_EYE * WN_RACING_EYE * 3];
} world;

static void look(world *w, double *observation) {
    wn_racing_view(w->racing, w->view);
    wn_racing_squeeze(w->view, w->eye);
    wn_encoder_run(w->encoder, w->eye, w->scratch, observation);
}

static int reset(void *self, uint64_t seed, double *observation, wann_env_error *error) {
    world *w = self;
    const int status = wn_racing_reset(w->racing, seed, error);
    w->begun = status == WANN_OK;
    if (!w->begun)
        return status;
    w->frames = w->waited = 0;
    w->visited = w->racing->n_visited;
    look(w, observation);
    return WANN_OK;
}

/* Who runs out of patience takes it that nothing more will come, and charges the frames that are
 * left as if the car stood there: a search compares such episodes with whole ones. */
static void lose_patience(world *w, wann_env_result *result) {
    w->waited = w->racing->n_visited > w->visited ? 0 : w->waited + 1;
    w->visited = w->racing->n_visited;
    if (w->patience == 0 || w->waited < w->patience || result->terminated || result->truncated)
        return;
    result->truncated = true;
    result->reward -= 0.1 * (MOST_STEPS - w->frames);
}

static int step(void *self, const double *action, double *observation, wann_env_result *result,
                wann_env_error *error) {
    world *w = self;
    if (!w->begun)
        return wn_env_fail(error, WANN_ARGUMENT, "a step before the first reset");
    for (size_t k = 0; k < ACTIONS; k++)
        if (!isfinite(action[k]))
            return wn_env_fail(error, WANN_INPUT, "action %zu is not finite", k);
    const int status = wn_racing_step(w->racing, wn_racing_controls_of(action), result, error);
    if (status != WANN_OK)
        return status;
    w->frames++;
    lose_patience(w, result);
    look(w, observation);
    return WANN_OK;
}

static void destroy(void *self) {
    world *w = self;
    if (!w)
        return;
    wn_racing_destroy(w->racing);
    wn_encoder_destroy(w->encoder);
    wn_free(w->scratch);
    wn_free(w);
}

static int open_encoder(world *w, const char *file, wann_env_error *error) {
    wann_diag diag = {0};
    const wann_status status =
        file ? wn_encoder_read(file, &w->encoder, &diag)
             : wn_encoder_parse(small_encoder, sizeof small_encoder, "small", &w->encoder, &diag);
    if (status != WANN_OK) /* a file at fault is no slip in an option */
        return wn_env_fail(error, status == WANN_INPUT ? WANN_IO : status, "encoder %.300s: %.180s",
                           file ? file : "small", diag.text);
    return WANN_OK;
}

static int open_world(world *w, const char *const *texts, wann_env_error *error) {
    const char *encoder = "small";
    const wn_option options[] = {{"encoder", WN_OPTION_TEXT, &encoder},
                                 {"patience", WN_OPTION_COUNT, &w->patience}};
    int status = wn_options_read(texts, options, sizeof options / sizeof *options, error);
    if (status == WANN_OK)
        status = open_encoder(w, strcmp(encoder, "small") == 0 ? NULL : encoder, error);
    if (status != WANN_OK)
        return status;
    w->scratch = wn_encoder_scratch_create(w->encoder);
    w->racing = wn_racing_create();
    return w->scratch && w->racing ? WANN_OK : wn_env_fail(error, WANN_NO_MEMORY, "out of memory");
}

static int create(const char *const *options, void **self, wann_env_error *error) {
    *self = NULL;
    world *w = wn_calloc(1, sizeof *w);
    if (!w)
        return wn_env_fail(error, WANN_NO_MEMORY, "out of memory");
    const int status = open_world(w, options, error);
    if (status != WANN_OK)
        destroy(w);
    else
        *self = w;
    return status;
}

static int render(void *self, uint32_t width, uint32_t height, unsigned char *rgb,
                  wann_env_error *error) {
    const world *w = self;
    if (!w->begun)
        return wn_env_fail(error, WANN_ARGUMENT, "a picture before the first reset");
    return wn_racing_picture(w->racing, width, height, rgb)
               ? WANN_OK
               : wn_env_fail(error, WANN_NO_MEMORY, "out of memory");
}

static const char *const observation_names[OBSERVATIONS] = {
    "z_0", "z_1", "z_2",  "z_3",  "z_4",  "z_5",  "z_6",  "z_7",
    "z_8", "z_9", "z_10", "z_11", "z_12", "z_13", "z_14", "z_15"};
static const char *const action_names[ACTIONS] = {"steer", "gas", "brake"};
static const double low[ACTIONS] = {-1, -1, 0}, high[ACTIONS] = {1, 1, 1};

const wann_env_type wn_racing_type = {
    .abi = WANN_ENV_ABI,
    .size = sizeof(wann_env_type),
    .name = "racing",
    .summary = "drive a car round a track, seen as a picture through an encoder",
    .observations = OBSERVATIONS,
    .actions = ACTIONS,
    .observation_names = observation_names,
    .action_names = action_names,
    .action_low = low,
    .action_high = high,
    .search_settings = "popSize=64 maxGen=1024 alg_nReps=2 prob_initEnable=0.5 select_tournSize=8",
    .search_options = "patience=100",
    .create = create,
    .destroy = destroy,
    .steps = MOST_STEPS,
    .steps_per_second = 50,
    .reset = reset,
    .step = step,
    .picture_width = 600,
    .picture_height = 400,
    .render = render,
};
