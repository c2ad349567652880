/* Bytes of any length, and the end of a program that cannot go on. */
#ifndef BYTES_H
#define BYTES_H

#include <cloakwork.h>

/* All zero is an empty one. */
typedef struct bytes {
    uint8_t *data;
    size_t length;
    size_t capacity;
} bytes;

/* Makes room for so many bytes. What was there is wiped and gone. */
void bytes_room(bytes *buffer, size_t capacity);

/* A copy of some bytes. */
void bytes_copy(bytes *buffer, const uint8_t *data, size_t length);

/* Wipes the bytes, which may be secret, and frees them. */
void bytes_free(bytes *buffer);

/* Memory of zeros, or the end of the program. */
void *allocate(size_t count, size_t size);

/* Overwrites a secret; the compiler cannot leave it out. */
void wipe(void *memory, size_t length);

/* Random bytes of the operating system. */
void random_bytes(uint8_t *out, size_t length);

/* Goes on if a call succeeded; else says what it was for and why it failed, and ends the program. */
void must(cloak_status status, const char *what);

/* Ends the program with a message. */
void stop(const char *message);

#endif
