/* The walkers: terrain, physics, reward, errors; the same bits whoever computes them. */
#include <math.h>

#include "env/biped_runs.h"
#include "envs/biped.h"
#include "support/test.h"

static const char *const tasks[] = {"biped", "bipedmedium", "bipedhard"};

typedef struct fixture {
    wann_task *task;
    wann_env *env;
    double observation[BIPED_OBSERVATIONS];
} fixture;

static fixture open_walker(const char *name, const char *option, uint64_t seed) {
    const char *const options[] = {option, NULL};
    fixture f = {0};
    wann_diag diag = {0};
    CHECK_MSG(wann_task_open(name, options, &f.task, &diag) == WANN_OK, "%s", diag.text);
    CHECK(wann_env_create(f.task, &f.env, NULL) == WANN_OK);
    CHECK(wann_env_reset(f.env, seed, f.observation, NULL) == WANN_OK);
    return f;
}

static void close_walker(fixture *f) {
    wann_env_destroy(f->env);
    wann_task_close(f->task);
}

static double roughness(const wn_biped_terrain *t) {
    double sum = 0;
    for (size_t i = WN_BIPED_PAD; i + 1 < WN_BIPED_CORNERS; i++)
        sum += fabs(t->height[i + 1] - t->height[i]);
    return sum;
}

/* The start is flat, whatever comes then; medium is about three times as rough. */
static void test_terrain(void) {
    double rough[2] = {0};
    for (uint64_t seed = 0; seed < 200; seed++) {
        wn_biped_terrain t, again;
        for (wn_biped_ground kind = WN_BIPED_FLAT; kind <= WN_BIPED_HARD; kind++) {
            wn_biped_terrain_make(&t, kind, seed);
            wn_biped_terrain_make(&again, kind, seed);
            CHECK(memcmp(t.height, again.height, sizeof t.height) == 0);
            for (size_t i = 0; i < WN_BIPED_PAD; i++)
                CHECK(fabs(t.height[i] - WN_BIPED_HEIGHT) < 0.02);
            CHECK(kind == WN_BIPED_HARD ? t.n_blocks >= 8 && t.n_blocks <= WN_BIPED_MOST_BLOCKS
                                        : t.n_blocks == 0);
            if (kind != WN_BIPED_HARD)
                rough[kind] += roughness(&t);
        }
        wn_biped_terrain_make(&again, WN_BIPED_HARD, seed + 1);
        CHECK(memcmp(t.height, again.height, sizeof t.height) != 0);
    }
    CHECK_MSG(rough[1] > 2.7 * rough[0] && rough[1] < 3.3 * rough[0], "%g", rough[1] / rough[0]);
}

/* Stumps rise from the ground, pits have two walls of the same height, stairs go in fours. Each
 * kind turns up about as often as the others. */
static void test_obstacles(void) {
    size_t stumps = 0, pits = 0, stairs = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        wn_biped_terrain t;
        wn_biped_terrain_make(&t, WN_BIPED_HARD, seed);
        for (size_t i = 0; i < t.n_blocks; i++) {
            const double step = WN_BIPED_STEP;
            const double width = (double)(t.block[i][1].x - t.block[i][0].x) / step;
            const double height = (double)(t.block[i][2].y - t.block[i][1].y) / step;
            CHECK(fabs(width - round(width)) < 1e-3 && fabs(height - round(height)) < 1e-3);
            if (height > 0)
                stumps += fabs(width - height) < 1e-3 && width < 2.1;
            else if (height < -3.9)
                pits += width < 1.1;
            else
                stairs += fabs(width - 4) < 1e-3 && height > -1.1;
        }
    }
    CHECK_MSG(stumps > 500 && pits > 2 * 400 && stairs > 3 * 300, "%zu %zu %zu", stumps, pits,
              stairs);
    CHECK_MSG((double)pits > 1.2 * (double)stumps && (double)pits < 2.8 * (double)stumps,
              "%zu pits for %zu stumps", pits / 2, stumps);
}

/* Standing up straight, both feet down, which the legs' push out of the ground makes sure of in the
 * first step. The hull is 2.351 m above level ground, 0.4408 of the lidar's range, as the
 * original's first observation has it; ray i then has to go 1 / cos(0.15 i) as far. The last two
 * look past the flat start. */
static void test_first_observation(void) {
    for (size_t i = 0; i < 3; i++) {
        fixture f = open_walker(tasks[i], NULL, 7);
        const double *o = f.observation;
        CHECK(fabs(o[0]) < 0.05 && fabs(o[1]) < 0.05 && fabs(o[2]) < 0.05 && fabs(o[3]) < 0.1);
        CHECK(o[8] == 1 && o[13] == 1);
        for (int ray = 0; ray < 8; ray++) {
            const double expected = 0.4408 / cos(0.15 * ray);
            CHECK_MSG(fabs(o[14 + ray] - expected) < 0.002, "%d: %g", ray, o[14 + ray]);
        }
        close_walker(&f);
    }
}

