/* The header compiles alone, in every language version, and its version can be tested by the preprocessor. */
#include "cloakwork.h"

#if !defined(CLOAK_VERSION_MAJOR) || !defined(CLOAK_VERSION_MINOR) || !defined(CLOAK_VERSION_PATCH)
#error "the header states no version"
#endif

#if CLOAK_VERSION_MAJOR != EXPECTED_MAJOR
#error "CLOAK_VERSION_MAJOR is not that of Cargo.toml"
#endif

#if CLOAK_VERSION_MINOR != EXPECTED_MINOR
#error "CLOAK_VERSION_MINOR is not that of Cargo.toml"
#endif

#if CLOAK_VERSION_PATCH != EXPECTED_PATCH
#error "CLOAK_VERSION_PATCH is not that of Cargo.toml"
#endif

#if CLOAK_ABI_VERSION != EXPECTED_ABI
#error "CLOAK_ABI_VERSION is not that of the shared library's name"
#endif

/* A status has four bytes in every language version. */
typedef char status_has_four_bytes[sizeof(cloak_status) == 4 ? 1 : -1];

/* Roster entries lie in memory as they travel on little-endian machines. */
typedef char keys_have_their_size[CLOAK_KEY_SIZE == 32 && CLOAK_HASH_SIZE == 32 ? 1 : -1];

int main(void)
{
    status_has_four_bytes *first = 0;
    keys_have_their_size *second = 0;
    return first == 0 && second == 0 ? CLOAK_OK : CLOAK_ERR_PANIC;
}
