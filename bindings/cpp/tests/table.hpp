// A server and its members who pass messages to each other, with members that fall silent at chosen steps.
#ifndef TABLE_HPP
#define TABLE_HPP

#include <algorithm>
#include <functional>
#include <map>

#include "check.hpp"

struct Seat {
    cloakwork::Identity identity;
    cloakwork::Client client;
    // Messages of this kind and all later ones do not reach it; 0 for none.
    std::int32_t silent_from = 0;
};

class Table {
public:
    using Contribute = std::function<cloakwork::Bytes(std::uint64_t, cloakwork::Client &)>;

    Table(cloakwork::Run defined, std::map<std::uint64_t, cloakwork::Identity> identities)
        : run(std::move(defined)), server(GET(cloakwork::Server::open(run))), context(GET(cloakwork::sha256(cloakwork::Bytes{1, 2, 3}))) {
        for (auto &entry : identities) {
            cloakwork::Client client = GET(cloakwork::Client::join(run, entry.second));
            seats.emplace(entry.first, Seat{std::move(entry.second), std::move(client)});
        }
    }

    void set_up() {
        GET(server.invite());
        play();
    }

    // The round's sums, or nothing if it was aborted.
    std::vector<cloakwork::Residues> round() {
        payloads.clear();
        GET(server.begin(context));
        play();
        if (step() != CLOAK_STEP_SUM) {
            return {};
        }
        std::vector<cloakwork::ByteView> kept;
        for (const std::uint64_t id : GET(server.survivors())) {
            kept.emplace_back(payloads.at(id));
        }
        const cloakwork::Opening opening = GET(server.opening());
        rotation = GET(opening.rotation_seed());
        std::vector<cloakwork::Residues> sums = GET(cloakwork::aggregate(run, opening, kept));
        GET(server.finish());
        play();
        return sums;
    }

    std::int32_t step() const { return GET(server.phase()).step; }

    cloakwork::Run run;
    cloakwork::Server server;
    cloakwork::Bytes32 context;
    cloakwork::Bytes32 rotation{};
    std::map<std::uint64_t, Seat> seats;
    std::map<std::uint64_t, cloakwork::Bytes> payloads;
    Contribute contribute;
    // Whether every client is saved and loaded before each message.
    bool restart = false;

private:
    cloakwork::Bytes answer(std::uint64_t id, Seat &seat, const cloakwork::Bytes &message) {
        cloakwork::Client &client = seat.client;
        switch (GET(cloakwork::message_kind(message))) {
        case CLOAK_INVITE: return GET(client.advertise(message));
        case CLOAK_KEYS: return GET(client.confirm(message));
        case CLOAK_CONFIRMATIONS: CHECK(GET(client.accept(message)) == 0); return {};
        case CLOAK_BEGIN: GET(client.begin(message, context)); return contribute(id, client);
        case CLOAK_SURVIVORS: return GET(client.acknowledge(message));
        case CLOAK_OPEN: return GET(client.unmask(message));
        case CLOAK_FINISHED: outcome = GET(client.finish(message)); return {};
        default: check::give_up("a message of another kind", __FILE__, __LINE__);
        }
    }

    void sweep() {
        std::map<std::uint64_t, cloakwork::Bytes> messages;
        for (const auto &entry : seats) {
            messages[entry.first] = GET(server.message(entry.first));
        }
        for (auto &entry : seats) {
            const std::uint64_t id = entry.first;
            Seat &seat = entry.second;
            const cloakwork::Bytes &message = messages[id];
            if (message.empty() || (seat.silent_from != 0 && GET(cloakwork::message_kind(message)) >= seat.silent_from)) {
                continue;
            }
            if (restart) {
                const cloakwork::SecretBytes state = GET(seat.client.save());
                seat.client = GET(cloakwork::Client::load(run, seat.identity, state));
            }
            const cloakwork::Bytes said = answer(id, seat, message);
            if (!said.empty()) {
                take(id, said);
            }
        }
    }

    void take(std::uint64_t id, const cloakwork::Bytes &said) {
        const cloakwork::Receipt receipt = GET(server.receive(id, said));
        if (receipt.kind == CLOAK_MASKED) {
            const auto first = said.begin() + static_cast<std::ptrdiff_t>(receipt.payload_offset);
            payloads[id] = cloakwork::Bytes(first, first + static_cast<std::ptrdiff_t>(receipt.payload_length));
        }
        // The same bytes again change nothing.
        CHECK(!GET(server.receive(id, said)).counted || receipt.kind != CLOAK_MASKED);
    }

    void play() {
        for (;;) {
            const std::int32_t before = step();
            if (before == CLOAK_STEP_SUM) {
                return;
            }
            sweep();
            if (before == CLOAK_STEP_READY || before == CLOAK_STEP_FINISHED) {
                return;
            }
            if (step() == before) {
                GET(server.close_step());
            }
        }
    }

public:
    cloak_status outcome = CLOAK_OK;
};

inline std::map<std::uint64_t, cloakwork::Identity> people(std::uint64_t count) {
    std::map<std::uint64_t, cloakwork::Identity> out;
    for (std::uint64_t id = 1; id <= count; id++) {
        // The largest id there is, too.
        out.emplace(id == count ? UINT64_MAX : id, GET(cloakwork::Identity::generate()));
    }
    return out;
}

inline std::vector<cloakwork::Member> roster(const std::map<std::uint64_t, cloakwork::Identity> &people) {
    std::vector<cloakwork::Member> out;
    for (const auto &entry : people) {
        out.push_back({entry.first, GET(entry.second.public_key())});
    }
    return out;
}

#endif
