/** @file One party's side of a computation, and the dealer of one program. */
#ifndef CLOAKWORK_MPC_PARTY_HPP
#define CLOAKWORK_MPC_PARTY_HPP

#include "../identity.hpp"
#include "../mechanism.hpp"
#include "../values.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace mpc {

/** Shares; wiped when they end. */
using SecretWords = std::vector<std::uint64_t, detail::WipingAllocator<std::uint64_t>>;

/** What the elements of a value are. */
enum class Kind : std::int32_t {
    /** Truth values, which are 0 and 1 where numbers are needed. */
    bit = CLOAK_MPC_BIT,
    /** Whole numbers of 64 bits with a sign; they wrap. */
    integer = CLOAK_MPC_INTEGER,
    /** Real numbers in the format of the session. */
    real = CLOAK_MPC_REAL,
};

/** How products lose the fraction bits that they have too many. */
enum class Rounding : std::int32_t {
    /** By a public dither: the fewest rounds. */
    dithered = CLOAK_MPC_DITHERED,
    /** Down; results depend neither on randomness nor on the number of parties. */
    down = CLOAK_MPC_DOWN,
    /** To the nearest, halves up; likewise. */
    nearest = CLOAK_MPC_NEAREST,
};

/** How real numbers are written. All parties have the same. */
struct Format {
    /** Bits after the point: 11 to 24 where functions are used, otherwise up to 30. */
    std::uint8_t fraction = 16;
    /** What comparisons open: magnitudes stay below 2^(bits - 2 - fraction). */
    std::uint8_t bits = 32;
    Rounding rounding = Rounding::nearest;
    /** The cipher of all streams. */
    Suite suite = Suite::aes128_ctr;
};

/** What something costs a party. */
struct Cost {
    /** Messages to each other party. */
    std::uint64_t rounds = 0;
    /** What goes to that other party which gets most. */
    std::uint64_t bytes = 0;
    /** Words that a dealer sends to one party. */
    std::uint64_t corrections = 0;

    Cost() = default;
    Cost(const cloak_mpc_cost &raw) noexcept : rounds(raw.rounds), bytes(raw.bytes), corrections(raw.corrections) {}

    friend bool operator==(const Cost &left, const Cost &right) noexcept {
        return left.rounds == right.rounds && left.bytes == right.bytes && left.corrections == right.corrections;
    }
    friend bool operator!=(const Cost &left, const Cost &right) noexcept { return !(left == right); }
};

/**
 * Makes the correlated randomness of parties in this program. It could see through every masked value, so it belongs to nobody who sees the messages
 * of parties elsewhere. It serves each party once.
 */
class Dealer {
public:
    static Returns<Dealer> create(std::uint32_t parties, Suite suite = Suite::aes128_ctr, const Random &random = Random()) {
        cloak_mpc_dealer *made = nullptr;
        const cloak_status status = cloak_mpc_dealer_new(parties, static_cast<std::uint8_t>(suite), RandomCall(random).get(), &made);
        Dealer dealer(made);
        return detail::give(status, dealer);
    }

    cloak_mpc_dealer *get() const noexcept { return handle_.get(); }

private:
    explicit Dealer(cloak_mpc_dealer *handle) noexcept : handle_(handle) {}
    detail::Handle<cloak_mpc_dealer, cloak_mpc_dealer_free> handle_;
};

/**
 * One party's side of a computation. All parties make the same calls in the same order; values and results have the same numbers everywhere.
 *
 * Calls only say what is wanted. While `advance` says that messages are due, take the `message` for each other party, send them over links that nobody
 * else reads or changes, and `receive` theirs: the last one ends the round, and its messages are gone.
 */
class Party {
public:
    /** Party `index`, from 0, of so many, with a dealer of the same program. */
    static Returns<Party> with_dealer(std::uint32_t index, std::uint32_t parties, const Format &format, const Dealer &dealer,
                                      const Random &random = Random()) {
        const cloak_mpc_config config = config_of(index, parties, format);
        cloak_mpc_session *made = nullptr;
        const cloak_status status = cloak_mpc_session_new(&config, dealer.get(), RandomCall(random).get(), &made);
        Party party(made, index);
        return detail::give(status, party);
    }

