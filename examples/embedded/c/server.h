/*
 * Requests to the server, over the gateway: docs/http.md and section 9 of docs/protocol.md.
 *
 * The device makes the MAC of each request and believes no answer without that of the server.
 */
#ifndef SERVER_H
#define SERVER_H

#include <cloakwork.h>

#include "line.h"

/* Errors of requests (docs/http.md section 2); those below 800 are of cloak_status. */
enum {
    FLOW_NOT_FOUND = 804,
    FLOW_COUNTER_USED = 806,
    FLOW_TOO_LARGE = 807,
    FLOW_SUPERSEDED = 809,
    FLOW_UNREACHABLE = 812,
    FLOW_UNVERIFIED_ANSWER = 813,
    FLOW_CONFIGURATION = 814,
    FLOW_RUN_CLOSED = 816
};

/* A verified answer. */
struct answer {
    /* Of an error: `next`, the number of the message to ask for. The gateway read it; it could as well withhold all messages. */
    uint64_t number;
    uint32_t length;
    uint16_t status;
    /* SHA-256 of the body. */
    uint8_t hash[CLOAK_HASH_SIZE];
};

/* Opens the channel to the server that the provisioning pins. */
int32_t server_open(const cloak_identity *identity);

/* The next bytes of the body of a request, which leave at once. */
int32_t server_body(const void *bytes, size_t length);

/*
 * Makes a request to the run, with what server_body got as its body, and takes the answer.
 *
 * `suffix` follows the run in the path. With a NULL `body` that of the answer is hashed and not kept; server_read reads parts of it again.
 * The result is CLOAK_OK for a verified answer that is no error, else the number of the error.
 */
int32_t server_request(enum method method, enum media media, const char *suffix, const char *query, struct answer *answer, uint8_t *body, size_t capacity);

/* A part of the body of the last answer, as the gateway has it: what it says is proven by nothing but a hash of the reader's. */
int32_t server_read(uint32_t first, uint8_t *bytes, size_t length);

#endif
