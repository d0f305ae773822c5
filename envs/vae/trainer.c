/* Steps of a training. A batch is cut into shares of a fixed size; threads take them in turn, and
 * the gradients of the shares are added in their order, so that it does not matter whose they were.
 */
#include "envs/vae/trainer.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>

#include "envs/vae/convolution.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/rng.h"

enum { MOST_SHARES = WN_VAE_MOST_BATCH / WN_VAE_SHARE, MOST_CHECKED = 128, WARMING = 200 };

typedef struct worker {
    wn_trainer *trainer;
    size_t number;
    pthread_t thread;
    wn_vae_network *network;
    wann_status status;
    wann_diag diag;
} worker;

struct wn_trainer {
    wn_vae_state *state;
    const wn_frames *frames;
    size_t n_shares, n_open; /* n_open: workers that have a network */
    size_t n_workers;        /* that take part, the calling thread as number 0 */
    worker *workers;
    float *gradient[MOST_SHARES];
    wn_vae_loss loss[MOST_SHARES];
    pthread_mutex_t gate; /* closed until all that take part are known */
    pthread_barrier_t barrier;
    bool has_barrier, over;
};

/* --- one share -------------------------------------------------------------------------------- */

/* Which pictures, and the noise of their latents, depend on seed, step and place in the batch. */
static wann_status learn_share(worker *w, size_t share) {
    wn_trainer *t = w->trainer;
    const wn_vae_settings *settings = &t->state->settings;
    const unsigned char *picture[WN_VAE_SHARE];
    float noise[WN_VAE_SHARE * WN_VAE_LATENTS];
    for (size_t i = 0; i < WN_VAE_SHARE; i++) {
        wn_rng rng = wn_rng_stream(settings->seed, t->state->step, share * WN_VAE_SHARE + i, 'B');
        picture[i] = wn_frame(t->frames, wn_rng_below(&rng, t->frames->n_train));
        for (size_t k = 0; k < WN_VAE_LATENTS; k++)
            noise[i * WN_VAE_LATENTS + k] = (float)wn_rng_normal(&rng);
    }
    return wn_vae_network_learn(w->network, picture, noise, settings->tolerance * WN_VAE_LATENTS,
                                &t->loss[share], t->gradient[share], &w->diag);
}

static void learn(worker *w) {
    wn_trainer *t = w->trainer;
    w->status = wn_vae_network_weigh(w->network, t->state->parameter, &w->diag);
    for (size_t s = w->number; s < t->n_shares && w->status == WANN_OK; s += t->n_workers)
        w->status = learn_share(w, s);
}

/* --- Adam ------------------------------------------------------------------------------------- */

/* Warm up, then come down along a cosine to a twentieth (Loshchilov and Hutter 2017). */
static double rate_of(const wn_vae_state *s) {
    const double part = (double)s->step / s->settings.steps;
    const double warm = fmin(1, (s->step + 1.0) / WARMING);
    return s->settings.rate * warm * (0.05 + 0.95 * 0.5 * (1 + cos(3.14159265358979323846 * part)));
}

/* Kingma and Ba 2015, algorithm 1, for a range of the parameters. */
static void descend(const wn_trainer *t, size_t from, size_t to) {
    wn_vae_state *s = t->state;
    const float keep_mean = 0.9f, keep_square = 0.999f, scale = 1.0f / (float)s->settings.batch;
    const double step = s->step + 1.0;
    const float rate = (float)(rate_of(s) / (1 - pow((double)keep_mean, step)));
    const float correct = (float)(1 / (1 - pow((double)keep_square, step)));
    for (size_t i = from; i < to; i++) {
        float g = 0;
        for (size_t k = 0; k < t->n_shares; k++)
            g += t->gradient[k][i];
        g *= scale;
        s->mean[i] = keep_mean * s->mean[i] + (1 - keep_mean) * g;
        s->square[i] = keep_square * s->square[i] + (1 - keep_square) * g * g;
        s->parameter[i] -= rate * s->mean[i] / (sqrtf(s->square[i] * correct) + 1e-8f);
    }
}

static void descend_share(const worker *w) {
    const wn_trainer *t = w->trainer;
    const size_t n = t->state->model.n_parameters;
    descend(t, n * w->number / t->n_workers, n * (w->number + 1) / t->n_workers);
}

/* --- threads ---------------------------------------------------------------------------------- */

static bool all_learned(const wn_trainer *t) {
    for (size_t i = 0; i < t->n_workers; i++)
        if (t->workers[i].status != WANN_OK)
            return false;
    return true;
}

static void work_step(worker *w) {
    learn(w);
    pthread_barrier_wait(&w->trainer->barrier);
    if (all_learned(w->trainer))
        descend_share(w);
    pthread_barrier_wait(&w->trainer->barrier);
}

static void *work(void *arg) {
    worker *w = arg;
    wn_trainer *t = w->trainer;
    wn_convolution_alone();
    pthread_mutex_lock(&t->gate);
    pthread_mutex_unlock(&t->gate);
    while (t->has_barrier) {
        pthread_barrier_wait(&t->barrier);
        if (t->over)
            break;
        work_step(w);
    }
    return NULL;
}

