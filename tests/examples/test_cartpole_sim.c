/* The example's cart-pole is the published one: every row of the golden trajectories, one step
 * each from the golden state, because the free-running system is chaotic. */
#include <glob.h>
#include <math.h>

#include "examples/embed/cartpole_sim.h"
#include "runtime/base/text.h"
#include "support/test.h"

/* A line of a trajectory: the state before step t, and what the step got and gave. */
typedef struct row {
    cart_pole state;
    double push;
    double reward;
    bool done;
} row;

/* Fields of a line into field[8]. Returns how many there are before one that is empty. */
static int read_fields(const char *line, double field[8]) {
    int n = 0;
    while (n < 8) {
        const size_t length = wn_parse_double(line, &field[n]);
        if (!length)
            break;
        n++;
        line += length;
        if (*line != ',')
            break;
        line++;
    }
    return n;
}

/* 0: no row; 1: the final state only; 2: a step. */
static int read_row(FILE *f, row *r) {
    char line[512];
    double v[8];
    while (fgets(line, sizeof line, f)) {
        const int n = read_fields(line, v);
        if (n < 5)
            continue; /* a comment or the header */
        r->state = (cart_pole){v[1], v[2], v[3], v[4]};
        if (n < 8)
            return 1;
        r->push = v[5];
        r->reward = v[6];
        r->done = v[7] > 0;
        return 2;
    }
    return 0;
}

static bool close_to(double got, double golden) {
    return fabs(got - golden) <= 1e-12 * fmax(1, fabs(golden));
}

static bool same_state(const cart_pole *got, const cart_pole *golden) {
    return close_to(got->x, golden->x) && close_to(got->x_dot, golden->x_dot) &&
           close_to(got->theta, golden->theta) && close_to(got->theta_dot, golden->theta_dot);
}

/* Steps of a trajectory; the number checked. */
static int check_trajectory(const char *path) {
    FILE *f = fopen(path, "r");
    CHECK_MSG(f != NULL, "%s", path);
    if (!f)
        return 0;
    row now, next;
    int steps = 0;
    int kind = read_row(f, &now);
    while (kind == 2) {
        cart_pole state = now.state;
        const double reward = cart_pole_step(&state, now.push);
        kind = read_row(f, &next);
        CHECK_MSG(kind && same_state(&state, &next.state), "%s: step %d", path, steps);
        CHECK_MSG(close_to(reward, now.reward), "%s: step %d", path, steps);
        steps++;
        const bool done = cart_pole_off_track(&state) || steps == CART_POLE_STEPS;
        CHECK_MSG(done == now.done, "%s: step %d", path, steps);
        now = next;
    }
    fclose(f);
    return steps;
}

static void steps_are_the_published_ones(void) {
    char pattern[4200];
    snprintf(pattern, sizeof pattern, "%s/swingup/traj_*.csv", test_reference_dir());
    glob_t found;
    CHECK(glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc == 8);
    int steps = 0;
    for (size_t i = 0; i < found.gl_pathc; i++)
        steps += check_trajectory(found.gl_pathv[i]);
    CHECK_MSG(steps > 6000, "%d", steps);
    globfree(&found);
}

/* Mean and standard deviation of the random starts. */
static void starts_hang_down(void) {
    enum { N = 10000 };
    double sum[4] = {0};
    double squares[4] = {0};
    for (int seed = 0; seed < N; seed++) {
        const cart_pole s = cart_pole_reset((uint64_t)seed);
        const double v[4] = {s.x, s.x_dot, s.theta - 3.14159265358979323846, s.theta_dot};
        for (int i = 0; i < 4; i++) {
            sum[i] += v[i] / N;
            squares[i] += v[i] * v[i] / N;
        }
    }
    for (int i = 0; i < 4; i++) {
        CHECK(fabs(sum[i]) < 0.01);
        CHECK(fabs(sqrt(squares[i]) - 0.2) < 0.01);
    }
}

static void a_push_that_is_no_number_is_none(void) {
    cart_pole with = cart_pole_reset(3);
    cart_pole without = with;
    CHECK(cart_pole_step(&with, (double)NAN) == cart_pole_step(&without, 0));
    CHECK(same_state(&with, &without));
}

int main(void) {
    RUN(starts_hang_down);
    RUN(a_push_that_is_no_number_is_none);
    if (!test_reference_dir()) {
        printf("skipped: the golden trajectories are missing\n");
        return test_failures ? EXIT_FAILURE : TEST_SKIP;
    }
    RUN(steps_are_the_published_ones);
    return TEST_RESULT();
}
