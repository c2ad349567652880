#include "member.h"

#include <string.h>

/* One call of the library for each kind of message. */
static cloak_status step(cloak_client *client, const bytes *message, const uint8_t context_hash[CLOAK_HASH_SIZE], heard *said, bytes *answer)
{
    const uint8_t *data = message->data;
    size_t length = message->length;
    switch (said->kind) {
    case CLOAK_INVITE:
        return cloak_client_advertise(client, NULL, data, length, answer->data, answer->capacity, &answer->length);
    case CLOAK_KEYS:
        return cloak_client_confirm(client, data, length, answer->data, answer->capacity, &answer->length);
    case CLOAK_CONFIRMATIONS:
        return cloak_client_accept(client, data, length, &said->unconfirmed);
    case CLOAK_BEGIN:
        return cloak_client_begin(client, data, length, context_hash);
    case CLOAK_SURVIVORS:
        return cloak_client_acknowledge(client, data, length, answer->data, answer->capacity, &answer->length);
    case CLOAK_OPEN:
        return cloak_client_unmask(client, data, length, answer->data, answer->capacity, &answer->length);
    case CLOAK_FINISHED:
        return cloak_client_finish(client, data, length, &said->outcome);
    default:
        /* A message that only servers receive. */
        return CLOAK_ERR_UNEXPECTED_KIND;
    }
}

cloak_status member_answer(cloak_client *client, const bytes *message, const uint8_t context_hash[CLOAK_HASH_SIZE], heard *said, bytes *answer)
{
    cloak_status status;
    memset(said, 0, sizeof *said);
    answer->length = 0;
    status = cloak_message_kind(message->data, message->length, &said->kind);
    if (status != CLOAK_OK) {
        return status;
    }
    status = step(client, message, context_hash, said, answer);
    if (status == CLOAK_ERR_BUFFER_TOO_SMALL) {
        /* Nothing has happened but that `length` holds what is needed. */
        bytes_room(answer, answer->length);
        status = step(client, message, context_hash, said, answer);
    }
    return status;
}

cloak_status member_mask(cloak_client *client, const cloak_values *segments, size_t segment_count, bytes *answer)
{
    size_t size;
    cloak_status status = cloak_client_masked_size(client, &size);
    if (status != CLOAK_OK) {
        return status;
    }
    bytes_room(answer, size);
    return cloak_client_mask(client, NULL, segments, segment_count, answer->data, answer->capacity, &answer->length);
}
