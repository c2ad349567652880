/* Runs: the description on which all parties agree, with its roster. */
#include "glue.h"

#include <string.h>

enum { DEGREE, THRESHOLD, MIN_INPUTS, COLLUDERS, MAX_ROUNDS, SETUP_SECONDS, STEP_SECONDS, SUITE, MODE, MAX_PASSES, NUMBERS };

size_t lane_size(int32_t lane) { return lane == CLOAK_U32 ? 4 : lane == CLOAK_U64 ? 8 : 16; }

int32_t lane_of(uint32_t bits) { return bits <= 32 ? CLOAK_U32 : bits <= 64 ? CLOAK_U64 : CLOAK_U128; }

static bool config_of(SEXP numbers, struct cloak_run_config *out) {
    static const double MOST[NUMBERS] = {
        UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT8_MAX, UINT8_MAX, UINT8_MAX,
    };
    uint64_t value[NUMBERS];
    if (TYPEOF(numbers) != REALSXP || XLENGTH(numbers) != NUMBERS) {
        return false;
    }
    for (int i = 0; i < NUMBERS; i++) {
        if (!whole(REAL(numbers)[i], MOST[i], &value[i])) {
            return false;
        }
    }
    out->degree = (uint32_t)value[DEGREE];
    out->threshold = (uint32_t)value[THRESHOLD];
    out->min_inputs = (uint32_t)value[MIN_INPUTS];
    out->colluders = (uint32_t)value[COLLUDERS];
    out->max_rounds = (uint32_t)value[MAX_ROUNDS];
    out->setup_seconds = (uint32_t)value[SETUP_SECONDS];
    out->step_seconds = (uint32_t)value[STEP_SECONDS];
    out->suite = (uint8_t)value[SUITE];
    out->mode = (uint8_t)value[MODE];
    out->max_passes = (uint8_t)value[MAX_PASSES];
    return true;
}

/* `segments` is a list of labels, and of lengths, bits, encodings and fractions as doubles. */
static bool segments_of(SEXP segments, struct cloak_segment *out, R_xlen_t count) {
    SEXP labels = VECTOR_ELT(segments, 0);
    for (R_xlen_t i = 0; i < count; i++) {
        const char *label = STRING_ELT(labels, i) == NA_STRING ? "" : CHAR(STRING_ELT(labels, i));
        uint64_t length, bits, encoding, fraction;
        memset(&out[i], 0, sizeof out[i]);
        if (strlen(label) >= CLOAK_LABEL_SIZE || !whole(REAL(VECTOR_ELT(segments, 1))[i], 9007199254740992.0, &length) ||
            !whole(REAL(VECTOR_ELT(segments, 2))[i], UINT8_MAX, &bits) || !whole(REAL(VECTOR_ELT(segments, 3))[i], 1, &encoding) ||
            !whole(REAL(VECTOR_ELT(segments, 4))[i] + 128, UINT8_MAX, &fraction)) {
            return false;
        }
        out[i].length = length;
        memcpy(out[i].label, label, strlen(label));
        out[i].bits = (uint8_t)bits;
        out[i].encoding = (uint8_t)encoding;
        out[i].fraction = (int8_t)((int)fraction - 128);
    }
    return true;
}

static bool segments_shaped(SEXP segments) {
    if (TYPEOF(segments) != VECSXP || XLENGTH(segments) != 5 || TYPEOF(VECTOR_ELT(segments, 0)) != STRSXP) {
        return false;
    }
    for (R_xlen_t i = 1; i < 5; i++) {
        if (TYPEOF(VECTOR_ELT(segments, i)) != REALSXP || XLENGTH(VECTOR_ELT(segments, i)) != XLENGTH(VECTOR_ELT(segments, 0))) {
            return false;
        }
    }
    return true;
}

/* Defines a run. `hashes` is a list of run id, beacon and hash of the settings; `keys` holds 32 bytes for each id; `mechanism` is NULL or a
 * list of its numbers and its norm bound. */
