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
 *     A function that can fail returns a cloak_status and nothing else. CLOAK_OK is 0. After any other value no object has changed and no output
 *     holds anything.
 *
 * Pointers.
 *     A pointer points to as many elements as its array bounds or the length beside it say; without either, to one. They are readable
 *     and, where the pointer is not const, writable and used by nobody else while the call lasts. Lengths count elements. NULL is refused except
 *     where it is allowed by name and for vectors of length 0. Elements are aligned as their type demands; bytes may lie anywhere.
 *
 * Outputs.
 *     They come last and are written on success only. A vector as output is three arguments: the elements, how many fit, and where their number
 *     goes. When they do not fit, nothing is written but the number that is needed, and the call fails with CLOAK_ERR_BUFFER_TOO_SMALL: (NULL, 0)
 *     asks for it. When a call fails for another reason, it may have used the elements as working space. An output must not overlap an input.
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
 *     Identities, channels, clients and contributions can also live in memory of the caller, which is how they work without a heap: an _init function
 *     takes memory of at least the stated size, aligned to CLOAK_ALIGN, that belongs to the object until the matching _wipe function ends it.
 *     The bytes must not be copied or moved meanwhile. Digests live nowhere else.
 *
 * Secrets.
 *     Bytes that a function calls secret are the caller's to protect and to wipe.
 *
 * Bare metal.
 *     A library built without std has no heap and no random generator. It holds what is not marked "Hosts only", and by default takes part in runs of
 *     suite 1 without noise, with residues of up to 64 bits, by values of the types CLOAK_SCALED_I32, CLOAK_U32 and CLOAK_U64; what needs more it refuses
 *     with CLOAK_ERR_UNSUPPORTED, unless it was built with the Cargo feature for it (ffi/Cargo.toml). The application
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
 * Bytes of memory that a digest needs, at most, on any target.
 */
#define CLOAK_DIGEST_SIZE 128

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
 * `adversary` of `cloak_plan`: the server follows the protocol and colludes with corrupt clients.
 */
#define CLOAK_ADVERSARY_SEMI_HONEST 0

/**
 * `adversary` of `cloak_plan`: it may also choose whom it tells what after the graph is fixed.
 */
#define CLOAK_ADVERSARY_SEMI_MALICIOUS 1

/**
 * Bytes of memory that a contribution needs, at most, on any target, beside its residues and its working memory.
 */
#define CLOAK_CONTRIBUTION_SIZE 1536

/**
 * `cloak_central.kind`: Laplace noise, for norms and distances in L1; epsilon-differential privacy.
 */
#define CLOAK_CENTRAL_LAPLACE 1

/**
 * `cloak_central.kind`: Gaussian noise, for norms and distances in L2; (epsilon, delta)-differential privacy.
 */
#define CLOAK_CENTRAL_GAUSSIAN 2

/**
 * `cloak_privacy_unit.unit`: one record, which moves the vector of its part, before the mechanism's own clip, by at most `clip` in the L2 norm.
 */
#define CLOAK_UNIT_RECORD 1

/**
 * `cloak_privacy_unit.unit`: one part of a contribution. Parts are fixed in advance and do not depend on the data, and whose data are in which part is
 * not protected.
 */
#define CLOAK_UNIT_PART 2

/**
 * `cloak_privacy_unit.unit`: all that a client holds.
 */
#define CLOAK_UNIT_CLIENT 3

/**
 * `cloak_privacy_unit.neighbours`: the unit's contribution is there or is zero.
 */
#define CLOAK_NEIGHBOURS_ZERO_OUT 1

/**
 * `cloak_privacy_unit.neighbours`: the unit's contribution is any other one, which is twice the sensitivity.
 */
#define CLOAK_NEIGHBOURS_REPLACE_ONE 2

/**
 * Bytes of memory that a client with up to 16 neighbours needs, at most, on any target.
 */
#define CLOAK_CLIENT_SIZE_16 3072

/**
 * Bytes of memory that a client with up to 128 neighbours needs, at most, on any target.
 */
#define CLOAK_CLIENT_SIZE_128 16384

/**
 * Bytes of memory that a client with up to 1024 neighbours needs, at most, on any target.
 */
#define CLOAK_CLIENT_SIZE_1024 122880

/**
 * Characters of a reason, with its NUL.
 */
#define CLOAK_MPC_REASON_LENGTH 384

/**
 * In `cloak_error.party`: the dealer.
 */
#define CLOAK_MPC_DEALER 4294967295

/**
 * What a call came to. Numbers never change and are not reused; new ones may be added.
 *
 * `cloak_status_text` has a sentence for each.
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
     * Something that has no verified form was asked for in verified mode.
     */
    CLOAK_ERR_NOT_VERIFIED = 110,
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
     * A list of encrypted items holds one twice.
     */
    CLOAK_ERR_REPEATED_ELEMENT = 408,
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
     * Another computation than that of this party, or its calls in another order.
     */
    CLOAK_ERR_WRONG_PROGRAM = 518,
    /**
     * A list has another number of elements than was agreed on or sent; the bound is that number.
     */
    CLOAK_ERR_COUNT_CHANGED = 519,
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
     * A sampler of noise used up its tries, which happens with a broken generator only.
     */
    CLOAK_ERR_SAMPLER_FAILED = 701,
    /**
     * A parameter of a noise mechanism is outside its range or does not fit the run.
     */
    CLOAK_ERR_INVALID_MECHANISM = 702,
    /**
     * The round would take the data set beyond its privacy budget. Functions of this library do not return it; the ledgers of hosts do.
     */
    CLOAK_ERR_BUDGET_SPENT = 703,
    /**
     * A rotation seed that the run used in an earlier round. Functions of this library do not return it; the ledgers of hosts do.
     */
    CLOAK_ERR_ROTATION_SEED_REPEATED = 704,
    /**
     * A bug in the library. What the call was changing stays unusable and can only be freed.
     */
    CLOAK_ERR_PANIC = 901,
    /**
     * No link to a party, or to the dealer, came about in time.
     */
    CLOAK_ERR_NOT_CONNECTED = 1001,
    /**
     * A party, or the dealer, means another session: other parties, another dealer, other settings or another name.
     */
    CLOAK_ERR_OTHER_SESSION = 1002,
    /**
     * Nothing came from a party, or from the dealer, for too long.
     */
    CLOAK_ERR_SILENT = 1003,
    /**
     * The connection to a party, or to the dealer, ended without a word.
     */
    CLOAK_ERR_LOST = 1004,
    /**
     * A party, or the dealer, ended the session and said why.
     */
    CLOAK_ERR_LEFT = 1005,
    /**
     * The operating system refused, such as an address that is in use.
     */
    CLOAK_ERR_SYSTEM = 1006,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cloak_status cloak_status;
#else
typedef int32_t cloak_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What the elements of a vector are.
 */
enum cloak_type
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * `double`, for fixed-point segments.
     */
    CLOAK_F64 = 1,
    /**
     * `float`, for fixed-point segments.
     */
    CLOAK_F32 = 2,
    /**
     * `int64_t`, for fixed-point segments: the value itself, not the scaled integer.
     */
    CLOAK_I64 = 3,
    /**
     * `int32_t`, for fixed-point segments.
     */
    CLOAK_I32 = 4,
    /**
     * `uint32_t`, for segments of residues; the lane of widths up to 32 bits.
     */
    CLOAK_U32 = 5,
    /**
     * `uint64_t`, for segments of residues; the lane of widths from 33 to 64 bits.
     */
    CLOAK_U64 = 6,
    /**
     * 128-bit unsigned integers of 16 bytes in the byte order of the machine, aligned to 16 bytes (two `uint64_t`, the low one first
     * on little-endian machines), for segments of residues; the lane of widths above 64 bits.
     */
    CLOAK_U128 = 7,
    /**
     * A `cloak_contribution`, for runs with a noise mechanism: `data` is the handle and `length` the padded length.
     */
    CLOAK_CONTRIBUTION = 8,
    /**
     * `int32_t`, for fixed-point segments: the integer x * 2^fraction itself.
     */
    CLOAK_SCALED_I32 = 9,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cloak_type cloak_type;
#else
typedef int32_t cloak_type;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The messages of the protocol, by the numbers that they carry.
 */
enum cloak_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * To the server: a fresh key.
     */
    CLOAK_ADVERTISE = 1,
    /**
     * To the server: key confirmation tags.
     */
    CLOAK_CONFIRM = 2,
    /**
     * To the server: the masked contribution.
     */
    CLOAK_MASKED = 3,
    /**
     * To the server: mask keys of dropped neighbours and acknowledgements of the surviving set.
     */
    CLOAK_ACKNOWLEDGE = 4,
    /**
     * To the server: seed shares.
     */
    CLOAK_UNMASK = 5,
    /**
     * To a client: set-up begins.
     */
    CLOAK_INVITE = 16,
    /**
     * To a client: its neighbours' fresh keys.
     */
    CLOAK_KEYS = 17,
    /**
     * To a client: its neighbours' tags.
     */
    CLOAK_CONFIRMATIONS = 18,
    /**
     * To a client: a round begins.
     */
    CLOAK_BEGIN = 19,
    /**
     * To a client: who is left.
     */
    CLOAK_SURVIVORS = 20,
    /**
     * To a client: the set to open.
     */
    CLOAK_OPEN = 21,
    /**
     * To a client: the round is over.
     */
    CLOAK_FINISHED = 22,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cloak_kind cloak_kind;
#else
typedef int32_t cloak_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a client can do next.
 */
enum cloak_client_state
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Waits for an invitation to set-up.
     */
    CLOAK_CLIENT_IDLE = 0,
    /**
     * Has sent its fresh key, waits for those of its neighbours.
     */
    CLOAK_CLIENT_ADVERTISED = 1,
    /**
     * Has sent its tags, waits for those of its neighbours.
     */
    CLOAK_CLIENT_CONFIRMING = 2,
    /**
     * Waits for a round.
     */
    CLOAK_CLIENT_READY = 3,
    /**
     * A round has begun; the contribution is due.
     */
    CLOAK_CLIENT_BEGUN = 4,
    /**
     * Part of the contribution is masked.
     */
    CLOAK_CLIENT_MASKING = 5,
    /**
     * The contribution is masked; waits for survivors or for the set to open.
     */
    CLOAK_CLIENT_MASKED = 6,
    /**
     * Has acknowledged a surviving set.
     */
    CLOAK_CLIENT_ACKNOWLEDGED = 7,
    /**
     * Has answered the last question of the round.
     */
    CLOAK_CLIENT_CLOSED = 8,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cloak_client_state cloak_client_state;
#else
typedef int32_t cloak_client_state;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a server waits for.
 */
enum cloak_step
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing; set-up has not begun or has failed.
     */
    CLOAK_STEP_IDLE = 0,
    /**
     * Fresh keys.
     */
    CLOAK_STEP_ADVERTISE = 1,
    /**
     * Confirmation tags.
     */
    CLOAK_STEP_CONFIRM = 2,
    /**
     * A round to begin.
     */
    CLOAK_STEP_READY = 3,
    /**
     * Masked contributions.
     */
    CLOAK_STEP_MASK = 4,
    /**
     * Acknowledgements of the surviving set.
     */
    CLOAK_STEP_SURVIVE = 5,
    /**
     * Seed shares.
     */
    CLOAK_STEP_UNMASK = 6,
    /**
     * The host, to add up the payloads and call `cloak_server_finish`.
     */
    CLOAK_STEP_SUM = 7,
    /**
     * The next round; the last one is over.
     */
    CLOAK_STEP_FINISHED = 8,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cloak_step cloak_step;
#else
typedef int32_t cloak_step;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A parameter of a mechanism, of an accountant or of a plan. Numbers never change and are not reused; new ones may be added.
 *
 * `cloak_parameter_name` has a name for each.
 */
enum cloak_parameter
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * A mechanism as a whole: `cloak_mechanism_check` refuses it.
     */
    CLOAK_PARAMETER_MECHANISM = 0,
    /**
     * Number of clients n.
     */
    CLOAK_PARAMETER_CLIENTS = 1,
    /**
     * Number of honest clients h in every opened sum.
     */
    CLOAK_PARAMETER_HONEST = 2,
    /**
     * Number of parts m of a contribution.
     */
    CLOAK_PARAMETER_PARTS = 3,
    /**
     * Number of independent shares in the noise of a sum.
     */
    CLOAK_PARAMETER_SHARES = 4,
    /**
     * Values of a vector, padding included where there is any.
     */
    CLOAK_PARAMETER_DIMENSION = 5,
    /**
     * Binary logarithm of the length of a rotated block.
     */
    CLOAK_PARAMETER_BLOCK_LOG2 = 6,
    /**
     * Bits b of a residue.
     */
    CLOAK_PARAMETER_BITS = 7,
    /**
     * The loss epsilon.
     */
    CLOAK_PARAMETER_EPSILON = 8,
    /**
     * The probability delta.
     */
    CLOAK_PARAMETER_DELTA = 9,
    /**
     * Number of rounds.
     */
    CLOAK_PARAMETER_ROUNDS = 10,
    /**
     * Largest L2 norm of a part; for central noise the largest norm of a message.
     */
    CLOAK_PARAMETER_CLIP = 11,
    /**
     * Largest L2 norm of what one record adds to a part.
     */
    CLOAK_PARAMETER_RECORD_CLIP = 12,
    /**
     * Largest magnitude of a value.
     */
    CLOAK_PARAMETER_CLAMP = 13,
    /**
     * Standard deviation of the noise of a part in units of granularity.
     */
    CLOAK_PARAMETER_NOISE = 14,
    /**
     * Largest squared norm of a part after rounding.
     */
    CLOAK_PARAMETER_NORM_BOUND = 15,
    /**
     * Expected number of coordinates that wrap in a round.
     */
    CLOAK_PARAMETER_WRAPS = 16,
    /**
     * Standard deviations that the ring holds on either side.
     */
    CLOAK_PARAMETER_MARGIN = 17,
    /**
     * An L1 or L2 sensitivity.
     */
    CLOAK_PARAMETER_SENSITIVITY = 18,
    /**
     * A noise multiplier, variance, scale or concentrated-privacy parameter.
     */
    CLOAK_PARAMETER_SCALE = 19,
    /**
     * A sampling rate.
     */
    CLOAK_PARAMETER_RATE = 20,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cloak_parameter cloak_parameter;
#else
typedef int32_t cloak_parameter;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a parameter has to be.
 */
enum cloak_bound
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * `bound` or more.
     */
    CLOAK_BOUND_AT_LEAST = 1,
    /**
     * More than `bound`.
     */
    CLOAK_BOUND_ABOVE = 2,
    /**
     * `bound` or less.
     */
    CLOAK_BOUND_AT_MOST = 3,
    /**
     * Less than `bound`.
     */
    CLOAK_BOUND_BELOW = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cloak_bound cloak_bound;
#else
typedef int32_t cloak_bound;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What the elements of a value are.
 */
enum cloak_mpc_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Truth values, which are 0 and 1 where numbers are needed.
     */
    CLOAK_MPC_BIT = 0,
    /**
     * Whole numbers of 64 bits with a sign.
     */
    CLOAK_MPC_INTEGER = 1,
    /**
     * Real numbers with the session's fraction bits.
     */
    CLOAK_MPC_REAL = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cloak_mpc_kind cloak_mpc_kind;
#else
typedef int32_t cloak_mpc_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How products lose the fraction bits that they have too many.
 */
enum cloak_mpc_rounding
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Up or down by a public dither: the fewest rounds.
     */
    CLOAK_MPC_DITHERED = 0,
    /**
     * Down; results do not depend on randomness or on the number of parties.
     */
    CLOAK_MPC_DOWN = 1,
    /**
     * To the nearest, halves up; results do not depend on randomness or on the number of parties.
     */
    CLOAK_MPC_NEAREST = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cloak_mpc_rounding cloak_mpc_rounding;
#else
typedef int32_t cloak_mpc_rounding;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What can be done with values. Numbers never change. x, y and z are the inputs; n are the `numbers` and c the `constants` of `cloak_mpc_operation`. Operations
 * of rows see x as a matrix with `n[0]` columns, row by row.
 *
 * Whole numbers become real where one of two inputs is real and for functions; truth values become numbers where numbers are needed.
 *
 * Those from `CLOAK_MPC_ADD` to `CLOAK_MPC_POWER` have a verified form, the others have none.
 */
