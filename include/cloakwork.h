/**
 * @file cloakwork.h
 * Cloakwork: data owners who may not show each other their data compute sums together.
 *
 * This file is generated from ffi/src and is the reference of the C interface. What the messages mean is in docs/protocol.md, what
 * they protect in docs/threat-model.md.
 *
 * These rules hold for every function.
 *
 * Status.
 *     A function that can fail returns a cloak_status and nothing else. CLOAK_OK is 0. After any other value nothing has changed, unless the
 *     function says so: no object, and no output but the one that CLOAK_ERR_BUFFER_TOO_SMALL sets.
 *
 * Pointers.
 *     A pointer points to as many elements as its array bounds or the length beside it say; without either, to one. They are readable
 *     and, where the pointer is not const, writable and used by nobody else while the call lasts. Lengths count elements. NULL is refused except
 *     where it is allowed by name and for vectors of length 0. Elements are aligned as their type demands; bytes may lie anywhere.
 *
 * Outputs.
 *     They come last and are written last. A vector as output is three arguments: the elements, how many fit, and where their number goes.
 *     When they do not fit the call fails with CLOAK_ERR_BUFFER_TOO_SMALL and sets the number to what is needed, so (NULL, 0) asks for it.
 *     An output must not overlap an input.
 *
 * Handles.
 *     An object is used through a pointer to an opaque type. On hosts a _new function, or one that says so, makes it on the heap and the
 *     matching _free function ends it; _free(NULL) does nothing. Objects are independent: none refers to another, so the order of ending them
 *     does not matter. Secrets in them are wiped when they end. A handle that has ended is not used again.
 *     A handle is not for concurrent use, with one exception: functions that take it as a pointer to const may run at the same time as each other.
 *     There is no global state and nothing to initialise; different handles are independent on any number of threads.
 *     A wrong, ended or busy handle is refused where it can be told; do not build on that.
 *
 * Memory of the caller.
 *     Identities, channels and clients can also live in memory of the caller, which is how they work without a heap: an _init function takes
 *     memory of at least the stated size, aligned to CLOAK_ALIGN, that belongs to the object until the matching _wipe function ends it.
 *     The bytes must not be copied or moved meanwhile.
 *
 * Secrets.
 *     Bytes that a function calls secret are the caller's to protect and to wipe.
 *
 * Bare metal.
 *     A library built without std has no heap and no random generator. It holds what is not marked "Hosts only". The application
 *     gives a cloak_rng and defines `void cloak_on_panic(void)`, which is called once if the library finds a bug in itself, before it stops.
 */

#ifndef CLOAKWORK_H
#define CLOAKWORK_H

#include <stddef.h>
#include <stdint.h>
#if defined(__GNUC__) || defined(__clang__)
#define CLOAK_MUST_USE __attribute__((warn_unused_result))
#else
#define CLOAK_MUST_USE
#endif


/**
 * In `cloak_error.present`: `party` says whom the error concerns.
 */
#define CLOAK_ERROR_HAS_PARTY 1

/**
 * In `cloak_error.present`: `bound` says what would have been right.
 */
#define CLOAK_ERROR_HAS_BOUND 2

/**
 * Bytes of a public key, of a secret key, of a seed.
 */
#define CLOAK_KEY_SIZE 32

/**
 * Bytes of a SHA-256 digest: run hash, context hash, hash of a body.
 */
#define CLOAK_HASH_SIZE 32

/**
 * Bytes of the MAC of a request.
 */
#define CLOAK_MAC_SIZE 32

/**
 * Characters of a fingerprint with its NUL.
 */
#define CLOAK_FINGERPRINT_SIZE 74

/**
 * Bytes of a run id.
 */
#define CLOAK_RUN_ID_SIZE 16

/**
 * Bytes of a roster entry: id and public key.
 */
#define CLOAK_MEMBER_SIZE 40

/**
 * Characters of a segment's label with its NUL.
 */
#define CLOAK_LABEL_SIZE 33

/**
 * No run description is longer.
 */
#define CLOAK_DESCRIPTION_SIZE 640

/**
 * Most segments of a contribution.
 */
#define CLOAK_MAX_SEGMENTS 8

/**
 * Most members of a run.
 */
#define CLOAK_MAX_MEMBERS 1048576

/**
 * Alignment of the memory that the caller gives for an object.
 */
#define CLOAK_ALIGN 16

