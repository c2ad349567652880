/** @file Errors that travel: the failures of requests, and the JSON body (RFC 9457) that carries any failure to the other side. */
#ifndef CLOAKWORK_HTTP_PROBLEM_HPP
#define CLOAKWORK_HTTP_PROBLEM_HPP

#ifdef CLOAKWORK_NO_EXCEPTIONS
#error "cloakwork::http throws exceptions: include it in files that are built without CLOAKWORK_NO_EXCEPTIONS; both kinds of file go into one program"
#endif

#include <nlohmann/json.hpp>

#include "../error.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http {

/** What went wrong around the protocol; the numbers continue those of cloak_status (docs/http.md, section 2). */
enum class FlowStatus : std::int32_t {
    bad_request = 801,
    not_authenticated = 802,
    not_allowed = 803,
    not_found = 804,
    conflict = 805,
    counter_used = 806,
    too_large = 807,
    too_slow = 808,
    superseded = 809,
    storage_failed = 810,
    busy = 811,
    unreachable = 812,
    unverified_answer = 813,
    configuration = 814,
    task = 815,
    run_closed = 816,
};

/** A failure of a request, of its answer, of configuration or of a contribution (800 to 899). */
class FlowError : public Exception {
public:
    /**
     * @param detail    what happened and what to do
     * @param argument  the argument or field at fault
     * @param bound     the size or count that was passed
     * @param party     id of the member that it concerns
     */
    FlowError(FlowStatus status, std::string detail, std::string argument = {}, std::optional<std::uint64_t> bound = {},
              std::optional<std::uint64_t> party = {})
        : Exception(made(status, std::move(detail), std::move(argument), bound, party)) {}

    FlowError(Error error, std::optional<std::uint64_t> next, std::optional<std::uint64_t> last_counter)
        : Exception(std::move(error)), next_(next), last_counter_(last_counter) {}

    /** The number of the message to ask for instead. */
    static FlowError superseded(std::string detail, std::uint64_t next) {
        return {made(FlowStatus::superseded, std::move(detail), {}, {}, {}), next, {}};
    }
    /** The highest counter that the server has seen from the caller. */
    static FlowError counter_used(std::string detail, std::uint64_t last) {
        return {made(FlowStatus::counter_used, std::move(detail), {}, {}, {}), {}, last};
    }

    bool is(FlowStatus status) const noexcept { return static_cast<std::int32_t>(this->status()) == static_cast<std::int32_t>(status); }
    const std::optional<std::uint64_t> &next() const noexcept { return next_; }
    const std::optional<std::uint64_t> &last_counter() const noexcept { return last_counter_; }

private:
    static Error made(FlowStatus status, std::string detail, std::string argument, std::optional<std::uint64_t> bound,
                      std::optional<std::uint64_t> party) {
        Error error;
        error.status = static_cast<cloak_status>(status);
        error.detail = std::move(detail);
        error.argument = std::move(argument);
        error.bound = bound;
        error.party = party;
        return error;
    }

    std::optional<std::uint64_t> next_;
    std::optional<std::uint64_t> last_counter_;
};

/** An exception of the library for one case that a host found by itself, with its own words. */
[[noreturn]] inline void refuse(cloak_status status, std::string detail, std::string argument = {}, std::optional<std::uint64_t> party = {}) {
    Error error;
    error.status = status;
    error.detail = std::move(detail);
    error.argument = std::move(argument);
    error.party = party;
    cloakwork::detail::fail<void>(std::move(error));
}

