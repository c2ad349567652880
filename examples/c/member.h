/* The client's side of a conversation: a message in, an answer out. */
#ifndef MEMBER_H
#define MEMBER_H

#include "bytes.h"

/* What a message said. */
typedef struct heard {
    /* Which message it was: one of cloak_kind. */
    int32_t kind;
    /* After confirmations: neighbours whose keys are not confirmed. No round is entered with them. */
    size_t unconfirmed;
    /* After the end of a round: 0, or the status for which it was aborted. */
    uint32_t outcome;
} heard;

/*
 * Gives a message of the server to a client. The answer is empty where the protocol has none. After CLOAK_BEGIN the client is in the round and owes
 * the server its contribution: member_mask, or cloak_client_mask_begin for one that comes piece by piece.
 *
 * The context hash is that of what this client received for the round, computed by itself.
 */
cloak_status member_answer(cloak_client *client, const bytes *message, const uint8_t context_hash[CLOAK_HASH_SIZE], heard *said, bytes *answer);

/* Masks the values of all segments. */
cloak_status member_mask(cloak_client *client, const cloak_values *segments, size_t segment_count, bytes *answer);

#endif