/* Without torque the walker drops to its knees and falls; the hull's touch ends the episode. */
static void test_fall(void) {
    static const double limp[BIPED_ACTIONS] = {0};
    double last[2] = {0}, sum[2] = {0};
    for (int penalty = 0; penalty < 2; penalty++) {
        fixture f = open_walker("biped", penalty ? "penalty=1" : "penalty=0", 3);
        wann_env_result result = {0};
        int steps = 0;
        for (; steps < 600 && !result.terminated; steps++) {
            CHECK(wann_env_step(f.env, limp, f.observation, &result, NULL) == WANN_OK);
            sum[penalty] += last[penalty] = result.reward;
        }
        CHECK_MSG(result.terminated && steps > 10 && steps < 300, "%d", steps);
        close_walker(&f);
    }
    CHECK(last[1] == -100 && fabs(last[0]) < 10);
    CHECK(fabs(sum[0] - last[0] - (sum[1] - last[1])) < 1e-9);
}

/* The reward of a step is the progress made, less 0.028 for each joint's full torque; asking for
 * more than full torque costs no more. */
static void test_cost_of_torque(void) {
    static const double asked[] = {0, 0.25, 1, -1, 1e300}, paid[] = {0, 0.25, 1, 1, 1};
    fixture f = open_walker("biped", NULL, 5);
    const wann_env_type *type = wann_task_type(f.task);
    for (size_t i = 0; i < 5; i++) {
        const double action[BIPED_ACTIONS] = {0.5, asked[i], 0, 0};
        void *world;
        wann_env_result result;
        CHECK(type->create(NULL, &world, NULL) == 0);
        CHECK(type->reset(world, i, f.observation, NULL) == 0);
        const double before = ((const wn_biped *)world)->shaping;
        CHECK(type->step(world, action, f.observation, &result, NULL) == 0);
        const double progress = ((const wn_biped *)world)->shaping - before;
        CHECK(progress != 0 && fabs(result.reward - progress + 0.028 * (0.5 + paid[i])) < 1e-12);
        type->destroy(world);
    }
    close_walker(&f);
}

/* Any finite action is taken, and none leads to numbers that are not finite (the watch would say
 * so) or to an assertion of Box2D. */
static void test_wild_actions(void) {
    static const double wild[] = {1e308, -1e308, 5e-324, -0.0, 1, -1, 0.3, -1e-9};
    for (size_t i = 0; i < 3; i++)
        for (uint64_t seed = 0; seed < 12; seed++) {
            fixture f = open_walker(tasks[i], i ? "lidar=closest" : NULL, seed);
            wann_env_result result = {0};
            for (uint64_t t = 0; t < 300 && !result.terminated; t++) {
                double action[BIPED_ACTIONS];
                for (uint64_t k = 0; k < BIPED_ACTIONS; k++)
                    action[k] = wild[(seed * 31 + (t / (3 + seed)) * 5 + k * (t / 7 + 1)) % 8];
                wann_diag diag = {0};
                CHECK_MSG(wann_env_step(f.env, action, f.observation, &result, &diag) == WANN_OK,
                          "%s", diag.text);
                for (int ray = 0; ray < 10; ray++)
                    CHECK(f.observation[14 + ray] >= 0 && f.observation[14 + ray] <= 1);
            }
            close_walker(&f);
        }
}

/* An action that is no number never reaches Box2D, with the watch or without. */
static void test_actions_that_are_no_numbers(void) {
    static const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    fixture f = open_walker("biped", NULL, 1);
    const wann_env_type *type = wann_task_type(f.task);
    for (size_t i = 0; i < 3; i++) {
        const double action[BIPED_ACTIONS] = {0, 0, bad[i], 0};
        wann_env_result result;
        wann_diag diag = {0};
        CHECK(wann_env_step(f.env, action, f.observation, &result, &diag) == WANN_INPUT);
        CHECK_MSG(strstr(diag.text, "action 2 is "), "%s", diag.text);
        void *world;
        wann_env_error error = {0};
        CHECK(type->create(NULL, &world, &error) == 0);
        CHECK(type->step(world, action, f.observation, &result, &error) != 0);
        CHECK(type->reset(world, 1, f.observation, &error) == 0);
        CHECK(type->step(world, action, f.observation, &result, &error) != 0);
        CHECK_TEXT(error.text, "action 2 is not finite");
        type->destroy(world);
    }
    close_walker(&f);
}

