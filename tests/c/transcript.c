/* Replays a whole run, message by message: every client and the server, what each refuses, and the sums. */
#include <stdlib.h>
#include <string.h>

#include "replay.h"

#define MOST_CLIENTS 16
#define LARGEST_MESSAGE 65536

typedef struct {
    const transcript *vector;
    cloak_run *run;
    /* Its noise; `parts` is 0 where it has none. */
    cloak_mechanism mechanism;
    cloak_server *server;
    cloak_client *clients[MOST_CLIENTS];
    /* Bytes of each client's tape that were drawn. */
    size_t drawn[MOST_CLIENTS];
    const round_vector *round;
    /* Payloads of the present round, by the order of the clients. */
    uint8_t *payloads[MOST_CLIENTS];
    size_t payload_lengths[MOST_CLIENTS];
} replay;

typedef struct {
    replay *run;
    size_t client;
} tape;

/* The generator of a client: the next bytes of its tape. */
static int32_t read_tape(void *userdata, uint8_t *out, size_t length)
{
    tape *source = userdata;
    bytes content = source->run->vector->clients[source->client].tape;
    size_t *drawn = &source->run->drawn[source->client];
    if (length > content.length - *drawn) {
        return 1;
    }
    memcpy(out, content.data + *drawn, length);
    *drawn += length;
    return 0;
}

static size_t find_client(const replay *run, uint64_t id)
{
    size_t i;
    for (i = 0; i < run->vector->client_count; i++) {
        if (run->vector->clients[i].id == id) {
            return i;
        }
    }
    abort();
}

static int among(const uint64_t *ids, size_t count, uint64_t id)
{
    while (count > 0 && ids[count - 1] != id) {
        count--;
    }
    return count > 0;
}

static int32_t step_of_server(const replay *run)
{
    cloak_phase phase;
    MUST(cloak_server_get_phase(run->server, &phase));
    return phase.step;
}

/* What a client does with a message; its answer, if it has one. */
static cloak_status answer(replay *run, size_t index, bytes message, uint8_t *out, size_t *length)
{
    cloak_client *client = run->clients[index];
    tape source;
    cloak_rng rng;
    int32_t kind = 0;
    size_t unconfirmed;
    uint32_t outcome;
    cloak_status status = cloak_message_kind(message.data, message.length, &kind);
    *length = 0;
    source.run = run;
    source.client = index;
    rng.fill = read_tape;
    rng.userdata = &source;
    switch (status == CLOAK_OK ? kind : CLOAK_KEYS) {
    case CLOAK_INVITE:
        return cloak_client_advertise(client, &rng, message.data, message.length, out, LARGEST_MESSAGE, length);
    case CLOAK_KEYS:
        return cloak_client_confirm(client, message.data, message.length, out, LARGEST_MESSAGE, length);
    case CLOAK_CONFIRMATIONS:
        return cloak_client_accept(client, message.data, message.length, &unconfirmed);
    case CLOAK_BEGIN:
        return cloak_client_begin(client, message.data, message.length, run->round->context_hash.data);
    case CLOAK_SURVIVORS:
        return cloak_client_acknowledge(client, message.data, message.length, out, LARGEST_MESSAGE, length);
    case CLOAK_OPEN:
        return cloak_client_unmask(client, message.data, message.length, out, LARGEST_MESSAGE, length);
    case CLOAK_FINISHED:
        return cloak_client_finish(client, message.data, message.length, &outcome);
    default:
        /* No client has a step for it: any step refuses it. */
        return cloak_client_confirm(client, message.data, message.length, out, LARGEST_MESSAGE, length);
    }
}

/* The contribution of a run with noise, made of its parts; part seeds come from the tape, too. */
static cloak_contribution *contribute(replay *run, size_t index, const cloak_rng *rng, const input *given)
{
    const cloak_mechanism *mechanism = &run->mechanism;
    const cloak_values *expected = given->segments;
    uint8_t seed[CLOAK_KEY_SIZE];
    cloak_run_config config;
    cloak_segment segment;
    cloak_contribution *contribution;
    cloak_values part;
    cloak_lanes lanes;
    size_t width = expected->type == CLOAK_U32 ? 4 : 8;
    uint32_t i;
    MUST(cloak_client_rotation_seed(run->clients[index], seed));
    CHECK(equal(run->round->rotation_seed, seed, sizeof seed), run->vector->name);
    MUST(cloak_run_get_config(run->run, &config));
    MUST(cloak_run_segment(run->run, 0, &segment));
    MUST(cloak_contribution_new(mechanism, segment.bits, config.suite, seed, &contribution, NULL));
    part.type = CLOAK_F64;
    part.length = (size_t)mechanism->dimension;
    for (i = 0; i < mechanism->parts; i++) {
        part.data = given->parts + i * part.length;
        MUST(cloak_contribution_add(contribution, rng, &part));
    }
    lanes.type = expected->type;
    lanes.length = expected->length;
    lanes.data = calloc(lanes.length, width);
    if (lanes.data == NULL) {
        abort();
    }
    MUST(cloak_contribution_residues(contribution, &lanes));
    CHECK(memcmp(lanes.data, expected->data, lanes.length * width) == 0, run->vector->name);
    free(lanes.data);
    return contribution;
}

