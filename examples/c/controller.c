/*
 * The controller of a run whose parties keep everything in files. It defines the run, and nothing else: rounds are begun by the server's host.
 *
 *     controller RUN define LENGTH ID FINGERPRINT ID FINGERPRINT ...     writes RUN/description and RUN/roster
 *     controller RUN show                                                prints what a member should compare before it joins
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runs.h"

enum { BITS = 48, FRACTION = 20, COLLUDERS = 1 };

static uint64_t number(const char *text)
{
    char *end;
    uint64_t value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0') {
        fprintf(stderr, "%s is no number\n", text);
        exit(1);
    }
    return value;
}

static void define(const char *folder, uint64_t length, char **members, uint32_t count)
{
    cloak_member *roster = allocate(count, sizeof *roster);
    cloak_run_config config;
    cloak_segment segment;
    cloak_error error;
    cloak_run *run;
    cloak_status status;
    uint32_t i;
    memset(&config, 0, sizeof config);
    memset(&segment, 0, sizeof segment);
    memset(&error, 0, sizeof error);
    for (i = 0; i < count; i++) {
        roster[i].id = number(members[2 * i]);
        must(cloak_fingerprint_decode(members[2 * i + 1], roster[i].key), members[2 * i + 1]);
    }
    random_bytes(config.run_id, sizeof config.run_id);
    random_bytes(config.beacon, sizeof config.beacon);
    config.suite = CLOAK_SUITE_CHACHA20;
    config.mode = CLOAK_MODE_RECOVERY;
    config.colluders = COLLUDERS;
    config.threshold = (count - 1 + COLLUDERS) / 2 + 1;
    config.min_inputs = count / 2 + 1;
    config.max_passes = 3;
    config.max_rounds = 1000;
    config.setup_seconds = 60;
    config.step_seconds = 60;
    strcpy(segment.label, "values");
    segment.encoding = CLOAK_ENCODING_FIXED_POINT;
    segment.bits = BITS;
    segment.fraction = FRACTION;
    segment.length = length;
    status = cloak_run_new(&config, NULL, &segment, 1, roster, count, &run, &error);
    if (error.present & CLOAK_ERROR_HAS_PARTY) {
        fprintf(stderr, "member %llu: ", (unsigned long long)error.party);
    }
    must(status, "defining the run");
    free(roster);
    make_folder(folder);
    run_write(folder, run);
    cloak_run_free(run);
}

static void show(const char *folder)
{
    uint8_t hash[CLOAK_HASH_SIZE];
    cloak_run_config config;
    cloak_run_info info;
    cloak_run *run = run_read(folder);
    size_t i;
    must(cloak_run_hash(run, hash), "hashing the run");
    must(cloak_run_get_config(run, &config), "reading the parameters");
    must(cloak_run_get_info(run, &info), "reading the parameters");
    printf("members %u, threshold %u, at least %u inputs, run hash ", info.members, config.threshold, config.min_inputs);
    for (i = 0; i < sizeof hash; i++) {
        printf("%02x", hash[i]);
    }
    putchar('\n');
    cloak_run_free(run);
}

int main(int count, char **words)
{
    if (count == 3 && strcmp(words[2], "show") == 0) {
        show(words[1]);
    } else if (count >= 6 && count % 2 == 0 && strcmp(words[2], "define") == 0) {
        define(words[1], number(words[3]), words + 4, (uint32_t)(count - 4) / 2);
    } else {
        stop("controller RUN define LENGTH ID FINGERPRINT ...\ncontroller RUN show");
    }
    return 0;
}
