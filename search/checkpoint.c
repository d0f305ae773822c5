/* Checkpoints: a header, everything that changes while a run goes on, and a checksum over both. One
 * walk serves writing and reading, so that the two cannot drift apart. */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/file.h"
#include "runtime/base/text.h"
#include "search/run.h"

static const char MAGIC[] = "wann-checkpoint\n";
enum { FORMAT_VERSION = 2, MAGIC_SIZE = sizeof MAGIC - 1 };

typedef struct codec {
    bool reading;
    bool bad;     /* what is read is cut short or makes no sense, or memory ran out */
    bool starved; /* it is memory */
    wn_buf out;
    const unsigned char *in;
    size_t size;
    size_t at;
} codec;

/* The n low bytes of a number, least first. */
static void code(codec *c, uint64_t *value, size_t n) {
    if (c->reading) {
        c->bad |= c->size - c->at < n;
        *value = 0;
        for (size_t i = 0; i < n && !c->bad; i++)
            *value |= (uint64_t)c->in[c->at++] << (8 * i);
        return;
    }
    char bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(*value >> (8 * i) & 0xff);
    wn_buf_bytes(&c->out, bytes, n);
}

static void code_u64(codec *c, uint64_t *value) {
    code(c, value, 8);
}

static void code_u32(codec *c, uint32_t *value) {
    uint64_t wide = *value;
    code(c, &wide, 4);
    *value = (uint32_t)wide;
}

static void code_u8(codec *c, uint8_t *value) {
    uint64_t wide = *value;
    code(c, &wide, 1);
    *value = (uint8_t)wide;
}

static void code_double(codec *c, double *value) {
    uint64_t bits;
    memcpy(&bits, value, sizeof bits);
    code(c, &bits, 8);
    memcpy(value, &bits, sizeof bits);
}

/* A count of things that take at least `each` bytes: what is read cannot ask for more memory than
 * the file is long. */
static void code_count(codec *c, uint32_t *value, size_t each) {
    code_u32(c, value);
    if (c->reading && (c->bad || *value > (c->size - c->at) / each)) {
        c->bad = true;
        *value = 0;
    }
}

/* What is read must not be what no run has, such as numbers that ranking cannot bear. */
static void refuse_unless(codec *c, bool good) {
    c->bad |= c->reading && !good;
}

/* Memory that was to be filled is not there. */
static void need(codec *c, const void *memory) {
    c->starved |= !memory;
    c->bad |= !memory;
}

static wn_genome *empty_genome(wn_shape shape, bool weighted, uint32_t links, uint32_t hidden) {
    wn_genome *initial = wn_genome_new(shape, weighted);
    wn_genome *genome = initial ? wn_genome_grow(initial, links, hidden) : NULL;
    wn_free(initial);
    return genome;
}

static void code_genome(codec *c, const wn_evolution *e, wn_genome **genome) {
    uint32_t links = c->reading ? 0 : (*genome)->n_links;
    uint32_t hidden = c->reading ? 0 : (*genome)->n_hidden;
    code_count(c, &links, 13);
    code_count(c, &hidden, 8);
    if (c->bad)
        return;
    if (c->reading) {
        *genome = empty_genome(e->shape, WN_HYPER(&e->hyper, algorithm) == WN_NEAT, links, hidden);
        need(c, *genome);
    }
    if (c->bad)
        return;
    for (uint32_t l = 0; l < links; l++) {
        code_u32(c, &(*genome)->link[l].innovation);
        code_u32(c, &(*genome)->link[l].source);
        code_u32(c, &(*genome)->link[l].target);
    }
    for (uint32_t h = 0; h < hidden; h++) {
        code_u32(c, &(*genome)->hidden[h].id);
        code_u32(c, &(*genome)->hidden[h].activation);
    }
    for (uint32_t k = 0; k < wn_genome_conns(*genome); k++) {
        code_u8(c, &(*genome)->enabled[k]);
        if ((*genome)->weight)
            code_double(c, &(*genome)->weight[k]);
    }
    if (!c->reading || c->bad)
        return;
    const wann_status status = wn_genome_verify(*genome, NULL);
    c->starved |= status == WANN_NO_MEMORY;
    c->bad |= status != WANN_OK;
}

static void code_individual(codec *c, const wn_evolution *e, wn_individual *one) {
    code_genome(c, e, &one->genome);
    code_u32(c, &one->born);
    code_u32(c, &one->species);
    code_u32(c, &one->rounds);
    code_double(c, &one->fitness);
    code_double(c, &one->peak);
    refuse_unless(c, isfinite(one->fitness) && isfinite(one->peak) &&
                         one->rounds <= WN_HYPER(&e->hyper, alg_nReps));
    if (!c->reading || c->bad)
        return;
    one->phenotype = wn_express(one->genome, wn_evolution_expression(e), &one->connections);
    need(c, one->phenotype);
}

