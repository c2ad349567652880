/* The MAC of requests and responses (docs/protocol.md, section 9). */
#include "glue.h"

#include <string.h>

SEXP cw_channel_new(SEXP identity_handle, SEXP side, SEXP peer) {
    OPEN(struct cloak_identity, identity, identity_handle, IDENTITY);
    REFUSE_UNLESS(TYPEOF(side) == INTSXP && XLENGTH(side) == 1, CLOAK_ERR_INVALID_ARGUMENT, "side");
    REFUSE_UNLESS(raw_sized(peer, CLOAK_KEY_SIZE), CLOAK_ERR_INVALID_LENGTH, "peer");
    SEXP handle = PROTECT(handle_new(CHANNEL));
    struct cloak_channel *channel = NULL;
    const cloak_status status = cloak_channel_new(identity, (uint8_t)INTEGER(side)[0], RAW(peer), &channel);
    R_SetExternalPtrAddr(handle, channel);
    UNPROTECT(1);
    return status == CLOAK_OK ? handle : failure(status, "peer");
}

static void text_of(SEXP x, const uint8_t **bytes, size_t *length) {
    *bytes = (const uint8_t *)CHAR(STRING_ELT(x, 0));
    *length = strlen(CHAR(STRING_ELT(x, 0)));
}

/* Fills in what a MAC covers; returns whether every part has its type. The strings stay R's. */
static bool request_of(SEXP direction, SEXP parts, SEXP run, SEXP counter, SEXP body_hash, struct cloak_request *out) {
    if (TYPEOF(direction) != INTSXP || XLENGTH(direction) != 1 || TYPEOF(parts) != VECSXP || XLENGTH(parts) != 3 || !one_string(counter) ||
        !raw_sized(body_hash, CLOAK_HASH_SIZE) || !(run == R_NilValue || raw_sized(run, CLOAK_RUN_ID_SIZE))) {
        return false;
    }
    for (R_xlen_t i = 0; i < 3; i++) {
        if (!one_string(VECTOR_ELT(parts, i))) {
            return false;
        }
    }
    text_of(VECTOR_ELT(parts, 0), &out->method, &out->method_length);
    text_of(VECTOR_ELT(parts, 1), &out->path, &out->path_length);
    text_of(VECTOR_ELT(parts, 2), &out->query, &out->query_length);
    out->run = run == R_NilValue ? NULL : RAW(run);
    out->direction = (uint8_t)INTEGER(direction)[0];
    memcpy(out->body_hash, RAW(body_hash), CLOAK_HASH_SIZE);
    return id_of(STRING_ELT(counter, 0), &out->counter);
}

/* The MAC of a message. `parts` is a list of method, path and query. */
SEXP cw_channel_mac(SEXP handle, SEXP direction, SEXP parts, SEXP run, SEXP counter, SEXP body_hash) {
    OPEN(struct cloak_channel, channel, handle, CHANNEL);
    struct cloak_request request;
    REFUSE_UNLESS(request_of(direction, parts, run, counter, body_hash, &request), CLOAK_ERR_INVALID_ARGUMENT, "request");
    uint8_t mac[CLOAK_MAC_SIZE];
    const cloak_status status = cloak_channel_mac(channel, &request, mac);
    return status == CLOAK_OK ? raw_copy(mac, sizeof mac) : failure(status, "request");
}

/* Whether this is the MAC of a message. */
SEXP cw_channel_verify(SEXP handle, SEXP direction, SEXP parts, SEXP run, SEXP counter, SEXP body_hash, SEXP mac) {
    OPEN(struct cloak_channel, channel, handle, CHANNEL);
    struct cloak_request request;
    REFUSE_UNLESS(request_of(direction, parts, run, counter, body_hash, &request), CLOAK_ERR_INVALID_ARGUMENT, "request");
    REFUSE_UNLESS(raw_sized(mac, CLOAK_MAC_SIZE), CLOAK_ERR_INVALID_LENGTH, "mac");
    const cloak_status status = cloak_channel_verify(channel, &request, RAW(mac));
    if (status == CLOAK_ERR_NOT_AUTHENTIC) {
        return Rf_ScalarLogical(FALSE);
    }
    return status == CLOAK_OK ? Rf_ScalarLogical(TRUE) : failure(status, "request");
}
