/*
 * From reset to main: the vector table, the painted stack, variables.
 *
 * The stack lies at the beginning of the memory, below the variables, so one that grows too far leaves the memory and faults, instead of writing over them.
 */
#include "board.h"
#include "stack.h"

#define PAINT 0xc10ac10au

/* Set by the linker script. */
extern uint32_t stack_begin[];
extern uint32_t stack_end[];
extern uint32_t variables_begin[];
extern uint32_t variables_end[];

int main(void);
void reset(void);

uint32_t stack_used(void)
{
    const uint32_t *word = stack_begin;
    while (word < stack_end && *word == PAINT) {
        word++;
    }
    return (uint32_t)((uintptr_t)stack_end - (uintptr_t)word);
}

static void stop(void)
{
    for (;;) {
        board_sleep();
    }
}

void reset(void)
{
    uint32_t *word;
    /* Interrupts only wake the processor. */
    __asm__ volatile("cpsid i" ::: "memory");
    for (word = stack_begin; word < (uint32_t *)__builtin_frame_address(0) - 8; word++) {
        *(volatile uint32_t *)word = PAINT;
    }
    /* No variable has an initial value: the linker script refuses them. */
    for (word = variables_begin; word < variables_end; word++) {
        *(volatile uint32_t *)word = 0;
    }
    main();
    stop();
}

/* Where the stack begins, and of the exceptions those that can come: reset and faults. */
struct vectors {
    uint32_t *stack;
    void (*handlers[15])(void);
};

__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    stack_end,
    {reset, stop, stop, stop, stop, stop, stop, stop, stop, stop, stop, stop, stop, stop, stop},
};