/**
 * Major version of this header.
 */
#define CLOAK_VERSION_MAJOR 0

/**
 * Minor version of this header.
 */
#define CLOAK_VERSION_MINOR 1

/**
 * Patch version of this header.
 */
#define CLOAK_VERSION_PATCH 0

/**
 * Version of the binary interface: the number after `.so`. It rises when a program built with an older header could break.
 */
#define CLOAK_ABI_VERSION 0

/**
 * Bytes of memory that an identity needs, at most, on any target.
 */
#define CLOAK_IDENTITY_SIZE 96

/**
 * Bytes of memory that a channel needs, at most, on any target.
 */
#define CLOAK_CHANNEL_SIZE 48

/**
 * `side` of `cloak_channel_new`: this identity sends requests.
 */
#define CLOAK_SIDE_CLIENT 0

/**
 * `side` of `cloak_channel_new`: this identity answers them.
 */
#define CLOAK_SIDE_SERVER 1

/**
 * `cloak_request.direction`: from the client to the server.
 */
#define CLOAK_DIRECTION_REQUEST 0

/**
 * `cloak_request.direction`: from the server to the client.
 */
#define CLOAK_DIRECTION_RESPONSE 1

/**
 * `cloak_run_config.suite`: X25519, HKDF-SHA256, ChaCha20. For runs with microcontrollers.
 */
#define CLOAK_SUITE_CHACHA20 1

/**
 * `cloak_run_config.suite`: the same with AES-128-CTR masks. For servers with AES instructions.
 */
#define CLOAK_SUITE_AES128_CTR 2

/**
 * `cloak_run_config.mode`: no self masks; a round needs every participant.
 */
#define CLOAK_MODE_NO_RECOVERY 0

/**
 * `cloak_run_config.mode`: a round survives dropouts.
 */
#define CLOAK_MODE_RECOVERY 1

/**
 * `cloak_segment.encoding`: the values are residues mod 2^bits already; sums wrap.
 */
#define CLOAK_ENCODING_RESIDUES 0

/**
 * `cloak_segment.encoding`: signed fixed point, range-checked so that the sum over the roster cannot wrap.
 */
#define CLOAK_ENCODING_FIXED_POINT 1

/**
 * What a call came to. Numbers never change and are not reused; new ones may be added.
 *
 * `cloak_status_text` has a sentence for each. Any value but `CLOAK_OK` means that nothing happened: no output was written but
 * the size that `CLOAK_ERR_BUFFER_TOO_SMALL` asks for, and no object changed.
 */
