// Replays whole runs, message by message: what every client and the server say, what each refuses, what each accepts although others did wrong, and the
// sums.
#include "transcript.hpp"

#include <filesystem>

using namespace cloakwork;
using namespace vectors;

namespace {

// Bytes that are refused in the place of a message, or after it.
struct Wrong {
    bool to_server = false;
    bool late = false;
    std::string name;
    Bytes message;
    std::vector<int> errors;
};

using Refusals = std::map<std::string, std::vector<Wrong>>;

bool allowed(const std::vector<int> &errors, const Error &error) {
    return std::find(errors.begin(), errors.end(), static_cast<int>(error.status)) != errors.end();
}

// What a file says is refused in its transcript.
void collect(const json &file, Refusals &out) {
    for (const json &entry : file.at("messages")) {
        const Bytes valid = bytes(entry.at("valid"));
        for (const json &invalid : entry.at("invalid")) {
            const auto at = number<std::ptrdiff_t>(invalid.at("at"));
            const Bytes put = bytes(invalid.at("put"));
            Bytes message(valid.begin(), valid.begin() + at);
            message.insert(message.end(), put.begin(), put.end());
            message.insert(message.end(), valid.begin() + at + number<std::ptrdiff_t>(invalid.at("cut")), valid.end());
            out[place(entry, entry.at("client"))].push_back(
                {entry.at("to") == "server", false, text(invalid.at("name")), message, numbers<int>(invalid.at("errors"))});
        }
    }
    for (const json &entry : file.value("late_messages", json::array())) {
        out[place(entry, entry.at("client"))].push_back(
            {entry.at("to") == "server", true, text(entry.at("name")), bytes(entry.at("message")), numbers<int>(entry.at("errors"))});
    }
}

// A transcript, from both sides at once.
class Replay {
public:
    Replay(const json &transcript, const Refusals &refusals)
        : transcript_(transcript), refusals_(refusals), run_(run_of(transcript)), service_(run_) {
        for (const json &entry : transcript.at("clients")) {
            CHECK(GET(run_.neighbours(number<std::uint64_t>(entry.at("id")))) == numbers<std::uint64_t>(entry.at("neighbours")));
            players_.try_emplace(text(entry.at("id")), run_, entry);
        }
    }

    // How many messages were refused.
    std::size_t play() {
        for (const json &step : transcript_.at("steps")) {
            service_.enter(step, transcript_);
            told(step);
            for (const json &delivery : step.at("deliveries")) {
                deliver(step, delivery);
            }
            service_.leave(step);
            if (service_.step() == CLOAK_STEP_SUM) {
                compare_sums(round_of(transcript_, step));
            }
            if (step.at("step") == "finished") {
                CHECK(GET(service_.server.phase()).outcome == number<std::uint32_t>(round_of(transcript_, step).at("outcome")));
            }
        }
        for (const auto &[id, player] : players_) {
            CHECK(player.tape.used_up());
        }
        return refused_;
    }

private:
    // The server has a message for everybody in the step, and for nobody else. `finished` is for all participants; the transcript tells those who were
    // still there.
    void told(const json &step) {
        std::map<std::string, Bytes> expected;
        for (const json &delivery : step.at("deliveries")) {
            expected[text(delivery.at("id"))] = bytes(delivery.at("message"));
        }
        for (const auto &entry : players_) {
            const Bytes message = GET(service_.server.message(entry.second.id));
            const auto found = expected.find(entry.first);
            CHECK(found != expected.end() ? message == found->second : message.empty() || step.at("step") == "finished");
        }
    }

    void deliver(const json &step, const json &delivery) {
        Player &player = players_.at(text(delivery.at("id")));
        refuse(step, delivery, false, false);
        const Bytes said = player.play(step, bytes(delivery.at("message")), transcript_);
        CHECK(said == answer_of(delivery));
        refuse(step, delivery, false, true);
        if (reaches(delivery)) {
            refuse(step, delivery, true, false);
            service_.receive(player.id, said);
            refuse(step, delivery, true, true);
        }
    }

    void refuse(const json &step, const json &delivery, bool to_server, bool late) {
        const auto listed = refusals_.find(place(step, delivery.at("id")));
        if (listed == refusals_.end()) {
            return;
        }
        Player &player = players_.at(text(delivery.at("id")));
        for (const Wrong &wrong : listed->second) {
            if (wrong.to_server != to_server || wrong.late != late) {
                continue;
            }
            const bool as_it_should = to_server ? refused_by_server(player.id, wrong) : refused_by_client(player, step, wrong);
            if (!as_it_should) {
                std::printf("%s: %s\n", text(transcript_.at("name")).c_str(), wrong.name.c_str());
            }
            CHECK(as_it_should);
            refused_++;
        }
    }

