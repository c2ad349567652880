/*
 * A device that makes a private vector: it clips 1,024 values, rotates them in integers, rounds them and adds discrete Gaussian noise, and shows the residues,
 * which are byte for byte those of a host with the same random bytes. In a run they would go under masks: see cloak_client_mask_chunk.
 */
#include "board.h"
#include "clock.h"
#include "line.h"
#include "provision.h"
#include "stack.h"

#define DIMENSION 1024u

static _Alignas(CLOAK_ALIGN) uint8_t contribution_memory[CLOAK_CONTRIBUTION_SIZE];
static uint32_t residues[DIMENSION];
static uint32_t shown[DIMENSION];
static int64_t work[DIMENSION];

static int32_t make(void)
{
    const struct noise_provision *given = NOISE_PROVISION;
    const cloak_rng rng = {board_random, NULL};
    const cloak_values part = {CLOAK_F64, given->values, given->page.count};
    const cloak_lanes out = {CLOAK_U32, shown, DIMENSION};
    cloak_contribution *contribution;
    int32_t status;
    if (given->page.magic != NOISE_MAGIC) {
        return CLOAK_ERR_INVALID_ARGUMENT;
    }
    status = cloak_contribution_init(contribution_memory, sizeof contribution_memory, &given->mechanism, given->bits, given->suite, given->rotation, residues,
                                     DIMENSION, work, DIMENSION, &contribution, NULL);
    if (status == CLOAK_OK) {
        status = cloak_contribution_add(contribution, &rng, &part);
    }
    if (status == CLOAK_OK) {
        status = cloak_contribution_residues(contribution, &out);
    }
    if (status == CLOAK_OK) {
        status = cloak_contribution_wipe(contribution);
    }
    return status;
}

int main(void)
{
    int32_t status;
    board_start();
    clock_take();
    status = make();
    line_begin(FRAME_MEASURED, 20);
    line_put_number(0, 4);
    line_put_number(stack_used(), 4);
    line_put_number(0, 4);
    line_put_number(clock_take(), 4);
    line_put_number(0, 4);
    if (line_go() == 0 && status == CLOAK_OK) {
        line_begin(FRAME_RESIDUES, sizeof shown);
        line_put(shown, sizeof shown);
        status = line_go();
    }
    line_begin(FRAME_TOLD, 16);
    line_put_number(status == CLOAK_OK ? TOLD_CLOSED : TOLD_STOPPED, 1);
    line_put_number(0, 1);
    line_put_number((uint64_t)status, 2);
    line_put_number(0, 12);
    return 0;
}

/* A bug of the library: nothing is sent any more. */
void cloak_on_panic(void)
{
    for (;;) {
        board_sleep();
    }
}
