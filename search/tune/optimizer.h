/* Ways to move many weights at once by rewards alone: each asks for candidates and is told what they
 * were worth. A method is one file and one row of the table in optimizer.c. */
#ifndef WN_OPTIMIZER_H
#define WN_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wann/status.h"

/* What a method can be told; what it does not know, it ignores. Rates are those of the published
 * WANNTool. */
typedef struct wn_optimizer_settings {
    size_t n;          /* parameters, at least 1 */
    size_t population; /* candidates a generation; 0: what the method suggests */
    uint64_t seed;
    double sigma;               /* standard deviation of the first candidates */
    double sigma_decay;         /* factor a generation, down to sigma_limit */
    double sigma_limit;
    double sigma_rate;          /* of the standard deviations (pepg) */
    double learning_rate;       /* of the mean: a step of Adam (pepg, openes) */
    double learning_rate_decay; /* factor a generation, down to learning_rate_limit */
    double learning_rate_limit;
    double weight_decay;        /* times the mean square of a candidate's distance from the start is
                                   taken from its reward */
    double elite_ratio;         /* share of the population that breeds (ga) */
    bool antithetic;            /* candidates in pairs on opposite sides of the mean (openes) */
} wn_optimizer_settings;

typedef struct wn_optimizer wn_optimizer;

typedef struct wn_optimizer_type {
    const char *name;
    size_t (*population)(size_t n); /* that it suggests for n parameters */
    size_t multiple;                /* of which a population is made */
    /* Numbers of state and of scratch. State begins with the mean: [n]. */
    size_t (*state)(const wn_optimizer_settings *settings);
    size_t (*scratch)(const wn_optimizer_settings *settings);
    void (*begin)(wn_optimizer *o); /* the mean is set, the rest of the state is 0 */
    /* Fill in o->candidate. The same state and generation give the same candidates. */
    void (*ask)(wn_optimizer *o);
    /* reward[population], finite, large ones being good. */
    void (*tell)(wn_optimizer *o, const double *reward);
    /* Go on from another mean. NULL: setting the mean does it. */
    void (*moved)(wn_optimizer *o);
} wn_optimizer_type;

/* Everything that `tell` changes is in `state` and `generation`: who saves these can go on, bit for
 * bit. The rest follows from the settings. */
struct wn_optimizer {
    const wn_optimizer_type *type;
    wn_optimizer_settings settings;
    uint32_t generation; /* told so far */
    size_t n_state;
    double *state;     /* [n_state], the mean first */
    double *candidate; /* [population][n] */
    double *start;     /* [n] */
    double *utility;   /* [population] for who ranks rewards */
    uint32_t *order;   /* [population] */
    double *scratch;
    bool asked;
};

extern const wn_optimizer_type wn_optimizer_cma;     /* full covariance */
extern const wn_optimizer_type wn_optimizer_sep_cma; /* variances alone, for many parameters */
extern const wn_optimizer_type wn_optimizer_pepg;
extern const wn_optimizer_type wn_optimizer_openes;
extern const wn_optimizer_type wn_optimizer_ga;

/* Up to so many parameters "cma" keeps a full covariance matrix; beyond, it takes longer than it is
 * worth (and 16 n^2 bytes), and variances alone are kept. */
enum { WN_CMA_FULL = 500 };

/* name: cma, sep-cma, pepg, openes or ga. start[settings->n]. WANN_ARGUMENT: no such method, settings
 * that make no sense. */
wann_status wn_optimizer_create(const char *name, const wn_optimizer_settings *settings,
                                const double *start, wn_optimizer **optimizer, wann_diag *diag);
void wn_optimizer_destroy(wn_optimizer *o); /* NULL is allowed */

/* The candidates of this generation, row-major [population][n]; they stay until wn_optimizer_tell. */
const double *wn_optimizer_ask(wn_optimizer *o);
/* What they were worth: finite, large ones being good. */
void wn_optimizer_tell(wn_optimizer *o, const double *reward);
/* The present best guess: [n]. */
const double *wn_optimizer_mean(const wn_optimizer *o);
/* Go on from elsewhere: mean[n]. */
void wn_optimizer_move(wn_optimizer *o, const double *mean);

/* ---- For the methods ---- */

/* Rewards less the weight decay into o->utility, and o->order: candidates from the best down; of
 * equal ones the first. */
void wn_optimizer_sort(wn_optimizer *o, const double *reward);
/* o->utility, in order of the candidates, becomes centred ranks: from -0.5 for the worst to 0.5 (as
 * Salimans et al. 2017, arXiv:1703.03864, shape fitness). */
void wn_optimizer_centre(wn_optimizer *o);

/* The moments of Adam (Kingma and Ba 2015): 2 n numbers of state. */
typedef struct wn_adam {
    double *first, *second; /* [n] */
} wn_adam;
/* Move x[n] up a gradient: step counts from 1. */
void wn_adam_ascend(wn_adam adam, size_t n, uint32_t step, double rate, const double *gradient,
                    double *x);

#endif
