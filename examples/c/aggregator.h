/* The server's side: the protocol, the payloads that it leaves to its host, and their sum. */
#ifndef AGGREGATOR_H
#define AGGREGATOR_H

#include "bytes.h"

/* The payload of a masked message. */
typedef struct payload {
    uint64_t sender;
    bytes content;
} payload;

typedef struct aggregator {
    const cloak_run *run;
    cloak_server *server;
    /* Payloads of the present round, at most one from each member. */
    payload *payloads;
    size_t payload_count;
} aggregator;

/* The server of a run, which has to outlive it. */
void aggregator_open(aggregator *self, const cloak_run *run);

void aggregator_close(aggregator *self);

/* What the server waits for: one of cloak_step. */
int32_t aggregator_step(const aggregator *self);

/* Begins a round of everybody who has confirmed keys; payloads of earlier rounds are dropped. */
cloak_status aggregator_begin(aggregator *self, const uint8_t context_hash[CLOAK_HASH_SIZE]);

/* Takes a message from a member whom the caller has authenticated. */
cloak_status aggregator_receive(aggregator *self, uint64_t sender, const bytes *message);

/* The message that a member is due; empty if it is due none. */
void aggregator_message(const aggregator *self, uint64_t receiver, bytes *message);

/*
 * The residues of a segment in the sum of all survivors. The caller frees `sum->data`, also after a failure. CLOAK_ERR_MASKS_DID_NOT_CANCEL means
 * that the sums of all segments are worthless; either way the server is told by cloak_server_finish.
 */
cloak_status aggregator_sum(const aggregator *self, const cloak_opening *opening, uint32_t segment, cloak_lanes *sum);

#endif
