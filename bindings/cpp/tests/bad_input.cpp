// What bad input gets: objects that were moved from, sources that fail, vectors that do not fit, lengths that nothing can have, and objects of
// another kind. A status each, and everything is as it was.
#include "table.hpp"

#include <limits>

using namespace cloakwork;

// A handle of another kind does not compile.
static_assert(!std::is_invocable_v<decltype(&Client::join), const Run &, const Run &>);
static_assert(!std::is_invocable_v<decltype(&Client::join), const Identity &, const Identity &>);
static_assert(!std::is_invocable_v<decltype(&Server::open), const Client &>);
static_assert(!std::is_constructible_v<Values, const std::vector<bool> &> && !std::is_constructible_v<Values, const std::vector<char> &> &&
              !std::is_constructible_v<Values, const Client &> && !std::is_constructible_v<Client, cloak_client *>);

namespace {

constexpr std::size_t too_long = std::numeric_limits<std::size_t>::max();

struct Office {
    std::map<std::uint64_t, Identity> members = people(3);
    Run run;
    Office() : run(define(members)) {}

    static Run define(const std::map<std::uint64_t, Identity> &members) {
        RunConfig config;
        config.segments = {{"values", 4, 32, 8, true}};
        return GET(Run::define(config, roster(members)));
    }
};

Mechanism noise() {
    Wanted wanted;
    wanted.dimension = 4;
    wanted.block_log2 = 2;
    wanted.epsilon = 8;
    wanted.delta = 1e-5;
    wanted.clip = 1;
    wanted.clients = 4;
    wanted.honest = 2;
    wanted.bits = 24;
    return GET(choose(wanted)).mechanism;
}

void moved_from() {
    Office office;
    Run run = std::move(office.run);
    Client client = GET(Client::join(run, office.members.at(1)));
    Server server = GET(Server::open(run));
    const Run kept_run = std::move(run);
    const Client kept_client = std::move(client);
    const Server kept_server = std::move(server);
    // NOLINTBEGIN(bugprone-use-after-move,clang-analyzer-cplusplus.Move): that they are refused is what is tested.
    CHECK(ERROR_OF(run.hash()).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(Server::open(run)).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(Client::join(run, office.members.at(1))).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(client.save()).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(client.advertise(Bytes{1})).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(client.mask({std::vector<double>(4)})).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(server.invite()).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(server.message(1)).status == CLOAK_ERR_NULL_POINTER);
    Identity identity = GET(Identity::generate());
    const Bytes32 key = GET(identity.public_key());
    const Bytes32 peer = GET(GET(Identity::generate()).public_key());
    Channel channel = GET(Channel::open(identity, Channel::Side::client, peer));
    Contribution contribution = GET(Contribution::begin(noise(), 24, Suite::chacha20, key));
    Accountant accountant = GET(Accountant::create());
    const Channel kept_channel = std::move(channel);
    Contribution kept_contribution = std::move(contribution);
    const Accountant kept_accountant = std::move(accountant);
    const Identity kept_identity = std::move(identity);
    CHECK(ERROR_OF(identity.public_key()).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(identity.secret()).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(Channel::open(identity, Channel::Side::client, peer)).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(Client::join(kept_run, identity)).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(channel.mac(Request())).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(channel.verify(Request(), key)).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(contribution.add(std::vector<double>(4))).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(contribution.residues()).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(accountant.add_gaussian(1)).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(accountant.epsilon(1e-5)).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(accountant.divergences()).status == CLOAK_ERR_NULL_POINTER);
    // NOLINTEND(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    CHECK(GET(kept_identity.public_key()) == key && GET(kept_channel.mac(Request())) != key && GET(kept_accountant.epsilon(1e-5)).epsilon == 0);
    GET(kept_contribution.add(std::vector<double>(4)));
    CHECK(GET(kept_contribution.residues()).size() == 4);
    CHECK(GET(kept_client.info()).id == 1 && GET(kept_server.phase()).step == CLOAK_STEP_IDLE && GET(kept_run.info()).members == 3);
}

// A source that says that it has no bytes, and one that throws: the call fails, and goes well with another source.
void sources() {
    unsigned asked = 0;
    const Random empty([&](span<std::uint8_t>) {
        asked++;
        return false;
    });
    Office office;
    Server server = GET(Server::open(office.run));
    Client client = GET(Client::join(office.run, office.members.at(1)));
    GET(server.invite());
    const Bytes invitation = GET(server.message(1));
    CHECK(ERROR_OF(client.advertise(invitation, empty)).status == CLOAK_ERR_RANDOMNESS && asked > 0);
    CHECK(GET(client.info()).state == CLOAK_CLIENT_IDLE);
    CHECK(ERROR_OF(Identity::generate(empty)).status == CLOAK_ERR_RANDOMNESS);
    CHECK(ERROR_OF(discrete_gaussian(1, 10, Suite::chacha20, empty)).status == CLOAK_ERR_RANDOMNESS);
    CHECK(ERROR_OF(discrete_laplace_vartime({1, 1}, 10, empty)).status == CLOAK_ERR_RANDOMNESS);
    Contribution contribution = GET(Contribution::begin(noise(), 24, Suite::chacha20, Bytes32{}));
    CHECK(ERROR_OF(contribution.add(std::vector<double>(4), empty)).status == CLOAK_ERR_RANDOMNESS);
    // The part was not counted.
    CHECK(ERROR_OF(contribution.residues()).status == CLOAK_ERR_OUT_OF_ORDER);
    std::vector<double> message = {1, 2, 3};
    const Central central{Central::Kind::gaussian, 1, 1e-5, 10, 1};
    CHECK(ERROR_OF(central.noise_vartime(message, empty)).status == CLOAK_ERR_RANDOMNESS && message == std::vector<double>(3));
#ifndef CLOAKWORK_NO_EXCEPTIONS
    const Random throws([](span<std::uint8_t>) -> bool { throw std::runtime_error("no bytes"); });
    CHECK(ERROR_OF(client.advertise(invitation, throws)).status == CLOAK_ERR_RANDOMNESS);
#endif
    CHECK(!GET(client.advertise(invitation)).empty());
}

// Vectors that are too short or too long for what they are for.
void lengths() {
    for (const std::size_t length : {std::size_t{0}, std::size_t{3}, std::size_t{5}}) {
        Contribution contribution = GET(Contribution::begin(noise(), 24, Suite::chacha20, Bytes32{}));
        CHECK(ERROR_OF(contribution.add(std::vector<double>(length))).status == CLOAK_ERR_INVALID_LENGTH);
        CHECK(ERROR_OF(decode(noise(), 24, Suite::chacha20, Bytes32{}, Residues::zeros(CLOAK_U32, length))).status == CLOAK_ERR_INVALID_LENGTH);
    }
    std::vector<double> odd(3);
    CHECK(ERROR_OF(hadamard::transform(odd)).status == CLOAK_ERR_INVALID_LENGTH);
    const std::uint8_t byte = 0;
    const std::uint8_t *nothing = nullptr;
    CHECK(ERROR_OF(sha256(ByteView(&byte, too_long))).status == CLOAK_ERR_INVALID_LENGTH);
    CHECK(ERROR_OF(message_kind(ByteView(&byte, too_long))).status == CLOAK_ERR_INVALID_LENGTH);
    CHECK(ERROR_OF(Run::decode(ByteView(&byte, too_long), {})).status == CLOAK_ERR_INVALID_LENGTH);
    CHECK(ERROR_OF(Run::decode({}, ByteView(&byte, too_long))).status != CLOAK_OK);
    CHECK(ERROR_OF(discrete_gaussian(1, too_long)).status == CLOAK_ERR_INVALID_LENGTH);
    CHECK(ERROR_OF(discrete_gaussian_of(Bytes32{}, 1, too_long / 2)).status == CLOAK_ERR_INVALID_LENGTH);
    CHECK(ERROR_OF(skellam_vartime({1, 1}, too_long / 8)).status == CLOAK_ERR_INVALID_LENGTH);
    CHECK(ERROR_OF(sha256(ByteView(nothing, 1))).status == CLOAK_ERR_NULL_POINTER);
    CHECK(GET(sha256(ByteView(nothing, 0))) == GET(sha256(Bytes())));
}

// A call that says twice that its buffer is too short fails with that, and leaves nothing in the vector.
void short_buffers() {
    Bytes out = {1, 2, 3};
    unsigned calls = 0;
    const cloak_status status = detail::collect(out, 1, [&](std::uint8_t *, std::size_t capacity, std::size_t *length) {
        calls++;
        *length = capacity + 1;
        return CLOAK_ERR_BUFFER_TOO_SMALL;
    });
    CHECK(status == CLOAK_ERR_BUFFER_TOO_SMALL && calls == 2 && out.empty());
    CHECK(ERROR_OF(detail::done(status)).status == CLOAK_ERR_BUFFER_TOO_SMALL);
}

// Whoever goes past the types is told by the library.
void kinds() {
    const Office office;
    const Identity identity = GET(Identity::generate());
    Bytes32 hash{};
    const cloak_status status = cloak_run_hash(reinterpret_cast<const cloak_run *>(identity.get()), hash.data());
    CHECK(status == CLOAK_ERR_WRONG_HANDLE && hash == Bytes32{});
#ifndef CLOAKWORK_NO_EXCEPTIONS
    bool typed = false;
    try {
        detail::done(status);
    } catch (const ArgumentError &error) {
        typed = error.status() == CLOAK_ERR_WRONG_HANDLE;
    }
    CHECK(typed);
#endif
    // A message of another kind, and one of the other direction.
    Server server = GET(Server::open(office.run));
    Client client = GET(Client::join(office.run, office.members.at(1)));
    GET(server.invite());
    const Bytes invitation = GET(server.message(1));
    CHECK(ERROR_OF(client.confirm(invitation)).status != CLOAK_OK && ERROR_OF(client.unmask(invitation)).status != CLOAK_OK);
    CHECK(ERROR_OF(server.receive(1, invitation)).status != CLOAK_OK);
    CHECK(GET(client.info()).state == CLOAK_CLIENT_IDLE && GET(server.waiting()).size() == 3);
}

} // namespace

void test_bad_input() {
    moved_from();
    sources();
    lengths();
    short_buffers();
    kinds();
}
