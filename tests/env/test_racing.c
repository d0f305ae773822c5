/* Car racing: track, car, reward, pictures. */
#include <math.h>
#include <pthread.h>

#include "envs/racing_driver.h"
#include "support/test.h"

static wn_racing *racing;

static void reset(uint64_t seed) {
    wann_env_error error = {0};
    CHECK_MSG(wn_racing_reset(racing, seed, &error) == 0, "%s", error.text);
}

static wann_env_result step(double steer, double gas, double brake) {
    wann_env_result result = {0};
    CHECK(wn_racing_step(racing, (wn_racing_controls){steer, gas, brake}, &result, NULL) == 0);
    return result;
}

static double speed(void) {
    const wn_b2_vec v = wn_b2_body_motion(racing->hull).velocity;
    return hypot((double)v.x, (double)v.y);
}

/* Places are a step apart, all the way round, and the road stays within the field. Curbs are few
 * and only in turns. */
static void test_tracks(void) {
    static wn_racing_track track, again;
    size_t tiles = 0, curbs = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        CHECK(wn_racing_track_make(&track, seed) && wn_racing_track_make(&again, seed));
        CHECK(track.n == again.n &&
              memcmp(track.place, again.place, sizeof *track.place * track.n) == 0);
        CHECK(track.n > 200 && track.n < 450);
        for (size_t i = 0; i < track.n; i++) {
            const wn_racing_place *a = &track.place[i], *b = &track.place[(i + 1) % track.n];
            const double gap = hypot(a->x - b->x, a->y - b->y);
            CHECK_MSG(i + 1 < track.n ? fabs(gap - 3.5) < 1e-9 : gap < 12, "%g", gap);
            CHECK(fabs(a->x) < 250 && fabs(a->y) < 250);
            curbs += track.tile[i].has_curb;
        }
        tiles += track.n;
    }
    CHECK_MSG(tiles > 25000 && tiles < 33000, "%zu", tiles);
    CHECK_MSG(curbs > tiles / 20 && curbs < tiles / 3, "%zu of %zu", curbs, tiles);
    CHECK(wn_racing_track_make(&again, 100) && again.n != track.n);
}

/* A check of the physics: the car can be driven round in time, by who knows the way. */
static void test_driver(void) {
    double mean = 0;
    for (uint64_t seed = 0; seed < 10; seed++) {
        wn_racing_driver driver = {0};
        wann_env_result result;
        double sum = 0;
        size_t steps = 0;
        reset(seed);
        do {
            const wn_racing_controls c = wn_racing_drive(&driver, racing);
            result = step(c.steer, c.gas, c.brake);
            sum += result.reward;
            steps++;
        } while (!result.terminated && !result.truncated);
        CHECK_MSG(sum > 850, "seed %d: %g", (int)seed, sum);
        CHECK(steps <= 1000);
        const double tiles = 1000.0 * (double)racing->n_visited / (double)racing->track.n;
        CHECK(fabs(sum - (tiles - 0.1 * (double)steps)) < 1e-6);
        CHECK(result.terminated == (racing->n_visited == racing->track.n));
        mean += sum / 10;
    }
    CHECK_MSG(mean > 900, "%g", mean);
    printf("     the driver's mean: %.1f\n", mean);
}

/* Who does not move gets the tiles under the wheels at once, then pays for time. */
static void test_standing_still(void) {
    reset(3);
    const size_t under = racing->n_visited;
    CHECK(under >= 1 && under <= 4);
    const double tile = 1000.0 / (double)racing->track.n;
    const double first = step(0, 0, 0).reward;
    CHECK_MSG(fabs(first - ((double)racing->n_visited * tile - 0.1)) < 1e-9, "%g", first);
    wann_env_result result = {0};
    int steps = 1;
    for (; steps < 1000; steps++) {
        CHECK(!result.truncated && !result.terminated);
        result = step(0, 0, 1);
        CHECK(fabs(result.reward + 0.1) < 1e-9);
    }
    CHECK(result.truncated && !result.terminated);
    CHECK(speed() < 0.1);
}

static void test_leaving_the_field(void) {
    reset(1);
    wann_env_result result = {0};
    int steps = 0;
    for (; steps < 1000 && !result.terminated; steps++)
        result = step(0, 0.3, 0); /* more would make the car spin on the grass */
    CHECK_MSG(result.terminated && result.reward == -100 && steps < 900, "%d", steps);
    const wn_b2_vec at = wn_b2_body_motion(racing->hull).position;
    CHECK(fmax(fabs((double)at.x), fabs((double)at.y)) > WN_RACING_FIELD);
}

/* Gas comes in tenths and goes at once; hard brakes block the wheels; a driven wheel turns faster
 * than the road goes by; the car goes where it points. */
