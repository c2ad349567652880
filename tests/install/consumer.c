/* A program of somebody else that uses the installed library: is it the one of this header, and does it compute? */
#include <cloakwork.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    /* SHA-256 of "abc" (FIPS 180-4). */
    static const uint8_t expected[CLOAK_HASH_SIZE] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                                      0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                                      0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    uint8_t digest[CLOAK_HASH_SIZE];
    char fingerprint[CLOAK_FINGERPRINT_SIZE];
    if (cloak_abi_version() != CLOAK_ABI_VERSION) {
        return 1;
    }
    if (cloak_sha256((const uint8_t *)"abc", 3, digest) != CLOAK_OK || memcmp(digest, expected, sizeof digest) != 0) {
        return 2;
    }
    if (cloak_fingerprint_encode(digest, fingerprint, sizeof fingerprint) != CLOAK_OK) {
        return 3;
    }
    printf("%s %s\n", cloak_version(), fingerprint);
    return 0;
}
