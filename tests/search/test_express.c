/* Expression against the original's, dead nodes, hashes, and the network that comes of it. */
#include <cjson/cJSON.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/file.h"
#include "runtime/net/net.h"
#include "search/evolution.h"
#include "support/test.h"

static int at(const cJSON *array, int i) {
    return cJSON_GetArrayItem(array, i)->valueint;
}

/* The golden genome as ours: its first genes are the initial ones in the same order. */
static wn_genome *read_genome(const cJSON *one) {
    const wn_shape shape = {(uint32_t)cJSON_GetObjectItem(one, "n_in")->valueint,
                            (uint32_t)cJSON_GetObjectItem(one, "n_out")->valueint};
    const cJSON *node = cJSON_GetObjectItem(one, "node"), *conn = cJSON_GetObjectItem(one, "conn");
    const cJSON *ids = cJSON_GetArrayItem(node, 0), *acts = cJSON_GetArrayItem(node, 2);
    const cJSON *source = cJSON_GetArrayItem(conn, 1), *target = cJSON_GetArrayItem(conn, 2);
    const uint32_t n = (uint32_t)cJSON_GetArraySize(source);
    const uint32_t n_nodes = (uint32_t)cJSON_GetArraySize(ids);
    wn_genome *empty = wn_genome_new(shape, false);
    wn_genome *genome =
        wn_genome_grow(empty, n - wn_initial(shape), n_nodes - wn_first_hidden(shape));
    wn_free(empty);
    uint32_t index[4096] = {0};
    for (uint32_t i = 0; i < n_nodes; i++)
        index[at(ids, (int)i)] = i;
    for (uint32_t h = 0; h < genome->n_hidden; h++) {
        const int i = (int)(wn_first_hidden(shape) + h);
        genome->hidden[h] = (wn_hidden){(uint32_t)at(ids, i), (uint32_t)at(acts, i)};
    }
    for (uint32_t k = 0; k < n; k++) {
        const wn_link link = {(uint32_t)at(cJSON_GetArrayItem(conn, 0), (int)k),
                              index[at(source, (int)k)], index[at(target, (int)k)]};
        genome->enabled[k] = (uint8_t)at(cJSON_GetArrayItem(conn, 4), (int)k);
        if (k >= wn_initial(shape)) {
            genome->link[k - wn_initial(shape)] = link;
            continue;
        }
        const wn_link ours = wn_genome_conn(genome, k);
        CHECK(ours.innovation == link.innovation && ours.source == link.source &&
              ours.target == link.target);
    }
    return genome;
}

static bool connected(const wn_phenotype *p, uint32_t source, uint32_t target) {
    const uint32_t c = target - 1 - p->inputs;
    if (target <= p->inputs)
        return false;
    for (uint32_t k = p->first[c]; k < p->first[c + 1]; k++)
        if (p->source[k] == source)
            return true;
    return false;
}

/* Node by node and entry by entry: null entries are disabled connections, not expressed. */
static void compare_matrix(const cJSON *one, const wn_phenotype *p) {
    const cJSON *entry;
    uint32_t there = 0;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItem(one, "wmat_nonzero")) {
        const bool expected = !cJSON_IsNull(cJSON_GetArrayItem(entry, 2));
        CHECK(connected(p, (uint32_t)at(entry, 0), (uint32_t)at(entry, 1)) == expected);
        there += expected;
    }
    CHECK(there == p->n_conns);
    for (uint32_t c = 0; c < p->computed; c++)
        CHECK(p->activation[c] ==
              at(cJSON_GetObjectItem(one, "act_in_order"), (int)(1 + p->inputs + c)));
}

