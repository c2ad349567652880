/* Identities, fingerprints, hashes. */
#include "glue.h"

/* A new identity. `bytes` is a tape of test vectors, or NULL. */
SEXP cw_identity_new(SEXP bytes) {
    struct tape tape;
    SEXP handle = PROTECT(handle_new(IDENTITY));
    struct cloak_identity *identity = NULL;
    const cloak_status status = cloak_identity_new(rng_of(bytes, &tape), &identity);
    R_SetExternalPtrAddr(handle, identity);
    UNPROTECT(1);
    return status == CLOAK_OK ? handle : failure(status, NULL);
}

/* The identity with a secret key that is in R's memory already: for test vectors. */
SEXP cw_identity_from_bytes(SEXP secret) {
    REFUSE_UNLESS(raw_sized(secret, CLOAK_KEY_SIZE), CLOAK_ERR_INVALID_LENGTH, "secret");
    SEXP handle = PROTECT(handle_new(IDENTITY));
    struct cloak_identity *identity = NULL;
    const cloak_status status = cloak_identity_from_bytes(RAW(secret), &identity);
    R_SetExternalPtrAddr(handle, identity);
    UNPROTECT(1);
    return status == CLOAK_OK ? handle : failure(status, "secret");
}

SEXP cw_identity_public_key(SEXP handle) {
    OPEN(struct cloak_identity, identity, handle, IDENTITY);
    uint8_t key[CLOAK_KEY_SIZE];
    const cloak_status status = cloak_identity_public_key(identity, key);
    return status == CLOAK_OK ? raw_copy(key, sizeof key) : failure(status, "identity");
}

SEXP cw_fingerprint_encode(SEXP key) {
    REFUSE_UNLESS(raw_sized(key, CLOAK_KEY_SIZE), CLOAK_ERR_INVALID_LENGTH, "key");
    char text[CLOAK_FINGERPRINT_SIZE];
    const cloak_status status = cloak_fingerprint_encode(RAW(key), text, sizeof text);
    return status == CLOAK_OK ? Rf_mkString(text) : failure(status, "key");
}

SEXP cw_fingerprint_decode(SEXP fingerprint) {
    REFUSE_UNLESS(one_string(fingerprint), CLOAK_ERR_INVALID_ARGUMENT, "fingerprint");
    uint8_t key[CLOAK_KEY_SIZE];
    const cloak_status status = cloak_fingerprint_decode(CHAR(STRING_ELT(fingerprint, 0)), key);
    return status == CLOAK_OK ? raw_copy(key, sizeof key) : failure(status, "fingerprint");
}

SEXP cw_sha256(SEXP data) {
    REFUSE_UNLESS(TYPEOF(data) == RAWSXP, CLOAK_ERR_INVALID_ARGUMENT, "data");
    uint8_t digest[CLOAK_HASH_SIZE];
    const cloak_status status = cloak_sha256(RAW(data), (size_t)XLENGTH(data), digest);
    return status == CLOAK_OK ? raw_copy(digest, sizeof digest) : failure(status, "data");
}
