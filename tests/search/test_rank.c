/* Fronts against golden data and against peeling; crowding distances and the order they give. */
#include <math.h>

#include <cjson/cJSON.h>

#include "runtime/base/alloc.h"
#include "runtime/base/file.h"
#include "runtime/base/rng.h"
#include "search/rank.h"
#include "support/test.h"

enum { MOST = 400 };

static bool dominates(wn_objectives a, wn_objectives b) {
    return a.first >= b.first && a.second >= b.second && (a.first > b.first || a.second > b.second);
}

/* By the definition: take away those that nobody left dominates, again and again. */
static void peel(const wn_objectives *of, uint32_t n, uint32_t *front) {
    for (uint32_t i = 0; i < n; i++)
        front[i] = UINT32_MAX;
    for (uint32_t level = 0, left = n; left > 0; level++)
        for (uint32_t i = 0; i < n; i++) {
            bool free = front[i] == UINT32_MAX;
            for (uint32_t j = 0; free && j < n; j++)
                free = front[j] < level || !dominates(of[j], of[i]);
            if (free) {
                front[i] = level;
                left--;
            }
        }
}

static void check_fronts(const wn_objectives *of, uint32_t n, const uint32_t *expected) {
    static uint32_t front[MOST], scratch[2 * MOST];
    wn_rank_fronts(of, n, front, scratch);
    for (uint32_t i = 0; i < n; i++)
        CHECK_MSG(front[i] == expected[i], "%u of %u: %u, not %u", i, n, front[i], expected[i]);
}

static void fronts_equal_peeling(void) {
    static wn_objectives of[MOST];
    static uint32_t expected[MOST];
    for (uint64_t round = 0; round < 60; round++) {
        wn_rng rng = wn_rng_stream(round, 0, 0, 0);
        const uint32_t n = 1 + (uint32_t)wn_rng_below(&rng, MOST);
        const uint64_t steps = round % 3 ? 8 : 1000000; /* coarse values: many ties */
        for (uint32_t i = 0; i < n; i++)
            of[i] = (wn_objectives){(double)wn_rng_below(&rng, steps),
                                    (double)wn_rng_below(&rng, steps)};
        peel(of, n, expected);
        check_fronts(of, n, expected);
    }
}

static void golden_fronts(const char *folder) {
    char path[4200], *data;
    size_t size;
    snprintf(path, sizeof path, "%s/nsga/open.json", folder);
    CHECK(wn_file_read(path, &data, &size, NULL) == WANN_OK);
    cJSON *json = cJSON_Parse(data);
    wn_free(data);
    const cJSON *one;
    int cases = 0;
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(json, "cases")) {
        static wn_objectives of[MOST];
        static uint32_t expected[MOST];
        const cJSON *obj = cJSON_GetObjectItem(one, "obj"), *item;
        uint32_t n = 0;
        cJSON_ArrayForEach(item, obj) {
            of[n].first = cJSON_GetArrayItem(item, 0)->valuedouble;
            of[n++].second = cJSON_GetArrayItem(item, 1)->valuedouble;
        }
        n = 0;
        cJSON_ArrayForEach(item, cJSON_GetObjectItem(one, "front_of")) expected[n++] =
            (uint32_t)item->valueint;
        check_fronts(of, n, expected);
        cases++;
    }
    CHECK(cases == 20);
    printf("     %d golden cases\n", cases);
    cJSON_Delete(json);
}

/* A front of five and one behind it; distances computed by hand. */
static void crowding_by_hand(void) {
    const wn_objectives of[] = {{10, 0}, {0, 8}, {6, 4}, {9, 2}, {4, 6}, {1, 1}};
    double distance[6];
    uint32_t front[6], scratch[12], order[6];
    wn_rank_fronts(of, 6, front, scratch);
    CHECK(front[5] == 1 && front[2] == 0);
    wn_rank_crowding(of, 6, front, distance, scratch);
    CHECK(isinf(distance[0]) && isinf(distance[1]) && isinf(distance[5]));
    CHECK(distance[3] == 0.4 + 0.5); /* between (10, 0) and (6, 4) */
    CHECK(distance[2] == 0.5 + 0.5);
    CHECK(distance[4] == 0.6 + 0.5);
    CHECK(wn_rank_pareto(of, 6, order));
    const uint32_t expected[] = {0, 1, 4, 2, 3, 5};
    CHECK(memcmp(order, expected, sizeof expected) == 0);
}

static void equals_keep_their_order(void) {
    wn_objectives of[50];
    uint32_t order[50];
    for (int i = 0; i < 50; i++)
        of[i] = (wn_objectives){1, 2};
    CHECK(wn_rank_pareto(of, 50, order));
    for (uint32_t i = 2; i < 49; i++)
        CHECK(order[i] < order[i + 1]);
    wn_rank_single(of, 50, order);
    for (uint32_t i = 0; i < 50; i++)
        CHECK(order[i] == i);
}

int main(void) {
    RUN(fronts_equal_peeling);
    RUN(crowding_by_hand);
    RUN(equals_keep_their_order);
    const char *folder = test_reference_dir();
    if (folder)
        golden_fronts(folder);
    else
        printf("the golden fronts are missing: not compared\n");
    return TEST_RESULT();
}
