/* The calls that a user of libwann makes first: read a network, run it, compile it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wann/compile.h>

static int fail(const wann_diag *diag) {
    fprintf(stderr, "%s:%d: %s\n", diag->path, diag->line, diag->text);
    return 1;
}

/* Print the outputs for inputs of 0.5 and the weight -1.5, and say whether the code names the net. */
static int use(const wann_net *net, wann_diag *diag) {
    double *in = calloc(wann_net_inputs(net) + 1, sizeof *in);
    double *act = calloc(wann_net_nodes(net), sizeof *act);
    double *out = calloc(wann_net_outputs(net), sizeof *out);
    if (!in || !act || !out)
        return 1;
    for (size_t i = 0; i < wann_net_inputs(net); i++)
        in[i] = 0.5;
    wann_run(net, in, (wann_weights){.shared = -1.5}, NULL, act, out);
    for (size_t o = 0; o < wann_net_outputs(net); o++)
        printf("%.6f\n", out[o]);
    free(in);
    free(act);
    free(out);

    wann_compile_options options = wann_compile_defaults();
    options.name = "consumer_policy";
    char *text = NULL;
    if (wann_compile_text(net, &options, WANN_KIND_C, &text, NULL, diag) != WANN_OK)
        return fail(diag);
    const int named = strstr(text, "void consumer_policy(") != NULL;
    wann_free(text);
    return !named;
}

int main(int argc, char **argv) {
    wann_diag diag;
    wann_net *net;
    if (argc != 2)
        return 2;
    if (wann_net_read(argv[1], NULL, &net, NULL, &diag) != WANN_OK)
        return fail(&diag);
    const int status = use(net, &diag);
    wann_net_destroy(net);
    return status;
}
