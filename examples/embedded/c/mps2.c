/*
 * The board MPS2 with image AN386, a Cortex-M4 at 25 MHz (Arm application note AN386; CMSDK UART and SysTick by their reference manuals).
 *
 * It has no random generator. Under an emulator or a debugger the bytes come through semihosting, from the file of the host that the provisioning names. On a
 * chip, put its generator into board_random.
 */
#include "board.h"
#include "provision.h"

#define UART_DATA REGISTER(0x40004000)
#define UART_STATE REGISTER(0x40004004)
#define UART_CONTROL REGISTER(0x40004008)
#define UART_INTERRUPT REGISTER(0x4000400c)
#define UART_DIVISOR REGISTER(0x40004010)
#define TRANSMIT_FULL 1u
#define RECEIVE_FULL 2u
#define RECEIVE_INTERRUPT 2u
#define TRANSMIT_ENABLE 1u
#define RECEIVE_ENABLE 2u
#define RECEIVE_INTERRUPT_ENABLE 8u
/* 25 MHz / 217 is a baud rate of 115,200. */
#define DIVISOR 217u

#define SYSTICK_CONTROL REGISTER(0xe000e010)
#define SYSTICK_RELOAD REGISTER(0xe000e014)
#define SYSTICK_VALUE REGISTER(0xe000e018)
#define INTERRUPT_ENABLE REGISTER(0xe000e100)
#define INTERRUPT_UNPEND REGISTER(0xe000e280)
#define UART_RECEIVE_LINE 1u
#define INTERRUPT_CONTROL REGISTER(0xe000ed04)
#define SYSTICK_PENDING (1u << 26)
#define SYSTICK_UNPEND (1u << 25)

#define CLOCK_HERTZ 25000000u

const uint32_t board_ticks_mask = 0xffffff;

void board_start(void)
{
    SYSTICK_RELOAD = board_ticks_mask;
    SYSTICK_VALUE = 0;
    /* Counts, asks for an exception when it wraps, and runs at the processor's clock. */
    SYSTICK_CONTROL = 7;
    UART_DIVISOR = DIVISOR;
    UART_CONTROL = TRANSMIT_ENABLE | RECEIVE_ENABLE | RECEIVE_INTERRUPT_ENABLE;
    INTERRUPT_ENABLE = UART_RECEIVE_LINE;
}

int board_receive(uint8_t *byte)
{
    uint32_t wraps = 0;
    while ((UART_STATE & RECEIVE_FULL) == 0) {
        if ((INTERRUPT_CONTROL & SYSTICK_PENDING) != 0) {
            INTERRUPT_CONTROL = SYSTICK_UNPEND;
            if (++wraps > BOARD_SILENCE_SECONDS * (CLOCK_HERTZ >> 8) / (1u << 16)) {
                return -1;
            }
        }
        board_sleep();
    }
    /* Before the byte is taken: the next one, which comes after that, asks anew. */
    UART_INTERRUPT = RECEIVE_INTERRUPT;
    INTERRUPT_UNPEND = UART_RECEIVE_LINE;
    *byte = (uint8_t)UART_DATA;
    return 0;
}

void board_send(uint8_t byte)
{
    while ((UART_STATE & TRANSMIT_FULL) != 0) {
    }
    UART_DATA = byte;
}

uint32_t board_ticks(void)
{
    return board_ticks_mask - SYSTICK_VALUE;
}

/* Semihosting for AArch32, version 2.0: operation in r0, arguments in r1, answer in r0. */
static int32_t semihosting(uint32_t operation, const uint32_t *arguments)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const uint32_t *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
}

#define SYS_OPEN 0x01
#define SYS_READ 0x06
#define READ_BINARY 1u

int32_t board_random(void *unused, uint8_t *out, size_t length)
{
    /* One more than the handle of the open file. */
    static int32_t file;
    (void)unused;
    if (file == 0) {
        size_t name_length = 0;
        while (name_length < sizeof PAGE->entropy && PAGE->entropy[name_length] != '\0') {
            name_length++;
        }
        const uint32_t open[3] = {(uint32_t)(uintptr_t)PAGE->entropy, READ_BINARY, (uint32_t)name_length};
        file = semihosting(SYS_OPEN, open) + 1;
        if (file == 0) {
            return -1;
        }
    }
    const uint32_t read[3] = {(uint32_t)file - 1, (uint32_t)(uintptr_t)out, (uint32_t)length};
    /* The answer is the number of bytes that are missing. */
    return semihosting(SYS_READ, read);
}
