/* What the commands that score networks share: options, opening of network and task, output. */
#ifndef WN_SCORING_H
#define WN_SCORING_H

#include <getopt.h>
#include <stdbool.h>

#include "runtime/base/text.h"
#include "wann/evaluate.h"

enum { SCORING_MOST_OPTIONS = 32 };

/* A command line, and what it opened. */
typedef struct scoring {
    const char *command;
    const char *network; /* path */
    const char *task_name;
    const char *task_options[SCORING_MOST_OPTIONS + 2]; /* NULL at the end */
    size_t n_task_options;
    wann_read_options read;
    wann_evaluation evaluation;
    bool has_episodes;
    const char *tuned_from;
    double weight_bias;
    bool has_bias;
    const char *output;
    bool json, quiet;
    wann_net *net;
    wann_task *task;
    double *tuned; /* of tuned_from */
} scoring;

/* Values of the options that all of them take; a command's own start at SCORING_FIRST_OWN. */
enum {
    SCORING_TASK = 256,
    SCORING_OPTION,
    SCORING_PORTABLE,
    SCORING_INPUTS,
    SCORING_OUTPUTS,
    SCORING_TUNED_FROM,
    SCORING_BIAS,
    SCORING_EPISODES,
    SCORING_SEED,
    SCORING_STEPS,
    SCORING_ENGINE,
    SCORING_REAL,
    SCORING_THREADS,
    SCORING_TRAIN,
    SCORING_BATCH,
    SCORING_JSON,
    SCORING_QUIET,
    SCORING_HELP,
    SCORING_FIRST_OWN
};
#define SCORING_OPTIONS                                                                            \
    {"task", required_argument, NULL, SCORING_TASK},                                               \
        {"option", required_argument, NULL, SCORING_OPTION},                                       \
        {"portable", no_argument, NULL, SCORING_PORTABLE},                                         \
        {"inputs", required_argument, NULL, SCORING_INPUTS},                                       \
        {"outputs", required_argument, NULL, SCORING_OUTPUTS},                                     \
        {"tuned-from", required_argument, NULL, SCORING_TUNED_FROM},                               \
        {"weight-bias", required_argument, NULL, SCORING_BIAS},                                    \
        {"seed", required_argument, NULL, SCORING_SEED},                                           \
        {"max-steps", required_argument, NULL, SCORING_STEPS},                                         \
        {"json", no_argument, NULL, SCORING_JSON}, {"quiet", no_argument, NULL, SCORING_QUIET},    \
        {"help", no_argument, NULL, SCORING_HELP}
/* Those of commands that run many episodes. */
#define SCORING_MANY_OPTIONS                                                                       \
    {"episodes", required_argument, NULL, SCORING_EPISODES},                                       \
        {"engine", required_argument, NULL, SCORING_ENGINE},                                       \
        {"real", required_argument, NULL, SCORING_REAL},                                           \
        {"threads", required_argument, NULL, SCORING_THREADS},                                     \
        {"train", no_argument, NULL, SCORING_TRAIN},                                               \
        {"batch", required_argument, NULL, SCORING_BATCH}

/* The same in --help. */
#define SCORING_TASK_HELP                                                                          \
    "Task:\n"                                                                                      \
    "  --task TASK         a name that wann tasks lists, classify:FILE.csv, or the path of a\n"    \
    "                      plug-in; if left out, the task that the network file names\n"           \
    "  --option KEY=VALUE  an option of the task; may be repeated\n"                               \
    "  --portable          the same numbers on every machine: own functions instead of the\n"      \
    "                      C library's in the task (portable=1) and in the network\n"              \
    "  --max-steps N       stop episodes after N steps\n"                                          \
    "  --seed N            the seed of the first episode, 0 if not given; the next has N + 1\n"
#define SCORING_RUN_HELP                                                                           \
    "Running:\n"                                                                                   \
    "  --episodes N        episodes for each weight, 100 if not given\n"                           \
    "  --engine ENGINE     interpreter, lanes, compiled or jit; in double all agree\n"     \
    "  --real TYPE         double (the default) or float\n"                                        \
    "  --threads N         as many as there are processors, if not given\n"                        \
    "  --train             classification: samples to train on instead of those to test on\n"      \
    "  --batch N           classification: N samples drawn for each episode instead of all\n"
#define SCORING_NETWORK_HELP                                                                       \
    "Network:\n"                                                                                   \
    "  --inputs N          for a matrix, which does not say; if left out, what the task has\n"     \
    "  --outputs M\n"

/* The defaults. */
scoring scoring_begin(const char *command);
/* Take an option of the lists above: an exit code, or -1 if it is none of them. */
int scoring_take(scoring *s, int option);
/* Give back what was opened. */
void scoring_end(scoring *s);

/* Open a task, whose name and options came from the command line: an exit code. */
int scoring_open_task(const char *command, const char *name, const char *const *options,
                      wann_task **task);
/* Open the task and the network (path), and read tuned_from: an exit code. */
int scoring_open(scoring *s, const char *path);
/* Check what several options say together: an exit code. */
int scoring_complete(const scoring *s);

/* Read a weight, a whole number up to 2^53, or a list of weights "W,W"; false if text is none. */
bool scoring_weight(const char *text, double *weight);
bool scoring_number(const char *text, uint64_t *number);

/* A number of JSON: null for what is not finite. */
void scoring_json_number(wn_buf *out, double value);
/* "key": "text". */
void scoring_json_text(wn_buf *out, const char *key, const char *text);
/* "mean": ..., "sd": ... without braces. */
void scoring_json_summary(wn_buf *out, const wann_summary *summary);
/* Print the text and free it: an exit code. */
int scoring_print(wn_buf *out);

/* Progress on a terminal: "wann sweep: 3 of 41". Nothing with --quiet or elsewhere. */
void scoring_progress(const scoring *s, size_t done, size_t all);

/* n weights evenly from `from` to `to`; [n]. */
void scoring_grid(double from, double to, size_t n, double *weights);

#endif
