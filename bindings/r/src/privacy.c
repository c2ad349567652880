/* Planning and accounting of privacy. */
#include "glue.h"

#include <string.h>

static SEXP plan_list(const struct cloak_privacy_plan *plan) {
    static const char *const FIELDS[] = {"mechanism", "numbers"};
    const double numbers[] = {
        plan->sigma,
        plan->epsilon,
        plan->order,
        plan->wrap_margin,
        plan->wrap_coordinate,
        plan->wrap_vector,
        plan->error_quantisation,
        plan->error_noise,
        plan->error_wrap,
    };
    SEXP out = PROTECT(named_list(FIELDS, 2));
    SET_VECTOR_ELT(out, 0, mechanism_list(&plan->mechanism));
    SET_VECTOR_ELT(out, 1, Rf_allocVector(REALSXP, sizeof numbers / sizeof numbers[0]));
    memcpy(REAL(VECTOR_ELT(out, 1)), numbers, sizeof numbers);
    UNPROTECT(1);
    return out;
}

static bool unit_of(SEXP numbers, struct cloak_privacy_unit *out) {
    uint64_t unit, neighbours;
    if (TYPEOF(numbers) != REALSXP || XLENGTH(numbers) != 3 || !whole(REAL(numbers)[0], 255, &unit) ||
        !whole(REAL(numbers)[1], 255, &neighbours)) {
        return false;
    }
    memset(out, 0, sizeof *out);
    out->unit = (int32_t)unit;
    out->neighbours = (int32_t)neighbours;
    out->clip = REAL(numbers)[2];
    return true;
}

/* The plan for what a run wants: dimension, epsilon, delta, clip, clamp, wraps, clients, honest, parts, rounds, block_log2, bits. */
SEXP cw_plan_choose(SEXP numbers, SEXP unit) {
    enum { WANTED = 12 };
    struct cloak_privacy_wanted wanted;
    struct cloak_parameter_error error;
    uint64_t dimension, counts[6];
    memset(&wanted, 0, sizeof wanted);
    memset(&error, 0, sizeof error);
    REFUSE_UNLESS(TYPEOF(numbers) == REALSXP && XLENGTH(numbers) == WANTED, CLOAK_ERR_INVALID_ARGUMENT, "numbers");
    const double *given = REAL(numbers);
    bool fits = whole(given[0], 9007199254740992.0, &dimension);
    for (int i = 0; i < 6; i++) {
        fits = fits && whole(given[6 + i], i < 4 ? UINT32_MAX : UINT8_MAX, &counts[i]);
    }
    REFUSE_UNLESS(fits && unit_of(unit, &wanted.unit), CLOAK_ERR_INVALID_ARGUMENT, "numbers");
    wanted.dimension = dimension;
    wanted.epsilon = given[1];
    wanted.delta = given[2];
    wanted.clip = given[3];
    wanted.clamp = given[4];
    wanted.wraps = given[5];
    wanted.clients = (uint32_t)counts[0];
    wanted.honest = (uint32_t)counts[1];
    wanted.parts = (uint32_t)counts[2];
    wanted.rounds = (uint32_t)counts[3];
    wanted.block_log2 = (uint8_t)counts[4];
    wanted.bits = (uint8_t)counts[5];
    struct cloak_privacy_plan plan;
    const cloak_status status = cloak_privacy_plan_choose(&wanted, &plan, &error);
    return status == CLOAK_OK ? plan_list(&plan) : failure_of_parameter(&error, status, NULL);
}

/* What given parameters promise: clients, bits, delta, rounds. */
SEXP cw_privacy_expect(SEXP mechanism_numbers, SEXP norm_bound, SEXP unit, SEXP numbers) {
    struct cloak_mechanism mechanism;
    struct cloak_privacy_unit about;
    struct cloak_parameter_error error;
    uint64_t clients, bits, rounds;
    memset(&error, 0, sizeof error);
    REFUSE_UNLESS(mechanism_of(mechanism_numbers, norm_bound, &mechanism), CLOAK_ERR_INVALID_MECHANISM, "mechanism");
    REFUSE_UNLESS(unit_of(unit, &about), CLOAK_ERR_INVALID_ARGUMENT, "unit");
    REFUSE_UNLESS(TYPEOF(numbers) == REALSXP && XLENGTH(numbers) == 4 && whole(REAL(numbers)[0], UINT32_MAX, &clients) &&
                      whole(REAL(numbers)[1], UINT8_MAX, &bits) && whole(REAL(numbers)[3], UINT32_MAX, &rounds),
                  CLOAK_ERR_INVALID_ARGUMENT, "numbers");
    struct cloak_privacy_plan plan;
    const cloak_status status =
        cloak_privacy_expect(&mechanism, &about, (uint32_t)clients, (uint8_t)bits, REAL(numbers)[2], (uint32_t)rounds, &plan, &error);
    return status == CLOAK_OK ? plan_list(&plan) : failure_of_parameter(&error, status, NULL);
}

SEXP cw_accountant_new(void) {
    SEXP handle = PROTECT(handle_new(ACCOUNTANT));
    struct cloak_accountant *accountant = NULL;
    const cloak_status status = cloak_accountant_new(&accountant);
    R_SetExternalPtrAddr(handle, accountant);
    UNPROTECT(1);
    return status == CLOAK_OK ? handle : failure(status, NULL);
}