enum cloak_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Success.
     */
    CLOAK_OK = 0,
    /**
     * A pointer is NULL that must not be.
     */
    CLOAK_ERR_NULL_POINTER = 101,
    /**
     * A length does not fit the other arguments.
     */
    CLOAK_ERR_INVALID_LENGTH = 102,
    /**
     * An output buffer is too small; the bound is the size needed.
     */
    CLOAK_ERR_BUFFER_TOO_SMALL = 103,
    /**
     * An argument is outside its documented range.
     */
    CLOAK_ERR_INVALID_ARGUMENT = 104,
    /**
     * A pointer is not aligned for what it points to.
     */
    CLOAK_ERR_MISALIGNED = 105,
    /**
     * An output buffer overlaps an input.
     */
    CLOAK_ERR_OVERLAP = 106,
    /**
     * Not a live handle of this kind: another object, or one that was freed or wiped.
     */
    CLOAK_ERR_WRONG_HANDLE = 107,
    /**
     * The heap has no room for the object.
     */
    CLOAK_ERR_OUT_OF_MEMORY = 108,
    /**
     * The handle is in use by a call that has not returned, such as the one whose callback made this call.
     */
    CLOAK_ERR_BUSY = 109,
    /**
     * A value is NaN or infinite.
     */
    CLOAK_ERR_NOT_FINITE = 201,
    /**
     * A value is too large for the segment: the sum could wrap. The bound is the largest integer magnitude.
     */
    CLOAK_ERR_OUT_OF_RANGE = 202,
    /**
     * A bit width is not in 1 to 128, or is not the one that the lane type serves.
     */
    CLOAK_ERR_INVALID_WIDTH = 203,
    /**
     * A vector is longer than a mask stream may be.
     */
    CLOAK_ERR_TOO_LONG = 204,
    /**
     * The bytes are not a well-formed item of the expected shape.
     */
    CLOAK_ERR_MALFORMED = 301,
    /**
     * The bytes are well-formed but not the canonical encoding.
     */
    CLOAK_ERR_NON_CANONICAL = 302,
    /**
     * A version, suite or mechanism that this build does not know.
     */
    CLOAK_ERR_UNSUPPORTED = 303,
    /**
     * A message of another kind than the one expected.
     */
    CLOAK_ERR_UNEXPECTED_KIND = 304,
    /**
     * The random generator failed; nothing was derived from it.
     */
    CLOAK_ERR_RANDOMNESS = 401,
    /**
     * A public key of low order.
     */
    CLOAK_ERR_LOW_ORDER_KEY = 402,
    /**
     * A key that was seen before: repeated, reflected or shared by two parties.
     */
    CLOAK_ERR_REPEATED_KEY = 403,
    /**
     * A tag or ciphertext does not verify.
     */
    CLOAK_ERR_NOT_AUTHENTIC = 404,
    /**
     * A key differs from the pinned one.
     */
    CLOAK_ERR_NOT_PINNED = 405,
    /**
     * A neighbour's key confirmation is missing or wrong: its keys may have been swapped.
     */
    CLOAK_ERR_NOT_CONFIRMED = 406,
    /**
     * The material recovered from shares or mask keys does not cancel the masks: the zero coordinates are not zero.
     */
    CLOAK_ERR_MASKS_DID_NOT_CANCEL = 407,
    /**
     * A message or call that the present step does not expect.
     */
    CLOAK_ERR_OUT_OF_ORDER = 501,
    /**
     * A message of another run.
     */
    CLOAK_ERR_WRONG_RUN = 502,
    /**
     * A message of another set-up epoch.
     */
    CLOAK_ERR_WRONG_EPOCH = 503,
    /**
     * A round number that is not above the last one, or is above the run's number of rounds.
     */
    CLOAK_ERR_WRONG_ROUND = 504,
    /**
     * Another model or other settings than the ones received.
     */
    CLOAK_ERR_WRONG_CONTEXT = 505,
    /**
     * A surviving set that is not a proper part of the last one.
     */
    CLOAK_ERR_SET_NOT_NESTED = 506,
    /**
     * The receiver is not in the set.
     */
    CLOAK_ERR_NOT_IN_SET = 507,
    /**
     * Fewer neighbours left than the threshold.
     */
    CLOAK_ERR_TOO_FEW_NEIGHBOURS = 508,
    /**
     * Fewer inputs than the run demands.
     */
    CLOAK_ERR_TOO_FEW_INPUTS = 509,
    /**
     * The surviving set changed more often than the run allows.
     */
    CLOAK_ERR_TOO_MANY_PASSES = 510,
    /**
     * Not the set that was acknowledged last.
     */
    CLOAK_ERR_WRONG_SET = 511,
    /**
     * Fewer valid acknowledgements of the set than the threshold.
     */
    CLOAK_ERR_TOO_FEW_ACKNOWLEDGEMENTS = 512,
    /**
     * A sender that is not in the roster, or not in this step.
     */
    CLOAK_ERR_UNKNOWN_PARTY = 513,
    /**
     * A second, different message for a step.
     */
    CLOAK_ERR_DUPLICATE = 514,
    /**
     * Too few shares came back to open the round.
     */
    CLOAK_ERR_TOO_FEW_SHARES = 515,
    /**
     * A party left and the run has no recovery.
     */
    CLOAK_ERR_NO_RECOVERY = 516,
    /**
     * The round was stopped by the controller.
     */
    CLOAK_ERR_STOPPED = 517,
    /**
     * The roster is empty, unsorted, too large, or differs from its hash.
     */
    CLOAK_ERR_INVALID_ROSTER = 601,
    /**
     * The degree of the graph is odd, zero or not below the number of members.
     */
    CLOAK_ERR_INVALID_DEGREE = 602,
    /**
     * The threshold does not satisfy 1 <= t <= k and 2t > k + c.
     */
    CLOAK_ERR_INVALID_THRESHOLD = 603,
    /**
     * Another parameter of the run is outside its range.
     */
    CLOAK_ERR_INVALID_RUN = 604,
    /**
     * More neighbours than this client was built for.
     */
    CLOAK_ERR_CAPACITY_EXCEEDED = 605,
    /**
     * No degree and threshold meet the failure probabilities asked for.
     */
    CLOAK_ERR_NO_PARAMETERS = 606,
    /**
     * A bug in the library. What the call was changing stays unusable and can only be freed.
     */
    CLOAK_ERR_PANIC = 901,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cloak_status cloak_status;
