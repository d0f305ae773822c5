/* Signals, and the processes of mpirun. */
#define _GNU_SOURCE
#include "search/cli/long_run.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/cli/cli.h"

volatile sig_atomic_t wn_long_run_stop;

/* The first signal stops the run cleanly, the second at once. */
static void on_signal(int number) {
    if (wn_long_run_stop)
        signal(number, SIG_DFL);
    __atomic_store_n(&wn_long_run_stop, number, __ATOMIC_RELAXED); /* threads read it */
}

static void watch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int wn_long_run(int argc, char **argv, int (*command)(int argc, char **argv, wann_ranks *ranks)) {
    wann_ranks *ranks;
    wann_diag diag = {0};
    if (wann_ranks_join(&ranks, &diag) != WANN_OK)
        return wn_cli_fail(&diag, NULL);
    watch_signals();
    int code = WN_EXIT_OK;
    if (wann_ranks_rank(ranks) == 0)
        code = command(argc, argv, ranks);
    else if (wann_ranks_serve(ranks, &wn_long_run_stop, &diag) != WANN_OK)
        code = WN_EXIT_FAILURE;
    wann_ranks_leave(ranks);
    return code;
}

size_t wn_long_run_processors(const wann_ranks *ranks) {
    cpu_set_t set;
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    const int allowed = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
    const char *text = ranks ? getenv("OMPI_COMM_WORLD_LOCAL_SIZE") : NULL;
    const unsigned long here = text ? strtoul(text, NULL, 10) : wann_ranks_count(ranks);
    const size_t share = online > 0 && here > 0 ? (size_t)online / here : 1;
    const size_t most = allowed > 0 && (size_t)allowed < share ? (size_t)allowed : share;
    return most > 0 ? most : 1;
}
