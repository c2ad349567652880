/*
 * A sum that is differentially private: each client clips and rotates its vector and adds its share of discrete Gaussian noise before it masks, so
 * that nobody ever holds the exact sum. The parameters come from the planner, the epsilon from the accountant.
 *
 * Ends with 0 if the error of the opened sum is of the size that the plan states, and the epsilon not above the one asked for.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

enum { CLIENTS = 20, DIMENSION = 64, COLLUDERS = 1, HONEST = 10 };

static const double WANTED_EPSILON = 4, DELTA = 1e-5, CLIP = 10;

typedef struct office {
    const cloak_run *run;
    cloak_mechanism mechanism;
    uint8_t bits, suite;
    double vectors[CLIENTS][DIMENSION];
} office;

/* Parameters with the least expected error for the wanted epsilon. */
static cloak_privacy_plan plan(uint8_t bits)
{
    cloak_privacy_wanted wanted;
    cloak_privacy_plan chosen;
    cloak_parameter_error refused;
    cloak_status status;
    memset(&wanted, 0, sizeof wanted);
    wanted.dimension = DIMENSION;
    wanted.epsilon = WANTED_EPSILON;
    wanted.delta = DELTA;
    wanted.clip = CLIP;
    wanted.clamp = HUGE_VAL;
    wanted.wraps = 1e-3;
    wanted.unit.unit = CLOAK_UNIT_CLIENT;
    wanted.unit.neighbours = CLOAK_NEIGHBOURS_REPLACE_ONE;
    wanted.clients = CLIENTS;
    wanted.honest = HONEST;
    wanted.parts = 1;
    wanted.rounds = 1;
    wanted.block_log2 = 6;
    wanted.bits = bits;
    status = cloak_privacy_plan_choose(&wanted, &chosen, &refused);
    if (status == CLOAK_ERR_INVALID_MECHANISM) {
        fprintf(stderr, "the %s is %g; %g would work\n", cloak_parameter_name(refused.parameter), refused.given, refused.works);
    }
    must(status, "planning");
    return chosen;
}

/* The run of a mechanism has one segment: residues, as many as the padded vector has values. The caller frees the run. */
static cloak_run *define_run(const office *self, cloak_identity *const *identities)
{
    cloak_mechanism_info info;
    cloak_member members[CLIENTS];
    cloak_segment segment;
    cloak_run_config config;
    cloak_run *run;
    uint32_t i;
    memset(&config, 0, sizeof config);
    memset(&segment, 0, sizeof segment);
    must(cloak_mechanism_check(&self->mechanism, &info, NULL), "checking the mechanism");
    for (i = 0; i < CLIENTS; i++) {
        members[i].id = i + 1;
        must(cloak_identity_public_key(identities[i], members[i].key), "reading a public key");
    }
    random_bytes(config.run_id, sizeof config.run_id);
    config.suite = self->suite;
    config.mode = CLOAK_MODE_RECOVERY;
    config.colluders = COLLUDERS;
    config.threshold = (CLIENTS - 1 + COLLUDERS) / 2 + 1;
    config.min_inputs = HONEST + COLLUDERS;
    config.max_passes = 3;
    config.max_rounds = 1;
    config.setup_seconds = 60;
    config.step_seconds = 60;
    strcpy(segment.label, "vector");
    segment.encoding = CLOAK_ENCODING_RESIDUES;
    segment.bits = self->bits;
    segment.length = info.padded;
    must(cloak_run_new(&config, &self->mechanism, &segment, 1, members, CLIENTS, &run, NULL), "defining the run");
    return run;
}

/* A member's vector, noised for the rotation of this round, then masked. */
static void contribute(void *userdata, const seat *member, bytes *answer)
{
    const office *self = userdata;
    uint8_t rotation[CLOAK_KEY_SIZE];
    cloak_contribution *contribution;
    cloak_mechanism_info info;
    cloak_values part, noised;
    must(cloak_mechanism_check(&self->mechanism, &info, NULL), "checking the mechanism");
    must(cloak_client_rotation_seed(member->client, rotation), "asking for the rotation");
    must(cloak_contribution_new(&self->mechanism, self->bits, self->suite, rotation, &contribution, NULL), "beginning a contribution");
    part.type = CLOAK_F64;
    part.data = self->vectors[member->id - 1];
    part.length = DIMENSION;
    must(cloak_contribution_add(contribution, NULL, &part), "adding noise");
    noised.type = CLOAK_CONTRIBUTION;
    noised.data = contribution;
    noised.length = (size_t)info.padded;
    must(member_mask(member->client, &noised, 1, answer), "masking");
    cloak_contribution_free(contribution);
}

