/* Ranking a population by two objectives (NSGA-II: Deb, Pratap, Agarwal, Meyarivan 2002). */
#ifndef WN_RANK_H
#define WN_RANK_H

#include <stdbool.h>
#include <stdint.h>

/* Both objectives are to be large; all values finite. */
typedef struct wn_objectives {
    double first;
    double second;
} wn_objectives;

/* Non-dominated sorting: front[n] gets 0 for those that nobody dominates, 1 for those that only
 * these dominate, and so on. scratch[2 * n]. */
void wn_rank_fronts(const wn_objectives *of, uint32_t n, uint32_t *front, uint32_t *scratch);

/* Crowding distance within each front, by NSGA-II's own normalisation: the sum over the objectives
 * of the gap between its neighbours, over the range of the front; infinite at the ends of a front.
 * (The released code divides by |1/max - min|, a slip.) distance[n], scratch[n]. */
void wn_rank_crowding(const wn_objectives *of, uint32_t n, const uint32_t *front, double *distance,
                      uint32_t *scratch);

/* Everybody from the best on: by front, then by crowding distance, then by index, so that the order
 * is unique. order[n]. False: out of memory. */
bool wn_rank_pareto(const wn_objectives *of, uint32_t n, uint32_t *order);

/* Everybody from the best on: by the first objective, then by index. order[n]. */
void wn_rank_single(const wn_objectives *of, uint32_t n, uint32_t *order);

#endif