static void compare_layers(const cJSON *one, const wn_genome *genome) {
    uint32_t *block =
        wn_calloc(2 * genome->n_hidden + wn_genome_order_scratch(genome), sizeof *block);
    uint32_t *layer = block + genome->n_hidden;
    CHECK(wn_genome_order(genome, block, layer, layer + genome->n_hidden));
    const cJSON *order = cJSON_GetObjectItem(one, "order");
    const cJSON *layers = cJSON_GetObjectItem(one, "hidden_layer");
    const uint32_t before = wn_sources(genome->shape), first = wn_first_hidden(genome->shape);
    for (uint32_t h = 0; h < genome->n_hidden; h++) {
        CHECK((int)block[h] == at(order, (int)(before + h)));
        CHECK((int)layer[block[h] - first] == at(layers, (int)h));
    }
    wn_free(block);
}

static void golden(const char *folder) {
    char path[4200], *data;
    size_t size;
    snprintf(path, sizeof path, "%s/express/open.json", folder);
    CHECK(wn_file_read(path, &data, &size, NULL) == WANN_OK);
    cJSON *json = cJSON_Parse(data);
    wn_free(data);
    const cJSON *one;
    int genomes = 0, differing = 0;
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(json, "genomes")) {
        wn_genome *genome = read_genome(one);
        wann_diag diag = {0};
        CHECK_MSG(wn_genome_verify(genome, &diag) == WANN_OK, "%s", diag.text);
        uint32_t released = 0, strict = 0;
        wn_phenotype *p =
            wn_express(genome, (wn_expression){.released = true, .keep_dead = true}, &released);
        wn_phenotype *q = wn_express(genome, (wn_expression){.keep_dead = true}, &strict);
        CHECK((int)released == cJSON_GetObjectItem(one, "n_conn")->valueint);
        CHECK((int)strict == cJSON_GetObjectItem(one, "n_enabled_genes")->valueint);
        CHECK((int)(released - strict) ==
              cJSON_GetObjectItem(one, "resurrected_hidden_hidden")->valueint);
        compare_matrix(one, p);
        compare_layers(one, genome);
        differing += released != strict;
        genomes++;
        wn_free(p);
        wn_free(q);
        wn_free(genome);
    }
    CHECK(genomes == 21 && differing > 5);
    printf("     %d golden genomes\n", genomes);
    cJSON_Delete(json);
}

/* Bias and two inputs, one output; `swap`: the same structure with its genes in another order.
 * Hidden nodes a and b feed the output, dead feeds nothing. */
static wn_genome *small(bool swap) {
    const wn_shape shape = {2, 1};
    wn_genome *empty = wn_genome_new(shape, false);
    wn_genome *genome = wn_genome_grow(empty, 6, 3);
    wn_free(empty);
    const uint32_t a = swap ? 5 : 4, b = swap ? 4 : 5, dead = 6;
    const wn_link link[6] = {{3, 1, a}, {4, 2, b}, {5, a, 3}, {6, b, 3}, {7, a, dead}, {8, 1, b}};
    memcpy(genome->link, link, sizeof link);
    for (uint32_t h = 0; h < 3; h++)
        genome->hidden[h].id = 4 + h;
    genome->hidden[a - 4].activation = WANN_ACT_TANH;
    genome->hidden[b - 4].activation = WANN_ACT_SIN;
    genome->hidden[2].activation = WANN_ACT_ABS;
    memset(genome->enabled, 1, wn_genome_conns(genome));
    genome->enabled[0] = 0;
    return genome;
}

static void dead_nodes_go(void) {
    wn_genome *genome = small(false);
    uint32_t connections;
    wn_phenotype *p = wn_express(genome, (wn_expression){0}, &connections);
    CHECK(connections == 8 && p->n_conns == 7 && p->computed == 3);
    CHECK(p->activation[0] == WANN_ACT_TANH && p->activation[1] == WANN_ACT_SIN);
    CHECK(p->activation[2] == WANN_ACT_LINEAR && p->output[0] == 5);
    const uint32_t first[] = {0, 1, 3, 7}, source[] = {1, 1, 2, 1, 2, 3, 4};
    CHECK(memcmp(p->first, first, sizeof first) == 0);
    CHECK(memcmp(p->source, source, sizeof source) == 0);
    wn_net *net;
    wann_diag diag = {0};
    const wn_labels labels = {.name = "small", .has_shared_weight = true, .shared_weight = -1.5};
    CHECK(wn_phenotype_net(p, &labels, &net, &diag) == WANN_OK);
    CHECK(wn_net_verify(net, &diag) == WANN_OK);
    CHECK(net->n_nodes == 6 && net->n_conns == 7 && net->shared_weight == -1.5);
    CHECK(memcmp(net->source, source, sizeof source) == 0);
    wann_net_destroy(net);
    wn_free(p);
    wn_free(genome);
}