/* Masks what a client gives to the present round. */
static void mask(replay *run, size_t index, uint8_t *out, size_t *length)
{
    uint64_t id = run->vector->clients[index].id;
    cloak_client *client = run->clients[index];
    tape source;
    cloak_rng rng;
    size_t i;
    source.run = run;
    source.client = index;
    rng.fill = read_tape;
    rng.userdata = &source;
    for (i = 0; i < run->round->input_count; i++) {
        const input *given = &run->round->inputs[i];
        if (given->id == id && run->mechanism.parts == 0) {
            MUST(cloak_client_mask(client, &rng, given->segments, run->vector->segment_count, out, LARGEST_MESSAGE, length));
        } else if (given->id == id) {
            cloak_contribution *contribution = contribute(run, index, &rng, given);
            cloak_values whole;
            whole.type = CLOAK_CONTRIBUTION;
            whole.data = contribution;
            whole.length = given->segments->length;
            /* Nothing passes without noise, not even the right residues. */
            CHECK(cloak_client_mask(client, &rng, given->segments, 1, out, LARGEST_MESSAGE, length) == CLOAK_ERR_INVALID_ARGUMENT,
                  run->vector->name);
            MUST(cloak_client_mask(client, &rng, &whole, 1, out, LARGEST_MESSAGE, length));
            cloak_contribution_free(contribution);
        }
    }
}

static bytes state_of(cloak_client *client, uint8_t *out)
{
    bytes state;
    MUST(cloak_client_save(client, out, LARGEST_MESSAGE, &state.length));
    state.data = out;
    return state;
}

static int expected(errors list, cloak_status status)
{
    while (list.count > 0 && list.codes[list.count - 1] != status) {
        list.count--;
    }
    return list.count > 0;
}

/* Gives the bytes of a refusal to a client or to the server: they are refused, and nothing changes. */
static void refuse(replay *run, const delivery *given, const refusal *refused)
{
    static uint8_t message[LARGEST_MESSAGE], out[LARGEST_MESSAGE], before[LARGEST_MESSAGE], after[LARGEST_MESSAGE];
    bytes valid = refused->to_server ? given->answer : given->message;
    size_t tail = valid.length - refused->at - refused->cut;
    size_t client = find_client(run, given->id);
    bytes altered;
    cloak_status status;
    size_t length;
    memcpy(message, valid.data, refused->at);
    if (refused->put.length > 0) {
        memcpy(message + refused->at, refused->put.data, refused->put.length);
    }
    memcpy(message + refused->at + refused->put.length, valid.data + refused->at + refused->cut, tail);
    altered.data = message;
    altered.length = refused->at + refused->put.length + tail;
    if (refused->to_server) {
        int32_t step = step_of_server(run);
        cloak_receipt receipt;
        status = cloak_server_receive(run->server, given->id, altered.data, altered.length, &receipt);
        CHECK(step_of_server(run) == step, refused->name);
    } else {
        bytes state = state_of(run->clients[client], before);
        size_t drawn = run->drawn[client];
        status = answer(run, client, altered, out, &length);
        CHECK(equal(state, after, state_of(run->clients[client], after).length), refused->name);
        CHECK(run->drawn[client] == drawn, refused->name);
    }
    if (!expected(refused->errors, status)) {
        printf("%s: status %d\n", refused->name, (int)status);
    }
    CHECK(expected(refused->errors, status), refused->name);
}

static void refuse_all(replay *run, const delivery *given, int to_server, int late)
{
    size_t i;
    for (i = 0; i < given->refusal_count; i++) {
        const refusal *refused = &given->refusals[i];
        if (refused->to_server == to_server && refused->late == late) {
            refuse(run, given, refused);
        }
    }
}