#else
typedef int32_t cloak_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The secret that a client and its server share for the MACs of their requests.
 */
typedef struct cloak_channel cloak_channel;

/**
 * A party's static X25519 key pair. Its public key is pinned in the roster of each run.
 */
typedef struct cloak_identity cloak_identity;

/**
 * A run: its description and its roster. It never changes, so threads may share it.
 */
typedef struct cloak_run cloak_run;

/**
 * A source of random bytes for keys and masks. It must be cryptographically secure.
 *
 * Wherever a `const cloak_rng *` is expected, NULL stands for the generator of the operating system; a library that was built for
 * bare metal has none and answers `CLOAK_ERR_RANDOMNESS`.
 */
typedef struct {
    /**
     * Fills `length` bytes at `out` and returns 0. Any other value means that it could not: the call that asked fails with
     * `CLOAK_ERR_RANDOMNESS` and uses none of the bytes. It must not throw, jump out, or use the handle of that call.
     */
    int32_t (*fill)(void *userdata, uint8_t *out, size_t length);
    /**
     * Handed to `fill` as it is.
     */
    void *userdata;
} cloak_rng;

/**
 * What a MAC covers. A response repeats the path, query, run and counter of its request.
 */
typedef struct {
    /**
     * Rises with each new request of the client.
     */
    uint64_t counter;
    /**
     * The method in upper case; in a response the three digits of the status.
     */
    const uint8_t *method;
    /**
     * Bytes of `method`.
     */
    size_t method_length;
    /**
     * The raw bytes of the path.
     */
    const uint8_t *path;
    /**
     * Bytes of `path`.
     */
    size_t path_length;
    /**
     * The raw bytes of the query, without the question mark.
     */
    const uint8_t *query;
    /**
     * Bytes of `query`.
     */
    size_t query_length;
    /**
     * The run id that the path names, `CLOAK_RUN_ID_SIZE` bytes; NULL if it names none.
     */
    const uint8_t *run;
    /**
     * SHA-256 of the body.
     */
    uint8_t body_hash[32];
    /**
     * `CLOAK_DIRECTION_REQUEST` or `CLOAK_DIRECTION_RESPONSE`.
     */
    uint8_t direction;
} cloak_request;

/**
 * The fields of a run description beside its segments and its roster; their bounds are in the protocol document, section 2.
 */
typedef struct {
    /**
     * Names the run: 16 random bytes.
     */
    uint8_t run_id[16];
    /**
     * Public randomness that decides the graph, drawn after the roster was fixed.
     */
    uint8_t beacon[32];
    /**
     * SHA-256 of whatever else the hosts agree on.
     */
    uint8_t settings_hash[32];
    /**
     * Neighbours of each member: 0 for the complete graph, else even and below the number of members.
     */
    uint32_t degree;
    /**
     * Shares t that recover a seed: 1 <= t <= k and 2t > k + colluders, for k neighbours; 0 without recovery.
     */
    uint32_t threshold;
    /**
     * Smallest set whose sum may be opened: 2 to the number of members.
     */
    uint32_t min_inputs;
    /**
     * Clients that are assumed to collude with the server.
     */
    uint32_t colluders;
    /**
     * Rounds of the run, at least 1.
     */
    uint32_t max_rounds;
    /**
     * Seconds for each step of set-up: 1 to 604800.
     */
    uint32_t setup_seconds;
    /**
     * Seconds for each step of a round: 1 to 604800.
     */
    uint32_t step_seconds;
    /**
     * `CLOAK_SUITE_CHACHA20` or `CLOAK_SUITE_AES128_CTR`.
     */
    uint8_t suite;
    /**
     * `CLOAK_MODE_RECOVERY` or `CLOAK_MODE_NO_RECOVERY`.
     */
    uint8_t mode;
    /**
     * How often the surviving set may shrink in a round: 1 to 255; 0 without recovery.
     */
    uint8_t max_passes;
    /**
     * Zero.
     */
    uint8_t reserved;
} cloak_run_config;

/**
 * One part of a contribution, with a bit width and masks of its own.
 */
