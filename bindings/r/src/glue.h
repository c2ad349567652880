/* What the files of this folder share.
 *
 * A function that R calls returns its result or a failure, an R list that the R code of this package turns into a condition. None raises an
 * R error on its own account. R's allocator may leave a function by a jump when memory runs out; so objects of the library have an owner
 * before they are made (handle.c), and working memory comes from R_alloc. */
#ifndef CLOAKWORK_GLUE_H
#define CLOAKWORK_GLUE_H

#define R_NO_REMAP
#define STRICT_R_HEADERS
#include <Rinternals.h>

#include <cloakwork.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers of the flows, which continue those of cloakwork.h (docs/http.md). */
enum { FLOW_CONFLICT = 805, FLOW_STORAGE_FAILED = 810, FLOW_CONFIGURATION = 814 };

/* failure.c */
SEXP failure(cloak_status status, const char *argument);
SEXP failure_of(const struct cloak_error *error, cloak_status status, const char *argument);
SEXP failure_text(int status, const char *argument, const char *text);
SEXP failure_of_parameter(const struct cloak_parameter_error *error, cloak_status status, const char *argument);

/* handle.c: external pointers that own an object of the library. */
enum handle_kind { IDENTITY, CHANNEL, RUN, CLIENT, SERVER, OPENING, CONTRIBUTION, ACCOUNTANT, MPC };
SEXP handle_new(enum handle_kind kind);
void *handle_of(SEXP handle, enum handle_kind kind);
SEXP handle_refused(enum handle_kind kind);

/* arguments.c */
bool raw_sized(SEXP x, R_xlen_t length);
bool one_string(SEXP x);
bool whole(double value, double most, uint64_t *out);
bool id_of(SEXP text, uint64_t *out);
SEXP id_text(uint64_t id);
SEXP ids_text(const uint64_t *ids, size_t count);
void wipe(void *memory, size_t length);

/* results.c */
SEXP raw_copy(const uint8_t *bytes, size_t length);
SEXP named_list(const char *const *names, size_t count);
/* A named list that begins with these integers and these numbers; its other fields are for the caller. */
struct scalars {
    const int *integers;
    size_t integer_count;
    const double *numbers;
    size_t number_count;
};
SEXP scalars_list(const char *const *names, size_t count, struct scalars scalars);

/* What a call writes whose length is known after it. A call that had too little room has done nothing, and is made again with enough.
 * The bytes are in memory of R_alloc. */
typedef cloak_status bytes_writer(const void *source, uint8_t *out, size_t room, size_t *length);
cloak_status written(bytes_writer *write, const void *source, uint8_t **out, size_t *length);

/* random.c: a generator that hands out given bytes, for test vectors; NULL for that of the operating system. */
struct tape {
    struct cloak_rng rng;
    const uint8_t *bytes;
    size_t length;
    size_t used;
};
const struct cloak_rng *rng_of(SEXP bytes, struct tape *tape);

/* private_file.c: both return 0 or an errno, EPERM for a file that others may read. */
int private_write(const char *path, const char *content, size_t length, bool replace);
int private_read(const char *path, char *out, size_t most, size_t *length);
SEXP private_refused(int problem, const char *argument);

/* mpc.c */
struct mpc_parties;
void mpc_free(struct mpc_parties *parties);

/* run.c */
size_t lane_size(int32_t lane);
int32_t lane_of(uint32_t bits);

/* mechanism.c */
bool mechanism_of(SEXP numbers, SEXP norm_bound, struct cloak_mechanism *out);
SEXP mechanism_list(const struct cloak_mechanism *mechanism);
const void *aligned_lanes(SEXP residues, int32_t lane);

/* Ends the function with the refusal of an argument. */
#define REFUSE_UNLESS(condition, status, argument) \
    do {                                           \
        if (!(condition)) {                        \
            return failure((status), (argument));  \
        }                                          \
    } while (0)

/* Takes the object out of a handle, or ends the function. */
#define OPEN(type, name, handle, kind)        \
    type *name = handle_of((handle), (kind)); \
    if (name == NULL) {                       \
        return handle_refused(kind);          \
    }

#endif
