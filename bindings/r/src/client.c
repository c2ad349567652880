/* Members of a run. */
#include "glue.h"

#include <math.h>

SEXP cw_client_new(SEXP run_handle, SEXP identity_handle, SEXP saved) {
    OPEN(struct cloak_run, run, run_handle, RUN);
    OPEN(struct cloak_identity, identity, identity_handle, IDENTITY);
    REFUSE_UNLESS(saved == R_NilValue || TYPEOF(saved) == RAWSXP, CLOAK_ERR_INVALID_ARGUMENT, "saved");
    SEXP handle = PROTECT(handle_new(CLIENT));
    struct cloak_client *client = NULL;
    struct cloak_error error = {0, 0, 0, 0};
    const cloak_status status = saved == R_NilValue ? cloak_client_new(run, identity, &client, &error)
                                                    : cloak_client_load(run, identity, RAW(saved), (size_t)XLENGTH(saved), &client, &error);
    R_SetExternalPtrAddr(handle, client);
    UNPROTECT(1);
    return status == CLOAK_OK ? handle : failure_of(&error, status, saved == R_NilValue ? "identity" : "saved");
}

/* The refusal of a call on a client, with the party that it blames. */
static SEXP refused(const struct cloak_client *client, cloak_status status, const char *argument) {
    struct cloak_error error = {0, 0, 0, 0};
    if (cloak_client_last_error(client, &error) != CLOAK_OK) {
        error.status = CLOAK_OK;
    }
    return failure_of(&error, status, argument);
}

typedef cloak_status answer_function(struct cloak_client *, const struct cloak_rng *, const uint8_t *, size_t, uint8_t *, size_t, size_t *);

struct question {
    struct cloak_client *client;
    SEXP message;
    SEXP bytes;
    answer_function *call;
};

static cloak_status ask(const void *source, uint8_t *out, size_t room, size_t *length) {
    const struct question *question = source;
    struct tape tape;
    const struct cloak_rng *rng = rng_of(question->bytes, &tape);
    return question->call(question->client, rng, RAW(question->message), (size_t)XLENGTH(question->message), out, room, length);
}

/* The answer of a client to a message. It may hold mask keys on their way to the server, so that the working copy is wiped. */
static SEXP answer(SEXP handle, SEXP message, SEXP bytes, answer_function *call) {
    OPEN(struct cloak_client, client, handle, CLIENT);
    REFUSE_UNLESS(TYPEOF(message) == RAWSXP, CLOAK_ERR_INVALID_ARGUMENT, "message");
    const struct question question = {client, message, bytes, call};
    uint8_t *out = NULL;
    size_t length = 0;
    const cloak_status status = written(ask, &question, &out, &length);
    if (status != CLOAK_OK) {
        return refused(client, status, "message");
    }
    SEXP said = raw_copy(out, length);
    wipe(out, length);
    return said;
}

static cloak_status confirm(struct cloak_client *client, const struct cloak_rng *rng, const uint8_t *message, size_t length, uint8_t *out,
                            size_t room, size_t *needed) {
    (void)rng;
    return cloak_client_confirm(client, message, length, out, room, needed);
}

static cloak_status acknowledge(struct cloak_client *client, const struct cloak_rng *rng, const uint8_t *message, size_t length,
                                uint8_t *out, size_t room, size_t *needed) {
    (void)rng;
    return cloak_client_acknowledge(client, message, length, out, room, needed);
}

static cloak_status unmask(struct cloak_client *client, const struct cloak_rng *rng, const uint8_t *message, size_t length, uint8_t *out,
                           size_t room, size_t *needed) {
    (void)rng;
    return cloak_client_unmask(client, message, length, out, room, needed);
}

SEXP cw_client_advertise(SEXP handle, SEXP message, SEXP bytes) { return answer(handle, message, bytes, cloak_client_advertise); }

SEXP cw_client_confirm(SEXP handle, SEXP message) { return answer(handle, message, R_NilValue, confirm); }

SEXP cw_client_acknowledge(SEXP handle, SEXP message) { return answer(handle, message, R_NilValue, acknowledge); }

SEXP cw_client_unmask(SEXP handle, SEXP message) { return answer(handle, message, R_NilValue, unmask); }

