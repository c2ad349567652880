// Identities, fingerprints, hashes, channels; what is refused, and what remains of an object that was moved from.
#include "check.hpp"

#include <algorithm>
#include <array>

#ifndef CLOAKWORK_NO_EXCEPTIONS
#include <stdexcept>
#endif

using namespace cloakwork;

static_assert(!std::is_copy_constructible_v<Identity> && !std::is_copy_assignable_v<Identity>);
static_assert(std::is_nothrow_move_constructible_v<Identity> && std::is_nothrow_move_assignable_v<Identity>);
static_assert(!std::is_copy_constructible_v<Channel> && std::is_nothrow_move_constructible_v<Channel>);

static void keys() {
    const Identity identity = GET(Identity::generate());
    const SecretBytes secret = GET(identity.secret());
    CHECK(secret.size() == 32);
    const Bytes32 key = GET(identity.public_key());
    const Identity again = GET(Identity::from_bytes(secret));
    CHECK(GET(again.public_key()) == key);
    CHECK(GET(GET(Identity::generate()).public_key()) != key);
    CHECK(ERROR_OF(Identity::from_bytes(Bytes(31))).status == CLOAK_ERR_INVALID_LENGTH);
    CHECK(ERROR_OF(Identity::from_bytes(Bytes())).status == CLOAK_ERR_INVALID_LENGTH);
    CHECK(ERROR_OF(Identity::from_bytes(Bytes(32, 0))).status == CLOAK_ERR_INVALID_ARGUMENT);

    const std::string text = GET(fingerprint(key));
    CHECK(text.size() + 1 == CLOAK_FINGERPRINT_SIZE);
    CHECK(GET(public_key(text)) == key);
    CHECK(ERROR_OF(public_key(text.substr(1))).status == CLOAK_ERR_MALFORMED);
    CHECK(ERROR_OF(public_key(text + std::string("\0x", 2))).status == CLOAK_ERR_MALFORMED);
}

static void sources() {
    std::uint8_t next = 1;
    const Random counting([&](span<std::uint8_t> out) {
        std::generate(out.begin(), out.end(), [&] { return next++; });
        return true;
    });
    const Identity first = GET(Identity::generate(counting));
    CHECK(next == 33);
    next = 1;
    CHECK(GET(GET(Identity::generate(counting)).public_key()) == GET(first.public_key()));
    const Random failing([](span<std::uint8_t>) { return false; });
    CHECK(ERROR_OF(Identity::generate(failing)).status == CLOAK_ERR_RANDOMNESS);
#ifndef CLOAKWORK_NO_EXCEPTIONS
    const Random throwing([](span<std::uint8_t>) -> bool { throw std::runtime_error("no entropy"); });
    CHECK(ERROR_OF(Identity::generate(throwing)).status == CLOAK_ERR_RANDOMNESS);
#endif
}

static void moves() {
    Identity identity = GET(Identity::generate());
    const Bytes32 key = GET(identity.public_key());
    Identity other = std::move(identity);
    CHECK(GET(other.public_key()) == key);
    // NOLINTNEXTLINE(bugprone-use-after-move,clang-analyzer-cplusplus.Move): that it is refused is what is tested.
    CHECK(ERROR_OF(identity.public_key()).status == CLOAK_ERR_NULL_POINTER);
    identity = std::move(other);
    CHECK(GET(identity.public_key()) == key);
    Identity &same = identity;
    identity = std::move(same);
    CHECK(GET(identity.public_key()) == key);
}

static void channels() {
    const Identity client = GET(Identity::generate());
    const Identity server = GET(Identity::generate());
    const Channel here = GET(Channel::open(client, Channel::Side::client, GET(server.public_key())));
    const Channel there = GET(Channel::open(server, Channel::Side::server, GET(client.public_key())));
    Request request;
    request.counter = 7;
    request.method = "POST";
    request.path = "/runs/1";
    request.run = RunId{1, 2, 3};
    request.body_hash = GET(sha256(Bytes{1, 2, 3}));
    const Bytes32 mac = GET(here.mac(request));
    GET(there.verify(request, mac));
    const auto differs = [&](const Request &other) { return ERROR_OF(there.verify(other, mac)).status == CLOAK_ERR_NOT_AUTHENTIC; };
    Request other = request;
    other.counter++;
    CHECK(differs(other));
    other = request;
    other.query = "x";
    CHECK(differs(other));
    other = request;
    other.run.reset();
    CHECK(differs(other));
    other = request;
    other.response = true;
    CHECK(differs(other));
    CHECK(ERROR_OF(Channel::open(client, Channel::Side::client, GET(client.public_key()))).status == CLOAK_ERR_REPEATED_KEY);
    CHECK(ERROR_OF(Channel::open(client, Channel::Side::client, Bytes32{})).status == CLOAK_ERR_LOW_ORDER_KEY);
}

static void views() {
    // Whatever holds its elements one after the other.
    const std::uint8_t plain[] = {'a', 'b', 'c'};
    const std::array<std::uint8_t, 3> array = {'a', 'b', 'c'};
    Bytes vector = {'a', 'b', 'c'};
    const Bytes32 hash = GET(sha256(vector));
    CHECK(hash[0] == 0xba && hash[31] == 0xad);
    CHECK(GET(sha256(plain)) == hash && GET(sha256(array)) == hash && GET(sha256(span<std::uint8_t>(vector))) == hash);
    CHECK(GET(sha256({})) != hash);
    static_assert(!std::is_convertible_v<std::vector<double>, ByteView> && !std::is_convertible_v<const Bytes &, span<std::uint8_t>>);
}

void test_identity() {
    keys();
    sources();
    moves();
    channels();
    views();
}
