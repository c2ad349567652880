// The controller: it defines a run over the members of a list, starts its rounds and prints what they came to.
#include <unistd.h>

#include <cloakwork/http/controller.hpp>
#include <cloakwork/http/keyfile.hpp>
#include <cloakwork/privacy.hpp>
#include <cstdio>

#include "program.hpp"

namespace cw = cloakwork;

namespace {

constexpr std::uint8_t bits = 40;
constexpr std::int8_t fraction = 20;

struct Arguments {
    std::string url;
    std::string server;
    std::string ca;
    std::string identity;
    std::string members;
    std::string invitation;
    std::uint64_t length = 0;
    std::uint32_t rounds = 1;
    int suite = 1;
    double epsilon = 0;
    double delta = 0;
    double clip = 0;
    std::uint32_t min_inputs = 0;
    std::uint32_t threshold = 0;
    std::uint32_t step_seconds = 60;
};

// Lines of a name and a fingerprint.
std::vector<cw::http::Named> read_members(const std::string &path) {
    std::vector<cw::http::Named> out;
    for (const std::string &line : program::lines(path)) {
        const std::size_t blank = line.find_last_of(' ');
        if (blank == std::string::npos || blank == 0 || blank + 1 == line.size()) {
            program::refuse_line(path, line, "a name and a fingerprint");
        }
        out.push_back({line.substr(0, blank), line.substr(blank + 1)});
    }
    return out;
}

// The mechanism with which all rounds together keep epsilon and delta, for each client as a whole.
void make_private(cw::RunConfig &config, const Arguments &given, std::uint32_t clients) {
    cw::Wanted wanted;
    wanted.dimension = given.length;
    wanted.epsilon = given.epsilon;
    wanted.delta = given.delta;
    wanted.clip = given.clip;
    wanted.clients = clients;
    wanted.honest = config.honest_for(clients);
    wanted.rounds = given.rounds;
    while ((std::uint64_t{1} << wanted.block_log2) < given.length) {
        wanted.block_log2++;
    }
    wanted.bits = cw::narrowest(wanted);
    config.mechanism = cw::choose(wanted).mechanism;
    config.segments = {cw::private_segment(*config.mechanism, wanted.bits)};
}

cw::RunConfig plan(const Arguments &given, std::uint32_t clients) {
    cw::RunConfig config;
    config.suite = static_cast<cw::Suite>(given.suite);
    config.max_rounds = given.rounds;
    config.setup_seconds = given.step_seconds;
    config.step_seconds = given.step_seconds;
    if (given.min_inputs != 0) {
        config.min_inputs = given.min_inputs;
    }
    if (given.threshold != 0) {
        config.threshold = given.threshold;
    }
    config.segments = {{"values", given.length, bits, fraction, true}};
    if (given.epsilon > 0) {
        make_private(config, given, clients);
    }
    return config;
}

// Whoever waits for the file finds it whole.
void write_line(const std::string &path, const std::string &text) {
    const std::string unfinished = path + ".unfinished";
    {
        std::ofstream file(unfinished);
        file << text << '\n';
        if (!file.flush()) {
            throw program::Fault(unfinished + ": cannot be written");
        }
    }
    if (std::rename(unfinished.c_str(), path.c_str()) != 0) {
        throw program::Fault(path + ": cannot be written");
    }
}

// The number of the round, 4 bytes, little-endian: what this example gives to the participants.
std::string context_of(std::uint32_t round) {
    std::string out;
    for (unsigned i = 0; i < 4; i++) {
        out += static_cast<char>(static_cast<unsigned char>(round >> (8 * i)));
    }
    return out;
}

std::vector<std::string> texts(const std::vector<std::uint64_t> &ids) {
    std::vector<std::string> out;
    for (const std::uint64_t id : ids) {
        out.push_back(std::to_string(id));
    }
    return out;
}

void print(const cw::Run &run, const cw::http::RoundResult &result) {
    nlohmann::json line = {
        {"round", result.number},
        {"outcome", static_cast<int>(result.outcome)},
        {"participants", texts(result.participants)},
        {"survivors", texts(result.survivors)},
    };
    if (result.outcome == CLOAK_OK) {
        line["sum"] = result.sums.values(run, run.segment(0).label);
    }
    std::cout << line.dump() << std::endl;
}

int control(const Arguments &given) {
    const std::vector<cw::http::Named> members = read_members(given.members);
    const cw::Identity identity = cw::http::load_identity(given.identity);
    cw::http::Options options;
    options.ca = given.ca;
    cw::http::Controller controller(given.url, given.server, identity, options);
    const std::string name = "example " + std::to_string(std::time(nullptr)) + "-" + std::to_string(::getpid());
    cw::http::ControlledRun run = controller.create(name, members, plan(given, static_cast<std::uint32_t>(members.size())));
    write_line(given.invitation, run.invitation().text());
    for (std::uint32_t round = 1; round <= given.rounds; round++) {
        run.start_round(round, context_of(round));
        print(run.run(), run.result(round));
    }
    run.close();
    return 0;
}

} // namespace

int main(int count, char **words) {
    Arguments given;
    CLI::App line("Defines a run, starts its rounds and prints their sums.", "controller");
    line.add_option("--url", given.url, "base URL of the server")->required();
    line.add_option("--server", given.server, "fingerprint of the server")->required();
    line.add_option("--ca", given.ca, "PEM file that vouches for the server; the system's authorities if not given");
    line.add_option("--identity", given.identity, "file with the controller's secret key")->required();
    line.add_option("--members", given.members, "file with a name and a fingerprint in each line")->required();
    line.add_option("--length", given.length, "values of a contribution")->required()->check(CLI::Range(1, 1 << 28));
    line.add_option("--rounds", given.rounds, "rounds to play")->required()->check(CLI::Range(1, 1000000));
    line.add_option("--invitation", given.invitation, "file to write the invitation to")->required();
    line.add_option("--suite", given.suite, "1: ChaCha20, for devices; 2: AES")->check(CLI::Range(1, 2));
    auto *epsilon = line.add_option("--epsilon", given.epsilon, "make the sums of all rounds together differentially private")->check(CLI::PositiveNumber);
    auto *delta = line.add_option("--delta", given.delta, "at which the epsilon holds")->check(CLI::Range(0.0, 1.0))->needs(epsilon);
    auto *clip = line.add_option("--clip", given.clip, "largest L2 norm of a contribution")->check(CLI::PositiveNumber)->needs(epsilon);
    epsilon->needs(delta)->needs(clip);
    line.add_option("--min-inputs", given.min_inputs, "smallest set whose sum may be opened; more than half if not given");
    line.add_option("--threshold", given.threshold, "shares that open a mask; the fewest that are secure if not given");
    line.add_option("--step-seconds", given.step_seconds, "time limit of each step")->check(CLI::Range(1, 604800));
    return program::run(line, count, words, [&] { return control(given); });
}
