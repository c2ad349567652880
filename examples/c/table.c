#include "table.h"

#include <stdlib.h>

/* A member's message and its answer to it. */
static void deliver(table *self, const seat *member, const bytes *message)
{
    bytes answer = {NULL, 0, 0};
    heard said;
    must(member_answer(member->client, message, self->context_hash, &said, &answer), "answering the server");
    if (said.kind == CLOAK_BEGIN) {
        self->contribute(self->userdata, member, &answer);
    }
    if (answer.length > 0) {
        must(aggregator_receive(&self->server, member->id, &answer), "giving the server an answer");
    }
    bytes_free(&answer);
}

/* Everybody who is there gets the message of the present step. An answer may end the step: all messages are written before the first one. */
static void sweep(table *self)
{
    bytes *messages = allocate(self->seat_count, sizeof *messages);
    size_t i;
    for (i = 0; i < self->seat_count; i++) {
        aggregator_message(&self->server, self->seats[i].id, &messages[i]);
    }
    for (i = 0; i < self->seat_count; i++) {
        if (self->seats[i].present && messages[i].length > 0) {
            deliver(self, &self->seats[i], &messages[i]);
        }
        bytes_free(&messages[i]);
    }
    free(messages);
}

/* Step after step, until the server waits for its host. A step that somebody has not answered ends by its time limit, here at once. */
static void play(table *self)
{
    for (;;) {
        int32_t step = aggregator_step(&self->server);
        if (step == CLOAK_STEP_SUM) {
            return;
        }
        sweep(self);
        if (step == CLOAK_STEP_READY || step == CLOAK_STEP_FINISHED) {
            return;
        }
        if (aggregator_step(&self->server) == step) {
            must(cloak_server_close_step(self->server.server), "closing a step");
        }
    }
}

void table_set_up(table *self)
{
    uint32_t epoch;
    must(cloak_server_invite(self->server.server, &epoch), "inviting everybody");
    play(self);
}

void table_round(table *self)
{
    must(aggregator_begin(&self->server, self->context_hash), "beginning a round");
    play(self);
}

void table_finish(table *self, cloak_status failure)
{
    must(cloak_server_finish(self->server.server, failure), "ending a round");
    play(self);
}
