/* What functions give to R. */
#include "glue.h"

#include <string.h>

/* Fits every message of a member with some hundred neighbours; longer ones are asked for again. */
enum { ROOM = 1 << 14 };

SEXP raw_copy(const uint8_t *bytes, size_t length) {
    SEXP out = Rf_allocVector(RAWSXP, (R_xlen_t)length);
    if (length > 0) {
        memcpy(RAW(out), bytes, length);
    }
    return out;
}

SEXP named_list(const char *const *names, size_t count) {
    SEXP out = PROTECT(Rf_allocVector(VECSXP, (R_xlen_t)count));
    SEXP labels = PROTECT(Rf_allocVector(STRSXP, (R_xlen_t)count));
    for (size_t i = 0; i < count; i++) {
        SET_STRING_ELT(labels, (R_xlen_t)i, Rf_mkChar(names[i]));
    }
    Rf_setAttrib(out, R_NamesSymbol, labels);
    UNPROTECT(2);
    return out;
}

SEXP scalars_list(const char *const *names, size_t count, struct scalars scalars) {
    SEXP out = PROTECT(named_list(names, count));
    for (size_t i = 0; i < scalars.integer_count; i++) {
        SET_VECTOR_ELT(out, (R_xlen_t)i, Rf_ScalarInteger(scalars.integers[i]));
    }
    for (size_t i = 0; i < scalars.number_count; i++) {
        SET_VECTOR_ELT(out, (R_xlen_t)(scalars.integer_count + i), Rf_ScalarReal(scalars.numbers[i]));
    }
    UNPROTECT(1);
    return out;
}

cloak_status written(bytes_writer *write, const void *source, uint8_t **out, size_t *length) {
    *length = 0;
    *out = (uint8_t *)R_alloc(ROOM, 1);
    cloak_status status = write(source, *out, ROOM, length);
    if (status == CLOAK_ERR_BUFFER_TOO_SMALL) {
        const size_t room = *length;
        *out = (uint8_t *)R_alloc(room, 1);
        status = write(source, *out, room, length);
    }
    return status;
}
