/* What commands that run for long share: signals that end them cleanly, and the processes of
 * mpirun. */
#ifndef WN_LONG_RUN_H
#define WN_LONG_RUN_H

#include <signal.h>

#include "wann/search.h"

/* The signal that told the program to stop; 0: none yet. */
extern volatile sig_atomic_t wn_long_run_stop;

/* Watch signals and do the command, at rank 0 if mpirun has started several processes: that is the
 * one that people see. The others get what they need from it, read no command line and print
 * nothing. */
int wn_long_run(int argc, char **argv, int (*command)(int argc, char **argv, wann_ranks *ranks));

/* Processors that this process may use, shared with the other ranks on this machine: mpirun binds
 * each to its own, or says how many there are. */
size_t wn_long_run_processors(const wann_ranks *ranks);

#endif
