/* The signals that ask a server to end. R ends at once on SIGTERM; a server first closes its listeners and its TLS proxy. */
#include "glue.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t caught = 0;
static struct sigaction before;

static void note(int number) {
    (void)number;
    caught = 1;
}

/* From now on SIGTERM is noted instead of obeyed. */
SEXP cw_signals_catch(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note;
    sigemptyset(&action.sa_mask);
    caught = 0;
    return Rf_ScalarLogical(sigaction(SIGTERM, &action, &before) == 0);
}

/* Whether one came. */
SEXP cw_signals_caught(void) { return Rf_ScalarLogical(caught != 0); }

/* As it was before. */
SEXP cw_signals_release(void) { return Rf_ScalarLogical(sigaction(SIGTERM, &before, NULL) == 0); }
