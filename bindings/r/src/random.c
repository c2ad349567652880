/* Random bytes: public ones for run ids and beacons, and a generator for test vectors. Keys are drawn inside the library. */
#include "glue.h"

#include <string.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

static int32_t from_tape(void *userdata, uint8_t *out, size_t length) {
    struct tape *tape = userdata;
    if (length > tape->length - tape->used) {
        return 1;
    }
    memcpy(out, tape->bytes + tape->used, length);
    tape->used += length;
    return 0;
}

const struct cloak_rng *rng_of(SEXP bytes, struct tape *tape) {
    if (TYPEOF(bytes) != RAWSXP) {
        return NULL;
    }
    tape->rng.fill = from_tape;
    tape->rng.userdata = tape;
    tape->bytes = RAW(bytes);
    tape->length = (size_t)XLENGTH(bytes);
    tape->used = 0;
    return &tape->rng;
}

/* Bytes of the operating system's generator; at most 256, the bound of getentropy. */
SEXP cw_random_bytes(SEXP count) {
    uint64_t length = 0;
    REFUSE_UNLESS(TYPEOF(count) == REALSXP && XLENGTH(count) == 1 && whole(REAL(count)[0], 256, &length), CLOAK_ERR_INVALID_ARGUMENT,
                  "count");
    SEXP out = PROTECT(Rf_allocVector(RAWSXP, (R_xlen_t)length));
    const int failed = getentropy(RAW(out), (size_t)length);
    UNPROTECT(1);
    return failed == 0 ? out : failure(CLOAK_ERR_RANDOMNESS, NULL);
}
