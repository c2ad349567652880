/* The server side of a run. */
#include "glue.h"

SEXP cw_server_new(SEXP run_handle) {
    OPEN(struct cloak_run, run, run_handle, RUN);
    SEXP handle = PROTECT(handle_new(SERVER));
    struct cloak_server *server = NULL;
    struct cloak_error error = {0, 0, 0, 0};
    const cloak_status status = cloak_server_new(run, &server, &error);
    R_SetExternalPtrAddr(handle, server);
    UNPROTECT(1);
    return status == CLOAK_OK ? handle : failure_of(&error, status, "run");
}

static SEXP refused(const struct cloak_server *server, cloak_status status, const char *argument) {
    struct cloak_error error = {0, 0, 0, 0};
    if (cloak_server_last_error(server, &error) != CLOAK_OK) {
        error.status = CLOAK_OK;
    }
    return failure_of(&error, status, argument);
}

SEXP cw_server_invite(SEXP handle) {
    OPEN(struct cloak_server, server, handle, SERVER);
    uint32_t epoch = 0;
    const cloak_status status = cloak_server_invite(server, &epoch);
    return status == CLOAK_OK ? Rf_ScalarReal(epoch) : refused(server, status, NULL);
}

/* What became of a message: its kind, whether it counted, and where its payload lies. */
SEXP cw_server_receive(SEXP handle, SEXP sender, SEXP message) {
    static const char *const FIELDS[] = {"kind", "payload_offset", "payload_length", "counted"};
    OPEN(struct cloak_server, server, handle, SERVER);
    uint64_t member = 0;
    REFUSE_UNLESS(one_string(sender) && id_of(STRING_ELT(sender, 0), &member), CLOAK_ERR_INVALID_ARGUMENT, "sender");
    REFUSE_UNLESS(TYPEOF(message) == RAWSXP, CLOAK_ERR_INVALID_ARGUMENT, "message");
    struct cloak_receipt receipt;
    const cloak_status status = cloak_server_receive(server, member, RAW(message), (size_t)XLENGTH(message), &receipt);
    if (status != CLOAK_OK) {
        return refused(server, status, "message");
    }
    const double numbers[] = {(double)receipt.payload_offset, (double)receipt.payload_length};
    SEXP out = PROTECT(scalars_list(FIELDS, 4, (struct scalars){&receipt.kind, 1, numbers, 2}));
    SET_VECTOR_ELT(out, 3, Rf_ScalarLogical(receipt.counted != 0));
    UNPROTECT(1);
    return out;
}

SEXP cw_server_close_step(SEXP handle) {
    OPEN(struct cloak_server, server, handle, SERVER);
    const cloak_status status = cloak_server_close_step(server);
    return status == CLOAK_OK ? R_NilValue : refused(server, status, NULL);
}

/* Begins a round with these participants; NULL for everyone with confirmed keys. */
SEXP cw_server_begin(SEXP handle, SEXP participants, SEXP context_hash) {
    OPEN(struct cloak_server, server, handle, SERVER);
    REFUSE_UNLESS(raw_sized(context_hash, CLOAK_HASH_SIZE), CLOAK_ERR_INVALID_LENGTH, "context");
    REFUSE_UNLESS(participants == R_NilValue || TYPEOF(participants) == STRSXP, CLOAK_ERR_INVALID_ARGUMENT, "participants");
    uint64_t *ids = NULL;
    size_t count = 0;
    if (participants != R_NilValue) {
        count = (size_t)XLENGTH(participants);
        /* Only NULL stands for everyone; an empty set has to be another pointer. */
        ids = (uint64_t *)R_alloc(count + 1, sizeof *ids);
        for (size_t i = 0; i < count; i++) {
            REFUSE_UNLESS(id_of(STRING_ELT(participants, (R_xlen_t)i), &ids[i]), CLOAK_ERR_INVALID_ARGUMENT, "participants");
        }
    }
    uint32_t round = 0;
    const cloak_status status = cloak_server_begin(server, ids, count, RAW(context_hash), &round);
    return status == CLOAK_OK ? Rf_ScalarReal(round) : refused(server, status, "participants");
}

