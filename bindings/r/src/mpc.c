/* Multi-party computation: all parties of a session in this process. */
#include "glue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* R's numbers hold whole ones up to this. */
static const double LARGEST_WHOLE = 9007199254740992.0;
/* About how many words of correlated randomness parties without a dealer hold at a time. */
enum { AHEAD = 1 << 20 };

struct mpc_parties {
    uint32_t count;
    cloak_mpc_session *sessions[];
};

void mpc_free(struct mpc_parties *parties) {
    for (uint32_t i = 0; i < parties->count; i++) {
        cloak_mpc_session_free(parties->sessions[i]);
    }
    free(parties);
}

static bool small(SEXP x, int most) { return TYPEOF(x) == INTSXP && XLENGTH(x) == 1 && INTEGER(x)[0] >= 0 && INTEGER(x)[0] <= most; }

/* Whole numbers from 0 in doubles, as the library takes them; NULL if they are none. */
static uint64_t *counts_of(SEXP numbers) {
    if (TYPEOF(numbers) != REALSXP) {
        return NULL;
    }
    const size_t length = (size_t)XLENGTH(numbers);
    uint64_t *out = (uint64_t *)R_alloc(length + 1, sizeof *out);
    for (size_t i = 0; i < length; i++) {
        if (!whole(REAL(numbers)[i], LARGEST_WHOLE, &out[i])) {
            return NULL;
        }
    }
    return out;
}

static bool value_of(SEXP number, uint64_t *out) {
    return TYPEOF(number) == REALSXP && XLENGTH(number) == 1 && whole(REAL(number)[0], LARGEST_WHOLE, out);
}

/* Doubles as they are or, if they are to be whole, copied; whoever gets them wipes the copy. */
static bool numbers_of(SEXP numbers, bool are_whole, struct cloak_values *out, int64_t **copy) {
    *copy = NULL;
    if (TYPEOF(numbers) != REALSXP) {
        return false;
    }
    out->length = (size_t)XLENGTH(numbers);
    out->type = are_whole ? CLOAK_I64 : CLOAK_F64;
    out->data = REAL(numbers);
    if (!are_whole) {
        return true;
    }
    *copy = (int64_t *)R_alloc(out->length + 1, sizeof **copy);
    out->data = *copy;
    for (size_t i = 0; i < out->length; i++) {
        const double number = REAL(numbers)[i];
        if (!(fabs(number) <= LARGEST_WHOLE) || number != floor(number)) {
            wipe(*copy, out->length * sizeof **copy);
            return false;
        }
        (*copy)[i] = (int64_t)number;
    }
    return true;
}

static void wiped(int64_t *copy, size_t length) {
    if (copy != NULL) {
        wipe(copy, length * sizeof *copy);
    }
}

static cloak_status made_of(struct cloak_mpc_config *config, const uint8_t *name, cloak_mpc_dealer *dealer, struct mpc_parties *parties) {
    cloak_status status = CLOAK_OK;
    for (uint32_t i = 0; status == CLOAK_OK && i < config->parties; i++) {
        config->index = i;
        status = dealer == NULL ? cloak_mpc_session_new_without_dealer(config, name, AHEAD, NULL, &parties->sessions[i])
                                : cloak_mpc_session_new(config, dealer, NULL, &parties->sessions[i]);
        parties->count += status == CLOAK_OK ? 1 : 0;
    }
    return status;
}

