/* Cart-pole swing-up: one world. */
#include "envs/swingup.h"

#include <string.h>

#include "envs/options.h"
#include "envs/swingup_draw.h"
#include "envs/swingup_lanes.h"
#include "envs/swingup_step.h"
#include "runtime/base/alloc.h"

typedef struct swingup {
    wn_cart_pole now;
    double action;        /* of the last step */
    uint32_t step, steps;  /* done, and allowed */
    wn_swingup_setup setup;
} swingup;

wn_cart_pole wn_swingup_start(uint64_t seed, bool portable) {
    return wn_swingup_begin(seed, portable);
}

int wn_swingup_options(const char *const *options, wn_swingup_setup *setup, wann_env_error *error) {
    *setup = (wn_swingup_setup){.pole = WN_SWINGUP_LENGTH};
    const wn_option known[] = {{"portable", WN_OPTION_FLAG, &setup->portable},
                               {"pole", WN_OPTION_REAL, &setup->pole}};
    const int status = wn_options_read(options, known, 2, error);
    if (status != WANN_OK || (setup->pole >= 0.1 && setup->pole <= 10))
        return status;
    return wn_env_fail(error, WANN_INPUT, "option pole is out of range; expected 0.1 to 10 (m)");
}

static int create(const char *const *options, uint32_t steps, void **world, wann_env_error *error) {
    wn_swingup_setup setup;
    const int status = wn_swingup_options(options, &setup, error);
    if (status != WANN_OK)
        return status;
    swingup *made = wn_calloc(1, sizeof *made);
    if (!made)
        return wn_env_fail(error, WANN_NO_MEMORY, "out of memory");
    made->steps = steps;
    made->setup = setup;
    *world = made;
    return WANN_OK;
}

static int create_full(const char *const *options, void **world, wann_env_error *error) {
    return create(options, WN_SWINGUP_STEPS, world, error);
}

static int create_hard(const char *const *options, void **world, wann_env_error *error) {
    return create(options, WN_SWINGUP_HARD_STEPS, world, error);
}

static void observe(const wn_cart_pole *p, double *observation) {
    observation[0] = p->x;
    observation[1] = p->x_dot;
    observation[2] = p->cosine;
    observation[3] = p->sine;
    observation[4] = p->theta_dot;
}

static int reset(void *world, uint64_t seed, double *observation, wann_env_error *error) {
    (void)error;
    swingup *w = world;
    w->now = wn_swingup_start(seed, w->setup.portable);
    w->step = 0;
    w->action = 0;
    observe(&w->now, observation);
    return WANN_OK;
}

static int step(void *world, const double *action, double *observation, wann_env_result *result,
                wann_env_error *error) {
    (void)error;
    swingup *w = world;
    wn_swingup_advance(&w->now, action[0], w->setup.pole, w->setup.portable);
    w->step++;
    w->action = action[0];
    observe(&w->now, observation);
    result->reward = wn_swingup_reward(&w->now, w->setup.portable);
    result->terminated = wn_swingup_off(&w->now);
    result->truncated = w->step >= w->steps;
    return WANN_OK;
}

/* The state as bytes: x, x', theta, theta' and the steps so far, as doubles of this machine. */
enum { N_SAVED = 5 };

static size_t save(const void *world, void *state, size_t size) {
    const swingup *w = world;
    const double numbers[N_SAVED] = {w->now.x, w->now.x_dot, w->now.theta, w->now.theta_dot, w->step};
    if (size >= sizeof numbers)
        memcpy(state, numbers, sizeof numbers);
    return sizeof numbers;
}

static int restore(void *world, const void *state, size_t size, double *observation,
                   wann_env_error *error) {
    swingup *w = world;
    double numbers[N_SAVED];
    if (size != sizeof numbers)
        return wn_env_fail(error, WANN_INPUT, "the state has %zu bytes; expected %zu", size,
                           sizeof numbers);
    memcpy(numbers, state, sizeof numbers);
    for (int i = 0; i < N_SAVED; i++)
        if (!isfinite(numbers[i]))
            return wn_env_fail(error, WANN_INPUT, "number %d of the state is not finite", i + 1);
    if (numbers[4] < 0 || numbers[4] >= w->steps)
        return wn_env_fail(error, WANN_INPUT, "the state is that of an episode which is over");
    w->now = (wn_cart_pole){numbers[0], numbers[1], numbers[2], numbers[3], 0, 0};
    w->step = (uint32_t)numbers[4];
    w->action = 0;
    wn_swingup_turn(&w->now, w->setup.portable);
    observe(&w->now, observation);
    return WANN_OK;
}

static int render(void *world, uint32_t width, uint32_t height, unsigned char *rgb,
                  wann_env_error *error) {
    const swingup *w = world;
    if (width == 0 || height == 0)
        return wn_env_fail(error, WANN_ARGUMENT, "a picture without pixels");
    const int status = wn_swingup_draw(&w->now, w->setup.pole, w->action, width, height, rgb);
    return status == WANN_OK ? status : wn_env_fail(error, WANN_NO_MEMORY, "out of memory");
}

static const char *const observation_names[WN_SWINGUP_OBSERVATIONS] = {"x", "x_dot", "cos_theta",
                                                                       "sin_theta", "theta_dot"};
static const char *const action_names[1] = {"force"};
static const double action_low[1] = {-1}, action_high[1] = {1};

#define SWINGUP(NAME, SUMMARY, CREATE, STEPS, LANES_F32, LANES_F64)                                \
    {.abi = WANN_ENV_ABI,                                                                          \
     .size = sizeof(wann_env_type),                                                                \
     .name = NAME,                                                                                 \
     .summary = SUMMARY,                                                                           \
     .observations = WN_SWINGUP_OBSERVATIONS,                                                      \
     .actions = 1,                                                                                 \
     .observation_names = observation_names,                                                       \
     .action_names = action_names,                                                                 \
     .action_low = action_low,                                                                     \
     .action_high = action_high,                                                                   \
     .search_settings =                                                                            \
         "popSize=192 maxGen=1024 alg_nReps=3 prob_initEnable=0.5 select_tournSize=8",             \
     .create = CREATE,                                                                             \
     .destroy = wn_free,                                                                           \
     .steps = STEPS,                                                                               \
     .steps_per_second = 1 / WN_SWINGUP_DT,                                                        \
     .reset = reset,                                                                               \
     .step = step,                                                                                 \
     .save = save,                                                                                 \
     .restore = restore,                                                                           \
     .picture_width = 600,                                                                         \
     .picture_height = 300,                                                                        \
     .render = render,                                                                             \
     .lanes_f32 = &LANES_F32,                                                                      \
     .lanes_f64 = &LANES_F64}

extern const wann_env_type wn_swingup, wn_swingup_hard;
const wann_env_type wn_swingup =
    SWINGUP("swingup", "swing a pole up by pushing its cart, and balance it", create_full,
            WN_SWINGUP_STEPS, wn_swingup_lanes_f32, wn_swingup_lanes_f64);
const wann_env_type wn_swingup_hard =
    SWINGUP("swingup_hard", "the same in 200 steps", create_hard, WN_SWINGUP_HARD_STEPS,
            wn_swingup_hard_lanes_f32, wn_swingup_hard_lanes_f64);
