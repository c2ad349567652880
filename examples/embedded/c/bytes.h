/* Bytes, numbers and texts, without a C library. */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>
#include <stdint.h>

void copy_bytes(void *to, const void *from, size_t length);
/* Whether public bytes are the same. */
int same_bytes(const void *one, const void *other, size_t length);
size_t text_length(const char *text);

/* Each writes at a place and returns the end of what it wrote, where a NUL stands. */
char *write_text(char *at, const char *text);
char *write_hex(char *at, const uint8_t *bytes, size_t length);
char *write_number(char *at, uint64_t number);

/* The little-endian number in some bytes. */
uint64_t number_at(const uint8_t *bytes, size_t size);

#endif
