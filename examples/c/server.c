/*
 * A server that keeps everything in the files of a folder and does one step each time it is called.
 *
 *     server FOLDER new RUN            takes RUN/description and RUN/roster
 *     server FOLDER step               prints what it waits for
 *     server FOLDER invite             begins set-up
 *     server FOLDER begin CONTEXT      begins a round; CONTEXT is the file that every member is given
 *     server FOLDER message ID OUT     writes the message that a member is due; empty if it is due none
 *     server FOLDER receive ID FILE    takes a member's message; whoever calls this has made sure that it is the member's
 *     server FOLDER close              the time limit of the step has passed
 *     server FOLDER sum                prints the sum and ends the round
 *
 * The state of a server follows from the calls that change it. FOLDER/journal lists them, a line each, and FOLDER/message-N holds what was received;
 * every call begins by making them again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregator.h"
#include "runs.h"

enum { LONGEST_LINE = 120, NAME = 40 };

typedef struct host {
    const char *folder;
    cloak_run *run;
    aggregator protocol;
    /* Lines of the journal. */
    unsigned long events;
} host;

static cloak_status receive(host *self, uint64_t sender, const char *path)
{
    bytes message = {NULL, 0, 0};
    cloak_status status;
    file_read(path, &message);
    status = aggregator_receive(&self->protocol, sender, &message);
    bytes_free(&message);
    return status;
}

static cloak_status begin(host *self, const char *hex)
{
    uint8_t hash[CLOAK_HASH_SIZE];
    size_t i;
    for (i = 0; i < sizeof hash; i++) {
        unsigned int byte;
        if (sscanf(hex + 2 * i, "%2x", &byte) != 1) {
            return CLOAK_ERR_MALFORMED;
        }
        hash[i] = (uint8_t)byte;
    }
    return aggregator_begin(&self->protocol, hash);
}

/* Makes the call of one line. */
static cloak_status apply(host *self, const char *line)
{
    uint32_t epoch;
    uint64_t sender;
    int32_t failure;
    char word[LONGEST_LINE];
    if (strcmp(line, "invite") == 0) {
        return cloak_server_invite(self->protocol.server, &epoch);
    }
    if (strcmp(line, "close") == 0) {
        return cloak_server_close_step(self->protocol.server);
    }
    if (sscanf(line, "begin %119s", word) == 1) {
        return begin(self, word);
    }
    if (sscanf(line, "finish %" SCNd32, &failure) == 1) {
        return cloak_server_finish(self->protocol.server, failure);
    }
    if (sscanf(line, "receive %" SCNu64 " %119s", &sender, word) == 2) {
        char *path = path_in(self->folder, word);
        cloak_status status = receive(self, sender, path);
        free(path);
        return status;
    }
    return CLOAK_ERR_MALFORMED;
}

/* A refusal changes nothing; but set-up that ends with too few members has ended. */
static int changes(cloak_status status)
{
    return status == CLOAK_OK || status == CLOAK_ERR_TOO_FEW_INPUTS;
}

/* The server as the journal left it. */
static void open_host(host *self, const char *folder)
{
    char *path = path_in(folder, "journal");
    FILE *journal = fopen(path, "r");
    char line[LONGEST_LINE];
    memset(self, 0, sizeof *self);
    self->folder = folder;
    self->run = run_read(folder);
    aggregator_open(&self->protocol, self->run);
    while (journal != NULL && fgets(line, sizeof line, journal) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (!changes(apply(self, line))) {
            fprintf(stderr, "%s: line %lu does not follow from those before it\n", path, self->events + 1);
            exit(1);
        }
        self->events++;
    }
    if (journal != NULL) {
        fclose(journal);
    }
    free(path);
}

static void close_host(host *self)
{
    aggregator_close(&self->protocol);
    cloak_run_free(self->run);
}

/* Makes a call, and keeps it in the journal. */
static void change(host *self, const char *line)
{
    cloak_status status = apply(self, line);
    if (changes(status)) {
        char *path = path_in(self->folder, "journal");
        char *ended = allocate(strlen(line) + 2, 1);
        strcpy(ended, line);
        strcat(ended, "\n");
        file_append(path, ended);
        free(ended);
        free(path);
    }
    must(status, line);
}

