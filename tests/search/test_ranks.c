/* Work shared out among processes, without MPI: children of this one and a socket to each. The same
 * bits as alone; failures, deaths and stops of any process end in a clean answer. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "search/evaluate.h"
#include "search/evolution.h"
#include "search/ranks.h"
#include "search/transport.h"
#include "support/failing.h"
#include "support/test.h"

/* ---- a transport by sockets ---- */

enum { MOST = 6 };

static struct {
    uint32_t rank, n;
    int socket[MOST]; /* rank 0: one to each; the others: [0] */
    pid_t child[MOST];
} net;

static bool write_all(int fd, const void *bytes, size_t size) {
    for (const char *at = bytes; size > 0;) {
        const ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static int socket_join(void **self, uint32_t *rank, uint32_t *ranks, wn_transport_error *error) {
    (void)error;
    *self = &net;
    *rank = net.rank;
    *ranks = net.n;
    return 0;
}

static int socket_send(void *self, uint32_t to, const void *bytes, size_t size, wn_request *request,
                       wn_transport_error *error) {
    (void)self, (void)request, (void)error;
    /* To the dead as well: that they are is for `dead` to say. */
    if (write_all(net.socket[to], &size, sizeof size))
        write_all(net.socket[to], bytes, size);
    return 0;
}

static int socket_sent(void *self, wn_request *request, int *done, wn_transport_error *error) {
    (void)self, (void)request, (void)error;
    *done = 1;
    return 0;
}

static int socket_next(void *self, uint32_t *from, size_t *size, int *there,
                       wn_transport_error *error) {
    (void)self, (void)error;
    *there = 0;
    for (uint32_t r = net.rank == 0; r < net.n && !*there; r++)
        if (net.socket[r] >= 0 &&
            recv(net.socket[r], size, sizeof *size, MSG_DONTWAIT | MSG_PEEK) == sizeof *size) {
            recv(net.socket[r], size, sizeof *size, MSG_WAITALL);
            *from = r;
            *there = 1;
        }
    return 0;
}

static int socket_receive(void *self, uint32_t from, void *bytes, size_t size,
                          wn_transport_error *error) {
    (void)self;
    if (recv(net.socket[from], bytes, size, MSG_WAITALL) == (ssize_t)size)
        return 0;
    snprintf(error->text, sizeof error->text, "half a message");
    return 1;
}

static int socket_dead(void *self, uint32_t rank) {
    char byte;
    (void)self;
    return net.socket[rank] >= 0 && recv(net.socket[rank], &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

static void socket_leave(void *self, int clean) {
    (void)self, (void)clean;
}

static const wn_transport_type sockets = {.version = WN_TRANSPORT_VERSION,
                                          .size = sizeof(wn_transport_type),
                                          .name = "sockets",
                                          .join = socket_join,
                                          .send = socket_send,
                                          .sent = socket_sent,
                                          .next = socket_next,
                                          .receive = socket_receive,
                                          .dead = socket_dead,
                                          .leave = socket_leave};

/* A child: works for rank 0 until that leaves. */
static void serve(uint32_t rank, uint32_t n, int fd) {
    wann_ranks *ranks;
    char number[16];
    snprintf(number, sizeof number, "%u", rank);
    setenv("OMPI_COMM_WORLD_RANK", number, 1);
    net.rank = rank;
    net.n = n;
    for (uint32_t r = 0; r < MOST; r++)
        net.socket[r] = -1;
    net.socket[0] = fd;
    if (wn_ranks_join_by(&sockets, &ranks, NULL) != WANN_OK)
        _exit(1);
    const wann_status status = wann_ranks_serve(ranks, NULL, NULL);
    wann_ranks_leave(ranks);
    _exit(status == WANN_OK ? 0 : 1);
}

static wann_ranks *gather(uint32_t n) {
    wann_ranks *ranks = NULL;
    net.rank = 0;
    net.n = n;
    net.socket[0] = -1;
    fflush(NULL);
    for (uint32_t r = 1; r < n; r++) {
        int pair[2];
        CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
        net.child[r] = fork();
        if (net.child[r] == 0) {
            for (uint32_t other = 1; other < r; other++)
                close(net.socket[other]);
            close(pair[0]);
            serve(r, n, pair[1]);
        }
        close(pair[1]);
        net.socket[r] = pair[0];
    }
    CHECK(wn_ranks_join_by(&sockets, &ranks, NULL) == WANN_OK);
    CHECK(wann_ranks_count(ranks) == n && wann_ranks_rank(ranks) == 0);
    return ranks;
}

/* Leave; how many children ended as they should. */
static uint32_t scatter(wann_ranks *ranks) {
    uint32_t well = 0;
    wann_ranks_leave(ranks);
    for (uint32_t r = 1; r < net.n; r++) {
        int status = 0;
        close(net.socket[r]);
        waitpid(net.child[r], &status, 0);
        well += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return well;
}

/* ---- trials ---- */

enum { POPULATION = 30, WEIGHTS = 6, REWARDS = POPULATION * WEIGHTS };

static const double weights[WEIGHTS] = {-2, -1, -0.5, 0.5, 1, 2};
static const uint64_t seeds[] = {11, 12, 13};
static wn_evolution evolution;
static const wn_phenotype *nets[POPULATION];

/* A population that has grown for some generations, by chance alone. */
static void make_population(const wann_task *task, wn_algorithm algorithm) {
    const wann_env_type *type = wann_task_type(task);
    const wn_shape shape = {(uint32_t)type->observations, (uint32_t)type->actions};
    wn_hyper hyper = wn_hyper_defaults(algorithm);
    wn_pool *pool;
    wann_diag diag = {0};
    CHECK(wn_pool_create(1, &pool, NULL) == WANN_OK);
    CHECK(wn_hyper_assign(&hyper, "popSize=30", &diag) == WANN_OK);
    CHECK(wn_hyper_assign(&hyper, "prob_initEnable=0.7", &diag) == WANN_OK);
    evolution = (wn_evolution){0};
    CHECK(wn_evolution_begin(&evolution, &hyper, shape, 0, 7, pool, &diag) == WANN_OK);
    wn_rng rng = wn_rng_stream(5, 5, 5, 5);
    for (int g = 0; g < 30; g++) {
        double reward[POPULATION];
        for (int i = 0; i < POPULATION; i++)
            reward[i] = wn_rng_normal(&rng) + evolution.population[i].connections;
        wn_evolution_tell(&evolution, reward, 1);
        CHECK(wn_evolution_breed(&evolution, &diag) == WANN_OK);
    }
    for (int i = 0; i < POPULATION; i++)
        nets[i] = evolution.population[i].phenotype;
    wn_pool_destroy(pool);
}

static wn_trial trial_of(wn_algorithm algorithm) {
    return (wn_trial){.net = nets,
                      .n = POPULATION,
                      .weight = weights,
                      .n_weights = algorithm == WN_NEAT ? 0 : WEIGHTS,
                      .seed = seeds,
                      .n_seeds = 3,
                      .steps = 40,
                      .batch = 50};
}

/* What a process needs to evaluate. */
typedef struct bench {
    wann_task *task;
    wn_pool *pool;
    wn_evaluator *evaluator;
} bench;

static bench open_bench(const char *task, const char *const *options, size_t threads) {
    bench b = {0};
    wann_diag diag = {0};
    CHECK_MSG(wann_task_open(task, options, &b.task, &diag) == WANN_OK, "%s", diag.text);
    CHECK(wn_pool_create(threads, &b.pool, NULL) == WANN_OK);
    CHECK_MSG(wn_evaluator_create(b.task, b.pool, NULL, &b.evaluator, &diag) == WANN_OK, "%s",
              diag.text);
    return b;
}

static void close_bench(bench *b) {
    wn_evaluator_destroy(b->evaluator);
    wn_pool_destroy(b->pool);
    wann_task_close(b->task);
}

/* The path of a file that the test is given. */
static const char *path_of(const char *variable, const char *file) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", getenv(variable) ? getenv(variable) : ".", file);
    return path;
}

static void same_bits(const char *task, wn_algorithm algorithm, uint32_t n, size_t threads) {
    static double alone[REWARDS], shared[REWARDS];
    wn_effort before = {0}, after = {0};
    wann_diag diag = {0};
    int done = 0;
    wann_ranks *ranks = gather(n); /* before there are threads */
    bench b = open_bench(task, NULL, threads);
    make_population(b.task, algorithm);
    wn_trial trial = trial_of(algorithm);
    for (size_t few = 0; few < 3; few++) { /* the whole, and the challenger of a champion */
        trial.n = few == 0 ? POPULATION : few;
        CHECK(wn_evaluator_run(b.evaluator, &trial, alone, &before, NULL, &done, &diag) == WANN_OK);
        if (few == 0)
            CHECK_MSG(wn_evaluator_share(b.evaluator, ranks, &diag) == WANN_OK, "%s", diag.text);
        memset(shared, 0, sizeof shared);
        CHECK_MSG(wn_evaluator_run(b.evaluator, &trial, shared, &after, NULL, &done, &diag) ==
                      WANN_OK,
                  "%s", diag.text);
        CHECK(done);
        if (few == 0)
            CHECK(before.steps == after.steps && before.slots == after.slots);
        CHECK_MSG(memcmp(alone, shared, trial.n * wn_trial_rewards(&trial) * sizeof *alone) == 0,
                  "%s: %u ranks, %zu networks", task, n, trial.n);
    }
    wn_evolution_free(&evolution);
    close_bench(&b);
    CHECK(scatter(ranks) == n - 1);
}

static void in_lanes(void) {
    same_bits("swingup_hard", WN_WANN, 2, 1);
    same_bits("swingup_hard", WN_WANN, 5, 2);
    same_bits("swingup_hard", WN_NEAT, 3, 1);
}

static void one_by_one(void) {
    char plugin[4096];
    snprintf(plugin, sizeof plugin, "%s", path_of("WANN_TEST_BIN", "moody_task.so"));
    same_bits(plugin, WN_WANN, 2, 2);
    same_bits(plugin, WN_WANN, 4, 1);
    same_bits(plugin, WN_NEAT, 3, 1);
}

/* Two clouds of points. */
static const char *write_table(void) {
    static char task[64];
    char path[] = "ranks-XXXXXX.csv";
    const int fd = mkstemps(path, 4);
    wn_rng rng = wn_rng_stream(1, 2, 3, 4);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    CHECK(file != NULL);
    for (int i = 0; file && i < 300; i++)
        fprintf(file, "%d,%d,%d,%d\n", (int)(100 * wn_rng_normal(&rng)) + 80 * (i % 3),
                (int)(100 * wn_rng_normal(&rng)), (int)(100 * wn_rng_normal(&rng)) - 50 * (i % 3),
                i % 3);
    if (file)
        fclose(file);
    snprintf(task, sizeof task, "classify:%s", path);
    return task;
}

static void as_one_graph(void) {
    const char *task = write_table();
    same_bits(task, WN_WANN, 2, 1);
    same_bits(task, WN_WANN, 4, 2);
    same_bits(task, WN_NEAT, 3, 1);
    unlink(strchr(task, ':') + 1);
}

/* ---- what may happen ---- */

static double rewards[REWARDS];

/* Rank 1 does as told at its 20th episode. */
static wann_status misbehave(const char *mood, wann_diag *diag, uint32_t *well) {
    const char *const options[] = {mood, "rank=1", "after=20", NULL};
    wann_ranks *ranks = gather(3);
    bench b = open_bench(path_of("WANN_TEST_BIN", "moody_task.so"), options, 1);
    make_population(b.task, WN_WANN);
    const wn_trial trial = trial_of(WN_WANN);
    wn_effort effort = {0};
    int done = 0;
    wann_status status = wn_evaluator_share(b.evaluator, ranks, diag);
    CHECK(status == WANN_OK);
    for (int round = 0; round < 100 && status == WANN_OK; round++)
        status = wn_evaluator_run(b.evaluator, &trial, rewards, &effort, NULL, &done, diag);
    wn_evolution_free(&evolution);
    close_bench(&b);
    *well = scatter(ranks);
    return status;
}

static void failures_come_to_rank_0(void) {
    wann_diag diag = {0};
    uint32_t well;
    CHECK(misbehave("mood=fail", &diag, &well) == WANN_INPUT);
    CHECK_MSG(strstr(diag.text, "does not feel like it") != NULL, "%s", diag.text);
    CHECK(well == 2);
}

static void a_death_is_noticed(void) {
    wann_diag diag = {0};
    uint32_t well;
    CHECK(misbehave("mood=end", &diag, &well) == WANN_TOOL);
    CHECK_TEXT(diag.text, "rank 1 of 3 has died");
    CHECK(misbehave("mood=crash", &diag, &well) == WANN_TOOL);
    CHECK_TEXT(diag.text, "rank 1 of 3 has died");
}

static volatile sig_atomic_t stop;

static void on_alarm(int number) {
    stop = number;
}

/* After a stop the ranks go on with other work, and old answers do no harm. */
static void a_stop_is_seen(void) {
    static double alone[REWARDS];
    const char *const options[] = {"slow=200", NULL};
    wn_effort effort = {0};
    int done = 0;
    wann_ranks *ranks = gather(3);
    bench b = open_bench(path_of("WANN_TEST_BIN", "moody_task.so"), options, 1);
    make_population(b.task, WN_WANN);
    wn_trial trial = trial_of(WN_WANN);
    signal(SIGALRM, on_alarm);
    trial.n = 4;
    CHECK(wn_evaluator_run(b.evaluator, &trial, alone, &effort, NULL, &done, NULL) == WANN_OK);
    CHECK(wn_evaluator_share(b.evaluator, ranks, NULL) == WANN_OK);
    trial.n = POPULATION;
    ualarm(50000, 0);
    CHECK(wn_evaluator_run(b.evaluator, &trial, rewards, &effort, &stop, &done, NULL) == WANN_OK);
    CHECK(!done);
    trial.n = 4;
    CHECK(wn_evaluator_run(b.evaluator, &trial, rewards, &effort, NULL, &done, NULL) == WANN_OK);
    CHECK(done && memcmp(alone, rewards, 4 * WEIGHTS * sizeof *alone) == 0);
    wn_evolution_free(&evolution);
    close_bench(&b);
    CHECK(scatter(ranks) == 2);
}

/* Every allocation at rank 0 fails in turn. */
static void memory_may_run_out(void) {
    wann_diag diag = {0};
    wn_effort effort = {0};
    int done = 0;
    wann_ranks *ranks = gather(3);
    bench b = open_bench("swingup_hard", NULL, 1);
    make_population(b.task, WN_WANN);
    wn_trial trial = trial_of(WN_WANN);
    trial.n = 4;
    CHECK(wn_evaluator_share(b.evaluator, ranks, &diag) == WANN_OK);
    wann_status status = WANN_NO_MEMORY;
    size_t n = 0;
    wann_set_allocator(&test_failing_allocator);
    for (; status != WANN_OK && n < 1000; n++) {
        test_memory.left = n;
        status = wn_evaluator_run(b.evaluator, &trial, rewards, &effort, NULL, &done, &diag);
        CHECK_MSG(status == WANN_OK || status == WANN_NO_MEMORY, "allocation %zu: %s", n,
                  diag.text);
    }
    wann_set_allocator(NULL);
    CHECK(status == WANN_OK && n > 10);
    wn_evolution_free(&evolution);
    close_bench(&b);
    CHECK(scatter(ranks) == 2);
}

int main(void) {
    RUN(in_lanes);
    RUN(one_by_one);
    RUN(as_one_graph);
    RUN(failures_come_to_rank_0);
    RUN(a_death_is_noticed);
    RUN(a_stop_is_seen);
    RUN(memory_may_run_out);
    return TEST_RESULT();
}