/* One message to a client and its answer to the server. */
static void deliver(replay *run, const step_vector *step, const delivery *given)
{
    static uint8_t out[LARGEST_MESSAGE];
    const char *name = run->vector->name;
    size_t client = find_client(run, given->id);
    size_t length;
    cloak_receipt receipt;
    refuse_all(run, given, 0, 0);
    MUST(answer(run, client, given->message, out, &length));
    if (step->kind == CLOAK_BEGIN) {
        mask(run, client, out, &length);
    }
    CHECK(equal(given->answer, out, length), name);
    refuse_all(run, given, 0, 1);
    if (given->answer.length == 0 || given->lost) {
        return;
    }
    refuse_all(run, given, 1, 0);
    MUST(cloak_server_receive(run->server, given->id, given->answer.data, given->answer.length, &receipt));
    refuse_all(run, given, 1, 1);
    if (step->kind == CLOAK_BEGIN) {
        uint8_t *payload = malloc(receipt.payload_length);
        CHECK(receipt.kind == CLOAK_MASKED && receipt.payload_length > 0, name);
        if (payload == NULL) {
            abort();
        }
        memcpy(payload, given->answer.data + receipt.payload_offset, receipt.payload_length);
        run->payloads[client] = payload;
        run->payload_lengths[client] = receipt.payload_length;
    }
}

/* Adds the payloads of one segment up, takes the masks off, and compares. */
static void compare_sum(replay *run, const cloak_opening *opening, uint32_t segment)
{
    const char *name = run->vector->name;
    const cloak_values *sum = &run->round->sums[segment];
    cloak_layout layout;
    cloak_lanes lanes;
    cloak_values zeros;
    size_t width, i;
    MUST(cloak_run_layout(run->run, segment, &layout));
    CHECK(layout.lane == sum->type && layout.length == sum->length, name);
    width = layout.lane == CLOAK_U32 ? 4 : layout.lane == CLOAK_U64 ? 8 : 16;
    lanes.type = layout.lane;
    lanes.length = (size_t)(layout.length + layout.zeros);
    lanes.data = calloc(lanes.length, width);
    if (lanes.data == NULL) {
        abort();
    }
    for (i = 0; i < run->vector->client_count; i++) {
        if (among(run->round->survivors, run->round->survivor_count, run->vector->clients[i].id)) {
            MUST(cloak_opening_add(opening, segment, 0, run->payloads[i], run->payload_lengths[i], &lanes));
        }
    }
    MUST(cloak_opening_unmask(opening, segment, 0, &lanes));
    CHECK(memcmp(lanes.data, sum->data, sum->length * width) == 0, name);
    zeros.type = lanes.type;
    zeros.data = (uint8_t *)lanes.data + (size_t)layout.length * width;
    zeros.length = (size_t)layout.zeros;
    CHECK(cloak_opening_check_zeros(opening, segment, &zeros) == CLOAK_OK, name);
    if (run->round->values[segment] != NULL) {
        double *values = calloc(sum->length, sizeof *values);
        if (values == NULL) {
            abort();
        }
        MUST(cloak_run_to_f64(run->run, segment, sum, values, sum->length));
        CHECK(memcmp(values, run->round->values[segment], sum->length * sizeof *values) == 0, name);
        free(values);
    }
    free(lanes.data);
}

/* The sum of a run with noise decodes to the numbers of the transcript. */
static void compare_decoded(const replay *run, const cloak_opening *opening)
{
    size_t dimension = (size_t)run->mechanism.dimension;
    double *values = calloc(dimension, sizeof *values);
    uint8_t seed[CLOAK_KEY_SIZE];
    cloak_run_config config;
    cloak_segment segment;
    if (values == NULL) {
        abort();
    }
    MUST(cloak_opening_rotation_seed(opening, seed));
    CHECK(equal(run->round->rotation_seed, seed, sizeof seed), run->vector->name);
    MUST(cloak_run_get_config(run->run, &config));
    MUST(cloak_run_segment(run->run, 0, &segment));
    MUST(cloak_mechanism_decode(&run->mechanism, segment.bits, config.suite, seed, run->round->sums, values, dimension, NULL));
    CHECK(memcmp(values, run->round->decoded, dimension * sizeof *values) == 0, run->vector->name);
    free(values);
}