static bool rounds_of(SEXP x, uint64_t *out) { return TYPEOF(x) == REALSXP && XLENGTH(x) == 1 && whole(REAL(x)[0], UINT32_MAX, out); }

SEXP cw_accountant_add(SEXP handle, SEXP mechanism_numbers, SEXP norm_bound, SEXP unit, SEXP count) {
    OPEN(struct cloak_accountant, accountant, handle, ACCOUNTANT);
    struct cloak_mechanism mechanism;
    struct cloak_privacy_unit about;
    struct cloak_parameter_error error;
    uint64_t rounds = 0;
    memset(&error, 0, sizeof error);
    REFUSE_UNLESS(mechanism_of(mechanism_numbers, norm_bound, &mechanism), CLOAK_ERR_INVALID_MECHANISM, "mechanism");
    REFUSE_UNLESS(unit_of(unit, &about), CLOAK_ERR_INVALID_ARGUMENT, "unit");
    REFUSE_UNLESS(rounds_of(count, &rounds), CLOAK_ERR_INVALID_ARGUMENT, "rounds");
    const cloak_status status = cloak_accountant_add(accountant, &mechanism, &about, (uint32_t)rounds, &error);
    return status == CLOAK_OK ? R_NilValue : failure_of_parameter(&error, status, "mechanism");
}

/* Rounds of a mechanism that is not the run's: Gaussian (1: multiplier), Skellam (2: L2, L1, variance), concentrated (3: rho), distributed
 * discrete Gaussian without rounding (4: L2, L1, noise, shares, padded). */
SEXP cw_accountant_add_other(SEXP handle, SEXP kind, SEXP numbers, SEXP count) {
    static const R_xlen_t NEEDED[] = {0, 1, 3, 1, 5};
    OPEN(struct cloak_accountant, accountant, handle, ACCOUNTANT);
    struct cloak_parameter_error error;
    uint64_t rounds = 0, shares = 0, padded = 0;
    memset(&error, 0, sizeof error);
    REFUSE_UNLESS(TYPEOF(kind) == INTSXP && XLENGTH(kind) == 1 && INTEGER(kind)[0] >= 1 && INTEGER(kind)[0] <= 4,
                  CLOAK_ERR_INVALID_ARGUMENT, "kind");
    REFUSE_UNLESS(TYPEOF(numbers) == REALSXP && XLENGTH(numbers) == NEEDED[INTEGER(kind)[0]], CLOAK_ERR_INVALID_LENGTH, "numbers");
    REFUSE_UNLESS(rounds_of(count, &rounds), CLOAK_ERR_INVALID_ARGUMENT, "rounds");
    const double *given = REAL(numbers);
    cloak_status status = CLOAK_OK;
    switch (INTEGER(kind)[0]) {
    case 1: status = cloak_accountant_add_gaussian(accountant, given[0], (uint32_t)rounds, &error); break;
    case 2: status = cloak_accountant_add_skellam(accountant, given[0], given[1], given[2], (uint32_t)rounds, &error); break;
    case 3: status = cloak_accountant_add_concentrated(accountant, given[0], (uint32_t)rounds, &error); break;
    default:
        REFUSE_UNLESS(whole(given[3], 9007199254740992.0, &shares), CLOAK_ERR_INVALID_ARGUMENT, "shares");
        REFUSE_UNLESS(whole(given[4], 9007199254740992.0, &padded), CLOAK_ERR_INVALID_ARGUMENT, "padded");
        status =
            cloak_accountant_add_distributed_gaussian(accountant, given[0], given[1], given[2], shares, padded, (uint32_t)rounds, &error);
    }
    return status == CLOAK_OK ? R_NilValue : failure_of_parameter(&error, status, NULL);
}

/* Epsilon for a delta, with the order that showed it. */
SEXP cw_accountant_epsilon(SEXP handle, SEXP delta) {
    OPEN(struct cloak_accountant, accountant, handle, ACCOUNTANT);
    REFUSE_UNLESS(TYPEOF(delta) == REALSXP && XLENGTH(delta) == 1, CLOAK_ERR_INVALID_ARGUMENT, "delta");
    struct cloak_parameter_error error;
    double found[2];
    memset(&error, 0, sizeof error);
    const cloak_status status = cloak_accountant_epsilon(accountant, REAL(delta)[0], &found[0], &found[1], &error);
    if (status != CLOAK_OK) {
        return failure_of_parameter(&error, status, "delta");
    }
    SEXP out = Rf_allocVector(REALSXP, 2);
    memcpy(REAL(out), found, sizeof found);
    return out;
}

SEXP cw_accountant_delta(SEXP handle, SEXP epsilon) {
    OPEN(struct cloak_accountant, accountant, handle, ACCOUNTANT);
    REFUSE_UNLESS(TYPEOF(epsilon) == REALSXP && XLENGTH(epsilon) == 1, CLOAK_ERR_INVALID_ARGUMENT, "epsilon");
    struct cloak_parameter_error error;
    double delta = 0;
    memset(&error, 0, sizeof error);
    const cloak_status status = cloak_accountant_delta(accountant, REAL(epsilon)[0], &delta, &error);
    return status == CLOAK_OK ? Rf_ScalarReal(delta) : failure_of_parameter(&error, status, "epsilon");
}
