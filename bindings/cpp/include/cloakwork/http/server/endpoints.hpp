/** @file What each route does once its caller is authenticated. */
#ifndef CLOAKWORK_HTTP_SERVER_ENDPOINTS_HPP
#define CLOAKWORK_HTTP_SERVER_ENDPOINTS_HPP

#include "engine.hpp"
#include "views.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http::internal {

/** An authenticated request. */
struct Call {
    Asking asking;
    const RouteEntry *route = nullptr;
    /** The run that the path names. */
    RunId run{};
    /** Of a message or a round. */
    std::uint64_t number = 0;
    /** The id of the caller in that run, if it is in the roster, and whether it is a controller. */
    std::optional<std::uint64_t> member;
    bool controls = false;
    std::optional<std::string> participants;
    /** The version of the status that the caller has. */
    std::optional<std::string> after;
    std::uint64_t wait = 0;
    Bytes body;
    /** Whether the run knows that the caller is there. */
    bool heard = false;

    std::uint64_t known_member() const {
        if (!member) {
            refuse(CLOAK_ERR_UNKNOWN_PARTY, "the caller is not in the roster of this run");
        }
        return *member;
    }
};

/** The fields of a JSON object that came from outside, read strictly. */
class Fields {
public:
    explicit Fields(const Bytes &body) : read_(nlohmann::json::parse(body.begin(), body.end(), nullptr, false)) {
        if (!read_.is_object()) {
            throw FlowError(FlowStatus::bad_request, "the body is no JSON object");
        }
    }

    std::string text(const char *name) const {
        const nlohmann::json &found = at(name);
        return found.is_string() ? found.get<std::string>() : wrong<std::string>(name, "text");
    }

    std::uint64_t number(const char *name) const {
        const nlohmann::json &found = at(name);
        return found.is_number_unsigned() ? found.get<std::uint64_t>() : wrong<std::uint64_t>(name, "a whole number");
    }

    bool flag(const char *name) const {
        const auto found = read_.find(name);
        if (found == read_.end() || found->is_null()) {
            return false;
        }
        return found->is_boolean() ? found->get<bool>() : wrong<bool>(name, "true or false");
    }

    const nlohmann::json &object(const char *name) const {
        const nlohmann::json &found = at(name);
        return found.is_object() ? found : wrong<const nlohmann::json &>(name, "an object");
    }

    bool has(const char *name) const {
        const auto found = read_.find(name);
        return found != read_.end() && !found->is_null();
    }

private:
    const nlohmann::json &at(const char *name) const {
        const auto found = read_.find(name);
        return found != read_.end() ? *found : wrong<const nlohmann::json &>(name, "there");
    }

    template <class T>
    [[noreturn]] static T wrong(const char *name, const char *expected) {
        throw FlowError(FlowStatus::bad_request, std::string("must be ") + expected, name);
    }

    nlohmann::json read_;
};

inline std::uint64_t member_id(const std::string &text, const char *argument) {
    const std::optional<std::uint64_t> id = decimal(text);
    if (!id) {
        throw FlowError(FlowStatus::bad_request, "a member's id is a string of decimal digits, below 2^64", argument);
    }
    return *id;
}

/** A name for people: 1 to 100 characters, none of them a control character, not all of them spaces. */
inline std::string checked_name(const nlohmann::json &value, const char *argument) {
    static constexpr std::size_t longest = 100;
    std::string text = value.is_string() ? value.get<std::string>() : std::string();
    // JSON is UTF-8: bytes that continue a character are not counted.
    const auto length = std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    const bool printable = std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; });
    if (text.find_first_not_of(' ') == std::string::npos || length > static_cast<std::ptrdiff_t>(longest) || !printable) {
        throw FlowError(FlowStatus::bad_request, "a name is printable text of 1 to 100 characters", argument, longest);
    }
    return text;
}

/** What a member says, for people: at most 500 characters, spaces for those that control something. */
inline std::string printable(std::string text) {
    static constexpr std::size_t longest = 500;
    std::size_t characters = 0;
    std::size_t end = 0;
    for (; end < text.size(); end++) {
        const auto byte = static_cast<unsigned char>(text[end]);
        characters += (byte & 0xC0U) != 0x80U ? 1 : 0;
        if (characters > longest) {
            break;
        }
        text[end] = byte < ' ' || byte == 0x7F ? ' ' : text[end];
    }
    text.resize(end);
    return text;
}