static void test_pedals(void) {
    reset(5);
    for (int i = 1; i <= 5; i++) {
        step(0, 0.45, 0);
        CHECK(fabs(racing->wheel[2].gas - fmin(0.1 * i, 0.45)) < 1e-12 &&
              racing->wheel[0].gas == 0);
    }
    for (int i = 0; i < 30; i++)
        step(0, 1, 0);
    CHECK_MSG(speed() > 20 && speed() < 80, "%g", speed());
    CHECK(racing->wheel[2].omega * 0.54 > speed());
    const wn_b2_motion car = wn_b2_body_motion(racing->hull);
    CHECK(cos((double)car.angle) * (double)car.velocity.y -
              sin((double)car.angle) * (double)car.velocity.x >
          0.99 * speed());
    step(0, 0, 0);
    CHECK(racing->wheel[2].gas == 0);
    const double before = speed();
    for (int i = 0; i < 20; i++)
        step(0, 0, 0.95);
    CHECK_MSG(speed() < 0.6 * before, "%g after %g", speed(), before);
    CHECK(fabs(racing->wheel[0].omega) < 30);
}

/* Steering to the right turns the front wheels clockwise, slowly and up to 0.4 rad; rear wheels
 * stay. */
static void test_steering(void) {
    reset(5);
    for (int i = 0; i < 40; i++)
        step(0, 0.2, 0);
    const float start = wn_b2_body_motion(racing->hull).angle;
    step(1, 0.2, 0);
    CHECK(wn_b2_joint_angle(racing->wheel[0].joint) < 0 &&
          wn_b2_joint_angle(racing->wheel[0].joint) > -0.1f);
    for (int i = 0; i < 15; i++)
        step(1, 0.2, 0);
    for (int i = 0; i < 2; i++) {
        const double angle = (double)wn_b2_joint_angle(racing->wheel[i].joint);
        CHECK_MSG(angle < -0.38 && angle > -0.46, "%g", angle);
        CHECK(fabs((double)wn_b2_joint_angle(racing->wheel[i + 2].joint)) < 0.03);
    }
    CHECK(wn_b2_body_motion(racing->hull).angle < start - 0.2f);
}

/* The same pedals give less speed beside the road. */
static void test_grass_is_slippery(void) {
    double fast[2];
    for (int grass = 0; grass < 2; grass++) {
        reset(5);
        for (size_t i = 0; i < WN_RACING_WHEELS && grass; i++)
            racing->wheel[i].tiles = 0;
        step(0, 1, 0);
        for (int i = 0; i < 12; i++) {
            for (size_t k = 0; k < WN_RACING_WHEELS; k++)
                racing->wheel[k].tiles = grass ? 0 : 1;
            step(0, 1, 0);
        }
        fast[grass] = speed();
    }
    CHECK_MSG(fast[1] < 0.8 * fast[0] && fast[1] > 0.4 * fast[0], "%g, %g", fast[0], fast[1]);
}

static void test_controls(void) {
    static const double raw[][3] = {{-3, -2, -1}, {0.5, 0, 0.25}, {9, 9, 9}};
    static const double means[][3] = {{-1, 0, 0}, {0.5, 0.5, 0.25}, {1, 1, 1}};
    for (int i = 0; i < 3; i++) {
        const wn_racing_controls c = wn_racing_controls_of(raw[i]);
        CHECK(c.steer == means[i][0] && c.gas == means[i][1] && c.brake == means[i][2]);
    }
    reset(2);
    for (int i = 0; i < 3; i++) {
        const wn_racing_controls bad = {i == 0 ? (double)NAN : 0, i == 1 ? (double)INFINITY : 0,
                                        i == 2 ? -(double)INFINITY : 0};
        wann_env_result result;
        wann_env_error error = {0};
        CHECK(wn_racing_step(racing, bad, &result, &error) != 0);
        CHECK_TEXT(error.text, "the controls are not finite");
    }
    for (int i = 0; i < 300; i++) /* asserts nothing but that Box2D does not */
        step(i % 7 ? 1e300 : -1e300, i % 5 ? 1e300 : -1, i % 11 ? 0 : 1e300);
    CHECK(isfinite(speed()));
}

enum { EPISODES = 8, STEPS = 150 };

typedef struct share {
    size_t first, stride;
    uint64_t digest[EPISODES];
} share;

static uint64_t mix(uint64_t digest, const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        digest = (digest ^ p[i]) * UINT64_C(0x100000001b3);
    return digest;
}

static void *drive_share(void *arg) {
    share *s = arg;
    static const size_t size = 3 * WN_RACING_VIEW * WN_RACING_VIEW;
    wn_racing *r = wn_racing_create();
    unsigned char *rgb = malloc(size);
    for (size_t e = s->first; e < EPISODES && r && rgb; e += s->stride) {
        wn_racing_driver driver = {0};
        wann_env_result result;
        if (wn_racing_reset(r, e * 7, NULL) != 0)
            break;
        for (int t = 0; t < STEPS; t++) {
            wn_racing_step(r, wn_racing_drive(&driver, r), &result, NULL);
            const wn_b2_motion car = wn_b2_body_motion(r->hull);
            s->digest[e] =
                mix(mix(s->digest[e], &car, sizeof car), &result.reward, sizeof result.reward);
        }
        wn_racing_view(r, rgb);
        s->digest[e] = mix(s->digest[e], rgb, size);
    }
    free(rgb);
    wn_racing_destroy(r);
    return NULL;
}

