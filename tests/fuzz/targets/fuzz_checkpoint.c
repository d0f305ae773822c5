/* Any bytes as the checkpoint of a run: refused with a reason, or a run that goes on. What tells a
 * damaged file from a whole one (digest, checksum) is put right first, or nothing else would be
 * tried. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "search/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer reports whatever stops the program; which check it was is told here. */
#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { DIGEST = 20, BODY = 28, KINDS = 3 };

/* The runs that it may be of: as by `wann search swingup_hard --population 4`, and with --algorithm
 * neat, and with --budget 10s. */
static wn_run runs[KINDS];

static void prepare(void) {
    static char name[] = "swingup_hard";
    static char *no_options[] = {NULL};
    wn_pool *pool;
    wann_task *task;
    wn_evaluator *evaluator;
    must(wn_pool_create(1, &pool, NULL) == WANN_OK);
    must(wann_task_open(name, NULL, &task, NULL) == WANN_OK);
    must(wn_evaluator_create(task, pool, NULL, &evaluator, NULL) == WANN_OK);
    for (int k = 0; k < KINDS; k++) {
        wn_hyper hyper = wn_hyper_defaults(k == 1 ? WN_NEAT : WN_WANN);
        must(wn_hyper_assign(&hyper, "popSize=4", NULL) == WANN_OK);
        runs[k] = (wn_run){.identity = {.task = name, .options = no_options, .hyper = hyper},
                           .budget = k == 2 ? 10 : 0,
                           .lock = -1,
                           .task = task,
                           .pool = pool,
                           .evaluator = evaluator,
                           .assessor = {.evaluator = evaluator}};
    }
}

static void put_u64(char *to, uint64_t value) {
    for (int i = 0; i < 8; i++)
        to[i] = (char)(value >> (8 * i) & 0xff);
}

static void free_champion(wn_champion *champion) {
    wn_free(champion->genome);
}

static void release(wn_run *run) {
    for (uint32_t s = 0; run->start && s < run->n_starts; s++)
        if (run->start[s]) {
            wn_lineage_free(&run->start[s]->lineage);
            wn_free(run->start[s]);
        }
    wn_free(run->start);
    free_champion(&run->retired);
    wn_targets_free(&run->targets);
}

/* What a run does after it was read. */
static void use(wn_run *run) {
    wann_net *net;
    wn_start *next;
    wn_buf out;
    must(wn_run_champion(run, &net, NULL) == WANN_OK);
    wann_net_destroy(net);
    wn_checkpoint_encode(run, run->seconds_before, &out);
    must(!out.failed);
    wn_buf_free(&out);
    must(wn_course_next(run, run->seconds_before, &next, NULL) == WANN_OK);
    for (uint32_t s = 0; s < run->n_starts; s++) {
        wn_evolution *e = &run->start[s]->lineage.evolution;
        if (e->told)
            must(wn_evolution_breed(e, NULL) == WANN_OK);
        for (uint32_t i = 0; i < e->n; i++)
            must(wn_genome_verify(e->population[i].genome, NULL) == WANN_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!runs[0].task)
        prepare();
    if (size < BODY + 8)
        return 0;
    wn_run run = runs[data[DIGEST] % KINDS];
    char *text = wn_alloc(size);
    must(text != NULL);
    memcpy(text, data, size);
    put_u64(text + DIGEST, wn_identity_digest(&run.identity, run.budget));
    put_u64(text + size - 8, wn_hash(text, size - 8));
    wann_diag diag = {0};
    if (wn_checkpoint_decode(&run, "fuzz", text, size, &diag) == WANN_OK)
        use(&run);
    else
        must(diag.text[0] != '\0');
    release(&run);
    wn_free(text);
    return 0;
}
