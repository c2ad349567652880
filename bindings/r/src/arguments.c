/* Small conversions between R's values and those of the library. */
#include "glue.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

bool raw_sized(SEXP x, R_xlen_t length) { return TYPEOF(x) == RAWSXP && (length < 0 || XLENGTH(x) == length); }

bool one_string(SEXP x) { return TYPEOF(x) == STRSXP && XLENGTH(x) == 1 && STRING_ELT(x, 0) != NA_STRING; }

bool whole(double value, double most, uint64_t *out) {
    if (!(value >= 0 && value <= most) || value != floor(value)) {
        return false;
    }
    *out = (uint64_t)value;
    return true;
}

/* The number that a string of decimal digits states: ids may exceed what R's numbers hold exactly. */
bool id_of(SEXP text, uint64_t *out) {
    if (text == NA_STRING) {
        return false;
    }
    const char *digits = CHAR(text);
    const size_t length = strlen(digits);
    if (length == 0 || length > 20 || (length > 1 && digits[0] == '0')) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        if (digits[i] < '0' || digits[i] > '9') {
            return false;
        }
        const uint64_t digit = (uint64_t)(digits[i] - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

SEXP ids_text(const uint64_t *ids, size_t count) {
    SEXP out = PROTECT(Rf_allocVector(STRSXP, (R_xlen_t)count));
    for (size_t i = 0; i < count; i++) {
        char text[24];
        snprintf(text, sizeof text, "%" PRIu64, ids[i]);
        SET_STRING_ELT(out, (R_xlen_t)i, Rf_mkChar(text));
    }
    UNPROTECT(1);
    return out;
}

SEXP id_text(uint64_t id) { return ids_text(&id, 1); }

/* Through a volatile pointer, so that the compiler keeps the stores. */
void wipe(void *memory, size_t length) {
    volatile uint8_t *byte = memory;
    while (length-- > 0) {
        *byte++ = 0;
    }
}
