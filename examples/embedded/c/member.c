#include "member.h"

#include "board.h"
#include "bytes.h"
#include "clock.h"
#include "provision.h"
#include "server.h"
#include "stack.h"

/* Room for the neighbours of the smallest client, and for the bitmaps of as many members. */
#define NEIGHBOURS 16
#define MEMBERS 1024
/* The longest message to a client is `open`: of each neighbour a salt, an encrypted share and an acknowledgement, and of the members a bitmap. */
#define MESSAGE_SIZE (128 + 80 * NEIGHBOURS + MEMBERS / 8)
/* The longest answer but the masked message: of each neighbour a mask key or a share of its seed. */
#define ANSWER_SIZE (128 + 32 * NEIGHBOURS)
/* Values that are masked at a time: five bytes each at a width of 40 bits, and two zero coordinates. */
#define PIECE_VALUES 64
#define PIECE_SIZE (8 * (PIECE_VALUES + 2))
#define SUFFIX_SIZE 40
/* A function whose variables are not on the stack while its caller goes on. */
#define APART __attribute__((noinline))

static _Alignas(CLOAK_ALIGN) uint8_t client_memory[CLOAK_CLIENT_SIZE_16];
static uint8_t message[MESSAGE_SIZE];
static cloak_client *client;
static const cloak_rng rng = {board_random, NULL};
/* An answer came too late for its set-up: what follows in it is not for this device. */
static int needs_invitation;
static uint32_t setup_ticks;
static uint32_t mask_ticks;
static uint32_t rest_ticks;

static int32_t tell(enum told what, int32_t kind, int32_t code, uint64_t number)
{
    cloak_client_info info = {0};
    int32_t status = client == NULL ? CLOAK_OK : cloak_client_get_info(client, &info);
    line_begin(FRAME_TOLD, 16);
    line_put_number(what, 1);
    line_put_number((uint64_t)kind, 1);
    line_put_number((uint64_t)code, 2);
    line_put_number(info.round, 4);
    line_put_number(number, 8);
    return line_go() != 0 ? FLOW_UNREACHABLE : status;
}

/* --- joining ------------------------------------------------------------------------------------------------------------------------------------- */

/* An entry of the roster, which the gateway holds as the body of the last answer. */
static int32_t roster_entry(void *userdata, uint32_t position, cloak_member *out)
{
    const struct answer *roster = userdata;
    uint8_t entry[CLOAK_MEMBER_SIZE];
    uint32_t first = position * CLOAK_MEMBER_SIZE;
    if (first + CLOAK_MEMBER_SIZE > roster->length || server_read(first, entry, sizeof entry) != CLOAK_OK) {
        return -1;
    }
    out->id = number_at(entry, 8);
    copy_bytes(out->key, entry + 8, CLOAK_KEY_SIZE);
    return 0;
}

/* The run is the one of the invitation, and of the shape that this device contributes. */
static APART int32_t check_run(void)
{
    uint8_t hash[CLOAK_HASH_SIZE];
    cloak_run_info info;
    cloak_segment segment;
    int32_t status = cloak_client_run_hash(client, hash);
    if (status == CLOAK_OK) {
        status = cloak_client_run_info(client, &info);
    }
    if (status == CLOAK_OK) {
        status = cloak_client_segment(client, 0, &segment);
    }
    if (status != CLOAK_OK) {
        return status;
    }
    if (!same_bytes(hash, PROVISION->hash, sizeof hash) || info.members > MEMBERS) {
        return FLOW_CONFIGURATION;
    }
    return info.segments == 1 && segment.encoding == CLOAK_ENCODING_FIXED_POINT && segment.fraction == PROVISION_FRACTION && segment.length == PROVISION->page.count
               ? CLOAK_OK
               : FLOW_CONFIGURATION;
}

static APART int32_t check_settings(void)
{
    struct answer settings;
    cloak_run_config config;
    int32_t status = server_request(METHOD_GET, MEDIA_NONE, "/settings", "", &settings, NULL, 0);
    if (status == CLOAK_OK) {
        status = cloak_client_run_config(client, &config);
    }
    if (status == CLOAK_OK && !same_bytes(settings.hash, config.settings_hash, sizeof settings.hash)) {
        status = FLOW_CONFIGURATION;
    }
    return status;
}

static int32_t join(const cloak_identity *identity)
{
    struct answer description;
    struct answer roster;
    const cloak_roster source = {roster_entry, &roster};
    int32_t status = server_request(METHOD_GET, MEDIA_NONE, "/description", "", &description, message, sizeof message);
    if (status == CLOAK_OK) {
        status = server_request(METHOD_GET, MEDIA_NONE, "/roster", "", &roster, NULL, 0);
    }
    if (status == CLOAK_OK) {
        status = cloak_client_init(client_memory, sizeof client_memory, identity, message, description.length, &source, NULL, 0, &client, NULL);
    }
    if (status == CLOAK_OK) {
        status = check_run();
    }
    return status == CLOAK_OK ? check_settings() : status;
}

