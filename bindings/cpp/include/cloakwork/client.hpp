/** @file The client's side of a run. */
#ifndef CLOAKWORK_CLIENT_HPP
#define CLOAKWORK_CLIENT_HPP

#include <initializer_list>

#include "run.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {

/**
 * A member of a run: one call for each message of the server.
 *
 * Store what `save` gives before an answer leaves: a round is masked once, and a process that starts again goes on where it stopped.
 */
class Client {
public:
    static Returns<Client> join(const Run &run, const Identity &identity) {
        cloak_client *made = nullptr;
        cloak_error error = {};
        const cloak_status status = cloak_client_new(run.get(), identity.get(), &made, &error);
        Client client(made);
        return detail::give(status, client, error);
    }

    /** The client whose state `save` gave. */
    static Returns<Client> load(const Run &run, const Identity &identity, ByteView saved) {
        cloak_client *made = nullptr;
        cloak_error error = {};
        const cloak_status status = cloak_client_load(run.get(), identity.get(), saved.data(), saved.size(), &made, &error);
        Client client(made);
        return detail::give(status, client, error);
    }

    /** Answers `invite` with a fresh key. */
    Returns<Bytes> advertise(ByteView message, const Random &random = Random()) {
        // More than the answer has: a second call would draw a second key.
        constexpr std::size_t enough = 128;
        const RandomCall source(random);
        return collect(enough, [&](std::uint8_t *out, std::size_t capacity, std::size_t *length) {
            return cloak_client_advertise(handle_.get(), source.get(), message.data(), message.size(), out, capacity, length);
        });
    }

    /** Answers `keys` with confirmation tags. */
    Returns<Bytes> confirm(ByteView message) {
        return collect(0, [&](std::uint8_t *out, std::size_t capacity, std::size_t *length) {
            return cloak_client_confirm(handle_.get(), message.data(), message.size(), out, capacity, length);
        });
    }

    /** Takes `confirmations`; the number of neighbours that did not confirm. */
    Returns<std::size_t> accept(ByteView message) {
        std::size_t out = 0;
        const cloak_status status = cloak_client_accept(handle_.get(), message.data(), message.size(), &out);
        return give(status, out);
    }

    /** Joins the round of `begin`. The hash is that of what this client received for the round, computed by its host. */
    Returns<void> begin(ByteView message, const Bytes32 &context_hash) {
        return done(cloak_client_begin(handle_.get(), message.data(), message.size(), context_hash.data()));
    }

    /** The rotation seed of the round, for a `Contribution`. */
    Returns<Bytes32> rotation_seed() const {
        Bytes32 out{};
        const cloak_status status = cloak_client_rotation_seed(handle_.get(), out.data());
        return detail::give(status, out);
    }

    /** Masks the values of all segments, in order; in a run with a mechanism one `Contribution`. Store the message before it leaves. */
    Returns<Bytes> mask(span<const Values> segments, const Random &random = Random()) {
        std::size_t size = 0;
        const cloak_status status = cloak_client_masked_size(handle_.get(), &size);
        if (status != CLOAK_OK) {
            return detail::fail<Bytes>(detail::plain(status));
        }
        return collect(size, [&](std::uint8_t *out, std::size_t capacity, std::size_t *length) {
            return mask_raw(segments, random, out, capacity, length);
        });
    }
    Returns<Bytes> mask(std::initializer_list<Values> segments, const Random &random = Random()) {
        return mask(span<const Values>(segments.begin(), segments.size()), random);
    }

    /** The bytes of the message of `mask` in the present round. */
    Returns<std::size_t> masked_size() const {
        std::size_t out = 0;
        const cloak_status status = cloak_client_masked_size(handle_.get(), &out);
        return detail::give(status, out);
    }

    /** `mask` into memory of the caller, of at least `masked_size` bytes, which are not set to zero before; the bytes that it wrote. */
    Returns<std::size_t> mask_into(span<const Values> segments, span<std::uint8_t> out, const Random &random = Random()) {
        std::size_t length = 0;
        const cloak_status status = mask_raw(segments, random, out.data(), out.size(), &length);
        return give(status, length);
    }
    Returns<std::size_t> mask_into(std::initializer_list<Values> segments, span<std::uint8_t> out, const Random &random = Random()) {
        return mask_into(span<const Values>(segments.begin(), segments.size()), out, random);
    }

