// Whole rounds: vectors of every type, members that fall silent at each step, clients that start again, pieces, and rounds that must not open.
#include "table.hpp"

#include <cmath>

using namespace cloakwork;

static_assert(!std::is_copy_constructible_v<Run> && !std::is_copy_constructible_v<Client> && !std::is_copy_constructible_v<Server> &&
              !std::is_copy_constructible_v<Opening> && std::is_nothrow_move_assignable_v<Client>);

namespace {

constexpr std::uint64_t wide = 77;

RunConfig config() {
    RunConfig out;
    out.run_id = {1, 2, 3};
    out.segments = {{"weights", 100, 40, 20, true}, {"counts", 3, 24, 0, true}, {"bits", 9, 7, 0, false}, {"wide", wide, 90, 0, false}};
    return out;
}

double weight(std::uint64_t id, std::size_t i) { return static_cast<double>(id % 97) / 8 - static_cast<double>(i); }
std::int32_t tally(std::uint64_t id, std::size_t i) { return static_cast<std::int32_t>(id % 89) - static_cast<std::int32_t>(i); }

// Into a vector that the call makes, or into memory that is there.
Bytes contribution(std::uint64_t id, Client &client, bool own_memory = false) {
    std::vector<double> weights(100);
    std::array<std::int32_t, 3> counts{};
    const std::vector<std::uint32_t> bits(9, static_cast<std::uint32_t>(id % 128));
    const std::vector<U128> large(wide, U128{id, 1});
    for (std::size_t i = 0; i < weights.size(); i++) {
        weights[i] = weight(id, i);
    }
    for (std::size_t i = 0; i < counts.size(); i++) {
        counts[i] = tally(id, i);
    }
    if (!own_memory) {
        return GET(client.mask({weights, counts, bits, large}));
    }
    Bytes out(GET(client.masked_size()) + 3, 0xee);
    CHECK(ERROR_OF(client.mask_into({weights, counts, bits, large}, {out.data(), out.size() - 4})).status == CLOAK_ERR_BUFFER_TOO_SMALL);
    CHECK(out == Bytes(out.size(), 0xee));
    const std::size_t length = GET(client.mask_into({weights, counts, bits, large}, out));
    CHECK(length == out.size() - 3);
    CHECK(Bytes(out.begin() + static_cast<std::ptrdiff_t>(length), out.end()) == Bytes(3, 0xee));
    out.resize(length);
    return out;
}

// The sums are those of these members.
void compare(const Table &table, const std::vector<Residues> &sums, const std::vector<std::uint64_t> &members) {
    CHECK(sums.size() == 4);
    if (sums.size() != 4) {
        return;
    }
    const std::vector<double> weights = GET(table.run.to_f64(0, sums[0]));
    const std::vector<std::int64_t> counts = GET(table.run.to_i64(1, sums[1]));
    const auto *bits = sums[2].as<std::uint32_t>();
    const auto *large = sums[3].as<U128>();
    CHECK(weights.size() == 100 && counts.size() == 3 && bits != nullptr && large != nullptr);
    CHECK(sums[2].as<std::uint64_t>() == nullptr);
    double weight_sum = 0;
    std::int64_t count_sum = 0;
    std::uint64_t bit_sum = 0;
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    for (const std::uint64_t id : members) {
        weight_sum += weight(id, 99);
        count_sum += tally(id, 2);
        bit_sum += id % 128;
        low += id;
        high += 1 + (low < id ? 1U : 0U);
    }
    // Eighths are exact in 20 fraction bits.
    CHECK(weights[99] == weight_sum);
    CHECK(counts[2] == count_sum);
    CHECK((*bits)[8] == bit_sum % 128);
    CHECK((*large)[wide - 1] == U128{low, high % (1U << 26)});
}

std::vector<std::uint64_t> everybody_but(const Table &table, std::uint64_t gone) {
    std::vector<std::uint64_t> out;
    for (const auto &[id, seat] : table.seats) {
        if (id != gone) {
            out.push_back(id);
        }
    }
    return out;
}

Table make_table(std::uint64_t count, const RunConfig &chosen = config()) {
    auto members = people(count);
    Run defined = GET(Run::define(chosen, roster(members)));
    // What travels is the description and the roster.
    Run run = GET(Run::decode(GET(defined.description()), GET(defined.roster())));
    CHECK(GET(run.hash()) == GET(defined.hash()));
    Table table(std::move(run), std::move(members));
    table.contribute = [](std::uint64_t id, Client &client) { return contribution(id, client); };
    return table;
}

void everybody() {
    Table table = make_table(5);
    table.set_up();
    for (int round = 1; round <= 3; round++) {
        table.restart = round == 2;
        compare(table, table.round(), everybody_but(table, 0));
        CHECK(GET(table.server.phase()).round == static_cast<std::uint32_t>(round));
        CHECK(table.outcome == CLOAK_OK);
    }
}

// One member falls silent: before it contributes, it is not in the sum; afterwards it is, unless others have to say without whom they open.
void silence() {
    for (const std::int32_t kind : {CLOAK_BEGIN, CLOAK_SURVIVORS, CLOAK_OPEN, CLOAK_FINISHED}) {
        for (const bool restart : {false, true}) {
            Table table = make_table(5);
            table.restart = restart;
            table.set_up();
            table.seats.at(2).silent_from = kind;
            compare(table, table.round(), everybody_but(table, kind == CLOAK_BEGIN ? 2 : 0));
            table.seats.at(2).silent_from = 0;
            compare(table, table.round(), everybody_but(table, 0));
        }
    }
}

void silence_in_set_up() {
    Table table = make_table(5);
    table.seats.at(3).silent_from = CLOAK_INVITE;
    table.set_up();
    CHECK(GET(table.server.confirmed()) == everybody_but(table, 3));
    compare(table, table.round(), everybody_but(table, 3));
}

void too_many_gone() {
    Table table = make_table(5);
    table.set_up();
    table.seats.at(1).silent_from = CLOAK_BEGIN;
    table.seats.at(2).silent_from = CLOAK_BEGIN;
    CHECK(table.round().empty());
    CHECK(table.outcome == CLOAK_ERR_TOO_FEW_INPUTS);
    CHECK(GET(table.server.phase()).outcome == static_cast<std::uint32_t>(CLOAK_ERR_TOO_FEW_INPUTS));
}

void sparse_graph() {
    RunConfig chosen = config();
    chosen.degree = 6;
    Table table = make_table(12, chosen);
    CHECK(GET(table.run.neighbours(1)).size() == 6);
    table.set_up();
    table.seats.at(4).silent_from = CLOAK_BEGIN;
    compare(table, table.round(), everybody_but(table, 4));
}

void own_memory() {
    Table table = make_table(3);
    table.contribute = [](std::uint64_t id, Client &client) { return contribution(id, client, id != 2); };
    table.set_up();
    compare(table, table.round(), everybody_but(table, 0));
}

void pieces() {
    Table table = make_table(3);
    table.contribute = [](std::uint64_t id, Client &client) {
        if (id != 1) {
            return contribution(id, client);
        }
        Bytes out = GET(client.mask_begin());
        const auto append = [&](const Values &piece) {
            const Bytes part = GET(client.mask_chunk(piece));
            out.insert(out.end(), part.begin(), part.end());
        };
        std::vector<double> weights(100);
        for (std::size_t i = 0; i < weights.size(); i++) {
            weights[i] = weight(id, i);
        }
        append(span<const double>(weights).subspan(0, 64));
        CHECK(ERROR_OF(client.mask_chunk(std::vector<double>(7))).status == CLOAK_ERR_INVALID_LENGTH);
        CHECK(ERROR_OF(client.save()).status == CLOAK_ERR_OUT_OF_ORDER);
        append(span<const double>(weights).subspan(64, 36));
        append(std::array<std::int32_t, 3>{tally(id, 0), tally(id, 1), tally(id, 2)});
        append(std::vector<std::uint32_t>(9, static_cast<std::uint32_t>(id)));
        append(std::vector<U128>(wide, U128{id, 1}));
        return out;
    };
    table.set_up();
    compare(table, table.round(), everybody_but(table, 0));
}

// A payload that was changed on the server's disk, and what the sum then says.
void tampered() {
    Table table = make_table(3);
    table.set_up();
    table.contribute = [](std::uint64_t id, Client &client) {
        Bytes message = contribution(id, client);
        // The last byte belongs to the zero coordinates of the last segment.
        message.back() = static_cast<std::uint8_t>(message.back() ^ (id == 2 ? 1 : 0));
        return message;
    };
    GET(table.server.begin(table.context));
    table.payloads.clear();
    std::map<std::uint64_t, Bytes> messages;
    for (auto &entry : table.seats) {
        const std::uint64_t id = entry.first;
        Seat &seat = entry.second;
        GET(seat.client.begin(GET(table.server.message(id)), table.context));
        messages[id] = table.contribute(id, seat.client);
        const Receipt receipt = GET(table.server.receive(id, messages[id]));
        messages[id].erase(messages[id].begin(), messages[id].begin() + static_cast<std::ptrdiff_t>(receipt.payload_offset));
    }
    for (auto &entry : table.seats) {
        const Bytes open = GET(table.server.message(entry.first));
        if (table.step() == CLOAK_STEP_UNMASK) {
            GET(table.server.receive(entry.first, GET(entry.second.client.unmask(open))));
        }
    }
    const Opening opening = GET(table.server.opening());
    std::vector<ByteView> payloads;
    for (const auto &[id, payload] : messages) {
        payloads.emplace_back(payload);
    }
    const Error error = ERROR_OF(aggregate(table.run, opening, payloads));
    CHECK(error.status == CLOAK_ERR_MASKS_DID_NOT_CANCEL);
    GET(table.server.finish(error.status));
    CHECK(GET(table.server.phase()).outcome == static_cast<std::uint32_t>(error.status));
    payloads[0] = payloads[0].subspan(0, 10);
    CHECK(ERROR_OF(aggregate(table.run, opening, payloads)).status == CLOAK_ERR_INVALID_LENGTH);
}

void chosen_participants() {
    Table table = make_table(5);
    table.set_up();
    const std::vector<std::uint64_t> some = {1, 2, 4, UINT64_MAX};
    CHECK(ERROR_OF(table.server.begin(table.context, std::vector<std::uint64_t>())).status == CLOAK_ERR_TOO_FEW_INPUTS);
    CHECK(GET(table.server.begin(table.context, some)) == 1);
    CHECK(GET(table.server.participants()) == some);
    CHECK(GET(table.server.waiting()) == some);
    CHECK(GET(table.server.message(3)).empty());
    GET(table.server.stop());
    CHECK(GET(table.server.phase()).outcome == static_cast<std::uint32_t>(CLOAK_ERR_STOPPED));
}

} // namespace

void test_rounds() {
    everybody();
    silence();
    silence_in_set_up();
    too_many_gone();
    sparse_graph();
    own_memory();
    pieces();
    tampered();
    chosen_participants();
}
