#include "bytes.h"

void copy_bytes(void *to, const void *from, size_t length)
{
    __builtin_memcpy(to, from, length);
}

int same_bytes(const void *one, const void *other, size_t length)
{
    return __builtin_memcmp(one, other, length) == 0;
}

size_t text_length(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

char *write_hex(char *at, const uint8_t *bytes, size_t length)
{
    static const char digits[16] = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
    for (; length > 0; length--, bytes++) {
        *at++ = digits[*bytes >> 4];
        *at++ = digits[*bytes & 15];
    }
    *at = '\0';
    return at;
}

/* A tenth of a power of ten above 1. */
static uint64_t tenth(uint64_t power)
{
    uint64_t result = 1;
    while (10 * result < power) {
        result *= 10;
    }
    return result;
}

char *write_number(char *at, uint64_t number)
{
    uint64_t power = 10000000000000000000u;
    char *begin = at;
    /* By subtraction: a division of 64-bit words is a long routine. */
    for (; power > 0; power = power == 1 ? 0 : tenth(power)) {
        char digit = '0';
        while (number >= power) {
            number -= power;
            digit++;
        }
        if (digit > '0' || at > begin || power == 1) {
            *at++ = digit;
        }
    }
    *at = '\0';
    return at;
}

char *write_text(char *at, const char *text)
{
    while (*text != '\0') {
        *at++ = *text++;
    }
    *at = '\0';
    return at;
}

uint64_t number_at(const uint8_t *bytes, size_t size)
{
    uint64_t number = 0;
    while (size > 0) {
        number = number << 8 | bytes[--size];
    }
    return number;
}
