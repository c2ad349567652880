/*
 * Secure aggregation with everybody in one program: a controller that defines the run, a server that adds, and five hospitals, each with a vector.
 * In the first round one hospital falls silent after the round has begun; in the second one it is back.
 *
 * Ends with 0 if the sums that the server opened are those of the vectors.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

enum { HOSPITALS = 5, LENGTH = 1000, BITS = 40, FRACTION = 20, COLLUDERS = 1, SILENT = 3 };

typedef struct hospital {
    cloak_identity *identity;
    double values[LENGTH];
} hospital;

/* The controller: who takes part, with which keys, and what they agree on. The caller frees the run. */
static cloak_run *define_run(const hospital *hospitals)
{
    cloak_member members[HOSPITALS];
    cloak_segment segment;
    cloak_run_config config;
    cloak_run *run;
    uint32_t i;
    memset(&config, 0, sizeof config);
    memset(&segment, 0, sizeof segment);
    for (i = 0; i < HOSPITALS; i++) {
        members[i].id = i + 1;
        must(cloak_identity_public_key(hospitals[i].identity, members[i].key), "reading a public key");
    }
    /* The beacon stays zero: it decides the graph of large runs, and here everybody is everybody's neighbour. */
    random_bytes(config.run_id, sizeof config.run_id);
    config.suite = CLOAK_SUITE_AES128_CTR;
    config.mode = CLOAK_MODE_RECOVERY;
    config.colluders = COLLUDERS;
    /* The least t with 2t > k + c for k neighbours: any more would tolerate fewer dropouts. */
    config.threshold = (HOSPITALS - 1 + COLLUDERS) / 2 + 1;
    config.min_inputs = HOSPITALS / 2 + 1;
    config.max_passes = 3;
    config.max_rounds = 100;
    config.setup_seconds = 60;
    config.step_seconds = 60;
    strcpy(segment.label, "values");
    segment.encoding = CLOAK_ENCODING_FIXED_POINT;
    segment.bits = BITS;
    segment.fraction = FRACTION;
    segment.length = LENGTH;
    must(cloak_run_new(&config, NULL, &segment, 1, members, HOSPITALS, &run, NULL), "defining the run");
    return run;
}

/* A member's vector, masked. */
static void contribute(void *userdata, const seat *member, bytes *answer)
{
    const hospital *hospitals = userdata;
    cloak_values values;
    values.type = CLOAK_F64;
    values.data = hospitals[member->id - 1].values;
    values.length = LENGTH;
    must(member_mask(member->client, &values, 1, answer), "masking");
}

/* Opens the sum of the round and compares it with that of the vectors of those who are there; 1 if they agree. */
static int open_and_compare(table *self, const cloak_run *run, const hospital *hospitals)
{
    /* Each vector was rounded to multiples of 2^-FRACTION; sums of doubles are exact beside that. */
    const double tolerance = HOSPITALS * (ldexp(0.5, -FRACTION) + 1e-9);
    double worst = 0, opened[LENGTH];
    cloak_opening *opening;
    cloak_lanes sum;
    cloak_values residues;
    cloak_status status;
    size_t i, j;
    must(cloak_server_opening(self->server.server, &opening), "opening the round");
    status = aggregator_sum(&self->server, opening, 0, &sum);
    cloak_opening_free(opening);
    residues.type = sum.type;
    residues.data = sum.data;
    residues.length = sum.length;
    if (status == CLOAK_OK) {
        status = cloak_run_to_f64(run, 0, &residues, opened, LENGTH);
    }
    free(sum.data);
    table_finish(self, status);
    must(status, "adding up");
    for (j = 0; j < LENGTH; j++) {
        double plain = 0;
        for (i = 0; i < HOSPITALS; i++) {
            plain += self->seats[i].present ? hospitals[i].values[j] : 0;
        }
        worst = fmax(worst, fabs(opened[j] - plain));
    }
    printf("first values of the sum: %.4f %.4f %.4f; largest difference from the plain sum: %.1e\n", opened[0], opened[1], opened[2], worst);
    return worst <= tolerance;
}

int main(void)
{
    static hospital hospitals[HOSPITALS];
    seat seats[HOSPITALS];
    table here;
    cloak_run *run;
    size_t i, j;
    int agree;
    if (cloak_abi_version() != CLOAK_ABI_VERSION) {
        stop("this program was built for another version of the library");
    }
    for (i = 0; i < HOSPITALS; i++) {
        must(cloak_identity_new(NULL, &hospitals[i].identity), "making an identity");
        for (j = 0; j < LENGTH; j++) {
            hospitals[i].values[j] = (double)((i + 1) * (j + 7) % 1009) / 3 - 100;
        }
    }
    run = define_run(hospitals);

    memset(&here, 0, sizeof here);
    aggregator_open(&here.server, run);
    here.seats = seats;
    here.seat_count = HOSPITALS;
    here.contribute = contribute;
    here.userdata = hospitals;
    must(cloak_sha256((const uint8_t *)"model 1", 7, here.context_hash), "hashing the context");
    for (i = 0; i < HOSPITALS; i++) {
        seats[i].id = i + 1;
        seats[i].present = 1;
        must(cloak_client_new(run, hospitals[i].identity, &seats[i].client, NULL), "joining the run");
    }

    table_set_up(&here);
    printf("round 1, without hospital %d: ", SILENT);
    seats[SILENT - 1].present = 0;
    table_round(&here);
    agree = open_and_compare(&here, run, hospitals);
    printf("round 2, with everybody: ");
    seats[SILENT - 1].present = 1;
    table_round(&here);
    agree &= open_and_compare(&here, run, hospitals);

    for (i = 0; i < HOSPITALS; i++) {
        cloak_client_free(seats[i].client);
        cloak_identity_free(hospitals[i].identity);
    }
    aggregator_close(&here.server);
    cloak_run_free(run);
    puts(agree ? "the sums agree" : "the sums differ");
    return agree ? 0 : 1;
}
