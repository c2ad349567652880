/*
 * The line to the gateway: frames of a kind, a length and as many bytes.
 *
 * The device asks and the gateway answers, so neither ever sends what the other does not wait for. Numbers are little-endian.
 *
 *     to the gateway
 *     1 HELLO    public key (32)                                                                        answered by GO
 *     2 BODY     the next bytes of the body of a request
 *     3 REQUEST  method (1), media (1), counter (8), MAC (32), path length (1), path, query: see enum method, enum media
 *                                                                                                       answered by ANSWER
 *     4 READ     first byte (4), count (2): a part of the body of the last answer                       answered by DATA
 *     5 TOLD     what (1), kind (1), code (2), round (4), number (8): see enum told                     answered by GO
 *     6 MEASURED round (4), stack (4), ticks of set-up, of masking, of all else in the round (4 each)   answered by GO
 *     7 RESIDUES those of a private vector, from noise.c                                                answered by GO
 *
 *     to the device
 *     65 ANSWER  status (2; 0: the server did not answer), MAC (32; zeros: none), length (4), and, of an error, which is a JSON document, for
 *                convenience and without any proof: code (2), next or last_counter (8)
 *     66 DATA    the bytes
 *     67 GO
 *
 * What the line garbles, or the gateway alters, a MAC or a hash refuses.
 */
#ifndef LINE_H
#define LINE_H

#include <stddef.h>
#include <stdint.h>

enum frame {
    FRAME_HELLO = 1,
    FRAME_BODY = 2,
    FRAME_REQUEST = 3,
    FRAME_READ = 4,
    FRAME_TOLD = 5,
    FRAME_MEASURED = 6,
    FRAME_RESIDUES = 7,
    FRAME_ANSWER = 65,
    FRAME_DATA = 66,
    FRAME_GO = 67
};

/* REPEAT is a POST with the body of the last request; those of POST are the bytes since the last answer. */
enum method { METHOD_GET = 0, METHOD_POST = 1, METHOD_REPEAT = 2 };
enum media { MEDIA_NONE = 0, MEDIA_CBOR = 1, MEDIA_JSON = 2 };

/* What the device tells: a message, before it is answered; that a round ended; that it refused a message; that an answer came too late; that the
 * run is closed; that it stops, and why. */
enum told { TOLD_MESSAGE = 1, TOLD_FINISHED = 2, TOLD_REFUSED = 3, TOLD_LATE = 4, TOLD_CLOSED = 5, TOLD_STOPPED = 6 };

/* Sends the head of a frame; `length` bytes follow by line_put. */
void line_begin(enum frame kind, size_t length);
void line_put(const void *bytes, size_t length);
void line_put_number(uint64_t number, size_t size);

/* Takes a frame of this kind and exactly this length: 0, or -1 for silence, another kind or another length. */
int line_take(enum frame kind, void *bytes, size_t length);

/* Sends the frame that line_begin and line_put made up, and waits for GO. */
int line_go(void);

#endif
