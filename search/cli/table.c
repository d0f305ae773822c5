/* wann table: networks in the four conditions of the paper, as its table has them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/cli/cli.h"
#include "search/cli/commands.h"
#include "search/cli/conditions.h"
#include "search/cli/scoring.h"

static const char COMMAND[] = "table";

enum { MOST_WORDS = 8 };

typedef struct row {
    char *task, *network; /* to be freed */
    bool samples;
    condition_score cells[N_CONDITIONS];
} row;

static int help(void) {
    puts("usage: wann table NETWORK... [--task TASK] [OPTIONS]\n"
         "\n"
         "Score networks in the four conditions of the paper: mean ± standard deviation with a\n"
         "random weight for each connection, with a random shared weight, with the best shared\n"
         "weight (of 41 from -2 to 2, chosen on other episodes), and with tuned weights (those of\n"
         "the network file).\n"
         "\n"
         "NETWORK  network files (.json) or matrices of the published release (.out, .csv); or\n"
         "         dense:SIZES, a fully connected network with hidden layers of tanh nodes, such as\n"
         "         dense:40,40. Behind a network may stand what holds for it alone, as in\n"
         "         swing.out+task=swingup+tuned-from=swing.wann.json+weight-bias=-1.5+name=published\n"
         "\n"
         "Weights:\n"
         "  --tuned-from FILE   the tuned weights of a weights file; for one network\n"
         "  --weight-bias B     with --tuned-from: is added to each\n"
         "\n" SCORING_TASK_HELP "\n" SCORING_RUN_HELP "\n" SCORING_NETWORK_HELP "\n"
         "Output:\n"
         "  --json              one JSON document; without it a table in Markdown\n"
         "  --quiet             no notes on standard error\n"
         "\n"
         "Example:\n"
         "  wann table swing.out --task swingup --tuned-from swing.wann.json --weight-bias -1.5");
    return WN_EXIT_OK;
}

static const struct option options[] = {SCORING_OPTIONS, SCORING_MANY_OPTIONS, {NULL, 0, NULL, 0}};

/* One word behind a network's path: an exit code. */
static int take_word(scoring *s, char *word, const char **name) {
    static const char *const keys[] = {"task=", "tuned-from=", "weight-bias=", "name="};
    const char **const texts[] = {&s->task_name, &s->tuned_from, NULL, name};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        const size_t n = strlen(keys[k]);
        if (strncmp(word, keys[k], n) != 0)
            continue;
        if (texts[k])
            *texts[k] = word + n;
        else if (!scoring_weight(word + n, &s->weight_bias))
            return wn_cli_usage(COMMAND, "%s: expected a finite number", word);
        return WN_EXIT_OK;
    }
    return wn_cli_usage(COMMAND, "+%s: expected +task=, +tuned-from=, +weight-bias= or +name=", word);
}

/* A network and what holds for it alone: text is cut into pieces. An exit code. */
static int take_network(scoring *s, char *text, const char **name) {
    char *word[MOST_WORDS];
    size_t n = 0;
    for (char *at = strchr(text, '+'); at && n < MOST_WORDS; at = strchr(at + 1, '+')) {
        const size_t key = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz-");
        if (key > 0 && at[1 + key] == '=') /* else it is part of a path */
            word[n++] = at;
    }
    int code = WN_EXIT_OK;
    for (size_t i = 0; i < n; i++)
        *word[i] = '\0';
    for (size_t i = 0; i < n && code == WN_EXIT_OK; i++)
        code = take_word(s, word[i] + 1, name);
    return code;
}

/* An exit code. s is a copy, so that words of one row do not hold for the next. */
static int fill_row(scoring *s, char *path, row *r, size_t done, size_t all) {
    wann_diag diag = {0};
    const char *name = path;
    int code = take_network(s, path, &name);
    if (code == WN_EXIT_OK)
        code = scoring_open(s, path);
    if (code != WN_EXIT_OK)
        return code;
    r->task = strdup(wann_task_name(s->task));
    r->network = strdup(name);
    r->samples = wann_task_type(s->task)->samples != NULL;
    if (!r->task || !r->network)
        return wn_cli_fail(&(wann_diag){.text = "out of memory"}, NULL);
    for (int c = 0; c < N_CONDITIONS; c++) {
        scoring_progress(s, done + (size_t)c, all);
        if (condition_run(s, (condition)c, &r->cells[c], &diag) != WANN_OK)
            return wn_cli_fail(&diag, path);
    }
    scoring_progress(s, done + N_CONDITIONS, all);
    return WN_EXIT_OK;
}

static void put_pair(wn_buf *out, const wann_summary *s, double factor, int digits) {
    wn_buf_fixed(out, factor * s->mean, digits);
    wn_buf_text(out, " ± ");
    wn_buf_fixed(out, factor * s->sd, digits);
}

static void put_markdown_cell(wn_buf *out, const row *r, condition which) {
    const condition_score *c = &r->cells[which];
    wn_buf_text(out, " | ");
    if (!c->known)
        wn_buf_char(out, '-');
    else if (r->samples)
        put_pair(out, &c->accuracy, 100, 1);
    else
        put_pair(out, &c->reward, 1, 1);
    if (c->known && r->samples)
        wn_buf_text(out, " %");
    if (c->known && which == CONDITION_TUNED_SHARED) {
        wn_buf_text(out, " (");
        wn_buf_double(out, c->weight);
        wn_buf_char(out, ')');
    }
}

