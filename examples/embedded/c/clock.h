/* How long the device computes: the board's clock, stopped while it waits for the line or for random bytes. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

void clock_pause(void);
void clock_resume(void);

/* Ticks since the last call, without pauses. */
uint32_t clock_take(void);

#endif
