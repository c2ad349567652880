/* Replays the test vectors through the C ABI. The last line is `N passed, M failed`. */
#include <stdlib.h>
#include <string.h>

#include "replay.h"
#include VECTORS

unsigned long passed;
unsigned long failed;

void check(int holds, const char *what, const char *name, const char *file, int line)
{
    if (holds) {
        passed++;
    } else {
        failed++;
        printf("%s:%d: %s: not so: %s\n", file, line, name, what);
    }
}

void must(cloak_status status, const char *what, const char *file, int line)
{
    if (status != CLOAK_OK) {
        printf("%s:%d: %s: %s\n%lu passed, %lu failed\n", file, line, what, cloak_status_text(status), passed, failed + 1);
        exit(1);
    }
}

int equal(bytes expected, const uint8_t *found, size_t length)
{
    return expected.length == length && (length == 0 || memcmp(expected.data, found, length) == 0);
}

static void replay_hashes(void)
{
    size_t i;
    for (i = 0; i < hashes_count; i++) {
        uint8_t digest[CLOAK_HASH_SIZE];
        MUST(cloak_sha256(hashes[i].input.data, hashes[i].input.length, digest));
        CHECK(equal(hashes[i].digest, digest, sizeof digest), "hash");
    }
}

static void replay_fingerprints(void)
{
    size_t i;
    for (i = 0; i < fingerprints_count; i++) {
        const fingerprint_vector *vector = &fingerprints[i];
        uint8_t key[CLOAK_KEY_SIZE];
        char text[CLOAK_FINGERPRINT_SIZE];
        cloak_status status = cloak_fingerprint_decode(vector->text, key);
        CHECK(status == vector->error, vector->text);
        if (status != CLOAK_OK) {
            continue;
        }
        CHECK(equal(vector->key, key, sizeof key), vector->text);
        MUST(cloak_fingerprint_encode(key, text, sizeof text));
        CHECK((strcmp(text, vector->text) == 0) == vector->canonical, vector->text);
    }
}

static cloak_channel *open_channel(bytes secret, bytes public_key, uint8_t side, bytes peer)
{
    cloak_identity *identity;
    cloak_channel *channel;
    uint8_t key[CLOAK_KEY_SIZE];
    MUST(cloak_identity_from_bytes(secret.data, &identity));
    MUST(cloak_identity_public_key(identity, key));
    CHECK(equal(public_key, key, sizeof key), "channel");
    MUST(cloak_channel_new(identity, side, peer.data, &channel));
    cloak_identity_free(identity);
    return channel;
}

static void replay_channel(void)
{
    cloak_channel *client = open_channel(channel_client_secret, channel_client_public, CLOAK_SIDE_CLIENT, channel_server_public);
    cloak_channel *server = open_channel(channel_server_secret, channel_server_public, CLOAK_SIDE_SERVER, channel_client_public);
    size_t i;
    for (i = 0; i < macs_count; i++) {
        const mac_vector *vector = &macs[i];
        uint8_t mac[CLOAK_MAC_SIZE];
        cloak_request request;
        memset(&request, 0, sizeof request);
        request.counter = vector->counter;
        request.method = vector->method.data;
        request.method_length = vector->method.length;
        request.path = vector->path.data;
        request.path_length = vector->path.length;
        request.query = vector->query.data;
        request.query_length = vector->query.length;
        request.run = vector->run.data;
        request.direction = vector->direction;
        MUST(cloak_sha256(vector->body.data, vector->body.length, request.body_hash));
        MUST(cloak_channel_mac(client, &request, mac));
        CHECK(equal(vector->mac, mac, sizeof mac), "channel");
        CHECK(cloak_channel_verify(server, &request, vector->mac.data) == CLOAK_OK, "channel");
        request.counter++;
        CHECK(cloak_channel_verify(server, &request, vector->mac.data) == CLOAK_ERR_NOT_AUTHENTIC, "channel");
    }
    cloak_channel_free(client);
    cloak_channel_free(server);
}

static int same_mechanism(const cloak_mechanism *a, const cloak_mechanism *b)
{
    return a->dimension == b->dimension && a->block_log2 == b->block_log2 && a->clamp == b->clamp && a->clip == b->clip &&
           a->granularity == b->granularity && a->noise == b->noise && a->norm_bound == b->norm_bound && a->parts == b->parts &&
           a->honest == b->honest;
}

