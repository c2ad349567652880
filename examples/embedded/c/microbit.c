/* The micro:bit, a Cortex-M0 at 16 MHz (nRF51 Series Reference Manual 3.0: UART, TIMER and RNG). Its random generator is a real one. */
#include "board.h"

#include "clock.h"

#define UART(offset) REGISTER(0x40002000 + (offset))
#define UART_START_RECEIVE UART(0x000)
#define UART_START_TRANSMIT UART(0x008)
#define UART_RECEIVED UART(0x108)
#define UART_SENT UART(0x11c)
#define UART_INTERRUPTS UART(0x304)
#define UART_ENABLE UART(0x500)
#define UART_TRANSMIT_PIN UART(0x50c)
#define UART_RECEIVE_PIN UART(0x514)
#define UART_RECEIVE UART(0x518)
#define UART_TRANSMIT UART(0x51c)
#define UART_BAUD_RATE UART(0x524)
#define BAUD_115200 0x01d7e000u

#define TIMER(offset) REGISTER(0x40008000 + (offset))
#define TIMER_START TIMER(0x000)
#define TIMER_CAPTURE TIMER(0x044)
#define TIMER_REACHED TIMER(0x140)
#define TIMER_INTERRUPTS TIMER(0x304)
#define TIMER_BITS TIMER(0x508)
#define TIMER_PRESCALER TIMER(0x510)
#define TIMER_LIMIT TIMER(0x540)
#define TIMER_CAPTURED TIMER(0x544)

#define RNG(offset) REGISTER(0x4000d000 + (offset))
#define RNG_START RNG(0x000)
#define RNG_STOP RNG(0x004)
#define RNG_READY RNG(0x100)
#define RNG_INTERRUPTS RNG(0x304)
#define RNG_CORRECTION RNG(0x504)
#define RNG_VALUE RNG(0x508)

#define INTERRUPT_ENABLE REGISTER(0xe000e100)
#define INTERRUPT_UNPEND REGISTER(0xe000e280)
#define UART_LINE (1u << 2)
#define TIMER_LINE (1u << 8)
#define RNG_LINE (1u << 13)

#define CLOCK_HERTZ 16000000u
/* With its bias correction the generator needs less than a millisecond for a byte. */
#define RANDOM_TICKS (CLOCK_HERTZ / 50u)

const uint32_t board_ticks_mask = 0xffffffff;

void board_start(void)
{
    TIMER_BITS = 3;
    TIMER_PRESCALER = 0;
    TIMER_INTERRUPTS = 1u << 16;
    TIMER_START = 1;
    UART_TRANSMIT_PIN = 24;
    UART_RECEIVE_PIN = 25;
    UART_BAUD_RATE = BAUD_115200;
    UART_ENABLE = 4;
    UART_INTERRUPTS = 1u << 2;
    UART_START_TRANSMIT = 1;
    UART_START_RECEIVE = 1;
    RNG_CORRECTION = 1;
    RNG_INTERRUPTS = 1;
    INTERRUPT_ENABLE = UART_LINE | TIMER_LINE | RNG_LINE;
}

uint32_t board_ticks(void)
{
    TIMER_CAPTURE = 1;
    return TIMER_CAPTURED;
}

/* Sleeps until an event or for some ticks; 0 when the event came. */
static int wait_for(volatile uint32_t *event, uint32_t ticks, uint32_t line)
{
    TIMER_REACHED = 0;
    INTERRUPT_UNPEND = TIMER_LINE;
    TIMER_LIMIT = board_ticks() + ticks;
    while (*event == 0) {
        if (TIMER_REACHED != 0) {
            return -1;
        }
        board_sleep();
    }
    *event = 0;
    INTERRUPT_UNPEND = line;
    return 0;
}

int board_receive(uint8_t *byte)
{
    uint32_t second;
    for (second = 0; second < BOARD_SILENCE_SECONDS; second++) {
        if (wait_for(&UART_RECEIVED, CLOCK_HERTZ, UART_LINE) == 0) {
            *byte = (uint8_t)UART_RECEIVE;
            return 0;
        }
    }
    return -1;
}

void board_send(uint8_t byte)
{
    UART_SENT = 0;
    UART_TRANSMIT = byte;
    while (UART_SENT == 0) {
    }
}

int32_t board_random(void *unused, uint8_t *out, size_t length)
{
    int32_t status = 0;
    size_t done;
    (void)unused;
    clock_pause();
    RNG_READY = 0;
    RNG_START = 1;
    for (done = 0; done < length && status == 0; done++) {
        status = wait_for(&RNG_READY, RANDOM_TICKS, RNG_LINE);
        out[done] = (uint8_t)RNG_VALUE;
    }
    RNG_STOP = 1;
    clock_resume();
    return status;
}
