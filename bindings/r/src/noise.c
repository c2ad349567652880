/* Samplers, transforms and central noise. */
#include "glue.h"

#include <string.h>

static bool one_real(SEXP x) { return TYPEOF(x) == REALSXP && XLENGTH(x) == 1; }

static bool small(SEXP x, int most) { return TYPEOF(x) == INTSXP && XLENGTH(x) == 1 && INTEGER(x)[0] >= 0 && INTEGER(x)[0] <= most; }

/* Samples of the discrete Gaussian: of the operating system's generator, or of a key. */
SEXP cw_gaussian(SEXP count, SEXP sigma, SEXP suite, SEXP key) {
    uint64_t length = 0;
    REFUSE_UNLESS(one_real(count) && whole(REAL(count)[0], 8589934592.0, &length), CLOAK_ERR_INVALID_ARGUMENT, "n");
    REFUSE_UNLESS(one_real(sigma), CLOAK_ERR_INVALID_ARGUMENT, "sigma");
    REFUSE_UNLESS(small(suite, UINT8_MAX), CLOAK_ERR_INVALID_ARGUMENT, "suite");
    REFUSE_UNLESS(key == R_NilValue || raw_sized(key, CLOAK_KEY_SIZE), CLOAK_ERR_INVALID_LENGTH, "key");
    SEXP out = PROTECT(Rf_allocVector(INTSXP, (R_xlen_t)length));
    const uint8_t stream = (uint8_t)INTEGER(suite)[0];
    const cloak_status status = key == R_NilValue ? cloak_gaussian_fill(REAL(sigma)[0], stream, NULL, INTEGER(out), (size_t)length)
                                                  : cloak_gaussian_stream(REAL(sigma)[0], stream, RAW(key), INTEGER(out), (size_t)length);
    UNPROTECT(1);
    return status == CLOAK_OK ? out : failure(status, status == CLOAK_ERR_UNSUPPORTED ? "suite" : "sigma");
}

/* Exact samples, as doubles: discrete Gaussian (0), discrete Laplace (1), Skellam (2). */
SEXP cw_exact(SEXP which, SEXP count, SEXP numerator, SEXP denominator, SEXP bytes) {
    static cloak_status (*const SAMPLERS[])(uint64_t, uint64_t, const struct cloak_rng *, int64_t *, size_t) = {
        cloak_discrete_gaussian_vartime,
        cloak_discrete_laplace_vartime,
        cloak_skellam_vartime,
    };
    uint64_t length = 0, above = 0, below = 0;
    struct tape tape;
    REFUSE_UNLESS(small(which, 2), CLOAK_ERR_INVALID_ARGUMENT, "which");
    REFUSE_UNLESS(one_real(count) && whole(REAL(count)[0], 2147483648.0, &length), CLOAK_ERR_INVALID_ARGUMENT, "n");
    REFUSE_UNLESS(one_string(numerator) && one_string(denominator) && id_of(STRING_ELT(numerator, 0), &above) &&
                      id_of(STRING_ELT(denominator, 0), &below),
                  CLOAK_ERR_INVALID_ARGUMENT, "variance");
    SEXP out = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t)length));
    int64_t *samples = (int64_t *)(void *)REAL(out);
    const cloak_status status = SAMPLERS[INTEGER(which)[0]](above, below, rng_of(bytes, &tape), samples, (size_t)length);
    UNPROTECT(1);
    REFUSE_UNLESS(status == CLOAK_OK, status, INTEGER(which)[0] == 1 ? "scale" : "variance");
    /* In place: both have eight bytes. */
    for (uint64_t i = 0; i < length; i++) {
        int64_t sample;
        memcpy(&sample, &samples[i], sizeof sample);
        REAL(out)[i] = (double)sample;
    }
    return out;
}

static bool central_of(SEXP numbers, SEXP kind, struct cloak_central *out) {
    uint64_t dimension = 0;
    if (TYPEOF(numbers) != REALSXP || XLENGTH(numbers) != 5 || !small(kind, 255) ||
        !whole(REAL(numbers)[0], 9007199254740992.0, &dimension)) {
        return false;
    }
    memset(out, 0, sizeof *out);
    out->dimension = dimension;
    out->clip = REAL(numbers)[1];
    out->sensitivity = REAL(numbers)[2];
    out->epsilon = REAL(numbers)[3];
    out->delta = REAL(numbers)[4];
    out->kind = INTEGER(kind)[0];
    return true;
}