static void open_sums(replay *run)
{
    uint64_t survivors[MOST_CLIENTS];
    cloak_opening *opening;
    size_t count;
    uint32_t segment;
    MUST(cloak_server_survivors(run->server, survivors, MOST_CLIENTS, &count));
    CHECK(count == run->round->survivor_count, run->vector->name);
    CHECK(memcmp(survivors, run->round->survivors, count * sizeof *survivors) == 0, run->vector->name);
    MUST(cloak_server_opening(run->server, &opening));
    for (segment = 0; segment < run->vector->segment_count; segment++) {
        compare_sum(run, opening, segment);
    }
    if (run->mechanism.parts > 0) {
        compare_decoded(run, opening);
    }
    cloak_opening_free(opening);
    MUST(cloak_server_finish(run->server, CLOAK_OK));
}

static void forget_payloads(replay *run)
{
    size_t i;
    for (i = 0; i < MOST_CLIENTS; i++) {
        free(run->payloads[i]);
        run->payloads[i] = NULL;
    }
}

/* Brings the server to the beginning of a step that the host begins. */
static void start(replay *run, const step_vector *step)
{
    uint32_t epoch = 0, number = 0;
    if (step->kind == CLOAK_INVITE) {
        while (epoch < step->epoch) {
            MUST(cloak_server_invite(run->server, &epoch));
        }
        CHECK(epoch == step->epoch, run->vector->name);
    } else if (step->kind == CLOAK_BEGIN) {
        uint8_t hash[CLOAK_HASH_SIZE];
        size_t i;
        for (i = 0; run->vector->rounds[i].number != step->round; i++) {
        }
        run->round = &run->vector->rounds[i];
        forget_payloads(run);
        MUST(cloak_sha256(run->round->context.data, run->round->context.length, hash));
        CHECK(equal(run->round->context_hash, hash, sizeof hash), run->vector->name);
        for (;;) {
            MUST(cloak_server_begin(run->server, run->round->participants, run->round->participant_count, hash, &number));
            if (number >= step->round) {
                break;
            }
            /* A number that the transcript leaves out. */
            MUST(cloak_server_stop(run->server));
        }
        CHECK(number == step->round, run->vector->name);
    }
}

static void play(replay *run, const step_vector *step)
{
    static uint8_t message[LARGEST_MESSAGE];
    const char *name = run->vector->name;
    size_t i, length;
    int32_t waiting;
    int lost = 0;
    start(run, step);
    waiting = step_of_server(run);
    for (i = 0; i < step->count; i++) {
        const delivery *given = &step->deliveries[i];
        MUST(cloak_server_message(run->server, given->id, message, sizeof message, &length));
        CHECK(equal(given->message, message, length), name);
    }
    for (i = 0; i < step->count; i++) {
        deliver(run, step, &step->deliveries[i]);
        lost |= step->deliveries[i].lost;
    }
    /* The time limit passes for answers that were lost, unless the step could end without them. */
    if (lost && step_of_server(run) == waiting) {
        MUST(cloak_server_close_step(run->server));
    }
    if (step_of_server(run) == CLOAK_STEP_SUM) {
        open_sums(run);
    }
    if (step->kind == CLOAK_FINISHED) {
        cloak_phase phase;
        MUST(cloak_server_get_phase(run->server, &phase));
        CHECK(phase.outcome == run->round->outcome, name);
    }
}

void replay_transcript(const transcript *vector)
{
    replay run;
    uint8_t hash[CLOAK_HASH_SIZE];
    cloak_run_info info;
    size_t i;
    memset(&run, 0, sizeof run);
    run.vector = vector;
    run.round = &vector->rounds[0];
    MUST(cloak_run_decode(vector->description.data, vector->description.length, vector->roster.data, vector->roster.length, &run.run, NULL));
    MUST(cloak_run_hash(run.run, hash));
    CHECK(equal(vector->hash, hash, sizeof hash), vector->name);
    MUST(cloak_run_get_info(run.run, &info));
    if (info.private_vector) {
        MUST(cloak_run_get_mechanism(run.run, &run.mechanism));
    }
    MUST(cloak_server_new(run.run, &run.server, NULL));
    for (i = 0; i < vector->client_count; i++) {
        cloak_identity *identity;
        MUST(cloak_identity_from_bytes(vector->clients[i].secret.data, &identity));
        MUST(cloak_client_new(run.run, identity, &run.clients[i], NULL));
        cloak_identity_free(identity);
    }
    for (i = 0; i < vector->step_count; i++) {
        play(&run, &vector->steps[i]);
    }
    for (i = 0; i < vector->client_count; i++) {
        CHECK(run.drawn[i] == vector->clients[i].tape.length, vector->name);
        cloak_client_free(run.clients[i]);
    }
    forget_payloads(&run);
    cloak_server_free(run.server);
    cloak_run_free(run.run);
}