/* How many neighbours did not confirm. */
SEXP cw_client_accept(SEXP handle, SEXP message) {
    OPEN(struct cloak_client, client, handle, CLIENT);
    REFUSE_UNLESS(TYPEOF(message) == RAWSXP, CLOAK_ERR_INVALID_ARGUMENT, "message");
    size_t unconfirmed = 0;
    const cloak_status status = cloak_client_accept(client, RAW(message), (size_t)XLENGTH(message), &unconfirmed);
    return status == CLOAK_OK ? Rf_ScalarReal((double)unconfirmed) : refused(client, status, "message");
}

SEXP cw_client_begin(SEXP handle, SEXP message, SEXP context_hash) {
    OPEN(struct cloak_client, client, handle, CLIENT);
    REFUSE_UNLESS(TYPEOF(message) == RAWSXP, CLOAK_ERR_INVALID_ARGUMENT, "message");
    REFUSE_UNLESS(raw_sized(context_hash, CLOAK_HASH_SIZE), CLOAK_ERR_INVALID_LENGTH, "context");
    const cloak_status status = cloak_client_begin(client, RAW(message), (size_t)XLENGTH(message), RAW(context_hash));
    return status == CLOAK_OK ? R_NilValue : refused(client, status, "message");
}

/* The public seed of the round's rotation, in a run with a noise mechanism. */
SEXP cw_client_rotation_seed(SEXP handle) {
    OPEN(struct cloak_client, client, handle, CLIENT);
    uint8_t seed[CLOAK_KEY_SIZE];
    const cloak_status status = cloak_client_rotation_seed(client, seed);
    return status == CLOAK_OK ? raw_copy(seed, sizeof seed) : refused(client, status, NULL);
}

/* The outcome of the round. */
SEXP cw_client_finish(SEXP handle, SEXP message) {
    OPEN(struct cloak_client, client, handle, CLIENT);
    REFUSE_UNLESS(TYPEOF(message) == RAWSXP, CLOAK_ERR_INVALID_ARGUMENT, "message");
    uint32_t outcome = 0;
    const cloak_status status = cloak_client_finish(client, RAW(message), (size_t)XLENGTH(message), &outcome);
    return status == CLOAK_OK ? Rf_ScalarInteger((int)outcome) : refused(client, status, "message");
}

/* Whether integers hold R's NA, which is the smallest int. */
static bool any_na(const int *values, R_xlen_t count) {
    bool found = false;
    for (R_xlen_t i = 0; i < count; i++) {
        found |= values[i] == NA_INTEGER;
    }
    return found;
}

/* The values of a segment where R has them: doubles, integers, or residues as raw bytes in lanes. Returns a status. */
static cloak_status values_of(SEXP x, int32_t lane, struct cloak_values *out) {
    switch (TYPEOF(x)) {
    case REALSXP: *out = (struct cloak_values){CLOAK_F64, REAL(x), (size_t)XLENGTH(x)}; return CLOAK_OK;
    case INTSXP:
        *out = (struct cloak_values){CLOAK_I32, INTEGER(x), (size_t)XLENGTH(x)};
        return any_na(INTEGER(x), XLENGTH(x)) ? CLOAK_ERR_NOT_FINITE : CLOAK_OK;
    case RAWSXP:
        if ((size_t)XLENGTH(x) % lane_size(lane) != 0) {
            return CLOAK_ERR_INVALID_LENGTH;
        }
        *out = (struct cloak_values){lane, aligned_lanes(x, lane), (size_t)XLENGTH(x) / lane_size(lane)};
        return CLOAK_OK;
    default: return CLOAK_ERR_INVALID_ARGUMENT;
    }
}

/* The number of the first segment whose values have another length than the run says, or the count: so that a refusal can name it. */
static R_xlen_t misfit(const struct cloak_run *run, const struct cloak_values *values, R_xlen_t count) {
    struct cloak_layout layout;
    for (R_xlen_t i = 0; i < count; i++) {
        if (cloak_run_layout(run, (uint32_t)i, &layout) == CLOAK_OK && layout.length != values[i].length) {
            return i;
        }
    }
    return count;
}

/* Whether a segment holds the value that was refused: none of its own checks is needed while all goes well. */
static bool holds_refused(const struct cloak_values *values, const struct cloak_segment *about, const struct cloak_layout *layout,
                          cloak_status status) {
    if (values->type != CLOAK_F64 && values->type != CLOAK_I32) {
        return false;
    }
    const double most = ldexp((double)layout->limit + 0.5, -about->fraction);
    for (size_t i = 0; i < values->length; i++) {
        const double value = values->type == CLOAK_F64 ? ((const double *)values->data)[i] : ((const int32_t *)values->data)[i];
        if (status == CLOAK_ERR_NOT_FINITE ? !isfinite(value) : fabs(value) >= most) {
            return true;
        }
    }
    return false;
}

