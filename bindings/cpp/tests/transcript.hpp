// The two sides of a transcript: its clients, who draw their random values from tapes, and its server.
#ifndef TRANSCRIPT_HPP
#define TRANSCRIPT_HPP

#include "vectors.hpp"

#include <map>
#include <tuple>

inline cloakwork::Run run_of(const vectors::json &transcript) {
    const cloakwork::Bytes roster = vectors::bytes(transcript.at("roster"));
    cloakwork::Run run = GET(cloakwork::Run::decode(vectors::bytes(transcript.at("description")), roster));
    CHECK(GET(run.hash()) == vectors::array<32>(transcript.at("run_hash")));
    return run;
}

// The round that a step belongs to.
inline const vectors::json &round_of(const vectors::json &transcript, const vectors::json &step) {
    for (const vectors::json &round : transcript.at("rounds")) {
        if (round.at("epoch") == step.at("epoch") && round.at("round") == step.at("round")) {
            return round;
        }
    }
    check::give_up("the transcript has no such round", __FILE__, __LINE__);
}

// Where in a transcript a message of or to a client is.
inline std::string place(const vectors::json &entry, const vectors::json &client) {
    return vectors::json::array({entry.at("step"), entry.at("epoch"), entry.value("round", vectors::json()), client}).dump();
}

// The answer to a message; empty if it has none.
inline cloakwork::Bytes answer_of(const vectors::json &delivery) {
    const vectors::json answer = delivery.value("answer", vectors::json());
    return answer.is_null() ? cloakwork::Bytes() : vectors::bytes(answer);
}

// Whether the answer reaches the server.
inline bool reaches(const vectors::json &delivery) { return !delivery.value("answer", vectors::json()).is_null() && !delivery.at("lost").get<bool>(); }

// The name of the step that a message to a client is for; that of some step if it is for none.
inline std::string step_for(const cloakwork::Bytes &message) {
    std::int32_t kind = 0;
    static_cast<void>(TAKE(kind, cloakwork::message_kind(message)));
    switch (kind) {
    case CLOAK_INVITE: return "invite";
    case CLOAK_CONFIRMATIONS: return "confirmations";
    case CLOAK_BEGIN: return "begin";
    case CLOAK_SURVIVORS: return "survivors";
    case CLOAK_OPEN: return "open";
    case CLOAK_FINISHED: return "finished";
    default: return "keys";
    }
}

class Player {
public:
    Player(const cloakwork::Run &of, const vectors::json &entry)
        : id(vectors::number<std::uint64_t>(entry.at("id"))), tape(vectors::bytes(entry.at("rng_tape"))), run(of),
          client(GET(cloakwork::Client::join(of, GET(cloakwork::Identity::from_bytes(vectors::bytes(entry.at("static_secret"))))))) {}

    // What comes of giving a message to a step: an error, or an answer. `begin` has none: the masked vector is for `mask`.
    cloakwork::Error give(const std::string &step, const cloakwork::Bytes &message, const cloakwork::Bytes32 &context, cloakwork::Bytes &answer) {
        answer.clear();
        if (step == "invite") {
            return TAKE(answer, client.advertise(message, tape.random()));
        }
        if (step == "keys") {
            return TAKE(answer, client.confirm(message));
        }
        if (step == "confirmations") {
            return ERROR_OF(client.accept(message));
        }
        if (step == "begin") {
            return ERROR_OF(client.begin(message, context));
        }
        if (step == "survivors") {
            return TAKE(answer, client.acknowledge(message));
        }
        if (step == "open") {
            return TAKE(answer, client.unmask(message));
        }
        return TAKE(outcome, client.finish(message));
    }

    // The answer to a message of the transcript, as long as it is accepted.
    cloakwork::Bytes play(const vectors::json &step, const cloakwork::Bytes &message, const vectors::json &transcript) {
        const std::string name = vectors::text(step.at("step"));
        cloakwork::Bytes answer;
        if (name == "begin") {
            const vectors::json &round = round_of(transcript, step);
            const auto context = vectors::array<32>(round.at("context_hash"));
            CHECK(GET(cloakwork::sha256(vectors::bytes(round.at("context")))) == context);
            CHECK(give(name, message, context, answer).status == CLOAK_OK);
            return mask(round);
        }
        CHECK(give(name, message, cloakwork::Bytes32{}, answer).status == CLOAK_OK);
        if (name == "finished") {
            CHECK(outcome == static_cast<cloak_status>(round_of(transcript, step).at("outcome").get<std::int32_t>()));
        }
        return answer;
    }

    std::uint64_t id;
    vectors::Tape tape;
    const cloakwork::Run &run;
    cloakwork::Client client;

private:
    cloakwork::Bytes mask(const vectors::json &round) {
        for (const vectors::json &input : round.at("inputs")) {
            if (vectors::number<std::uint64_t>(input.at("id")) == id) {
                return input.contains("parts") ? mask_parts(round, input) : mask_segments(input);
            }
        }
        check::give_up("the transcript has no such input", __FILE__, __LINE__);
    }

