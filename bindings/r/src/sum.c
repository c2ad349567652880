/* The sum of a round: payloads are added range by range, their masks removed, and the residues kept. */
#include "glue.h"

#include <string.h>

/* Elements of a range: its accumulator stays in a processor's second-level cache. */
enum { RANGE = 1 << 16 };

/* The payloads, where they lie in the masked messages. */
struct payloads {
    const uint8_t **first;
    R_xlen_t count;
    size_t length;
};

static bool payloads_of(SEXP messages, SEXP offsets, size_t length, struct payloads *out) {
    if (TYPEOF(messages) != VECSXP || TYPEOF(offsets) != REALSXP || XLENGTH(offsets) != XLENGTH(messages)) {
        return false;
    }
    out->count = XLENGTH(messages);
    out->length = length;
    out->first = (const uint8_t **)R_alloc((size_t)out->count + 1, sizeof *out->first);
    for (R_xlen_t i = 0; i < out->count; i++) {
        SEXP message = VECTOR_ELT(messages, i);
        uint64_t offset = 0;
        if (TYPEOF(message) != RAWSXP || !whole(REAL(offsets)[i], (double)XLENGTH(message), &offset) ||
            (size_t)XLENGTH(message) - offset < length) {
            return false;
        }
        out->first[i] = RAW(message) + offset;
    }
    return true;
}

/* Adds up one range and takes its masks off. */
static cloak_status range(const struct cloak_opening *opening, uint32_t segment, uint64_t first, const struct payloads *payloads,
                          const struct cloak_lanes *room) {
    memset(room->data, 0, room->length * lane_size(room->type));
    for (R_xlen_t i = 0; i < payloads->count; i++) {
        const cloak_status status = cloak_opening_add(opening, segment, first, payloads->first[i], payloads->length, room);
        if (status != CLOAK_OK) {
            return status;
        }
    }
    return cloak_opening_unmask(opening, segment, first, room);
}

/* One segment: its values go to `out`, its zero coordinates are checked. */
static cloak_status segment_sum(const struct cloak_opening *opening, uint32_t segment, const struct cloak_layout *layout,
                                const struct payloads *payloads, uint8_t *room, uint8_t *zeros, uint8_t *out) {
    const size_t lane = lane_size(layout->lane);
    const uint64_t total = layout->length + layout->zeros;
    for (uint64_t first = 0; first < total; first += RANGE) {
        const uint64_t count = total - first < RANGE ? total - first : RANGE;
        const struct cloak_lanes lanes = {layout->lane, room, (size_t)count};
        const cloak_status status = range(opening, segment, first, payloads, &lanes);
        if (status != CLOAK_OK) {
            return status;
        }
        const uint64_t values = first >= layout->length ? 0 : layout->length - first < count ? layout->length - first : count;
        memcpy(out + first * lane, room, (size_t)values * lane);
        if (values < count) {
            memcpy(zeros + (first + values - layout->length) * lane, room + values * lane, (size_t)(count - values) * lane);
        }
    }
    const struct cloak_values tail = {layout->lane, zeros, (size_t)layout->zeros};
    return cloak_opening_check_zeros(opening, segment, &tail);
}

/* The residues of each segment, and the rotation seed of the round. `messages` are the masked messages of the survivors, `offsets` where in
 * each the payload begins. */
SEXP cw_server_sum(SEXP handle, SEXP run_handle, SEXP messages, SEXP offsets) {
    static const char *const FIELDS[] = {"residues", "rotation_seed"};
    OPEN(struct cloak_server, server, handle, SERVER);
    OPEN(struct cloak_run, run, run_handle, RUN);
    struct cloak_run_info info;
    cloak_status status = cloak_run_get_info(run, &info);
    REFUSE_UNLESS(status == CLOAK_OK, status, "run");
    struct payloads payloads;
    REFUSE_UNLESS(payloads_of(messages, offsets, (size_t)info.payload_size, &payloads), CLOAK_ERR_INVALID_LENGTH, "payloads");
    SEXP out = PROTECT(named_list(FIELDS, 2));
    SEXP sums = Rf_allocVector(VECSXP, info.segments);
    SET_VECTOR_ELT(out, 0, sums);
    SEXP seed = Rf_allocVector(RAWSXP, CLOAK_KEY_SIZE);
    SET_VECTOR_ELT(out, 1, seed);
    char *memory = R_alloc((size_t)RANGE * 16 + 64 * 16 + 32, 1);
    uint8_t *room = (uint8_t *)memory + (16 - (uintptr_t)memory % 16) % 16;
    uint8_t *zeros = room + (size_t)RANGE * 16;
    SEXP owner = PROTECT(handle_new(OPENING));
    struct cloak_opening *opening = NULL;
    status = cloak_server_opening(server, &opening);
    R_SetExternalPtrAddr(owner, opening);
    for (uint32_t i = 0; status == CLOAK_OK && i < info.segments; i++) {
        struct cloak_layout layout;
        status = cloak_run_layout(run, i, &layout);
        if (status == CLOAK_OK) {
            SEXP residues = Rf_allocVector(RAWSXP, (R_xlen_t)(layout.length * lane_size(layout.lane)));
            SET_VECTOR_ELT(sums, i, residues);
            status = segment_sum(opening, i, &layout, &payloads, room, zeros, RAW(residues));
        }
    }
    if (status == CLOAK_OK) {
        status = cloak_opening_rotation_seed(opening, RAW(seed));
    }
    R_ClearExternalPtr(owner);
    cloak_opening_free(opening);
    UNPROTECT(2);
    return status == CLOAK_OK ? out : failure(status, "payloads");
}
