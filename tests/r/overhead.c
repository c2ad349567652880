/* Times cloak_client_mask on a vector of doubles, for overhead.py: `overhead LENGTH MEMBERS ROUNDS` prints the nanoseconds of each round's call, with the
 * allocation of the message, one a line. */
#include <cloakwork.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROOM = 1 << 16, MOST = 128 };

static void need(cloak_status status) {
    if (status != CLOAK_OK) {
        fprintf(stderr, "%s\n", cloak_status_text(status));
        exit(1);
    }
}

static struct cloak_run *run_of(struct cloak_identity **people, uint32_t count, uint64_t length) {
    struct cloak_run_config config;
    struct cloak_segment segment;
    struct cloak_member roster[MOST];
    struct cloak_run *run = NULL;
    memset(&config, 0, sizeof config);
    memset(&segment, 0, sizeof segment);
    config.threshold = count / 2 + 1;
    config.min_inputs = count / 2 + 1;
    config.colluders = 1;
    config.max_rounds = 100000;
    config.setup_seconds = config.step_seconds = 60;
    config.suite = CLOAK_SUITE_AES128_CTR;
    config.mode = CLOAK_MODE_RECOVERY;
    config.max_passes = 3;
    segment.length = length;
    strcpy(segment.label, "values");
    segment.bits = 40;
    segment.encoding = CLOAK_ENCODING_FIXED_POINT;
    segment.fraction = 20;
    for (uint32_t i = 0; i < count; i++) {
        roster[i].id = i + 1;
        need(cloak_identity_public_key(people[i], roster[i].key));
    }
    need(cloak_run_new(&config, NULL, &segment, 1, roster, count, &run, NULL));
    return run;
}

/* The server's message for a member. */
static size_t message_for(const struct cloak_server *server, uint64_t member, uint8_t *out) {
    size_t length = 0;
    need(cloak_server_message(server, member, out, ROOM, &length));
    return length;
}

static void set_up(struct cloak_server *server, struct cloak_client **clients, uint32_t count) {
    static uint8_t messages[MOST][ROOM], answer[ROOM];
    size_t lengths[MOST], length = 0, unconfirmed = 0;
    struct cloak_receipt receipt;
    uint32_t epoch = 0;
    need(cloak_server_invite(server, &epoch));
    for (int step = 0; step < 3; step++) {
        for (uint32_t i = 0; i < count; i++) {
            lengths[i] = message_for(server, i + 1, messages[i]);
        }
        for (uint32_t i = 0; i < count; i++) {
            if (step == 0) {
                need(cloak_client_advertise(clients[i], NULL, messages[i], lengths[i], answer, ROOM, &length));
            } else if (step == 1) {
                need(cloak_client_confirm(clients[i], messages[i], lengths[i], answer, ROOM, &length));
            } else {
                need(cloak_client_accept(clients[i], messages[i], lengths[i], &unconfirmed));
                continue;
            }
            need(cloak_server_receive(server, i + 1, answer, length, &receipt));
        }
    }
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int count_of_arguments, char **arguments) {
    if (count_of_arguments != 4) {
        return 2;
    }
    const uint64_t length = strtoull(arguments[1], NULL, 10);
    const uint32_t count = (uint32_t)strtoul(arguments[2], NULL, 10);
    const int rounds = atoi(arguments[3]);
    struct cloak_identity *people[MOST];
    struct cloak_client *clients[MOST];
    struct cloak_server *server = NULL;
    static uint8_t message[ROOM];
    uint8_t hash[CLOAK_HASH_SIZE];
    for (uint32_t i = 0; i < count; i++) {
        need(cloak_identity_new(NULL, &people[i]));
    }
    struct cloak_run *run = run_of(people, count, length);
    for (uint32_t i = 0; i < count; i++) {
        need(cloak_client_new(run, people[i], &clients[i], NULL));
    }
    need(cloak_server_new(run, &server, NULL));
    set_up(server, clients, count);
    need(cloak_sha256(NULL, 0, hash));
    double *values = malloc(length * sizeof *values);
    for (uint64_t i = 0; i < length; i++) {
        values[i] = (double)(i % 1000) / 8 - 60;
    }
    for (int round = 0; round < rounds; round++) {
        uint32_t number = 0;
        need(cloak_server_begin(server, NULL, 0, hash, &number));
        const size_t begin = message_for(server, 1, message);
        need(cloak_client_begin(clients[0], message, begin, hash));
        const struct cloak_values given = {CLOAK_F64, values, length};
        const double started = seconds();
        size_t size = 0;
        need(cloak_client_masked_size(clients[0], &size));
        uint8_t *out = malloc(size);
        need(cloak_client_mask(clients[0], NULL, &given, 1, out, size, &size));
        printf("%.0f\n", 1e9 * (seconds() - started));
        free(out);
        need(cloak_server_stop(server));
    }
    return 0;
}
