/* A server and its members in one program, who pass messages to each other as over a table. */
#ifndef TABLE_H
#define TABLE_H

#include "aggregator.h"
#include "member.h"

typedef struct seat {
    uint64_t id;
    cloak_client *client;
    /* 0 once the member has gone: it gets no messages and gives no answers. */
    int present;
} seat;

typedef struct table {
    aggregator server;
    seat *seats;
    size_t seat_count;
    /* What everybody is given for a round. */
    uint8_t context_hash[CLOAK_HASH_SIZE];
    /* Writes the masked contribution of a member that has entered a round to `answer`. */
    void (*contribute)(void *userdata, const seat *member, bytes *answer);
    void *userdata;
} table;

/* Set-up: every two neighbours agree on keys. */
void table_set_up(table *self);

/* A round up to its sum, which the caller takes from the server. The round may have been aborted instead: its step is then CLOAK_STEP_FINISHED. */
void table_round(table *self);

/* Ends the round with what became of its sum, and tells everybody. */
void table_finish(table *self, cloak_status failure);

#endif