/* --- answering ----------------------------------------------------------------------------------------------------------------------------------- */

/* Requests that may come too late; then they are not needed any more. */
static int32_t post_text(const char *suffix, const char *text)
{
    struct answer answer;
    int32_t status = server_body(text, text_length(text));
    if (status == CLOAK_OK) {
        status = server_request(METHOD_POST, MEDIA_JSON, suffix, "", &answer, NULL, 0);
    }
    return status == FLOW_NOT_FOUND || status == FLOW_RUN_CLOSED ? CLOAK_OK : status;
}

static int32_t ask_for_setup(void)
{
    return post_text("/setup", "{}");
}

static int has_keys(void)
{
    cloak_client_info info = {0};
    return cloak_client_get_info(client, &info) == CLOAK_OK && info.state >= CLOAK_CLIENT_READY;
}

/* Tells everybody why this device does not answer a message; `accused` is NULL, or whom it blames. */
static int32_t report(uint32_t number, int32_t code, const uint64_t *accused)
{
    char text[112];
    char *end = write_number(write_text(text, "{\"number\":"), number);
    end = write_number(write_text(end, ",\"code\":"), (uint64_t)code);
    end = write_text(end, ",\"reason\":\"see the number\"");
    if (accused != NULL) {
        end = write_text(write_number(write_text(end, ",\"accused\":\""), *accused), "\"");
    }
    write_text(end, "}");
    return post_text("/refusals", text);
}

/* Posts the answer whose body has left already. */
static int32_t deliver(int32_t kind)
{
    struct answer answer;
    int32_t status = server_request(METHOD_POST, MEDIA_CBOR, "/messages", "", &answer, NULL, 0);
    if (status == CLOAK_OK || (status >= 800 && status != FLOW_TOO_LARGE && status != FLOW_RUN_CLOSED)) {
        return status;
    }
    /* The step was closed without this device, or the server refuses the answer: nothing is gained by sending it again. */
    status = tell(TOLD_LATE, kind, status, 0);
    if (status == CLOAK_OK && !has_keys()) {
        needs_invitation = 1;
        status = ask_for_setup();
    }
    return status;
}

/* Masks the values piece by piece; each piece leaves before the next one is made. */
static int32_t mask(void)
{
    /* The message that began the round has been read. */
    uint8_t *out = message;
    size_t length;
    uint32_t first = 0;
    int32_t status = cloak_client_mask_begin(client, &rng, out, sizeof message, &length);
    while (status == CLOAK_OK) {
        size_t count = PROVISION->page.count - first < PIECE_VALUES ? PROVISION->page.count - first : PIECE_VALUES;
        const cloak_values piece = {CLOAK_SCALED_I32, PROVISION->values + first, count};
        status = server_body(out, length);
        if (status != CLOAK_OK || count == 0) {
            break;
        }
        status = cloak_client_mask_chunk(client, &piece, out, PIECE_SIZE, &length);
        first += (uint32_t)count;
    }
    return status;
}

/* Joins the round and contributes to it. */
static int32_t begin(uint32_t number, size_t length)
{
    char suffix[SUFFIX_SIZE];
    struct answer context;
    int32_t status;
    write_text(write_number(write_text(suffix, "/messages/"), number), "/context");
    status = server_request(METHOD_GET, MEDIA_NONE, suffix, "", &context, NULL, 0);
    if (status == FLOW_NOT_FOUND) {
        /* The round is over. */
        return tell(TOLD_LATE, CLOAK_BEGIN, status, 0);
    }
    if (status == CLOAK_OK) {
        status = cloak_client_begin(client, message, length, context.hash);
    }
    if (status == CLOAK_OK) {
        status = tell(TOLD_MESSAGE, CLOAK_BEGIN, 0, 0);
    }
    if (status == CLOAK_OK) {
        status = mask();
    }
    return status == CLOAK_OK ? deliver(CLOAK_BEGIN) : status;
}

/* Names the neighbours whose tags did not verify, before a round is spoiled by them. */
static APART int32_t accuse(uint32_t number)
{
    uint64_t ids[NEIGHBOURS];
    size_t count;
    size_t index;
    int32_t status = cloak_client_unconfirmed(client, ids, NEIGHBOURS, &count);
    for (index = 0; status == CLOAK_OK && index < count; index++) {
        status = report(number, CLOAK_ERR_NOT_CONFIRMED, &ids[index]);
    }
    return status;
}

