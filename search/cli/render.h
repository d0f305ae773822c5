/* wann render: what its files share. */
#ifndef WN_RENDER_H
#define WN_RENDER_H

#include "search/cli/scoring.h"
#include "wann/run.h"

/* A command line that was understood: network and task are open, and fit together. */
typedef struct render_request {
    scoring scoring;
    int conditions; /* options on weights that were given */
    wann_weights weights;
    bool tuned;
    const char *output;
    size_t width;   /* 0: what suits */
    size_t samples; /* of a sheet */
} render_request;

/* An episode, as one animated PNG or as a PNG a frame: an exit code. */
int render_film(const render_request *request);
/* Append an episode as an animation that is small enough for a page (few colours; request->output
 * is not used), and its last frame as a picture. */
wann_status render_recording(const render_request *request, uint32_t frames_per_second, wn_buf *out,
                             wn_buf *still, double *reward, wann_diag *diag);
/* Samples of classification, and what the network says they are: an exit code. */
int render_sheet(const render_request *request);
/* Append the same picture instead of writing it to request->output. */
wann_status render_sheet_picture(const render_request *request, wn_buf *png, wann_diag *diag);

/* "weight 0.8" or "tuned weights". */
void render_put_weight(wn_buf *out, const render_request *request);

/* The name of a frame's file where a name has a place for a number ("frame-%04d.png"); number has
 * the digits asked for. Answers whether the name has such a place; out may be NULL. */
bool render_put_frame_name(wn_buf *out, const char *name, unsigned number);

#endif
