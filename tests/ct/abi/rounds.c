/* Clients through set-up and two rounds, in the first of which one drops out; every message is revealed on its way, as on a wire. */
#include <stdlib.h>
#include <string.h>

#include "secret.h"

enum { MEMBERS = 5, THRESHOLD = 3, DIMENSION = 16, NEIGHBOURS = MEMBERS - 1 };

typedef struct message {
    uint8_t data[4096];
    size_t length;
} message;

typedef struct member {
    uint64_t id, state;
    cloak_identity *identity;
    cloak_client *client;
    cloak_rng generator;
    message due, masked;
    size_t payload_offset, payload_length;
    int present;
} member;

typedef struct meeting {
    cloak_run *run;
    cloak_server *server;
    cloak_mechanism mechanism;
    uint8_t suite;
    int noised;
    member members[MEMBERS];
    uint8_t context_hash[CLOAK_HASH_SIZE];
} meeting;

static int32_t step(const meeting *self)
{
    cloak_phase phase;
    must(cloak_server_get_phase(self->server, &phase), "asking where the server stands");
    return phase.step;
}

/* Fixed point in lanes of four and eight bytes, and residues in lanes of sixteen; in a run with a mechanism its vector. */
static cloak_run *define_run(meeting *self)
{
    static const char *const labels[] = {"values", "weight", "wide"};
    static const uint8_t bits[] = {20, 40, 100};
    static const uint64_t lengths[] = {3, 2, 1};
    cloak_member roster[MEMBERS];
    cloak_segment segments[3];
    cloak_run_config config;
    cloak_run *run;
    size_t i;
    memset(&config, 0, sizeof config);
    memset(segments, 0, sizeof segments);
    for (i = 0; i < MEMBERS; i++) {
        roster[i].id = i + 1;
        must(cloak_identity_public_key(self->members[i].identity, roster[i].key), "reading a public key");
    }
    config.run_id[0] = 1;
    config.suite = self->suite;
    config.mode = CLOAK_MODE_RECOVERY;
    config.colluders = 1;
    config.threshold = THRESHOLD;
    config.min_inputs = THRESHOLD;
    config.max_passes = 3;
    config.max_rounds = 4;
    config.setup_seconds = 60;
    config.step_seconds = 60;
    for (i = 0; i < 3; i++) {
        strcpy(segments[i].label, labels[i]);
        segments[i].bits = bits[i];
        segments[i].length = lengths[i];
        segments[i].encoding = i < 2 ? CLOAK_ENCODING_FIXED_POINT : CLOAK_ENCODING_RESIDUES;
        segments[i].fraction = i == 0 ? 8 : 0;
    }
    if (self->noised) {
        segments[0].encoding = CLOAK_ENCODING_RESIDUES;
        segments[0].fraction = 0;
        segments[0].length = DIMENSION;
    }
    must(cloak_run_new(&config, self->noised ? &self->mechanism : NULL, segments, self->noised ? 1 : 3, roster, MEMBERS, &run, NULL),
         "defining the run");
    return run;
}

static void open_meeting(meeting *self)
{
    size_t i;
    memset(self->context_hash, 3, sizeof self->context_hash);
    for (i = 0; i < MEMBERS; i++) {
        self->members[i].id = i + 1;
        self->members[i].state = 100 + i;
        self->members[i].present = 1;
        self->members[i].identity = secret_identity(200 + i);
        self->members[i].generator = secret_generator(&self->members[i].state);
    }
    self->run = define_run(self);
    must(cloak_server_new(self->run, &self->server, NULL), "making the server");
    for (i = 0; i < MEMBERS; i++) {
        must(cloak_client_new(self->run, self->members[i].identity, &self->members[i].client, NULL), "joining the run");
    }
}

static void close_meeting(meeting *self)
{
    size_t i;
    for (i = 0; i < MEMBERS; i++) {
        cloak_client_free(self->members[i].client);
        must(cloak_identity_wipe(self->members[i].identity), "wiping an identity");
        free(self->members[i].identity);
    }
    cloak_server_free(self->server);
    cloak_run_free(self->run);
}