enum cloak_mpc_operation_type
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * x + y.
     */
    CLOAK_MPC_ADD = 1,
    /**
     * x - y.
     */
    CLOAK_MPC_SUBTRACT = 2,
    /**
     * -x.
     */
    CLOAK_MPC_NEGATE = 3,
    /**
     * The elements of x at the places n, each any number of times.
     */
    CLOAK_MPC_GATHER = 4,
    /**
     * All inputs one after the other.
     */
    CLOAK_MPC_CONCATENATE = 5,
    /**
     * The sum of each row.
     */
    CLOAK_MPC_SUM = 6,
    /**
     * x as the kind `n[0]`, which may not be a smaller one.
     */
    CLOAK_MPC_CONVERT = 7,
    /**
     * x + c.
     */
    CLOAK_MPC_ADD_PUBLIC = 8,
    /**
     * x c.
     */
    CLOAK_MPC_MULTIPLY_PUBLIC = 9,
    /**
     * x y.
     */
    CLOAK_MPC_MULTIPLY = 10,
    /**
     * x^2.
     */
    CLOAK_MPC_SQUARE = 11,
    /**
     * The product of the matrices x, of `n[0]` rows and `n[1]` columns, and y, of `n[1]` rows and `n[2]` columns.
     */
    CLOAK_MPC_MATRIX_PRODUCT = 12,
    /**
     * x to the power `n[0]`.
     */
    CLOAK_MPC_POWER = 13,
    /**
     * `c[0] + c[1] x + c[2] x^2 + ...`
     */
    CLOAK_MPC_POLYNOMIAL = 14,
    /**
     * Not x.
     */
    CLOAK_MPC_NOT = 15,
    /**
     * x and y.
     */
    CLOAK_MPC_AND = 16,
    /**
     * x or y.
     */
    CLOAK_MPC_OR = 17,
    /**
     * Either x or y.
     */
    CLOAK_MPC_EXCLUSIVE_OR = 18,
    /**
     * y where x holds, else z.
     */
    CLOAK_MPC_CHOOSE = 19,
    /**
     * Whether x < y.
     */
    CLOAK_MPC_LESS = 20,
    /**
     * Whether x = y.
     */
    CLOAK_MPC_EQUAL = 21,
    /**
     * Whether x < 0.
     */
    CLOAK_MPC_IS_NEGATIVE = 22,
    /**
     * x where it is positive, else 0.
     */
    CLOAK_MPC_RECTIFY = 23,
    /**
     * |x|.
     */
    CLOAK_MPC_ABSOLUTE = 24,
    /**
     * The greater of x and y.
     */
    CLOAK_MPC_MAXIMUM = 25,
    /**
     * The smaller of x and y.
     */
    CLOAK_MPC_MINIMUM = 26,
    /**
     * x, but at least `c[0]` and at most `c[1]`.
     */
    CLOAK_MPC_CLAMP = 27,
    /**
     * The greatest of each row.
     */
    CLOAK_MPC_GREATEST = 28,
    /**
     * The smallest of each row.
     */
    CLOAK_MPC_SMALLEST = 29,
    /**
     * The greatest of each row, and its first place.
     */
    CLOAK_MPC_PLACE_OF_GREATEST = 30,
    /**
     * The smallest of each row, and its first place.
     */
    CLOAK_MPC_PLACE_OF_SMALLEST = 31,
    /**
     * Each row of x in rising order; further inputs are put into the order of x.
     */
    CLOAK_MPC_SORT = 32,
    /**
     * The elements of the ranks `n[1]`, `n[2]`, ..., from 0, of each row: an output a rank.
     */
    CLOAK_MPC_ORDER_STATISTICS = 33,
    /**
     * The median of each row; of an even number of columns the mean of the two in the middle, which is real.
     */
    CLOAK_MPC_MEDIAN = 34,
    /**
     * 1 / (1 + e^-x).
     */
    CLOAK_MPC_SIGMOID = 35,
    /**
     * The hyperbolic tangent.
     */
    CLOAK_MPC_TANH = 36,
    /**
     * e^x.
     */
    CLOAK_MPC_EXPONENTIAL = 37,
    /**
     * The natural logarithm.
     */
    CLOAK_MPC_LOGARITHM = 38,
    /**
     * 1 / x, for positive x.
     */
    CLOAK_MPC_RECIPROCAL = 39,
    /**
     * x / y, for positive y.
     */
    CLOAK_MPC_DIVIDE_POSITIVE = 40,
    /**
     * x / y.
     */
    CLOAK_MPC_DIVIDE = 41,
    /**
     * The square root.
     */
    CLOAK_MPC_SQUARE_ROOT = 42,
    /**
     * One over the square root.
     */
    CLOAK_MPC_INVERSE_SQUARE_ROOT = 43,
    /**
     * Each row to numbers that are to each other as e^x and add up to 1.
     */
    CLOAK_MPC_SOFTMAX = 44,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cloak_mpc_operation_type cloak_mpc_operation_type;
#else
typedef int32_t cloak_mpc_operation_type;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a session needs to go on.
 */
enum cloak_mpc_progress
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing: all that was asked for has ended.
     */
    CLOAK_MPC_FINISHED = 0,
    /**
     * The messages of a round: each party sends that of `cloak_mpc_message` to each other one and gives `cloak_mpc_receive` those of all others.
     */
    CLOAK_MPC_EXCHANGE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cloak_mpc_progress cloak_mpc_progress;
#else
typedef int32_t cloak_mpc_progress;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a part of a message is.
 */
enum cloak_mpc_content
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Something that no other case describes: what makes correlated randomness without a dealer; all that verified mode sends.
     */
    CLOAK_MPC_OTHER = 0,
    /**
     * Seeds that two parties have in common afterwards.
     */
    CLOAK_MPC_SEEDS = 1,
    /**
     * Shares of masked words, which are opened: packed, from the lowest bit of the first byte.
     */
    CLOAK_MPC_MASKED_WORDS = 2,
    /**
     * Shares of masked bits, which are opened: vectors, each of which begins with a byte.
     */
    CLOAK_MPC_MASKED_BITS = 3,
    /**
     * Shares of an output.
     */
    CLOAK_MPC_OUTPUT = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cloak_mpc_content cloak_mpc_content;
#else
typedef int32_t cloak_mpc_content;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What is done with two elements.
 */
enum cloak_prime_operation
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * x + y.
     */
    CLOAK_PRIME_ADD = 1,
    /**
     * x - y.
     */
    CLOAK_PRIME_SUBTRACT = 2,
    /**
     * x y.
     */
    CLOAK_PRIME_MULTIPLY = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cloak_prime_operation cloak_prime_operation;
#else
typedef int32_t cloak_prime_operation;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What the parties of a private set intersection learn.
 */
enum cloak_psi_output
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The items that all sets hold.
     */
    CLOAK_PSI_INTERSECTION = 0,
    /**
     * How many these are.
     */
    CLOAK_PSI_SIZE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cloak_psi_output cloak_psi_output;
#else
typedef int32_t cloak_psi_output;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What rounds have cost together: Renyi divergences at many orders, added up. Rounds may differ in everything, and each may depend on the results of
 * those before it.
 *
 * All its numbers are public. What its statements rest on is in docs/privacy.md.
 */
typedef struct cloak_accountant cloak_accountant;

/**
 * The secret that a client and its server share for the MACs of their requests.
 */
typedef struct cloak_channel cloak_channel;

/**
 * A member of a run: keys, and where it stands in set-up and round.
 */
typedef struct cloak_client cloak_client;

/**
 * The sum of a client's parts, each clipped, rotated, rounded and noised on its own: what it contributes to a round of a run with a noise mechanism.
 *
 * Once all parts are added, it is given to `cloak_client_mask` or `cloak_client_mask_chunk` as values of type `CLOAK_CONTRIBUTION`. The parts themselves
 * are not kept; the residues are wiped when the contribution ends.
 */
typedef struct cloak_contribution cloak_contribution;

/**
 * A SHA-256 digest of bytes that need never be in memory as a whole.
 */
typedef struct cloak_digest cloak_digest;

/**
 * A party's static X25519 key pair. Its public key is pinned in the roster of each run.
 */
typedef struct cloak_identity cloak_identity;

/**
 * One party of sums in a mesh. Vectors are residues mod 2^bits in the lane of their width, with `cloak_mesh_zeros` elements behind the values.
 *
 * Hosts only, as everything of meshes.
 */
typedef struct cloak_mesh cloak_mesh;

/**
 * One side's base transfers of a pair of parties, from which they make correlated randomness in many sessions. Secret, and never written down.
 *
 * Both sides give each other the message of `cloak_mpc_base_message` twice; then the transfers are ready.
 */
typedef struct cloak_mpc_base cloak_mpc_base;

/**
 * Makes the correlated randomness of the sessions of one computation. It could see through every masked value, so it belongs to nobody who sees the messages of
 * parties: where it lives in the same program as they do, that program sees everything anyway.
 */
typedef struct cloak_mpc_dealer cloak_mpc_dealer;

/**
 * One party's side of a computation. All parties make the same calls in the same order; nothing is sent before `cloak_mpc_advance`.
 *
 * In verified mode (`cloak_mpc_config.verified`) parties that do what they like are caught before an output is given. It has a dealer, dithered rounding, and
 * the operations of which `cloak_mpc_operation_type` says so; anything else is `CLOAK_ERR_NOT_VERIFIED`. What was asked for runs, is checked, and then opens together. A check that fails ends
 * the session at all parties that follow the protocol, in the same round: every call, `cloak_mpc_advance` and `cloak_mpc_run` first, then returns
 * `CLOAK_ERR_NOT_AUTHENTIC`, with the party where one is to blame, or `CLOAK_ERR_STOPPED`, with the party that found an error.
 */
typedef struct cloak_mpc_session cloak_mpc_session;

/**
 * The masks that remain in the sum of the survivors' payloads.
 *
 * A host sums range by range, in any order and on any number of threads at once: for each range `cloak_opening_add` for every survivor's
 * payload, then `cloak_opening_unmask` once. It keeps the values and gives the zero coordinates, which follow the last value of a
 * segment, to `cloak_opening_check_zeros`. If that fails the sum is worthless.
 */
typedef struct cloak_opening cloak_opening;

/**
 * Makes triples a, b and a b for the parties of one program. It could see through every masked value, so it belongs to nobody who sees the messages of parties.
 */
typedef struct cloak_prime_dealer cloak_prime_dealer;

/**
 * One party's side of a private set intersection. In each round: `cloak_psi_work_vartime` until nothing is pending, then `cloak_psi_message` for each other party,
 * `cloak_psi_receive_vartime` for what comes from them, and `cloak_psi_advance_vartime`.
 */
typedef struct cloak_psi cloak_psi;

/**
 * A run: its description and its roster. It never changes, so threads may share it.
 */
typedef struct cloak_run cloak_run;

/**
 * The server side of a run. It holds everything but the payloads.
 *
 * Every change follows from the calls that change it, in order, so a host that logs them can rebuild the server after a crash by making them
 * again.
 */
typedef struct cloak_server cloak_server;

/**
 * A source of random bytes for keys and masks. It must be cryptographically secure.
 *
 * Wherever a `const cloak_rng *` is expected, NULL stands for the generator of the operating system; a library that was built for
 * bare metal has none and answers `CLOAK_ERR_RANDOMNESS`.
 */