static uint64_t hash_of(const wn_genome *genome) {
    wn_phenotype *p = wn_express(genome, (wn_expression){0}, NULL);
    const uint64_t hash = p->hash;
    wn_free(p);
    return hash;
}

/* Equal for equal structures; a change that matters changes it, one of dead nodes does not. */
static void hashes_tell_structures_apart(void) {
    wn_genome *genome = small(false), *swapped = small(true);
    const uint64_t hash = hash_of(genome);
    CHECK(hash == hash_of(swapped));
    genome->hidden[2].activation = WANN_ACT_COS;
    CHECK(hash == hash_of(genome));
    genome->hidden[0].activation = WANN_ACT_COS;
    CHECK(hash != hash_of(genome));
    swapped->enabled[1] = 0;
    CHECK(hash != hash_of(swapped));
    wn_free(genome);
    wn_free(swapped);
}

static bool equal_phenotypes(const wn_phenotype *a, const wn_phenotype *b) {
    return a->computed == b->computed && a->n_conns == b->n_conns && a->hash == b->hash &&
           memcmp(a->source, b->source, a->n_conns * sizeof *a->source) == 0 &&
           memcmp(a->first, b->first, (a->computed + 1) * sizeof *a->first) == 0 &&
           memcmp(a->birth, b->birth, a->computed * sizeof *a->birth) == 0 &&
           memcmp(a->activation, b->activation, a->computed) == 0 &&
           memcmp(a->node_hash, b->node_hash, a->computed * sizeof *a->node_hash) == 0;
}

/* Breeding expresses children from their parents' phenotypes. */
static void children_as_if_from_their_genes(void) {
    enum { POPULATION = 30, GENERATIONS = 80 };
    wn_hyper hyper = wn_hyper_defaults(WN_WANN);
    wann_diag diag = {0};
    wn_pool *pool;
    wn_evolution e;
    double reward[POPULATION];
    CHECK(wn_hyper_assign(&hyper, "popSize=30", &diag) == WANN_OK);
    CHECK(wn_pool_create(1, &pool, &diag) == WANN_OK);
    CHECK(wn_evolution_begin(&e, &hyper, (wn_shape){4, 3}, 0, 3, pool, &diag) == WANN_OK);
    wn_rng rng = wn_rng_stream(1, 1, 1, 1);
    for (int g = 0; g < GENERATIONS; g++) {
        for (uint32_t i = 0; i < POPULATION; i++) {
            uint32_t connections = 0;
            const wn_individual *one = &e.population[i];
            wn_phenotype *anew = wn_express(one->genome, wn_evolution_expression(&e), &connections);
            CHECK(anew && equal_phenotypes(anew, one->phenotype));
            CHECK(connections == one->connections);
            wn_free(anew);
            reward[i] = wn_rng_normal(&rng) + one->connections;
        }
        wn_evolution_tell(&e, reward, 1);
        CHECK_MSG(wn_evolution_breed(&e, &diag) == WANN_OK, "%s", diag.text);
    }
    wn_evolution_free(&e);
    wn_pool_destroy(pool);
}

int main(void) {
    RUN(dead_nodes_go);
    RUN(hashes_tell_structures_apart);
    const char *folder = test_reference_dir();
    if (folder)
        golden(folder);
    else
        printf("the golden genomes are missing: not compared\n");
    RUN(children_as_if_from_their_genes);
    return TEST_RESULT();
}
