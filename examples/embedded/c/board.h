/* What the firmware needs of a board: a serial line, a clock, a random generator. One file a board implements it. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

/* A register of the processor or of a peripheral. */
#define REGISTER(address) (*(volatile uint32_t *)(address))

/* Seconds of silence on the line after which the firmware gives up: longer than a long poll of the server and all repeats of the gateway. */
#define BOARD_SILENCE_SECONDS 180u

/* Sets the clock and the line up. Called once, with interrupts masked; they stay masked, and only wake the processor. */
void board_start(void);

/* Waits for the next byte of the line: 0, or -1 when nothing came for BOARD_SILENCE_SECONDS. */
int board_receive(uint8_t *byte);

/* Sends a byte. */
void board_send(uint8_t byte);

/* A clock that counts up and wraps at the mask. */
uint32_t board_ticks(void);
extern const uint32_t board_ticks_mask;

/*
 * The callback of cloak_rng: bytes of a hardware generator, or another number than 0 when it does not deliver. There is nothing to fall back to: a call of
 * the library that gets no random bytes fails, and the round ends for this device.
 */
int32_t board_random(void *unused, uint8_t *out, size_t length);

/* Sleeps until something happens. */
static inline void board_sleep(void)
{
    __asm__ volatile("dsb\n\twfi" ::: "memory");
}

#endif
