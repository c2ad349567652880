/* The noise mechanism of a run: its parameters, private vectors, and the way back from residues. */
#include "glue.h"

#include <string.h>

enum { DIMENSION, CLAMP, CLIP, GRANULARITY, NOISE, PARTS, HONEST, BLOCK_LOG2, NUMBERS };

/* `norm_bound` is a string: it may be above 2^53. */
bool mechanism_of(SEXP numbers, SEXP norm_bound, struct cloak_mechanism *out) {
    uint64_t dimension, parts, honest, block_log2, bound;
    if (TYPEOF(numbers) != REALSXP || XLENGTH(numbers) != NUMBERS || !one_string(norm_bound)) {
        return false;
    }
    const double *given = REAL(numbers);
    if (!whole(given[DIMENSION], 9007199254740992.0, &dimension) || !whole(given[PARTS], UINT32_MAX, &parts) ||
        !whole(given[HONEST], UINT32_MAX, &honest) || !whole(given[BLOCK_LOG2], UINT8_MAX, &block_log2) ||
        !id_of(STRING_ELT(norm_bound, 0), &bound)) {
        return false;
    }
    memset(out, 0, sizeof *out);
    out->dimension = dimension;
    out->clamp = given[CLAMP];
    out->clip = given[CLIP];
    out->granularity = given[GRANULARITY];
    out->noise = given[NOISE];
    out->norm_bound = bound;
    out->parts = (uint32_t)parts;
    out->honest = (uint32_t)honest;
    out->block_log2 = (uint8_t)block_log2;
    return true;
}

SEXP mechanism_list(const struct cloak_mechanism *mechanism) {
    static const char *const FIELDS[] = {"numbers", "norm_bound"};
    const double numbers[NUMBERS] = {
        (double)mechanism->dimension,
        mechanism->clamp,
        mechanism->clip,
        mechanism->granularity,
        mechanism->noise,
        mechanism->parts,
        mechanism->honest,
        mechanism->block_log2,
    };
    SEXP out = PROTECT(named_list(FIELDS, 2));
    SET_VECTOR_ELT(out, 0, Rf_allocVector(REALSXP, NUMBERS));
    memcpy(REAL(VECTOR_ELT(out, 0)), numbers, sizeof numbers);
    SET_VECTOR_ELT(out, 1, id_text(mechanism->norm_bound));
    UNPROTECT(1);
    return out;
}

/* Where residues lie, aligned for their lane: R aligns to 8 bytes, lanes of 128 bits need 16. */
const void *aligned_lanes(SEXP residues, int32_t lane) {
    if (lane != CLOAK_U128 || (uintptr_t)RAW(residues) % 16 == 0) {
        return RAW(residues);
    }
    const size_t length = (size_t)XLENGTH(residues);
    char *room = R_alloc(length + 16, 1);
    char *first = room + (16 - (uintptr_t)room % 16) % 16;
    memcpy(first, RAW(residues), length);
    return first;
}

SEXP cw_mechanism_check(SEXP numbers, SEXP norm_bound) {
    static const char *const FIELDS[] = {"padded", "block", "blocks", "max_bits"};
    struct cloak_mechanism mechanism;
    struct cloak_mechanism_info info;
    struct cloak_error error = {0, 0, 0, 0};
    REFUSE_UNLESS(mechanism_of(numbers, norm_bound, &mechanism), CLOAK_ERR_INVALID_MECHANISM, "mechanism");
    const cloak_status status = cloak_mechanism_check(&mechanism, &info, &error);
    if (status != CLOAK_OK) {
        return failure_of(&error, status, "mechanism");
    }
    const double facts[] = {(double)info.padded, (double)info.block, (double)info.blocks, info.max_bits};
    return scalars_list(FIELDS, 4, (struct scalars){NULL, 0, facts, 4});
}

static bool small(SEXP x, int most) { return TYPEOF(x) == INTSXP && XLENGTH(x) == 1 && INTEGER(x)[0] >= 0 && INTEGER(x)[0] <= most; }

