// A member of a run: it joins by an invitation, and gives the same values in each round until the run is closed.
#include <chrono>
#include <cloakwork/http/keyfile.hpp>
#include <cloakwork/http/participation.hpp>
#include <thread>

#include "program.hpp"

namespace cw = cloakwork;
using What = cw::http::Event::What;

namespace {

constexpr int left_the_round = 3;

struct Arguments {
    std::string new_identity;
    std::string invitation;
    std::string ca;
    std::string identity;
    std::string values;
    std::string leave_before;
    std::uint32_t leave_round = 0;
};

// This member falls silent, as the command line asked for.
class Left : public std::exception {};

// The controller may still be about to write the file.
std::string await_line(const std::string &path) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!std::ifstream(path)) {
        if (std::chrono::steady_clock::now() > deadline) {
            throw program::Fault(path + ": the invitation did not come within 60 s");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    const std::vector<std::string> found = program::lines(path);
    if (found.size() != 1) {
        throw program::Fault(path + ": holds another number of lines than one, the invitation");
    }
    return found.front();
}

std::vector<double> read_values(const std::string &path) {
    std::vector<double> out;
    for (const std::string &line : program::lines(path)) {
        std::size_t used = 0;
        try {
            out.push_back(std::stod(line, &used));
        } catch (const std::logic_error &) {
            used = 0;
        }
        if (used == 0 || line.find_first_not_of(" \r", used) != std::string::npos) {
            program::refuse_line(path, line, "a number");
        }
    }
    return out;
}

int take_part(const Arguments &given) {
    const std::vector<double> values = read_values(given.values);
    const cw::Identity identity = cw::http::load_identity(given.identity);
    const cw::http::Invitation invitation = cw::http::Invitation::parse(await_line(given.invitation));
    cw::http::Options options;
    options.ca = given.ca;
    cw::http::Participation member = cw::http::Participation::join(invitation, identity, options);

    const auto contribute = [&](const cw::http::Round &round) {
        return std::map<std::string, cw::http::Vector>{{round.run.segment(0).label, values}};
    };
    const auto listen = [&](const cw::http::Event &event) {
        const bool leaves = (event.what == What::began && given.leave_before == "begin") ||
                            (event.what == What::shrank && given.leave_before == "survivors") ||
                            (event.what == What::opening && given.leave_before == "open");
        if (leaves && event.round == given.leave_round) {
            throw Left();
        }
        if (event.what == What::ended) {
            std::cout << nlohmann::json{{"round", event.round}, {"outcome", static_cast<int>(event.outcome)}}.dump() << std::endl;
        } else if (event.what == What::refused || event.what == What::late) {
            std::cerr << "client: round " << event.round << ": " << event.text << '\n';
        }
    };
    try {
        member.serve(contribute, listen);
    } catch (const Left &) {
        return left_the_round;
    }
    return 0;
}

} // namespace

int main(int count, char **words) {
    Arguments given;
    CLI::App line("Takes part in the rounds of a run.", "client");
    auto *made = line.add_option("--new-identity", given.new_identity, "make an identity in this file, print its fingerprint, and end");
    const auto needed = [&](const char *name, std::string &value, const char *help) { return line.add_option(name, value, help)->excludes(made); };
    needed("--invitation", given.invitation, "file with the invitation; waits up to 60 s for it");
    needed("--ca", given.ca, "PEM file that vouches for the server; the system's authorities if not given");
    needed("--identity", given.identity, "file with this party's secret key");
    needed("--values", given.values, "file with a number in each line");
    auto *round = line.add_option("--leave-round", given.leave_round, "fall silent in this round");
    line.add_option("--leave-before", given.leave_before, "on this message, before it is answered")
        ->check(CLI::IsMember({"begin", "survivors", "open"}))
        ->needs(round);
    line.callback([&] {
        if (given.new_identity.empty() && (given.invitation.empty() || given.identity.empty() || given.values.empty())) {
            throw CLI::RequiredError("--new-identity, or --invitation, --identity and --values");
        }
    });
    return program::run(line, count, words, [&] {
        if (!given.new_identity.empty()) {
            std::cout << cw::fingerprint(cw::http::create_identity(given.new_identity).public_key()) << '\n';
            return 0;
        }
        return take_part(given);
    });
}