inline Answer run_create(const Call &call, Engine::Runs &runs) {
    const Fields fields(call.body);
    About about;
    about.settings = from_base64(fields.text("settings"), "settings");
    Run run = Run::decode(from_base64(fields.text("description"), "description"), from_base64(fields.text("roster"), "roster"));
    const cloak_run_config config = run.config();
    if (!std::equal(call.run.begin(), call.run.end(), config.run_id)) {
        throw FlowError(FlowStatus::bad_request, "the description is of another run than the path");
    }
    for (const auto &entry : fields.object("names").items()) {
        about.names.emplace(member_id(entry.key(), "names"), checked_name(entry.value(), "names"));
    }
    about.name = checked_name(fields.text("name"), "name");
    about.shares_results = fields.flag("shares_results");
    const nlohmann::json answer = {{"run", hex(call.run)}, {"hash", hex(run.hash())}};
    return Answer::json(answer, runs.create(call.run, std::move(run), std::move(about)) ? 201 : 200);
}

inline Answer run_stop(const Call &call, Engine::Runs &runs) {
    runs.find(call.run).close();
    return Answer::json({{"closed", true}});
}

inline std::optional<Ids> listed(const std::optional<std::string> &text) {
    if (!text) {
        return {};
    }
    IdSet out;
    for (std::size_t at = 0; at <= text->size();) {
        const std::size_t end = std::min(text->find(',', at), text->size());
        out.insert(member_id(text->substr(at, end - at), "participants"));
        at = end + 1;
    }
    return Ids(out.begin(), out.end());
}

inline Answer round_start(Call &call, Engine::Runs &runs, const Bounds &bounds) {
    LiveRun &live = runs.open(call.run);
    const Bytes32 digest = sha256(call.body);
    const bool fresh = live.start_round(call.number, listed(call.participants), share(std::move(call.body)), digest);
    live.forget_results_before(call.number - std::min<std::uint64_t>(call.number, bounds.results));
    return Answer::json({{"round", call.number}}, fresh ? 201 : 200);
}

inline Answer round_stop(const Call &call, Engine::Runs &runs) {
    runs.open(call.run).stop_round(call.number);
    return Answer::json({{"stopped", true}});
}

inline Answer message_post(Call &call, Engine::Runs &runs) {
    LiveRun &live = runs.open(call.run);
    const std::uint64_t member = call.known_member();
    const bool counted = live.receive(member, std::move(call.body));
    live.heard(member);
    return Answer::json({{"counted", counted}});
}

inline Answer refusal_post(const Call &call, Engine::Runs &runs) {
    const Fields fields(call.body);
    std::optional<std::uint64_t> accused;
    if (fields.has("accused")) {
        accused = member_id(fields.text("accused"), "accused");
    }
    const std::uint64_t code = fields.number("code");
    if (code == 0 || code >= 1000) {
        throw FlowError(FlowStatus::bad_request, "must be the number of an error", "code", 999);
    }
    const std::string reason = printable(fields.text("reason"));
    runs.open(call.run).refused(call.known_member(), fields.number("number"), accused, static_cast<std::int32_t>(code), reason);
    return Answer::json({{"noted", true}});
}

inline Answer setup_post(const Call &call, Engine::Runs &runs) {
    return Answer::json({{"new_setup", runs.open(call.run).setup_wanted(call.known_member())}});
}

/** The routes that change something. */
inline Answer perform(Call &call, Engine::Runs &runs, const Bounds &bounds) {
    switch (call.route->route) {
    case Route::run_create: return run_create(call, runs);
    case Route::run_stop: return run_stop(call, runs);
    case Route::round_start: return round_start(call, runs, bounds);
    case Route::round_stop: return round_stop(call, runs);
    case Route::message_post: return message_post(call, runs);
    case Route::refusal_post: return refusal_post(call, runs);
    case Route::setup_post: return setup_post(call, runs);
    default: throw FlowError(FlowStatus::not_found, "there is no such request");
    }
}

inline Answer all_runs(const Engine::Runs &runs) {
    nlohmann::json listed = nlohmann::json::array();
    for (const auto &entry : runs.all()) {
        listed.push_back(in_short(entry.first, *entry.second));
    }
    std::sort(listed.begin(), listed.end(), [](const auto &left, const auto &right) { return left["created"] > right["created"]; });
    return Answer::json({{"runs", listed}});
}

