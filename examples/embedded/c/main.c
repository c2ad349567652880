/*
 * A device that takes part in a run.
 *
 * Its identity, its values and what pins the run are in its provisioning. Every request, every MAC and every check is made here; the gateway at the other
 * end of the line carries bytes, and learns no more than the server.
 */
#include "board.h"
#include "line.h"
#include "member.h"
#include "provision.h"
#include "server.h"

static _Alignas(CLOAK_ALIGN) uint8_t identity_memory[CLOAK_IDENTITY_SIZE];

static int32_t run(int32_t *kind)
{
    cloak_identity *identity;
    uint8_t public_key[CLOAK_KEY_SIZE];
    int32_t status;
    if (PROVISION->page.magic != PROVISION_MAGIC) {
        return FLOW_CONFIGURATION;
    }
    status = cloak_identity_init_from_bytes(identity_memory, sizeof identity_memory, PROVISION->secret, &identity);
    if (status == CLOAK_OK) {
        status = cloak_identity_public_key(identity, public_key);
    }
    if (status == CLOAK_OK) {
        status = server_open(identity);
    }
    if (status != CLOAK_OK) {
        return status;
    }
    line_begin(FRAME_HELLO, sizeof public_key);
    line_put(public_key, sizeof public_key);
    if (line_go() != 0) {
        return FLOW_UNREACHABLE;
    }
    return member_serve(identity, kind);
}

int main(void)
{
    int32_t kind = 0;
    int32_t status;
    board_start();
    status = run(&kind);
    line_begin(FRAME_TOLD, 16);
    line_put_number(status == CLOAK_OK ? TOLD_CLOSED : TOLD_STOPPED, 1);
    line_put_number((uint64_t)kind, 1);
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