SEXP cw_run_new(SEXP numbers, SEXP hashes, SEXP mechanism, SEXP segments, SEXP ids, SEXP keys) {
    struct cloak_run_config config;
    struct cloak_mechanism noise;
    memset(&config, 0, sizeof config);
    REFUSE_UNLESS(config_of(numbers, &config), CLOAK_ERR_INVALID_ARGUMENT, "config");
    REFUSE_UNLESS(TYPEOF(hashes) == VECSXP && XLENGTH(hashes) == 3, CLOAK_ERR_INVALID_ARGUMENT, "config");
    REFUSE_UNLESS(raw_sized(VECTOR_ELT(hashes, 0), CLOAK_RUN_ID_SIZE), CLOAK_ERR_INVALID_LENGTH, "run_id");
    REFUSE_UNLESS(raw_sized(VECTOR_ELT(hashes, 1), CLOAK_HASH_SIZE), CLOAK_ERR_INVALID_LENGTH, "beacon");
    REFUSE_UNLESS(raw_sized(VECTOR_ELT(hashes, 2), CLOAK_HASH_SIZE), CLOAK_ERR_INVALID_LENGTH, "settings");
    REFUSE_UNLESS(segments_shaped(segments), CLOAK_ERR_INVALID_ARGUMENT, "segments");
    REFUSE_UNLESS(TYPEOF(ids) == STRSXP && raw_sized(keys, XLENGTH(ids) * CLOAK_KEY_SIZE), CLOAK_ERR_INVALID_LENGTH, "members");
    memcpy(config.run_id, RAW(VECTOR_ELT(hashes, 0)), CLOAK_RUN_ID_SIZE);
    memcpy(config.beacon, RAW(VECTOR_ELT(hashes, 1)), CLOAK_HASH_SIZE);
    memcpy(config.settings_hash, RAW(VECTOR_ELT(hashes, 2)), CLOAK_HASH_SIZE);
    const bool noisy = mechanism != R_NilValue;
    REFUSE_UNLESS(!noisy || (TYPEOF(mechanism) == VECSXP && mechanism_of(VECTOR_ELT(mechanism, 0), VECTOR_ELT(mechanism, 1), &noise)),
                  CLOAK_ERR_INVALID_ARGUMENT, "mechanism");
    const R_xlen_t count = XLENGTH(VECTOR_ELT(segments, 0)), members = XLENGTH(ids);
    struct cloak_segment *parts = (struct cloak_segment *)R_alloc((size_t)count + 1, sizeof *parts);
    struct cloak_member *roster = (struct cloak_member *)R_alloc((size_t)members + 1, sizeof *roster);
    REFUSE_UNLESS(segments_of(segments, parts, count), CLOAK_ERR_INVALID_ARGUMENT, "segments");
    for (R_xlen_t i = 0; i < members; i++) {
        REFUSE_UNLESS(id_of(STRING_ELT(ids, i), &roster[i].id), CLOAK_ERR_INVALID_ARGUMENT, "members");
        memcpy(roster[i].key, RAW(keys) + i * CLOAK_KEY_SIZE, CLOAK_KEY_SIZE);
    }
    SEXP handle = PROTECT(handle_new(RUN));
    struct cloak_run *run = NULL;
    struct cloak_error error = {0, 0, 0, 0};
    const cloak_status status = cloak_run_new(&config, noisy ? &noise : NULL, parts, (size_t)count, roster, (size_t)members, &run, &error);
    R_SetExternalPtrAddr(handle, run);
    UNPROTECT(1);
    return status == CLOAK_OK ? handle : failure_of(&error, status, status == CLOAK_ERR_INVALID_ROSTER ? "members" : "config");
}

SEXP cw_run_decode(SEXP description, SEXP roster) {
    REFUSE_UNLESS(TYPEOF(description) == RAWSXP, CLOAK_ERR_INVALID_ARGUMENT, "description");
    REFUSE_UNLESS(TYPEOF(roster) == RAWSXP, CLOAK_ERR_INVALID_ARGUMENT, "roster");
    SEXP handle = PROTECT(handle_new(RUN));
    struct cloak_run *run = NULL;
    struct cloak_error error = {0, 0, 0, 0};
    const cloak_status status =
        cloak_run_decode(RAW(description), (size_t)XLENGTH(description), RAW(roster), (size_t)XLENGTH(roster), &run, &error);
    R_SetExternalPtrAddr(handle, run);
    UNPROTECT(1);
    return status == CLOAK_OK ? handle : failure_of(&error, status, status == CLOAK_ERR_INVALID_ROSTER ? "roster" : "description");
}

