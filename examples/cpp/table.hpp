// A server and the members of its run in one program, who pass messages to each other. What a network would do is a function call here; what each
// side does with a message is what it does anywhere.
#ifndef TABLE_HPP
#define TABLE_HPP

#include <cloakwork.hpp>
#include <functional>
#include <map>
#include <stdexcept>

// The client's side: what a message of the server is answered with. An empty answer is none.
class Member {
public:
    using Contribute = std::function<cloakwork::Bytes(cloakwork::Client &)>;

    Member(const cloakwork::Run &run, const cloakwork::Identity &identity) : client_(cloakwork::Client::join(run, identity)) {}

    cloakwork::Bytes answer(const cloakwork::Bytes &message, const cloakwork::Bytes32 &context, const Contribute &contribute) {
        switch (cloakwork::message_kind(message)) {
        case CLOAK_INVITE: return client_.advertise(message);
        case CLOAK_KEYS: return client_.confirm(message);
        case CLOAK_CONFIRMATIONS: client_.accept(message); return {};
        case CLOAK_BEGIN: client_.begin(message, context); return contribute(client_);
        case CLOAK_SURVIVORS: return client_.acknowledge(message);
        case CLOAK_OPEN: return client_.unmask(message);
        default: client_.finish(message); return {};
        }
    }

private:
    cloakwork::Client client_;
};

// The server's side, with everybody who talks to it.
class Table {
public:
    // What a member contributes to a round, by its id.
    using Contribute = std::function<cloakwork::Bytes(std::uint64_t, cloakwork::Client &)>;

    Table(cloakwork::Run run, const std::map<std::uint64_t, cloakwork::Identity> &identities)
        : run_(std::move(run)), server_(cloakwork::Server::open(run_)) {
        for (const auto &[id, identity] : identities) {
            members_.emplace(id, Member(run_, identity));
        }
        server_.invite();
        play({}, {});
    }

    const cloakwork::Run &run() const { return run_; }
    cloakwork::Server &server() { return server_; }

    // From now on this member does not answer messages of this kind and later ones.
    void fall_silent(std::uint64_t id, cloak_kind from) { silent_[id] = from; }

    // Plays a round over a model or other settings that everybody is given; the sums of its segments.
    std::vector<cloakwork::Residues> round(const cloakwork::Bytes &context, const Contribute &contribute) {
        const cloakwork::Bytes32 context_hash = cloakwork::sha256(context);
        payloads_.clear();
        server_.begin(context_hash);
        play(context_hash, contribute);
        if (server_.phase().step != CLOAK_STEP_SUM) {
            throw std::runtime_error(cloak_status_text(static_cast<cloak_status>(server_.phase().outcome)));
        }
        std::vector<cloakwork::ByteView> summands;
        for (const std::uint64_t id : server_.survivors()) {
            summands.emplace_back(payloads_.at(id));
        }
        const cloakwork::Opening opening = server_.opening();
        rotation_ = opening.rotation_seed();
        std::vector<cloakwork::Residues> sums = cloakwork::aggregate(run_, opening, summands);
        server_.finish();
        play(context_hash, contribute);
        return sums;
    }

    // Of the last round: with it the sum of a run with noise is decoded.
    const cloakwork::Bytes32 &rotation() const { return rotation_; }

private:
    // Hands out messages and takes answers until the server has nothing more to ask.
    void play(const cloakwork::Bytes32 &context_hash, const Contribute &contribute) {
        for (;;) {
            const std::int32_t before = server_.phase().step;
            if (before == CLOAK_STEP_SUM) {
                return;
            }
            std::map<std::uint64_t, cloakwork::Bytes> messages;
            for (const auto &entry : members_) {
                messages[entry.first] = server_.message(entry.first);
            }
            for (const auto &entry : messages) {
                const std::uint64_t id = entry.first;
                if (!entry.second.empty() && !is_silent(id, entry.second)) {
                    const auto own = [&contribute, id](cloakwork::Client &client) { return contribute(id, client); };
                    take(id, members_.at(id).answer(entry.second, context_hash, own));
                }
            }
            if (before == CLOAK_STEP_READY || before == CLOAK_STEP_FINISHED) {
                return;
            }
            if (server_.phase().step == before) {
                // Where there is a network, this is what happens when the time limit of the step has passed.
                server_.close_step();
            }
        }
    }

    bool is_silent(std::uint64_t id, const cloakwork::Bytes &message) const {
        const auto found = silent_.find(id);
        return found != silent_.end() && cloakwork::message_kind(message) >= found->second;
    }

    void take(std::uint64_t id, const cloakwork::Bytes &answer) {
        if (answer.empty()) {
            return;
        }
        const cloakwork::Receipt receipt = server_.receive(id, answer);
        if (receipt.kind == CLOAK_MASKED) {
            const auto first = answer.begin() + static_cast<std::ptrdiff_t>(receipt.payload_offset);
            payloads_[id] = cloakwork::Bytes(first, first + static_cast<std::ptrdiff_t>(receipt.payload_length));
        }
    }

    cloakwork::Run run_;
    cloakwork::Server server_;
    std::map<std::uint64_t, Member> members_;
    std::map<std::uint64_t, std::int32_t> silent_;
    std::map<std::uint64_t, cloakwork::Bytes> payloads_;
    cloakwork::Bytes32 rotation_{};
};

#endif