static void test_options(void) {
    static const char *const wrong[][2] = {
        {"lidar=far", "option lidar is 'far'; expected first or closest"},
        {"penalty=2", "option penalty is '2'; expected 0 or 1"},
        {"lidr=first", "unknown option 'lidr'; there are: lidar, penalty"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *const options[] = {wrong[i][0], NULL};
        wann_task *task;
        wann_diag diag = {0};
        CHECK(wann_task_open("biped", options, &task, &diag) == WANN_INPUT);
        CHECK_MSG(strstr(diag.text, wrong[i][1]), "%s", diag.text);
    }
}

/* The first thing that Box2D visits is not always the closest, and never closer. */
static void test_lidar(void) {
    size_t farther = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        fixture first = open_walker("bipedhard", "lidar=first", seed);
        fixture closest = open_walker("bipedhard", "lidar=closest", seed);
        const double action[BIPED_ACTIONS] = {1, 0.5, -0.5, 1};
        for (int t = 0; t < 40; t++) {
            wann_env_result result;
            if (wann_env_step(first.env, action, first.observation, &result, NULL) != WANN_OK ||
                wann_env_step(closest.env, action, closest.observation, &result, NULL) != WANN_OK)
                break;
            CHECK(memcmp(first.observation, closest.observation, 14 * sizeof(double)) == 0);
            for (int ray = 14; ray < 24; ray++) {
                CHECK(first.observation[ray] >= closest.observation[ray]);
                farther += first.observation[ray] > closest.observation[ray];
            }
        }
        close_walker(&first);
        close_walker(&closest);
    }
    CHECK(farther > 0);
}

enum { EPISODES = 24 };

static bool same_bits(const biped_episode *a, const biped_episode *b) {
    for (size_t i = 0; i < EPISODES; i++)
        if (a[i].digest != b[i].digest || a[i].taken != b[i].taken)
            return false;
    return true;
}

/* 1, 2 and 4 threads share the episodes out differently, so worlds are used again after different
 * episodes as well. */
static void test_same_bits_in_any_thread(void) {
    for (size_t i = 0; i < 3; i++) {
        biped_episode one[EPISODES], two[EPISODES], four[EPISODES];
        for (size_t k = 0; k < EPISODES; k++)
            one[k] = two[k] = four[k] = (biped_episode){.seed = k * 11, .steps = 300};
        CHECK(biped_run(tasks[i], NULL, one, EPISODES, 1));
        CHECK(biped_run(tasks[i], NULL, two, EPISODES, 2));
        CHECK(biped_run(tasks[i], NULL, four, EPISODES, 4));
        CHECK(same_bits(one, two));
        CHECK(same_bits(one, four));
        CHECK(one[0].digest != one[1].digest);
    }
}

static size_t count_color(const unsigned char *rgb, size_t pixels, unsigned color) {
    size_t n = 0;
    for (size_t i = 0; i < pixels; i++)
        n += rgb[3 * i] == color >> 16 && rgb[3 * i + 1] == (color >> 8 & 255) &&
             rgb[3 * i + 2] == (color & 255);
    return n;
}

/* Sky above, soil below, a hull of some 64 x 15 pixels; the same at any size and shape. */
static void test_picture(void) {
    static const uint32_t sizes[][2] = {{600, 400}, {301, 200}, {900, 300}, {64, 64}};
    fixture f = open_walker("biped", NULL, 4);
    for (size_t i = 0; i < 4; i++) {
        const uint32_t w = sizes[i][0], h = sizes[i][1];
        unsigned char *rgb = calloc(w * h, 3);
        wann_diag diag = {0};
        CHECK_MSG(wann_env_render(f.env, w, h, rgb, &diag) == WANN_OK, "%s", diag.text);
        const double unit = (double)h / 400 * h / 400;
        CHECK(count_color(rgb, w * h, 0xe6e9ff) > w * h / 2);
        CHECK(count_color(rgb, w * h, 0x66994d) > w * h / 8);
        const double hull = (double)count_color(rgb, w * h, 0x8066e6) / unit;
        CHECK_MSG(hull > 200 && hull < 1000, "%ux%u: %g", w, h, hull);
        CHECK(memcmp(rgb + 3 * (w * (h - 1)), "\x66\x99\x4d", 3) == 0 || w == 900);
        free(rgb);
    }
    close_walker(&f);
}

int main(void) {
    RUN(test_terrain);
    RUN(test_obstacles);
    RUN(test_first_observation);
    RUN(test_fall);
    RUN(test_cost_of_torque);
    RUN(test_wild_actions);
    RUN(test_actions_that_are_no_numbers);
    RUN(test_options);
    RUN(test_lidar);
    RUN(test_same_bits_in_any_thread);
    RUN(test_picture);
    return TEST_RESULT();
}