/* A description gives its fields and its hash; its fields and the roster give the description. */
static void replay_valid_run(const run_vector *vector, cloak_run *run)
{
    cloak_run_config config;
    cloak_run_info info;
    cloak_run *made;
    cloak_member *members;
    uint8_t hash[CLOAK_HASH_SIZE];
    uint8_t description[CLOAK_DESCRIPTION_SIZE];
    size_t length;
    uint32_t i;
    MUST(cloak_run_hash(run, hash));
    CHECK(equal(vector->hash, hash, sizeof hash), vector->name);
    MUST(cloak_run_get_config(run, &config));
    CHECK(memcmp(&config, &vector->config, sizeof config) == 0, vector->name);
    MUST(cloak_run_get_info(run, &info));
    CHECK(info.segments == vector->segment_count, vector->name);
    CHECK(info.private_vector == (vector->mechanism != NULL), vector->name);
    if (vector->mechanism != NULL) {
        cloak_mechanism mechanism;
        MUST(cloak_run_get_mechanism(run, &mechanism));
        CHECK(same_mechanism(&mechanism, vector->mechanism), vector->name);
    }
    for (i = 0; i < info.segments; i++) {
        cloak_segment segment;
        const cloak_segment *expected = &vector->segments[i];
        MUST(cloak_run_segment(run, i, &segment));
        CHECK(strcmp(segment.label, expected->label) == 0, vector->name);
        CHECK(segment.length == expected->length && segment.bits == expected->bits, vector->name);
        CHECK(segment.encoding == expected->encoding && segment.fraction == expected->fraction, vector->name);
    }
    members = calloc(info.members, sizeof *members);
    if (members == NULL) {
        abort();
    }
    for (i = 0; i < info.members; i++) {
        const uint8_t *entry = vector->roster.data + (size_t)i * CLOAK_MEMBER_SIZE;
        int byte;
        for (byte = 7; byte >= 0; byte--) {
            members[i].id = members[i].id << 8 | entry[byte];
        }
        memcpy(members[i].key, entry + 8, CLOAK_KEY_SIZE);
    }
    MUST(cloak_run_new(&vector->config, vector->mechanism, vector->segments, vector->segment_count, members, info.members, &made,
                       NULL));
    MUST(cloak_run_description(made, description, sizeof description, &length));
    CHECK(equal(vector->description, description, length), vector->name);
    free(members);
    cloak_run_free(made);
}

static void replay_runs(void)
{
    size_t i;
    for (i = 0; i < runs_count; i++) {
        const run_vector *vector = &runs[i];
        cloak_run *run = NULL;
        cloak_status status = cloak_run_decode(vector->description.data, vector->description.length, vector->roster.data,
                                               vector->roster.length, &run, NULL);
        CHECK(status == vector->error, vector->name);
        CHECK((run != NULL) == (status == CLOAK_OK), vector->name);
        if (status == CLOAK_OK) {
            replay_valid_run(vector, run);
        }
        cloak_run_free(run);
    }
}

/* A run without recovery on the complete or a sparse graph, with one segment. */
static cloak_run *plain_run(uint32_t count, uint32_t degree, const uint8_t *beacon, const cloak_segment *segment)
{
    cloak_run_config config;
    cloak_member *members = calloc(count, sizeof *members);
    cloak_run *run;
    uint32_t i;
    if (members == NULL) {
        abort();
    }
    for (i = 0; i < count; i++) {
        members[i].id = i;
        memcpy(members[i].key, &i, sizeof i);
        members[i].key[31] = 1;
    }
    memset(&config, 0, sizeof config);
    if (beacon != NULL) {
        memcpy(config.beacon, beacon, sizeof config.beacon);
    }
    config.degree = degree;
    config.min_inputs = 2;
    config.max_rounds = 1;
    config.setup_seconds = 1;
    config.step_seconds = 1;
    config.suite = CLOAK_SUITE_CHACHA20;
    config.mode = CLOAK_MODE_NO_RECOVERY;
    MUST(cloak_run_new(&config, NULL, segment, 1, members, count, &run, NULL));
    free(members);
    return run;
}

static void replay_graphs(void)
{
    static const cloak_segment segment = {1, "x", 1, CLOAK_ENCODING_RESIDUES, 0};
    size_t i;
    for (i = 0; i < graphs_count; i++) {
        const graph_vector *vector = &graphs[i];
        cloak_run *run = plain_run(vector->members, vector->degree, vector->beacon.data, &segment);
        uint64_t *neighbours = calloc(vector->neighbour_count, sizeof *neighbours);
        size_t j;
        if (neighbours == NULL) {
            abort();
        }
        for (j = 0; j < vector->position_count; j++) {
            const uint64_t *expected = vector->neighbours + j * vector->neighbour_count;
            size_t count;
            MUST(cloak_run_neighbours(run, vector->positions[j], neighbours, vector->neighbour_count, &count));
            CHECK(count == vector->neighbour_count, "graph");
            CHECK(memcmp(neighbours, expected, count * sizeof *neighbours) == 0, "graph");
        }
        free(neighbours);
        cloak_run_free(run);
    }
}

static void replay_decodings(void)
{
    size_t i;
    for (i = 0; i < decodings_count; i++) {
        const decoding_vector *vector = &decodings[i];
        cloak_segment segment = {1, "x", 0, CLOAK_ENCODING_FIXED_POINT, 0};
        double values[64];
        cloak_run *run;
        segment.bits = vector->bits;
        segment.fraction = vector->fraction;
        run = plain_run(2, 0, NULL, &segment);
        MUST(cloak_run_to_f64(run, 0, &vector->sums, values, vector->sums.length));
        CHECK(memcmp(values, vector->values, vector->sums.length * sizeof *values) == 0, "fixed");
        cloak_run_free(run);
    }
}

int main(void)
{
    size_t i;
    replay_hashes();
    replay_fingerprints();
    replay_channel();
    replay_runs();
    replay_graphs();
    replay_decodings();
    for (i = 0; i < transforms_count; i++) {
        replay_transform(&transforms[i]);
    }
    for (i = 0; i < samples_count; i++) {
        replay_samples(&samples[i]);
    }
    for (i = 0; i < exact_samples_count; i++) {
        replay_exact_samples(&exact_samples[i]);
    }
    for (i = 0; i < contributions_count; i++) {
        replay_contribution(&contributions[i]);
    }
    for (i = 0; i < refused_parts_count; i++) {
        replay_refused_part(&refused_parts[i]);
    }
    for (i = 0; i < transcripts_count; i++) {
        replay_transcript(&transcripts[i]);
    }
    printf("%lu passed, %lu failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