/* The label of the segment with the refused value, in `about`; "values" where none is known. */
static const char *culprit(const struct cloak_run *run, const struct cloak_values *values, R_xlen_t count, cloak_status status,
                           struct cloak_segment *about) {
    struct cloak_layout layout;
    for (R_xlen_t i = 0; (status == CLOAK_ERR_NOT_FINITE || status == CLOAK_ERR_OUT_OF_RANGE) && i < count; i++) {
        if (cloak_run_segment(run, (uint32_t)i, about) == CLOAK_OK && cloak_run_layout(run, (uint32_t)i, &layout) == CLOAK_OK &&
            holds_refused(&values[i], about, &layout, status)) {
            return about->label;
        }
    }
    return "values";
}

/* Writes the masked message straight into the memory of its result. */
static SEXP mask(struct cloak_client *client, const struct cloak_run *run, const struct cloak_rng *rng, const struct cloak_values *values,
                 R_xlen_t count) {
    struct cloak_segment about;
    size_t size = 0;
    cloak_status status = cloak_client_masked_size(client, &size);
    if (status != CLOAK_OK) {
        return refused(client, status, NULL);
    }
    SEXP out = PROTECT(Rf_allocVector(RAWSXP, (R_xlen_t)size));
    status = cloak_client_mask(client, rng, values, (size_t)count, RAW(out), size, &size);
    UNPROTECT(1);
    return status == CLOAK_OK ? out : refused(client, status, culprit(run, values, count, status, &about));
}

/* Masks a contribution: a list of vectors, one for each segment, which are read where they are. */
SEXP cw_client_mask(SEXP handle, SEXP run_handle, SEXP segments, SEXP bytes) {
    OPEN(struct cloak_client, client, handle, CLIENT);
    OPEN(struct cloak_run, run, run_handle, RUN);
    REFUSE_UNLESS(TYPEOF(segments) == VECSXP, CLOAK_ERR_INVALID_ARGUMENT, "values");
    struct cloak_values values[CLOAK_MAX_SEGMENTS];
    struct cloak_segment about;
    struct cloak_layout layout;
    struct tape tape;
    const R_xlen_t count = XLENGTH(segments);
    REFUSE_UNLESS(count <= CLOAK_MAX_SEGMENTS, CLOAK_ERR_INVALID_LENGTH, "values");
    for (R_xlen_t i = 0; i < count; i++) {
        cloak_status status = cloak_run_segment(run, (uint32_t)i, &about);
        REFUSE_UNLESS(status == CLOAK_OK, CLOAK_ERR_INVALID_LENGTH, "values");
        status = values_of(VECTOR_ELT(segments, i), lane_of(about.bits), &values[i]);
        REFUSE_UNLESS(status == CLOAK_OK, status, about.label);
    }
    const R_xlen_t wrong = misfit(run, values, count);
    if (wrong < count && cloak_run_segment(run, (uint32_t)wrong, &about) == CLOAK_OK &&
        cloak_run_layout(run, (uint32_t)wrong, &layout) == CLOAK_OK) {
        const struct cloak_error error = {CLOAK_ERR_INVALID_LENGTH, CLOAK_ERROR_HAS_BOUND, 0, layout.length};
        return failure_of(&error, CLOAK_ERR_INVALID_LENGTH, about.label);
    }
    return mask(client, run, rng_of(bytes, &tape), values, count);
}