/* `numbers`: parties, fraction, bits, rounding, suite; `name`: 32 bytes for parties without a dealer, NULL with one. */
SEXP cw_mpc_new(SEXP numbers, SEXP name) {
    REFUSE_UNLESS(TYPEOF(numbers) == INTSXP && XLENGTH(numbers) == 5, CLOAK_ERR_INVALID_ARGUMENT, "parties");
    REFUSE_UNLESS(name == R_NilValue || raw_sized(name, CLOAK_KEY_SIZE), CLOAK_ERR_INVALID_LENGTH, "name");
    for (int i = 0; i < 5; i++) {
        REFUSE_UNLESS(INTEGER(numbers)[i] >= 0 && (i == 0 || INTEGER(numbers)[i] <= UINT8_MAX), CLOAK_ERR_INVALID_ARGUMENT, "bits");
    }
    struct cloak_mpc_config config;
    memset(&config, 0, sizeof config);
    config.parties = (uint32_t)INTEGER(numbers)[0];
    config.fraction = (uint8_t)INTEGER(numbers)[1];
    config.bits = (uint8_t)INTEGER(numbers)[2];
    config.rounding = INTEGER(numbers)[3];
    config.suite = (uint8_t)INTEGER(numbers)[4];
    SEXP handle = PROTECT(handle_new(MPC));
    struct mpc_parties *parties = calloc(1, sizeof *parties + config.parties * sizeof parties->sessions[0]);
    cloak_mpc_dealer *dealer = NULL;
    cloak_status status = parties == NULL ? CLOAK_ERR_OUT_OF_MEMORY : CLOAK_OK;
    if (status == CLOAK_OK) {
        R_SetExternalPtrAddr(handle, parties);
        status = name == R_NilValue ? cloak_mpc_dealer_new(config.parties, config.suite, NULL, &dealer) : CLOAK_OK;
    }
    if (status == CLOAK_OK) {
        status = made_of(&config, name == R_NilValue ? NULL : RAW(name), dealer, parties);
    }
    cloak_mpc_dealer_free(dealer);
    UNPROTECT(1);
    return status == CLOAK_OK ? handle : failure(status, status == CLOAK_ERR_UNSUPPORTED ? "suite" : "bits");
}

/* Shares numbers of a party: the value. Only the owner can refuse its numbers, so it is asked first. */
SEXP cw_mpc_share(SEXP handle, SEXP owner, SEXP numbers, SEXP are_whole) {
    OPEN(struct mpc_parties, parties, handle, MPC);
    REFUSE_UNLESS(small(owner, (int)parties->count - 1), CLOAK_ERR_INVALID_ARGUMENT, "owner");
    REFUSE_UNLESS(small(are_whole, 1), CLOAK_ERR_INVALID_ARGUMENT, "kind");
    struct cloak_values values;
    int64_t *copy;
    REFUSE_UNLESS(numbers_of(numbers, INTEGER(are_whole)[0] == 1, &values, &copy), CLOAK_ERR_INVALID_ARGUMENT, "x");
    const uint32_t first = (uint32_t)INTEGER(owner)[0];
    const int32_t kind = values.type == CLOAK_I64 ? CLOAK_MPC_INTEGER : CLOAK_MPC_REAL;
    uint64_t value = 0, same = 0;
    cloak_status status = cloak_mpc_input(parties->sessions[first], first, kind, values.length, &values, &value);
    wiped(copy, values.length);
    for (uint32_t i = 0; status == CLOAK_OK && i < parties->count; i++) {
        if (i != first) {
            status = cloak_mpc_input(parties->sessions[i], first, kind, values.length, NULL, &same);
        }
    }
    return status == CLOAK_OK ? Rf_ScalarReal((double)value) : failure(status, "x");
}

/* Public numbers as a value. */
SEXP cw_mpc_known(SEXP handle, SEXP numbers, SEXP are_whole) {
    OPEN(struct mpc_parties, parties, handle, MPC);
    REFUSE_UNLESS(small(are_whole, 1), CLOAK_ERR_INVALID_ARGUMENT, "kind");
    struct cloak_values values;
    int64_t *copy;
    REFUSE_UNLESS(numbers_of(numbers, INTEGER(are_whole)[0] == 1, &values, &copy), CLOAK_ERR_INVALID_ARGUMENT, "numbers");
    uint64_t value = 0;
    cloak_status status = CLOAK_OK;
    for (uint32_t i = 0; status == CLOAK_OK && i < parties->count; i++) {
        status = cloak_mpc_public(parties->sessions[i], &values, &value);
    }
    return status == CLOAK_OK ? Rf_ScalarReal((double)value) : failure(status, "numbers");
}