static void mask_values(member *one, message *answer)
{
    double doubles[] = {0.5, -1.25, 3};
    int64_t integers[] = {0, -7};
    /* calloc aligns to what an element of 16 bytes demands. */
    uint64_t *wide = allocate(2, sizeof *wide);
    cloak_values segments[] = {{0}, {0}, {0}};
    integers[0] = (int64_t)one->id;
    wide[1] = UINT64_C(1) << 26;
    hide(doubles, sizeof doubles);
    hide(integers, sizeof integers);
    hide(wide, 2 * sizeof *wide);
    segments[0].type = CLOAK_F64;
    segments[0].data = doubles;
    segments[0].length = 3;
    segments[1].type = CLOAK_I64;
    segments[1].data = integers;
    segments[1].length = 2;
    segments[2].type = CLOAK_U128;
    segments[2].data = wide;
    segments[2].length = 1;
    must(cloak_client_mask(one->client, &one->generator, segments, 3, answer->data, sizeof answer->data, &answer->length), "masking");
    free(wide);
}

static void mask_noised(const meeting *self, member *one, message *answer)
{
    uint8_t rotation[CLOAK_KEY_SIZE];
    double values[DIMENSION];
    cloak_contribution *contribution;
    cloak_values part, noised;
    size_t i;
    for (i = 0; i < DIMENSION; i++) {
        values[i] = (double)i / 100;
    }
    hide(values, sizeof values);
    part.type = CLOAK_F64;
    part.data = values;
    part.length = DIMENSION;
    must(cloak_client_rotation_seed(one->client, rotation), "asking for the rotation");
    must(cloak_contribution_new(&self->mechanism, 20, self->suite, rotation, &contribution, NULL), "beginning a contribution");
    must(cloak_contribution_add(contribution, &one->generator, &part), "adding noise");
    noised.type = CLOAK_CONTRIBUTION;
    noised.data = contribution;
    noised.length = DIMENSION;
    must(cloak_client_mask(one->client, &one->generator, &noised, 1, answer->data, sizeof answer->data, &answer->length), "masking");
    cloak_contribution_free(contribution);
}

/* The state that a client stores is secret. */
static void save(const member *one)
{
    message saved;
    must(cloak_client_save(one->client, saved.data, sizeof saved.data, &saved.length), "saving a client");
    reveal(saved.data, saved.length);
}

static void answer_message(const meeting *self, member *one, message *answer)
{
    const uint8_t *data = one->due.data;
    size_t length = one->due.length, unconfirmed;
    uint32_t outcome;
    int32_t kind;
    answer->length = 0;
    must(cloak_message_kind(data, length, &kind), "reading a message");
    switch (kind) {
    case CLOAK_INVITE:
        must(cloak_client_advertise(one->client, &one->generator, data, length, answer->data, sizeof answer->data, &answer->length), "advertising");
        break;
    case CLOAK_KEYS:
        must(cloak_client_confirm(one->client, data, length, answer->data, sizeof answer->data, &answer->length), "confirming");
        break;
    case CLOAK_CONFIRMATIONS:
        must(cloak_client_accept(one->client, data, length, &unconfirmed), "accepting");
        /* That a tag does not verify is public, so the number of those is. */
        reveal(&unconfirmed, sizeof unconfirmed);
        if (unconfirmed != 0) {
            stop("a key was not confirmed");
        }
        break;
    case CLOAK_BEGIN:
        must(cloak_client_begin(one->client, data, length, self->context_hash), "entering a round");
        if (!one->present) {
            break;
        }
        if (self->noised) {
            mask_noised(self, one, answer);
        } else {
            mask_values(one, answer);
        }
        break;
    case CLOAK_SURVIVORS:
        must(cloak_client_acknowledge(one->client, data, length, answer->data, sizeof answer->data, &answer->length), "acknowledging");
        break;
    case CLOAK_OPEN:
        must(cloak_client_unmask(one->client, data, length, answer->data, sizeof answer->data, &answer->length), "unmasking");
        break;
    case CLOAK_FINISHED:
        save(one);
        must(cloak_client_finish(one->client, data, length, &outcome), "finishing");
        if (outcome != 0) {
            stop("a round was aborted");
        }
        break;
    default:
        stop("the server sent what no client gets");
    }
}