typedef struct {
    /**
     * Number of values: 1 to 2^31.
     */
    uint64_t length;
    /**
     * Name: 1 to 32 characters of `a-z 0-9 _ . -`, then a NUL; unique in the run.
     */
    char label[CLOAK_LABEL_SIZE];
    /**
     * Bits of a residue: 1 to 128.
     */
    uint8_t bits;
    /**
     * `CLOAK_ENCODING_RESIDUES` or `CLOAK_ENCODING_FIXED_POINT`.
     */
    uint8_t encoding;
    /**
     * A value x is the integer nearest to x * 2^fraction: -64 to 120; 0 for residues.
     */
    int8_t fraction;
} cloak_segment;

/**
 * A member of a run.
 */
typedef struct {
    /**
     * Any number; the roster is sorted by it, strictly ascending.
     */
    uint64_t id;
    /**
     * Public key of the member's identity.
     */
    uint8_t key[32];
} cloak_member;

/**
 * More about an error that came out of the protocol. It holds no secret.
 */
typedef struct {
    /**
     * The status, or `CLOAK_OK` when there was no error.
     */
    int32_t status;
    /**
     * Which of the next two fields hold something: `CLOAK_ERROR_HAS_PARTY`, `CLOAK_ERROR_HAS_BOUND`, both or none.
     */
    uint32_t present;
    /**
     * Id of the party that caused it.
     */
    uint64_t party;
    /**
     * A size, a count or a largest value, as the status says.
     */
    uint64_t bound;
} cloak_error;

/**
 * Numbers that follow from a run.
 */
typedef struct {
    /**
     * Bytes of the payload of a masked message.
     */
    uint64_t payload_size;
    /**
     * Number of members.
     */
    uint32_t members;
    /**
     * Neighbours that each member has.
     */
    uint32_t neighbours;
    /**
     * Number of segments.
     */
    uint32_t segments;
    /**
     * Zero.
     */
    uint32_t reserved;
} cloak_run_info;

/**
 * Where a segment lies and what its values may be.
 */
typedef struct {
    /**
     * First byte of the segment in a payload.
     */
    uint64_t offset;
    /**
     * Bytes of the segment in a payload.
     */
    uint64_t size;
    /**
     * Number of values.
     */
    uint64_t length;
    /**
     * Zero coordinates after the values; they must be zero in the sum.
     */
    uint64_t zeros;
    /**
     * Largest magnitude of a value: for fixed point that of the integer nearest to x * 2^fraction, for residues 2^bits - 1. 2^64 - 1 if it
     * is more.
     */
    uint64_t limit;
    /**
     * The type of a residue: `CLOAK_U32`, `CLOAK_U64` or `CLOAK_U128`.
     */
    int32_t lane;
    /**
     * Zero.
     */
    uint32_t reserved;
} cloak_layout;

/**
 * The values of one segment, or of a piece of it, to be read.
 */
typedef struct {
    /**
     * One of `cloak_type`.
     */
    int32_t type;
    /**
     * The first element; may be NULL when `length` is 0.
     */
    const void *data;
    /**
     * Number of elements.
     */
    size_t length;
} cloak_values;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The value of `CLOAK_KEY_SIZE`.
 */
size_t cloak_key_size(void);

/**
 * The value of `CLOAK_HASH_SIZE`.
 */
size_t cloak_hash_size(void);

/**
 * The value of `CLOAK_MAC_SIZE`.
 */
size_t cloak_mac_size(void);

/**
 * The value of `CLOAK_FINGERPRINT_SIZE`.
 */
size_t cloak_fingerprint_size(void);

/**
 * The value of `CLOAK_RUN_ID_SIZE`.
 */
size_t cloak_run_id_size(void);

/**
 * The value of `CLOAK_MEMBER_SIZE`.
 */
size_t cloak_member_size(void);

/**
 * The value of `CLOAK_LABEL_SIZE`.
 */
size_t cloak_label_size(void);

/**
 * The value of `CLOAK_DESCRIPTION_SIZE`.
 */
size_t cloak_description_size(void);

/**
 * The value of `CLOAK_MAX_SEGMENTS`.
 */
size_t cloak_max_segments(void);

/**
 * The value of `CLOAK_MAX_MEMBERS`.
 */
size_t cloak_max_members(void);

/**
 * The value of `CLOAK_ALIGN`.
 */
size_t cloak_align(void);

/**
 * One sentence for people about a status.
 *
 * @param status  any number; unknown ones have a sentence of their own
 * @return a static string in ASCII, never NULL
 */
