/*
 * What the device is given once, before it is sent into the field: a page of flash of its own, written beside the program.
 *
 * The secret key stays in it: no function of this firmware sends it anywhere. All numbers are little-endian.
 */
#ifndef PROVISION_H
#define PROVISION_H

#include <cloakwork.h>

#define PROVISION_MAGIC 0x31575043u
#define NOISE_MAGIC 0x314e5743u
/* Values are integers, scaled by two to this power. */
#define PROVISION_FRACTION 20

/* How each page begins. */
struct page {
    /* PROVISION_MAGIC or NOISE_MAGIC: for which program it is. */
    uint32_t magic;
    /* Number of values. */
    uint32_t count;
    /* For boards without a random generator: the name of a file of the host with random bytes, ended by NUL. */
    char entropy[64];
};

/* For a client of a run. */
struct provision {
    struct page page;
    /* Above the counter of every request that this device has made, such as the time of provisioning in nanoseconds. */
    uint64_t counter;
    /* The secret key of the device's identity. */
    uint8_t secret[32];
    /* From the invitation: the server's public key, the run's id and the run hash. */
    uint8_t server[32];
    uint8_t run[16];
    uint8_t hash[32];
    /* What the device contributes to each round. A sensor would measure it. */
    int32_t values[];
};

/* For the example of a private vector. */
struct noise_provision {
    struct page page;
    cloak_mechanism mechanism;
    uint8_t rotation[CLOAK_KEY_SIZE];
    uint8_t bits;
    uint8_t suite;
    uint8_t reserved[6];
    double values[];
};

/* The linker script says where the page is. */
extern const uint8_t provision_page[];
#define PAGE ((const struct page *)(const void *)provision_page)
#define PROVISION ((const struct provision *)(const void *)provision_page)
#define NOISE_PROVISION ((const struct noise_provision *)(const void *)provision_page)

#endif
