/* Deliberate leaks, in the library and here: if memcheck did not report these, its silence elsewhere would mean nothing. */
#include <string.h>

#include "secret.h"

/* In a library with the feature `planted-leak` alone, and therefore not in the header. */
uint8_t cloak_planted_leak(uint8_t secret);

static volatile uint8_t sink;

static void in_the_library(void)
{
    uint8_t secret = 3;
    hide(&secret, 1);
    sink = cloak_planted_leak(secret);
}

/* The library's output still depends on its key when it comes back. */
static void on_its_output(void)
{
    uint8_t key[32];
    int32_t samples[64];
    memset(key, 9, sizeof key);
    hide(key, sizeof key);
    must(cloak_gaussian_stream(10, CLOAK_SUITE_CHACHA20, key, samples, 64), "sampling");
    if (samples[63] > 0) {
        sink = 1;
    }
}

const secret_case planted_cases[] = {
    {"planted: branch on a secret inside the library", in_the_library},
    {"planted: branch on a sample of a secret key", on_its_output},
    {NULL, NULL},
};
