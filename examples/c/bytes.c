#include "bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void stop(const char *message)
{
    fprintf(stderr, "%s\n", message);
    exit(1);
}

void must(cloak_status status, const char *what)
{
    if (status != CLOAK_OK) {
        fprintf(stderr, "%s: %s (%d)\n", what, cloak_status_text(status), (int)status);
        exit(1);
    }
}

void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL) {
        stop("out of memory");
    }
    return memory;
}

void wipe(void *memory, size_t length)
{
    volatile uint8_t *byte = memory;
    while (length > 0) {
        *byte++ = 0;
        length--;
    }
}

void random_bytes(uint8_t *out, size_t length)
{
    FILE *source = fopen("/dev/urandom", "rb");
    if (source == NULL || fread(out, 1, length, source) != length) {
        stop("no random bytes");
    }
    fclose(source);
}

void bytes_room(bytes *buffer, size_t capacity)
{
    bytes_free(buffer);
    buffer->data = allocate(capacity, 1);
    buffer->capacity = capacity;
}

void bytes_copy(bytes *buffer, const uint8_t *data, size_t length)
{
    bytes_room(buffer, length);
    if (length > 0) {
        memcpy(buffer->data, data, length);
    }
    buffer->length = length;
}

void bytes_free(bytes *buffer)
{
    if (buffer->data != NULL) {
        wipe(buffer->data, buffer->capacity);
    }
    free(buffer->data);
    memset(buffer, 0, sizeof *buffer);
}