namespace problem {

inline constexpr const char *media_type = "application/problem+json";
/** A problem is short; whoever reads one stops here. */
inline constexpr std::size_t largest = std::size_t{64} * 1024;

/** The name of a number, as it stands in cloakwork.h and docs/http.md. */
inline const char *name(std::int32_t status) {
    struct Name {
        std::int32_t status;
        const char *text;
    };
    static constexpr Name names[] = {
        {CLOAK_ERR_NULL_POINTER, "NULL_POINTER"},
        {CLOAK_ERR_INVALID_LENGTH, "INVALID_LENGTH"},
        {CLOAK_ERR_BUFFER_TOO_SMALL, "BUFFER_TOO_SMALL"},
        {CLOAK_ERR_INVALID_ARGUMENT, "INVALID_ARGUMENT"},
        {CLOAK_ERR_OUT_OF_MEMORY, "OUT_OF_MEMORY"},
        {CLOAK_ERR_NOT_FINITE, "NOT_FINITE"},
        {CLOAK_ERR_OUT_OF_RANGE, "OUT_OF_RANGE"},
        {CLOAK_ERR_INVALID_WIDTH, "INVALID_WIDTH"},
        {CLOAK_ERR_TOO_LONG, "TOO_LONG"},
        {CLOAK_ERR_MALFORMED, "MALFORMED"},
        {CLOAK_ERR_NON_CANONICAL, "NON_CANONICAL"},
        {CLOAK_ERR_UNSUPPORTED, "UNSUPPORTED"},
        {CLOAK_ERR_UNEXPECTED_KIND, "UNEXPECTED_KIND"},
        {CLOAK_ERR_RANDOMNESS, "RANDOMNESS"},
        {CLOAK_ERR_LOW_ORDER_KEY, "LOW_ORDER_KEY"},
        {CLOAK_ERR_REPEATED_KEY, "REPEATED_KEY"},
        {CLOAK_ERR_NOT_AUTHENTIC, "NOT_AUTHENTIC"},
        {CLOAK_ERR_NOT_PINNED, "NOT_PINNED"},
        {CLOAK_ERR_NOT_CONFIRMED, "NOT_CONFIRMED"},
        {CLOAK_ERR_MASKS_DID_NOT_CANCEL, "MASKS_DID_NOT_CANCEL"},
        {CLOAK_ERR_OUT_OF_ORDER, "OUT_OF_ORDER"},
        {CLOAK_ERR_WRONG_RUN, "WRONG_RUN"},
        {CLOAK_ERR_WRONG_EPOCH, "WRONG_EPOCH"},
        {CLOAK_ERR_WRONG_ROUND, "WRONG_ROUND"},
        {CLOAK_ERR_WRONG_CONTEXT, "WRONG_CONTEXT"},
        {CLOAK_ERR_SET_NOT_NESTED, "SET_NOT_NESTED"},
        {CLOAK_ERR_NOT_IN_SET, "NOT_IN_SET"},
        {CLOAK_ERR_TOO_FEW_NEIGHBOURS, "TOO_FEW_NEIGHBOURS"},
        {CLOAK_ERR_TOO_FEW_INPUTS, "TOO_FEW_INPUTS"},
        {CLOAK_ERR_TOO_MANY_PASSES, "TOO_MANY_PASSES"},
        {CLOAK_ERR_WRONG_SET, "WRONG_SET"},
        {CLOAK_ERR_TOO_FEW_ACKNOWLEDGEMENTS, "TOO_FEW_ACKNOWLEDGEMENTS"},
        {CLOAK_ERR_UNKNOWN_PARTY, "UNKNOWN_PARTY"},
        {CLOAK_ERR_DUPLICATE, "DUPLICATE"},
        {CLOAK_ERR_TOO_FEW_SHARES, "TOO_FEW_SHARES"},
        {CLOAK_ERR_NO_RECOVERY, "NO_RECOVERY"},
        {CLOAK_ERR_STOPPED, "STOPPED"},
        {CLOAK_ERR_INVALID_ROSTER, "INVALID_ROSTER"},
        {CLOAK_ERR_INVALID_DEGREE, "INVALID_DEGREE"},
        {CLOAK_ERR_INVALID_THRESHOLD, "INVALID_THRESHOLD"},
        {CLOAK_ERR_INVALID_RUN, "INVALID_RUN"},
        {CLOAK_ERR_CAPACITY_EXCEEDED, "CAPACITY_EXCEEDED"},
        {CLOAK_ERR_NO_PARAMETERS, "NO_PARAMETERS"},
        {CLOAK_ERR_INVALID_MECHANISM, "INVALID_MECHANISM"},
        {CLOAK_ERR_PANIC, "PANIC"},
        {801, "BAD_REQUEST"},
        {802, "NOT_AUTHENTICATED"},
        {803, "NOT_ALLOWED"},
        {804, "NOT_FOUND"},
        {805, "CONFLICT"},
        {806, "COUNTER_USED"},
        {807, "TOO_LARGE"},
        {808, "TOO_SLOW"},
        {809, "SUPERSEDED"},
        {810, "STORAGE_FAILED"},
        {811, "BUSY"},
        {816, "RUN_CLOSED"},
    };
    for (const Name &known : names) {
        if (known.status == status) {
            return known.text;
        }
    }
    return "STATUS";
}

/** The HTTP status under which an error travels. */
inline int http_status(std::int32_t status) {
    switch (status) {
    case 802: return 401;
    case 803:
    case CLOAK_ERR_UNKNOWN_PARTY:
    case CLOAK_ERR_NOT_IN_SET: return 403;
    case 804: return 404;
    case 805:
    case 806: return 409;
    case 807: return 413;
    case 808: return 408;
    case 809:
    case 816: return 410;
    case 810:
    case 811: return 503;
    default: break;
    }
    // Arguments, numbers, encodings and cryptography blame the request; the protocol its present state; parameters and privacy their values.
    switch (status / 100) {
    case 1:
    case 2:
    case 3:
    case 4: return 400;
    case 5: return 409;
    case 6:
    case 7: return 422;
    case 8: return 400;
    default: return 500;
    }
}

/** The JSON body of an error. Numbers that may exceed 2^53 (parties, counters) travel as strings. */
inline std::string encode(const Exception &error) {
    const Error &about = error.error();
    const auto status = static_cast<std::int32_t>(about.status);
    nlohmann::json body = {
        {"type", "about:blank"},
        {"title", name(status)},
        {"status", http_status(status)},
        {"detail", about.detail.empty() ? about.message() : about.detail},
        {"code", status},
    };
    if (!about.argument.empty()) {
        body["argument"] = about.argument;
    }
    if (about.party) {
        body["party"] = std::to_string(*about.party);
    }
    if (about.bound) {
        body["bound"] = *about.bound;
    }
    if (const auto *flow = dynamic_cast<const FlowError *>(&error)) {
        if (flow->next()) {
            body["next"] = *flow->next();
        }
        if (flow->last_counter()) {
            body["last_counter"] = std::to_string(*flow->last_counter());
        }
    }
    return body.dump();
}

/** What an answer of an HTTP status from 400 says, as far as it can be read. */
struct Decoded {
    Error error;
    std::optional<std::uint64_t> next;
    std::optional<std::uint64_t> last_counter;

