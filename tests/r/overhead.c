/* What client_mask() does in R, without R: called in turns with it by overhead.R. */
#define R_NO_REMAP
#include <Rinternals.h>
#include <cloakwork.h>

#include <stdlib.h>
#include <time.h>

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The time of the monotonic clock. */
SEXP probe_clock(void) { return Rf_ScalarReal(seconds()); }

/* The seconds in which the library masks a vector of doubles into memory of malloc, for a client whose round has begun; NA if it does not.
 */
SEXP probe_mask(SEXP handle, SEXP values) {
    struct cloak_client *client = R_ExternalPtrAddr(handle);
    const struct cloak_values given = {CLOAK_F64, REAL(values), (size_t)XLENGTH(values)};
    const double started = seconds();
    size_t size = 0;
    cloak_status status = cloak_client_masked_size(client, &size);
    uint8_t *out = malloc(size);
    if (status == CLOAK_OK && out != NULL) {
        status = cloak_client_mask(client, NULL, &given, 1, out, size, &size);
    }
    const double taken = seconds() - started;
    free(out);
    return Rf_ScalarReal(status == CLOAK_OK ? taken : NA_REAL);
}
