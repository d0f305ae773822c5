/* wann: the workbench. Finds the subcommand and runs it. */
#include <stdio.h>
#include <string.h>

#include "runtime/cli/cli.h"
#include "search/cli/commands.h"

const char wn_cli_program[] = "wann";

typedef struct command {
    const char *name;
    const char *usage;
    const char *help;
    int (*run)(int argc, char **argv);
} command;

static const command commands[] = {
#define X(name, usage, help) {#name, usage, help, wn_cmd_##name},
#include "search/cli/commands.def"
#undef X
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

/* What can be built in or left out; CMake says which is in. */
static const struct {
    const char *name;
    int built_in;
} parts[] = {{"PNG", WANN_WITH_PNG},
             {"ONNX", WANN_WITH_ONNX},
             {"LLVM", WANN_WITH_LLVM},
             {"Box2D", WANN_WITH_BOX2D},
             {"MPI", WANN_WITH_MPI},
             {"oneDNN", WANN_WITH_ONEDNN},
             {"WebAssembly", WANN_WITH_WASM}};

static void print_parts(const char *label, int built_in) {
    const char *separator = "";
    printf("%s: ", label);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!parts[i].built_in == !built_in) {
            printf("%s%s", separator, parts[i].name);
            separator = ", ";
        }
    puts(*separator ? "" : "nothing");
}

static int version(void) {
    printf("wann %s\n", wann_version());
    print_parts("built with", 1);
    print_parts("built without", 0);
    return WN_EXIT_OK;
}

static int help(void) {
    puts("usage: wann COMMAND [OPTIONS]\n"
         "\n"
         "The workbench for weight agnostic neural networks.\n"
         "\n"
         "Commands:");
    for (size_t i = 0; i < N_COMMANDS; i++)
        printf("  %-8s %-19s %s\n", commands[i].name, commands[i].usage, commands[i].help);
    puts("\n"
         "Options:\n"
         "  --help     this help; wann COMMAND --help tells about a command\n"
         "  --version  the version, and what this build can do\n"
         "\n"
         "Example:\n"
         "  wann convert champion.out --inputs 5 --outputs 1 -o champion.json\n"
         "\n"
         "Exit code: 0 on success, 1 if the work failed, 2 if the command line is wrong.");
    return WN_EXIT_OK;
}

static int unknown_command(const char *word) {
    const char *names[N_COMMANDS];
    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i].name;
    const char *nearest = wn_cli_nearest(word, names, N_COMMANDS);
    if (nearest)
        return wn_cli_usage(NULL, "unknown command '%s'; did you mean '%s'?", word, nearest);
    return wn_cli_usage(NULL, "unknown %s '%s'", word[0] == '-' ? "option" : "command", word);
}

static int run(int argc, char **argv) {
    if (argc < 2)
        return wn_cli_usage(NULL, "no command");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help();
    if (strcmp(argv[1], "--version") == 0)
        return version();
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return unknown_command(argv[1]);
}

int main(int argc, char **argv) {
    return wn_cli_finish(run(argc, argv));
}
