/* Pictures beside what autoencoders make of them. */
#include "envs/vae/sheet.h"

#include <math.h>
#include <string.h>

#include "envs/vae/convolution.h"
#include "envs/vae/network.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/draw/canvas.h"

enum { COLUMNS = 12, ZOOM = 2, GAP = 6, MARGIN = 70, CELL = ZOOM * WN_VAE_SIDE + GAP };
_Static_assert((int)COLUMNS <= (int)WN_VAE_SHARE, "a row is one run of a network");

static void put_cell(wn_raster *raster, size_t row, size_t column, const unsigned char *picture) {
    for (size_t y = 0; y < ZOOM * WN_VAE_SIDE; y++)
        for (size_t x = 0; x < ZOOM * WN_VAE_SIDE; x++)
            memcpy(raster->rgb +
                       3 * ((GAP + row * CELL + y) * raster->width + MARGIN + column * CELL + x),
                   picture + 3 * (y / ZOOM * WN_VAE_SIDE + x / ZOOM), 3);
}

static void put_name(wn_raster *raster, size_t row, const char *name) {
    const wn_point at = {MARGIN - 8, (double)row * CELL + CELL / 2.0};
    raster->canvas.text(&raster->canvas, at, name,
                        &(wn_text_style){12, 1, 1, WN_ANCHOR_END, false});
}

static wann_status look(const wn_vae_state *state, const unsigned char *const *picture, float *seen,
                        wann_diag *diag) {
    wn_vae_network *network;
    wn_convolution_alone();
    WN_TRY(wn_vae_network_create(&state->model, WN_VAE_SHARE, &network, diag));
    wann_status status = wn_vae_network_weigh(network, state->parameter, diag);
    if (status == WANN_OK)
        status = wn_vae_network_see(network, picture, NULL, seen, diag);
    wn_vae_network_destroy(network);
    return status;
}

static wann_status put_row(wn_raster *raster, size_t row, const wn_vae_state *state,
                           const unsigned char *const *picture, float *seen, wann_diag *diag) {
    WN_TRY(look(state, picture, seen, diag));
    for (size_t k = 0; k < COLUMNS; k++) {
        unsigned char made[WN_VAE_PIXELS];
        for (size_t p = 0; p < WN_VAE_PIXELS; p++)
            made[p] = (unsigned char)lrintf(seen[k * WN_VAE_PIXELS + p] * 255);
        put_cell(raster, row, k, made);
    }
    put_name(raster, row, state->settings.size->name);
    return WANN_OK;
}

static wann_status fill_sheet(wn_raster *raster, const wn_frames *frames,
                              const wn_vae_state *const *state, size_t n, wann_diag *diag) {
    const unsigned char *picture[WN_VAE_SHARE];
    const size_t kept = frames->n - frames->n_train;
    for (size_t i = 0; i < WN_VAE_SHARE; i++)
        picture[i] = wn_frame(frames, frames->n_train + i % COLUMNS * kept / COLUMNS);
    for (size_t k = 0; k < COLUMNS; k++)
        put_cell(raster, 0, k, picture[k]);
    put_name(raster, 0, "picture");
    float *seen = wn_alloc(WN_VAE_SHARE * WN_VAE_PIXELS * sizeof *seen);
    wann_status status = seen ? WANN_OK : wn_fail_memory(diag);
    for (size_t i = 0; i < n && status == WANN_OK; i++)
        status = put_row(raster, i + 1, state[i], picture, seen, diag);
    wn_free(seen);
    return status;
}

wann_status wn_vae_sheet(const wn_frames *frames, const wn_vae_state *const *state, size_t n,
                         wn_buf *out, wann_diag *diag) {
    static const wn_ink inks[] = {{0xffffff, 0}, {0x15181d, 0}};
    const wn_picture paper = {.width = MARGIN + COLUMNS * CELL,
                              .height = GAP + (double)(n + 1) * CELL,
                              .inks = inks,
                              .n_inks = 2};
    wn_raster raster;
    wann_status status = wn_raster_begin(&raster, &paper, 1, HUGE_VAL, diag);
    if (status == WANN_OK)
        status = fill_sheet(&raster, frames, state, n, diag);
    if (status == WANN_OK)
        status = wn_raster_png(&raster, out, diag);
    wn_raster_free(&raster);
    return status;
}