/* Bytes of the description (0), of the roster (1), or the hash (2). */
SEXP cw_run_bytes(SEXP handle, SEXP which) {
    OPEN(struct cloak_run, run, handle, RUN);
    REFUSE_UNLESS(TYPEOF(which) == INTSXP && XLENGTH(which) == 1, CLOAK_ERR_INVALID_ARGUMENT, "which");
    if (INTEGER(which)[0] == 2) {
        uint8_t hash[CLOAK_HASH_SIZE];
        const cloak_status status = cloak_run_hash(run, hash);
        return status == CLOAK_OK ? raw_copy(hash, sizeof hash) : failure(status, "run");
    }
    cloak_status (*const bytes)(const struct cloak_run *, uint8_t *, size_t, size_t *) =
        INTEGER(which)[0] == 0 ? cloak_run_description : cloak_run_roster;
    size_t length = 0;
    cloak_status status = bytes(run, NULL, 0, &length);
    REFUSE_UNLESS(status == CLOAK_OK || status == CLOAK_ERR_BUFFER_TOO_SMALL, status, "run");
    SEXP out = PROTECT(Rf_allocVector(RAWSXP, (R_xlen_t)length));
    status = bytes(run, RAW(out), length, &length);
    UNPROTECT(1);
    return status == CLOAK_OK ? out : failure(status, "run");
}

static SEXP segments_list(const struct cloak_run *run, uint32_t count) {
    static const char *const FIELDS[] = {"label", "length", "bits", "encoding", "fraction", "zeros", "limit"};
    enum { WIDTH = sizeof FIELDS / sizeof FIELDS[0] };
    SEXP out = PROTECT(named_list(FIELDS, WIDTH));
    for (int i = 0; i < WIDTH; i++) {
        SET_VECTOR_ELT(out, i, Rf_allocVector(i == 0 ? STRSXP : REALSXP, count));
    }
    for (uint32_t i = 0; i < count; i++) {
        struct cloak_segment segment;
        struct cloak_layout layout;
        if (cloak_run_segment(run, i, &segment) != CLOAK_OK || cloak_run_layout(run, i, &layout) != CLOAK_OK) {
            continue;
        }
        SET_STRING_ELT(VECTOR_ELT(out, 0), i, Rf_mkChar(segment.label));
        REAL(VECTOR_ELT(out, 1))[i] = (double)segment.length;
        REAL(VECTOR_ELT(out, 2))[i] = segment.bits;
        REAL(VECTOR_ELT(out, 3))[i] = segment.encoding;
        REAL(VECTOR_ELT(out, 4))[i] = segment.fraction;
        REAL(VECTOR_ELT(out, 5))[i] = (double)layout.zeros;
        REAL(VECTOR_ELT(out, 6))[i] = (double)layout.limit;
    }
    UNPROTECT(1);
    return out;
}

