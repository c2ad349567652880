/* The shape of the test vectors in C. `generate.py` writes the data from the JSON files of tests/vectors. */
#ifndef VECTORS_H
#define VECTORS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "cloakwork.h"

typedef struct {
    const uint8_t *data;
    size_t length;
} bytes;

typedef struct {
    const int32_t *codes;
    size_t count;
} errors;

/* SHA-256 over labelled parts: hash.json. */
typedef struct {
    bytes input;
    bytes digest;
} hash_vector;

/* fingerprint.json; an invalid one has an error and no key. */
typedef struct {
    const char *text;
    bytes key;
    int canonical;
    int32_t error;
} fingerprint_vector;

/* channel.json */
typedef struct {
    uint8_t direction;
    bytes method;
    bytes path;
    bytes query;
    bytes body;
    bytes run;
    uint64_t counter;
    bytes mac;
} mac_vector;

/* run.json; an invalid one has an error and no more. */
typedef struct {
    const char *name;
    bytes description;
    bytes roster;
    bytes hash;
    cloak_run_config config;
    /* NULL where the run has none. */
    const cloak_mechanism *mechanism;
    const cloak_segment *segments;
    uint32_t segment_count;
    int32_t error;
} run_vector;

/* graph.json: the neighbours of some positions, all of the same number. */
typedef struct {
    uint32_t members;
    uint32_t degree;
    bytes beacon;
    const uint64_t *positions;
    size_t position_count;
    const uint64_t *neighbours;
    size_t neighbour_count;
} graph_vector;

/* fixed.json: what sums stand for. */
typedef struct {
    uint8_t bits;
    int8_t fraction;
    cloak_values sums;
    const double *values;
} decoding_vector;

/* hadamard.json: bit patterns of elements of 4 or 8 bytes, as `type` says. */
typedef struct {
    char function;
    int32_t type;
    uint8_t orthonormal;
    uint8_t suite;
    bytes seed;
    uint64_t first;
    const void *input;
    const void *output;
    size_t length;
} transform_vector;

/* gaussian.json: the samples of a key. */
typedef struct {
    double sigma;
    uint8_t suite;
    bytes key;
    const int32_t *samples;
    size_t count;
} sample_vector;

/* gaussian.json: the exact samples of a tape, all of which is used. */
typedef struct {
    char sampler;
    uint64_t numerator;
    uint64_t denominator;
    bytes tape;
    const int64_t *samples;
    size_t count;
} exact_vector;

/* private.json: parts one after another, the residues that they give, and what these decode to. */
typedef struct {
    const char *name;
    cloak_mechanism mechanism;
    uint8_t bits;
    uint8_t suite;
    bytes rotation;
    bytes tape;
    const double *parts;
    cloak_values residues;
    const double *values;
} contribution_vector;

/* private.json: a part that is refused. */
typedef struct {
    const char *name;
    cloak_mechanism mechanism;
    uint8_t bits;
    const double *values;
    int32_t error;
} refused_part_vector;

/* canonical.json, refusal*.json: bytes that come in the place of a valid message, or after it, and are refused. */
typedef struct {
    const char *name;
    int to_server;
    int late;
    size_t at;
    size_t cut;
    bytes put;
    errors errors;
} refusal;

/* round/ *.json */
typedef struct {
    uint64_t id;
    bytes message;
    bytes answer;
    int lost;
    const refusal *refusals;
    size_t refusal_count;
} delivery;

typedef struct {
    int32_t kind;
    uint32_t epoch;
    uint32_t round;
    const delivery *deliveries;
    size_t count;
} step_vector;

typedef struct {
    uint64_t id;
    bytes secret;
    bytes tape;
} party;

typedef struct {
    uint64_t id;
    /* What goes under the masks. */
    const cloak_values *segments;
    /* In a run with a noise mechanism the parts of which it is made, one after another; else NULL. */
    const double *parts;
} input;

typedef struct {
    uint32_t number;
    uint32_t outcome;
    bytes context;
    bytes context_hash;
    const uint64_t *participants;
    size_t participant_count;
    const input *inputs;
    size_t input_count;
    const uint64_t *survivors;
    size_t survivor_count;
    /* One array a segment: the residues, and the numbers that they stand for, or NULL. */
    const cloak_values *sums;
    const double *const *values;
    /* In a run with a noise mechanism the rotation seed, and what the sum decodes to; else empty and NULL. */
    bytes rotation_seed;
    const double *decoded;
} round_vector;

typedef struct {
    const char *name;
    bytes description;
    bytes roster;
    bytes hash;
    uint32_t segment_count;
    const party *clients;
    size_t client_count;
    const step_vector *steps;
    size_t step_count;
    const round_vector *rounds;
    size_t round_count;
} transcript;

#endif
