/* What the parts of the replay share. */
#ifndef REPLAY_H
#define REPLAY_H

#include <stdio.h>

#include "vectors.h"

extern unsigned long passed;
extern unsigned long failed;

/* Counts a check; a failed one is printed with the vector that it belongs to. */
#define CHECK(condition, name) check((condition) != 0, #condition, (name), __FILE__, __LINE__)

void check(int holds, const char *what, const char *name, const char *file, int line);

/* Ends the program when something fails without which nothing else can be tested. */
#define MUST(call) must((call), #call, __FILE__, __LINE__)

void must(cloak_status status, const char *what, const char *file, int line);

int equal(bytes expected, const uint8_t *found, size_t length);

void replay_transcript(const transcript *vector);
void replay_transform(const transform_vector *vector);
void replay_samples(const sample_vector *vector);
void replay_exact_samples(const exact_vector *vector);
void replay_contribution(const contribution_vector *vector);
void replay_refused_part(const refused_part_vector *vector);

#endif