/* The residues of a contribution, for test vectors and simulations. */
SEXP cw_contribution_residues(SEXP numbers, SEXP norm_bound, SEXP bits, SEXP suite, SEXP rotation, SEXP parts, SEXP bytes) {
    struct cloak_mechanism mechanism;
    struct cloak_error error = {0, 0, 0, 0};
    struct tape tape;
    struct cloak_mechanism_info info;
    REFUSE_UNLESS(mechanism_of(numbers, norm_bound, &mechanism), CLOAK_ERR_INVALID_MECHANISM, "mechanism");
    REFUSE_UNLESS(small(bits, UINT8_MAX), CLOAK_ERR_INVALID_ARGUMENT, "bits");
    REFUSE_UNLESS(small(suite, UINT8_MAX), CLOAK_ERR_INVALID_ARGUMENT, "suite");
    REFUSE_UNLESS(raw_sized(rotation, CLOAK_KEY_SIZE), CLOAK_ERR_INVALID_LENGTH, "rotation");
    REFUSE_UNLESS(TYPEOF(parts) == VECSXP, CLOAK_ERR_INVALID_ARGUMENT, "parts");
    cloak_status status = cloak_mechanism_check(&mechanism, &info, &error);
    if (status != CLOAK_OK) {
        return failure_of(&error, status, "mechanism");
    }
    const int32_t lane = lane_of((uint32_t)INTEGER(bits)[0]);
    SEXP out = PROTECT(Rf_allocVector(RAWSXP, (R_xlen_t)(info.padded * lane_size(lane))));
    SEXP handle = PROTECT(handle_new(CONTRIBUTION));
    struct cloak_contribution *contribution = NULL;
    status =
        cloak_contribution_new(&mechanism, (uint8_t)INTEGER(bits)[0], (uint8_t)INTEGER(suite)[0], RAW(rotation), &contribution, &error);
    R_SetExternalPtrAddr(handle, contribution);
    const struct cloak_rng *rng = rng_of(bytes, &tape);
    for (R_xlen_t i = 0; status == CLOAK_OK && i < XLENGTH(parts); i++) {
        SEXP part = VECTOR_ELT(parts, i);
        const struct cloak_values values = {CLOAK_F64, TYPEOF(part) == REALSXP ? REAL(part) : NULL, (size_t)XLENGTH(part)};
        status = cloak_contribution_add(contribution, rng, &values);
    }
    if (status == CLOAK_OK) {
        const struct cloak_lanes lanes = {lane, RAW(out), (size_t)info.padded};
        status = cloak_contribution_residues(contribution, &lanes);
    }
    UNPROTECT(2);
    return status == CLOAK_OK ? out : failure_of(&error, status, "parts");
}

/* The vector that a sum of residues stands for. */
SEXP cw_mechanism_decode(SEXP numbers, SEXP norm_bound, SEXP bits, SEXP suite, SEXP rotation, SEXP residues) {
    struct cloak_mechanism mechanism;
    struct cloak_error error = {0, 0, 0, 0};
    REFUSE_UNLESS(mechanism_of(numbers, norm_bound, &mechanism), CLOAK_ERR_INVALID_MECHANISM, "mechanism");
    REFUSE_UNLESS(small(bits, UINT8_MAX), CLOAK_ERR_INVALID_ARGUMENT, "bits");
    REFUSE_UNLESS(small(suite, UINT8_MAX), CLOAK_ERR_INVALID_ARGUMENT, "suite");
    REFUSE_UNLESS(raw_sized(rotation, CLOAK_KEY_SIZE), CLOAK_ERR_INVALID_LENGTH, "rotation");
    const int32_t lane = lane_of((uint32_t)INTEGER(bits)[0]);
    REFUSE_UNLESS(TYPEOF(residues) == RAWSXP && lane != CLOAK_U128 && (size_t)XLENGTH(residues) % lane_size(lane) == 0,
                  CLOAK_ERR_INVALID_LENGTH, "residues");
    const struct cloak_values values = {lane, RAW(residues), (size_t)XLENGTH(residues) / lane_size(lane)};
    struct cloak_mechanism_info info;
    cloak_status status = cloak_mechanism_check(&mechanism, &info, &error);
    if (status != CLOAK_OK) {
        return failure_of(&error, status, "mechanism");
    }
    SEXP out = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t)mechanism.dimension));
    status = cloak_mechanism_decode(&mechanism, (uint8_t)INTEGER(bits)[0], (uint8_t)INTEGER(suite)[0], RAW(rotation), &values, REAL(out),
                                    (size_t)mechanism.dimension, &error);
    UNPROTECT(1);
    return status == CLOAK_OK ? out : failure_of(&error, status, "residues");
}
