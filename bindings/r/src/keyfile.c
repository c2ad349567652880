/* The file that keeps an identity: comment lines, and one line of 64 hex digits that only the owner may read. The secret key never is in
 * R's memory, which nobody can wipe. The format is that of the Python package. */
#include "glue.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LARGEST = 4096, HEX = 2 * CLOAK_KEY_SIZE };
static const char HEADER[] = "# The secret key of a Cloakwork identity. Whoever has it can act as this party: do not copy or send it.\n";
static const char DIGITS[] = "0123456789abcdef";

static int digit(char c) {
    const char *found = c == '\0' ? NULL : strchr(DIGITS, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    return found == NULL ? -1 : (int)(found - DIGITS);
}

SEXP cw_identity_save(SEXP handle, SEXP path) {
    OPEN(struct cloak_identity, identity, handle, IDENTITY);
    REFUSE_UNLESS(one_string(path), CLOAK_ERR_INVALID_ARGUMENT, "path");
    uint8_t key[CLOAK_KEY_SIZE];
    char fingerprint[CLOAK_FINGERPRINT_SIZE];
    cloak_status status = cloak_identity_public_key(identity, key);
    if (status == CLOAK_OK) {
        status = cloak_fingerprint_encode(key, fingerprint, sizeof fingerprint);
    }
    if (status == CLOAK_OK) {
        status = cloak_identity_export(identity, key);
    }
    REFUSE_UNLESS(status == CLOAK_OK, status, "identity");
    char hex[HEX + 1];
    for (size_t i = 0; i < sizeof key; i++) {
        hex[2 * i] = DIGITS[key[i] >> 4];
        hex[2 * i + 1] = DIGITS[key[i] & 15];
    }
    hex[HEX] = '\0';
    char content[sizeof HEADER + CLOAK_FINGERPRINT_SIZE + HEX + 64];
    const int length = snprintf(content, sizeof content, "%s# fingerprint: %s\n%s\n", HEADER, fingerprint, hex);
    const int problem = private_write(CHAR(STRING_ELT(path, 0)), content, (size_t)length, false);
    wipe(key, sizeof key);
    wipe(hex, sizeof hex);
    wipe(content, sizeof content);
    if (problem == EEXIST) {
        return failure_text(FLOW_CONFLICT, "path", "there is such a file already; an identity is never overwritten: give another path");
    }
    return problem == 0 ? R_NilValue : failure_text(FLOW_STORAGE_FAILED, "path", strerror(problem));
}

/* Reads the one line that is no comment. Returns whether it holds a key. */
static bool parse(const char *content, uint8_t key[CLOAK_KEY_SIZE]) {
    size_t lines = 0;
    for (const char *line = content; *line != '\0';) {
        const char *end = line + strcspn(line, "\n");
        const char *first = line + strspn(line, " \t\r");
        const char *last = end;
        while (last > first && strchr(" \t\r", last[-1]) != NULL) {
            last--;
        }
        if (first < last && *line != '#') {
            lines++;
            if (last - first != HEX) {
                return false;
            }
            for (size_t i = 0; i < CLOAK_KEY_SIZE; i++) {
                const int high = digit(first[2 * i]), low = digit(first[2 * i + 1]);
                if (high < 0 || low < 0) {
                    return false;
                }
                key[i] = (uint8_t)(high << 4 | low);
            }
        }
        line = *end == '\0' ? end : end + 1;
    }
    return lines == 1;
}

SEXP cw_identity_load(SEXP path) {
    REFUSE_UNLESS(one_string(path), CLOAK_ERR_INVALID_ARGUMENT, "path");
    char content[LARGEST + 1];
    size_t length = 0;
    const int problem = private_read(CHAR(STRING_ELT(path, 0)), content, LARGEST, &length);
    if (problem == ENOENT) {
        return failure_text(FLOW_CONFIGURATION, "path",
                            "there is no such file; make an identity with identity_generate() and identity_save()");
    }
    if (problem != 0) {
        return private_refused(problem, "path");
    }
    content[length] = '\0';
    uint8_t key[CLOAK_KEY_SIZE];
    SEXP handle = PROTECT(handle_new(IDENTITY));
    struct cloak_identity *identity = NULL;
    const bool holds = parse(content, key);
    const cloak_status status = holds ? cloak_identity_from_bytes(key, &identity) : CLOAK_OK;
    R_SetExternalPtrAddr(handle, identity);
    UNPROTECT(1);
    wipe(content, sizeof content);
    wipe(key, sizeof key);
    if (!holds) {
        return failure_text(FLOW_CONFIGURATION, "path", "the file holds no identity: one line of 64 hex digits besides comments");
    }
    return status == CLOAK_OK ? handle : failure(status, "path");
}