/* Everything that a run states, as a list. */
SEXP cw_run_about(SEXP handle) {
    static const char *const FIELDS[] = {"numbers", "run_id",     "beacon",   "settings_hash", "payload_size",
                                         "members", "neighbours", "segments", "mechanism"};
    OPEN(struct cloak_run, run, handle, RUN);
    struct cloak_run_config config;
    struct cloak_run_info info;
    cloak_status status = cloak_run_get_config(run, &config);
    if (status == CLOAK_OK) {
        status = cloak_run_get_info(run, &info);
    }
    REFUSE_UNLESS(status == CLOAK_OK, status, "run");
    const double numbers[NUMBERS] = {
        config.degree,        config.threshold,    config.min_inputs, config.colluders, config.max_rounds,
        config.setup_seconds, config.step_seconds, config.suite,      config.mode,      config.max_passes,
    };
    SEXP out = PROTECT(named_list(FIELDS, sizeof FIELDS / sizeof FIELDS[0]));
    SET_VECTOR_ELT(out, 0, Rf_allocVector(REALSXP, NUMBERS));
    memcpy(REAL(VECTOR_ELT(out, 0)), numbers, sizeof numbers);
    SET_VECTOR_ELT(out, 1, raw_copy(config.run_id, sizeof config.run_id));
    SET_VECTOR_ELT(out, 2, raw_copy(config.beacon, sizeof config.beacon));
    SET_VECTOR_ELT(out, 3, raw_copy(config.settings_hash, sizeof config.settings_hash));
    SET_VECTOR_ELT(out, 4, Rf_ScalarReal((double)info.payload_size));
    SET_VECTOR_ELT(out, 5, Rf_ScalarReal(info.members));
    SET_VECTOR_ELT(out, 6, Rf_ScalarReal(info.neighbours));
    SET_VECTOR_ELT(out, 7, segments_list(run, info.segments));
    struct cloak_mechanism mechanism;
    if (info.private_vector != 0 && cloak_run_get_mechanism(run, &mechanism) == CLOAK_OK) {
        SET_VECTOR_ELT(out, 8, mechanism_list(&mechanism));
    }
    UNPROTECT(1);
    return out;
}

SEXP cw_run_neighbours(SEXP handle, SEXP id) {
    OPEN(struct cloak_run, run, handle, RUN);
    uint64_t member = 0;
    REFUSE_UNLESS(one_string(id) && id_of(STRING_ELT(id, 0), &member), CLOAK_ERR_INVALID_ARGUMENT, "id");
    struct cloak_run_info info;
    cloak_status status = cloak_run_get_info(run, &info);
    REFUSE_UNLESS(status == CLOAK_OK, status, "run");
    size_t count = info.members;
    uint64_t *ids = (uint64_t *)R_alloc(count, sizeof *ids);
    status = cloak_run_neighbours(run, member, ids, count, &count);
    return status == CLOAK_OK ? ids_text(ids, count) : failure(status, "id");
}

/* The numbers that residues stand for, in a fixed-point segment. */
SEXP cw_run_numbers(SEXP handle, SEXP segment, SEXP residues) {
    OPEN(struct cloak_run, run, handle, RUN);
    struct cloak_segment about;
    REFUSE_UNLESS(TYPEOF(segment) == INTSXP && XLENGTH(segment) == 1, CLOAK_ERR_INVALID_ARGUMENT, "segment");
    const uint32_t index = (uint32_t)INTEGER(segment)[0];
    cloak_status status = cloak_run_segment(run, index, &about);
    REFUSE_UNLESS(status == CLOAK_OK, status, "segment");
    const int32_t lane = lane_of(about.bits);
    REFUSE_UNLESS(TYPEOF(residues) == RAWSXP && (size_t)XLENGTH(residues) % lane_size(lane) == 0, CLOAK_ERR_INVALID_LENGTH, "residues");
    const struct cloak_values values = {lane, aligned_lanes(residues, lane), (size_t)XLENGTH(residues) / lane_size(lane)};
    SEXP out = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t)values.length));
    status = cloak_run_to_f64(run, index, &values, REAL(out), values.length);
    UNPROTECT(1);
    return status == CLOAK_OK ? out : failure(status, "residues");
}

/* The smallest degree of a graph with its threshold. */
SEXP cw_plan_graph(SEXP numbers) {
    uint64_t members, rounds, adversary;
    REFUSE_UNLESS(TYPEOF(numbers) == REALSXP && XLENGTH(numbers) == 5 && whole(REAL(numbers)[0], UINT32_MAX, &members) &&
                      whole(REAL(numbers)[3], UINT32_MAX, &rounds) && whole(REAL(numbers)[4], 1, &adversary),
                  CLOAK_ERR_INVALID_ARGUMENT, "members");
    uint32_t found[2];
    const cloak_status status =
        cloak_plan((uint32_t)members, REAL(numbers)[1], REAL(numbers)[2], (uint32_t)rounds, (uint8_t)adversary, &found[0], &found[1]);
    REFUSE_UNLESS(status == CLOAK_OK, status, NULL);
    SEXP out = Rf_allocVector(REALSXP, 2);
    REAL(out)[0] = found[0];
    REAL(out)[1] = found[1];
    return out;
}