static void code_species(codec *c, wn_evolution *e) {
    code_count(c, &e->n_species, 1);
    if (c->reading && e->n_species > 2 * (uint64_t)e->n) {
        c->bad = true;
        e->n_species = 0;
    }
    for (uint32_t s = 0; s < e->n_species; s++) {
        code_genome(c, e, &e->species[s].seed);
        code_double(c, &e->species[s].best);
        code_u32(c, &e->species[s].stagnant);
        code_u32(c, &e->species[s].offspring);
    }
    code_double(c, &e->threshold);
}

static void code_champion(codec *c, const wn_evolution *e, wn_champion *champion) {
    uint8_t there = champion->genome != NULL;
    code_u8(c, &there);
    if (c->bad || !there)
        return;
    code_genome(c, e, &champion->genome);
    code_u64(c, &champion->hash);
    code_u32(c, &champion->connections);
    code_u32(c, &champion->generation);
    code_double(c, &champion->fitness);
    code_double(c, &champion->peak);
    code_double(c, &champion->weight);
    code_u64(c, &champion->episodes);
    refuse_unless(c, isfinite(champion->fitness) && isfinite(champion->peak) &&
                         isfinite(champion->weight));
}

/* Numbers that the next mutations get are larger than all that are there, and do not run out soon.
 */
static bool numbers_are_new(const wn_evolution *e) {
    const uint32_t most = UINT32_MAX / 2;
    bool good = e->innovation.conn >= wn_initial(e->shape) && e->innovation.conn < most &&
                e->innovation.node >= wn_first_hidden(e->shape) && e->innovation.node < most;
    for (uint32_t i = 0; i < e->n; i++) {
        const wn_genome *g = e->population[i].genome;
        good &= g->n_links == 0 || g->link[g->n_links - 1].innovation < e->innovation.conn;
        good &= g->n_hidden == 0 || g->hidden[g->n_hidden - 1].id < e->innovation.node;
    }
    return good;
}

static void code_lineage(codec *c, wn_lineage *lineage) {
    wn_evolution *e = &lineage->evolution;
    code_u64(c, &e->seed);
    uint8_t told = e->told;
    code_u32(c, &e->generation);
    code_u8(c, &told);
    e->told = told != 0;
    code_u32(c, &e->innovation.conn);
    code_u32(c, &e->innovation.node);
    for (uint32_t i = 0; i < e->n && !c->bad; i++)
        code_individual(c, e, &e->population[i]);
    refuse_unless(c, c->bad || numbers_are_new(e));
    code_species(c, e);
    code_champion(c, e, &lineage->champion);
}

/* An evolution without anybody, for individuals to be read into. */
static bool prepare_evolution(const wn_run *run, wn_evolution *e) {
    const wann_env_type *type = wann_task_type(run->task);
    *e = (wn_evolution){.hyper = run->identity.hyper,
                        .shape = {(uint32_t)type->observations, (uint32_t)type->actions},
                        .pool = run->pool,
                        .n = WN_HYPER_COUNT(&run->identity.hyper, popSize)};
    e->variation = wn_variation_of(&e->hyper, type->hidden_activations);
    e->population = wn_calloc(e->n, sizeof *e->population);
    e->species = wn_calloc(2 * (size_t)e->n + 1, sizeof *e->species);
    return e->population && e->species;
}

static void code_starts(codec *c, wn_run *run) {
    code_count(c, &run->n_starts, 1);
    if (c->reading) {
        run->start = wn_calloc((size_t)run->n_starts + 1, sizeof *run->start);
        need(c, run->start);
    }
    for (uint32_t s = 0; s < run->n_starts && !c->bad; s++) {
        if (c->reading) {
            run->start[s] = wn_calloc(1, sizeof *run->start[s]);
            need(c, run->start[s]);
            if (!c->bad && !prepare_evolution(run, &run->start[s]->lineage.evolution))
                need(c, NULL);
        }
        if (c->bad)
            return;
        code_u32(c, &run->start[s]->number);
        code_lineage(c, &run->start[s]->lineage);
    }
}

