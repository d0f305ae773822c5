/* Code that is made in this process and given back leaves memory where it was, whichever of two
 * networks it is of, and whether it was compiled or found in the cache.
 *
 * WANN_JIT_CYCLES sets how many times; 100,000 take some minutes. Linux says how much memory there
 * is. */
#include <stdbool.h>
#include <unistd.h>

#include "support/test.h"
#include "wann/compile.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const long room = 1L << 30; /* sanitizers keep what was given back; they look for leaks */
#else
static const long room = 1024;
#endif

enum { CYCLES = 400, SETTLED = 100 /* cycles after which nothing more is to be got */ };

/* Resident memory in KiB; 0: this system does not say. */
static long resident(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    long total, pages = 0;
    if (file && fscanf(file, "%ld %ld", &total, &pages) != 2)
        pages = 0;
    if (file)
        fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static wann_net *read_network(const char *activation) {
    char text[600];
    wann_net *net = NULL;
    wann_diag diag = {0};
    const int length = snprintf(
        text, sizeof text,
        "{\"format\":\"wann-network\",\"version\":1,\"inputs\":[\"a\"],\"outputs\":[\"b\"],"
        "\"nodes\":["
        "{\"id\":0,\"type\":\"bias\"},{\"id\":1,\"type\":\"input\"},"
        "{\"id\":2,\"type\":\"hidden\",\"activation\":\"%s\"},"
        "{\"id\":3,\"type\":\"output\",\"activation\":\"linear\"}],"
        "\"connections\":[{\"from\":1,\"to\":2},{\"from\":0,\"to\":2},{\"from\":2,\"to\":3}]}",
        activation);
    CHECK_MSG(wann_net_read_memory(text, (size_t)length, "small.json", NULL, &net, NULL, &diag) ==
                  WANN_OK,
              "%s", diag.text);
    return net;
}

/* Compile, run, find the same again, give both back. */
static bool cycle(const wann_net *net, float expected) {
    wann_compile_options options = wann_compile_defaults();
    wann_policy *policy = NULL, *again = NULL;
    wann_diag diag = {0};
    const float in = 0.5f;
    float out = -1;
    CHECK_MSG(wann_jit_compile(net, &options, WANN_EFFORT_FAST, &policy, &diag) == WANN_OK, "%s",
              diag.text);
    CHECK(wann_jit_compile(net, &options, WANN_EFFORT_FAST, &again, NULL) == WANN_OK);
    if (policy)
        wann_policy_get(policy)->run_f32(&in, 1, &out);
    wann_policy_destroy(policy);
    wann_policy_destroy(again);
    return out == expected;
}

static void memory_stays(void) {
    const char *wish = getenv("WANN_JIT_CYCLES");
    const long cycles = wish ? strtol(wish, NULL, 10) : CYCLES;
    wann_net *abs = read_network("abs"), *squared = read_network("squared");
    long before = 0, wrong = 0;
    for (long i = 0; abs && squared && i < cycles && wrong == 0; i++) {
        if (i == SETTLED)
            before = resident();
        wrong += !(i % 2 ? cycle(abs, 1.5f) : cycle(squared, 2.25f));
    }
    const long after = resident();
    CHECK(wrong == 0);
    CHECK_MSG(after - before <= room, "after %d cycles %ld KiB, after %ld cycles %ld KiB", SETTLED,
              before, cycles, after);
    printf("     after %d cycles %ld KiB, after %ld cycles %ld KiB\n", SETTLED, before, cycles,
           after);
    wann_net_destroy(abs);
    wann_net_destroy(squared);
}

int main(void) {
    if (resident() == 0) {
        puts("skipped: this system does not say how much memory a process has");
        return TEST_SKIP;
    }
    RUN(memory_stays);
    return TEST_RESULT();
}
