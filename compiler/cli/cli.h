/* wannc: what its files share. */
#ifndef WN_WANNC_H
#define WN_WANNC_H

#include "compiler/driver/driver.h"
#include "runtime/cli/cli.h"

/* The command line. Texts are its words. */
typedef struct wn_request {
    const char *network;
    const char *output; /* NULL: standard output */
    wann_kind kind;
    bool kind_given;
    bool header;
    wann_read_options read;
    wann_compile_options compile;
    wann_range *input_range; /* of compile; owned */
    double *ensemble_weights; /* likewise */
    bool has_range;
    const char *tuned_from;
    double weight_bias;
    bool has_weight_bias;
    bool verify;
    size_t verify_inputs;
    bool stats;
    bool dump_ir;
    const char *dump_pass; /* NULL: after each */
    bool quiet;
} wn_request;

/* Read the command line. WN_EXIT_OK, or the code to exit with; *done is set where nothing is left to
 * do (--help). */
int wn_parse_options(int argc, char **argv, wn_request *request, bool *done);

/* observe.c: lower and run the passes once, for --dump-ir and --stats. */
wann_status wn_show_passes(const wn_request *request, const wn_net *net, wann_diag *diag);

#endif
