/** @file The requests that a server answers: who may make them, and what goes in. docs/http.md says what they do. */
#ifndef CLOAKWORK_HTTP_ROUTES_HPP
#define CLOAKWORK_HTTP_ROUTES_HPP

#include <string_view>

#include "text.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http {

namespace media {
inline constexpr const char *json = "application/json";
inline constexpr const char *cbor = "application/cbor";
inline constexpr const char *bytes = "application/octet-stream";
} // namespace media

/** How long a long poll may wait, in seconds. Proxies commonly cut a silent connection after 60. */
inline constexpr std::uint64_t most_wait_seconds = 50;

/** Who may make a request; to be added up. */
namespace role {
inline constexpr unsigned anyone = 1;
inline constexpr unsigned member = 2;
inline constexpr unsigned controller = 4;
} // namespace role

enum class Route : std::uint8_t {
    health,
    status,
    run_create,
    run,
    runs,
    run_stop,
    description,
    roster,
    settings,
    message,
    context,
    message_post,
    refusal_post,
    setup_post,
    round_start,
    round,
    result,
    round_stop,
};

struct RouteEntry {
    Route route;
    const char *method;
    /** `{run}` stands for a run id, `{number}` for the number of a message or a round. */
    const char *path;
    unsigned roles;
    /** Media type of the body, or nullptr. */
    const char *body = nullptr;
};

inline constexpr RouteEntry routes[] = {
    {Route::health, "GET", "/v1/health", role::anyone},
    {Route::status, "GET", "/v1/status", role::controller},
    {Route::run_create, "PUT", "/v1/runs/{run}", role::controller, media::json},
    {Route::run, "GET", "/v1/runs/{run}", role::member | role::controller},
    {Route::runs, "GET", "/v1/runs", role::controller},
    {Route::run_stop, "POST", "/v1/runs/{run}/stop", role::controller},
    {Route::description, "GET", "/v1/runs/{run}/description", role::member | role::controller},
    {Route::roster, "GET", "/v1/runs/{run}/roster", role::member | role::controller},
    {Route::settings, "GET", "/v1/runs/{run}/settings", role::member | role::controller},
    {Route::message, "GET", "/v1/runs/{run}/messages/{number}", role::member},
    {Route::context, "GET", "/v1/runs/{run}/messages/{number}/context", role::member},
    {Route::message_post, "POST", "/v1/runs/{run}/messages", role::member, media::cbor},
    {Route::refusal_post, "POST", "/v1/runs/{run}/refusals", role::member, media::json},
    {Route::setup_post, "POST", "/v1/runs/{run}/setup", role::member, media::json},
    {Route::round_start, "PUT", "/v1/runs/{run}/rounds/{number}", role::controller, media::bytes},
    {Route::round, "GET", "/v1/runs/{run}/rounds/{number}", role::member | role::controller},
    {Route::result, "GET", "/v1/runs/{run}/rounds/{number}/result", role::member | role::controller},
    {Route::round_stop, "POST", "/v1/runs/{run}/rounds/{number}/stop", role::controller},
};

inline constexpr const RouteEntry &entry(Route route) {
    return routes[static_cast<std::size_t>(route)];
}

/** The path of a request, as it appears in its first line. */
inline std::string path_of(Route route, const std::optional<RunId> &run = {}, std::uint64_t number = 0) {
    std::string out = entry(route).path;
    const auto put = [&out](std::string_view name, const std::string &value) {
        const std::size_t at = out.find(name);
        if (at != std::string::npos) {
            out.replace(at, name.size(), value);
        }
    };
    put("{run}", run ? hex(*run) : std::string());
    put("{number}", std::to_string(number));
    return out;
}

/** A request that is in the table. */
struct Matched {
    const RouteEntry *entry = nullptr;
    std::string run;
    std::string number;
};

namespace internal {

/** The text up to the next slash, taken off the front. */
inline std::string_view step(std::string_view &path) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view out = path.substr(0, end);
    path.remove_prefix(end);
    return out;
}

inline bool fits(std::string_view pattern, std::string_view path, Matched &out) {
    while (!pattern.empty() && !path.empty()) {
        const std::string_view wanted = step(pattern);
        const std::string_view given = step(path);
        if (wanted == "/{run}" && given.size() > 1) {
            out.run = given.substr(1);
        } else if (wanted == "/{number}" && given.size() > 1) {
            out.number = given.substr(1);
        } else if (wanted != given) {
            return false;
        }
    }
    return pattern.empty() && path.empty();
}

} // namespace internal

/** The entry of a method and a raw path; its parameters are yet to be read. */
inline std::optional<Matched> match(std::string_view method, std::string_view path) {
    for (const RouteEntry &known : routes) {
        Matched out;
        if (method == known.method && internal::fits(known.path, path, out)) {
            out.entry = &known;
            return out;
        }
    }
    return {};
}

} // namespace http
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
