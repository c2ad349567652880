/* Noise and private vectors: the generator and the values are secret. */
#include <stdlib.h>
#include <string.h>

#include "secret.h"

enum { SAMPLES = 300, DIMENSION = 100 };

static void samples(double sigma, uint8_t suite)
{
    uint64_t state = 21;
    cloak_rng generator = secret_generator(&state);
    int32_t *out = allocate(SAMPLES, sizeof *out);
    must(cloak_gaussian_fill(sigma, suite, &generator, out, SAMPLES), "sampling");
    reveal(out, SAMPLES * sizeof *out);
    free(out);
}

static void table(void)
{
    samples(1.5, CLOAK_SUITE_CHACHA20);
    samples(1.5, CLOAK_SUITE_AES128_CTR);
}

static void scaled(void)
{
    samples(500, CLOAK_SUITE_CHACHA20);
    samples(41433, CLOAK_SUITE_AES128_CTR);
}

static void contribution(int32_t type, uint8_t suite, double magnitude)
{
    uint64_t state = 22;
    cloak_rng generator = secret_generator(&state);
    uint8_t rotation[CLOAK_KEY_SIZE];
    double doubles[DIMENSION];
    float floats[DIMENSION];
    cloak_mechanism mechanism;
    cloak_mechanism_info info;
    cloak_contribution *made;
    cloak_values part;
    cloak_lanes residues;
    size_t i;
    memset(rotation, 5, sizeof rotation);
    memset(&mechanism, 0, sizeof mechanism);
    mechanism.dimension = DIMENSION;
    mechanism.clamp = 500;
    mechanism.clip = 1;
    mechanism.granularity = 1.0 / 4096;
    mechanism.noise = 10;
    /* floor((clip / granularity + sqrt(padded length))^2), the most that a mechanism may have: 4096 + sqrt(128). */
    mechanism.norm_bound = UINT64_C(16870025);
    mechanism.parts = 1;
    mechanism.honest = 1;
    mechanism.block_log2 = 7;
    must(cloak_mechanism_check(&mechanism, &info, NULL), "checking the mechanism");
    for (i = 0; i < DIMENSION; i++) {
        doubles[i] = magnitude * ((double)i - 50);
        floats[i] = (float)doubles[i];
    }
    hide(doubles, sizeof doubles);
    hide(floats, sizeof floats);
    part.type = type;
    part.data = type == CLOAK_F64 ? (const void *)doubles : floats;
    part.length = DIMENSION;
    must(cloak_contribution_new(&mechanism, 20, suite, rotation, &made, NULL), "beginning a contribution");
    must(cloak_contribution_add(made, &generator, &part), "adding a part");
    residues.type = CLOAK_U32;
    residues.length = (size_t)info.padded;
    residues.data = allocate(residues.length, sizeof(uint32_t));
    must(cloak_contribution_residues(made, &residues), "reading the residues");
    reveal(residues.data, residues.length * sizeof(uint32_t));
    free(residues.data);
    cloak_contribution_free(made);
}

static void within(void)
{
    contribution(CLOAK_F64, CLOAK_SUITE_CHACHA20, 0.001);
    contribution(CLOAK_F32, CLOAK_SUITE_AES128_CTR, 0.001);
}

static void clipped(void)
{
    contribution(CLOAK_F64, CLOAK_SUITE_AES128_CTR, 1000);
    contribution(CLOAK_F32, CLOAK_SUITE_CHACHA20, 1000);
}

const secret_case noise_cases[] = {
    {"discrete Gaussian samples by a table", table},
    {"discrete Gaussian samples of large sigma", scaled},
    {"private vector: within the clip", within},
    {"private vector: cut and scaled to the clip", clipped},
    {NULL, NULL},
};