const char *cloak_status_text(int32_t status);

/**
 * The binary interface that the loaded library has. Refuse to run when it is not `CLOAK_ABI_VERSION`.
 */
uint32_t cloak_abi_version(void);

/**
 * The version of the loaded library, such as "1.2.3".
 *
 * @return a static string, never NULL
 */
const char *cloak_version(void);

/**
 * Draws a new identity.
 *
 * Hosts only. The caller ends it with `cloak_identity_free`.
 *
 * @param rng  source of randomness; NULL for that of the operating system
 * @param out  the identity
 * @return `CLOAK_ERR_RANDOMNESS` when the source fails
 */
CLOAK_MUST_USE cloak_status cloak_identity_new(const cloak_rng *rng, cloak_identity **out);

/**
 * The identity with a secret key that `cloak_identity_export` gave.
 *
 * Hosts only. The caller ends it with `cloak_identity_free`.
 *
 * @param secret  the secret key, 32 bytes
 * @param out     the identity
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for 32 equal bytes, which are erased memory and no key
 */
CLOAK_MUST_USE cloak_status cloak_identity_from_bytes(const uint8_t secret[32], cloak_identity **out);

/**
 * Ends an identity that came from `cloak_identity_new` or `cloak_identity_from_bytes` and wipes its key. NULL is fine.
 */
void cloak_identity_free(cloak_identity *identity);

/**
 * Bytes of memory for `cloak_identity_init`: `CLOAK_IDENTITY_SIZE`.
 */
size_t cloak_identity_size(void);

/**
 * Draws a new identity in memory of the caller, who ends it with `cloak_identity_wipe`.
 *
 * @param memory  at least `cloak_identity_size` bytes, aligned to `cloak_align`
 * @param length  bytes of `memory`
 * @param rng     source of randomness; NULL for that of the operating system
 * @param out     the identity; it lies in `memory`
 * @return `CLOAK_ERR_RANDOMNESS` when the source fails
 */
CLOAK_MUST_USE
cloak_status cloak_identity_init(void *memory,
                                 size_t length,
                                 const cloak_rng *rng,
                                 cloak_identity **out);

/**
 * The identity with a given secret key in memory of the caller, who ends it with `cloak_identity_wipe`.
 *
 * @param memory  at least `cloak_identity_size` bytes, aligned to `cloak_align`
 * @param length  bytes of `memory`
 * @param secret  the secret key, 32 bytes
 * @param out     the identity; it lies in `memory`
 */
CLOAK_MUST_USE
cloak_status cloak_identity_init_from_bytes(void *memory,
                                            size_t length,
                                            const uint8_t secret[32],
                                            cloak_identity **out);

/**
 * Ends an identity in memory of the caller and wipes that memory. NULL is fine.
 */
CLOAK_MUST_USE cloak_status cloak_identity_wipe(cloak_identity *identity);

/**
 * The secret key, for storage that only this party reads. The caller wipes the copy.
 *
 * @param out  the secret key, 32 bytes
 */
CLOAK_MUST_USE cloak_status cloak_identity_export(const cloak_identity *identity, uint8_t out[32]);

/**
 * The public key, which others pin.
 *
 * @param out  the public key, 32 bytes
 */
CLOAK_MUST_USE cloak_status cloak_identity_public_key(const cloak_identity *identity, uint8_t out[32]);

/**
 * The channel between an identity and the pinned key of the other side.
 *
 * Hosts only. The caller ends it with `cloak_channel_free`.
 *
 * @param identity  the own identity; it may be freed while the channel lives
 * @param side      `CLOAK_SIDE_CLIENT` or `CLOAK_SIDE_SERVER`: what the own identity is
 * @param peer      public key of the other side, 32 bytes
 * @param out       the channel
 * @return `CLOAK_ERR_LOW_ORDER_KEY`, `CLOAK_ERR_NON_CANONICAL` or, for the own key, `CLOAK_ERR_REPEATED_KEY`
 */
CLOAK_MUST_USE
cloak_status cloak_channel_new(const cloak_identity *identity,
                               uint8_t side,
                               const uint8_t peer[32],
                               cloak_channel **out);

/**
 * Ends a channel that came from `cloak_channel_new` and wipes its key. NULL is fine.
 */
void cloak_channel_free(cloak_channel *channel);

