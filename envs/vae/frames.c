/* Files of pictures: a line of text, a number, and the pictures. */
#include "envs/vae/frames.h"

#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/file.h"
#include "runtime/base/rng.h"

#include "envs/racing.h"
#include "envs/racing_driver.h"

static const char MAGIC[] = "wann-frames 64x64x3\n";
enum { MAGIC_SIZE = sizeof MAGIC - 1, HEADER = MAGIC_SIZE + 4, FRAMES_A_PICTURE = 8 };
_Static_assert((int)WN_RACING_EYE == (int)WN_VAE_SIDE, "what is seen is what is encoded");

wann_status wn_frames_read(const char *path, wn_frames *frames, wann_diag *diag) {
    size_t size;
    *frames = (wn_frames){0};
    WN_TRY(wn_file_read(path, &frames->file, &size, diag));
    const unsigned char *bytes = (const unsigned char *)frames->file;
    size_t n = 0;
    for (size_t i = 0; size >= HEADER && i < 4; i++)
        n |= (size_t)bytes[MAGIC_SIZE + i] << (8 * i);
    const bool good = size >= HEADER && memcmp(bytes, MAGIC, MAGIC_SIZE) == 0 &&
                      n <= WN_FRAMES_MOST && size == HEADER + n * WN_VAE_PIXELS;
    if (!good || n < WN_FRAMES_LEAST) {
        wn_frames_free(frames);
        return wn_fail(diag, WANN_INPUT, path, 0, 0,
                       good ? "has fewer than 64 pictures; make more by: wann vae collect"
                            : "is no file of pictures; make one by: wann vae collect");
    }
    frames->n = n;
    frames->n_train = n - n / 16;
    frames->picture = bytes + HEADER;
    return WANN_OK;
}

void wn_frames_free(wn_frames *frames) {
    wn_free(frames->file);
    *frames = (wn_frames){0};
}

/* --- drivers ---------------------------------------------------------------------------------- */

typedef enum habit { SURE, DISTRACTED, RANDOM, HABITS = 4 } habit; /* two of four are distracted */

/* Who is at the wheel. For `held` frames on, the controls are whatever came to mind. */
typedef struct pilot {
    habit habit;
    wn_rng rng;
    wn_racing_driver driver;
    wn_racing_controls whim;
    uint64_t held;
} pilot;

/* Networks drive as wildly: full lock is as likely as all that lies between. */
static void have_whim(pilot *p) {
    const double steer = 3 * wn_rng_uniform(&p->rng) - 1.5, pedal = wn_rng_uniform(&p->rng);
    p->whim.steer = steer < -1 ? -1 : steer > 1 ? 1 : steer;
    p->whim.gas = pedal < 0.7 ? wn_rng_uniform(&p->rng) : 0;
    p->whim.brake = pedal > 0.8 ? wn_rng_uniform(&p->rng) : 0;
    p->held = 5 + wn_rng_below(&p->rng, 35);
}

static wn_racing_controls decide(pilot *p, const wn_racing *racing) {
    const wn_racing_controls sure = wn_racing_drive(&p->driver, racing);
    if (p->held > 0)
        p->held--;
    else if (p->habit == RANDOM || (p->habit == DISTRACTED && wn_rng_below(&p->rng, 60) == 0))
        have_whim(p);
    return p->held > 0 ? p->whim : sure;
}

static pilot pilot_of(uint64_t seed, uint64_t race) {
    static const habit turns[HABITS] = {SURE, DISTRACTED, RANDOM, DISTRACTED};
    pilot p = {.habit = turns[race % HABITS], .rng = wn_rng_stream(seed, race, 0, 'C')};
    if (p.habit == RANDOM)
        have_whim(&p);
    return p;
}

/* --- collecting ------------------------------------------------------------------------------- */

/* Pictures on their way to a file. */
typedef struct album {
    const wn_collect *collect;
    wn_racing *racing;
    char *file;
    size_t n, steps;
} album;

static void take_picture(album *a) {
    unsigned char view[WN_RACING_VIEW * WN_RACING_VIEW * 3];
    wn_racing_view(a->racing, view);
    wn_racing_squeeze(view, (unsigned char *)a->file + HEADER + a->n++ * WN_VAE_PIXELS);
}

/* Those at random soon only turn round on the grass, which is always the same sight. */
static wann_status drive_race(album *a, uint64_t race, wann_diag *diag) {
    pilot p = pilot_of(a->collect->seed, race);
    wann_env_result result = {0};
    wann_env_error error;
    const size_t most = p.habit == RANDOM ? 300 : 1000;
    if (wn_racing_reset(a->racing, wn_rng_u64(&p.rng), &error) != WANN_OK)
        return wn_fail(diag, WANN_INTERNAL, NULL, 0, 0, "racing: %s", error.text);
    for (size_t t = 0; t < most && !result.terminated && a->n < a->collect->frames; t++) {
        if (wn_racing_step(a->racing, decide(&p, a->racing), &result, &error) != WANN_OK)
            return wn_fail(diag, WANN_INTERNAL, NULL, 0, 0, "racing: %s", error.text);
        a->steps++;
        if (wn_rng_below(&p.rng, FRAMES_A_PICTURE) == 0)
            take_picture(a);
    }
    return WANN_OK;
}

static wann_status fill(album *a, wann_diag *diag) {
    for (uint64_t race = 0; a->n < a->collect->frames; race++) {
        if (a->collect->stop && *a->collect->stop)
            return wn_fail(diag, WANN_IO, NULL, 0, 0, "interrupted; nothing was written");
        WN_TRY(drive_race(a, race, diag));
        if (a->collect->progress)
            a->collect->progress(a->collect->context, a->n, a->steps);
    }
    return WANN_OK;
}

wann_status wn_frames_collect(const wn_collect *collect, const char *path, wann_diag *diag) {
    const size_t size = HEADER + collect->frames * WN_VAE_PIXELS;
    album a = {.collect = collect, .racing = wn_racing_create(), .file = wn_alloc(size)};
    wann_status status = a.racing && a.file ? WANN_OK : wn_fail_memory(diag);
    if (status == WANN_OK)
        status = fill(&a, diag);
    if (status == WANN_OK) {
        memcpy(a.file, MAGIC, MAGIC_SIZE);
        for (size_t i = 0; i < 4; i++)
            a.file[MAGIC_SIZE + i] = (char)(collect->frames >> (8 * i) & 0xff);
        status = wn_file_write(path, a.file, size, 0666, diag);
    }
    wn_racing_destroy(a.racing);
    wn_free(a.file);
    return status;
}
