/*
 * The functions of memory that compilers call. Those that come with the library are made for speed and take three kilobytes of flash.
 *
 * Compiled without the transformation of loops into calls of these very functions.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
int memcmp(const void *one, const void *other, size_t length);

/* The same under the names of the run-time ABI for the Arm architecture, section 5.3.4; memset has its arguments in another order there. */
#define COPY(name, of) void *name(void *restrict to, const void *restrict from, size_t length) __attribute__((alias(#of)))
#define MOVE(name, of) void *name(void *to, const void *from, size_t length) __attribute__((alias(#of)))
COPY(__aeabi_memcpy, memcpy);
COPY(__aeabi_memcpy4, memcpy);
COPY(__aeabi_memcpy8, memcpy);
MOVE(__aeabi_memmove, memmove);
MOVE(__aeabi_memmove4, memmove);
MOVE(__aeabi_memmove8, memmove);
void __aeabi_memset(void *to, size_t length, int value);
void __aeabi_memset4(void *to, size_t length, int value) __attribute__((alias("__aeabi_memset")));
void __aeabi_memset8(void *to, size_t length, int value) __attribute__((alias("__aeabi_memset")));
void __aeabi_memclr(void *to, size_t length);
void __aeabi_memclr4(void *to, size_t length) __attribute__((alias("__aeabi_memclr")));
void __aeabi_memclr8(void *to, size_t length) __attribute__((alias("__aeabi_memclr")));

/* Words where both ends allow it. */
void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if ((((uintptr_t)out | (uintptr_t)in) & 3) == 0) {
        uint32_t *words = (void *)out;
        const uint32_t *from_words = (const void *)in;
        for (; length >= 16; length -= 16) {
            *words++ = *from_words++;
            *words++ = *from_words++;
            *words++ = *from_words++;
            *words++ = *from_words++;
        }
        for (; length >= 4; length -= 4) {
            *words++ = *from_words++;
        }
        out = (void *)words;
        in = (const void *)from_words;
    }
    for (; length > 0; length--) {
        *out++ = *in++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t length)
{
    if ((uintptr_t)to - (uintptr_t)from >= length) {
        return memcpy(to, from, length);
    }
    uint8_t *out = to;
    const uint8_t *in = from;
    while (length > 0) {
        length--;
        out[length] = in[length];
    }
    return to;
}

void *memset(void *to, int value, size_t length)
{
    uint8_t *out = to;
    const uint32_t word = (uint8_t)value * 0x01010101u;
    if (((uintptr_t)out & 3) == 0) {
        uint32_t *words = (void *)out;
        for (; length >= 16; length -= 16) {
            *words++ = word;
            *words++ = word;
            *words++ = word;
            *words++ = word;
        }
        for (; length >= 4; length -= 4) {
            *words++ = word;
        }
        out = (void *)words;
    }
    for (; length > 0; length--) {
        *out++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *one, const void *other, size_t length)
{
    const uint8_t *a = one;
    const uint8_t *b = other;
    for (; length > 0; length--, a++, b++) {
        if (*a != *b) {
            return *a - *b;
        }
    }
    return 0;
}

void __aeabi_memset(void *to, size_t length, int value)
{
    memset(to, value, length);
}

void __aeabi_memclr(void *to, size_t length)
{
    memset(to, 0, length);
}