/* The sum of the noised vectors. */
static void open_sum(table *here, const office *self, double opened[DIMENSION])
{
    uint8_t rotation[CLOAK_KEY_SIZE];
    cloak_opening *opening;
    cloak_lanes sum;
    cloak_values residues;
    cloak_status status;
    must(cloak_server_opening(here->server.server, &opening), "opening the round");
    must(cloak_opening_rotation_seed(opening, rotation), "asking for the rotation");
    status = aggregator_sum(&here->server, opening, 0, &sum);
    cloak_opening_free(opening);
    residues.type = sum.type;
    residues.data = sum.data;
    residues.length = sum.length;
    if (status == CLOAK_OK) {
        status = cloak_mechanism_decode(&self->mechanism, self->bits, self->suite, rotation, &residues, opened, DIMENSION, NULL);
    }
    free(sum.data);
    table_finish(here, status);
    must(status, "adding up");
}

/* What the round has cost, by the accountant. */
static double spent(const cloak_mechanism *mechanism)
{
    cloak_privacy_unit unit;
    cloak_accountant *accountant;
    double epsilon, order;
    unit.unit = CLOAK_UNIT_CLIENT;
    unit.neighbours = CLOAK_NEIGHBOURS_REPLACE_ONE;
    unit.clip = 0;
    must(cloak_accountant_new(&accountant), "making an accountant");
    must(cloak_accountant_add(accountant, mechanism, &unit, 1, NULL), "accounting");
    must(cloak_accountant_epsilon(accountant, DELTA, &epsilon, &order, NULL), "accounting");
    cloak_accountant_free(accountant);
    return epsilon;
}

int main(void)
{
    static office self;
    cloak_identity *identities[CLIENTS];
    seat seats[CLIENTS];
    table here;
    cloak_privacy_plan chosen;
    cloak_run *run;
    double opened[DIMENSION], squares = 0, error, expected, epsilon;
    size_t i, j;
    self.bits = 20;
    self.suite = CLOAK_SUITE_CHACHA20;
    chosen = plan(self.bits);
    self.mechanism = chosen.mechanism;
    for (i = 0; i < CLIENTS; i++) {
        must(cloak_identity_new(NULL, &identities[i]), "making an identity");
        for (j = 0; j < DIMENSION; j++) {
            /* Between -1 and 1, so that the norm is below the clip: nothing is cut. */
            self.vectors[i][j] = cos((double)(i * DIMENSION + j));
        }
    }
    run = define_run(&self, identities);

    memset(&here, 0, sizeof here);
    aggregator_open(&here.server, run);
    here.seats = seats;
    here.seat_count = CLIENTS;
    here.contribute = contribute;
    here.userdata = &self;
    must(cloak_sha256((const uint8_t *)"model 1", 7, here.context_hash), "hashing the context");
    for (i = 0; i < CLIENTS; i++) {
        seats[i].id = i + 1;
        seats[i].present = 1;
        must(cloak_client_new(run, identities[i], &seats[i].client, NULL), "joining the run");
    }
    table_set_up(&here);
    table_round(&here);
    open_sum(&here, &self, opened);

    for (j = 0; j < DIMENSION; j++) {
        double plain = 0;
        for (i = 0; i < CLIENTS; i++) {
            plain += self.vectors[i][j];
        }
        squares += (opened[j] - plain) * (opened[j] - plain);
    }
    error = sqrt(squares / DIMENSION);
    expected = sqrt(chosen.error_noise * chosen.error_noise + chosen.error_quantisation * chosen.error_quantisation);
    epsilon = spent(&self.mechanism);
    printf("epsilon %.3f at delta %g; error of a value %.3f, expected %.3f\n", epsilon, DELTA, error, expected);

    for (i = 0; i < CLIENTS; i++) {
        cloak_client_free(seats[i].client);
        cloak_identity_free(identities[i]);
    }
    aggregator_close(&here.server);
    cloak_run_free(run);
    /* The error squared is that of 64 Gaussians: it leaves these bounds once in 10^22 runs (Chernoff). */
    return error < 2 * expected && error > expected / 4 && epsilon <= WANTED_EPSILON ? 0 : 1;
}
