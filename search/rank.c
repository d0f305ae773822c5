/* Ranking by two objectives, in n log n: with two, a front is a staircase. */
#define _GNU_SOURCE /* qsort_r */
#include "search/rank.h"

#include <math.h>
#include <stdlib.h>

#include "runtime/base/alloc.h"

static int by_number(double x, double y) { /* descending */
    return x > y ? -1 : x < y;
}

static int by_index(uint32_t a, uint32_t b) {
    return a < b ? -1 : a > b;
}

static int compare_first(const void *x, const void *y, void *context) {
    const uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    const wn_objectives *of = context;
    int sign = by_number(of[a].first, of[b].first);
    if (sign == 0)
        sign = by_number(of[a].second, of[b].second);
    return sign ? sign : by_index(a, b);
}

/* Whether the last that came into a front dominates what comes now; nothing earlier of the front
 * can if it does not, because second objectives never fall along a front. */
static bool dominates(wn_objectives last, wn_objectives now) {
    return last.second > now.second || (last.second == now.second && last.first > now.first);
}

void wn_rank_fronts(const wn_objectives *of, uint32_t n, uint32_t *front, uint32_t *scratch) {
    uint32_t *order = scratch, *last = scratch + n, fronts = 0;
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, n, sizeof *order, compare_first, (void *)of);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t now = order[i];
        uint32_t low = 0, high = fronts; /* the first front that does not dominate it */
        while (low < high) {
            const uint32_t middle = (low + high) / 2;
            if (dominates(of[last[middle]], of[now]))
                low = middle + 1;
            else
                high = middle;
        }
        fronts += low == fronts;
        last[low] = now;
        front[now] = low;
    }
}

/* What sorting needs to know. */
typedef struct ranking {
    const wn_objectives *of;
    const uint32_t *front;
    const double *distance;
} ranking;

static int compare_front_first(const void *x, const void *y, void *context) {
    const ranking *r = context;
    const uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    if (r->front[a] != r->front[b])
        return r->front[a] < r->front[b] ? -1 : 1;
    return compare_first(x, y, (void *)r->of);
}

/* order[n] is one front, sorted: the first objective falls, the second rises. */
static void crowd(const wn_objectives *of, const uint32_t *order, uint32_t n, double *distance) {
    const double width = of[order[0]].first - of[order[n - 1]].first;
    const double height = of[order[n - 1]].second - of[order[0]].second;
    distance[order[0]] = distance[order[n - 1]] = (double)INFINITY;
    for (uint32_t i = 1; i + 1 < n; i++) {
        const wn_objectives before = of[order[i - 1]], after = of[order[i + 1]];
        distance[order[i]] = (width > 0 ? (before.first - after.first) / width : 0) +
                             (height > 0 ? (after.second - before.second) / height : 0);
    }
}

void wn_rank_crowding(const wn_objectives *of, uint32_t n, const uint32_t *front, double *distance,
                      uint32_t *scratch) {
    ranking r = {of, front, NULL};
    for (uint32_t i = 0; i < n; i++)
        scratch[i] = i;
    qsort_r(scratch, n, sizeof *scratch, compare_front_first, &r);
    for (uint32_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && front[scratch[to]] == front[scratch[from]];)
            to++;
        crowd(of, scratch + from, to - from, distance);
    }
}

static int compare_rank(const void *x, const void *y, void *context) {
    const ranking *r = context;
    const uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    if (r->front[a] != r->front[b])
        return r->front[a] < r->front[b] ? -1 : 1;
    const int sign = by_number(r->distance[a], r->distance[b]);
    return sign ? sign : by_index(a, b);
}

bool wn_rank_pareto(const wn_objectives *of, uint32_t n, uint32_t *order) {
    double *distance = wn_alloc(n * sizeof *distance + 3 * (size_t)n * sizeof(uint32_t));
    if (!distance)
        return false;
    uint32_t *front = (uint32_t *)(void *)(distance + n);
    wn_rank_fronts(of, n, front, front + n);
    wn_rank_crowding(of, n, front, distance, front + n);
    ranking r = {of, front, distance};
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, n, sizeof *order, compare_rank, &r);
    wn_free(distance);
    return true;
}

static int compare_single(const void *x, const void *y, void *context) {
    const uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    const wn_objectives *of = context;
    const int sign = by_number(of[a].first, of[b].first);
    return sign ? sign : by_index(a, b);
}

void wn_rank_single(const wn_objectives *of, uint32_t n, uint32_t *order) {
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, n, sizeof *order, compare_single, (void *)of);
}