wann_status wn_trainer_step(wn_trainer *t, wn_vae_loss *loss, wann_diag *diag) {
    *loss = (wn_vae_loss){0};
    pthread_barrier_wait(&t->barrier);
    work_step(&t->workers[0]);
    for (size_t i = 0; i < t->n_workers; i++)
        if (t->workers[i].status != WANN_OK) {
            if (diag)
                *diag = t->workers[i].diag;
            return t->workers[i].status;
        }
    const double scale = 1.0 / t->state->settings.batch;
    for (size_t s = 0; s < t->n_shares; s++) {
        loss->pixels += scale * t->loss[s].pixels;
        loss->divergence += scale * t->loss[s].divergence;
        loss->excess += scale * t->loss[s].excess;
    }
    t->state->step++;
    if (isfinite(loss->pixels) && isfinite(loss->divergence))
        return WANN_OK;
    return wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                   "the training left all bounds at step %u; try a lower rate",
                   (unsigned)t->state->step);
}

/* --- the pictures kept from training ------------------------------------------------------------
 */

static double squared_error(const float *seen, const unsigned char *picture) {
    double sum = 0;
    for (size_t p = 0; p < WN_VAE_PIXELS; p++) {
        const double off = (double)seen[p] - picture[p] / 255.0;
        sum += off * off;
    }
    return sum;
}

wann_status wn_trainer_check(wn_trainer *t, double *pixels, wann_diag *diag) {
    const wn_frames *f = t->frames;
    const size_t kept = f->n - f->n_train, n = kept < MOST_CHECKED ? kept : MOST_CHECKED;
    wn_vae_network *network = t->workers[0].network;
    float *seen = wn_alloc(WN_VAE_SHARE * WN_VAE_PIXELS * sizeof *seen);
    wann_status status =
        seen ? wn_vae_network_weigh(network, t->state->parameter, diag) : wn_fail_memory(diag);
    *pixels = 0;
    for (size_t first = 0; first < n && status == WANN_OK; first += WN_VAE_SHARE) {
        const unsigned char *picture[WN_VAE_SHARE];
        for (size_t i = 0; i < WN_VAE_SHARE; i++)
            picture[i] = wn_frame(f, f->n_train + (first + i) % n * kept / n);
        status = wn_vae_network_see(network, picture, NULL, seen, diag);
        for (size_t i = 0; status == WANN_OK && i < WN_VAE_SHARE && first + i < n; i++)
            *pixels += squared_error(seen + i * WN_VAE_PIXELS, picture[i]) / (double)n;
    }
    wn_free(seen);
    return status;
}

/* --- beginning and end ------------------------------------------------------------------------ */

static wann_status open_workers(wn_trainer *t, wann_diag *diag) {
    for (; t->n_open < t->n_workers; t->n_open++) {
        worker *w = &t->workers[t->n_open];
        *w = (worker){.trainer = t, .number = t->n_open};
        WN_TRY(wn_vae_network_create(&t->state->model, WN_VAE_SHARE, &w->network, diag));
    }
    for (size_t s = 0; s < t->n_shares; s++) {
        t->gradient[s] = wn_alloc(t->state->model.n_parameters * sizeof(float));
        if (!t->gradient[s])
            return wn_fail_memory(diag);
    }
    return WANN_OK;
}

/* Where a thread cannot be had, those that there are do the work. */
static wann_status start_workers(wn_trainer *t, wann_diag *diag) {
    pthread_mutex_lock(&t->gate);
    size_t n = 1;
    while (n < t->n_workers &&
           pthread_create(&t->workers[n].thread, NULL, work, &t->workers[n]) == 0)
        n++;
    t->n_workers = n;
    t->has_barrier = pthread_barrier_init(&t->barrier, NULL, (unsigned)n) == 0;
    pthread_mutex_unlock(&t->gate);
    return t->has_barrier ? WANN_OK : wn_fail_memory(diag);
}

static void stop_workers(wn_trainer *t) {
    t->over = true;
    if (t->has_barrier)
        pthread_barrier_wait(&t->barrier);
    for (size_t i = 1; i < t->n_workers; i++)
        pthread_join(t->workers[i].thread, NULL);
    if (t->has_barrier)
        pthread_barrier_destroy(&t->barrier);
}

wann_status wn_trainer_create(wn_vae_state *state, const wn_frames *frames, size_t threads,
                              wn_trainer **trainer, wann_diag *diag) {
    *trainer = NULL;
    wn_trainer *t = wn_calloc(1, sizeof *t);
    if (!t)
        return wn_fail_memory(diag);
    t->state = state;
    t->frames = frames;
    t->n_shares = state->settings.batch / WN_VAE_SHARE;
    t->n_workers = threads < t->n_shares ? threads : t->n_shares;
    t->workers = wn_calloc(t->n_workers, sizeof *t->workers);
    wn_convolution_alone();
    pthread_mutex_init(&t->gate, NULL);
    wann_status status = t->workers ? open_workers(t, diag) : wn_fail_memory(diag);
    if (status == WANN_OK)
        status = start_workers(t, diag);
    else
        t->n_workers = 1; /* none was started */
    if (status != WANN_OK)
        wn_trainer_destroy(t);
    else
        *trainer = t;
    return status;
}

void wn_trainer_destroy(wn_trainer *t) {
    if (!t)
        return;
    stop_workers(t);
    for (size_t i = 0; i < t->n_open; i++)
        wn_vae_network_destroy(t->workers[i].network);
    for (size_t s = 0; s < t->n_shares; s++)
        wn_free(t->gradient[s]);
    pthread_mutex_destroy(&t->gate);
    wn_free(t->workers);
    wn_free(t);
}
