/** @file The server's side of a run, and the sum of a round. */
#ifndef CLOAKWORK_SERVER_HPP
#define CLOAKWORK_SERVER_HPP

#include "run.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {

/** The masks that remain in the sum of the survivors' payloads. Threads may work on ranges of their own at the same time. */
class Opening {
public:
    Returns<Bytes32> rotation_seed() const {
        Bytes32 out{};
        const cloak_status status = cloak_opening_rotation_seed(handle_.get(), out.data());
        return detail::give(status, out);
    }

    /** Adds a range of a survivor's payload; it begins at a multiple of 8, and so does the next one. */
    Returns<void> add(std::uint32_t segment, std::uint64_t first, ByteView payload, const cloak_lanes &accumulator) const {
        return detail::done(cloak_opening_add(handle_.get(), segment, first, payload.data(), payload.size(), &accumulator));
    }

    /** Takes the masks off a range in which the accumulator holds the sum of all survivors. */
    Returns<void> unmask(std::uint32_t segment, std::uint64_t first, const cloak_lanes &accumulator) const {
        return detail::done(cloak_opening_unmask(handle_.get(), segment, first, &accumulator));
    }

    /** Fails with CLOAK_ERR_MASKS_DID_NOT_CANCEL when the sum is worthless. */
    Returns<void> check_zeros(std::uint32_t segment, const Values &zeros) const {
        return detail::done(cloak_opening_check_zeros(handle_.get(), segment, &zeros.raw()));
    }

    const cloak_opening *get() const noexcept { return handle_.get(); }

private:
    friend class Server;
    explicit Opening(cloak_opening *handle) noexcept : handle_(handle) {}
    detail::Handle<cloak_opening, cloak_opening_free> handle_;
};

/**
 * The sums of a round, segment by segment, from the payloads of all survivors in any order. Whatever it comes to, the server is told by
 * `Server::finish`.
 */
inline Returns<std::vector<Residues>> aggregate(const Run &run, const Opening &opening, span<const ByteView> payloads) {
    cloak_run_info info = {};
    cloak_status status = cloak_run_get_info(run.get(), &info);
    std::vector<Residues> out;
    for (std::uint32_t segment = 0; status == CLOAK_OK && segment < info.segments; segment++) {
        cloak_layout layout = {};
        status = cloak_run_layout(run.get(), segment, &layout);
        const auto length = static_cast<std::size_t>(layout.length);
        const auto zeros = static_cast<std::size_t>(layout.zeros);
        Residues sum = Residues::zeros(layout.lane, length + zeros);
        const cloak_lanes all = sum.range(0, length + zeros);
        for (std::size_t i = 0; status == CLOAK_OK && i < payloads.size(); i++) {
            status = cloak_opening_add(opening.get(), segment, 0, payloads[i].data(), payloads[i].size(), &all);
        }
        status = status == CLOAK_OK ? cloak_opening_unmask(opening.get(), segment, 0, &all) : status;
        const cloak_lanes end = sum.range(length, zeros);
        const cloak_values left = {end.type, end.data, end.length};
        status = status == CLOAK_OK ? cloak_opening_check_zeros(opening.get(), segment, &left) : status;
        sum.truncate(length);
        out.push_back(std::move(sum));
    }
    return detail::give(status, out);
}

/** What became of a message. */
struct Receipt {
    /** One of cloak_kind. */
    std::int32_t kind = 0;
    /** Whether it changed anything; a byte-identical repeat does not. */
    bool counted = false;
    /** Where in a masked message the payload lies, for the host to keep it. */
    std::size_t payload_offset = 0;
    std::size_t payload_length = 0;
};

/** The server of a run. It holds everything but the payloads, and follows from the calls that change it, in order. */
class Server {
public:
    static Returns<Server> open(const Run &run) {
        cloak_server *made = nullptr;
        cloak_error error = {};
        const cloak_status status = cloak_server_new(run.get(), &made, &error);
        Server server(made);
        return detail::give(status, server, error);
    }

    /** Begins set-up; the epoch. */
    Returns<std::uint32_t> invite() {
        std::uint32_t out = 0;
        const cloak_status status = cloak_server_invite(handle_.get(), &out);
        return give(status, out);
    }