    /**
     * A party of a computation without a dealer: the parties make correlated randomness by oblivious transfer. `session` are 32 bytes that all of
     * them know and use once; about `ahead` words are held at a time.
     */
    static Returns<Party> without_dealer(std::uint32_t index, std::uint32_t parties, const Format &format, const Bytes32 &session,
                                         std::size_t ahead = std::size_t{1} << 20, const Random &random = Random()) {
        const cloak_mpc_config config = config_of(index, parties, format);
        cloak_mpc_session *made = nullptr;
        const cloak_status status =
            cloak_mpc_session_new_without_dealer(&config, session.data(), ahead, RandomCall(random).get(), &made);
        Party party(made, index);
        return detail::give(status, party);
    }

    std::uint32_t index() const noexcept { return index_; }

    /** Numbers of this party, `double` or 64-bit integers, which the others do not learn. */
    Returns<std::uint64_t> input(const Values &own) const {
        const cloak_values &raw = own.raw();
        return input(index_, raw.type == CLOAK_F64 ? CLOAK_MPC_REAL : CLOAK_MPC_INTEGER, raw.length, &raw);
    }

    /** Numbers of another party, of which this one knows how many there are and of which kind. */
    Returns<std::uint64_t> input(std::uint32_t owner, Kind kind, std::size_t length) const {
        return input(owner, static_cast<std::int32_t>(kind), length, nullptr);
    }

    /** Numbers that everybody knows, `double` or 64-bit integers. */
    Returns<std::uint64_t> known(const Values &numbers) const {
        std::uint64_t out = 0;
        const cloak_status status = cloak_mpc_public(handle_.get(), &numbers.raw(), &out);
        return detail::give(status, out);
    }

    /** This party's shares of words that somebody from outside gives: over all parties they add up to them, modulo 2^64. */
    Returns<std::uint64_t> shares(Kind kind, span<const std::uint64_t> words) const {
        std::uint64_t out = 0;
        const cloak_status status = cloak_mpc_shares(handle_.get(), static_cast<std::int32_t>(kind), words.data(), words.size(), &out);
        return detail::give(status, out);
    }

    /** Asks for an operation: the values that it gives. `numbers` and `constants` are those of cloak_mpc_operation_type. */
    Returns<std::vector<std::uint64_t>> apply(cloak_mpc_operation_type operation, span<const std::uint64_t> inputs,
                                              span<const std::uint64_t> numbers = {}) const {
        return apply(operation, inputs, numbers, cloak_values{});
    }

    /** The same, of an operation with public numbers. */
    Returns<std::vector<std::uint64_t>> apply(cloak_mpc_operation_type operation, span<const std::uint64_t> inputs,
                                              span<const std::uint64_t> numbers, const Values &constants) const {
        return apply(operation, inputs, numbers, constants.raw());
    }

    /** The rows of a value with so many columns in an order that nobody knows. */
    Returns<std::uint64_t> shuffle(std::uint64_t value, std::size_t columns, const Random &random = Random()) const {
        std::uint64_t out = 0;
        const cloak_status status = cloak_mpc_shuffle(handle_.get(), value, columns, RandomCall(random).get(), &out);
        return detail::give(status, out);
    }

    /** What a value's elements are, and how many there are. */
    struct Form {
        Kind kind = Kind::integer;
        std::size_t length = 0;
    };

    Returns<Form> form(std::uint64_t value) const {
        Form out;
        std::int32_t kind = 0;
        const cloak_status status = cloak_mpc_get_form(handle_.get(), value, &kind, &out.length);
        out.kind = static_cast<Kind>(kind);
        return detail::give(status, out);
    }

    /** Fails with what a value could not be made for, if that is known. */
    Returns<void> check(std::uint64_t value) const { return detail::done(cloak_mpc_check(handle_.get(), value)); }

    /** Forgets a value, which is wiped once nothing that was asked for needs it. */
    Returns<void> forget(std::uint64_t value) const { return detail::done(cloak_mpc_forget(handle_.get(), value)); }

    /** This party's shares of a value that has been made, for learners; truth values are packed, 64 to a word. */
    Returns<SecretWords> own_shares(std::uint64_t value) const {
        SecretWords out;
        const cloak_status status = detail::collect(out, 0, [&](std::uint64_t *words, std::size_t capacity, std::size_t *length) {
            return cloak_mpc_own_shares(handle_.get(), value, words, capacity, length);
        });
        return detail::give(status, out);
    }

    /** Asks that a value becomes known to these parties, which rise, and to nobody else; to all, if none is named. The result's number. */
    Returns<std::uint64_t> open(std::uint64_t value, span<const std::uint32_t> receivers = {}) const {
        std::uint64_t out = 0;
        const cloak_status status = cloak_mpc_open(handle_.get(), value, receivers.data(), receivers.size(), &out);
        return detail::give(status, out);
    }