/** Everything that the server has, the open runs and the newest first. */
inline Answer status(const Engine::Runs &runs) {
    std::vector<std::pair<RunId, const LiveRun *>> order;
    for (const auto &entry : runs.all()) {
        order.emplace_back(entry.first, entry.second.get());
    }
    std::sort(order.begin(), order.end(), [](const auto &left, const auto &right) {
        return std::make_pair(left.second->closed(), -left.second->created()) < std::make_pair(right.second->closed(), -right.second->created());
    });
    nlohmann::json out = {{"version", std::to_string(runs.version())}, {"time", time_of_day()}, {"runs", nlohmann::json::array()}};
    for (const auto &entry : order) {
        out["runs"].push_back(in_full(entry.first, *entry.second));
    }
    return Answer::json(out);
}

inline Answer result(const Call &call, const LiveRun &live) {
    if (!call.controls && !live.about().shares_results) {
        throw FlowError(FlowStatus::not_allowed, "the results of this run are for its controller");
    }
    const auto found = call.number > UINT32_MAX ? live.rounds().end() : live.rounds().find(static_cast<std::uint32_t>(call.number));
    const std::string name = "round " + std::to_string(call.number);
    if (found == live.rounds().end()) {
        throw FlowError(FlowStatus::not_found, "there is no " + name);
    }
    const RoundEntry &round = found->second;
    if (!round.result) {
        const std::string reason = !round.outcome ? "it has not ended" : *round.outcome == 0 ? "it is too long ago" : outcome_text(*round.outcome);
        throw FlowError(FlowStatus::conflict, name + " has no result: " + reason);
    }
    return {200, media::bytes, round.result};
}

/** The routes that only read: the answer, or none as long as there is something to wait for. */
inline std::optional<Answer> give(Call &call, Engine::Runs &runs) {
    if (call.route->route == Route::runs) {
        return all_runs(runs);
    }
    LiveRun &live = runs.find(call.run);
    switch (call.route->route) {
    case Route::run: return Answer::json(shown(call.run, live));
    case Route::description: return Answer{200, media::cbor, share(live.run().description())};
    case Route::roster: return Answer{200, media::bytes, share(live.run().roster())};
    case Route::settings: return Answer{200, media::bytes, share(live.about().settings)};
    case Route::message: {
        const std::uint64_t member = call.known_member();
        if (!call.heard) {
            if (live.heard(member)) {
                runs.changed();
            }
            call.heard = true;
        }
        const Shared found = live.message(member, call.number);
        return found ? std::optional<Answer>(Answer{200, media::cbor, found}) : std::nullopt;
    }
    case Route::context: return Answer{200, media::bytes, runs.open(call.run).context(call.known_member(), call.number)};
    case Route::round: {
        const auto found = call.number > UINT32_MAX ? live.rounds().end() : live.rounds().find(static_cast<std::uint32_t>(call.number));
        if (found == live.rounds().end()) {
            throw FlowError(FlowStatus::not_found, "there is no round " + std::to_string(call.number));
        }
        const bool ready = call.wait == 0 || found->second.state == RoundEntry::State::ended;
        return ready ? std::optional<Answer>(Answer::json(shown(found->first, found->second))) : std::nullopt;
    }
    case Route::result: return result(call, live);
    default: throw FlowError(FlowStatus::not_found, "there is no such request");
    }
}

/** Bytes that the body of a request may have; those of a message depend on the run. */
inline std::size_t body_limit(Route route, const RunId &run, const Engine::Runs &runs, const Bounds &bounds) {
    static constexpr std::size_t small = 4096;
    static constexpr std::size_t most_of_a_member = 464;
    switch (route) {
    case Route::run_create: return (std::size_t{1} << 20) + bounds.connections * most_of_a_member;
    case Route::round_start: return bounds.context_bytes;
    case Route::message_post: {
        const auto found = runs.all().find(run);
        if (found == runs.all().end() || found->second->closed()) {
            return small;
        }
        const cloak_run_info info = found->second->run().info();
        return static_cast<std::size_t>(info.payload_size) + std::size_t{64} * info.neighbours + small;
    }
    default: return small;
    }
}

} // namespace http::internal
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