    bool refused_by_server(std::uint64_t sender, const Wrong &wrong) {
        const auto before = service_.state();
        Server &server = service_.server;
        return allowed(wrong.errors, ERROR_OF(server.receive(sender, wrong.message))) && service_.state() == before;
    }

    bool refused_by_client(Player &player, const json &step, const Wrong &wrong) {
        const SecretBytes before = GET(player.client.save());
        const std::size_t used = player.tape.used();
        const std::string name = wrong.late ? step_for(wrong.message) : text(step.at("step"));
        const Bytes32 context = name == "begin" && !wrong.late ? array<32>(round_of(transcript_, step).at("context_hash")) : Bytes32{};
        Bytes said;
        return allowed(wrong.errors, player.give(name, wrong.message, context, said)) && said.empty() && GET(player.client.save()) == before &&
               player.tape.used() == used;
    }

    void compare_sums(const json &round) {
        Server &server = service_.server;
        CHECK(GET(server.survivors()) == numbers<std::uint64_t>(round.at("survivors")));
        std::vector<Residues> sums;
        const Opening opening = GET(server.opening());
        CHECK(service_.aggregate(opening, sums).status == CLOAK_OK && same_sums(run_, sums, round));
        for (std::uint32_t i = 0; i < sums.size(); i++) {
            const json &values = round.at("sums").at(i).at("values");
            if (!values.is_null()) {
                CHECK(GET(run_.to_f64(i, sums[i])) == numbers<double>(values));
            }
        }
        CHECK(GET(run_.mechanism()).has_value() == round.contains("decoded"));
        if (round.contains("decoded")) {
            const Bytes32 rotation = GET(opening.rotation_seed());
            CHECK(rotation == array<32>(round.at("rotation_seed")));
            CHECK(identical(GET(run_.private_vector(rotation, sums.at(0))), numbers<double>(round.at("decoded"))));
        }
        // The sum of all but one is none.
        CHECK(service_.aggregate(opening, sums, 1).status == CLOAK_ERR_MASKS_DID_NOT_CANCEL);
        GET(server.finish());
    }

