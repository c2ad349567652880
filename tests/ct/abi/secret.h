/* Marks memory as secret or public for memcheck, and names the cases that tools/constant_time.py judges. */
#ifndef SECRET_H
#define SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "cloakwork.h"

/* A named piece of work on secrets. */
typedef struct secret_case {
    const char *name;
    void (*run)(void);
} secret_case;

extern const secret_case planted_cases[], key_cases[], noise_cases[], round_cases[];

/* Makes memory secret: from here on memcheck reports a branch or an address that depends on it. */
void hide(void *memory, size_t size);

/* Whether any bit depends on a secret. */
int is_secret(const void *memory, size_t size);

/* Makes public again what was computed from secrets, as when it is sent. Ends the program unless it depended on one: such a case would prove nothing. */
void reveal(void *memory, size_t size);

/* Makes that part of an identity public that holds its public key, and leaves the rest secret. Where it lies is found by trying. */
void publish(cloak_identity *identity, void *memory);

/* An identity in memory of its own, whose secret key is secret to memcheck; `cloak_identity_wipe` and `free` end it. */
cloak_identity *secret_identity(uint64_t seed);

/* A generator whose bytes follow from `state`, and are secret. */
cloak_rng secret_generator(uint64_t *state);

/* Ends the program when a call failed. */
void must(cloak_status status, const char *doing);

/* Ends the program. */
void stop(const char *why);

void *allocate(size_t count, size_t size);

#endif