    bool is(FlowStatus status) const noexcept { return static_cast<std::int32_t>(error.status) == static_cast<std::int32_t>(status); }

    /** Throws the exception of the number. */
    [[noreturn]] void raise() const {
        if (static_cast<std::int32_t>(error.status) / 100 == 8) {
            throw FlowError(error, next, last_counter);
        }
        cloakwork::detail::fail<void>(error);
    }
};

namespace internal {

/** A number below 2^64 that travels as a decimal string or as a number. */
inline std::optional<std::uint64_t> whole_number(const nlohmann::json &body, const char *field) {
    const auto found = body.find(field);
    if (found == body.end()) {
        return {};
    }
    if (found->is_number_unsigned()) {
        return found->get<std::uint64_t>();
    }
    if (!found->is_string()) {
        return {};
    }
    const auto &text = found->get_ref<const std::string &>();
    if (text.empty() || text.size() > 20 || text.find_first_not_of("0123456789") != std::string::npos) {
        return {};
    }
    std::uint64_t out = 0;
    for (const char digit : text) {
        const auto value = static_cast<std::uint64_t>(digit - '0');
        if (out > (UINT64_MAX - value) / 10) {
            return {};
        }
        out = out * 10 + value;
    }
    return out;
}

} // namespace internal

/** Reads a problem document; whatever is none becomes a `bad_request` that states the HTTP status. */
inline Decoded decode(const std::string &body, int http_status) {
    const nlohmann::json read = nlohmann::json::parse(body, nullptr, false);
    const auto text = [&read](const char *field) {
        const auto found = read.find(field);
        return found != read.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    Decoded out;
    const bool readable = read.is_object() && read.contains("code") && read["code"].is_number_integer() && read.contains("detail") &&
                          read["detail"].is_string();
    const std::int64_t code = readable ? read["code"].get<std::int64_t>() : 0;
    if (code < 100 || code > 999) {
        out.error.status = static_cast<cloak_status>(FlowStatus::bad_request);
        out.error.detail = "the server answered with HTTP status " + std::to_string(http_status) + " and no readable reason";
        return out;
    }
    out.error.status = static_cast<cloak_status>(code);
    out.error.detail = text("detail");
    out.error.argument = text("argument");
    out.error.party = internal::whole_number(read, "party");
    out.error.bound = internal::whole_number(read, "bound");
    out.next = internal::whole_number(read, "next");
    out.last_counter = internal::whole_number(read, "last_counter");
    return out;
}

} // namespace problem

} // namespace http
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
