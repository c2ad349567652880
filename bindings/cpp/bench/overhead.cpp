// Masks a vector of doubles by the C interface and by cloakwork.hpp, in turns, each into memory of its own: overhead LENGTH MEMBERS PAIRS. Prints the
// milliseconds of both, a line for each pair. With OVERHEAD_INTO `mask_into` gets the memory that C gets too, otherwise `mask` makes a vector of it.
// Build it with optimisation; nothing else should run on the machine.
#include <chrono>
#include <cloakwork.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>

namespace cw = cloakwork;

namespace {

// The client with the id 1, in a round of everybody that it has not masked yet.
struct Ready {
    cw::Run run;
    cw::Identity identity;
    cw::SecretBytes state;
};

Ready prepare(std::size_t length, std::uint64_t clients) {
    std::map<std::uint64_t, cw::Identity> identities;
    std::vector<cw::Member> roster;
    for (std::uint64_t id = 1; id <= clients; id++) {
        const auto made = identities.emplace(id, cw::Identity::generate()).first;
        roster.push_back({id, made->second.public_key()});
    }
    cw::RunConfig config;
    config.segments = {{"values", length, 40, 20, true}};
    cw::Run run = cw::Run::define(config, roster);
    cw::Server server = cw::Server::open(run);
    std::map<std::uint64_t, cw::Client> members;
    for (const auto &[id, identity] : identities) {
        members.emplace(id, cw::Client::join(run, identity));
    }
    const auto each = [&](auto answer) {
        std::map<std::uint64_t, cw::Bytes> messages;
        for (const auto &entry : members) {
            messages[entry.first] = server.message(entry.first);
        }
        for (auto &[id, client] : members) {
            answer(id, client, messages[id]);
        }
    };
    server.invite();
    each([&](std::uint64_t id, cw::Client &client, const cw::Bytes &message) { server.receive(id, client.advertise(message)); });
    each([&](std::uint64_t id, cw::Client &client, const cw::Bytes &message) { server.receive(id, client.confirm(message)); });
    each([&](std::uint64_t, cw::Client &client, const cw::Bytes &message) { client.accept(message); });
    const cw::Bytes32 context = cw::sha256({});
    server.begin(context);
    cw::Client &first = members.at(1);
    first.begin(server.message(1), context);
    cw::SecretBytes state = first.save();
    return {std::move(run), std::move(identities.at(1)), std::move(state)};
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void must(cloak_status status) {
    if (status != CLOAK_OK) {
        std::fprintf(stderr, "%s\n", cloak_status_text(status));
        std::exit(1);
    }
}

// Where a message falls in memory decides a few percent: before each there is something of another size.
std::vector<char> elsewhere() {
    static std::minstd_rand draw(1);
    return std::vector<char>(16 * (1 + draw() % 16384));
}

double by_c(const Ready &ready, const std::vector<double> &values) {
    cloak_client *client = nullptr;
    must(cloak_client_load(ready.run.get(), ready.identity.get(), ready.state.data(), ready.state.size(), &client, nullptr));
    const std::vector<char> before = elsewhere();
    const auto start = std::chrono::steady_clock::now();
    std::size_t size = 0;
    must(cloak_client_masked_size(client, &size));
    auto *message = static_cast<std::uint8_t *>(std::malloc(size));
    const cloak_values segment = {CLOAK_F64, values.data(), values.size()};
    must(message == nullptr ? CLOAK_ERR_OUT_OF_MEMORY : cloak_client_mask(client, nullptr, &segment, 1, message, size, &size));
    std::free(message);
    const double out = seconds_since(start);
    cloak_client_free(client);
    return out;
}

double by_cpp(const Ready &ready, const std::vector<double> &values) {
    cw::Client client = cw::Client::load(ready.run, ready.identity, ready.state);
    const std::vector<char> before = elsewhere();
    const auto start = std::chrono::steady_clock::now();
#ifdef OVERHEAD_INTO
    const std::size_t size = client.masked_size();
    auto *message = static_cast<std::uint8_t *>(std::malloc(size));
    must(message == nullptr ? CLOAK_ERR_OUT_OF_MEMORY : CLOAK_OK);
    const bool whole = client.mask_into({values}, {message, size}) > values.size();
    std::free(message);
#else
    const bool whole = client.mask({values}).size() > values.size();
#endif
    const double out = seconds_since(start);
    must(whole ? CLOAK_OK : CLOAK_ERR_INVALID_LENGTH);
    return out;
}

void measure(std::size_t length, std::uint64_t clients, unsigned long pairs) {
    const Ready ready = prepare(length, clients);
    std::vector<double> values(length);
    for (std::size_t i = 0; i < length; i++) {
        values[i] = std::sin(static_cast<double>(i));
    }
    by_c(ready, values);
    by_cpp(ready, values);
    for (unsigned long pair = 0; pair < pairs; pair++) {
        // Who is first changes, so that neither always finds the other one's caches.
        const bool c_first = pair % 2 == 0;
        const double first = c_first ? by_c(ready, values) : by_cpp(ready, values);
        const double second = c_first ? by_cpp(ready, values) : by_c(ready, values);
        std::printf("%.4f %.4f\n", 1e3 * (c_first ? first : second), 1e3 * (c_first ? second : first));
    }
}

} // namespace

int main(int count, char **words) {
    if (count != 4) {
        std::fprintf(stderr, "usage: overhead LENGTH MEMBERS PAIRS\n");
        return 2;
    }
    measure(std::strtoul(words[1], nullptr, 10), std::strtoul(words[2], nullptr, 10), std::strtoul(words[3], nullptr, 10));
    return 0;
}
