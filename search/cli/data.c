/* wann data: get data sets, and tell where they are. */
#define _GNU_SOURCE
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "envs/data/data.h"
#include "runtime/base/alloc.h"
#include "runtime/base/escape.h"
#include "runtime/cli/cli.h"
#include "search/cli/commands.h"

static const char COMMAND[] = "data";

typedef struct request {
    const char *action;
    const wn_data_set *set; /* NULL: none named */
    const char *from;
    bool json;
    bool quiet;
} request;

static int help(void) {
    puts("usage: wann data list [OPTIONS]\n"
         "       wann data get SET [--from FOLDER] [OPTIONS]\n"
         "       wann data path SET\n"
         "\n"
         "Data sets that tasks need, and that cannot be shipped with this program.\n"
         "\n"
         "list  which there are, and whether they are here\n"
         "get   bring one here: by the package manager that has it, or from files of yours; every\n"
         "      file is checked by its SHA-256, and nothing half done is left behind\n"
         "path  print the folder of one that is here\n"
         "\n"
         "Options:\n"
         "  --from FOLDER  take the files of the set from there, as they are or with .gz behind\n"
         "  --json         one JSON document on standard output\n"
         "  --quiet        no notes on standard error\n"
         "\n"
         "Sets lie in $WANN_DATA, else in $XDG_DATA_HOME/wann or ~/.local/share/wann.\n"
         "\n"
         "Example:\n"
         "  wann data get mnist");
    return WN_EXIT_OK;
}

static int out_of_memory(void) {
    return wn_cli_fail(&(wann_diag){.text = "out of memory"}, NULL);
}

static void escape_member(wn_buf *out, const char *name, const char *text) {
    wn_buf_print(out, "\"%s\": \"", name);
    wn_escape(out, WN_ESCAPE_JSON, text);
    wn_buf_text(out, "\"");
}

static int print_and_free(wn_buf *out) {
    const bool failed = out->failed;
    if (!failed)
        puts(out->data);
    wn_buf_free(out);
    return failed ? out_of_memory() : WN_EXIT_OK;
}

/* --- list ------------------------------------------------------------------------------------- */

static void list_json(wn_buf *out, const wn_data_set *set, const char *folder) {
    size_t bytes = 0;
    for (size_t i = 0; i < set->n_files; i++)
        bytes += set->files[i].size;
    wn_buf_text(out, "{");
    escape_member(out, "name", set->name);
    wn_buf_print(out, ", \"present\": %s, \"bytes\": %zu, ",
                 wn_data_present(set) ? "true" : "false", bytes);
    escape_member(out, "summary", set->summary);
    wn_buf_text(out, ", ");
    escape_member(out, "source", set->source);
    wn_buf_text(out, ", ");
    escape_member(out, "folder", folder);
    wn_buf_text(out, "}");
}

static void list_text(wn_buf *out, const wn_data_set *set, const char *folder, bool last) {
    wn_buf_print(out, "%-8s %s\n         from %s\n         ", set->name, set->summary, set->source);
    if (wn_data_present(set))
        wn_buf_print(out, "in %s%s", folder, last ? "" : "\n");
    else
        wn_buf_print(out, "not here; wann data get %s%s", set->name, last ? "" : "\n");
}

static int list(const request *r) {
    size_t n;
    const wn_data_set *sets = wn_data_sets(&n);
    wn_buf out = {0};
    wann_diag diag = {0};
    wn_buf_text(&out, r->json ? "{\"sets\": [" : "");
    for (size_t i = 0; i < n; i++) {
        char *folder;
        if (wn_data_folder(&sets[i], &folder, &diag) != WANN_OK) {
            wn_buf_free(&out);
            return wn_cli_fail(&diag, NULL);
        }
        wn_buf_text(&out, r->json && i > 0 ? ", " : "");
        if (r->json)
            list_json(&out, &sets[i], folder);
        else
            list_text(&out, &sets[i], folder, i + 1 == n);
        wn_free(folder);
    }
    wn_buf_text(&out, r->json ? "]}" : "");
    return print_and_free(&out);
}

/* --- get and path ----------------------------------------------------------------------------- */

static volatile sig_atomic_t stop;

static void note_signal(int signal_number) {
    stop = signal_number;
}

/* Signals that would leave work behind wait until it is cleaned up. */
static wann_status fetch(const request *r, bool *fetched, wann_diag *diag) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    enum { N = sizeof signals / sizeof *signals };
    struct sigaction action = {0}, before[N];
    action.sa_handler = note_signal;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < N; i++)
        sigaction(signals[i], &action, &before[i]);
    const wann_status status = wn_data_fetch(r->set, r->from, &stop, fetched, diag);
    for (int i = 0; i < N; i++)
        sigaction(signals[i], &before[i], NULL);
    return status;
}

