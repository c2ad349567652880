#include "line.h"

#include "board.h"
#include "clock.h"

static void send(const uint8_t *bytes, size_t length)
{
    size_t sent;
    for (sent = 0; sent < length; sent++) {
        board_send(bytes[sent]);
    }
}

void line_put(const void *bytes, size_t length)
{
    clock_pause();
    send(bytes, length);
    clock_resume();
}

void line_put_number(uint64_t number, size_t size)
{
    clock_pause();
    for (; size > 0; size--) {
        board_send((uint8_t)number);
        number >>= 8;
    }
    clock_resume();
}

void line_begin(enum frame kind, size_t length)
{
    const uint8_t head[3] = {(uint8_t)kind, (uint8_t)length, (uint8_t)(length >> 8)};
    line_put(head, sizeof head);
}

static int take(uint8_t *bytes, size_t length)
{
    size_t taken;
    for (taken = 0; taken < length; taken++) {
        if (board_receive(&bytes[taken]) != 0) {
            return -1;
        }
    }
    return 0;
}

int line_take(enum frame kind, void *bytes, size_t length)
{
    uint8_t head[3];
    int status;
    clock_pause();
    status = take(head, sizeof head);
    if (status == 0 && (head[0] != (uint8_t)kind || (size_t)(head[1] | head[2] << 8) != length)) {
        status = -1;
    }
    if (status == 0) {
        status = take(bytes, length);
    }
    clock_resume();
    return status;
}

int line_go(void)
{
    return line_take(FRAME_GO, NULL, 0);
}