/* A bar would end a cell, a line break the table. */
static void put_word(wn_buf *out, const char *word) {
    for (; *word; word++) {
        const bool control = (unsigned char)*word < 0x20 || *word == 0x7f;
        if (*word == '|' || *word == '\\' || *word == '`')
            wn_buf_char(out, '\\');
        wn_buf_char(out, control ? ' ' : *word);
    }
}

static void put_markdown(wn_buf *out, const scoring *s, const char *command, const row *rows,
                         size_t n) {
    wn_buf_text(out, "| task | network | random weights | random shared | tuned shared (weight) | "
                     "tuned weights |\n| --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < n; i++) {
        wn_buf_text(out, "| ");
        put_word(out, rows[i].task);
        wn_buf_text(out, " | ");
        put_word(out, rows[i].network);
        for (int c = 0; c < N_CONDITIONS; c++)
            put_markdown_cell(out, &rows[i], (condition)c);
        wn_buf_text(out, " |\n");
    }
    wn_buf_print(out, "\n%zu episodes from seed %llu; `", s->evaluation.episodes,
                 (unsigned long long)s->evaluation.seed);
    for (; *command; command++) /* a backtick would end the code */
        wn_buf_char(out, (unsigned char)*command < 0x20 || *command == '`' ? ' ' : *command);
    wn_buf_text(out, "`\n");
}

static void put_json_cell(wn_buf *out, const row *r, condition which) {
    const condition_score *c = &r->cells[which];
    wn_buf_print(out, ", \"%s\": ", condition_keys[which]);
    if (!c->known) {
        wn_buf_text(out, "null");
        return;
    }
    wn_buf_char(out, '{');
    scoring_json_summary(out, &c->reward);
    if (which == CONDITION_TUNED_SHARED) {
        wn_buf_text(out, ", \"weight\": ");
        scoring_json_number(out, c->weight);
    }
    if (r->samples) {
        wn_buf_text(out, ", \"accuracy\": {");
        scoring_json_summary(out, &c->accuracy);
        wn_buf_char(out, '}');
    }
    wn_buf_char(out, '}');
}

static void put_json(wn_buf *out, const scoring *s, const char *command, const row *rows, size_t n) {
    wn_buf_char(out, '{');
    scoring_json_text(out, "command", command);
    wn_buf_print(out, ", \"episodes\": %zu, \"seed\": %llu, \"rows\": [", s->evaluation.episodes,
                 (unsigned long long)s->evaluation.seed);
    for (size_t i = 0; i < n; i++) {
        wn_buf_text(out, i ? ", {" : "{");
        scoring_json_text(out, "task", rows[i].task);
        wn_buf_text(out, ", ");
        scoring_json_text(out, "network", rows[i].network);
        for (int c = 0; c < N_CONDITIONS; c++)
            put_json_cell(out, &rows[i], (condition)c);
        wn_buf_char(out, '}');
    }
    wn_buf_text(out, "]}\n");
}

static int table(const scoring *s, const char *command, char **paths, size_t n) {
    row *rows = calloc(n, sizeof *rows);
    int code = rows ? WN_EXIT_OK : wn_cli_fail(&(wann_diag){.text = "out of memory"}, NULL);
    for (size_t i = 0; i < n && code == WN_EXIT_OK; i++) {
        scoring one = *s;
        code = fill_row(&one, paths[i], &rows[i], i * N_CONDITIONS, n * N_CONDITIONS);
        scoring_end(&one);
    }
    wn_buf out = {0};
    if (code == WN_EXIT_OK && s->json)
        put_json(&out, s, command, rows, n);
    else if (code == WN_EXIT_OK)
        put_markdown(&out, s, command, rows, n);
    for (size_t i = 0; rows && i < n; i++) {
        free(rows[i].task);
        free(rows[i].network);
    }
    free(rows);
    return code == WN_EXIT_OK ? scoring_print(&out) : code;
}

/* What was typed, but for quotes. */
static char *copy_command(int argc, char **argv) {
    wn_buf text = {0};
    wn_buf_text(&text, "wann");
    for (int i = 0; i < argc; i++) {
        wn_buf_char(&text, ' ');
        wn_buf_text(&text, argv[i]);
    }
    return wn_buf_take(&text);
}

static int run(const char *command, int argc, char **argv) {
    scoring s = scoring_begin(COMMAND);
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (option == SCORING_HELP)
            return help();
        const int code = scoring_take(&s, option);
        if (code > 0)
            return code;
        if (code < 0)
            return wn_cli_bad_option(COMMAND, option, argv, options);
    }
    if (optind >= argc)
        return wn_cli_usage(COMMAND, "no network to score");
    if (s.tuned_from && optind + 1 < argc)
        return wn_cli_usage(COMMAND, "--tuned-from is for one network");
    if (s.evaluation.engine >= WANN_ENGINE_COMPILED || s.evaluation.math == WANN_MATH_INLINE)
        return wn_cli_usage(COMMAND, "random weights of connections cannot be compiled in");
    const int code = scoring_complete(&s);
    return code == WN_EXIT_OK ? table(&s, command, argv + optind, (size_t)(argc - optind)) : code;
}

/* getopt_long puts the words in another order. */
int wn_cmd_table(int argc, char **argv) {
    char *command = copy_command(argc, argv);
    const int code = command ? run(command, argc, argv)
                             : wn_cli_fail(&(wann_diag){.text = "out of memory"}, NULL);
    wann_free(command);
    return code;
}