static int print_got(const request *r, bool fetched, const char *folder) {
    if (r->json) {
        wn_buf out = {0};
        wn_buf_text(&out, "{");
        escape_member(&out, "name", r->set->name);
        wn_buf_print(&out, ", \"fetched\": %s, ", fetched ? "true" : "false");
        escape_member(&out, "folder", folder);
        wn_buf_text(&out, "}");
        return print_and_free(&out);
    }
    if (!r->quiet)
        fprintf(stderr, "wann: %s is %s %s\n", r->set->name, fetched ? "now in" : "already in",
                folder);
    return WN_EXIT_OK;
}

static int get(const request *r) {
    bool fetched;
    wann_diag diag = {0};
    char *folder;
    if (!r->quiet && !r->from && !wn_data_present(r->set))
        fprintf(stderr, "wann: getting %s from %s\n", r->set->name, r->set->source);
    if (fetch(r, &fetched, &diag) != WANN_OK) {
        const int code = wn_cli_fail(&diag, NULL);
        return stop ? 128 + stop : code;
    }
    if (wn_data_folder(r->set, &folder, &diag) != WANN_OK)
        return wn_cli_fail(&diag, NULL);
    const int code = print_got(r, fetched, folder);
    wn_free(folder);
    return code;
}

static int print_path(const request *r) {
    char *path;
    wann_diag diag = {0};
    for (size_t i = 0; i < r->set->n_files; i++) {
        if (wn_data_path(r->set, i, &path, &diag) != WANN_OK)
            return wn_cli_fail(&diag, NULL);
        wn_free(path);
    }
    if (wn_data_folder(r->set, &path, &diag) != WANN_OK)
        return wn_cli_fail(&diag, NULL);
    wn_buf out = {0};
    if (r->json) {
        wn_buf_text(&out, "{");
        escape_member(&out, "path", path);
        wn_buf_text(&out, "}");
    } else {
        wn_buf_text(&out, path);
    }
    wn_free(path);
    return print_and_free(&out);
}

/* --- the command line ------------------------------------------------------------------------- */

enum { OPTION_FROM = 256, OPTION_JSON, OPTION_QUIET, OPTION_HELP };
static const struct option options[] = {{"from", required_argument, NULL, OPTION_FROM},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {"quiet", no_argument, NULL, OPTION_QUIET},
                                        {"help", no_argument, NULL, OPTION_HELP},
                                        {NULL, 0, NULL, 0}};

static int take_option(request *r, int option, char **argv) {
    switch (option) {
    case OPTION_FROM:
        r->from = optarg;
        return WN_EXIT_OK;
    case OPTION_JSON:
        r->json = true;
        return WN_EXIT_OK;
    case OPTION_QUIET:
        r->quiet = true;
        return WN_EXIT_OK;
    }
    return wn_cli_bad_option(COMMAND, option, argv, options);
}

static int unknown(const char *what, const char *word, const char *const *words, size_t n) {
    const char *nearest = wn_cli_nearest(word, words, n);
    if (nearest)
        return wn_cli_usage(COMMAND, "unknown %s '%s'; did you mean '%s'?", what, word, nearest);
    return wn_cli_usage(COMMAND, "unknown %s '%s'; expected %s, %s%s%s", what, word, words[0],
                        words[1], n > 2 ? " or " : "", n > 2 ? words[2] : "");
}

static int take_set(request *r, const char *name) {
    enum { MOST = 16 };
    const char *names[MOST];
    size_t n;
    const wn_data_set *sets = wn_data_sets(&n);
    r->set = wn_data_set_named(name);
    for (size_t i = 0; i < n && i < MOST; i++)
        names[i] = sets[i].name;
    return r->set ? WN_EXIT_OK : unknown("data set", name, names, n);
}

/* The words that are no options: an action, and the set it is for. */
static int take_words(request *r, int n, char **word) {
    static const char *const actions[] = {"list", "get", "path"};
    if (n == 0)
        return wn_cli_usage(COMMAND, "nothing to do; expected list, get or path");
    r->action = NULL;
    for (int i = 0; i < 3; i++)
        if (strcmp(word[0], actions[i]) == 0)
            r->action = actions[i];
    if (!r->action)
        return unknown("action", word[0], actions, 3);
    const int most = r->action == actions[0] ? 1 : 2;
    if (n > most)
        return wn_cli_usage(COMMAND, "'%s' is too much", word[most]);
    if (n < most)
        return wn_cli_usage(COMMAND, "%s needs the name of a data set", r->action);
    if (r->from && r->action != actions[1])
        return wn_cli_usage(COMMAND, "--from is for get");
    return most == 2 ? take_set(r, word[1]) : WN_EXIT_OK;
}

int wn_cmd_data(int argc, char **argv) {
    request r = {0};
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (option == OPTION_HELP)
            return help();
        const int code = take_option(&r, option, argv);
        if (code != WN_EXIT_OK)
            return code;
    }
    const int code = take_words(&r, argc - optind, argv + optind);
    if (code != WN_EXIT_OK)
        return code;
    return *r.action == 'l' ? list(&r) : *r.action == 'g' ? get(&r) : print_path(&r);
}
