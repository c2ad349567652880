#include "secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

void stop(const char *why)
{
    fprintf(stderr, "%s\n", why);
    exit(2);
}

void must(cloak_status status, const char *doing)
{
    /* A status is public: what it may tell about a secret is told by the branch that chose it, and reported there. */
    VALGRIND_MAKE_MEM_DEFINED(&status, sizeof status);
    if (status != CLOAK_OK) {
        fprintf(stderr, "%s: %s\n", doing, cloak_status_text(status));
        exit(2);
    }
}

void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL) {
        stop("out of memory");
    }
    return memory;
}

void hide(void *memory, size_t size)
{
    VALGRIND_MAKE_MEM_UNDEFINED(memory, size);
}

int is_secret(const void *memory, size_t size)
{
    /* One bit for each bit of memory, set where it is undefined; asking is not reported. */
    unsigned char undefined[256];
    const unsigned char *next = memory;
    size_t i, part;
    for (; size > 0; next += part, size -= part) {
        part = size < sizeof undefined ? size : sizeof undefined;
        if (VALGRIND_GET_VBITS(next, undefined, part) != 1) {
            stop("this runs under memcheck only: python3 tools/constant_time.py");
        }
        for (i = 0; i < part; i++) {
            if (undefined[i] != 0) {
                return 1;
            }
        }
    }
    return 0;
}

void reveal(void *memory, size_t size)
{
    if (!is_secret(memory, size)) {
        stop("a result does not depend on the secrets");
    }
    VALGRIND_MAKE_MEM_DEFINED(memory, size);
}

/* xorshift64*: the values of the secrets do not matter, only that they are not constant. */
static uint8_t next_byte(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint8_t)((*state * UINT64_C(2685821657736338717)) >> 56);
}

static int32_t fill(void *userdata, uint8_t *out, size_t length)
{
    size_t i;
    for (i = 0; i < length; i++) {
        out[i] = next_byte(userdata);
    }
    hide(out, length);
    return 0;
}

cloak_rng secret_generator(uint64_t *state)
{
    cloak_rng generator;
    generator.fill = fill;
    generator.userdata = state;
    return generator;
}

void publish(cloak_identity *identity, void *memory)
{
    uint8_t key[CLOAK_KEY_SIZE];
    size_t offset, last = cloak_identity_size() - sizeof key;
    unsigned char *start = memory;
    for (offset = 0; offset <= last; offset++) {
        unsigned char before[CLOAK_KEY_SIZE];
        if (VALGRIND_GET_VBITS(start + offset, before, sizeof before) != 1) {
            stop("this runs under memcheck only: python3 tools/constant_time.py");
        }
        VALGRIND_MAKE_MEM_DEFINED(start + offset, sizeof key);
        must(cloak_identity_public_key(identity, key), "reading a public key");
        if (!is_secret(key, sizeof key)) {
            return;
        }
        (void)VALGRIND_SET_VBITS(start + offset, before, sizeof before);
    }
    stop("the public key does not lie in one piece");
}

cloak_identity *secret_identity(uint64_t seed)
{
    void *memory = allocate(1, cloak_identity_size());
    uint8_t secret[32];
    cloak_identity *identity;
    size_t i;
    for (i = 0; i < sizeof secret; i++) {
        secret[i] = next_byte(&seed);
    }
    hide(secret, sizeof secret);
    must(cloak_identity_init_from_bytes(memory, cloak_identity_size(), secret, &identity), "making an identity");
    publish(identity, memory);
    return identity;
}
