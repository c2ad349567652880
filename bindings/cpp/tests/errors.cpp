// Errors: the class of each hundred, the party and the bound, and the way back out of a refusal.
#include "table.hpp"

#include <cmath>
#include <cstring>

using namespace cloakwork;

namespace {

struct Three {
    std::map<std::uint64_t, Identity> members = people(3);
    RunConfig config;
    Three() {
        config.segments = {{"values", 4, 32, 8, true}};
    }
    Run run() const { return GET(Run::define(config, roster(members))); }
};

#ifndef CLOAKWORK_NO_EXCEPTIONS

template <class Expected, class Call>
bool throws(cloak_status status, Call call) {
    try {
        call();
    } catch (const Expected &error) {
        return error.status() == status && std::strstr(error.what(), cloak_status_text(status)) != nullptr;
    } catch (...) {
        return false;
    }
    return false;
}

void classes() {
    const Three three;
    const Run run = three.run();
    const Identity stranger = Identity::generate();
    Client client = Client::join(run, three.members.at(1));
    const Random failing([](span<std::uint8_t>) { return false; });
    CHECK(throws<ArgumentError>(CLOAK_ERR_INVALID_LENGTH, [] { Identity::from_bytes(Bytes(3)); }));
    CHECK(throws<NumberError>(CLOAK_ERR_INVALID_WIDTH, [&] { run.to_f64(0, Residues::zeros(CLOAK_U64, 4)); }));
    CHECK(throws<ArgumentError>(CLOAK_ERR_INVALID_WIDTH, [&] { run.to_f64(0, Residues::zeros(CLOAK_U64, 4)); }));
    CHECK(throws<EncodingError>(CLOAK_ERR_MALFORMED, [&] { Run::decode(Bytes{1, 2, 3}, Bytes()); }));
    CHECK(throws<CryptoError>(CLOAK_ERR_RANDOMNESS, [&] { Identity::generate(failing); }));
    CHECK(throws<ProtocolError>(CLOAK_ERR_UNKNOWN_PARTY, [&] { Client::join(run, stranger); }));
    CHECK(throws<ProtocolError>(CLOAK_ERR_OUT_OF_ORDER, [&] { client.rotation_seed(); }));
    CHECK(throws<PrivacyError>(CLOAK_ERR_INVALID_MECHANISM, [] { Mechanism().check(); }));
    RunConfig wrong = three.config;
    wrong.degree = 1;
    CHECK(throws<ParameterError>(CLOAK_ERR_INVALID_DEGREE, [&] { Run::define(wrong, roster(three.members)); }));
    CHECK(throws<Exception>(CLOAK_ERR_INVALID_DEGREE, [&] { Run::define(wrong, roster(three.members)); }));
    // No call can be made to find a defect of the library: the class is taken from the number alone.
    const auto thrown = [](cloak_status status) { return [status] { detail::fail<int>(detail::plain(status)); }; };
    CHECK(throws<InternalError>(CLOAK_ERR_PANIC, thrown(CLOAK_ERR_PANIC)));
    CHECK(!throws<ArgumentError>(CLOAK_ERR_PANIC, thrown(CLOAK_ERR_PANIC)));
    CHECK(throws<Exception>(static_cast<cloak_status>(801), thrown(static_cast<cloak_status>(801))));
}

#else

void values_of_results() {
    const Result<Identity> refused = Identity::from_bytes(Bytes(3));
    CHECK(!refused.ok() && !refused && refused.status() == CLOAK_ERR_INVALID_LENGTH && refused.error().status == CLOAK_ERR_INVALID_LENGTH);
    Result<Identity> made = Identity::generate();
    CHECK(made.ok() && made && made.status() == CLOAK_OK);
    CHECK(made->public_key().ok() && (*made).public_key().ok() && made.value().public_key().ok());
    const Identity taken = std::move(made).value();
    CHECK(taken.public_key().ok());
    CHECK(Result<void>().ok() && Result<void>().status() == CLOAK_OK);
    CHECK(!Result<void>(detail::plain(CLOAK_ERR_BUSY)).ok());
}

#endif

// Whom an error concerns, and which bound was missed.
void details() {
    const Three three;
    std::vector<Member> listed = roster(three.members);
    listed[1].key = Bytes32{};
    const Run weak = GET(Run::define(three.config, listed));
    const Error low_order = ERROR_OF(Server::open(weak));
    CHECK(low_order.status == CLOAK_ERR_LOW_ORDER_KEY && low_order.party == std::optional<std::uint64_t>(2) && !low_order.bound);

    std::map<std::uint64_t, Identity> members = people(3);
    Run run = GET(Run::define(three.config, roster(members)));
    Table whole(std::move(run), std::move(members));
    whole.set_up();
    GET(whole.server.begin(whole.context));
    Client &client = whole.seats.at(1).client;
    GET(client.begin(GET(whole.server.message(1)), whole.context));
    // 32 bits over 3 members: the largest integer is floor((2^31 - 1) / 3), that of 2^-8 units.
    const Error large = ERROR_OF(client.mask({std::vector<double>{0, 0, 3e6, 0}}));
    CHECK(large.status == CLOAK_ERR_OUT_OF_RANGE && large.bound == std::optional<std::uint64_t>(715827882));
    CHECK(large.message().find("bound 715827882") != std::string::npos && large.message().find("202") != std::string::npos);
    CHECK(ERROR_OF(client.mask({std::vector<double>{0, NAN, 0, 0}})).status == CLOAK_ERR_NOT_FINITE);
    CHECK(ERROR_OF(client.mask({std::vector<double>(3)})).status == CLOAK_ERR_INVALID_LENGTH);
    CHECK(ERROR_OF(client.mask({std::vector<double>(4), std::vector<double>(4)})).status == CLOAK_ERR_INVALID_LENGTH);
    CHECK(ERROR_OF(client.mask({std::vector<std::uint32_t>(4)})).status == CLOAK_ERR_INVALID_ARGUMENT);
    CHECK(GET(client.info()).state == CLOAK_CLIENT_BEGUN);
    // Nothing was refused for good: the right values go.
    CHECK(!GET(client.mask({std::vector<float>{1, 2, 3, 4}})).empty());
    CHECK(ERROR_OF(client.mask({std::vector<float>{1, 2, 3, 4}})).status == CLOAK_ERR_OUT_OF_ORDER);

    const Error stranger = ERROR_OF(whole.server.receive(99, Bytes{1}));
    CHECK(stranger.status == CLOAK_ERR_UNKNOWN_PARTY);
    CHECK(ERROR_OF(whole.server.message(99)).status == CLOAK_ERR_UNKNOWN_PARTY);
    CHECK(ERROR_OF(whole.run.segment(1)).status == CLOAK_ERR_INVALID_ARGUMENT);
    CHECK(ERROR_OF(whole.run.neighbours(99)).status == CLOAK_ERR_UNKNOWN_PARTY);
    CHECK(ERROR_OF(message_kind(Bytes{0xff})).status == CLOAK_ERR_MALFORMED);
    CHECK(ERROR_OF(plan_graph(2, 0, 0, 1)).status == CLOAK_ERR_INVALID_ARGUMENT);
    CHECK(GET(plan_graph(10000, 0.05, 0.05, 100)).degree % 2 == 0);
}

void states() {
    const Three three;
    const Run run = three.run();
    const Client client = GET(Client::join(run, three.members.at(1)));
    SecretBytes state = GET(client.save());
    CHECK(GET(GET(Client::load(run, three.members.at(1), state)).info()).id == 1);
    const cloak_status others = ERROR_OF(Client::load(run, three.members.at(2), state)).status;
    CHECK(others == CLOAK_ERR_NOT_PINNED || others == CLOAK_ERR_WRONG_RUN);
    state.pop_back();
    CHECK(ERROR_OF(Client::load(run, three.members.at(1), state)).status != CLOAK_OK);
    CHECK(ERROR_OF(Client::load(run, three.members.at(1), {})).status != CLOAK_OK);
}

void parameters() {
    Three three;
    three.config.segments[0].label = std::string(33, 'a');
    CHECK(ERROR_OF(Run::define(three.config, roster(three.members))).status == CLOAK_ERR_INVALID_RUN);
    three.config.segments[0].label = std::string(32, 'a');
    CHECK(GET(three.run().segment(0)).label == std::string(32, 'a'));
    CHECK(ERROR_OF(Run::define(three.config, {})).status == CLOAK_ERR_INVALID_ROSTER);
    three.config.segments.clear();
    CHECK(ERROR_OF(Run::define(three.config, roster(three.members))).status == CLOAK_ERR_INVALID_RUN);
}

} // namespace

void test_errors() {
#ifndef CLOAKWORK_NO_EXCEPTIONS
    classes();
#else
    values_of_results();
#endif
    details();
    states();
    parameters();
}