/* Asks for an operation: the values that it gives. */
SEXP cw_mpc_apply(SEXP handle, SEXP type, SEXP inputs, SEXP numbers, SEXP constants, SEXP are_whole) {
    enum { MOST = 2 };
    OPEN(struct mpc_parties, parties, handle, MPC);
    REFUSE_UNLESS(small(type, CLOAK_MPC_SOFTMAX), CLOAK_ERR_INVALID_ARGUMENT, "type");
    REFUSE_UNLESS(small(are_whole, 1), CLOAK_ERR_INVALID_ARGUMENT, "kind");
    const uint64_t *ids = counts_of(inputs);
    struct cloak_mpc_operation operation;
    memset(&operation, 0, sizeof operation);
    operation.type = INTEGER(type)[0];
    operation.numbers = counts_of(numbers);
    REFUSE_UNLESS(ids != NULL && operation.numbers != NULL, CLOAK_ERR_INVALID_ARGUMENT, "numbers");
    operation.numbers_length = (size_t)XLENGTH(numbers);
    int64_t *copy;
    REFUSE_UNLESS(numbers_of(constants, INTEGER(are_whole)[0] == 1, &operation.constants, &copy), CLOAK_ERR_INVALID_ARGUMENT, "constants");
    uint64_t made[MOST] = {0};
    size_t length = 0;
    cloak_status status = CLOAK_OK;
    for (uint32_t i = 0; status == CLOAK_OK && i < parties->count; i++) {
        status = cloak_mpc_apply(parties->sessions[i], &operation, ids, (size_t)XLENGTH(inputs), made, MOST, &length);
    }
    REFUSE_UNLESS(status == CLOAK_OK, status, NULL);
    SEXP out = Rf_allocVector(REALSXP, (R_xlen_t)length);
    for (size_t i = 0; i < length; i++) {
        REAL(out)[i] = (double)made[i];
    }
    return out;
}

/* The rows of a value in an order that nobody knows. */
SEXP cw_mpc_shuffle(SEXP handle, SEXP value, SEXP columns) {
    OPEN(struct mpc_parties, parties, handle, MPC);
    uint64_t id = 0, width = 0, made = 0;
    REFUSE_UNLESS(value_of(value, &id) && value_of(columns, &width), CLOAK_ERR_INVALID_ARGUMENT, "x");
    cloak_status status = CLOAK_OK;
    for (uint32_t i = 0; status == CLOAK_OK && i < parties->count; i++) {
        status = cloak_mpc_shuffle(parties->sessions[i], id, (size_t)width, NULL, &made);
    }
    return status == CLOAK_OK ? Rf_ScalarReal((double)made) : failure(status, "x");
}

/* Kind of a value. */
SEXP cw_mpc_kind(SEXP handle, SEXP value) {
    OPEN(struct mpc_parties, parties, handle, MPC);
    uint64_t id = 0;
    int32_t kind = 0;
    size_t length = 0;
    REFUSE_UNLESS(value_of(value, &id), CLOAK_ERR_INVALID_ARGUMENT, "x");
    const cloak_status status = cloak_mpc_get_form(parties->sessions[0], id, &kind, &length);
    return status == CLOAK_OK ? Rf_ScalarInteger(kind) : failure(status, "x");
}

/* Forgets a value; after the end of the session there is none. */
SEXP cw_mpc_forget(SEXP handle, SEXP value) {
    const struct mpc_parties *parties = handle_of(handle, MPC);
    uint64_t id = 0;
    if (parties != NULL && value_of(value, &id)) {
        for (uint32_t i = 0; i < parties->count; i++) {
            /* There is nothing to do where nobody knows it. */
            const cloak_status status = cloak_mpc_forget(parties->sessions[i], id);
            (void)status;
        }
    }
    return R_NilValue;
}