/* Clips a message and adds noise to a copy of it. `numbers`: dimension, clip, sensitivity, epsilon, delta. */
SEXP cw_central_noise(SEXP numbers, SEXP kind, SEXP values) {
    struct cloak_central central;
    struct cloak_parameter_error error;
    memset(&error, 0, sizeof error);
    REFUSE_UNLESS(central_of(numbers, kind, &central), CLOAK_ERR_INVALID_ARGUMENT, "kind");
    REFUSE_UNLESS(TYPEOF(values) == REALSXP, CLOAK_ERR_INVALID_ARGUMENT, "values");
    SEXP out = PROTECT(Rf_allocVector(REALSXP, XLENGTH(values)));
    memcpy(REAL(out), REAL(values), (size_t)XLENGTH(values) * sizeof(double));
    const cloak_status status = cloak_central_noise_vartime(&central, NULL, REAL(out), (size_t)XLENGTH(out), &error);
    UNPROTECT(1);
    return status == CLOAK_OK ? out : failure_of_parameter(&error, status, "values");
}

SEXP cw_central_scale(SEXP numbers, SEXP kind) {
    struct cloak_central central;
    struct cloak_parameter_error error;
    double scale = 0;
    memset(&error, 0, sizeof error);
    REFUSE_UNLESS(central_of(numbers, kind, &central), CLOAK_ERR_INVALID_ARGUMENT, "kind");
    const cloak_status status = cloak_central_scale(&central, &scale, &error);
    return status == CLOAK_OK ? Rf_ScalarReal(scale) : failure_of_parameter(&error, status, NULL);
}

SEXP cw_gaussian_multiplier(SEXP epsilon, SEXP delta) {
    struct cloak_parameter_error error;
    double multiplier = 0;
    memset(&error, 0, sizeof error);
    REFUSE_UNLESS(one_real(epsilon), CLOAK_ERR_INVALID_ARGUMENT, "epsilon");
    REFUSE_UNLESS(one_real(delta), CLOAK_ERR_INVALID_ARGUMENT, "delta");
    const cloak_status status = cloak_gaussian_multiplier(REAL(epsilon)[0], REAL(delta)[0], &multiplier, &error);
    return status == CLOAK_OK ? Rf_ScalarReal(multiplier) : failure_of_parameter(&error, status, NULL);
}

/* Transforms (0), rotates (1) or unrotates (2) a copy of a vector of doubles or integers. */
SEXP cw_hadamard(SEXP which, SEXP values, SEXP orthonormal, SEXP suite, SEXP seed, SEXP first) {
    uint64_t sign = 0;
    REFUSE_UNLESS(small(which, 2), CLOAK_ERR_INVALID_ARGUMENT, "which");
    REFUSE_UNLESS(TYPEOF(values) == REALSXP || TYPEOF(values) == INTSXP, CLOAK_ERR_INVALID_ARGUMENT, "x");
    REFUSE_UNLESS(small(orthonormal, 1), CLOAK_ERR_INVALID_ARGUMENT, "orthonormal");
    REFUSE_UNLESS(small(suite, UINT8_MAX), CLOAK_ERR_INVALID_ARGUMENT, "suite");
    REFUSE_UNLESS(INTEGER(which)[0] == 0 || raw_sized(seed, CLOAK_KEY_SIZE), CLOAK_ERR_INVALID_LENGTH, "seed");
    REFUSE_UNLESS(one_string(first) && id_of(STRING_ELT(first, 0), &sign), CLOAK_ERR_INVALID_ARGUMENT, "first");
    SEXP out = PROTECT(Rf_duplicate(values));
    const bool real = TYPEOF(values) == REALSXP;
    void *data = real ? (void *)REAL(out) : (void *)INTEGER(out);
    const int32_t type = real ? CLOAK_F64 : CLOAK_I32;
    const size_t length = (size_t)XLENGTH(out);
    const uint8_t scaled = (uint8_t)INTEGER(orthonormal)[0], stream = (uint8_t)INTEGER(suite)[0];
    cloak_status status = CLOAK_OK;
    switch (INTEGER(which)[0]) {
    case 0: status = cloak_hadamard_transform(type, data, length, scaled); break;
    case 1: status = cloak_hadamard_rotate(stream, RAW(seed), sign, type, data, length, scaled); break;
    default: status = cloak_hadamard_unrotate(stream, RAW(seed), sign, type, data, length, scaled);
    }
    UNPROTECT(1);
    return status == CLOAK_OK ? out : failure(status, "x");
}
