/*
 * A client that keeps everything in the files of a folder and does one step of the protocol each time it is called.
 *
 *     client FOLDER identity                     makes FOLDER/identity, which is secret, and prints its fingerprint
 *     client FOLDER join RUN                     takes RUN/description and RUN/roster
 *     client FOLDER answer MESSAGE OUT [CONTEXT] answers a message of the server
 *
 * To begin a round it takes its numbers from FOLDER/values, one a line, and CONTEXT is the file that it was given for the round. OUT is empty where
 * the protocol has no answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "member.h"
#include "runs.h"

static cloak_identity *read_identity(const char *folder)
{
    char *path = path_in(folder, "identity");
    bytes secret = {NULL, 0, 0};
    cloak_identity *identity;
    file_read(path, &secret);
    if (secret.length != CLOAK_KEY_SIZE) {
        stop("this is no identity");
    }
    must(cloak_identity_from_bytes(secret.data, &identity), path);
    bytes_free(&secret);
    free(path);
    return identity;
}

static void make_identity(const char *folder)
{
    char *path = path_in(folder, "identity");
    uint8_t secret[CLOAK_KEY_SIZE], key[CLOAK_KEY_SIZE];
    char fingerprint[CLOAK_FINGERPRINT_SIZE];
    cloak_identity *identity;
    make_folder(folder);
    if (file_exists(path)) {
        stop("there is an identity already; without it nobody can go on with its runs");
    }
    must(cloak_identity_new(NULL, &identity), "making an identity");
    must(cloak_identity_export(identity, secret), "exporting the identity");
    must(cloak_identity_public_key(identity, key), "reading the public key");
    must(cloak_fingerprint_encode(key, fingerprint, sizeof fingerprint), "writing the fingerprint");
    file_write(path, secret, sizeof secret);
    wipe(secret, sizeof secret);
    puts(fingerprint);
    cloak_identity_free(identity);
    free(path);
}

/* The state goes to the disk before an answer leaves: a round that was masked is never masked again, whatever happens to this process. */
static void save(const char *folder, const cloak_client *client)
{
    char *path = path_in(folder, "state");
    bytes state = {NULL, 0, 0};
    if (cloak_client_save(client, NULL, 0, &state.length) != CLOAK_ERR_BUFFER_TOO_SMALL) {
        stop("the state cannot be saved");
    }
    bytes_room(&state, state.length);
    must(cloak_client_save(client, state.data, state.capacity, &state.length), "saving the state");
    file_write(path, state.data, state.length);
    bytes_free(&state);
    free(path);
}

static cloak_client *load(const char *folder, const cloak_run *run)
{
    char *path = path_in(folder, "state");
    cloak_identity *identity = read_identity(folder);
    bytes state = {NULL, 0, 0};
    cloak_client *client;
    file_read(path, &state);
    must(cloak_client_load(run, identity, state.data, state.length, &client, NULL), path);
    bytes_free(&state);
    cloak_identity_free(identity);
    free(path);
    return client;
}

static void join(const char *folder, const char *run_folder)
{
    char *path = path_in(folder, "state");
    cloak_identity *identity = read_identity(folder);
    cloak_run *run = run_read(run_folder);
    cloak_client *client;
    if (file_exists(path)) {
        stop("this client has joined a run already; a fresh state could use a round's number twice");
    }
    must(cloak_client_new(run, identity, &client, NULL), "joining the run");
    run_write(folder, run);
    save(folder, client);
    cloak_client_free(client);
    cloak_run_free(run);
    cloak_identity_free(identity);
    free(path);
}

/* Masks the numbers of FOLDER/values. */
static void mask(const char *folder, const cloak_run *run, cloak_client *client, bytes *answer)
{
    char *path = path_in(folder, "values");
    FILE *file = fopen(path, "r");
    cloak_layout layout;
    cloak_values values;
    double *numbers, more;
    size_t i;
    must(cloak_run_layout(run, 0, &layout), "asking for the layout");
    numbers = allocate((size_t)layout.length, sizeof *numbers);
    for (i = 0; file != NULL && i < layout.length && fscanf(file, "%lf", &numbers[i]) == 1; i++) {
    }
    if (file == NULL || i < layout.length || fscanf(file, "%lf", &more) == 1) {
        fprintf(stderr, "%s has to hold %llu numbers\n", path, (unsigned long long)layout.length);
        exit(1);
    }
    fclose(file);
    values.type = CLOAK_F64;
    values.data = numbers;
    values.length = (size_t)layout.length;
    must(member_mask(client, &values, 1, answer), "masking");
    wipe(numbers, (size_t)layout.length * sizeof *numbers);
    free(numbers);
    free(path);
}

static void answer(const char *folder, const char *message_path, const char *answer_path, const char *context_path)
{
    bytes message = {NULL, 0, 0}, context = {NULL, 0, 0}, out = {NULL, 0, 0};
    uint8_t context_hash[CLOAK_HASH_SIZE];
    cloak_run *run = run_read(folder);
    cloak_client *client = load(folder, run);
    heard said;
    file_read(message_path, &message);
    if (context_path != NULL) {
        file_read(context_path, &context);
    }
    must(cloak_sha256(context.data, context.length, context_hash), "hashing the context");
    must(member_answer(client, &message, context_hash, &said, &out), "answering");
    if (said.kind == CLOAK_BEGIN) {
        mask(folder, run, client, &out);
    }
    if (said.unconfirmed > 0) {
        fprintf(stderr, "%lu neighbours did not confirm their keys\n", (unsigned long)said.unconfirmed);
    }
    if (said.outcome != 0) {
        fprintf(stderr, "the round was aborted: %s\n", cloak_status_text((int32_t)said.outcome));
    }
    save(folder, client);
    file_write(answer_path, out.data, out.length);
    bytes_free(&message);
    bytes_free(&context);
    bytes_free(&out);
    cloak_client_free(client);
    cloak_run_free(run);
}

int main(int count, char **words)
{
    const char *step = count > 2 ? words[2] : "";
    if (count == 3 && strcmp(step, "identity") == 0) {
        make_identity(words[1]);
    } else if (count == 4 && strcmp(step, "join") == 0) {
        join(words[1], words[3]);
    } else if ((count == 5 || count == 6) && strcmp(step, "answer") == 0) {
        answer(words[1], words[3], words[4], count == 6 ? words[5] : NULL);
    } else {
        stop("client FOLDER identity\nclient FOLDER join RUN\nclient FOLDER answer MESSAGE OUT [CONTEXT]");
    }
    return 0;
}