/* Every message leaves before one arrives. */
static cloak_status handed_over(const struct mpc_parties *parties, uint8_t **messages, size_t *lengths, struct cloak_error *error) {
    const uint32_t count = parties->count;
    cloak_status status = CLOAK_OK;
    for (uint32_t i = 0; status == CLOAK_OK && i < count * count; i++) {
        const uint32_t from = i / count, to = i % count;
        if (from != to) {
            status = cloak_mpc_message(parties->sessions[from], to, NULL, 0, &lengths[i]);
            messages[i] = malloc(lengths[i] + 1);
            status = messages[i] == NULL ? CLOAK_ERR_OUT_OF_MEMORY
                                         : cloak_mpc_message(parties->sessions[from], to, messages[i], lengths[i], &lengths[i]);
        }
    }
    for (uint32_t i = 0; status == CLOAK_OK && i < count * count; i++) {
        if (i / count != i % count) {
            status = cloak_mpc_receive(parties->sessions[i % count], i / count, messages[i], lengths[i], error);
        }
    }
    return status;
}

/* Runs what was asked for. The first messages hold seeds. Nothing of R's is called here, so what is taken is given back. */
static cloak_status ran(const struct mpc_parties *parties, struct cloak_error *error) {
    const size_t pairs = (size_t)parties->count * parties->count;
    uint8_t **messages = calloc(pairs, sizeof *messages);
    size_t *lengths = calloc(pairs, sizeof *lengths);
    cloak_status status = messages == NULL || lengths == NULL ? CLOAK_ERR_OUT_OF_MEMORY : CLOAK_OK;
    bool due = true;
    while (status == CLOAK_OK && due) {
        due = false;
        for (uint32_t i = 0; status == CLOAK_OK && i < parties->count; i++) {
            int32_t progress = CLOAK_MPC_FINISHED;
            status = cloak_mpc_advance(parties->sessions[i], &progress, error);
            due = due || progress == CLOAK_MPC_EXCHANGE;
        }
        if (status == CLOAK_OK && due) {
            status = handed_over(parties, messages, lengths, error);
            for (size_t i = 0; i < pairs; i++) {
                if (messages[i] != NULL) {
                    wipe(messages[i], lengths[i]);
                }
                free(messages[i]);
                messages[i] = NULL;
            }
        }
    }
    free(messages);
    free(lengths);
    return status;
}

SEXP cw_mpc_run(SEXP handle) {
    OPEN(struct mpc_parties, parties, handle, MPC);
    struct cloak_error error;
    memset(&error, 0, sizeof error);
    const cloak_status status = ran(parties, &error);
    return status == CLOAK_OK ? R_NilValue : failure_of(&error, status, NULL);
}

/* What one party learned, as doubles: NULL if nothing. A whole number that R's numbers do not hold is a failure. */
static SEXP learned(cloak_mpc_session *session, uint64_t result, bool real) {
    size_t length = 0;
    cloak_status status = real ? cloak_mpc_result_f64(session, result, NULL, 0, &length) : cloak_mpc_result_i64(session, result, NULL, 0, &length);
    if (status == CLOAK_ERR_NOT_IN_SET) {
        return R_NilValue;
    }
    REFUSE_UNLESS(status == CLOAK_OK || status == CLOAK_ERR_BUFFER_TOO_SMALL, status, "x");
    SEXP out = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t)length));
    if (real) {
        status = cloak_mpc_result_f64(session, result, REAL(out), length, &length);
    } else {
        int64_t *words = (int64_t *)R_alloc(length + 1, sizeof *words);
        status = cloak_mpc_result_i64(session, result, words, length, &length);
        for (size_t i = 0; status == CLOAK_OK && i < length; i++) {
            if (words[i] > (int64_t)LARGEST_WHOLE || words[i] < -(int64_t)LARGEST_WHOLE) {
                UNPROTECT(1);
                return failure_text(CLOAK_ERR_OUT_OF_RANGE, "x", "holds a whole number beyond 2^53, which R's numbers do not");
            }
            REAL(out)[i] = (double)words[i];
        }
    }
    UNPROTECT(1);
    return status == CLOAK_OK ? out : failure(status, "x");
}

