/* External pointers that own objects of the library.
 *
 * The pointer exists, with its finaliser, before the object does: whatever ends a function, the object is freed once. The tag tells the
 * kinds apart. A pointer that was saved and read again, in this session or another, is empty. */
#include "glue.h"

static const char *const TAGS[] = {
    [IDENTITY] = "cloakwork_identity",
    [CHANNEL] = "cloakwork_channel",
    [RUN] = "cloakwork_run",
    [CLIENT] = "cloakwork_client",
    [SERVER] = "cloakwork_server",
    [OPENING] = "cloakwork_opening",
    [CONTRIBUTION] = "cloakwork_contribution",
    [ACCOUNTANT] = "cloakwork_accountant",
    [MPC] = "cloakwork_mpc_session",
};
enum { KINDS = sizeof TAGS / sizeof TAGS[0] };
static const size_t PREFIX = sizeof "cloakwork_" - 1;

static bool is(SEXP handle, enum handle_kind kind) {
    return TYPEOF(handle) == EXTPTRSXP && R_ExternalPtrTag(handle) == Rf_install(TAGS[kind]);
}

static void release(enum handle_kind kind, void *object) {
    switch (kind) {
    case IDENTITY: cloak_identity_free(object); break;
    case CHANNEL: cloak_channel_free(object); break;
    case RUN: cloak_run_free(object); break;
    case CLIENT: cloak_client_free(object); break;
    case SERVER: cloak_server_free(object); break;
    case OPENING: cloak_opening_free(object); break;
    case CONTRIBUTION: cloak_contribution_free(object); break;
    case ACCOUNTANT: cloak_accountant_free(object); break;
    case MPC: mpc_free(object); break;
    }
}

static void end(SEXP handle) {
    void *object = R_ExternalPtrAddr(handle);
    if (object == NULL) {
        return;
    }
    for (int kind = 0; kind < KINDS; kind++) {
        if (is(handle, (enum handle_kind)kind)) {
            R_ClearExternalPtr(handle);
            release((enum handle_kind)kind, object);
            return;
        }
    }
}

SEXP handle_new(enum handle_kind kind) {
    SEXP handle = PROTECT(R_MakeExternalPtr(NULL, Rf_install(TAGS[kind]), R_NilValue));
    R_RegisterCFinalizerEx(handle, end, TRUE);
    UNPROTECT(1);
    return handle;
}

void *handle_of(SEXP handle, enum handle_kind kind) { return is(handle, kind) ? R_ExternalPtrAddr(handle) : NULL; }

SEXP handle_refused(enum handle_kind kind) {
    return failure_text(CLOAK_ERR_WRONG_HANDLE, TAGS[kind] + PREFIX,
                        "not a live object of this kind: it was closed, or it was saved and read again, which such objects do not survive");
}

/* Ends the object of a handle at once; a second time nothing happens. */
SEXP cw_close(SEXP handle) {
    if (TYPEOF(handle) == EXTPTRSXP) {
        end(handle);
    }
    return R_NilValue;
}

/* Whether the object of a handle lives. */
SEXP cw_alive(SEXP handle) { return Rf_ScalarLogical(TYPEOF(handle) == EXTPTRSXP && R_ExternalPtrAddr(handle) != NULL); }
