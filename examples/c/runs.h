/* A run as two files: what the controller hands to everybody. */
#ifndef RUNS_H
#define RUNS_H

#include "files.h"

void run_write(const char *folder, const cloak_run *run);

/* The caller frees the run. A description that does not fit its roster ends the program. */
cloak_run *run_read(const char *folder);

#endif