static void code_run(codec *c, wn_run *run, double *seconds) {
    code_double(c, seconds);
    refuse_unless(c, *seconds >= 0 && *seconds < 1e12);
    code_u64(c, &run->log_bytes);
    code_u64(c, &run->fronts_bytes);
    code_u64(c, &run->generations);
    code_u64(c, &run->assessor.evaluations);
    code_u64(c, &run->assessor.repeats);
    code_u64(c, &run->assessor.effort.steps);
    code_u64(c, &run->assessor.effort.slots);
    code_u32(c, &run->course.stage);
    code_u32(c, &run->course.position);
    code_u32(c, &run->course.begun);
    code_starts(c, run);
    code_u32(c, &run->retired_start);
    if (!c->bad && run->n_starts > 0)
        code_champion(c, &run->start[0]->lineage.evolution, &run->retired);
    for (int t = 0; t < WN_TARGETS && !c->bad && run->n_starts > 0; t++) {
        code_u32(c, &run->targets.start[t]);
        code_champion(c, &run->start[0]->lineage.evolution, &run->targets.best[t]);
    }
}

void wn_checkpoint_encode(const wn_run *run, double seconds, wn_buf *out) {
    codec c = {.reading = false};
    uint64_t version = FORMAT_VERSION;
    uint64_t digest = wn_identity_digest(&run->identity, run->budget);
    wn_buf_bytes(&c.out, MAGIC, MAGIC_SIZE);
    code(&c, &version, 4);
    code_u64(&c, &digest);
    wn_run *self = (wn_run *)run; /* the walk changes nothing when it writes */
    code_run(&c, self, &seconds);
    uint64_t checksum = wn_hash(c.out.data, c.out.length);
    code_u64(&c, &checksum);
    *out = c.out;
}

wann_status wn_checkpoint_write(const wn_run *run, double seconds, wann_diag *diag) {
    wn_buf out;
    wn_checkpoint_encode(run, seconds, &out);
    char *path = wn_folder_path(run, "checkpoint");
    const wann_status status = out.failed || !path
                                   ? wn_fail_memory(diag)
                                   : wn_file_write(path, out.data, out.length, 0666, diag);
    wn_buf_free(&out);
    wn_free(path);
    return status;
}

/* Version, run and checksum, in this order: the first that is wrong is the most telling. */
static wann_status check_header(codec *c, const wn_run *run, const char *path, wann_diag *diag) {
    uint64_t version = 0, digest = 0, checksum = 0;
    if (c->size < MAGIC_SIZE + 20 || memcmp(c->in, MAGIC, MAGIC_SIZE) != 0)
        return wn_fail(diag, WANN_INPUT, path, 0, 0, "this is no checkpoint of a search");
    c->at = MAGIC_SIZE;
    code(c, &version, 4);
    if (version != FORMAT_VERSION)
        return wn_fail(diag, WANN_INPUT, path, 0, 0,
                       "the checkpoint has version %u; this program reads version %d",
                       (unsigned)version, FORMAT_VERSION);
    c->at = c->size - 8;
    code_u64(c, &checksum);
    c->size -= 8;
    if (checksum != wn_hash(c->in, c->size))
        return wn_fail(diag, WANN_INPUT, path, 0, 0,
                       "the checkpoint is damaged: its checksum is not that of its contents");
    c->at = MAGIC_SIZE + 4;
    code_u64(c, &digest);
    if (digest != wn_identity_digest(&run->identity, run->budget))
        return wn_fail(diag, WANN_INPUT, path, 0, 0,
                       "the checkpoint is of another run than run.json beside it");
    return WANN_OK;
}

wann_status wn_checkpoint_decode(wn_run *run, const char *path, const char *data, size_t size,
                                 wann_diag *diag) {
    codec c = {.reading = true, .in = (const unsigned char *)data, .size = size};
    WN_TRY(check_header(&c, run, path, diag));
    code_run(&c, run, &run->seconds_before);
    if (!c.bad && c.at == c.size && wn_course_valid(run))
        return WANN_OK;
    if (c.starved)
        return wn_fail_memory(diag);
    return wn_fail(diag, WANN_INPUT, path, 0, 0, "the checkpoint makes no sense");
}

wann_status wn_checkpoint_read(wn_run *run, bool *saved, wann_diag *diag) {
    char *path = wn_folder_path(run, "checkpoint"), *data = NULL;
    size_t size = 0;
    if (!path)
        return wn_fail_memory(diag);
    *saved = access(path, F_OK) == 0 || errno != ENOENT;
    wann_status status = *saved ? wn_file_read(path, &data, &size, diag) : WANN_OK;
    if (status == WANN_OK && *saved)
        status = wn_checkpoint_decode(run, path, data, size, diag);
    wn_free(data);
    wn_free(path);
    return status;
}
