/** @file What the server answers, before it becomes an HTTP response, and what a request may cost. */
#ifndef CLOAKWORK_HTTP_SERVER_ANSWER_HPP
#define CLOAKWORK_HTTP_SERVER_ANSWER_HPP

#include <chrono>
#include <memory>

#include "../routes.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http {

/** What a server takes on. Everything is in memory, so the bounds add up to how much of that it may use. */
struct Bounds {
    /** Largest model and settings of a round. */
    std::size_t context_bytes = std::size_t{256} << 20;
    /** Largest masked vector that a run may ask for. */
    std::size_t payload_bytes = std::size_t{1} << 30;
    /** Masked vectors of all members of all open runs together, if everybody contributed at the same time. */
    std::size_t memory_bytes = std::size_t{4} << 30;
    /** Connections at the same time, each of which has a thread; a long poll keeps it. Rosters are smaller than this. */
    std::size_t connections = 512;
    /** Bodies that one party may send at the same time. */
    std::size_t uploads = 4;
    /** A body that comes slower than this, beyond `body_seconds`, is not waited for. */
    std::size_t slow_bytes_per_second = std::size_t{16} << 10;
    std::size_t body_seconds = 30;
    /** Of how many rounds a run keeps the result. */
    std::size_t results = 16;
    /** Runs that are kept; the oldest closed ones are forgotten first. */
    std::size_t runs = 100;
};

namespace internal {

/** Connections beside those of members: controllers, and members that come back before their old connection has ended. */
inline constexpr std::size_t spare_connections = 16;

using Shared = std::shared_ptr<const Bytes>;

inline Shared share(Bytes content) {
    return std::make_shared<const Bytes>(std::move(content));
}

/** A status and a body. */
struct Answer {
    int status = 204;
    const char *media = media::json;
    Shared body = share({});

    static Answer json(const nlohmann::json &value, int status = 200) { return {status, media::json, share(bytes(value.dump()))}; }

    static Answer of(const Exception &error) {
        const auto code = static_cast<std::int32_t>(error.status());
        return {problem::http_status(code), problem::media_type, share(bytes(problem::encode(error)))};
    }
};

/** Seconds since 1970, as they are shown. */
inline double time_of_day() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

} // namespace internal
} // namespace http
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