static void deliver(meeting *self, member *one)
{
    message answer;
    cloak_receipt receipt;
    answer_message(self, one, &answer);
    if (answer.length == 0) {
        return;
    }
    /* Heads and bitmaps are public from the beginning: an answer without a secret in it says nothing that has to be revealed. */
    if (is_secret(answer.data, answer.length)) {
        reveal(answer.data, answer.length);
    }
    must(cloak_server_receive(self->server, one->id, answer.data, answer.length, &receipt), "giving the server an answer");
    if (receipt.kind == CLOAK_MASKED) {
        one->masked = answer;
        one->payload_offset = receipt.payload_offset;
        one->payload_length = receipt.payload_length;
    }
}

/* Step after step until the server waits for its host. */
static void play(meeting *self)
{
    for (;;) {
        int32_t before = step(self);
        size_t i;
        if (before == CLOAK_STEP_SUM) {
            return;
        }
        for (i = 0; i < MEMBERS; i++) {
            member *one = &self->members[i];
            must(cloak_server_message(self->server, one->id, one->due.data, sizeof one->due.data, &one->due.length), "asking for a message");
        }
        for (i = 0; i < MEMBERS; i++) {
            if (self->members[i].due.length > 0 && (self->members[i].present || before == CLOAK_STEP_MASK)) {
                deliver(self, &self->members[i]);
            }
        }
        if (before == CLOAK_STEP_READY || before == CLOAK_STEP_FINISHED) {
            return;
        }
        if (step(self) == before) {
            must(cloak_server_close_step(self->server), "closing a step");
        }
    }
}

/* The sum of the third value is 3 from each of them, at 8 fraction bits; that of a noised vector is not known. */
static void open_round(meeting *self, uint32_t expected)
{
    cloak_opening *opening;
    cloak_lanes sum;
    cloak_layout layout;
    uint32_t *lanes;
    size_t i;
    must(cloak_server_opening(self->server, &opening), "opening the round");
    must(cloak_run_layout(self->run, 0, &layout), "asking for the layout");
    sum.type = layout.lane;
    sum.length = (size_t)(layout.length + layout.zeros);
    lanes = allocate(sum.length, sizeof *lanes);
    sum.data = lanes;
    for (i = 0; i < MEMBERS; i++) {
        const member *one = &self->members[i];
        if (one->present) {
            must(cloak_opening_add(opening, 0, 0, one->masked.data + one->payload_offset, one->payload_length, &sum), "adding");
        }
    }
    must(cloak_opening_unmask(opening, 0, 0, &sum), "unmasking");
    if (!self->noised && (lanes[2] & 0xfffff) != expected) {
        stop("the sum is wrong");
    }
    free(lanes);
    cloak_opening_free(opening);
    must(cloak_server_finish(self->server, CLOAK_OK), "ending the round");
}

static void meet(meeting *self)
{
    uint32_t epoch, number;
    int everybody;
    open_meeting(self);
    must(cloak_server_invite(self->server, &epoch), "inviting everybody");
    play(self);
    for (everybody = 0; everybody <= 1; everybody++) {
        self->members[MEMBERS - 1].present = everybody;
        must(cloak_server_begin(self->server, NULL, 0, self->context_hash, &number), "beginning a round");
        play(self);
        open_round(self, (uint32_t)(768 * (MEMBERS - 1 + everybody)));
        play(self);
    }
    close_meeting(self);
}

static void suite_1(void)
{
    meeting *self = allocate(1, sizeof *self);
    self->suite = CLOAK_SUITE_CHACHA20;
    meet(self);
    free(self);
}

static void suite_2(void)
{
    meeting *self = allocate(1, sizeof *self);
    self->suite = CLOAK_SUITE_AES128_CTR;
    meet(self);
    free(self);
}

static void with_noise(void)
{
    meeting *self = allocate(1, sizeof *self);
    self->suite = CLOAK_SUITE_CHACHA20;
    self->noised = 1;
    self->mechanism.dimension = DIMENSION;
    self->mechanism.clamp = 500;
    self->mechanism.clip = 1;
    self->mechanism.granularity = 1.0 / 1024;
    self->mechanism.noise = 10;
    /* (1024 + sqrt(16))^2 */
    self->mechanism.norm_bound = 1056784;
    self->mechanism.parts = 1;
    self->mechanism.honest = 2;
    self->mechanism.block_log2 = 4;
    meet(self);
    free(self);
}

const secret_case round_cases[] = {
    {"rounds of clients with suite 1, one drops out", suite_1},
    {"rounds of clients with suite 2, one drops out", suite_2},
    {"private rounds of clients, one drops out", with_noise},
    {NULL, NULL},
};