typedef cloak_status message_function(const struct cloak_server *, uint64_t, uint8_t *, size_t, size_t *);

struct delivery {
    const struct cloak_server *server;
    uint64_t receiver;
    message_function *call;
};

static cloak_status deliver(const void *source, uint8_t *out, size_t room, size_t *length) {
    const struct delivery *delivery = source;
    return delivery->call(delivery->server, delivery->receiver, out, room, length);
}

/* A message for a member; NULL if it has no part in the step. */
static SEXP message_for(SEXP handle, SEXP receiver, message_function *call) {
    OPEN(struct cloak_server, server, handle, SERVER);
    struct delivery delivery = {server, 0, call};
    REFUSE_UNLESS(one_string(receiver) && id_of(STRING_ELT(receiver, 0), &delivery.receiver), CLOAK_ERR_INVALID_ARGUMENT, "receiver");
    uint8_t *out = NULL;
    size_t length = 0;
    const cloak_status status = written(deliver, &delivery, &out, &length);
    REFUSE_UNLESS(status == CLOAK_OK, status, "receiver");
    return length == 0 ? R_NilValue : raw_copy(out, length);
}

SEXP cw_server_message(SEXP handle, SEXP receiver) { return message_for(handle, receiver, cloak_server_message); }

SEXP cw_server_confirmations(SEXP handle, SEXP receiver) { return message_for(handle, receiver, cloak_server_confirmations); }

SEXP cw_server_stop(SEXP handle) {
    OPEN(struct cloak_server, server, handle, SERVER);
    const cloak_status status = cloak_server_stop(server);
    return status == CLOAK_OK ? R_NilValue : refused(server, status, NULL);
}

SEXP cw_server_finish(SEXP handle, SEXP outcome) {
    OPEN(struct cloak_server, server, handle, SERVER);
    REFUSE_UNLESS(TYPEOF(outcome) == INTSXP && XLENGTH(outcome) == 1, CLOAK_ERR_INVALID_ARGUMENT, "failure");
    const cloak_status status = cloak_server_finish(server, INTEGER(outcome)[0]);
    return status == CLOAK_OK ? R_NilValue : refused(server, status, "failure");
}

SEXP cw_server_phase(SEXP handle) {
    static const char *const FIELDS[] = {"step", "outcome", "epoch", "round", "pass"};
    OPEN(struct cloak_server, server, handle, SERVER);
    struct cloak_phase phase;
    const cloak_status status = cloak_server_get_phase(server, &phase);
    REFUSE_UNLESS(status == CLOAK_OK, status, NULL);
    const int integers[] = {phase.step, (int)phase.outcome};
    const double numbers[] = {phase.epoch, phase.round, phase.pass};
    return scalars_list(FIELDS, 5, (struct scalars){integers, 2, numbers, 3});
}

/* Ids of those who are waited for (0), confirmed (1), participants (2), survivors (3). */
SEXP cw_server_ids(SEXP handle, SEXP which) {
    static cloak_status (*const LISTS[])(const struct cloak_server *, uint64_t *, size_t, size_t *) = {
        cloak_server_waiting,
        cloak_server_confirmed,
        cloak_server_participants,
        cloak_server_survivors,
    };
    OPEN(struct cloak_server, server, handle, SERVER);
    REFUSE_UNLESS(TYPEOF(which) == INTSXP && XLENGTH(which) == 1 && INTEGER(which)[0] >= 0 && INTEGER(which)[0] < 4,
                  CLOAK_ERR_INVALID_ARGUMENT, "which");
    size_t count = 0;
    cloak_status status = LISTS[INTEGER(which)[0]](server, NULL, 0, &count);
    REFUSE_UNLESS(status == CLOAK_OK || status == CLOAK_ERR_BUFFER_TOO_SMALL, status, NULL);
    uint64_t *ids = (uint64_t *)R_alloc(count + 1, sizeof *ids);
    status = LISTS[INTEGER(which)[0]](server, ids, count, &count);
    return status == CLOAK_OK ? ids_text(ids, count) : failure(status, NULL);
}
