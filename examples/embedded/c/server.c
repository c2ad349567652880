#include "server.h"

#include "bytes.h"
#include "provision.h"

/* The longest target: "/v1/runs/", the run, "/messages/", ten digits and "/context". */
#define PATH_SIZE 80
/* Bytes of a body that are taken at a time where it is not kept. */
#define PIECE_SIZE 64
#define ANSWER_FRAME_SIZE 48
/* The status, a space and the MAC of the request. */
#define ANSWER_METHOD_SIZE (4 + 2 * CLOAK_MAC_SIZE)

static _Alignas(CLOAK_ALIGN) uint8_t channel_memory[CLOAK_CHANNEL_SIZE];
static _Alignas(CLOAK_ALIGN) uint8_t digest_memory[CLOAK_DIGEST_SIZE];
static cloak_channel *channel;
/* Of the body that is being made or read; NULL between bodies. */
static cloak_digest *digest;
static uint64_t counter;

int32_t server_open(const cloak_identity *identity)
{
    counter = PROVISION->counter;
    return cloak_channel_init(channel_memory, sizeof channel_memory, identity, CLOAK_SIDE_CLIENT, PROVISION->server, &channel);
}

static int32_t hash(const void *bytes, size_t length)
{
    int32_t status = CLOAK_OK;
    if (digest == NULL) {
        status = cloak_digest_init(digest_memory, sizeof digest_memory, &digest);
    }
    return status == CLOAK_OK ? cloak_digest_update(digest, bytes, length) : status;
}

static int32_t end_hash(uint8_t out[CLOAK_HASH_SIZE])
{
    int32_t status = hash(NULL, 0);
    if (status == CLOAK_OK) {
        status = cloak_digest_finish(digest, out);
    }
    digest = NULL;
    return status;
}

int32_t server_body(const void *bytes, size_t length)
{
    line_begin(FRAME_BODY, length);
    line_put(bytes, length);
    return hash(bytes, length);
}

int32_t server_read(uint32_t first, uint8_t *bytes, size_t length)
{
    line_begin(FRAME_READ, 6);
    line_put_number(first, 4);
    line_put_number(length, 2);
    return line_take(FRAME_DATA, bytes, length) == 0 ? CLOAK_OK : FLOW_UNREACHABLE;
}

/* Reads a body of this length, into a buffer or past it, and hashes it. */
static int32_t take_body(uint32_t length, uint8_t *body, uint8_t out[CLOAK_HASH_SIZE])
{
    uint8_t piece[PIECE_SIZE];
    uint32_t first = 0;
    int32_t status = CLOAK_OK;
    while (first < length && status == CLOAK_OK) {
        size_t count = length - first < PIECE_SIZE ? length - first : PIECE_SIZE;
        uint8_t *place = body == NULL ? piece : body + first;
        status = server_read(first, place, count);
        if (status == CLOAK_OK) {
            status = hash(place, count);
        }
        first += (uint32_t)count;
    }
    return status == CLOAK_OK ? end_hash(out) : status;
}

/* Sends a request whose MAC is made, takes the answer and checks its MAC; `code` is that of an error. */
static int32_t exchange(enum method method, enum media media, cloak_request *request, struct answer *answer, uint8_t *body, size_t capacity, uint32_t *code)
{
    uint8_t mac[CLOAK_MAC_SIZE];
    uint8_t frame[ANSWER_FRAME_SIZE];
    char answer_method[ANSWER_METHOD_SIZE + 1];
    int32_t status = cloak_channel_mac(channel, request, mac);
    if (status != CLOAK_OK) {
        return status;
    }
    line_begin(FRAME_REQUEST, 11 + CLOAK_MAC_SIZE + request->path_length + request->query_length);
    line_put_number(method, 1);
    line_put_number(media, 1);
    line_put_number(request->counter, 8);
    line_put(mac, sizeof mac);
    line_put_number(request->path_length, 1);
    line_put(request->path, request->path_length);
    line_put(request->query, request->query_length);
    if (line_take(FRAME_ANSWER, frame, sizeof frame) != 0) {
        return FLOW_UNREACHABLE;
    }
    answer->status = (uint16_t)number_at(frame, 2);
    answer->length = (uint32_t)number_at(frame + 34, 4);
    answer->number = number_at(frame + 40, 8);
    *code = (uint32_t)number_at(frame + 38, 2);
    if (answer->status < 100 || answer->status > 599) {
        return FLOW_UNREACHABLE;
    }
    if (answer->status >= 400) {
        body = NULL;
    }
    if (body != NULL && answer->length > capacity) {
        return FLOW_TOO_LARGE;
    }
    status = take_body(answer->length, body, answer->hash);
    if (status != CLOAK_OK) {
        return status;
    }
    write_number(answer_method, answer->status);
    answer_method[3] = ' ';
    write_hex(answer_method + 4, mac, sizeof mac);
    request->method = (const uint8_t *)answer_method;
    request->method_length = ANSWER_METHOD_SIZE;
    copy_bytes(request->body_hash, answer->hash, sizeof answer->hash);
    request->direction = CLOAK_DIRECTION_RESPONSE;
    return cloak_channel_verify(channel, request, frame + 2) == CLOAK_OK ? CLOAK_OK : FLOW_UNVERIFIED_ANSWER;
}

int32_t server_request(enum method method, enum media media, const char *suffix, const char *query, struct answer *answer, uint8_t *body, size_t capacity)
{
    char path[PATH_SIZE];
    uint8_t body_hash[CLOAK_HASH_SIZE];
    uint32_t code = 0;
    int32_t status = end_hash(body_hash);
    char *end = write_text(write_hex(write_text(path, "/v1/runs/"), PROVISION->run, sizeof PROVISION->run), suffix);
    while (status == CLOAK_OK) {
        cloak_request request = {0};
        request.counter = ++counter;
        request.method = (const uint8_t *)(method == METHOD_GET ? "GET" : "POST");
        request.method_length = method == METHOD_GET ? 3 : 4;
        request.path = (const uint8_t *)path;
        request.path_length = (size_t)(end - path);
        request.query = (const uint8_t *)query;
        request.query_length = text_length(query);
        request.run = PROVISION->run;
        copy_bytes(request.body_hash, body_hash, sizeof body_hash);
        request.direction = CLOAK_DIRECTION_REQUEST;
        status = exchange(method, media, &request, answer, body, capacity, &code);
        if (status != CLOAK_OK || answer->status < 400) {
            return status;
        }
        if (code != FLOW_COUNTER_USED || answer->number < counter) {
            return code != 0 ? (int32_t)code : FLOW_UNVERIFIED_ANSWER;
        }
        /* The server saw higher counters from this identity: go past the last one. */
        counter = answer->number;
        method = method == METHOD_GET ? METHOD_GET : METHOD_REPEAT;
    }
    return status;
}