/**
 * Bytes of memory for `cloak_channel_init`: `CLOAK_CHANNEL_SIZE`.
 */
size_t cloak_channel_size(void);

/**
 * As `cloak_channel_new`, in memory of the caller, who ends it with `cloak_channel_wipe`.
 *
 * @param memory    at least `cloak_channel_size` bytes, aligned to `cloak_align`
 * @param length    bytes of `memory`
 * @param identity  the own identity; it may be wiped while the channel lives
 * @param side      `CLOAK_SIDE_CLIENT` or `CLOAK_SIDE_SERVER`: what the own identity is
 * @param peer      public key of the other side, 32 bytes
 * @param out       the channel; it lies in `memory`
 */
CLOAK_MUST_USE
cloak_status cloak_channel_init(void *memory,
                                size_t length,
                                const cloak_identity *identity,
                                uint8_t side,
                                const uint8_t peer[32],
                                cloak_channel **out);

/**
 * Ends a channel in memory of the caller and wipes that memory. NULL is fine.
 */
CLOAK_MUST_USE cloak_status cloak_channel_wipe(cloak_channel *channel);

/**
 * The MAC of a request or response.
 *
 * @param request  what it covers
 * @param out      the MAC, 32 bytes
 */
CLOAK_MUST_USE
cloak_status cloak_channel_mac(const cloak_channel *channel,
                               const cloak_request *request,
                               uint8_t out[32]);

/**
 * Checks the MAC of a request or response.
 *
 * @param request  what it covers
 * @param mac      the MAC that came with it, 32 bytes
 * @return `CLOAK_ERR_NOT_AUTHENTIC` when it is another
 */
CLOAK_MUST_USE
cloak_status cloak_channel_verify(const cloak_channel *channel,
                                  const cloak_request *request,
                                  const uint8_t mac[32]);

/**
 * The fingerprint of a public key: text with a checksum that carries the whole key.
 *
 * @param key       the public key, 32 bytes
 * @param out       the fingerprint in ASCII with its NUL
 * @param capacity  characters that fit in `out`, at least `CLOAK_FINGERPRINT_SIZE`
 * @return `CLOAK_ERR_BUFFER_TOO_SMALL` for less room
 */
CLOAK_MUST_USE cloak_status cloak_fingerprint_encode(const uint8_t key[32], char *out, size_t capacity);

/**
 * The public key that a fingerprint carries.
 *
 * @param fingerprint  text with its NUL; letters after the prefix may be lower case, nothing else may differ
 * @param out          the public key, 32 bytes
 * @return `CLOAK_ERR_MALFORMED` for any other text and for a wrong checksum
 */
CLOAK_MUST_USE cloak_status cloak_fingerprint_decode(const char *fingerprint, uint8_t out[32]);

/**
 * SHA-256 (FIPS 180-4): what names a model, its settings, and the body of a request.
 *
 * @param data    bytes to hash; may be NULL when `length` is 0
 * @param length  number of bytes
 * @param out     the digest, 32 bytes
 */
CLOAK_MUST_USE cloak_status cloak_sha256(const uint8_t *data, size_t length, uint8_t out[32]);

/**
 * Defines a run. Only whoever plans it calls this; the others decode what it gives them.
 *
 * Hosts only. The caller ends the run with `cloak_run_free`.
 *
 * @param config         the parameters
 * @param segments       the parts of a contribution, in order
 * @param segment_count  1 to `CLOAK_MAX_SEGMENTS`
 * @param members        the roster, by strictly ascending id
 * @param member_count   2 to `CLOAK_MAX_MEMBERS`
 * @param out            the run
 * @param error          NULL, or where to report whom an error concerns
 * @return an error of group 600 for the first field outside its bounds
 */
CLOAK_MUST_USE
cloak_status cloak_run_new(const cloak_run_config *config,
                           const cloak_segment *segments,
                           size_t segment_count,
                           const cloak_member *members,
                           size_t member_count,
                           cloak_run **out,
                           cloak_error *error);

/**
 * Reads a run from the bytes of its description and of its roster, and checks that they belong together.
 *
 * Hosts only. The caller ends the run with `cloak_run_free`.
 *
 * @param description         canonical CBOR, as `cloak_run_description` gives it
 * @param description_length  bytes of `description`
 * @param roster              `CLOAK_MEMBER_SIZE` bytes for each member, as `cloak_run_roster` gives them
 * @param roster_length       bytes of `roster`
 * @param out                 the run
 * @param error               NULL, or where to report whom an error concerns
 */
