#include "aggregator.h"

#include <stdlib.h>
#include <string.h>

static void forget_payloads(aggregator *self)
{
    while (self->payload_count > 0) {
        self->payload_count--;
        bytes_free(&self->payloads[self->payload_count].content);
    }
}

void aggregator_open(aggregator *self, const cloak_run *run)
{
    cloak_run_info info;
    memset(self, 0, sizeof *self);
    self->run = run;
    must(cloak_run_get_info(run, &info), "asking for the size of the run");
    must(cloak_server_new(run, &self->server, NULL), "making the server");
    self->payloads = allocate(info.members, sizeof *self->payloads);
}

void aggregator_close(aggregator *self)
{
    forget_payloads(self);
    free(self->payloads);
    cloak_server_free(self->server);
    memset(self, 0, sizeof *self);
}

int32_t aggregator_step(const aggregator *self)
{
    cloak_phase phase;
    must(cloak_server_get_phase(self->server, &phase), "asking where the server stands");
    return phase.step;
}

cloak_status aggregator_begin(aggregator *self, const uint8_t context_hash[CLOAK_HASH_SIZE])
{
    uint32_t round;
    cloak_status status = cloak_server_begin(self->server, NULL, 0, context_hash, &round);
    if (status == CLOAK_OK) {
        forget_payloads(self);
    }
    return status;
}

cloak_status aggregator_receive(aggregator *self, uint64_t sender, const bytes *message)
{
    cloak_receipt receipt;
    cloak_status status = cloak_server_receive(self->server, sender, message->data, message->length, &receipt);
    /* A repeat of the same bytes is no error and does not count: its payload is here already. */
    if (status == CLOAK_OK && receipt.kind == CLOAK_MASKED && receipt.counted) {
        payload *kept = &self->payloads[self->payload_count];
        kept->sender = sender;
        bytes_copy(&kept->content, message->data + receipt.payload_offset, receipt.payload_length);
        self->payload_count++;
    }
    return status;
}

void aggregator_message(const aggregator *self, uint64_t receiver, bytes *message)
{
    cloak_status status = cloak_server_message(self->server, receiver, message->data, message->capacity, &message->length);
    if (status == CLOAK_ERR_BUFFER_TOO_SMALL) {
        bytes_room(message, message->length);
        status = cloak_server_message(self->server, receiver, message->data, message->capacity, &message->length);
    }
    must(status, "asking the server for a message");
}

static size_t width(int32_t lane)
{
    return lane == CLOAK_U32 ? 4 : lane == CLOAK_U64 ? 8 : 16;
}

static int contains(const uint64_t *ids, size_t count, uint64_t id)
{
    while (count > 0 && ids[count - 1] != id) {
        count--;
    }
    return count > 0;
}

/* Adds the payloads of those whose inputs the sum holds; that of a member who left in the middle of the round is not among them. */
static cloak_status add_survivors(const aggregator *self, const cloak_opening *opening, uint32_t segment, const cloak_lanes *sum)
{
    uint64_t *survivors = allocate(self->payload_count, sizeof *survivors);
    size_t count, i;
    cloak_status status = cloak_server_survivors(self->server, survivors, self->payload_count, &count);
    for (i = 0; status == CLOAK_OK && i < self->payload_count; i++) {
        const payload *given = &self->payloads[i];
        if (contains(survivors, count, given->sender)) {
            status = cloak_opening_add(opening, segment, 0, given->content.data, given->content.length, sum);
        }
    }
    free(survivors);
    return status;
}

cloak_status aggregator_sum(const aggregator *self, const cloak_opening *opening, uint32_t segment, cloak_lanes *sum)
{
    cloak_layout layout;
    cloak_values zeros;
    cloak_status status;
    memset(sum, 0, sizeof *sum);
    must(cloak_run_layout(self->run, segment, &layout), "asking for the layout of a segment");
    sum->type = layout.lane;
    sum->length = (size_t)(layout.length + layout.zeros);
    sum->data = allocate(sum->length, width(layout.lane));
    status = add_survivors(self, opening, segment, sum);
    if (status == CLOAK_OK) {
        status = cloak_opening_unmask(opening, segment, 0, sum);
    }
    if (status != CLOAK_OK) {
        return status;
    }
    sum->length = (size_t)layout.length;
    zeros.type = layout.lane;
    zeros.data = (const uint8_t *)sum->data + sum->length * width(layout.lane);
    zeros.length = (size_t)layout.zeros;
    return cloak_opening_check_zeros(opening, segment, &zeros);
}
