/* Each size in the header is what the library says: a host that reads no header gets the same numbers. */
#include <stdio.h>
#include <string.h>

#include "cloakwork.h"

static int failures;

static void same(const char *name, size_t macro, size_t function)
{
    if (macro != function) {
        printf("%s: the header says %zu, the library %zu\n", name, macro, function);
        failures++;
    }
}

int main(void)
{
    char version[32];

    same("CLOAK_KEY_SIZE", CLOAK_KEY_SIZE, cloak_key_size());
    same("CLOAK_HASH_SIZE", CLOAK_HASH_SIZE, cloak_hash_size());
    same("CLOAK_MAC_SIZE", CLOAK_MAC_SIZE, cloak_mac_size());
    same("CLOAK_FINGERPRINT_SIZE", CLOAK_FINGERPRINT_SIZE, cloak_fingerprint_size());
    same("CLOAK_RUN_ID_SIZE", CLOAK_RUN_ID_SIZE, cloak_run_id_size());
    same("CLOAK_MEMBER_SIZE", CLOAK_MEMBER_SIZE, cloak_member_size());
    same("CLOAK_LABEL_SIZE", CLOAK_LABEL_SIZE, cloak_label_size());
    same("CLOAK_DESCRIPTION_SIZE", CLOAK_DESCRIPTION_SIZE, cloak_description_size());
    same("CLOAK_MAX_SEGMENTS", CLOAK_MAX_SEGMENTS, cloak_max_segments());
    same("CLOAK_MAX_MEMBERS", CLOAK_MAX_MEMBERS, cloak_max_members());
    same("CLOAK_ALIGN", CLOAK_ALIGN, cloak_align());
    same("CLOAK_IDENTITY_SIZE", CLOAK_IDENTITY_SIZE, cloak_identity_size());
    same("CLOAK_CHANNEL_SIZE", CLOAK_CHANNEL_SIZE, cloak_channel_size());
    same("CLOAK_CLIENT_SIZE_16", CLOAK_CLIENT_SIZE_16, cloak_client_size(16));
    same("CLOAK_CLIENT_SIZE_128", CLOAK_CLIENT_SIZE_128, cloak_client_size(128));
    same("CLOAK_CLIENT_SIZE_1024", CLOAK_CLIENT_SIZE_1024, cloak_client_size(1024));
    same("CLOAK_DIGEST_SIZE", CLOAK_DIGEST_SIZE, cloak_digest_size());
    same("CLOAK_CONTRIBUTION_SIZE", CLOAK_CONTRIBUTION_SIZE, cloak_contribution_size());
    same("CLOAK_ABI_VERSION", CLOAK_ABI_VERSION, cloak_abi_version());
    same("cloak_member", CLOAK_MEMBER_SIZE, sizeof(cloak_member));

    sprintf(version, "%d.%d.%d", CLOAK_VERSION_MAJOR, CLOAK_VERSION_MINOR, CLOAK_VERSION_PATCH);
    if (strcmp(version, cloak_version()) != 0) {
        printf("the header is of version %s, the library of %s\n", version, cloak_version());
        failures++;
    }
    return failures == 0 ? 0 : 1;
}
