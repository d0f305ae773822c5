/* wannc: a network in, code or another artefact out. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compiler/cli/cli.h"
#include "runtime/base/alloc.h"

const char wn_cli_program[] = "wannc";

/* The command line as it was typed, for the comment in the generated file. Words with blanks are
 * quoted, so that they can be told apart. */
static char *command_line(int argc, char **argv) {
    wn_buf text = {0};
    wn_buf_text(&text, "wannc");
    for (int i = 1; i < argc; i++) {
        const char *quote = argv[i][strcspn(argv[i], " \t\n")] || !argv[i][0] ? "'" : "";
        wn_buf_print(&text, " %s%s%s", quote, argv[i], quote);
    }
    return wn_buf_take(&text);
}

static void say_inferred(const wn_request *r, const wann_net *net) {
    fprintf(stderr, "wannc: %s: note: inferred %zu input%s and %zu output%s; --inputs and --outputs say it\n",
            r->network, wann_net_inputs(net), wann_net_inputs(net) == 1 ? "" : "s", wann_net_outputs(net),
            wann_net_outputs(net) == 1 ? "" : "s");
}

/* Three digits: enough for people to compare. */
static void put_short(wn_buf *out, double value) {
    const double scale = value > 0 && isfinite(value) ? pow(10, 2 - floor(log10(value))) : 1;
    wn_buf_double(out, isfinite(scale) ? round(value * scale) / scale : value);
}

static void say_verified(const wn_request *r, const wann_net *net, const wann_verify_report *report) {
    wn_buf text = {0};
    wn_buf_print(&text, "verified: %zu inferences, ", report->inferences);
    if (report->exact) {
        wn_buf_text(&text, "every bit as the interpreter has it");
    } else {
        wn_buf_text(&text, "largest error ");
        put_short(&text, report->largest_error);
        wn_buf_text(&text, ", at most ");
        put_short(&text, report->share);
        wn_buf_print(&text, " of the bound; %zu at an edge", report->edges);
    }
    if (report->slopes > 0) {
        wn_buf_print(&text, "; %zu derivatives, at most ", report->slopes);
        put_short(&text, report->slope_share);
        wn_buf_text(&text, " of what rounding explains");
    }
    if (report->largest_error > 0) {
        wn_buf_text(&text, "\n  largest error at ");
        if (r->compile.weighting == WANN_WEIGHT_PARAMETER) {
            wn_buf_text(&text, "weight ");
            wn_buf_double(&text, report->weight);
            wn_buf_text(&text, ", ");
        }
        wn_buf_text(&text, "input ");
        for (size_t k = 0; k < wann_net_inputs(net); k++) {
            wn_buf_text(&text, k > 0 ? "," : "");
            wn_buf_double(&text, report->input[k]);
        }
    }
    if (!text.failed)
        fprintf(stderr, "wannc: %s: note: %s\n", r->output ? r->output : r->network, text.data);
    wn_buf_free(&text);
}

/* With an output file: make it as well. */
static wann_status verify(const wn_request *r, const wann_net *net, wann_diag *diag) {
    wann_verify_report report;
    const wann_status status = wann_verify(net, &r->compile, r->kind, r->output, r->header, r->verify_inputs,
                                           &report, diag);
    if (status == WANN_OK && !r->quiet)
        say_verified(r, net, &report);
    wann_free(report.input);
    return status;
}

static wann_status write_output(const wn_request *r, const wann_net *net, wann_diag *diag) {
    if (r->verify) {
        const wann_status status = verify(r, net, diag);
        if (status != WANN_OK || r->output)
            return status;
    }
    if (r->output)
        return wann_compile_file(net, &r->compile, r->kind, r->output, r->header, diag);
    if (r->dump_ir || r->stats)
        return WANN_OK;
    char *text;
    const wann_status status = wann_compile_text(net, &r->compile, r->kind, &text, NULL, diag);
    if (status == WANN_OK)
        fputs(text, stdout);
    wann_free(status == WANN_OK ? text : NULL);
    return status;
}

static wann_status compile(wn_request *r, const wann_net *net, wann_diag *diag) {
    wann_status status = WANN_OK;
    if (r->dump_ir || r->stats)
        status = wn_show_passes(r, net, diag);
    if (status == WANN_OK)
        status = write_output(r, net, diag);
    return status;
}

static wann_status load(wn_request *r, wann_net **net, double **tuned, wann_diag *diag) {
    bool inferred;
    wann_status status = wann_net_read(r->network, &r->read, net, &inferred, diag);
    if (status != WANN_OK)
        return status;
    if (inferred && !r->quiet)
        say_inferred(r, *net);
    if (r->tuned_from)
        status = wann_weights_read(*net, r->tuned_from, r->weight_bias, tuned, diag);
    r->compile.tuned = *tuned;
    return status;
}

/* The stem of a path as a C identifier; NULL: none, or out of memory. */
static char *stem_of(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *stem = slash ? slash + 1 : path;
    wn_buf text = {0};
    wn_buf_bytes(&text, stem, strcspn(stem, "."));
    char *copy = wn_buf_take(&text);
    char *name = copy ? wn_c_identifier(copy) : NULL;
    wann_free(copy);
    return name;
}

static int exit_code(const wn_request *r, wann_status status, const wann_diag *diag) {
    if (status == WANN_OK)
        return WN_EXIT_OK;
    if (status == WANN_UNSUPPORTED) /* asking for what there is not is a matter of usage */
        return wn_cli_usage(NULL, "%s%s%s", r->output ? r->output : "", r->output ? ": " : "", diag->text);
    return wn_cli_fail(diag, r->network);
}

int main(int argc, char **argv) {
    wn_request request;
    bool done;
    const int code = wn_parse_options(argc, argv, &request, &done);
    if (code != WN_EXIT_OK || done) {
        wann_free(request.input_range);
        wann_free(request.ensemble_weights);
        return wn_cli_finish(code);
    }
    wann_net *net = NULL;
    double *tuned = NULL;
    wann_diag diag = {0};
    char *command = command_line(argc, argv);
    char *stem = request.output ? stem_of(request.output) : NULL;
    if (!request.compile.name)
        request.compile.name = stem;
    request.compile.source = request.network;
    request.compile.command = command;
    wann_status status = load(&request, &net, &tuned, &diag);
    if (status == WANN_OK)
        status = compile(&request, net, &diag);
    wann_free(request.input_range);
    wann_free(request.ensemble_weights);
    wann_free(command);
    wann_free(stem);
    wann_free(tuned);
    wann_net_destroy(net);
    return wn_cli_finish(exit_code(&request, status, &diag));
}