    /** Takes a message from a member whom the host has authenticated. */
    Returns<Receipt> receive(std::uint64_t sender, ByteView message) {
        cloak_receipt given = {};
        const cloak_status status = cloak_server_receive(handle_.get(), sender, message.data(), message.size(), &given);
        Receipt out{given.kind, given.counted != 0, given.payload_offset, given.payload_length};
        return give(status, out);
    }

    /** The time limit of the present step has passed. */
    Returns<void> close_step() { return done(cloak_server_close_step(handle_.get())); }

    /** Begins a round of everybody with confirmed keys; its number. */
    Returns<std::uint32_t> begin(const Bytes32 &context_hash) { return begin(context_hash, nullptr, 0); }

    /** Begins a round of these members; its number. */
    Returns<std::uint32_t> begin(const Bytes32 &context_hash, span<const std::uint64_t> participants) {
        // NULL would be everybody.
        static constexpr std::uint64_t nobody = 0;
        return begin(context_hash, participants.empty() ? &nobody : participants.data(), participants.size());
    }

    /** The message that a member is due in the present step; empty if it is due none. */
    Returns<Bytes> message(std::uint64_t receiver) const {
        return collect<Bytes>(cloak_server_message, receiver);
    }

    /** The confirmations for a member that did not collect them in time. */
    Returns<Bytes> confirmations(std::uint64_t receiver) const {
        return collect<Bytes>(cloak_server_confirmations, receiver);
    }

    /** Stops the present round. */
    Returns<void> stop() { return done(cloak_server_stop(handle_.get())); }

    /** Ends the round after its sum was computed, or with what that failed for. */
    Returns<void> finish(cloak_status failure = CLOAK_OK) { return done(cloak_server_finish(handle_.get(), failure)); }

    Returns<cloak_phase> phase() const {
        cloak_phase out = {};
        const cloak_status status = cloak_server_get_phase(handle_.get(), &out);
        return detail::give(status, out);
    }

    /** Ids of those whose message the present step waits for. */
    Returns<std::vector<std::uint64_t>> waiting() const { return ids(cloak_server_waiting); }
    /** Ids of those with confirmed keys. */
    Returns<std::vector<std::uint64_t>> confirmed() const { return ids(cloak_server_confirmed); }
    /** Ids of those who take part in the last round begun. */
    Returns<std::vector<std::uint64_t>> participants() const { return ids(cloak_server_participants); }
    /** Ids of those whose inputs the sum holds. */
    Returns<std::vector<std::uint64_t>> survivors() const { return ids(cloak_server_survivors); }

    /** Recovers the masks of the round, once the step is CLOAK_STEP_SUM. */
    Returns<Opening> opening() const {
        cloak_opening *made = nullptr;
        const cloak_status status = cloak_server_opening(handle_.get(), &made);
        Opening out(made);
        return detail::give(status, out);
    }

private:
    explicit Server(cloak_server *handle) noexcept : handle_(handle) {}

    /** What the library keeps about the last call. */
    cloak_error said() const noexcept {
        cloak_error out = {};
        return cloak_server_last_error(handle_.get(), &out) == CLOAK_OK ? out : cloak_error{};
    }

    template <class T>
    Returns<T> give(cloak_status status, T &value) const {
        return detail::give(status, value, said());
    }
    Returns<void> done(cloak_status status) const { return detail::done(status, said()); }

    Returns<std::uint32_t> begin(const Bytes32 &context_hash, const std::uint64_t *participants, std::size_t count) {
        std::uint32_t out = 0;
        const cloak_status status = cloak_server_begin(handle_.get(), participants, count, context_hash.data(), &out);
        return give(status, out);
    }

    template <class Vector, class Function>
    Returns<Vector> collect(Function function, std::uint64_t id) const {
        Vector out;
        const cloak_status status = detail::collect(out, 0, [&](std::uint8_t *data, std::size_t capacity, std::size_t *length) {
            return function(handle_.get(), id, data, capacity, length);
        });
        return detail::give(status, out);
    }

    template <class Function>
    Returns<std::vector<std::uint64_t>> ids(Function function) const {
        std::vector<std::uint64_t> out;
        const cloak_status status = detail::collect(out, 0, [&](std::uint64_t *data, std::size_t capacity, std::size_t *count) {
            return function(handle_.get(), data, capacity, count);
        });
        return detail::give(status, out);
    }

    detail::Handle<cloak_server, cloak_server_free> handle_;
};

} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
