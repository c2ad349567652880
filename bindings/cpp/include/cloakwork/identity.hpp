/** @file Who a party is: identities, fingerprints, and the channel to a server. */
#ifndef CLOAKWORK_IDENTITY_HPP
#define CLOAKWORK_IDENTITY_HPP

#include <functional>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "error.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {

namespace detail {

template <class T, void (*End)(T *)>
struct Ender {
    void operator()(T *object) const noexcept { End(object); }
};

/** Owns an object of the library. */
template <class T, void (*End)(T *)>
using Handle = std::unique_ptr<T, Ender<T, End>>;

/** Memory that is overwritten before it is given back; the compiler cannot leave that out. */
template <class T>
struct WipingAllocator {
    using value_type = T;
    WipingAllocator() = default;
    template <class Other>
    WipingAllocator(const WipingAllocator<Other> &) noexcept {}

    T *allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
    void deallocate(T *elements, std::size_t count) noexcept {
        volatile auto *byte = reinterpret_cast<volatile unsigned char *>(elements);
        for (std::size_t i = 0; i < count * sizeof(T); i++) {
            byte[i] = 0;
        }
        std::allocator<T>().deallocate(elements, count);
    }
    template <class Other>
    bool operator==(const WipingAllocator<Other> &) const noexcept {
        return true;
    }
    template <class Other>
    bool operator!=(const WipingAllocator<Other> &) const noexcept {
        return false;
    }
};

} // namespace detail

/** Bytes that only this party may read; wiped when they end. */
using SecretBytes = std::vector<std::uint8_t, detail::WipingAllocator<std::uint8_t>>;

/** Where random bytes come from: the operating system, or a cryptographically secure source of the caller. */
class Random {
public:
    /** The operating system. */
    Random() = default;
    /** A function that fills the bytes, or returns false if it cannot. What it throws counts as false. */
    explicit Random(std::function<bool(span<std::uint8_t>)> fill) : fill_(std::move(fill)) {}

private:
    friend class RandomCall;
    std::function<bool(span<std::uint8_t>)> fill_;
};

/** A source in the form of the C interface, for the time of a call. */
class RandomCall {
public:
    explicit RandomCall(const Random &random) : raw_{fill, const_cast<Random *>(&random)}, given_(random.fill_ != nullptr) {}
    /** NULL for the operating system. */
    const cloak_rng *get() const noexcept { return given_ ? &raw_ : nullptr; }

private:
    static std::int32_t fill(void *userdata, std::uint8_t *out, std::size_t length) noexcept {
        const auto &source = static_cast<const Random *>(userdata)->fill_;
#ifdef CLOAKWORK_NO_EXCEPTIONS
        return source(span<std::uint8_t>(out, length)) ? 0 : 1;
#else
        try {
            return source(span<std::uint8_t>(out, length)) ? 0 : 1;
        } catch (...) {
            return 1;
        }
#endif
    }

    cloak_rng raw_;
    bool given_;
};

/** A party's static key pair, whose public key is pinned in the roster of each run. */
class Identity {
public:
    static Returns<Identity> generate(const Random &random = Random()) {
        cloak_identity *made = nullptr;
        const cloak_status status = cloak_identity_new(RandomCall(random).get(), &made);
        Identity identity(made);
        return detail::give(status, identity);
    }

    /** The identity whose `secret` this is, 32 bytes. */
    static Returns<Identity> from_bytes(ByteView secret) {
        cloak_identity *made = nullptr;
        const bool fits = secret.size() == CLOAK_KEY_SIZE;
        const cloak_status status = fits ? cloak_identity_from_bytes(secret.data(), &made) : CLOAK_ERR_INVALID_LENGTH;
        Identity identity(made);
        return detail::give(status, identity);
    }

    Returns<SecretBytes> secret() const {
        SecretBytes out(CLOAK_KEY_SIZE);
        const cloak_status status = cloak_identity_export(handle_.get(), out.data());
        return detail::give(status, out);
    }

