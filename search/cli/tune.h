/* What the two files of wann tune share: the command line, and telling what came of it. */
#ifndef WN_CLI_TUNE_H
#define WN_CLI_TUNE_H

#include "search/cli/scoring.h"
#include "wann/tune.h"

enum { TUNE_MOST_SETTINGS = 256, TUNE_SETTING_SIZE = 40 };

typedef struct tune_request {
    scoring scoring;
    wann_tune_options tune;
    const char *setting[TUNE_MOST_SETTINGS + 4]; /* NULL at the end */
    size_t n_settings;
    size_t generations, population, episodes; /* 0: not given */
    char room[3][TUNE_SETTING_SIZE];          /* the same as settings */
    int starts;                               /* how many were given */
    bool from_file;                           /* the network's own weights are the start */
    const char *output, *profile;
} tune_request;

/* What the progress line needs to know from call to call. */
typedef struct tune_display {
    bool terminal;
    double shown; /* seconds of the run */
} tune_display;
void tune_progress(void *context, const wann_tune_progress *progress);

/* Whether the endings of output files are known: an exit code. */
int tune_check_output(const tune_request *r);
/* Write the files and print the result: an exit code. */
int tune_output(const tune_request *r, const wann_tune_result *result);

#endif
