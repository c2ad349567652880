#include "clock.h"

#include "board.h"

static uint32_t busy;
static uint32_t resumed;

void clock_pause(void)
{
    busy += (board_ticks() - resumed) & board_ticks_mask;
}

void clock_resume(void)
{
    resumed = board_ticks();
}

uint32_t clock_take(void)
{
    uint32_t ticks;
    clock_pause();
    ticks = busy;
    busy = 0;
    clock_resume();
    return ticks;
}
