/* Rotations, samplers and private vectors: what comes out is known to the last bit. */
#include <stdlib.h>
#include <string.h>

#include "replay.h"

/* A source of randomness that gives known bytes, and fails at their end. */
typedef struct {
    bytes content;
    size_t used;
} tape;

static int32_t from_tape(void *userdata, uint8_t *out, size_t length)
{
    tape *source = userdata;
    if (source->content.length - source->used < length) {
        return 1;
    }
    memcpy(out, source->content.data + source->used, length);
    source->used += length;
    return 0;
}

static void *room(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

void replay_transform(const transform_vector *vector)
{
    size_t size = vector->type == CLOAK_F32 || vector->type == CLOAK_I32 ? 4 : 8;
    void *data = room(vector->length, size);
    const uint8_t *seed = vector->seed.data;
    memcpy(data, vector->input, vector->length * size);
    switch (vector->function) {
    case 't':
        MUST(cloak_hadamard_transform(vector->type, data, vector->length, vector->orthonormal));
        break;
    case 'r':
        MUST(cloak_hadamard_rotate(vector->suite, seed, vector->first, vector->type, data, vector->length, vector->orthonormal));
        break;
    default:
        MUST(cloak_hadamard_unrotate(vector->suite, seed, vector->first, vector->type, data, vector->length, vector->orthonormal));
    }
    CHECK(memcmp(data, vector->output, vector->length * size) == 0, "hadamard");
    free(data);
}

void replay_samples(const sample_vector *vector)
{
    int32_t *found = room(vector->count, sizeof *found);
    MUST(cloak_gaussian_stream(vector->sigma, vector->suite, vector->key.data, found, vector->count));
    CHECK(memcmp(found, vector->samples, vector->count * sizeof *found) == 0, "gaussian");
    free(found);
}

void replay_exact_samples(const exact_vector *vector)
{
    int64_t *found = room(vector->count, sizeof *found);
    tape source = {vector->tape, 0};
    cloak_rng rng = {from_tape, &source};
    switch (vector->sampler) {
    case 'g':
        MUST(cloak_discrete_gaussian_vartime(vector->numerator, vector->denominator, &rng, found, vector->count));
        break;
    case 'l':
        MUST(cloak_discrete_laplace_vartime(vector->numerator, vector->denominator, &rng, found, vector->count));
        break;
    default:
        MUST(cloak_skellam_vartime(vector->numerator, vector->denominator, &rng, found, vector->count));
    }
    CHECK(memcmp(found, vector->samples, vector->count * sizeof *found) == 0, "exact");
    CHECK(source.used == vector->tape.length, "exact");
    free(found);
}

/* The residues of a contribution whose parts are all added. */
static void check_residues(const contribution_vector *vector, const cloak_contribution *contribution)
{
    size_t size = vector->bits > 32 ? 8 : 4;
    cloak_lanes lanes = {vector->residues.type, NULL, vector->residues.length};
    lanes.data = room(lanes.length, size);
    MUST(cloak_contribution_residues(contribution, &lanes));
    CHECK(memcmp(lanes.data, vector->residues.data, lanes.length * size) == 0, vector->name);
    free(lanes.data);
}

static void add_parts(const contribution_vector *vector, cloak_contribution *contribution)
{
    tape source = {vector->tape, 0};
    cloak_rng rng = {from_tape, &source};
    cloak_values part = {CLOAK_F64, NULL, vector->mechanism.dimension};
    uint32_t i;
    for (i = 0; i < vector->mechanism.parts; i++) {
        part.data = vector->parts + i * part.length;
        MUST(cloak_contribution_add(contribution, &rng, &part));
    }
    CHECK(source.used == vector->tape.length, vector->name);
    CHECK(cloak_contribution_add(contribution, &rng, &part) == CLOAK_ERR_OUT_OF_ORDER, vector->name);
}

/* The same in memory of this program, as on a device. */
static void replay_in_place(const contribution_vector *vector, const cloak_mechanism_info *info)
{
    cloak_contribution *contribution;
    void *memory = room(CLOAK_CONTRIBUTION_SIZE + CLOAK_ALIGN, 1);
    void *residues = room(info->padded, vector->bits > 32 ? 8 : 4);
    int64_t *work = room(info->block, sizeof *work);
    void *aligned = (uint8_t *)memory + (CLOAK_ALIGN - (uintptr_t)memory % CLOAK_ALIGN) % CLOAK_ALIGN;
    MUST(cloak_contribution_init(aligned, CLOAK_CONTRIBUTION_SIZE, &vector->mechanism, vector->bits, vector->suite,
                                 vector->rotation.data, residues, info->padded, work, info->block, &contribution, NULL));
    add_parts(vector, contribution);
    check_residues(vector, contribution);
    MUST(cloak_contribution_wipe(contribution));
    free(memory);
    free(residues);
    free(work);
}

void replay_contribution(const contribution_vector *vector)
{
    cloak_contribution *contribution;
    cloak_mechanism_info info;
    size_t dimension = vector->mechanism.dimension;
    double *values = room(dimension, sizeof *values);
    MUST(cloak_mechanism_check(&vector->mechanism, &info, NULL));
    CHECK(info.padded == vector->residues.length, vector->name);
    MUST(cloak_contribution_new(&vector->mechanism, vector->bits, vector->suite, vector->rotation.data, &contribution, NULL));
    add_parts(vector, contribution);
    check_residues(vector, contribution);
    cloak_contribution_free(contribution);
    replay_in_place(vector, &info);
    MUST(cloak_mechanism_decode(&vector->mechanism, vector->bits, vector->suite, vector->rotation.data, &vector->residues, values,
                                dimension, NULL));
    CHECK(memcmp(values, vector->values, dimension * sizeof *values) == 0, vector->name);
    free(values);
}

void replay_refused_part(const refused_part_vector *vector)
{
    static const uint8_t rotation[CLOAK_KEY_SIZE] = {0};
    cloak_contribution *contribution;
    cloak_values part = {CLOAK_F64, NULL, vector->mechanism.dimension};
    part.data = vector->values;
    MUST(cloak_contribution_new(&vector->mechanism, vector->bits, CLOAK_SUITE_CHACHA20, rotation, &contribution, NULL));
    CHECK(cloak_contribution_add(contribution, NULL, &part) == vector->error, vector->name);
    cloak_contribution_free(contribution);
}