typedef struct cloak_rng {
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
typedef struct cloak_request {
    /**
     * Rises with each new request of the client.
     */
    uint64_t counter;
    /**
     * The method in upper case; in a response the three digits of the status, a space, and the MAC of the request in hex digits
     * (protocol document, section 9).
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
typedef struct cloak_run_config {
    /**
     * Names the run: 16 random bytes.
     */
    uint8_t run_id[16];
    /**
     * Public randomness that decides the graph, drawn after the roster was fixed and unpredictable to whoever fixed it.
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
     * Smallest set whose sum may be opened: 2 (without recovery `colluders` + 2) to the number of members.
     */
    uint32_t min_inputs;
    /**
     * At most so many of the neighbours of any member are assumed to collude with the server.
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
 * The distributed discrete Gaussian mechanism of a run (the protocol document, sections 10 to 12): each client clips its vector, rotates and rounds it to integers
 * and adds noise, so that the sum is private against everyone who sees it, the server included.
 *
 * `cloak_privacy_plan_choose` finds parameters for a wanted epsilon.
 */
typedef struct cloak_mechanism {
    /**
     * Values of a vector, before padding: at least 1, and with padding at most 2^28.
     */
    uint64_t dimension;
    /**
     * Largest magnitude of a value, above 0; what is larger is cut. Infinity for none.
     */
    double clamp;
    /**
     * Largest L2 norm of a part; what is larger is scaled down. 2^-100 to 2^100, and 1 to 2^31 times `granularity`.
     */
    double clip;
    /**
     * What one unit of the integers stands for: 2^-100 to 2^100.
     */
    double granularity;
    /**
     * Standard deviation of the noise of a part, in units of `granularity`: 0.5 to 2^17.
     */
    double noise;
    /**
     * Largest squared norm of a part after rounding, in squared units: (clip / granularity)^2 to (clip / granularity + sqrt(padded length))^2.
     */
    uint64_t norm_bound;
    /**
     * Parts of a contribution, each clipped and noised on its own: 1 to 65536.
     */
    uint32_t parts;
    /**
     * Honest clients that every opened sum has at least; each brings the noise of all its parts. At least 1.
     */
    uint32_t honest;
    /**
     * Binary logarithm of the length of a rotated block, 0 to 28; the vector is padded to a multiple of that length.
     */
    uint8_t block_log2;
    /**
     * Zeros.
     */
    uint8_t reserved[7];
} cloak_mechanism;

/**
 * One part of a contribution, with a bit width and masks of its own.
 */
typedef struct cloak_segment {
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
typedef struct cloak_member {
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
typedef struct cloak_error {
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
typedef struct cloak_run_info {
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
     * 1 if the run has a noise mechanism, whose private vector is then its only segment; else 0.
     */
    uint32_t private_vector;
} cloak_run_info;

/**
 * Where a segment lies and what its values may be.
 */
typedef struct cloak_layout {
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
typedef struct cloak_values {
    /**
     * One of `cloak_type`.
     */
    int32_t type;
    /**
     * The first element; may be NULL when `length` is 0. For `CLOAK_CONTRIBUTION` the handle.
     */
    const void *data;
    /**
     * Number of elements.
     */
    size_t length;
} cloak_values;

/**
 * Residues of one segment, or of a piece of it, to be changed in place.
 */
typedef struct cloak_lanes {
    /**
     * `CLOAK_U32`, `CLOAK_U64` or `CLOAK_U128`: the lane of the segment's bit width.
     */
    int32_t type;
    /**
     * The first element; may be NULL when `length` is 0.
     */
    void *data;
    /**
     * Number of elements.
     */
    size_t length;
} cloak_lanes;

/**
 * Numbers that follow from a mechanism.
 */
typedef struct cloak_mechanism_info {
    /**
     * Values with padding: the length of the run's segment, and of a contribution.
     */
    uint64_t padded;
    /**
     * Values of a rotated block.
     */
    uint64_t block;
    /**
     * Number of rotated blocks.
     */
    uint64_t blocks;
    /**
     * Most bits that a residue may have.
     */
    uint8_t max_bits;
    /**
     * Zeros.
     */
    uint8_t reserved[7];
} cloak_mechanism_info;

/**
 * What the epsilon of a statement is about: in whose data two neighbouring data sets differ, and how. The participants of secure aggregation are
 * public, so nobody is ever added or removed.
 */
typedef struct cloak_privacy_unit {
    /**
     * `CLOAK_UNIT_RECORD`, `CLOAK_UNIT_PART` or `CLOAK_UNIT_CLIENT`.
     */
    int32_t unit;
    /**
     * `CLOAK_NEIGHBOURS_ZERO_OUT` or `CLOAK_NEIGHBOURS_REPLACE_ONE`.
     */
    int32_t neighbours;
    /**
     * For records the largest L2 norm of what one adds, in the units of the data; the host clips it. Zero for the other units.
     */
    double clip;
} cloak_privacy_unit;

/**
 * Why a parameter was refused. It is written when a function of parameters returns `CLOAK_ERR_INVALID_MECHANISM`, and only then.
 */
typedef struct cloak_parameter_error {
    /**
     * One of `cloak_parameter`. With `CLOAK_PARAMETER_MECHANISM` the other fields hold 0 and NaN.
     */
    int32_t parameter;
    /**
     * One of `cloak_bound`.
     */
    int32_t bound_kind;
    /**
     * What it was.
     */
    double given;
    /**
     * The bound that it missed.
     */
    double bound;
    /**
     * A value that works: it keeps the bound, and where a plan as a whole has no solution, the same plan has one with it. NaN if none was found
     * without changing other parameters.
     */
    double works;
} cloak_parameter_error;

/**
 * Central noise: clipping, and discrete noise on a grid that is fine beside it, made by the exact samplers.
 */
typedef struct cloak_central {
    /**
     * Number of values of a message, 1 to 2^28.
     */
    uint64_t dimension;
    /**
     * Largest norm of a message; what is larger is scaled down. Infinity for no clipping.
     */
    double clip;
    /**
     * Largest distance between the messages of neighbouring data sets, if it is known for another reason; infinity if it is not. The smaller one of it
     * and twice the clip counts; for Laplace noise with a clip it counts twice.
     */
    double sensitivity;
    /**
     * 10^-6 to 64.
     */
    double epsilon;
    /**
     * Above 0 and below 1; 0 for Laplace noise.
     */
    double delta;
    /**
     * `CLOAK_CENTRAL_LAPLACE` or `CLOAK_CENTRAL_GAUSSIAN`.
     */
    int32_t kind;
    /**
     * Zero.
     */
    uint32_t reserved;
} cloak_central;

/**
 * What a run with a noise mechanism wants.
 */
typedef struct cloak_privacy_wanted {
    /**
     * Values of a vector before padding, 1 to 2^28.
     */
    uint64_t dimension;
    /**
     * Epsilon after all rounds, above 0 and at most 64.
     */
    double epsilon;
    /**
     * Delta after all rounds, above 0 and below 1.
     */
    double delta;
    /**
     * Largest L2 norm of a part, in the units of the data: 2^-60 to 2^60.
     */
    double clip;
    /**
     * Largest magnitude of a value, above 0; infinity for none.
     */
    double clamp;
    /**
     * Bound on the expected number of coordinates that wrap around in a round, above 0. Up to 1 it bounds the probability that any does as well.
     */
    double wraps;
    /**
     * What the epsilon is about.
     */
    struct cloak_privacy_unit unit;
    /**
     * Number of clients n, 1 to 2^24: all who may contribute to a round.
     */
    uint32_t clients;
    /**
     * Number of honest clients whose noise every opened sum holds, 1 to n: the smallest surviving set less the colluders.
     */
    uint32_t honest;
    /**
     * Parts of a contribution, each clipped and noised on its own, 1 to 65536.
     */
    uint32_t parts;
    /**
     * Number of rounds, at least 1.
     */
    uint32_t rounds;
    /**
     * Binary logarithm of the length of a rotated block, 0 to 28.
     */
    uint8_t block_log2;
    /**
     * Bits of a residue, at most 63 - `block_log2`.
     */
    uint8_t bits;
    /**
     * Zeros.
     */
    uint8_t reserved[6];
} cloak_privacy_wanted;

/**
 * The parameters of a mechanism, and what they promise.
 */
typedef struct cloak_privacy_plan {
    /**
     * The parameters.
     */
    struct cloak_mechanism mechanism;
    /**
     * Standard deviation of the noise of a part, in the units of the data.
     */
    double sigma;
    /**
     * The epsilon that all rounds reach; infinite if there is none for this delta. The samplers' finite precision and the failures of roundings are in
     * it.
     */
    double epsilon;
    /**
     * The order of the divergence that showed it.
     */
    double order;
    /**
     * Standard deviations of a coordinate of the sum that the ring holds on either side.
     */
    double wrap_margin;
    /**
     * Bound on the probability that one coordinate of a round's sum wraps around.
     */
    double wrap_coordinate;
    /**
     * Bound on the expected number of coordinates that do; up to 1 also on the probability that any does.
     */
    double wrap_vector;
    /**
     * Root mean square error of a value of a round's sum from rounding to the grid, in the units of the data. The three add up in squares; what
     * clipping takes away depends on the data and is not among them.
     */
    double error_quantisation;
    /**
     * The same from the noise of all clients.
     */
    double error_noise;
    /**
     * The same from wrapping around.
     */
    double error_wrap;
} cloak_privacy_plan;

/**
 * A roster that is read entry by entry, so that a device need not hold it. It is read twice, whole, in order.
 */
typedef struct cloak_roster {
    /**
     * Writes the member at `position`, from 0, to `out` and returns 0. Any other value makes the call fail with
     * `CLOAK_ERR_INVALID_ROSTER`. It must not throw or jump out.
     */
    int32_t (*member)(void *userdata, uint32_t position, struct cloak_member *out);
    /**
     * Handed to `member` as it is.
     */
    void *userdata;
} cloak_roster;

/**
 * Where a client stands.
 */
typedef struct cloak_client_info {
    /**
     * Its id in the roster.
     */
    uint64_t id;
    /**
     * One of `cloak_client_state`.
     */
    int32_t state;
    /**
     * Set-up epoch that it joined last; 0 before the first.
     */
    uint32_t epoch;
    /**
     * Round that it joined last; 0 before the first.
     */
    uint32_t round;
    /**
     * Neighbours that it has in the run.
     */
    uint32_t neighbours;
} cloak_client_info;

/**
 * What became of a message.
 */
typedef struct cloak_receipt {
    /**
     * Where in a masked message the payload begins, for the host to keep it.
     */
    size_t payload_offset;
    /**
     * Bytes of the payload; 0 for other messages.
     */
    size_t payload_length;
    /**
     * Which message it was: one of `cloak_kind`.
     */
    int32_t kind;
    /**
     * 1 if it changed anything; 0 for a byte-identical repeat and for shares that came when enough were there.
     */
    uint8_t counted;
} cloak_receipt;

/**
 * Where a server stands.
 */
typedef struct cloak_phase {
    /**
     * One of `cloak_step`.
     */
    int32_t step;
    /**
     * The present set-up epoch; 0 before the first.
     */
    uint32_t epoch;
    /**
     * The last round begun; 0 before the first.
     */
    uint32_t round;
    /**
     * Which shrinking of the surviving set is under way; 0 before the first.
     */
    uint32_t pass;
    /**
     * How the last round ended: 0, or the status for which it was aborted.
     */
    uint32_t outcome;
} cloak_phase;

/**
 * What all parties of a session agree on, and which of them this is.
 */
typedef struct cloak_mpc_config {
    /**
     * Number of parties, 2 or more.
     */
    uint32_t parties;
    /**
     * The place of this one, from 0.
     */
    uint32_t index;
    /**
     * One of `cloak_mpc_rounding`.
     */
    int32_t rounding;
    /**
     * Bits of a real number after the point, up to 30; 11 to 24 for functions.
     */
    uint8_t fraction;
    /**
     * Bits that comparisons of real numbers open: a number times two to the fraction stays below two to this less 2.
     */
    uint8_t bits;
    /**
     * The cipher of all streams, 1 or 2.
     */
    uint8_t suite;
    /**
     * 1 for verified mode, 0 for none (see `cloak_mpc_session`).
     */
    uint8_t verified;
} cloak_mpc_config;

/**
 * A party, or the dealer, as the others know it.
 */
typedef struct cloak_mpc_member {
    /**
     * Its public key, which the others pin.
     */
    uint8_t key[CLOAK_KEY_SIZE];
    /**
     * Host and port, NUL-terminated: `localhost:7101`, `[2001:db8::1]:7101`. NULL where nobody calls it.
     */
    const char *address;
} cloak_mpc_member;

/**
 * Limits of a computation over a network: every wait has one. Times are in seconds; 0 stands for what is usual.
 */
typedef struct cloak_mpc_limits {
    /**
     * How long others are waited for when a session begins; usually 60.
     */
    double connect;
    /**
     * How long a message of a round is waited for; usually 60.
     */
    double step;
    /**
     * How long the party with the corrections waits for those of a batch of operations, below `step`; usually 45.
     */
    double corrections;
    /**
     * How long a dealer waits for a request, or for the parties to end; usually 3600.
     */
    double idle;
    /**
     * Bytes of a message; usually 2^28.
     */
    uint32_t message;
    /**
     * Zero.
     */
    uint32_t reserved;
} cloak_mpc_limits;

/**
 * Who takes part in a computation over a network, and where. All say the same, but for `listen`.
 */
typedef struct cloak_mpc_network {
    /**
     * The parties in their order, as many as the config says.
     */
    const struct cloak_mpc_member *parties;
    /**
     * The dealer, who is none of them; NULL where the parties make correlated randomness themselves.
     */
    const struct cloak_mpc_member *dealer;
    /**
     * What the session is called; who calls it otherwise, or has another config, finds no partner.
     */
    const uint8_t *name;
    /**
     * Bytes of the name.
     */
    size_t name_length;
    /**
     * Where this one listens, NUL-terminated: `0.0.0.0:7101`.
     */
    const char *listen;
    /**
     * Limits.
     */
    struct cloak_mpc_limits limits;
} cloak_mpc_network;

/**
 * Why a computation over a network ended. It holds no secret.
 */
typedef struct cloak_mpc_failure {
    /**
     * The status, and the place of the party that caused it, or `CLOAK_MPC_DEALER`; where there are several, that of the first.
     */
    struct cloak_error error;
    /**
     * A sentence for people, in UTF-8, that names all of them.
     */
    char reason[CLOAK_MPC_REASON_LENGTH];
} cloak_mpc_failure;

/**
 * An operation with what it needs besides its inputs.
 */
typedef struct cloak_mpc_operation {
    /**
     * One of `cloak_mpc_operation_type`.
     */
    int32_t type;
    /**
     * Zero.
     */
    uint32_t reserved;
    /**
     * Columns, places, ranks, an exponent or a kind; may be NULL when there are none.
     */
    const uint64_t *numbers;
    /**
     * How many numbers.
     */
    size_t numbers_length;
    /**
     * Public numbers, `CLOAK_I64` or `CLOAK_F64`; of length 0 when there are none, and then the type does not matter.
     */
    struct cloak_values constants;
} cloak_mpc_operation;

/**
 * A part of a message.
 */
typedef struct cloak_mpc_part {
    /**
     * One of `cloak_mpc_content`.
     */
    int32_t content;
    /**
     * Bits of an element; 0 where the part has no elements.
     */
    uint32_t bits;
    /**
     * Vectors.
     */
    uint64_t vectors;
    /**
     * Elements of each vector.
     */
    uint64_t count;
    /**
     * Bytes of the part.
     */
    uint64_t bytes;
} cloak_mpc_part;

/**
 * What something costs.
 */
typedef struct cloak_mpc_cost {
    /**
     * Messages to each other party.
     */
    uint64_t rounds;
    /**
     * Bytes to that other party which gets most, without the eight that count rounds.
     */
    uint64_t bytes;
    /**
     * Words of corrections from a dealer.
     */
    uint64_t corrections;
} cloak_mpc_cost;

/**
 * What all parties agree on, and which of them this is.
 */
typedef struct cloak_psi_config {
    /**
     * What identifies the run, the same for all parties; it is used once.
     */
    uint8_t run[32];
    /**
     * Number of parties, 2 to 64.
     */
    uint32_t parties;
    /**
     * The place of this one, from 0. The first one works most, in proportion to its set and to the number of parties.
     */
    uint32_t index;
    /**
     * One of `cloak_psi_output`.
     */
    int32_t output;
    /**
     * The size, up to 2^20, to which every set is padded, so that nobody learns how many items another one has; 0 to let sizes show.
     */
    uint32_t size;
} cloak_psi_config;

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
 * One sentence for people about a status. A library for bare metal has them with the feature `texts`.
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
CLOAK_MUST_USE cloak_status cloak_identity_new(const struct cloak_rng *rng, struct cloak_identity **out);

/**
 * The identity with a secret key that `cloak_identity_export` gave.
 *
 * Hosts only. The caller ends it with `cloak_identity_free`.
 *
 * @param secret  the secret key, 32 bytes
 * @param out     the identity
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for 32 equal bytes, which are erased memory and no key
 */
CLOAK_MUST_USE cloak_status cloak_identity_from_bytes(const uint8_t secret[32], struct cloak_identity **out);

/**
 * Ends an identity that came from `cloak_identity_new` or `cloak_identity_from_bytes` and wipes its key. NULL is fine.
 */
void cloak_identity_free(struct cloak_identity *identity);

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
                                 const struct cloak_rng *rng,
                                 struct cloak_identity **out);

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
                                            struct cloak_identity **out);

/**
 * Ends an identity in memory of the caller and wipes that memory. NULL is fine.
 */
CLOAK_MUST_USE cloak_status cloak_identity_wipe(struct cloak_identity *identity);

/**
 * The secret key, for storage that only this party reads. The caller wipes the copy.
 *
 * @param out  the secret key, 32 bytes
 */
CLOAK_MUST_USE cloak_status cloak_identity_export(const struct cloak_identity *identity, uint8_t out[32]);

/**
 * The public key, which others pin.
 *
 * @param out  the public key, 32 bytes
 */
CLOAK_MUST_USE cloak_status cloak_identity_public_key(const struct cloak_identity *identity, uint8_t out[32]);

/**
 * The channel between an identity and the pinned key of the other side.
 *
 * Hosts only. The caller ends it with `cloak_channel_free`.
 *
 * @param identity  the own identity; it may be freed while the channel lives
 * @param side      `CLOAK_SIDE_CLIENT` or `CLOAK_SIDE_SERVER`: what the own identity is
 * @param peer      public key of the other side, 32 bytes
 * @param out       the channel
 * @return `CLOAK_ERR_LOW_ORDER_KEY`; `CLOAK_ERR_MALFORMED` for a key in another than its canonical spelling; `CLOAK_ERR_REPEATED_KEY` for the
 *         own key
 */
CLOAK_MUST_USE
cloak_status cloak_channel_new(const struct cloak_identity *identity,
                               uint8_t side,
                               const uint8_t peer[32],
                               struct cloak_channel **out);

/**
 * Ends a channel that came from `cloak_channel_new` and wipes its key. NULL is fine.
 */
void cloak_channel_free(struct cloak_channel *channel);

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
 * @return as `cloak_channel_new`
 */
CLOAK_MUST_USE
cloak_status cloak_channel_init(void *memory,
                                size_t length,
                                const struct cloak_identity *identity,
                                uint8_t side,
                                const uint8_t peer[32],
                                struct cloak_channel **out);

/**
 * Ends a channel in memory of the caller and wipes that memory. NULL is fine.
 */
CLOAK_MUST_USE cloak_status cloak_channel_wipe(struct cloak_channel *channel);

/**
 * The MAC of a request or response.
 *
 * @param request  what it covers
 * @param out      the MAC, 32 bytes
 */
CLOAK_MUST_USE
cloak_status cloak_channel_mac(const struct cloak_channel *channel,
                               const struct cloak_request *request,
                               uint8_t out[32]);

/**
 * Checks the MAC of a request or response.
 *
 * @param request  what it covers
 * @param mac      the MAC that came with it, 32 bytes
 * @return `CLOAK_ERR_NOT_AUTHENTIC` when it is another
 */
CLOAK_MUST_USE
cloak_status cloak_channel_verify(const struct cloak_channel *channel,
                                  const struct cloak_request *request,
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
 * Bytes of memory for `cloak_digest_init`: `CLOAK_DIGEST_SIZE`.
 */
size_t cloak_digest_size(void);

/**
 * Begins a digest in memory of the caller, which `cloak_digest_finish` or `cloak_digest_wipe` ends.
 *
 * @param memory  at least `cloak_digest_size` bytes, aligned to `cloak_align`
 * @param length  bytes of `memory`
 * @param out     the digest; it lies in `memory`
 */
CLOAK_MUST_USE cloak_status cloak_digest_init(void *memory, size_t length, struct cloak_digest **out);

/**
 * Adds the next bytes.
 *
 * @param data    the bytes; may be NULL when `length` is 0
 * @param length  number of bytes
 */
CLOAK_MUST_USE cloak_status cloak_digest_update(struct cloak_digest *digest, const uint8_t *data, size_t length);

/**
 * The digest of all bytes. The object ends, and its memory is wiped.
 *
 * @param out  the digest, 32 bytes
 */
CLOAK_MUST_USE cloak_status cloak_digest_finish(struct cloak_digest *digest, uint8_t out[32]);

/**
 * Ends a digest that is not wanted any more and wipes its memory. NULL is fine.
 */
CLOAK_MUST_USE cloak_status cloak_digest_wipe(struct cloak_digest *digest);

/**
 * Defines a run. Only whoever plans it calls this; the others decode what it gives them.
 *
 * Hosts only. The caller ends the run with `cloak_run_free`.
 *
 * @param config         the parameters
 * @param mechanism      the noise mechanism; NULL for none. With one there is a single segment, of residues, as long as the mechanism pads the vector.
 * @param segments       the parts of a contribution, in order
 * @param segment_count  1 to `CLOAK_MAX_SEGMENTS`
 * @param members        the roster, by strictly ascending id
 * @param member_count   2 to `CLOAK_MAX_MEMBERS`
 * @param out            the run
 * @param error          NULL, or where to report whom an error concerns
 * @return an error of group 600 for the first field outside its bounds; `CLOAK_ERR_INVALID_MECHANISM` for a mechanism that is, or does not fit the
 *         segment or the number of honest inputs that every opened sum has
 */
CLOAK_MUST_USE
cloak_status cloak_run_new(const struct cloak_run_config *config,
                           const struct cloak_mechanism *mechanism,
                           const struct cloak_segment *segments,
                           size_t segment_count,
                           const struct cloak_member *members,
                           size_t member_count,
                           struct cloak_run **out,
                           struct cloak_error *error);

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
                              struct cloak_run **out,
                              struct cloak_error *error);

/**
 * Ends a run. Objects that were made from it stay. NULL is fine.
 */
void cloak_run_free(struct cloak_run *run);

/**
 * The bytes of the run description, which all parties must hold alike.
 *
 * @param out       at most `CLOAK_DESCRIPTION_SIZE` bytes
 * @param capacity  bytes that fit in `out`
 * @param length    bytes of the description
 */
CLOAK_MUST_USE
cloak_status cloak_run_description(const struct cloak_run *run,
                                   uint8_t *out,
                                   size_t capacity,
                                   size_t *length);

/**
 * The bytes of the roster: `CLOAK_MEMBER_SIZE` for each member, the id in little-endian order and the public key.
 *
 * @param out       where the roster goes
 * @param capacity  bytes that fit in `out`
 * @param length    bytes of the roster
 */
CLOAK_MUST_USE
cloak_status cloak_run_roster(const struct cloak_run *run,
                              uint8_t *out,
                              size_t capacity,
                              size_t *length);

/**
 * The run hash, which enters every derivation: parties with different descriptions share no key.
 *
 * @param out  the hash, 32 bytes
 */
CLOAK_MUST_USE cloak_status cloak_run_hash(const struct cloak_run *run, uint8_t out[32]);

/**
 * The parameters of a run.
 *
 * @param out  the parameters
 */
CLOAK_MUST_USE cloak_status cloak_run_get_config(const struct cloak_run *run, struct cloak_run_config *out);

/**
 * The noise mechanism of a run.
 *
 * @param out  the mechanism
 * @return `CLOAK_ERR_INVALID_ARGUMENT` when the run has none
 */
CLOAK_MUST_USE cloak_status cloak_run_get_mechanism(const struct cloak_run *run, struct cloak_mechanism *out);

/**
 * Numbers that follow from a run.
 *
 * @param out  the numbers
 */
CLOAK_MUST_USE cloak_status cloak_run_get_info(const struct cloak_run *run, struct cloak_run_info *out);

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
cloak_status cloak_run_neighbours(const struct cloak_run *run,
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
CLOAK_MUST_USE cloak_status cloak_run_segment(const struct cloak_run *run, uint32_t index, struct cloak_segment *out);

/**
 * Where a segment lies and what its values may be.
 *
 * @param index  from 0
 * @param out    the layout
 * @return `CLOAK_ERR_INVALID_ARGUMENT` when there is no such segment
 */
CLOAK_MUST_USE cloak_status cloak_run_layout(const struct cloak_run *run, uint32_t index, struct cloak_layout *out);

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
cloak_status cloak_run_to_f64(const struct cloak_run *run,
                              uint32_t segment,
                              const struct cloak_values *residues,
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
cloak_status cloak_run_to_i64(const struct cloak_run *run,
                              uint32_t segment,
                              const struct cloak_values *residues,
                              int64_t *out,
                              size_t length);

/**
 * The kind of a message, from its head; the rest is not looked at.
 *
 * @param message         the message
 * @param message_length  bytes of `message`
 * @param kind            one of `cloak_kind`
 * @return `CLOAK_ERR_MALFORMED` when it is no message; `CLOAK_ERR_UNSUPPORTED` for a kind that this version does not know
 */
CLOAK_MUST_USE
cloak_status cloak_message_kind(const uint8_t *message,
                                size_t message_length,
                                int32_t *kind);

/**
 * The smallest degree of the graph, with its threshold, for statistical security 2^-40 and correctness 2^-20 over the whole run (Bell et al.,
 * CCS 2020, section 3.3).
 *
 * @param members    number of members, at least 3
 * @param corrupt    fraction of members that collude with the server: from 0, below 1
 * @param dropout    fraction of members that drop out in a round: from 0, below 1
 * @param rounds     rounds of the run, at least 1
 * @param adversary  `CLOAK_ADVERSARY_SEMI_HONEST` or `CLOAK_ADVERSARY_SEMI_MALICIOUS`
 * @param degree     neighbours of each member, even
 * @param threshold  shares that recover a seed
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for arguments outside their ranges; `CLOAK_ERR_NO_PARAMETERS` when no degree below `members` will do:
 *         run on the complete graph
 */
CLOAK_MUST_USE
cloak_status cloak_plan(uint32_t members,
                        double corrupt,
                        double dropout,
                        uint32_t rounds,
                        uint8_t adversary,
                        uint32_t *degree,
                        uint32_t *threshold);

/**
 * Samples of the discrete Gaussian N_Z(0, sigma^2) under a fresh key, in a time that does not depend on them.
 *
 * @param sigma   0.5 to 2^17
 * @param suite   `CLOAK_SUITE_CHACHA20` or `CLOAK_SUITE_AES128_CTR`: the stream from which they are made
 * @param rng     source of randomness; NULL for that of the operating system
 * @param out     the samples; unspecified when the call fails
 * @param length  elements of `out`, at most 2^33
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for sigma; `CLOAK_ERR_UNSUPPORTED` for the suite; `CLOAK_ERR_TOO_LONG`; `CLOAK_ERR_RANDOMNESS`;
 *         `CLOAK_ERR_SAMPLER_FAILED` with a probability below 2^-240
 */
CLOAK_MUST_USE
cloak_status cloak_gaussian_fill(double sigma,
                                 uint8_t suite,
                                 const struct cloak_rng *rng,
                                 int32_t *out,
                                 size_t length);

/**
 * The samples of a key, the same on every platform (the protocol document, section 12): for test vectors and simulations.
 *
 * @param sigma   0.5 to 2^17
 * @param suite   `CLOAK_SUITE_CHACHA20` or `CLOAK_SUITE_AES128_CTR`
 * @param key     the key, 32 bytes, secret where the noise is; suite `CLOAK_SUITE_AES128_CTR` uses the first 16. A key is used once.
 * @param out     its first samples; unspecified when the call fails
 * @param length  elements of `out`, at most 2^33
 * @return as `cloak_gaussian_fill`
 */
CLOAK_MUST_USE
cloak_status cloak_gaussian_stream(double sigma,
                                   uint8_t suite,
                                   const uint8_t key[32],
                                   int32_t *out,
                                   size_t length);

/**
 * A bound on the statistical distance between so many samples of `cloak_gaussian_fill`, together, and independent samples of N_Z(0, sigma^2), whatever
 * sigma.
 *
 * @param samples  number of samples, of one call
 * @param out      the distance
 */
CLOAK_MUST_USE
cloak_status cloak_gaussian_statistical_distance(uint64_t samples,
                                                 double *out);

/**
 * Exact samples of the discrete Gaussian N_Z(0, variance), by rational arithmetic (Canonne, Kamath, Steinke, NeurIPS 2020). The time depends on the
 * samples: not for noise whose making somebody could time.
 *
 * Hosts only.
 *
 * @param numerator    of the variance: 1 to 2^48
 * @param denominator  of the variance: 1 to 2^48
 * @param rng          source of randomness; NULL for that of the operating system
 * @param out          the samples; unspecified when the call fails
 * @param length       elements of `out`
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for the variance; `CLOAK_ERR_RANDOMNESS`; `CLOAK_ERR_SAMPLER_FAILED`, which happens with a broken source only
 */
CLOAK_MUST_USE
cloak_status cloak_discrete_gaussian_vartime(uint64_t numerator,
                                             uint64_t denominator,
                                             const struct cloak_rng *rng,
                                             int64_t *out,
                                             size_t length);

/**
 * Exact samples of the discrete Laplace distribution: x with a probability proportional to exp(-|x| / scale). As `cloak_discrete_gaussian_vartime`.
 *
 * Hosts only.
 *
 * @param numerator    of the scale: 1 to 2^48
 * @param denominator  of the scale: 1 to 2^48
 * @param rng          source of randomness; NULL for that of the operating system
 * @param out          the samples; unspecified when the call fails
 * @param length       elements of `out`
 * @return as `cloak_discrete_gaussian_vartime`
 */
CLOAK_MUST_USE
cloak_status cloak_discrete_laplace_vartime(uint64_t numerator,
                                            uint64_t denominator,
                                            const struct cloak_rng *rng,
                                            int64_t *out,
                                            size_t length);

/**
 * Exact samples of the Skellam distribution: the difference of two Poisson variables with half of the variance as the mean. As
 * `cloak_discrete_gaussian_vartime`, with a time that grows with the variance.
 *
 * Hosts only.
 *
 * @param numerator    of the variance: 1 to 2^48
 * @param denominator  of the variance: 1 to 2^48; the variance is at most 2^20
 * @param rng          source of randomness; NULL for that of the operating system
 * @param out          the samples; unspecified when the call fails
 * @param length       elements of `out`
 * @return as `cloak_discrete_gaussian_vartime`
 */
CLOAK_MUST_USE
cloak_status cloak_skellam_vartime(uint64_t numerator,
                                   uint64_t denominator,
                                   const struct cloak_rng *rng,
                                   int64_t *out,
                                   size_t length);

/**
 * The Walsh-Hadamard transform of a vector, in place, in Sylvester's order: element i becomes the sum of all elements j, with a minus where i and j
 * have an odd number of bits in common.
 *
 * @param type         `CLOAK_F32`, `CLOAK_F64`, `CLOAK_I32` or `CLOAK_I64`; integers wrap
 * @param data         the vector
 * @param length       elements of `data`: a power of two, at most 2^28
 * @param orthonormal  1 to divide by the square root of the length, so that the transform is its own inverse; 0 not to, as for integers
 * @return `CLOAK_ERR_INVALID_LENGTH`; `CLOAK_ERR_INVALID_ARGUMENT` for another type, another `orthonormal`, or 1 for integers
 */
CLOAK_MUST_USE
cloak_status cloak_hadamard_transform(int32_t type,
                                      void *data,
                                      size_t length,
                                      uint8_t orthonormal);

/**
 * Rotates a vector in place: gives its elements the signs of a public seed, then `cloak_hadamard_transform` (the protocol document, section 10).
 *
 * @param suite        `CLOAK_SUITE_CHACHA20` or `CLOAK_SUITE_AES128_CTR`
 * @param seed         rotation seed, 32 bytes
 * @param first        number of the first sign; a vector that is cut into blocks goes on where the last one ended
 * @param type         as for `cloak_hadamard_transform`
 * @param data         the vector
 * @param length       elements of `data`: a power of two, at most 2^28
 * @param orthonormal  1 to keep the length of the vector, up to rounding; 0 for integers
 * @return as `cloak_hadamard_transform`; `CLOAK_ERR_UNSUPPORTED` for the suite; `CLOAK_ERR_TOO_LONG` for signs beyond 2^41
 */
CLOAK_MUST_USE
cloak_status cloak_hadamard_rotate(uint8_t suite,
                                   const uint8_t seed[32],
                                   uint64_t first,
                                   int32_t type,
                                   void *data,
                                   size_t length,
                                   uint8_t orthonormal);

/**
 * Undoes `cloak_hadamard_rotate` in place; without `orthonormal` the vector comes back multiplied by its length.
 *
 * @param suite        `CLOAK_SUITE_CHACHA20` or `CLOAK_SUITE_AES128_CTR`
 * @param seed         rotation seed, 32 bytes
 * @param first        number of the first sign
 * @param type         as for `cloak_hadamard_transform`
 * @param data         the vector
 * @param length       elements of `data`: a power of two, at most 2^28
 * @param orthonormal  what it was for the rotation
 * @return as `cloak_hadamard_rotate`
 */
CLOAK_MUST_USE
cloak_status cloak_hadamard_unrotate(uint8_t suite,
                                     const uint8_t seed[32],
                                     uint64_t first,
                                     int32_t type,
                                     void *data,
                                     size_t length,
                                     uint8_t orthonormal);

/**
 * A contribution without parts yet.
 *
 * Hosts only. The caller ends it with `cloak_contribution_free`.
 *
 * @param mechanism  the mechanism of the run
 * @param bits       bits of a residue
 * @param suite      suite of the run
 * @param rotation   rotation seed of the round, 32 bytes: `cloak_client_rotation_seed`. It is public and fresh in each round; with the same one twice
 *                   the bound on the wrap-around does not hold.
 * @param out        the contribution
 * @param error      NULL, or where to report which bound was missed
 * @return `CLOAK_ERR_INVALID_MECHANISM`; `CLOAK_ERR_INVALID_WIDTH` for more bits than the mechanism may have; `CLOAK_ERR_UNSUPPORTED` for the suite;
 *         `CLOAK_ERR_OUT_OF_MEMORY`
 */
CLOAK_MUST_USE
cloak_status cloak_contribution_new(const struct cloak_mechanism *mechanism,
                                    uint8_t bits,
                                    uint8_t suite,
                                    const uint8_t rotation[32],
                                    struct cloak_contribution **out,
                                    struct cloak_error *error);

/**
 * Ends a contribution that came from `cloak_contribution_new` and wipes its residues. NULL is fine.
 */
void cloak_contribution_free(struct cloak_contribution *contribution);

/**
 * Bytes of memory for `cloak_contribution_init`: `CLOAK_CONTRIBUTION_SIZE`.
 */
size_t cloak_contribution_size(void);

/**
 * A contribution without parts yet in memory of the caller, who ends it with `cloak_contribution_wipe`. All of `memory`, `residues` and `work` belongs to
 * it until then.
 *
 * @param memory           at least `cloak_contribution_size` bytes, aligned to `cloak_align`
 * @param length           bytes of `memory`
 * @param mechanism        the mechanism of the run
 * @param bits             bits of a residue
 * @param suite            suite of the run
 * @param rotation         rotation seed of the round, 32 bytes: see `cloak_contribution_new`
 * @param residues         `uint32_t` for up to 32 bits, `uint64_t` for more; it need not hold anything
 * @param residues_length  elements of `residues`: the padded length of the mechanism
 * @param work             working memory; it need not hold anything
 * @param work_length      elements of `work`: the length of a rotated block
 * @param out              the contribution; it lies in `memory`
 * @param error            NULL, or where to report which bound was missed
 * @return as `cloak_contribution_new`, and `CLOAK_ERR_INVALID_LENGTH` for `residues` or `work`, `CLOAK_ERR_OVERLAP` when two of the three share a byte
 */
CLOAK_MUST_USE
cloak_status cloak_contribution_init(void *memory,
                                     size_t length,
                                     const struct cloak_mechanism *mechanism,
                                     uint8_t bits,
                                     uint8_t suite,
                                     const uint8_t rotation[32],
                                     void *residues,
                                     size_t residues_length,
                                     int64_t *work,
                                     size_t work_length,
                                     struct cloak_contribution **out,
                                     struct cloak_error *error);

/**
 * Ends a contribution in memory of the caller and wipes that memory and its residues. NULL is fine.
 */
CLOAK_MUST_USE cloak_status cloak_contribution_wipe(struct cloak_contribution *contribution);

/**
 * Adds a part: clips it, rotates it, rounds it and adds its noise.
 *
 * @param rng   source of randomness for rounding and noise; NULL for that of the operating system
 * @param part  as many values as the dimension, of type `CLOAK_F64` or `CLOAK_F32`; they are not changed
 * @return `CLOAK_ERR_INVALID_LENGTH` for another number of values; `CLOAK_ERR_INVALID_ARGUMENT` for another type; `CLOAK_ERR_NOT_FINITE` or, for a
 *         magnitude of 2^400 or more, `CLOAK_ERR_OUT_OF_RANGE` for a value; `CLOAK_ERR_OUT_OF_ORDER` for more parts than the mechanism has;
 *         `CLOAK_ERR_RANDOMNESS`; `CLOAK_ERR_SAMPLER_FAILED`, after which the contribution can only be ended
 */
CLOAK_MUST_USE
cloak_status cloak_contribution_add(struct cloak_contribution *contribution,
                                    const struct cloak_rng *rng,
                                    const struct cloak_values *part);

/**
 * The residues of a contribution, for test vectors and simulations: what `cloak_client_mask` puts under masks. They are noised, but only the sum of
 * enough of them is private.
 *
 * @param out  where they go, each below 2^bits: as many as the padded length, `CLOAK_U32` for up to 32 bits and `CLOAK_U64` for more
 * @return `CLOAK_ERR_OUT_OF_ORDER` while parts are missing; `CLOAK_ERR_INVALID_LENGTH`; `CLOAK_ERR_INVALID_WIDTH` for the other lane type
 */
CLOAK_MUST_USE
cloak_status cloak_contribution_residues(const struct cloak_contribution *contribution,
                                         const struct cloak_lanes *out);

/**
 * Checks the parameters of a mechanism and gives what follows from them.
 *
 * @param mechanism  the parameters
 * @param out        the numbers
 * @param error      NULL, or where to report which bound was missed: for a norm bound the smallest that may be
 * @return `CLOAK_ERR_INVALID_MECHANISM` for a parameter outside its range
 */
CLOAK_MUST_USE
cloak_status cloak_mechanism_check(const struct cloak_mechanism *mechanism,
                                   struct cloak_mechanism_info *out,
                                   struct cloak_error *error);

/**
 * The vector that a sum of residues stands for: the sum of the contributions, with their noise.
 *
 * Hosts only.
 *
 * @param mechanism  the mechanism of the run
 * @param bits       bits of a residue
 * @param suite      suite of the run
 * @param rotation   rotation seed of the round, 32 bytes: `cloak_opening_rotation_seed`
 * @param residues   the sum: as many residues as the padded length, `CLOAK_U32` for up to 32 bits and `CLOAK_U64` for more
 * @param out        the vector; unspecified when the call fails
 * @param length     elements of `out`: the dimension
 * @param error      NULL, or where to report which bound was missed
 * @return `CLOAK_ERR_INVALID_MECHANISM`; `CLOAK_ERR_INVALID_WIDTH` for more bits than the mechanism may have, or another lane type;
 *         `CLOAK_ERR_UNSUPPORTED` for the suite; `CLOAK_ERR_INVALID_LENGTH`; `CLOAK_ERR_INVALID_ARGUMENT` for another type;
 *         `CLOAK_ERR_OUT_OF_MEMORY`
 */
CLOAK_MUST_USE
cloak_status cloak_mechanism_decode(const struct cloak_mechanism *mechanism,
                                    uint8_t bits,
                                    uint8_t suite,
                                    const uint8_t rotation[32],
                                    const struct cloak_values *residues,
                                    double *out,
                                    size_t length,
                                    struct cloak_error *error);

/**
 * An accountant of nothing yet.
 *
 * Hosts only. The caller ends it with `cloak_accountant_free`.
 *
 * @param out  the accountant
 */
CLOAK_MUST_USE cloak_status cloak_accountant_new(struct cloak_accountant **out);

/**
 * Ends an accountant. NULL is fine.
 */
void cloak_accountant_free(struct cloak_accountant *accountant);

/**
 * Adds rounds of a run's mechanism: the noise of its honest clients, with the finite precision of the sampler and the failures of roundings.
 *
 * @param mechanism  the mechanism
 * @param unit       what the statement is about
 * @param rounds     number of rounds; 0 adds nothing
 * @param error      NULL, or where to report which parameter is refused
 * @return `CLOAK_ERR_INVALID_MECHANISM`; `CLOAK_ERR_INVALID_ARGUMENT` for a unit that does not exist
 */
CLOAK_MUST_USE
cloak_status cloak_accountant_add(struct cloak_accountant *accountant,
                                  const struct cloak_mechanism *mechanism,
                                  const struct cloak_privacy_unit *unit,
                                  uint32_t rounds,
                                  struct cloak_parameter_error *error);

/**
 * Adds rounds of Gaussian noise, continuous or discrete.
 *
 * @param multiplier  standard deviation over L2 sensitivity, above 0
 * @param rounds      number of rounds; 0 adds nothing
 * @param error       NULL, or where to report which parameter is refused
 * @return `CLOAK_ERR_INVALID_MECHANISM`
 */
CLOAK_MUST_USE
cloak_status cloak_accountant_add_gaussian(struct cloak_accountant *accountant,
                                           double multiplier,
                                           uint32_t rounds,
                                           struct cloak_parameter_error *error);

/**
 * Adds rounds of Skellam noise on integers (Agarwal, Kairouz, Liu, NeurIPS 2021).
 *
 * @param l2        L2 sensitivity, in units of the integers, above 0
 * @param l1        L1 sensitivity, above 0
 * @param variance  variance of all the noise together, above 0
 * @param rounds    number of rounds; 0 adds nothing
 * @param error     NULL, or where to report which parameter is refused
 * @return `CLOAK_ERR_INVALID_MECHANISM`
 */
CLOAK_MUST_USE
cloak_status cloak_accountant_add_skellam(struct cloak_accountant *accountant,
                                          double l2,
                                          double l1,
                                          double variance,
                                          uint32_t rounds,
                                          struct cloak_parameter_error *error);

/**
 * Adds rounds of a mechanism of which only its zero-concentrated differential privacy is known (Bun, Steinke, TCC 2016).
 *
 * @param rho     the parameter, above 0
 * @param rounds  number of rounds; 0 adds nothing
 * @param error   NULL, or where to report which parameter is refused
 * @return `CLOAK_ERR_INVALID_MECHANISM`
 */
CLOAK_MUST_USE
cloak_status cloak_accountant_add_concentrated(struct cloak_accountant *accountant,
                                               double rho,
                                               uint32_t rounds,
                                               struct cloak_parameter_error *error);

/**
 * Adds rounds of the ideal distributed discrete Gaussian (Kairouz, Liu, Steinke, ICML 2021, theorem 1), for comparison: without the finite precision
 * of a sampler and without failures of roundings.
 *
 * @param l2      L2 sensitivity, in units of the integers, above 0
 * @param l1      L1 sensitivity, above 0
 * @param noise   standard deviation of one share, at least 0.5
 * @param shares  independent shares in a sum, at least 1
 * @param padded  coordinates, padding included, at least 1
 * @param rounds  number of rounds; 0 adds nothing
 * @param error   NULL, or where to report which parameter is refused
 * @return `CLOAK_ERR_INVALID_MECHANISM`
 */
CLOAK_MUST_USE
cloak_status cloak_accountant_add_distributed_gaussian(struct cloak_accountant *accountant,
                                                       double l2,
                                                       double l1,
                                                       double noise,
                                                       uint64_t shares,
                                                       uint64_t padded,
                                                       uint32_t rounds,
                                                       struct cloak_parameter_error *error);

/**
 * Adds rounds of a run's mechanism in which each client takes part with a probability, independently of the others and of earlier rounds, and nobody
 * learns who did (Zhu, Wang, ICML 2019, theorem 6).
 *
 * It does not hold against the server of secure aggregation, which knows the participants, nor against the participants: only against third parties
 * that see what is published afterwards. Neighbours differ by adding or removing a client.
 *
 * @param mechanism  the mechanism
 * @param unit       what the statement is about
 * @param rate       the probability: above 0, at most 1
 * @param rounds     number of rounds; 0 adds nothing
 * @param error      NULL, or where to report which parameter is refused
 * @return as `cloak_accountant_add`
 */
CLOAK_MUST_USE
cloak_status cloak_accountant_add_subsampled_only_against_third_parties(struct cloak_accountant *accountant,
                                                                        const struct cloak_mechanism *mechanism,
                                                                        const struct cloak_privacy_unit *unit,
                                                                        double rate,
                                                                        uint32_t rounds,
                                                                        struct cloak_parameter_error *error);

/**
 * Adds rounds of Gaussian noise in which each client takes part with a probability, exactly at integer orders (Mironov, Talwar, Zhang, arXiv
 * 1908.10530). What `cloak_accountant_add_subsampled_only_against_third_parties` says about whom it holds against is true here, too.
 *
 * @param multiplier  standard deviation over L2 sensitivity, above 0
 * @param rate        the probability: above 0, at most 1
 * @param rounds      number of rounds; 0 adds nothing
 * @param error       NULL, or where to report which parameter is refused
 * @return `CLOAK_ERR_INVALID_MECHANISM`
 */
CLOAK_MUST_USE
cloak_status cloak_accountant_add_gaussian_subsampled_only_against_third_parties(struct cloak_accountant *accountant,
                                                                                 double multiplier,
                                                                                 double rate,
                                                                                 uint32_t rounds,
                                                                                 struct cloak_parameter_error *error);

/**
 * The least epsilon with which everything so far is (epsilon, delta)-differentially private.
 *
 * @param delta    above 0, below 1
 * @param epsilon  the loss; infinite if there is none for this delta
 * @param order    the order of the divergence that showed it; infinite if none did
 * @param error    NULL, or where to report which parameter is refused
 * @return `CLOAK_ERR_INVALID_MECHANISM`
 */
CLOAK_MUST_USE
cloak_status cloak_accountant_epsilon(const struct cloak_accountant *accountant,
                                      double delta,
                                      double *epsilon,
                                      double *order,
                                      struct cloak_parameter_error *error);

/**
 * The least delta, at most 1, with which everything so far is (epsilon, delta)-differentially private.
 *
 * @param epsilon  0 or more
 * @param delta    the probability
 * @param error    NULL, or where to report which parameter is refused
 * @return `CLOAK_ERR_INVALID_MECHANISM`
 */
CLOAK_MUST_USE
cloak_status cloak_accountant_delta(const struct cloak_accountant *accountant,
                                    double epsilon,
                                    double *delta,
                                    struct cloak_parameter_error *error);

/**
 * The divergences so far, with their orders.
 *
 * @param orders       the orders, real numbers above 1
 * @param divergences  the divergence at each
 * @param capacity     numbers that fit in `orders`, and in `divergences`
 * @param count        number of orders
 */
CLOAK_MUST_USE
cloak_status cloak_accountant_divergences(const struct cloak_accountant *accountant,
                                          double *orders,
                                          double *divergences,
                                          size_t capacity,
                                          size_t *count);

/**
 * Clips a message and adds noise to it. The time depends on the values and on the noise.
 *
 * Hosts only.
 *
 * @param central  kind and parameters of the noise
 * @param rng      source of randomness; NULL for that of the operating system
 * @param values   the message, in place; all of it is zero when the source or the sampler fails, and unchanged after every other failure
 * @param length   elements of `values`: the dimension
 * @param error    NULL, or where to report which parameter is refused
 * @return `CLOAK_ERR_INVALID_MECHANISM`; `CLOAK_ERR_INVALID_ARGUMENT` for a kind that does not exist or fields that are not zero where they have to
 *         be; `CLOAK_ERR_INVALID_LENGTH`; `CLOAK_ERR_NOT_FINITE`; `CLOAK_ERR_OUT_OF_RANGE` for a value of 2^62 units of the grid after clipping;
 *         `CLOAK_ERR_RANDOMNESS`; `CLOAK_ERR_SAMPLER_FAILED`
 */
CLOAK_MUST_USE
cloak_status cloak_central_noise_vartime(const struct cloak_central *central,
                                         const struct cloak_rng *rng,
                                         double *values,
                                         size_t length,
                                         struct cloak_parameter_error *error);

/**
 * The scale of central noise, in the units of the data: b of the Laplace distribution, whose standard deviation is sqrt(2) b, or the standard
 * deviation of the Gaussian.
 *
 * Hosts only.
 *
 * @param central  kind and parameters of the noise
 * @param scale    the scale
 * @param error    NULL, or where to report which parameter is refused
 * @return `CLOAK_ERR_INVALID_MECHANISM`; `CLOAK_ERR_INVALID_ARGUMENT` as for `cloak_central_noise_vartime`
 */
CLOAK_MUST_USE
cloak_status cloak_central_scale(const struct cloak_central *central,
                                 double *scale,
                                 struct cloak_parameter_error *error);

/**
 * The least noise multiplier (standard deviation over L2 sensitivity) with which continuous Gaussian noise is (epsilon, delta)-differentially private
 * (Balle, Wang, ICML 2018).
 *
 * Hosts only.
 *
 * @param epsilon     10^-6 to 64
 * @param delta       above 0, below 1
 * @param multiplier  the multiplier, not more than 10^-6 above the least one
 * @param error       NULL, or where to report which parameter is refused
 * @return `CLOAK_ERR_INVALID_MECHANISM`
 */
CLOAK_MUST_USE
cloak_status cloak_gaussian_multiplier(double epsilon,
                                       double delta,
                                       double *multiplier,
                                       struct cloak_parameter_error *error);

/**
 * The least delta of continuous Gaussian noise, to a relative precision of 10^-7 for epsilon from 10^-6.
 *
 * Hosts only.
 *
 * @param multiplier  standard deviation over L2 sensitivity, above 0
 * @param epsilon     0 to 64
 * @param delta       the probability
 * @param error       NULL, or where to report which parameter is refused
 * @return `CLOAK_ERR_INVALID_MECHANISM`
 */
CLOAK_MUST_USE
cloak_status cloak_gaussian_delta(double multiplier,
                                  double epsilon,
                                  double *delta,
                                  struct cloak_parameter_error *error);

/**
 * The name of a parameter for messages: "the NAME is GIVEN and must be BOUND; WORKS works".
 *
 * Hosts only.
 *
 * @param parameter  any number; unknown ones have a name of their own
 * @return a static string in ASCII, never NULL
 */
const char *cloak_parameter_name(int32_t parameter);

/**
 * The parameters with the least expected error that keep a wanted epsilon.
 *
 * Hosts only. It takes some ten milliseconds.
 *
 * @param wanted  what the run wants
 * @param out     the plan
 * @param error   NULL, or where to report which parameter is refused: one outside its range; the bits when they are too few; delta when failures and the
 *                finite precision of the sampler use it up; epsilon when no bits suffice
 * @return `CLOAK_ERR_INVALID_MECHANISM`; `CLOAK_ERR_INVALID_ARGUMENT` for a unit that does not exist or reserved fields that are not zero
 */
CLOAK_MUST_USE
cloak_status cloak_privacy_plan_choose(const struct cloak_privacy_wanted *wanted,
                                       struct cloak_privacy_plan *out,
                                       struct cloak_parameter_error *error);

/**
 * What given parameters promise. The epsilon may be infinite and the ring too small: that is for the caller to judge.
 *
 * Hosts only.
 *
 * @param mechanism  the mechanism
 * @param unit       what the epsilon is about
 * @param clients    number of clients, 1 to 2^24 and at least the mechanism's honest ones: all who may contribute to a round
 * @param bits       bits of a residue
 * @param delta      delta after all rounds, above 0 and below 1
 * @param rounds     number of rounds, at least 1
 * @param out        the parameters and what they promise
 * @param error      NULL, or where to report which parameter is refused
 * @return as `cloak_privacy_plan_choose`
 */
CLOAK_MUST_USE
cloak_status cloak_privacy_expect(const struct cloak_mechanism *mechanism,
                                  const struct cloak_privacy_unit *unit,
                                  uint32_t clients,
                                  uint8_t bits,
                                  double delta,
                                  uint32_t rounds,
                                  struct cloak_privacy_plan *out,
                                  struct cloak_parameter_error *error);

/**
 * A member of a run for an identity that is in its roster.
 *
 * Hosts only. The caller ends it with `cloak_client_free`.
 *
 * @param run       the run; it may be freed while the client lives
 * @param identity  the own identity; it may be freed while the client lives
 * @param out       the client
 * @param error     NULL, or where to report whom an error concerns
 * @return `CLOAK_ERR_UNKNOWN_PARTY` when the identity is not in the roster; `CLOAK_ERR_INVALID_ROSTER` with the party when it is there twice
 *         or two neighbours have one key; `CLOAK_ERR_LOW_ORDER_KEY` or `CLOAK_ERR_MALFORMED` with the neighbour whose key must not be used;
 *         `CLOAK_ERR_CAPACITY_EXCEEDED` for a run with more than 1024 neighbours
 */
CLOAK_MUST_USE
cloak_status cloak_client_new(const struct cloak_run *run,
                              const struct cloak_identity *identity,
                              struct cloak_client **out,
                              struct cloak_error *error);

/**
 * The client whose state `cloak_client_save` gave.
 *
 * Hosts only. The caller ends it with `cloak_client_free`.
 *
 * @param run           the run; it may be freed while the client lives
 * @param identity      the own identity; it may be freed while the client lives
 * @param saved         the state
 * @param saved_length  bytes of `saved`
 * @param out           the client
 * @param error         NULL, or where to report whom an error concerns
 * @return as `cloak_client_new`; `CLOAK_ERR_WRONG_RUN` or `CLOAK_ERR_NOT_PINNED` for the state of another run or identity;
 *         `CLOAK_ERR_MALFORMED` or `CLOAK_ERR_NON_CANONICAL` for other bytes
 */
CLOAK_MUST_USE
cloak_status cloak_client_load(const struct cloak_run *run,
                               const struct cloak_identity *identity,
                               const uint8_t *saved,
                               size_t saved_length,
                               struct cloak_client **out,
                               struct cloak_error *error);

/**
 * Ends a client that came from `cloak_client_new` or `cloak_client_load` and wipes its keys. NULL is fine.
 */
void cloak_client_free(struct cloak_client *client);

/**
 * Bytes of memory for `cloak_client_init` of a client with so many neighbours; 0 for more than this library serves.
 */
size_t cloak_client_size(uint32_t neighbours);

/**
 * A client in memory of the caller, who ends it with `cloak_client_wipe`: a new one, or the one whose state `cloak_client_save` gave.
 *
 * @param memory              at least `cloak_client_size` bytes for the neighbours of the run, aligned to `cloak_align`
 * @param length              bytes of `memory`
 * @param identity            the own identity; it may be wiped while the client lives
 * @param description         the run description; it is not needed afterwards
 * @param description_length  bytes of `description`
 * @param roster              where the members are read from
 * @param saved               the state; NULL for a new client; a library that was built without states refuses others: `CLOAK_ERR_UNSUPPORTED`
 * @param saved_length        bytes of `saved`
 * @param out                 the client; it lies in `memory`, which is wiped when it cannot be made
 * @param error               NULL, or where to report whom an error concerns
 * @return as `cloak_client_load`
 */
CLOAK_MUST_USE
cloak_status cloak_client_init(void *memory,
                               size_t length,
                               const struct cloak_identity *identity,
                               const uint8_t *description,
                               size_t description_length,
                               const struct cloak_roster *roster,
                               const uint8_t *saved,
                               size_t saved_length,
                               struct cloak_client **out,
                               struct cloak_error *error);

/**
 * Ends a client in memory of the caller and wipes that memory. NULL is fine.
 */
CLOAK_MUST_USE cloak_status cloak_client_wipe(struct cloak_client *client);

/**
 * Answers `invite` with a fresh key. What came before this epoch is forgotten; the last round number stays.
 *
 * @param rng             source of randomness; NULL for that of the operating system
 * @param message         the server's message
 * @param message_length  bytes of `message`
 * @param out             the answer
 * @param capacity        bytes that fit in `out`
 * @param length          bytes of the answer
 * @return `CLOAK_ERR_WRONG_EPOCH` unless the epoch is above the last one; `CLOAK_ERR_RANDOMNESS`; errors of group 300
 */
CLOAK_MUST_USE
cloak_status cloak_client_advertise(struct cloak_client *client,
                                    const struct cloak_rng *rng,
                                    const uint8_t *message,
                                    size_t message_length,
                                    uint8_t *out,
                                    size_t capacity,
                                    size_t *length);

/**
 * Answers `keys` with a confirmation tag for each neighbour that takes part in this set-up.
 *
 * @param message         the server's message
 * @param message_length  bytes of `message`
 * @param out             the answer
 * @param capacity        bytes that fit in `out`
 * @param length          bytes of the answer
 * @return `CLOAK_ERR_TOO_FEW_NEIGHBOURS`; `CLOAK_ERR_LOW_ORDER_KEY`, `CLOAK_ERR_MALFORMED` or `CLOAK_ERR_REPEATED_KEY` with the party whose fresh
 *         key is bad; `CLOAK_ERR_NOT_IN_SET`; `CLOAK_ERR_OUT_OF_ORDER`; errors of group 300
 */
CLOAK_MUST_USE
cloak_status cloak_client_confirm(struct cloak_client *client,
                                  const uint8_t *message,
                                  size_t message_length,
                                  uint8_t *out,
                                  size_t capacity,
                                  size_t *length);

/**
 * Takes `confirmations`. The client then takes part in no round with a neighbour that did not confirm.
 *
 * @param message         the server's message
 * @param message_length  bytes of `message`
 * @param unconfirmed     how many neighbours of this set-up did not confirm: `cloak_client_unconfirmed` names them
 * @return `CLOAK_ERR_OUT_OF_ORDER`; errors of group 300. A tag that does not verify is no error: it leaves its sender unconfirmed.
 */
CLOAK_MUST_USE
cloak_status cloak_client_accept(struct cloak_client *client,
                                 const uint8_t *message,
                                 size_t message_length,
                                 size_t *unconfirmed);

/**
 * Joins the round that `begin` announces. An earlier round that is still open is closed.
 *
 * @param message         the server's message
 * @param message_length  bytes of `message`
 * @param context_hash    SHA-256 of what this client received for the round (global model and settings), computed by its host; 32 bytes
 * @return `CLOAK_ERR_WRONG_ROUND` unless the number is above the last one and within the run's; `CLOAK_ERR_WRONG_CONTEXT`;
 *         `CLOAK_ERR_NOT_IN_SET`; `CLOAK_ERR_TOO_FEW_INPUTS`; `CLOAK_ERR_TOO_FEW_NEIGHBOURS`; `CLOAK_ERR_NOT_CONFIRMED` with the neighbour whose
 *         keys are not confirmed; `CLOAK_ERR_OUT_OF_ORDER` before set-up is complete; errors of group 300
 */
CLOAK_MUST_USE
cloak_status cloak_client_begin(struct cloak_client *client,
                                const uint8_t *message,
                                size_t message_length,
                                const uint8_t context_hash[32]);

/**
 * Answers `survivors` with the round mask keys of the neighbours that left and an acknowledgement for each neighbour that is left.
 *
 * The answer hands mask keys out: it is secret on its way to the server.
 *
 * @param message         the server's message
 * @param message_length  bytes of `message`
 * @param out             the answer
 * @param capacity        bytes that fit in `out`
 * @param length          bytes of the answer
 * @return `CLOAK_ERR_TOO_MANY_PASSES`; `CLOAK_ERR_WRONG_SET` when the previous set is not the last one accepted;
 *         `CLOAK_ERR_SET_NOT_NESTED`; `CLOAK_ERR_NOT_IN_SET`; `CLOAK_ERR_TOO_FEW_INPUTS`; `CLOAK_ERR_TOO_FEW_NEIGHBOURS`;
 *         `CLOAK_ERR_NO_RECOVERY`; `CLOAK_ERR_OUT_OF_ORDER`; errors of group 300
 */
CLOAK_MUST_USE
cloak_status cloak_client_acknowledge(struct cloak_client *client,
                                      const uint8_t *message,
                                      size_t message_length,
                                      uint8_t *out,
                                      size_t capacity,
                                      size_t *length);

/**
 * Answers `open` with the shares of its neighbours' seeds and closes the round. A share that does not decrypt is left out.
 *
 * @param message         the server's message
 * @param message_length  bytes of `message`
 * @param out             the answer
 * @param capacity        bytes that fit in `out`
 * @param length          bytes of the answer
 * @return `CLOAK_ERR_WRONG_SET` unless the set is the last one accepted; `CLOAK_ERR_TOO_FEW_ACKNOWLEDGEMENTS` when it is not that of all
 *         participants and fewer than t neighbours acknowledged it; `CLOAK_ERR_OUT_OF_ORDER`; errors of group 300
 */
CLOAK_MUST_USE
cloak_status cloak_client_unmask(struct cloak_client *client,
                                 const uint8_t *message,
                                 size_t message_length,
                                 uint8_t *out,
                                 size_t capacity,
                                 size_t *length);

/**
 * Takes `finished`: the round is over.
 *
 * @param message         the server's message
 * @param message_length  bytes of `message`
 * @param outcome         0, or the status for which the round was aborted
 * @return `CLOAK_ERR_WRONG_ROUND` for another round than the present one; `CLOAK_ERR_OUT_OF_ORDER` outside a round; errors of group 300
 */
CLOAK_MUST_USE
cloak_status cloak_client_finish(struct cloak_client *client,
                                 const uint8_t *message,
                                 size_t message_length,
                                 uint32_t *outcome);

/**
 * Bytes of the masked message of the round that has begun.
 *
 * @param size  bytes that `cloak_client_mask` writes
 * @return `CLOAK_ERR_OUT_OF_ORDER` outside a round that has begun; `CLOAK_ERR_TOO_LONG` when it does not fit the address space
 */
CLOAK_MUST_USE
cloak_status cloak_client_masked_size(const struct cloak_client *client,
                                      size_t *size);

/**
 * Bytes of the masked message before its payload.
 *
 * @param size  bytes that `cloak_client_mask_begin` writes
 * @return `CLOAK_ERR_OUT_OF_ORDER` outside a round that has begun
 */
CLOAK_MUST_USE cloak_status cloak_client_masked_head_size(const struct cloak_client *client, size_t *size);

/**
 * The rotation seed of the round that has begun, for the contribution to a run with a noise mechanism. It is public.
 *
 * @param out  the seed, 32 bytes
 * @return `CLOAK_ERR_OUT_OF_ORDER` outside a round that has begun
 */
CLOAK_MUST_USE cloak_status cloak_client_rotation_seed(const struct cloak_client *client, uint8_t out[32]);

/**
 * Masks a whole contribution and writes the message for the server. All values are checked before anything is drawn or written.
 *
 * Store the message before it leaves, and send the same bytes when it has to be sent again: a round is masked once.
 *
 * @param rng            source of randomness; NULL for that of the operating system
 * @param segments       the values of each segment of the run, in order; they are not changed. In a run with a noise mechanism one contribution.
 * @param segment_count  number of segments
 * @param out            the message
 * @param capacity       bytes that fit in `out`
 * @param length         bytes of the message, those of `cloak_client_masked_size`
 * @return `CLOAK_ERR_INVALID_LENGTH` for another number of segments or values; `CLOAK_ERR_INVALID_ARGUMENT` for values of a type that the
 *         segment does not take, or a contribution of another mechanism; `CLOAK_ERR_NOT_FINITE` or `CLOAK_ERR_OUT_OF_RANGE` for a value;
 *         `CLOAK_ERR_WRONG_ROUND` for a contribution with another rotation seed; `CLOAK_ERR_RANDOMNESS`; `CLOAK_ERR_OUT_OF_ORDER`, also for a
 *         contribution that misses parts
 */
CLOAK_MUST_USE
cloak_status cloak_client_mask(struct cloak_client *client,
                               const struct cloak_rng *rng,
                               const struct cloak_values *segments,
                               size_t segment_count,
                               uint8_t *out,
                               size_t capacity,
                               size_t *length);

/**
 * Begins to mask piece by piece: writes the message up to its payload. From here on the round cannot be masked anew.
 *
 * @param rng       source of randomness; NULL for that of the operating system
 * @param out       the beginning of the message
 * @param capacity  bytes that fit in `out`
 * @param length    bytes written, those of `cloak_client_masked_head_size`
 * @return `CLOAK_ERR_RANDOMNESS`; `CLOAK_ERR_OUT_OF_ORDER` outside a round that has begun
 */
CLOAK_MUST_USE
cloak_status cloak_client_mask_begin(struct cloak_client *client,
                                     const struct cloak_rng *rng,
                                     uint8_t *out,
                                     size_t capacity,
                                     size_t *length);

/**
 * Masks the next values of the present segment and writes their part of the payload. The zero coordinates follow the last value of a
 * segment by themselves; after the last value of the last segment the message is complete.
 *
 * @param piece     values: a multiple of 8, unless they end the segment; a contribution is one piece
 * @param out       the part of the message
 * @param capacity  bytes that fit in `out`
 * @param length    bytes written
 * @return `CLOAK_ERR_INVALID_LENGTH` for a piece that is empty, passes the end of the segment or is no multiple of 8; the errors of
 *         `cloak_client_mask` for values; `CLOAK_ERR_OUT_OF_ORDER` unless masking has begun
 */
CLOAK_MUST_USE
cloak_status cloak_client_mask_chunk(struct cloak_client *client,
                                     const struct cloak_values *piece,
                                     uint8_t *out,
                                     size_t capacity,
                                     size_t *length);

/**
 * The hash of the client's run. Compare it with that of the invitation before anything is sent.
 *
 * @param out  the hash, 32 bytes
 */
CLOAK_MUST_USE cloak_status cloak_client_run_hash(const struct cloak_client *client, uint8_t out[32]);

/**
 * The parameters of the client's run.
 *
 * @param out  the parameters
 */
CLOAK_MUST_USE cloak_status cloak_client_run_config(const struct cloak_client *client, struct cloak_run_config *out);

/**
 * Numbers that follow from the client's run.
 *
 * @param out  the numbers
 */
CLOAK_MUST_USE cloak_status cloak_client_run_info(const struct cloak_client *client, struct cloak_run_info *out);

/**
 * A segment of the client's run.
 *
 * @param index  from 0
 * @param out    the segment
 * @return `CLOAK_ERR_INVALID_ARGUMENT` when there is no such segment
 */
CLOAK_MUST_USE
cloak_status cloak_client_segment(const struct cloak_client *client,
                                  uint32_t index,
                                  struct cloak_segment *out);

/**
 * Where a client stands.
 *
 * @param out  its id, state, epoch and round
 */
CLOAK_MUST_USE cloak_status cloak_client_get_info(const struct cloak_client *client, struct cloak_client_info *out);

/**
 * Ids of the neighbours whose keys are not confirmed in this epoch: absent, or possibly swapped on the way.
 *
 * @param out       the ids, in the order of the roster
 * @param capacity  ids that fit in `out`
 * @param count     number of ids
 */
CLOAK_MUST_USE
cloak_status cloak_client_unconfirmed(const struct cloak_client *client,
                                      uint64_t *out,
                                      size_t capacity,
                                      size_t *count);

/**
 * The state of a client as bytes, so that a restarted process goes on where it stopped.
 *
 * The bytes are secret and belong in storage that only this party reads, that is durable and that does not go back to older states. Store them
 * after each step, before its answer leaves.
 *
 * @param out       the state
 * @param capacity  bytes that fit in `out`
 * @param length    bytes of the state
 * @return `CLOAK_ERR_OUT_OF_ORDER` while a contribution is being masked piece by piece
 */
CLOAK_MUST_USE
cloak_status cloak_client_save(const struct cloak_client *client,
                               uint8_t *out,
                               size_t capacity,
                               size_t *length);

/**
 * More about the last call that changed this client or failed to: whom the error concerns and which bound was missed.
 *
 * Errors of the pointers (101 and 105 to 109) are not kept.
 *
 * @param out  the error; its status is `CLOAK_OK` when that call succeeded
 */
CLOAK_MUST_USE cloak_status cloak_client_last_error(const struct cloak_client *client, struct cloak_error *out);

/**
 * The server of a run.
 *
 * Hosts only. The caller ends it with `cloak_server_free`.
 *
 * @param run    the run; it may be freed while the server lives
 * @param out    the server
 * @param error  NULL, or where to report whom an error concerns
 * @return `CLOAK_ERR_LOW_ORDER_KEY` or `CLOAK_ERR_MALFORMED` with the member whose key must not be used; `CLOAK_ERR_INVALID_ROSTER` with a
 *         member who has the key of another
 */
CLOAK_MUST_USE
cloak_status cloak_server_new(const struct cloak_run *run,
                              struct cloak_server **out,
                              struct cloak_error *error);

/**
 * Ends a server and wipes its secrets. NULL is fine.
 */
void cloak_server_free(struct cloak_server *server);

/**
 * Begins set-up with the next epoch; `cloak_server_message` then invites every member.
 *
 * @param epoch  the epoch
 * @return `CLOAK_ERR_OUT_OF_ORDER` during a round
 */
CLOAK_MUST_USE cloak_status cloak_server_invite(struct cloak_server *server, uint32_t *epoch);

/**
 * Takes a message from a member whom the host has authenticated. When it is the last one that the step waits for, the next step begins.
 *
 * A refusal leaves the server as it was and names the sender; the round goes on for the others.
 *
 * @param sender          id of the member
 * @param message         the message
 * @param message_length  bytes of `message`
 * @param receipt         what became of it
 * @return `CLOAK_ERR_UNKNOWN_PARTY`, `CLOAK_ERR_NOT_IN_SET`, `CLOAK_ERR_DUPLICATE`, `CLOAK_ERR_OUT_OF_ORDER`, `CLOAK_ERR_WRONG_RUN`,
 *         `CLOAK_ERR_WRONG_EPOCH`, `CLOAK_ERR_WRONG_ROUND`, `CLOAK_ERR_WRONG_CONTEXT`, `CLOAK_ERR_WRONG_SET`, `CLOAK_ERR_LOW_ORDER_KEY`,
 *         `CLOAK_ERR_REPEATED_KEY`; errors of group 300
 */
CLOAK_MUST_USE
cloak_status cloak_server_receive(struct cloak_server *server,
                                  uint64_t sender,
                                  const uint8_t *message,
                                  size_t message_length,
                                  struct cloak_receipt *receipt);

/**
 * Closes the present step: its time limit has passed. Who has not answered is left out.
 *
 * A round that cannot go on is no error of this call: `cloak_server_get_phase` has its outcome.
 *
 * @return `CLOAK_ERR_OUT_OF_ORDER` when nothing is being waited for; `CLOAK_ERR_TOO_FEW_INPUTS` when set-up fails, which takes the server back
 *         to `CLOAK_STEP_IDLE`
 */
CLOAK_MUST_USE
cloak_status cloak_server_close_step(struct cloak_server *server);

/**
 * Begins the next round.
 *
 * @param participants  ids of those who take part; NULL, with a count of 0, for everyone with confirmed keys
 * @param count         number of ids
 * @param context_hash  SHA-256 of what every participant is given for the round, 32 bytes
 * @param round         number of the round
 * @return `CLOAK_ERR_OUT_OF_ORDER` before set-up is complete or during a round; `CLOAK_ERR_WRONG_ROUND` after the last round;
 *         `CLOAK_ERR_UNKNOWN_PARTY`, `CLOAK_ERR_NOT_CONFIRMED` or `CLOAK_ERR_TOO_FEW_NEIGHBOURS` with the participant;
 *         `CLOAK_ERR_TOO_FEW_INPUTS`
 */
CLOAK_MUST_USE
cloak_status cloak_server_begin(struct cloak_server *server,
                                const uint64_t *participants,
                                size_t count,
                                const uint8_t context_hash[32],
                                uint32_t *round);

/**
 * The message that a member is due in the present step. In the step of the sum that is still the one of the step before, for members that have
 * not asked for it; a client that has answered it refuses it.
 *
 * @param receiver  id of the member
 * @param out       the message
 * @param capacity  bytes that fit in `out`
 * @param length    bytes of the message; 0 when the member has no part in the step
 * @return `CLOAK_ERR_UNKNOWN_PARTY`
 */
CLOAK_MUST_USE
cloak_status cloak_server_message(const struct cloak_server *server,
                                  uint64_t receiver,
                                  uint8_t *out,
                                  size_t capacity,
                                  size_t *length);

/**
 * The confirmations for a member that did not collect them before the next step began.
 *
 * @param receiver  id of the member
 * @param out       the message
 * @param capacity  bytes that fit in `out`
 * @param length    bytes of the message; 0 when there is none
 * @return `CLOAK_ERR_UNKNOWN_PARTY`
 */
CLOAK_MUST_USE
cloak_status cloak_server_confirmations(const struct cloak_server *server,
                                        uint64_t receiver,
                                        uint8_t *out,
                                        size_t capacity,
                                        size_t *length);

/**
 * Stops the present round; every participant is told.
 *
 * @return `CLOAK_ERR_OUT_OF_ORDER` outside a round
 */
CLOAK_MUST_USE cloak_status cloak_server_stop(struct cloak_server *server);

/**
 * Ends the round after the host has added up the payloads.
 *
 * @param failure  `CLOAK_OK`, or what `cloak_opening_check_zeros` gave
 * @return `CLOAK_ERR_OUT_OF_ORDER` unless the sum is due; `CLOAK_ERR_INVALID_ARGUMENT` for a failure that is no error of the protocol
 */
CLOAK_MUST_USE
cloak_status cloak_server_finish(struct cloak_server *server,
                                 int32_t failure);

/**
 * Where a server stands.
 *
 * @param out  its step, epoch, round, pass, and how the last round ended
 */
CLOAK_MUST_USE cloak_status cloak_server_get_phase(const struct cloak_server *server, struct cloak_phase *out);

/**
 * More about the last call that changed this server or failed to: whom the error concerns and which bound was missed.
 *
 * Errors of the pointers (101 and 105 to 109) are not kept.
 *
 * @param out  the error; its status is `CLOAK_OK` when that call succeeded
 */
CLOAK_MUST_USE cloak_status cloak_server_last_error(const struct cloak_server *server, struct cloak_error *out);

/**
 * Ids of the members whose message the present step still waits for.
 *
 * @param out       the ids
 * @param capacity  ids that fit in `out`
 * @param count     number of ids
 */
CLOAK_MUST_USE
cloak_status cloak_server_waiting(const struct cloak_server *server,
                                  uint64_t *out,
                                  size_t capacity,
                                  size_t *count);

/**
 * Ids of the members with confirmed keys, who can take part in a round.
 *
 * @param out       the ids
 * @param capacity  ids that fit in `out`
 * @param count     number of ids
 */
CLOAK_MUST_USE
cloak_status cloak_server_confirmed(const struct cloak_server *server,
                                    uint64_t *out,
                                    size_t capacity,
                                    size_t *count);

/**
 * Ids of the participants of the last round begun.
 *
 * @param out       the ids
 * @param capacity  ids that fit in `out`
 * @param count     number of ids
 */
CLOAK_MUST_USE
cloak_status cloak_server_participants(const struct cloak_server *server,
                                       uint64_t *out,
                                       size_t capacity,
                                       size_t *count);

/**
 * Ids of the participants that are left in the last round begun: those whose inputs the sum holds.
 *
 * @param out       the ids
 * @param capacity  ids that fit in `out`
 * @param count     number of ids
 */
CLOAK_MUST_USE
cloak_status cloak_server_survivors(const struct cloak_server *server,
                                    uint64_t *out,
                                    size_t capacity,
                                    size_t *count);

/**
 * A party with new pieces for the others.
 *
 * The caller ends it with `cloak_mesh_free`.
 *
 * @param suite    the cipher of its masks, 1 or 2
 * @param parties  2 to 1024
 * @param index    its place, from 0
 * @param rng      source of the pieces; NULL for that of the operating system
 * @param out      the party
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for another number of parties; `CLOAK_ERR_UNKNOWN_PARTY` for a place beyond them; `CLOAK_ERR_UNSUPPORTED` for another
 *         suite; `CLOAK_ERR_RANDOMNESS`
 */
CLOAK_MUST_USE
cloak_status cloak_mesh_new(uint8_t suite,
                            uint32_t parties,
                            uint32_t index,
                            const struct cloak_rng *rng,
                            struct cloak_mesh **out);

/**
 * Ends a party and wipes its secrets. NULL is fine.
 */
void cloak_mesh_free(struct cloak_mesh *mesh);

/**
 * What goes to another party, over a channel that only the two of them read.
 *
 * @param to   the other party
 * @param out  the piece, 32 bytes, secret
 * @return `CLOAK_ERR_UNKNOWN_PARTY`; `CLOAK_ERR_OUT_OF_ORDER` after `cloak_mesh_agree`
 */
CLOAK_MUST_USE cloak_status cloak_mesh_piece(const struct cloak_mesh *mesh, uint32_t to, uint8_t out[32]);

/**
 * Takes the pieces of all other parties.
 *
 * @param run     what all have agreed on, their numbering included; 32 bytes that differ between runs
 * @param pieces  32 bytes of each party, in order; those in the place of this party are ignored
 * @param length  bytes of `pieces`
 * @return `CLOAK_ERR_INVALID_LENGTH` for another number of pieces; `CLOAK_ERR_OUT_OF_ORDER` for a second time
 */
CLOAK_MUST_USE
cloak_status cloak_mesh_agree(struct cloak_mesh *mesh,
                              const uint8_t run[32],
                              const uint8_t *pieces,
                              size_t length);

/**
 * How many elements follow the values of a vector: those of which the parties know that they add up to zero.
 *
 * @param bits  width of a residue, 1 to 128
 * @param out   the number
 * @return `CLOAK_ERR_INVALID_WIDTH`
 */
CLOAK_MUST_USE cloak_status cloak_mesh_zeros(uint8_t bits, size_t *out);

/**
 * Masks the vector of the next sum in place and packs it for the others, who all get the same. All parties make as many sums, in the same order, of the
 * same widths and lengths.
 *
 * @param bits      width of a residue, 1 to 128
 * @param vector    the values, and room for `cloak_mesh_zeros` more; wiped by its masks
 * @param out       the message: ceil(elements * bits / 8) bytes
 * @param capacity  bytes that fit at `out`
 * @param length    bytes that were written
 * @return `CLOAK_ERR_OUT_OF_ORDER` before `cloak_mesh_agree`; `CLOAK_ERR_INVALID_WIDTH` for another lane; `CLOAK_ERR_INVALID_LENGTH` without room for the
 *         zeros; `CLOAK_ERR_TOO_LONG`; `CLOAK_ERR_BUFFER_TOO_SMALL`, `length` then says what is needed, and nothing is masked
 */
CLOAK_MUST_USE
cloak_status cloak_mesh_mask(struct cloak_mesh *mesh,
                             uint8_t bits,
                             const struct cloak_lanes *vector,
                             uint8_t *out,
                             size_t capacity,
                             size_t *length);

/**
 * Adds the message of a party to a sum, which starts with zeros.
 *
 * @param bits     width of a residue, 1 to 128
 * @param message  as received
 * @param length   bytes of `message`
 * @param sum      as many elements as the vectors have
 * @return `CLOAK_ERR_INVALID_LENGTH` for a message of another length, `CLOAK_ERR_MALFORMED` for bits behind its last element; `CLOAK_ERR_INVALID_WIDTH` for another lane
 */
CLOAK_MUST_USE
cloak_status cloak_mesh_add(uint8_t bits,
                            const uint8_t *message,
                            size_t length,
                            const struct cloak_lanes *sum);

/**
 * Ends a sum to which the messages of all parties were added: its elements become residues in 0 to 2^bits - 1.
 *
 * @param bits  width of a residue, 1 to 128
 * @param sum   the sum
 * @return `CLOAK_ERR_MASKS_DID_NOT_CANCEL`: throw it away; `CLOAK_ERR_INVALID_WIDTH` for another lane; `CLOAK_ERR_INVALID_LENGTH` without room for the zeros
 */
CLOAK_MUST_USE
cloak_status cloak_mesh_finish(uint8_t bits,
                               const struct cloak_lanes *sum);

/**
 * Begins to make the base transfers of a pair.
 *
 * Hosts only, as everything of base transfers. The caller ends it with `cloak_mpc_base_free`.
 *
 * @param name  32 bytes that both sides know and use once
 * @param side  0 on one side, 1 on the other
 * @param rng   source of what this side draws, all within this call; NULL for that of the operating system
 * @param out   the transfers
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for another side; `CLOAK_ERR_RANDOMNESS`
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_base_new(const uint8_t *name,
                                uint32_t side,
                                const struct cloak_rng *rng,
                                struct cloak_mpc_base **out);

/**
 * Ends base transfers; sessions that began with them go on. NULL is fine.
 */
void cloak_mpc_base_free(struct cloak_mpc_base *base);

/**
 * What is to be sent to the other side now, of no bytes once the transfers are ready. It has to reach that side unread and unchanged by anybody else.
 *
 * @param out       the message
 * @param capacity  bytes that fit in `out`
 * @param length    bytes of the message
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_base_message(const struct cloak_mpc_base *base,
                                    uint8_t *out,
                                    size_t capacity,
                                    size_t *length);

/**
 * Takes the other side's next message, after this side's was taken. One that is refused changes nothing.
 *
 * @param message  the message
 * @param length   bytes of `message`
 * @return `CLOAK_ERR_MALFORMED` for another length; `CLOAK_ERR_NON_CANONICAL` and `CLOAK_ERR_LOW_ORDER_KEY` for what is no element, or zero; `CLOAK_ERR_REPEATED_KEY` for what this
 *         side sent; `CLOAK_ERR_OUT_OF_ORDER` once the transfers are ready
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_base_receive(struct cloak_mpc_base *base,
                                    const uint8_t *message,
                                    size_t length);

/**
 * What both sides call their transfers: two sides that say the same have two sides of the same ones. Public.
 *
 * @param id        32 bytes
 * @param sessions  how many sessions these have served, of 65536
 * @return `CLOAK_ERR_OUT_OF_ORDER` until the transfers are ready
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_base_get_id(const struct cloak_mpc_base *base,
                                   uint8_t id[32],
                                   uint32_t *sessions);

/**
 * A party of a computation without a dealer, as by `cloak_mpc_session_new_without_dealer`, from base transfers that this party keeps with each other one: no session but the first one
 * pays for them. Any number of sessions may run at the same time.
 *
 * Hosts only. The caller ends it with `cloak_mpc_session_free`.
 *
 * @param config   the agreement
 * @param session  32 bytes that all parties know and use once
 * @param ahead    about how many words of correlated randomness are held at a time
 * @param bases    for each party the transfers that this one keeps with it, at both parties of the same id; what stands in the own place is not looked at
 * @param rng      source of what this party draws, all within this call; NULL for that of the operating system
 * @param out      the session
 * @param error    NULL, or where to report whom an error concerns
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for a number outside of its range, and, with the party, where its transfers are missing; `CLOAK_ERR_UNSUPPORTED` for another suite;
 *         `CLOAK_ERR_NOT_VERIFIED` for verified mode, which has a dealer; `CLOAK_ERR_OUT_OF_ORDER` for transfers that are not ready; with the party `CLOAK_ERR_DUPLICATE` for a session that its transfers have served and `CLOAK_ERR_TOO_LONG` where these have
 *         served all that they may; `CLOAK_ERR_RANDOMNESS`
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_session_new_with_base(const struct cloak_mpc_config *config,
                                             const uint8_t *session,
                                             size_t ahead,
                                             struct cloak_mpc_base *const *bases,
                                             const struct cloak_rng *rng,
                                             struct cloak_mpc_session **out,
                                             struct cloak_error *error);

/**
 * A dealer for so many parties, of sessions in verified mode or not; the parties of one computation agree on that.
 *
 * Hosts only. The caller ends it with `cloak_mpc_dealer_free`; sessions that were made with it go on.
 *
 * @param parties  2 or more
 * @param suite    the cipher of its streams, 1 or 2
 * @param rng      source of the seeds; NULL for that of the operating system
 * @param out      the dealer
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for fewer than two parties; `CLOAK_ERR_UNSUPPORTED` for another suite; `CLOAK_ERR_RANDOMNESS`
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_dealer_new(uint32_t parties,
                                  uint8_t suite,
                                  const struct cloak_rng *rng,
                                  struct cloak_mpc_dealer **out);

/**
 * Ends a dealer. NULL is fine.
 */
void cloak_mpc_dealer_free(struct cloak_mpc_dealer *dealer);

/**
 * Connects a party to all others, and to the dealer if there is one. All come within the limit for that, in any order.
 *
 * Hosts only. The caller ends it with `cloak_mpc_session_free`, and before that, when all has gone well, with `cloak_mpc_leave`. Rounds are for `cloak_mpc_run`.
 *
 * @param config    the agreement; the place in it is that of the identity's key among the parties
 * @param network   who takes part, and where
 * @param identity  the key pair of this party
 * @param rng       source of what this party draws, all within this call; NULL for that of the operating system
 * @param out       the session
 * @param failure   NULL, or where to say what failed, and because of whom
 * @return `CLOAK_ERR_INVALID_ARGUMENT`, `CLOAK_ERR_UNSUPPORTED`, `CLOAK_ERR_MALFORMED`, `CLOAK_ERR_LOW_ORDER_KEY` and `CLOAK_ERR_REPEATED_KEY` for what is wrong in the arguments;
 *         `CLOAK_ERR_UNKNOWN_PARTY` for an identity that is no party's; `CLOAK_ERR_NOT_CONNECTED`, `CLOAK_ERR_OTHER_SESSION`, `CLOAK_ERR_LOST`, `CLOAK_ERR_LEFT`,
 *         `CLOAK_ERR_SILENT`; `CLOAK_ERR_SYSTEM`, such as for an address that is in use; `CLOAK_ERR_NOT_VERIFIED` for verified mode without a dealer or with exact
 *         rounding; `CLOAK_ERR_RANDOMNESS`
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_connect(const struct cloak_mpc_config *config,
                               const struct cloak_mpc_network *network,
                               const struct cloak_identity *identity,
                               const struct cloak_rng *rng,
                               struct cloak_mpc_session **out,
                               struct cloak_mpc_failure *failure);

/**
 * Runs what was asked for of a session that `cloak_mpc_connect` gave, with the messages of all rounds, until nothing is due. After a failure the session is over, and
 * all others were told.
 *
 * @param failure  NULL, or where to say what failed, and because of whom
 * @return `CLOAK_ERR_OUT_OF_ORDER` for a session that is not connected; `CLOAK_ERR_SILENT`, `CLOAK_ERR_LOST`, `CLOAK_ERR_LEFT`; `CLOAK_ERR_MALFORMED` and others for what
 *         is refused; `CLOAK_ERR_NOT_AUTHENTIC` and `CLOAK_ERR_STOPPED` where a check of verified mode failed; `CLOAK_ERR_SYSTEM`
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_run(struct cloak_mpc_session *session,
                           struct cloak_mpc_failure *failure);

/**
 * Ends the links of a session. A session that is freed without it tells the others that this party stopped.
 *
 * @param why  what the others are told, NUL-terminated, of which they get 200 bytes; NULL when all has gone well
 * @return `CLOAK_ERR_MALFORMED` for more than 300 bytes
 */
CLOAK_MUST_USE cloak_status cloak_mpc_leave(struct cloak_mpc_session *session, const char *why);

/**
 * Serves one computation as its dealer: waits for all parties, gives each its seed, and the first one corrections, until all have ended. It listens and calls nobody.
 *
 * A dealer could see through every masked value, so it is for somebody who sees no message of a party and works with none of them.
 *
 * Hosts only.
 *
 * @param config    the agreement; the place in it does not count
 * @param network   who takes part, with the dealer; of the parties the keys are enough
 * @param identity  the key pair of the dealer, which is no party's
 * @param rng       source of the seeds; NULL for that of the operating system
 * @param failure   NULL, or where to say what failed, and because of whom
 * @return as `cloak_mpc_connect` and `cloak_mpc_run`; `CLOAK_ERR_INVALID_ARGUMENT` without a dealer, or with the identity of a party
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_dealer_serve(const struct cloak_mpc_config *config,
                                    const struct cloak_mpc_network *network,
                                    const struct cloak_identity *identity,
                                    const struct cloak_rng *rng,
                                    struct cloak_mpc_failure *failure);

/**
 * Asks that a value becomes known to these parties and to nobody else. What they get tells nothing else.
 *
 * @param value      the value
 * @param receivers  the parties, in rising order
 * @param count      how many; 0 for all
 * @param result     number of the result
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for a number that no value has, and for parties that are none or do not rise
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_open(struct cloak_mpc_session *session,
                            uint64_t value,
                            const uint32_t *receivers,
                            size_t count,
                            uint64_t *result);

/**
 * A result as whole numbers; truth values are 0 and 1.
 *
 * @param result    its number
 * @param out       the numbers
 * @param capacity  numbers that fit in `out`
 * @param length    how many numbers there are
 * @return `CLOAK_ERR_OUT_OF_ORDER` while it is not there, and for a number that no result has; `CLOAK_ERR_NOT_IN_SET` at a party for which it is not meant;
 *         `CLOAK_ERR_INVALID_ARGUMENT` for real numbers; that of an operation that failed
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_result_i64(struct cloak_mpc_session *session,
                                  uint64_t result,
                                  int64_t *out,
                                  size_t capacity,
                                  size_t *length);

/**
 * A result as real numbers; whole ones are taken as they are where a double holds them, and rounded where not.
 *
 * @param result    its number
 * @param out       the numbers
 * @param capacity  numbers that fit in `out`
 * @param length    how many numbers there are
 * @return as `cloak_mpc_result_i64`, but for real numbers
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_result_f64(struct cloak_mpc_session *session,
                                  uint64_t result,
                                  double *out,
                                  size_t capacity,
                                  size_t *length);

/**
 * Forgets a result, which is wiped. A number that no result has is fine.
 *
 * @param result  its number
 */
CLOAK_MUST_USE cloak_status cloak_mpc_forget_result(struct cloak_mpc_session *session, uint64_t result);

/**
 * Asks for an operation on values. Kinds and lengths are checked now; the numbers themselves, which nobody knows, cannot be: docs/mpc.md says for which the result means something.
 *
 * @param operation  the operation
 * @param inputs     the values that it takes
 * @param count      how many
 * @param outputs    the values that it gives
 * @param capacity   values that fit in `outputs`; when they do not, nothing was asked for
 * @param length     how many it gives
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for another operation, other numbers or constants than it takes, a number that no value has, another number of inputs, or kinds that
 *         it does not take; `CLOAK_ERR_INVALID_LENGTH` where lengths do not fit; in verified mode `CLOAK_ERR_NOT_VERIFIED` for an operation that has no verified form
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_apply(struct cloak_mpc_session *session,
                             const struct cloak_mpc_operation *operation,
                             const uint64_t *inputs,
                             size_t count,
                             uint64_t *outputs,
                             size_t capacity,
                             size_t *length);

/**
 * The rows of a value with so many columns in an order that nobody knows.
 *
 * @param value    the value
 * @param columns  its columns
 * @param rng      source of this party's part of the order; NULL for that of the operating system
 * @param out      the rows in their new order
 * @return those of `cloak_mpc_apply`; `CLOAK_ERR_RANDOMNESS`
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_shuffle(struct cloak_mpc_session *session,
                               uint64_t value,
                               size_t columns,
                               const struct cloak_rng *rng,
                               uint64_t *out);

/**
 * Whether a number is an odd prime: the modulus of a field. It takes a time that tells the number.
 *
 * Hosts only, as everything of prime fields.
 *
 * @param modulus  the number
 * @return `CLOAK_ERR_INVALID_ARGUMENT` unless it is one
 */
CLOAK_MUST_USE cloak_status cloak_prime_check_vartime(uint64_t modulus);

/**
 * Shares of numbers: those of all parties but the last are uniform, up to a statistical distance of 2^-64 a number, and the last party's are what is missing.
 *
 * @param modulus  an odd prime, which is public
 * @param parties  2 or more
 * @param values   the numbers, secret, each below the modulus
 * @param length   how many numbers
 * @param rng      source of the shares; NULL for that of the operating system
 * @param shares   `parties` times `length` words: one vector after the other
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for another modulus and for fewer than two parties; `CLOAK_ERR_OUT_OF_RANGE` for a number that is not below the modulus;
 *         `CLOAK_ERR_INVALID_LENGTH`; `CLOAK_ERR_OVERLAP`; `CLOAK_ERR_RANDOMNESS`
 */
CLOAK_MUST_USE
cloak_status cloak_prime_share(uint64_t modulus,
                               uint32_t parties,
                               const uint64_t *values,
                               size_t length,
                               const struct cloak_rng *rng,
                               uint64_t *shares);

/**
 * Sums, differences or products of elements, one by one.
 *
 * @param modulus    an odd prime, which is public
 * @param operation  one of `cloak_prime_operation`
 * @param x          elements, each below the modulus
 * @param y          as many
 * @param length     how many
 * @param out        the results; not where x or y is
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for another modulus or operation; `CLOAK_ERR_OUT_OF_RANGE` for a number that is not below the modulus; `CLOAK_ERR_OVERLAP`
 */
CLOAK_MUST_USE
cloak_status cloak_prime_combine(uint64_t modulus,
                                 int32_t operation,
                                 const uint64_t *x,
                                 const uint64_t *y,
                                 size_t length,
                                 uint64_t *out);

/**
 * A dealer for so many parties.
 *
 * The caller ends it with `cloak_prime_dealer_free`.
 *
 * @param modulus  an odd prime, which is public
 * @param parties  2 or more
 * @param suite    the cipher of its streams, 1 or 2
 * @param rng      source of the seeds; NULL for that of the operating system
 * @param out      the dealer
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for another modulus and for fewer than two parties; `CLOAK_ERR_UNSUPPORTED` for another suite; `CLOAK_ERR_RANDOMNESS`
 */
CLOAK_MUST_USE
cloak_status cloak_prime_dealer_new(uint64_t modulus,
                                    uint32_t parties,
                                    uint8_t suite,
                                    const struct cloak_rng *rng,
                                    struct cloak_prime_dealer **out);

/**
 * Ends a dealer. NULL is fine.
 */
void cloak_prime_dealer_free(struct cloak_prime_dealer *dealer);

/**
 * A party's share of the next triples. All parties ask for as many in the same order; none gets a triple twice.
 *
 * @param party    the party, from 0
 * @param count    how many triples
 * @param triples  three times `count` words: the shares of a, of b, and of a b
 * @return `CLOAK_ERR_UNKNOWN_PARTY`; `CLOAK_ERR_INVALID_LENGTH` and `CLOAK_ERR_TOO_LONG` for too many
 */
CLOAK_MUST_USE
cloak_status cloak_prime_dealer_triples(struct cloak_prime_dealer *dealer,
                                        uint32_t party,
                                        size_t count,
                                        uint64_t *triples);

/**
 * A party's share of products x y, from what the parties opened and its share of triples.
 *
 * @param modulus  an odd prime, which is public
 * @param first    1 at one party, 0 at all others
 * @param d        x - a, opened, each below the modulus
 * @param e        y - b, opened, each below the modulus
 * @param triples  three times `length` words of `cloak_prime_dealer_triples`
 * @param length   how many products
 * @param out      the shares; not where an input is
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for another modulus or `first`; `CLOAK_ERR_OUT_OF_RANGE` for a number that is not below the modulus; `CLOAK_ERR_INVALID_LENGTH`;
 *         `CLOAK_ERR_OVERLAP`
 */
CLOAK_MUST_USE
cloak_status cloak_prime_product(uint64_t modulus,
                                 int32_t first,
                                 const uint64_t *d,
                                 const uint64_t *e,
                                 const uint64_t *triples,
                                 size_t length,
                                 uint64_t *out);

/**
 * Goes on as far as it gets without messages. What was asked for since the last round begins with it.
 *
 * @param progress  one of `cloak_mpc_progress`
 * @param error     NULL, or where to report whom an error concerns
 * @return that of what ends the session; `CLOAK_ERR_OUT_OF_ORDER` for one that is connected (`cloak_mpc_run`)
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_advance(struct cloak_mpc_session *session,
                               int32_t *progress,
                               struct cloak_error *error);

/**
 * The message of the present round to a party. It has to reach that party unread and unchanged by anybody else.
 *
 * @param to        the party
 * @param out       the message
 * @param capacity  bytes that fit in `out`
 * @param length    bytes of the message
 * @return `CLOAK_ERR_UNKNOWN_PARTY`
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_message(struct cloak_mpc_session *session,
                               uint32_t to,
                               uint8_t *out,
                               size_t capacity,
                               size_t *length);

/**
 * What the message of the present round to a party is made of, after its first eight bytes. For learners who look at a computation from inside.
 *
 * @param to        the party
 * @param parts     the parts, in their order
 * @param capacity  parts that fit
 * @param length    how many parts there are
 * @return `CLOAK_ERR_UNKNOWN_PARTY`
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_message_parts(struct cloak_mpc_session *session,
                                     uint32_t to,
                                     struct cloak_mpc_part *parts,
                                     size_t capacity,
                                     size_t *length);

/**
 * Takes the message of the present round from a party; after the last one `cloak_mpc_advance` goes on. A message that is refused changes nothing.
 *
 * @param from     the party
 * @param message  the message
 * @param length   bytes of `message`
 * @param error    NULL, or where to report whom an error concerns
 * @return `CLOAK_ERR_UNKNOWN_PARTY`; `CLOAK_ERR_OUT_OF_ORDER` while no round is open and for a message of another round; `CLOAK_ERR_DUPLICATE`;
 *         `CLOAK_ERR_MALFORMED` for a message of another length, with the one expected
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_receive(struct cloak_mpc_session *session,
                               uint32_t from,
                               const uint8_t *message,
                               size_t length,
                               struct cloak_error *error);

/**
 * A party whose correlated randomness comes from a dealer in the same program. A dealer serves each party once.
 *
 * Hosts only. The caller ends it with `cloak_mpc_session_free`.
 *
 * @param config  the agreement
 * @param dealer  the dealer, for as many parties and with the same suite; it may be freed while the session lives
 * @param rng     source of what this party draws, all within this call; NULL for that of the operating system
 * @param out     the session
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for a number outside of its range or another dealer; `CLOAK_ERR_UNSUPPORTED` for another suite; `CLOAK_ERR_DUPLICATE`
 *         for a party that the dealer has served; `CLOAK_ERR_NOT_VERIFIED` for exact rounding in verified mode; `CLOAK_ERR_RANDOMNESS`
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_session_new(const struct cloak_mpc_config *config,
                                   struct cloak_mpc_dealer *dealer,
                                   const struct cloak_rng *rng,
                                   struct cloak_mpc_session **out);

/**
 * A party of a computation without a dealer: the parties make correlated randomness by oblivious transfer, before each batch of operations.
 *
 * Hosts only. The caller ends it with `cloak_mpc_session_free`.
 *
 * @param config   the agreement
 * @param session  32 bytes that all parties know and use once
 * @param ahead    about how many words of correlated randomness are held at a time
 * @param rng      source of what this party draws, all within this call; NULL for that of the operating system
 * @param out      the session
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for a number outside of its range; `CLOAK_ERR_UNSUPPORTED` for another suite; `CLOAK_ERR_NOT_VERIFIED` for verified mode, which
 *         has a dealer; `CLOAK_ERR_RANDOMNESS`
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_session_new_without_dealer(const struct cloak_mpc_config *config,
                                                  const uint8_t *session,
                                                  size_t ahead,
                                                  const struct cloak_rng *rng,
                                                  struct cloak_mpc_session **out);

/**
 * Ends a session. NULL is fine.
 */
void cloak_mpc_session_free(struct cloak_mpc_session *session);

/**
 * Numbers that one party gives and the others do not learn. All parties make this call; the owner alone has the numbers.
 *
 * @param owner    the party
 * @param kind     `CLOAK_MPC_INTEGER` or `CLOAK_MPC_REAL`
 * @param length   how many numbers
 * @param numbers  at the owner its numbers, `CLOAK_I64` or `CLOAK_F64`; NULL at all others
 * @param value    the value
 * @return `CLOAK_ERR_INVALID_ARGUMENT` unless the owner alone gives numbers, of that kind; `CLOAK_ERR_INVALID_LENGTH`; `CLOAK_ERR_NOT_FINITE` and
 *         `CLOAK_ERR_OUT_OF_RANGE` for real numbers that do not fit
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_input(struct cloak_mpc_session *session,
                             uint32_t owner,
                             int32_t kind,
                             size_t length,
                             const struct cloak_values *numbers,
                             uint64_t *value);

/**
 * Numbers that everybody knows, as a value.
 *
 * @param numbers  `CLOAK_I64` or `CLOAK_F64`
 * @param value    the value
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for another type; `CLOAK_ERR_NOT_FINITE` and `CLOAK_ERR_OUT_OF_RANGE` for real numbers that do not fit
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_public(struct cloak_mpc_session *session,
                              const struct cloak_values *numbers,
                              uint64_t *value);

/**
 * This party's shares of words that somebody from outside gives: their sums over all parties, modulo 2^64, are the words.
 *
 * @param kind    `CLOAK_MPC_INTEGER` or `CLOAK_MPC_REAL`
 * @param words   the shares, which are secret
 * @param length  how many
 * @param value   the value
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for another kind; `CLOAK_ERR_NOT_VERIFIED` in verified mode
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_shares(struct cloak_mpc_session *session,
                              int32_t kind,
                              const uint64_t *words,
                              size_t length,
                              uint64_t *value);

/**
 * Kind and length of a value.
 *
 * @param value   the value
 * @param kind    one of `cloak_mpc_kind`
 * @param length  how many elements
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for a number that no value has
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_get_form(struct cloak_mpc_session *session,
                                uint64_t value,
                                int32_t *kind,
                                size_t *length);

/**
 * Why a value could not be made, if it could not; `CLOAK_OK` while nobody knows.
 *
 * @param value  the value
 * @return that of what failed; `CLOAK_ERR_INVALID_ARGUMENT` for a number that no value has
 */
CLOAK_MUST_USE cloak_status cloak_mpc_check(struct cloak_mpc_session *session, uint64_t value);

/**
 * Forgets a value, which is wiped once nothing that was asked for needs it. A number that no value has is fine.
 *
 * @param value  the value
 */
CLOAK_MUST_USE cloak_status cloak_mpc_forget(struct cloak_mpc_session *session, uint64_t value);

/**
 * This party's shares of a value, which are secret: for learners who look at a computation from inside. Truth values are packed, 64 to a word.
 *
 * @param value     the value
 * @param out       the words
 * @param capacity  words that fit in `out`
 * @param length    words of the value
 * @return `CLOAK_ERR_OUT_OF_ORDER` while the value is not made; what `cloak_mpc_check` says of it; `CLOAK_ERR_NOT_VERIFIED` in verified mode
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_own_shares(struct cloak_mpc_session *session,
                                  uint64_t value,
                                  uint64_t *out,
                                  size_t capacity,
                                  size_t *length);

/**
 * What was sent and used so far.
 *
 * @param computing  by operations, inputs and openings
 * @param making     by what makes correlated randomness without a dealer
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_get_cost(struct cloak_mpc_session *session,
                                struct cloak_mpc_cost *computing,
                                struct cloak_mpc_cost *making);

/**
 * What the operations will cost that were asked for and have not begun, exactly: nothing in a program depends on a value. Openings are not in it; one takes a round and eight bytes an element.
 *
 * In verified mode inputs, public numbers and openings are in it: steps are all calls that gave a value, in their order, then the openings, each as if nothing was to be checked
 * before it.
 *
 * @param total     all of them, side by side where they are independent
 * @param steps     each by itself, in the order in which they were asked for
 * @param capacity  steps that fit
 * @param length    how many steps there are
 * @return what an operation fails with that fails whatever the values are; `CLOAK_ERR_OUT_OF_ORDER` in verified mode while something runs
 */
CLOAK_MUST_USE
cloak_status cloak_mpc_explain(struct cloak_mpc_session *session,
                               struct cloak_mpc_cost *total,
                               struct cloak_mpc_cost *steps,
                               size_t capacity,
                               size_t *length);

/**
 * Recovers the masks of the round.
 *
 * Hosts only. The caller ends the opening with `cloak_opening_free`.
 *
 * @param server  a server whose step is `CLOAK_STEP_SUM`; it may go on or be freed while the opening lives
 * @param out     the opening
 * @return `CLOAK_ERR_OUT_OF_ORDER` in another step; `CLOAK_ERR_TOO_FEW_SHARES`
 */
CLOAK_MUST_USE cloak_status cloak_server_opening(const struct cloak_server *server, struct cloak_opening **out);

/**
 * Ends an opening and wipes its masks. NULL is fine.
 */
void cloak_opening_free(struct cloak_opening *opening);

/**
 * The rotation seed of the round, with which `cloak_mechanism_decode` reads the sum of a run with a noise mechanism. It is public.
 *
 * @param out  the seed, 32 bytes
 */
CLOAK_MUST_USE
cloak_status cloak_opening_rotation_seed(const struct cloak_opening *opening,
                                         uint8_t out[32]);

/**
 * Adds a range of one survivor's contribution to an accumulator.
 *
 * @param segment         index of the segment
 * @param first           first element of the range, a multiple of 8. Elements are the values and then the zero coordinates.
 * @param payload         the whole payload, as received
 * @param payload_length  bytes of `payload`
 * @param accumulator     one lane for each element of the range; their number is a multiple of 8 unless the range ends the segment
 * @return `CLOAK_ERR_INVALID_LENGTH` for a payload of another size or a range that does not fit; `CLOAK_ERR_INVALID_WIDTH` for another lane
 *         type than that of `cloak_run_layout`
 */
CLOAK_MUST_USE
cloak_status cloak_opening_add(const struct cloak_opening *opening,
                               uint32_t segment,
                               uint64_t first,
                               const uint8_t *payload,
                               size_t payload_length,
                               const struct cloak_lanes *accumulator);

/**
 * Takes the masks off a range in which an accumulator holds the sum of all survivors.
 *
 * @param segment      index of the segment
 * @param first        first element of the range, a multiple of 8
 * @param accumulator  one lane for each element of the range; their number is a multiple of 8 unless the range ends the segment. Afterwards
 *                     the residues of the sum.
 * @return as `cloak_opening_add`
 */
CLOAK_MUST_USE
cloak_status cloak_opening_unmask(const struct cloak_opening *opening,
                                  uint32_t segment,
                                  uint64_t first,
                                  const struct cloak_lanes *accumulator);

/**
 * Checks the zero coordinates of a segment after the masks were taken off.
 *
 * @param segment  index of the segment
 * @param zeros    all residues that follow the last value of the segment, in its lane type
 * @return `CLOAK_ERR_MASKS_DID_NOT_CANCEL` when one is not zero: throw the sum of every segment away and tell `cloak_server_finish`;
 *         `CLOAK_ERR_INVALID_LENGTH` for another number of them
 */
CLOAK_MUST_USE
cloak_status cloak_opening_check_zeros(const struct cloak_opening *opening,
                                       uint32_t segment,
                                       const struct cloak_values *zeros);

/**
 * Begins a run with this party's items, up to 2^20 different ones; repeated ones count once.
 *
 * Hosts only, as everything of private set intersection. The caller ends it with `cloak_psi_free`.
 *
 * @param config   the agreement
 * @param items    the items, byte strings of any lengths, one behind the other
 * @param length   bytes of all items
 * @param lengths  the length of each item
 * @param count    how many items
 * @param rng      source of what this party draws, all within this call; NULL for that of the operating system
 * @param out      the run
 * @return `CLOAK_ERR_INVALID_ARGUMENT` for a number outside of its range; `CLOAK_ERR_UNKNOWN_PARTY` for an index that is no party's; `CLOAK_ERR_INVALID_LENGTH` for lengths that
 *         do not add up; `CLOAK_ERR_TOO_LONG` for more items than the agreed size, or than there may be; `CLOAK_ERR_RANDOMNESS`
 */
CLOAK_MUST_USE
cloak_status cloak_psi_new_vartime(const struct cloak_psi_config *config,
                                   const uint8_t *items,
                                   size_t length,
                                   const size_t *lengths,
                                   size_t count,
                                   const struct cloak_rng *rng,
                                   struct cloak_psi **out);

/**
 * Ends a run. NULL is fine.
 */
void cloak_psi_free(struct cloak_psi *psi);

/**
 * How far a run is.
 *
 * @param round    the present round, from 0; that of the end is `rounds`
 * @param rounds   how many rounds there are
 * @param pending  rows that are to be multiplied before this round's messages exist
 */
CLOAK_MUST_USE
cloak_status cloak_psi_get_progress(const struct cloak_psi *psi,
                                    uint32_t *round,
                                    uint32_t *rounds,
                                    size_t *pending);

/**
 * Multiplies rows of this round. A row takes tens of microseconds for each element, so a caller can show progress, or stop, between calls.
 *
 * @param count    how many rows, at most
 * @param threads  on how many threads, 1 or more
 * @param error    NULL, or where to report whom an error concerns
 * @return `CLOAK_ERR_NON_CANONICAL` for what encodes no element, and `CLOAK_ERR_LOW_ORDER_KEY` for zero, with the party that sent it: the run cannot go on;
 *         `CLOAK_ERR_INVALID_ARGUMENT` for no thread, or more than 1024
 */
CLOAK_MUST_USE
cloak_status cloak_psi_work_vartime(struct cloak_psi *psi,
                                    size_t count,
                                    uint32_t threads,
                                    struct cloak_error *error);

/**
 * The message of the present round to a party, of no bytes where there is nothing to say. It has to reach that party unread and unchanged by anybody else.
 *
 * @param to        the party
 * @param out       the message
 * @param capacity  bytes that fit in `out`
 * @param length    bytes of the message
 * @return `CLOAK_ERR_UNKNOWN_PARTY`; `CLOAK_ERR_OUT_OF_ORDER` while work is pending and after the end
 */
CLOAK_MUST_USE
cloak_status cloak_psi_message(const struct cloak_psi *psi,
                               uint32_t to,
                               uint8_t *out,
                               size_t capacity,
                               size_t *length);

/**
 * Takes the message of the present round from a party; one of no bytes says that there is nothing to say. A message that is refused changes nothing.
 *
 * @param from     the party
 * @param message  the message
 * @param length   bytes of `message`
 * @param error    NULL, or where to report whom an error concerns
 * @return `CLOAK_ERR_UNKNOWN_PARTY`; `CLOAK_ERR_OUT_OF_ORDER` while work is pending, after the end, and for a party that has nothing to say; `CLOAK_ERR_DUPLICATE`; `CLOAK_ERR_WRONG_RUN`
 *         for a message of another run, agreement, round or pair; `CLOAK_ERR_MALFORMED`; `CLOAK_ERR_REPEATED_ELEMENT`; `CLOAK_ERR_COUNT_CHANGED` and `CLOAK_ERR_TOO_LONG` for another
 *         number of elements; `CLOAK_ERR_NON_CANONICAL`, `CLOAK_ERR_LOW_ORDER_KEY`, `CLOAK_ERR_REPEATED_KEY`; `CLOAK_ERR_NOT_IN_SET` for a common item that this party does not hold
 */
CLOAK_MUST_USE
cloak_status cloak_psi_receive_vartime(struct cloak_psi *psi,
                                       uint32_t from,
                                       const uint8_t *message,
                                       size_t length,
                                       struct cloak_error *error);

/**
 * Goes to the next round, when this round's messages have been taken and given; they are gone then.
 *
 * @param error  NULL, or where to report whom an error concerns
 * @return `CLOAK_ERR_OUT_OF_ORDER` while work is pending, after the end, and, with the party, while a message is missing
 */
CLOAK_MUST_USE
cloak_status cloak_psi_advance_vartime(struct cloak_psi *psi,
                                       struct cloak_error *error);

/**
 * How many items all sets hold.
 *
 * @param size  their number
 * @return `CLOAK_ERR_OUT_OF_ORDER` before the last round
 */
CLOAK_MUST_USE cloak_status cloak_psi_get_size(const struct cloak_psi *psi, size_t *size);

/**
 * Which of this party's items all sets hold: their places among those that it gave, ascending; of a repeated one the first.
 *
 * @param places    the places
 * @param capacity  places that fit
 * @param length    how many there are
 * @return `CLOAK_ERR_OUT_OF_ORDER` before the last round, and where the parties learn the size alone
 */
CLOAK_MUST_USE
cloak_status cloak_psi_get_common(const struct cloak_psi *psi,
                                  uint32_t *places,
                                  size_t capacity,
                                  size_t *length);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* CLOAKWORK_H */