    cloakwork::Bytes mask_segments(const vectors::json &input) {
        const vectors::json &segments = input.at("segments");
        // Views are given: these own what is seen.
        std::vector<std::vector<double>> numbers(segments.size());
        std::vector<cloakwork::Residues> residues(segments.size());
        std::vector<cloakwork::Values> given;
        for (std::uint32_t i = 0; i < segments.size(); i++) {
            const vectors::json &values = segments.at(i).at("values");
            if (values.is_null()) {
                residues[i] = vectors::residues(GET(run.segment(i)).bits, segments.at(i).at("residues"));
                given.push_back(residues[i].values());
            } else {
                numbers[i] = vectors::numbers<double>(values);
                given.emplace_back(numbers[i]);
            }
        }
        return GET(client.mask(given, tape.random()));
    }

    // The contribution of a run with noise, of its parts; the part seeds come from the tape, too.
    cloakwork::Bytes mask_parts(const vectors::json &round, const vectors::json &input) {
        const std::uint8_t bits = GET(run.segment(0)).bits;
        const auto suite = static_cast<cloakwork::Suite>(GET(run.config()).suite);
        const cloakwork::Bytes32 rotation = GET(client.rotation_seed());
        CHECK(rotation == vectors::array<32>(round.at("rotation_seed")));
        const std::optional<cloakwork::Mechanism> mechanism = GET(run.mechanism());
        cloakwork::Contribution contribution =
            GET(cloakwork::Contribution::begin(mechanism.value_or(cloakwork::Mechanism()), bits, suite, rotation));
        for (const vectors::json &part : input.at("parts")) {
            GET(contribution.add(vectors::numbers<double>(part), tape.random()));
        }
        const cloakwork::Residues residues = GET(contribution.residues());
        CHECK(vectors::same(residues, vectors::residues(bits, input.at("segments").at(0).at("residues"))));
        // Nothing passes without noise, not even the right residues.
        CHECK(ERROR_OF(client.mask({residues.values()}, tape.random())).status == CLOAK_ERR_INVALID_ARGUMENT);
        return GET(client.mask({contribution}, tape.random()));
    }

    cloak_status outcome = CLOAK_OK;
};

// The server of a transcript, with the payloads of the present round.
class Service {
public:
    explicit Service(const cloakwork::Run &of) : run(of), server(GET(cloakwork::Server::open(of))) {}

    std::int32_t step() const { return GET(server.phase()).step; }

    // All that a server says of itself.
    auto state() const {
        const cloak_phase phase = GET(server.phase());
        return std::make_tuple(phase.step, phase.epoch, phase.round, phase.outcome, GET(server.waiting()), GET(server.confirmed()), GET(server.survivors()));
    }

    // Brings the server to the beginning of a step that its host begins.
    void enter(const vectors::json &entered, const vectors::json &transcript) {
        if (entered.at("step") == "invite") {
            while (GET(server.phase()).epoch < vectors::number<std::uint32_t>(entered.at("epoch"))) {
                GET(server.invite());
            }
        } else if (entered.at("step") == "begin") {
            const vectors::json &round = round_of(transcript, entered);
            const auto context = vectors::array<32>(round.at("context_hash"));
            const auto number = vectors::number<std::uint32_t>(entered.at("round"));
            // Numbers that the transcript leaves out.
            while (GET(server.phase()).round + 1 < number) {
                GET(server.begin(context));
                GET(server.stop());
            }
            payloads.clear();
            CHECK(GET(server.begin(context, vectors::numbers<std::uint64_t>(round.at("participants")))) == number);
        }
    }

    void receive(std::uint64_t sender, const cloakwork::Bytes &message) {
        const cloakwork::Receipt receipt = GET(server.receive(sender, message));
        CHECK((receipt.payload_length > 0) == (receipt.kind == CLOAK_MASKED));
        if (receipt.kind == CLOAK_MASKED) {
            const auto first = message.begin() + static_cast<std::ptrdiff_t>(receipt.payload_offset);
            payloads[sender] = cloakwork::Bytes(first, first + static_cast<std::ptrdiff_t>(receipt.payload_length));
        }
    }

    // The time limit passes for answers that were lost, unless the step could end without them.
    void leave(const vectors::json &left) {
        const vectors::json &deliveries = left.at("deliveries");
        const bool lost = std::any_of(deliveries.begin(), deliveries.end(), [](const vectors::json &one) { return one.value("lost", vectors::json()) == true; });
        if (lost && step() != CLOAK_STEP_SUM) {
            GET(server.close_step());
        }
    }

    // The sums of the survivors, or of those without the first ones.
    cloakwork::Error aggregate(const cloakwork::Opening &opening, std::vector<cloakwork::Residues> &sums, std::size_t without = 0) const {
        std::vector<cloakwork::ByteView> kept;
        for (const std::uint64_t id : GET(server.survivors())) {
            kept.emplace_back(payloads.at(id));
        }
        kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(without));
        return TAKE(sums, cloakwork::aggregate(run, opening, kept));
    }

    const cloakwork::Run &run;
    cloakwork::Server server;
    std::map<std::uint64_t, cloakwork::Bytes> payloads;
};

// Whether these are the sums of a round.
inline bool same_sums(const cloakwork::Run &run, const std::vector<cloakwork::Residues> &sums, const vectors::json &round) {
    const vectors::json &expected = round.at("sums");
    bool all = sums.size() == expected.size();
    for (std::uint32_t i = 0; all && i < sums.size(); i++) {
        all = vectors::same(sums[i], vectors::residues(GET(run.segment(i)).bits, expected.at(i).at("residues")));
    }
    return all;
}

#endif