    /** A result as real numbers. CLOAK_ERR_NOT_IN_SET if it is for others, CLOAK_ERR_OUT_OF_ORDER while it is not there. */
    Returns<std::vector<double>> reals(std::uint64_t result) const {
        std::vector<double> out;
        const cloak_status status = detail::collect(out, 0, [&](double *numbers, std::size_t capacity, std::size_t *length) {
            return cloak_mpc_result_f64(handle_.get(), result, numbers, capacity, length);
        });
        return detail::give(status, out);
    }

    /** A result as whole numbers, of which truth values are 0 and 1; CLOAK_ERR_INVALID_ARGUMENT for real ones. */
    Returns<std::vector<std::int64_t>> integers(std::uint64_t result) const {
        std::vector<std::int64_t> out;
        const cloak_status status = detail::collect(out, 0, [&](std::int64_t *numbers, std::size_t capacity, std::size_t *length) {
            return cloak_mpc_result_i64(handle_.get(), result, numbers, capacity, length);
        });
        return detail::give(status, out);
    }

    Returns<void> forget_result(std::uint64_t result) const { return detail::done(cloak_mpc_forget_result(handle_.get(), result)); }

    /** Goes on as far as it gets without messages; whether those of a round are due. */
    Returns<bool> advance() const {
        std::int32_t progress = CLOAK_MPC_FINISHED;
        cloak_error error = {};
        const cloak_status status = cloak_mpc_advance(handle_.get(), &progress, &error);
        bool due = progress == CLOAK_MPC_EXCHANGE;
        return detail::give(status, due, error);
    }

    /** The message of the present round to a party. */
    Returns<Bytes> message(std::uint32_t to) const {
        Bytes out;
        const cloak_status status = detail::collect(out, 4096, [&](std::uint8_t *bytes, std::size_t capacity, std::size_t *length) {
            return cloak_mpc_message(handle_.get(), to, bytes, capacity, length);
        });
        return detail::give(status, out);
    }

    /** Takes the message of the present round from a party. One that is refused changes nothing. */
    Returns<void> receive(std::uint32_t from, ByteView message) const {
        cloak_error error = {};
        const cloak_status status = cloak_mpc_receive(handle_.get(), from, message.data(), message.size(), &error);
        return detail::done(status, error);
    }

    /** What was spent so far on computing. */
    Returns<Cost> cost() const { return spent(true); }
    /** What was spent so far on making correlated randomness, where no dealer does. */
    Returns<Cost> making_cost() const { return spent(false); }

    cloak_mpc_session *get() const noexcept { return handle_.get(); }

private:
    friend class Session;
    Party(cloak_mpc_session *handle, std::uint32_t index) noexcept : handle_(handle), index_(index) {}

    static cloak_mpc_config config_of(std::uint32_t index, std::uint32_t parties, const Format &format) noexcept {
        cloak_mpc_config out = {};
        out.parties = parties;
        out.index = index;
        out.rounding = static_cast<std::int32_t>(format.rounding);
        out.fraction = format.fraction;
        out.bits = format.bits;
        out.suite = static_cast<std::uint8_t>(format.suite);
        return out;
    }

    Returns<std::uint64_t> input(std::uint32_t owner, std::int32_t kind, std::size_t length, const cloak_values *own) const {
        std::uint64_t out = 0;
        const cloak_status status = cloak_mpc_input(handle_.get(), owner, kind, length, own, &out);
        return detail::give(status, out);
    }

    Returns<std::vector<std::uint64_t>> apply(std::int32_t operation, span<const std::uint64_t> inputs, span<const std::uint64_t> numbers,
                                              const cloak_values &constants) const {
        const cloak_mpc_operation given = {operation, 0, numbers.data(), numbers.size(), constants};
        std::vector<std::uint64_t> out;
        const cloak_status status = detail::collect(out, 2, [&](std::uint64_t *values, std::size_t capacity, std::size_t *length) {
            return cloak_mpc_apply(handle_.get(), &given, inputs.data(), inputs.size(), values, capacity, length);
        });
        return detail::give(status, out);
    }

    Returns<Cost> spent(bool computing) const {
        cloak_mpc_cost of_computing = {};
        cloak_mpc_cost of_making = {};
        const cloak_status status = cloak_mpc_get_cost(handle_.get(), &of_computing, &of_making);
        Cost out(computing ? of_computing : of_making);
        return detail::give(status, out);
    }

    detail::Handle<cloak_mpc_session, cloak_mpc_session_free> handle_;
    std::uint32_t index_ = 0;
};

} // namespace mpc
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
