/* Identities and the channel to the server. */
#include <stdlib.h>
#include <string.h>

#include "secret.h"

static void drawn(void)
{
    void *memory = allocate(1, cloak_identity_size());
    uint64_t state = 11;
    cloak_rng generator = secret_generator(&state);
    cloak_identity *identity;
    uint8_t key[CLOAK_KEY_SIZE], secret[32];
    must(cloak_identity_init(memory, cloak_identity_size(), &generator, &identity), "drawing an identity");
    must(cloak_identity_public_key(identity, key), "reading a public key");
    reveal(key, sizeof key);
    must(cloak_identity_export(identity, secret), "exporting an identity");
    reveal(secret, sizeof secret);
    must(cloak_identity_wipe(identity), "wiping an identity");
    free(memory);
}

static void channel(void)
{
    cloak_identity *own = secret_identity(12), *other = secret_identity(13);
    uint8_t own_key[CLOAK_KEY_SIZE], other_key[CLOAK_KEY_SIZE], mac[CLOAK_MAC_SIZE];
    cloak_channel *client, *server;
    cloak_request request;
    cloak_status status;
    must(cloak_identity_public_key(own, own_key), "reading a public key");
    must(cloak_identity_public_key(other, other_key), "reading a public key");
    must(cloak_channel_new(own, CLOAK_SIDE_CLIENT, other_key, &client), "opening a channel");
    must(cloak_channel_new(other, CLOAK_SIDE_SERVER, own_key, &server), "opening a channel");
    memset(&request, 0, sizeof request);
    request.direction = CLOAK_DIRECTION_REQUEST;
    request.counter = 7;
    request.method = (const uint8_t *)"POST";
    request.method_length = 4;
    request.path = (const uint8_t *)"/v1/runs";
    request.path_length = 8;
    request.query = (const uint8_t *)"";
    memset(request.body_hash, 4, sizeof request.body_hash);
    must(cloak_channel_mac(client, &request, mac), "making a MAC");
    reveal(mac, sizeof mac);
    must(cloak_channel_verify(server, &request, mac), "checking a MAC");
    mac[31] ^= 1;
    status = cloak_channel_verify(server, &request, mac);
    if (status != CLOAK_ERR_NOT_AUTHENTIC) {
        stop("a wrong MAC was accepted");
    }
    cloak_channel_free(client);
    cloak_channel_free(server);
    must(cloak_identity_wipe(own), "wiping an identity");
    must(cloak_identity_wipe(other), "wiping an identity");
    free(own);
    free(other);
}

const secret_case key_cases[] = {
    {"an identity that is drawn, read and exported", drawn},
    {"MACs of a channel", channel},
    {NULL, NULL},
};