    Returns<Bytes32> public_key() const {
        Bytes32 out{};
        const cloak_status status = cloak_identity_public_key(handle_.get(), out.data());
        return detail::give(status, out);
    }

    const cloak_identity *get() const noexcept { return handle_.get(); }

private:
    explicit Identity(cloak_identity *handle) noexcept : handle_(handle) {}
    detail::Handle<cloak_identity, cloak_identity_free> handle_;
};

/** The text of a public key, with a checksum. */
inline Returns<std::string> fingerprint(const Bytes32 &key) {
    char text[CLOAK_FINGERPRINT_SIZE] = {};
    const cloak_status status = cloak_fingerprint_encode(key.data(), text, sizeof text);
    std::string out = text;
    return detail::give(status, out);
}

/** The public key of a fingerprint. */
inline Returns<Bytes32> public_key(const std::string &fingerprint) {
    Bytes32 out{};
    // What follows a NUL would not be seen.
    const bool whole = fingerprint.find('\0') == std::string::npos;
    const cloak_status status = whole ? cloak_fingerprint_decode(fingerprint.c_str(), out.data()) : CLOAK_ERR_MALFORMED;
    return detail::give(status, out);
}

/** What names a model, its settings, and the body of a request. */
inline Returns<Bytes32> sha256(ByteView data) {
    Bytes32 out{};
    const cloak_status status = cloak_sha256(data.data(), data.size(), out.data());
    return detail::give(status, out);
}

/** What a MAC covers; docs/protocol.md, section 9. */
struct Request {
    std::uint64_t counter = 0;
    /** In a response the status and the MAC of the request. */
    std::string method;
    std::string path;
    /** Without the question mark. */
    std::string query;
    /** The run that the path names, if it names one. */
    std::optional<RunId> run;
    Bytes32 body_hash{};
    bool response = false;
};

/** The secret that a client and its server share for the MACs of their requests. */
class Channel {
public:
    enum class Side : std::uint8_t { client = CLOAK_SIDE_CLIENT, server = CLOAK_SIDE_SERVER };

    /** Between an identity, which is on this side, and the pinned key of the other one. */
    static Returns<Channel> open(const Identity &identity, Side side, const Bytes32 &peer) {
        cloak_channel *made = nullptr;
        const cloak_status status = cloak_channel_new(identity.get(), static_cast<std::uint8_t>(side), peer.data(), &made);
        Channel channel(made);
        return detail::give(status, channel);
    }

    Returns<Bytes32> mac(const Request &request) const {
        Bytes32 out{};
        const cloak_request covered = raw(request);
        const cloak_status status = cloak_channel_mac(handle_.get(), &covered, out.data());
        return detail::give(status, out);
    }

    /** Fails with CLOAK_ERR_NOT_AUTHENTIC for any other MAC than that of the request. */
    Returns<void> verify(const Request &request, const Bytes32 &mac) const {
        const cloak_request covered = raw(request);
        return detail::done(cloak_channel_verify(handle_.get(), &covered, mac.data()));
    }

private:
    explicit Channel(cloak_channel *handle) noexcept : handle_(handle) {}

    static const std::uint8_t *bytes(const std::string &text) { return reinterpret_cast<const std::uint8_t *>(text.data()); }

    static cloak_request raw(const Request &request) {
        cloak_request out = {};
        out.counter = request.counter;
        out.method = bytes(request.method);
        out.method_length = request.method.size();
        out.path = bytes(request.path);
        out.path_length = request.path.size();
        out.query = bytes(request.query);
        out.query_length = request.query.size();
        out.run = request.run ? request.run->data() : nullptr;
        for (std::size_t i = 0; i < request.body_hash.size(); i++) {
            out.body_hash[i] = request.body_hash[i];
        }
        out.direction = request.response ? CLOAK_DIRECTION_RESPONSE : CLOAK_DIRECTION_REQUEST;
        return out;
    }

    detail::Handle<cloak_channel, cloak_channel_free> handle_;
};

} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