CLOAK_MUST_USE
cloak_status cloak_run_decode(const uint8_t *description,
                              size_t description_length,
                              const uint8_t *roster,
                              size_t roster_length,
                              cloak_run **out,
                              cloak_error *error);

/**
 * Ends a run. Objects that were made from it stay. NULL is fine.
 */
void cloak_run_free(cloak_run *run);

/**
 * The bytes of the run description, which all parties must hold alike.
 *
 * @param out       at most `CLOAK_DESCRIPTION_SIZE` bytes
 * @param capacity  bytes that fit in `out`
 * @param length    bytes of the description
 */
CLOAK_MUST_USE cloak_status cloak_run_description(const cloak_run *run, uint8_t *out, size_t capacity, size_t *length);

/**
 * The bytes of the roster: `CLOAK_MEMBER_SIZE` for each member, the id in little-endian order and the public key.
 *
 * @param out       where the roster goes
 * @param capacity  bytes that fit in `out`
 * @param length    bytes of the roster
 */
CLOAK_MUST_USE cloak_status cloak_run_roster(const cloak_run *run, uint8_t *out, size_t capacity, size_t *length);

/**
 * The run hash, which enters every derivation: parties with different descriptions share no key.
 *
 * @param out  the hash, 32 bytes
 */
CLOAK_MUST_USE cloak_status cloak_run_hash(const cloak_run *run, uint8_t out[32]);

/**
 * The parameters of a run.
 *
 * @param out  the parameters
 */
CLOAK_MUST_USE cloak_status cloak_run_get_config(const cloak_run *run, cloak_run_config *out);

/**
 * Numbers that follow from a run.
 *
 * @param out  the numbers
 */
CLOAK_MUST_USE cloak_status cloak_run_get_info(const cloak_run *run, cloak_run_info *out);

/**
 * Ids of the parties with which a member shares masks, in the order of the roster.
 *
 * @param id        the member
 * @param out       the ids
 * @param capacity  ids that fit in `out`
 * @param count     number of neighbours
 * @return `CLOAK_ERR_UNKNOWN_PARTY` when the roster has no such id
 */
CLOAK_MUST_USE
cloak_status cloak_run_neighbours(const cloak_run *run,
                                  uint64_t id,
                                  uint64_t *out,
                                  size_t capacity,
                                  size_t *count);

/**
 * A segment of a run.
 *
 * @param index  from 0
 * @param out    the segment
 * @return `CLOAK_ERR_INVALID_ARGUMENT` when there is no such segment
 */
CLOAK_MUST_USE cloak_status cloak_run_segment(const cloak_run *run, uint32_t index, cloak_segment *out);

/**
 * Where a segment lies and what its values may be.
 *
 * @param index  from 0
 * @param out    the layout
 * @return `CLOAK_ERR_INVALID_ARGUMENT` when there is no such segment
 */
CLOAK_MUST_USE cloak_status cloak_run_layout(const cloak_run *run, uint32_t index, cloak_layout *out);

/**
 * The numbers that the residues of a sum stand for, in a fixed-point segment.
 *
 * @param segment   index of the segment
 * @param residues  residues in the segment's lane type, any piece of the sum
 * @param out       one number for each residue, rounded to nearest
 * @param length    elements of `out`, those of `residues`
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for a segment of residues; `CLOAK_ERR_INVALID_WIDTH` for another lane type
 */
CLOAK_MUST_USE
cloak_status cloak_run_to_f64(const cloak_run *run,
                              uint32_t segment,
                              const cloak_values *residues,
                              double *out,
                              size_t length);

/**
 * The integers that the residues of a sum stand for, in a fixed-point segment: as `cloak_run_to_f64`, rounded to the nearest
 * integer, ties to even.
 *
 * @param segment   index of the segment
 * @param residues  residues in the segment's lane type, any piece of the sum
 * @param out       one integer for each residue; unspecified when the call fails
 * @param length    elements of `out`, those of `residues`
 * @return as `cloak_run_to_f64`, and `CLOAK_ERR_OUT_OF_RANGE` when an integer does not fit
 */
CLOAK_MUST_USE
cloak_status cloak_run_to_i64(const cloak_run *run,
                              uint32_t segment,
                              const cloak_values *residues,
                              int64_t *out,
                              size_t length);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* CLOAKWORK_H */