    const json &transcript_;
    const Refusals &refusals_;
    Run run_;
    Service service_;
    std::map<std::string, Player> players_;
    std::size_t refused_ = 0;
};

void rounds() {
    std::map<std::string, Refusals> refusals;
    for (const char *name : {"canonical.json", "refusal.json", "refusal_sparse.json", "refusal_no_recovery.json"}) {
        const json file = read(name);
        collect(file, refusals[text(file.at("transcript"))]);
    }
    std::size_t replayed = 0;
    for (const auto &entry : std::filesystem::directory_iterator(VECTORS "/round")) {
        const std::string name = "round/" + entry.path().filename().string();
        const json transcript = read(name);
        const Refusals &expected = refusals[name];
        std::size_t count = 0;
        for (const auto &[at, wrong] : expected) {
            count += wrong.size();
        }
        CHECK(Replay(transcript, expected).play() == count);
        replayed++;
    }
    CHECK(replayed == refusals.size());
}

// Gives a client the message of a case in the place of the one that the transcript has, and what has to be refused after it.
void give(Player &player, const json &vector, const json &transcript) {
    const Bytes message = bytes(vector.at("message"));
    if (vector.contains("outcome")) {
        CHECK(GET(player.client.finish(message)) == static_cast<cloak_status>(vector.at("outcome").get<std::int32_t>()));
        return;
    }
    Bytes said;
    CHECK(player.give(step_for(message), message, Bytes32{}, said).status == CLOAK_OK);
    CHECK(said == (vector.at("answer").is_null() ? Bytes() : bytes(vector.at("answer"))));
    const json &rounds = transcript.at("rounds");
    const auto begun = std::find_if(rounds.begin(), rounds.end(), [&](const json &round) { return round.at("epoch") == vector.at("epoch"); });
    for (const json &later : vector.at("then")) {
        const Bytes refused = bytes(later.at("message"));
        const SecretBytes before = GET(player.client.save());
        CHECK(allowed(numbers<int>(later.at("errors")), player.give(step_for(refused), refused, array<32>(begun->at("context_hash")), said)));
        CHECK(GET(player.client.save()) == before);
    }
}

void accepted_by_client(const json &vector) {
    const json transcript = read(text(vector.at("transcript")));
    const Run run = run_of(transcript);
    const json &clients = transcript.at("clients");
    Player player(run, *std::find_if(clients.begin(), clients.end(), [&](const json &one) { return one.at("id") == vector.at("client"); }));
    for (const json &step : transcript.at("steps")) {
        for (const json &delivery : step.at("deliveries")) {
            if (delivery.at("id") != vector.at("client")) {
                continue;
            }
            if (place(step, delivery.at("id")) == place(vector, vector.at("client"))) {
                give(player, vector, transcript);
                return;
            }
            static_cast<void>(player.play(step, bytes(delivery.at("message")), transcript));
        }
    }
    check::give_up("the transcript has no such step", __FILE__, __LINE__);
}

bool same_round(const json &left, const json &right) {
    return left.at("epoch") == right.at("epoch") && left.value("round", json()) == right.value("round", json());
}

// The answer that goes to the server in a case.
Bytes substituted(const json &vector, const json &step, const json &delivery) {
    if (same_round(step, vector)) {
        for (const json &other : vector.at("answers")) {
            if (other.at("step") == step.at("step") && other.at("client") == delivery.at("id")) {
                return bytes(other.at("message"));
            }
        }
    }
    return answer_of(delivery);
}

// Plays the server's side of a transcript with these answers, until `delivered` is true of a delivery or `left` of a step; whether one of them was.
template <class Answer, class Delivered, class Left>
bool serve(Service &service, const json &transcript, Answer answer, Delivered delivered, Left left) {
    for (const json &step : transcript.at("steps")) {
        service.enter(step, transcript);
        for (const json &delivery : step.at("deliveries")) {
            if (reaches(delivery)) {
                service.receive(number<std::uint64_t>(delivery.at("id")), answer(step, delivery));
            }
            if (delivered(step, delivery)) {
                return true;
            }
        }
        service.leave(step);
        if (left(step)) {
            return true;
        }
        if (service.step() == CLOAK_STEP_SUM) {
            GET(service.server.finish());
        }
    }
    return false;
}

void accepted_by_server(const json &vector) {
    const json transcript = read(text(vector.at("transcript")));
    const Run run = run_of(transcript);
    Service service(run);
    const auto answer = [&](const json &step, const json &delivery) { return substituted(vector, step, delivery); };
    const auto going_on = [](const json &, const json &) { return false; };
    const auto ended = [&](const json &step) {
        // Without recovery nothing is opened: the sum follows the masked vectors.
        if (!same_round(step, vector) || (step.at("step") != "open" && service.step() != CLOAK_STEP_SUM)) {
            return false;
        }
        if (service.step() == CLOAK_STEP_SUM) {
            std::vector<Residues> sums;
            const Error error = service.aggregate(GET(service.server.opening()), sums);
            CHECK(error.status != CLOAK_OK || same_sums(run, sums, round_of(transcript, step)));
            GET(service.server.finish(error.status));
        }
        CHECK(GET(service.server.phase()).outcome == number<std::uint32_t>(vector.at("outcome")));
        return true;
    };
    CHECK(serve(service, transcript, answer, going_on, ended));
}

void repeated(const json &vector) {
    const json transcript = read(text(vector.at("transcript")));
    const Run run = run_of(transcript);
    Service service(run);
    const auto answer = [](const json &, const json &delivery) { return answer_of(delivery); };
    const auto again = [&](const json &step, const json &delivery) {
        if (place(step, delivery.at("id")) != place(vector, vector.at("client"))) {
            return false;
        }
        const auto before = service.state();
        const Receipt receipt = GET(service.server.receive(number<std::uint64_t>(vector.at("client")), bytes(vector.at("message"))));
        CHECK(!receipt.counted && receipt.payload_length == 0);
        CHECK(service.state() == before);
        return true;
    };
    CHECK(serve(service, transcript, answer, again, [](const json &) { return false; }));
}

} // namespace

void test_transcripts() {
    rounds();
    const json accepted = read("accepted.json");
    for (const json &vector : accepted.at("to_client")) {
        accepted_by_client(vector);
    }
    for (const json &vector : accepted.at("to_server")) {
        accepted_by_server(vector);
    }
    for (const json &vector : accepted.at("repeats")) {
        repeated(vector);
    }
}