static void test_same_bits_in_any_thread(void) {
    uint64_t expected[EPISODES] = {0};
    for (size_t n = 1; n <= 4; n *= 2) {
        pthread_t thread[4];
        share shares[4] = {0};
        uint64_t got[EPISODES] = {0};
        for (size_t t = 0; t < n; t++) {
            shares[t] = (share){.first = t, .stride = n};
            CHECK(pthread_create(&thread[t], NULL, drive_share, &shares[t]) == 0);
        }
        for (size_t t = 0; t < n; t++)
            pthread_join(thread[t], NULL);
        for (size_t e = 0; e < EPISODES; e++)
            got[e] = shares[e % n].digest[e];
        if (n == 1)
            memcpy(expected, got, sizeof got);
        CHECK(memcmp(expected, got, sizeof got) == 0);
        CHECK(got[0] != got[1] && got[7] != 0);
    }
}

/* Pixels of one colour, and their mean place. */
typedef struct blob {
    size_t n;
    double x, y;
} blob;

static blob find(const unsigned char *rgb, size_t width, size_t height, unsigned color,
                 unsigned slack) {
    blob b = {0};
    for (size_t i = 0; i < width * height; i++) {
        const int r = rgb[3 * i] - (int)(color >> 16), g = rgb[3 * i + 1] - (int)(color >> 8 & 255),
                  l = rgb[3 * i + 2] - (int)(color & 255);
        if ((unsigned)abs(r) <= slack && (unsigned)abs(g) <= slack && (unsigned)abs(l) <= slack) {
            b.n++;
            b.x += (double)(i % width);
            b.y += (double)(i / width);
        }
    }
    b.x /= (double)b.n;
    b.y /= (double)b.n;
    return b;
}

/* Some seconds into a race: the car is where the original shows it, on the road, among grass of two
 * kinds; no panel in the encoder's view, one in the people's. */
static void test_pictures(void) {
    static unsigned char small[3 * 96 * 96], large[3 * 600 * 400];
    wn_racing_driver driver = {0};
    reset(4);
    for (int t = 0; t < 100 || fabs((double)wn_b2_joint_angle(racing->wheel[0].joint)) < 0.1; t++) {
        const wn_racing_controls c = wn_racing_drive(&driver, racing);
        if (step(c.steer, c.gas, c.brake).terminated)
            break;
    }
    wn_racing_view(racing, small);
    CHECK(wn_racing_picture(racing, 600, 400, large));
    for (int i = 0; i < 2; i++) {
        const unsigned char *rgb = i ? large : small;
        const size_t w = i ? 600 : 96, h = i ? 400 : 96;
        const double area = (double)(w * h);
        const blob car = find(rgb, w, h, 0xcc0000, 8), road = find(rgb, w, h, 0x696969, 8);
        const blob grass = find(rgb, w, h, 0x66cc66, 4), light = find(rgb, w, h, 0x66e666, 4);
        CHECK_MSG(fabs(car.x - 0.5 * (double)w) < 0.02 * (double)w &&
                      fabs(car.y - 0.75 * (double)h) < 0.03 * (double)h,
                  "%g, %g", car.x, car.y);
        CHECK_MSG((double)car.n > 0.0008 * area && (double)car.n < 0.004 * area, "%zu", car.n);
        CHECK((double)road.n > 0.05 * area && (double)road.n < 0.5 * area);
        CHECK(fabs((double)light.n / (double)(light.n + grass.n) - 0.25) < 0.15);
        const blob panel = find(rgb + 3 * (w * h * 7 / 8), w, h / 8, 0x000000, 0);
        CHECK(i ? (double)panel.n > 0.08 * area : panel.n < 10);
    }
    CHECK(find(large + 3 * 600 * 350, 600, 50, 0x00ff00, 8).n +
              find(large + 3 * 600 * 350, 600, 50, 0xff0000, 8).n >
          20);
    CHECK(find(large + 3 * 600 * 350, 600, 50, 0xffffff, 8).n > 100);
}

int main(void) {
    racing = wn_racing_create();
    if (!racing)
        return EXIT_FAILURE;
    RUN(test_tracks);
    RUN(test_driver);
    RUN(test_standing_still);
    RUN(test_leaving_the_field);
    RUN(test_pedals);
    RUN(test_steering);
    RUN(test_grass_is_slippery);
    RUN(test_controls);
    RUN(test_same_bits_in_any_thread);
    RUN(test_pictures);
    wn_racing_destroy(racing);
    return TEST_RESULT();
}