    /** Begins to mask piece by piece: the message up to its payload. */
    Returns<Bytes> mask_begin(const Random &random = Random()) {
        std::size_t size = 0;
        const cloak_status status = cloak_client_masked_head_size(handle_.get(), &size);
        if (status != CLOAK_OK) {
            return detail::fail<Bytes>(detail::plain(status));
        }
        const RandomCall source(random);
        return collect(size, [&](std::uint8_t *out, std::size_t capacity, std::size_t *length) {
            return cloak_client_mask_begin(handle_.get(), source.get(), out, capacity, length);
        });
    }

    /** Masks the next values of the present segment: a multiple of 8, unless they end it. */
    Returns<Bytes> mask_chunk(const Values &piece) {
        return collect(piece.raw().length * 8 + 64, [&](std::uint8_t *out, std::size_t capacity, std::size_t *length) {
            return cloak_client_mask_chunk(handle_.get(), &piece.raw(), out, capacity, length);
        });
    }

    /** Answers `survivors`. The answer hands mask keys out: it is secret on its way to the server. */
    Returns<Bytes> acknowledge(ByteView message) {
        return collect(0, [&](std::uint8_t *out, std::size_t capacity, std::size_t *length) {
            return cloak_client_acknowledge(handle_.get(), message.data(), message.size(), out, capacity, length);
        });
    }

    /** Answers `open` with seed shares and closes the round. */
    Returns<Bytes> unmask(ByteView message) {
        return collect(0, [&](std::uint8_t *out, std::size_t capacity, std::size_t *length) {
            return cloak_client_unmask(handle_.get(), message.data(), message.size(), out, capacity, length);
        });
    }

    /** Takes `finished`: CLOAK_OK, or the status for which the round was aborted. */
    Returns<cloak_status> finish(ByteView message) {
        std::uint32_t outcome = 0;
        const cloak_status status = cloak_client_finish(handle_.get(), message.data(), message.size(), &outcome);
        auto out = static_cast<cloak_status>(outcome);
        return give(status, out);
    }

    Returns<cloak_client_info> info() const {
        cloak_client_info out = {};
        const cloak_status status = cloak_client_get_info(handle_.get(), &out);
        return detail::give(status, out);
    }

    /** Ids of the neighbours whose keys are not confirmed. */
    Returns<std::vector<std::uint64_t>> unconfirmed() const {
        std::vector<std::uint64_t> out;
        const cloak_status status = detail::collect(out, 0, [&](std::uint64_t *ids, std::size_t capacity, std::size_t *count) {
            return cloak_client_unconfirmed(handle_.get(), ids, capacity, count);
        });
        return detail::give(status, out);
    }

    /** The state, for durable storage that only this party reads and that does not go back to older states. */
    Returns<SecretBytes> save() const {
        SecretBytes out;
        const cloak_status status = detail::collect(out, 0, [&](std::uint8_t *data, std::size_t capacity, std::size_t *length) {
            return cloak_client_save(handle_.get(), data, capacity, length);
        });
        return detail::give(status, out);
    }

private:
    explicit Client(cloak_client *handle) noexcept : handle_(handle) {}

    /** What the library keeps about the last call. */
    cloak_error said() const noexcept {
        cloak_error out = {};
        return cloak_client_last_error(handle_.get(), &out) == CLOAK_OK ? out : cloak_error{};
    }

    template <class T>
    Returns<T> give(cloak_status status, T &value) const {
        return detail::give(status, value, said());
    }
    Returns<void> done(cloak_status status) const { return detail::done(status, said()); }

    cloak_status mask_raw(span<const Values> segments, const Random &random, std::uint8_t *out, std::size_t capacity, std::size_t *length) {
        std::vector<cloak_values> given;
        for (const Values &values : segments) {
            given.push_back(values.raw());
        }
        const RandomCall source(random);
        return cloak_client_mask(handle_.get(), source.get(), given.data(), given.size(), out, capacity, length);
    }

    template <class Call>
    Returns<Bytes> collect(std::size_t guess, Call call) const {
        Bytes out;
        const cloak_status status = detail::collect(out, guess, call);
        return give(status, out);
    }

    detail::Handle<cloak_client, cloak_client_free> handle_;
};

} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