static void change_begin(host *self, const char *context_path)
{
    char line[LONGEST_LINE] = "begin ";
    bytes context = {NULL, 0, 0};
    uint8_t hash[CLOAK_HASH_SIZE];
    size_t i;
    file_read(context_path, &context);
    must(cloak_sha256(context.data, context.length, hash), "hashing the context");
    for (i = 0; i < sizeof hash; i++) {
        sprintf(line + strlen(line), "%02x", hash[i]);
    }
    bytes_free(&context);
    change(self, line);
}

/* The message is in the folder before the journal names it. */
static void change_receive(host *self, const char *sender, const char *path)
{
    char name[NAME], line[LONGEST_LINE];
    char *kept;
    bytes message = {NULL, 0, 0};
    if (strlen(sender) > 20) {
        stop("an id has at most 20 digits");
    }
    sprintf(name, "message-%lu", self->events);
    sprintf(line, "receive %s %s", sender, name);
    file_read(path, &message);
    kept = path_in(self->folder, name);
    file_write(kept, message.data, message.length);
    free(kept);
    bytes_free(&message);
    change(self, line);
}

static void write_message(const host *self, const char *receiver, const char *path)
{
    bytes message = {NULL, 0, 0};
    aggregator_message(&self->protocol, strtoull(receiver, NULL, 10), &message);
    file_write(path, message.data, message.length);
    bytes_free(&message);
}

static void print_step(const host *self)
{
    static const char *const names[] = {"idle", "advertise", "confirm", "ready", "mask", "survive", "unmask", "sum", "finished"};
    puts(names[aggregator_step(&self->protocol)]);
}

static void print_sum(host *self)
{
    char line[LONGEST_LINE];
    cloak_opening *opening;
    cloak_lanes sum;
    cloak_values residues;
    cloak_status status;
    double *values;
    size_t i;
    must(cloak_server_opening(self->protocol.server, &opening), "opening the round");
    status = aggregator_sum(&self->protocol, opening, 0, &sum);
    cloak_opening_free(opening);
    residues.type = sum.type;
    residues.data = sum.data;
    residues.length = sum.length;
    values = allocate(sum.length, sizeof *values);
    if (status == CLOAK_OK) {
        status = cloak_run_to_f64(self->run, 0, &residues, values, sum.length);
    }
    sprintf(line, "finish %" PRId32, (int32_t)status);
    change(self, line);
    must(status, "adding up");
    for (i = 0; i < sum.length; i++) {
        printf("%.6f\n", values[i]);
    }
    free(values);
    free(sum.data);
}

static void make_folder_of(const char *folder, const char *run_folder)
{
    cloak_run *run = run_read(run_folder);
    make_folder(folder);
    run_write(folder, run);
    cloak_run_free(run);
}

/* One step of a server that exists; 0 if there is no such step. */
static int take_step(host *self, int count, char **words)
{
    const char *step = words[2];
    if (count == 3 && strcmp(step, "step") == 0) {
        print_step(self);
    } else if (count == 3 && (strcmp(step, "invite") == 0 || strcmp(step, "close") == 0)) {
        change(self, step);
    } else if (count == 3 && strcmp(step, "sum") == 0) {
        print_sum(self);
    } else if (count == 4 && strcmp(step, "begin") == 0) {
        change_begin(self, words[3]);
    } else if (count == 5 && strcmp(step, "message") == 0) {
        write_message(self, words[3], words[4]);
    } else if (count == 5 && strcmp(step, "receive") == 0) {
        change_receive(self, words[3], words[4]);
    } else {
        return 0;
    }
    return 1;
}

int main(int count, char **words)
{
    host self;
    int known;
    if (count == 4 && strcmp(words[2], "new") == 0) {
        make_folder_of(words[1], words[3]);
        return 0;
    }
    if (count < 3) {
        stop("server FOLDER new RUN | step | invite | begin CONTEXT | message ID OUT | receive ID FILE | close | sum");
    }
    open_host(&self, words[1]);
    known = take_step(&self, count, words);
    close_host(&self);
    if (!known) {
        stop("there is no such step");
    }
    return 0;
}
