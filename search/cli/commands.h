/* The subcommands of wann. */
#ifndef WN_COMMANDS_H
#define WN_COMMANDS_H

/* Each takes the words from its own name on and returns the exit code. */
#define X(name, usage, help) int wn_cmd_##name(int argc, char **argv);
#include "search/cli/commands.def"
#undef X

#endif