/* Makes the contribution of a run with a noise mechanism from its parts, each a vector of doubles, and masks it. */
SEXP cw_client_mask_private(SEXP handle, SEXP run_handle, SEXP parts, SEXP bytes) {
    OPEN(struct cloak_client, client, handle, CLIENT);
    OPEN(struct cloak_run, run, run_handle, RUN);
    REFUSE_UNLESS(TYPEOF(parts) == VECSXP, CLOAK_ERR_INVALID_ARGUMENT, "values");
    struct cloak_mechanism mechanism;
    struct cloak_run_config config;
    struct cloak_segment segment;
    struct cloak_error error = {0, 0, 0, 0};
    struct tape tape;
    uint8_t rotation[CLOAK_KEY_SIZE];
    cloak_status status = cloak_run_get_mechanism(run, &mechanism);
    REFUSE_UNLESS(status == CLOAK_OK, status, "run");
    REFUSE_UNLESS(cloak_run_get_config(run, &config) == CLOAK_OK && cloak_run_segment(run, 0, &segment) == CLOAK_OK,
                  CLOAK_ERR_INVALID_ARGUMENT, "run");
    status = cloak_client_rotation_seed(client, rotation);
    if (status != CLOAK_OK) {
        return refused(client, status, NULL);
    }
    SEXP owner = PROTECT(handle_new(CONTRIBUTION));
    struct cloak_contribution *contribution = NULL;
    status = cloak_contribution_new(&mechanism, segment.bits, config.suite, rotation, &contribution, &error);
    R_SetExternalPtrAddr(owner, contribution);
    const struct cloak_rng *rng = rng_of(bytes, &tape);
    for (R_xlen_t i = 0; status == CLOAK_OK && i < XLENGTH(parts); i++) {
        SEXP part = VECTOR_ELT(parts, i);
        const struct cloak_values values = {CLOAK_F64, TYPEOF(part) == REALSXP ? REAL(part) : NULL, (size_t)XLENGTH(part)};
        status = TYPEOF(part) == REALSXP ? cloak_contribution_add(contribution, rng, &values) : CLOAK_ERR_INVALID_ARGUMENT;
    }
    if (status != CLOAK_OK) {
        UNPROTECT(1);
        return failure_of(&error, status, "values");
    }
    const struct cloak_values whole_vector = {CLOAK_CONTRIBUTION, contribution, (size_t)segment.length};
    SEXP out = PROTECT(mask(client, run, rng, &whole_vector, 1));
    /* The residues are wiped now, not when R happens to collect. */
    R_ClearExternalPtr(owner);
    cloak_contribution_free(contribution);
    UNPROTECT(2);
    return out;
}

SEXP cw_client_save(SEXP handle) {
    OPEN(struct cloak_client, client, handle, CLIENT);
    size_t length = 0;
    cloak_status status = cloak_client_save(client, NULL, 0, &length);
    if (status != CLOAK_OK && status != CLOAK_ERR_BUFFER_TOO_SMALL) {
        return refused(client, status, NULL);
    }
    SEXP out = PROTECT(Rf_allocVector(RAWSXP, (R_xlen_t)length));
    status = cloak_client_save(client, RAW(out), length, &length);
    UNPROTECT(1);
    return status == CLOAK_OK ? out : failure(status, NULL);
}

SEXP cw_client_info(SEXP handle) {
    static const char *const FIELDS[] = {"state", "epoch", "round", "neighbours", "id"};
    OPEN(struct cloak_client, client, handle, CLIENT);
    struct cloak_client_info info;
    const cloak_status status = cloak_client_get_info(client, &info);
    REFUSE_UNLESS(status == CLOAK_OK, status, NULL);
    const double numbers[] = {info.epoch, info.round, info.neighbours};
    SEXP out = PROTECT(scalars_list(FIELDS, 5, (struct scalars){&info.state, 1, numbers, 3}));
    SET_VECTOR_ELT(out, 4, id_text(info.id));
    UNPROTECT(1);
    return out;
}

SEXP cw_client_unconfirmed(SEXP handle) {
    OPEN(struct cloak_client, client, handle, CLIENT);
    struct cloak_client_info info;
    cloak_status status = cloak_client_get_info(client, &info);
    REFUSE_UNLESS(status == CLOAK_OK, status, NULL);
    size_t count = info.neighbours;
    uint64_t *ids = (uint64_t *)R_alloc(count + 1, sizeof *ids);
    status = cloak_client_unconfirmed(client, ids, count, &count);
    return status == CLOAK_OK ? ids_text(ids, count) : failure(status, NULL);
}

/* The kind of a message. */
SEXP cw_message_kind(SEXP message) {
    REFUSE_UNLESS(TYPEOF(message) == RAWSXP, CLOAK_ERR_INVALID_ARGUMENT, "message");
    int32_t kind = 0;
    const cloak_status status = cloak_message_kind(RAW(message), (size_t)XLENGTH(message), &kind);
    return status == CLOAK_OK ? Rf_ScalarInteger(kind) : failure(status, "message");
}
