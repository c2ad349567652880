/*
 * The heap of a program that is linked as a whole, in which memcheck cannot take the place of the C library's: that one keeps its lists in the memory
 * that it has given back, where secrets have been. This one gives nothing out twice.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 16 };

/* What all cases together ask for, several times over. */
static unsigned char memory[64u << 20];
static size_t used;

void *memalign(size_t alignment, size_t size);

/* The size stands before the block, for `realloc`. */
void *memalign(size_t alignment, size_t size)
{
    uintptr_t start = (uintptr_t)(memory + used) + sizeof size;
    size_t offset;
    alignment = alignment < ALIGNMENT ? ALIGNMENT : alignment;
    start = (start + alignment - 1) / alignment * alignment;
    offset = (size_t)(start - (uintptr_t)memory);
    if (offset > sizeof memory || size > sizeof memory - offset) {
        errno = ENOMEM;
        return NULL;
    }
    memcpy(memory + offset - sizeof size, &size, sizeof size);
    used = offset + size;
    return memory + offset;
}

void *malloc(size_t size)
{
    return memalign(ALIGNMENT, size);
}

void *calloc(size_t count, size_t size)
{
    /* Static memory that was never given out is zero. */
    return size > 0 && count > sizeof memory / size ? NULL : malloc(count * size);
}

void *realloc(void *old, size_t size)
{
    void *new = malloc(size);
    if (new != NULL && old != NULL) {
        size_t before;
        memcpy(&before, (unsigned char *)old - sizeof before, sizeof before);
        memcpy(new, old, before < size ? before : size);
    }
    return new;
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    *out = memalign(alignment, size);
    return *out == NULL ? ENOMEM : 0;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

void free(void *block)
{
    (void)block;
}