/* Opens a value to some parties, from 0 and rising: what each party learns. */
SEXP cw_mpc_open(SEXP handle, SEXP value, SEXP receivers) {
    OPEN(struct mpc_parties, parties, handle, MPC);
    uint64_t id = 0, result = 0;
    REFUSE_UNLESS(value_of(value, &id), CLOAK_ERR_INVALID_ARGUMENT, "x");
    REFUSE_UNLESS(TYPEOF(receivers) == INTSXP && XLENGTH(receivers) > 0, CLOAK_ERR_INVALID_ARGUMENT, "to");
    const size_t count = (size_t)XLENGTH(receivers);
    uint32_t *chosen = (uint32_t *)R_alloc(count, sizeof *chosen);
    for (size_t i = 0; i < count; i++) {
        REFUSE_UNLESS(INTEGER(receivers)[i] >= 0, CLOAK_ERR_INVALID_ARGUMENT, "to");
        chosen[i] = (uint32_t)INTEGER(receivers)[i];
    }
    struct cloak_error error;
    memset(&error, 0, sizeof error);
    int32_t kind = 0;
    size_t length = 0;
    cloak_status status = cloak_mpc_get_form(parties->sessions[0], id, &kind, &length);
    for (uint32_t i = 0; status == CLOAK_OK && i < parties->count; i++) {
        status = cloak_mpc_open(parties->sessions[i], id, chosen, count, &result);
    }
    REFUSE_UNLESS(status == CLOAK_OK, status, "to");
    status = ran(parties, &error);
    for (uint32_t i = 0; status == CLOAK_OK && i < parties->count; i++) {
        status = cloak_mpc_check(parties->sessions[i], id);
    }
    if (status != CLOAK_OK) {
        return failure_of(&error, status, "x");
    }
    SEXP out = PROTECT(Rf_allocVector(VECSXP, (R_xlen_t)parties->count));
    for (uint32_t i = 0; i < parties->count; i++) {
        SET_VECTOR_ELT(out, (R_xlen_t)i, learned(parties->sessions[i], result, kind == CLOAK_MPC_REAL));
        status = cloak_mpc_forget_result(parties->sessions[i], result);
    }
    UNPROTECT(1);
    return status == CLOAK_OK ? out : failure(status, "x");
}

static void cost_of(const struct cloak_mpc_cost *cost, double *out) {
    out[0] = (double)cost->rounds;
    out[1] = (double)cost->bytes;
    out[2] = (double)cost->corrections;
}

/* Rounds, bytes and corrections: of computing, then of making correlated randomness. */
SEXP cw_mpc_cost(SEXP handle) {
    OPEN(struct mpc_parties, parties, handle, MPC);
    struct cloak_mpc_cost computing, making;
    const cloak_status status = cloak_mpc_get_cost(parties->sessions[0], &computing, &making);
    REFUSE_UNLESS(status == CLOAK_OK, status, "session");
    SEXP out = Rf_allocVector(REALSXP, 6);
    cost_of(&computing, REAL(out));
    cost_of(&making, REAL(out) + 3);
    return out;
}

/* What was asked for will cost: three numbers for each step, and at the end for all together. */
SEXP cw_mpc_explain(SEXP handle) {
    OPEN(struct mpc_parties, parties, handle, MPC);
    struct cloak_mpc_cost total;
    size_t length = 0;
    cloak_status status = cloak_mpc_explain(parties->sessions[0], &total, NULL, 0, &length);
    struct cloak_mpc_cost *steps = (struct cloak_mpc_cost *)R_alloc(length + 1, sizeof *steps);
    if (status == CLOAK_ERR_BUFFER_TOO_SMALL) {
        status = cloak_mpc_explain(parties->sessions[0], &total, steps, length, &length);
    }
    REFUSE_UNLESS(status == CLOAK_OK, status, "session");
    SEXP out = Rf_allocVector(REALSXP, (R_xlen_t)(3 * (length + 1)));
    for (size_t i = 0; i < length; i++) {
        cost_of(&steps[i], REAL(out) + 3 * i);
    }
    cost_of(&total, REAL(out) + 3 * length);
    return out;
}