/* One call of the library for each message that has an answer. */
static APART int32_t answer(int32_t kind, size_t length)
{
    uint8_t out[ANSWER_SIZE];
    size_t written = 0;
    int32_t status;
    switch (kind) {
    case CLOAK_INVITE:
        needs_invitation = 0;
        status = cloak_client_advertise(client, &rng, message, length, out, sizeof out, &written);
        break;
    case CLOAK_KEYS:
        status = cloak_client_confirm(client, message, length, out, sizeof out, &written);
        break;
    case CLOAK_SURVIVORS:
        status = cloak_client_acknowledge(client, message, length, out, sizeof out, &written);
        break;
    case CLOAK_OPEN:
        status = cloak_client_unmask(client, message, length, out, sizeof out, &written);
        break;
    default:
        status = CLOAK_ERR_UNEXPECTED_KIND;
    }
    if (status == CLOAK_OK) {
        status = server_body(out, written);
    }
    return status == CLOAK_OK ? deliver(kind) : status;
}

static APART int32_t finish(size_t length)
{
    uint32_t outcome;
    cloak_client_info info;
    int32_t status = cloak_client_finish(client, message, length, &outcome);
    if (status == CLOAK_OK) {
        status = cloak_client_get_info(client, &info);
    }
    if (status != CLOAK_OK) {
        return status;
    }
    rest_ticks += clock_take();
    line_begin(FRAME_MEASURED, 20);
    line_put_number(info.round, 4);
    line_put_number(stack_used(), 4);
    line_put_number(setup_ticks, 4);
    line_put_number(mask_ticks, 4);
    line_put_number(rest_ticks, 4);
    setup_ticks = mask_ticks = rest_ticks = 0;
    return line_go() != 0 ? FLOW_UNREACHABLE : tell(TOLD_FINISHED, CLOAK_FINISHED, (int32_t)outcome, 0);
}

static APART int32_t handle(uint32_t number, int32_t kind, size_t length)
{
    size_t unconfirmed;
    int32_t status = CLOAK_OK;
    if (kind != CLOAK_INVITE && needs_invitation) {
        return CLOAK_OK;
    }
    if (kind == CLOAK_BEGIN) {
        status = begin(number, length);
        mask_ticks += clock_take();
        return status;
    }
    status = tell(TOLD_MESSAGE, kind, 0, 0);
    if (status != CLOAK_OK) {
        return status;
    }
    switch (kind) {
    case CLOAK_CONFIRMATIONS:
        status = cloak_client_accept(client, message, length, &unconfirmed);
        if (status == CLOAK_OK && unconfirmed > 0) {
            status = accuse(number);
        }
        break;
    case CLOAK_FINISHED:
        return finish(length);
    default:
        status = answer(kind, length);
    }
    if (kind < CLOAK_BEGIN) {
        setup_ticks += clock_take();
    } else {
        rest_ticks += clock_take();
    }
    return status;
}

/* What becomes of an error of the protocol: everybody is told, and the next message may go well. Without random bytes none will. */
static APART int32_t refuse(uint32_t number, int32_t kind, int32_t code)
{
    cloak_client_info info = {0};
    int32_t status = tell(TOLD_REFUSED, kind, code, number);
    if (status == CLOAK_OK) {
        status = report(number, code, NULL);
    }
    if (status == CLOAK_OK) {
        status = cloak_client_get_info(client, &info);
    }
    if (code == CLOAK_ERR_RANDOMNESS || status != CLOAK_OK) {
        return status == CLOAK_OK ? code : status;
    }
    return code == CLOAK_ERR_WRONG_EPOCH || info.epoch == 0 ? ask_for_setup() : CLOAK_OK;
}

int32_t member_serve(const cloak_identity *identity, int32_t *kind)
{
    uint32_t number = 1;
    int32_t status = join(identity);
    *kind = 0;
    while (status == CLOAK_OK) {
        char suffix[SUFFIX_SIZE];
        struct answer polled;
        clock_take();
        write_number(write_text(suffix, "/messages/"), number);
        *kind = 0;
        status = server_request(METHOD_GET, MEDIA_NONE, suffix, "wait=25", &polled, message, sizeof message);
        if (status == FLOW_RUN_CLOSED) {
            return CLOAK_OK;
        }
        if (status == FLOW_SUPERSEDED && polled.number > number) {
            number = (uint32_t)polled.number;
            status = has_keys() ? CLOAK_OK : ask_for_setup();
            continue;
        }
        if (status != CLOAK_OK || polled.status == 204) {
            continue;
        }
        status = cloak_message_kind(message, polled.length, kind);
        if (status == CLOAK_OK) {
            status = handle(number, *kind, polled.length);
        }
        if (status > CLOAK_OK && status < 800) {
            status = refuse(number, *kind, status);
        }
        number++;
    }
    return status;
}
