/** @file What the server shows of its state, as JSON. */
#ifndef CLOAKWORK_HTTP_SERVER_VIEWS_HPP
#define CLOAKWORK_HTTP_SERVER_VIEWS_HPP

#include <cmath>

#include "live_run.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http::internal {

template <class T>
nlohmann::json or_null(const std::optional<T> &value) {
    return value ? nlohmann::json(*value) : nlohmann::json();
}

inline nlohmann::json ids_or_null(const std::optional<Ids> &ids) {
    nlohmann::json out;
    if (ids) {
        out = nlohmann::json::array();
        for (const std::uint64_t id : *ids) {
            out.push_back(std::to_string(id));
        }
    }
    return out;
}

inline const char *step_name(std::int32_t step) noexcept {
    static constexpr const char *names[] = {"idle", "advertise", "confirm", "ready", "mask", "survive", "unmask", "sum", "finished"};
    return step >= 0 && step <= CLOAK_STEP_FINISHED ? names[step] : "unknown";
}

/** A run in short. */
inline nlohmann::json in_short(const RunId &id, const LiveRun &live) {
    return {
        {"run", hex(id)},
        {"name", live.about().name},
        {"hash", hex(live.hash())},
        {"created", live.created()},
        {"state", live.closed() ? "closed" : "open"},
        {"rounds", live.rounds().size()},
    };
}

/** What a member is doing, in one word. */
class MemberStates {
public:
    explicit MemberStates(const LiveRun &live)
        : closed_(live.closed()), step_(live.machine().phase().step), waiting_(set_of(live.machine().waiting())),
          confirmed_(set_of(live.machine().confirmed())), participants_(set_of(live.machine().participants())),
          survivors_(set_of(live.machine().survivors())), away_(live.members().away()),
          left_out_(live.members().left_out(live.machine().phase().epoch, live.machine().confirmed())) {}

    const char *of(std::uint64_t member) const {
        const auto in = [member](const IdSet &set) { return set.count(member) != 0; };
        const bool in_round = step_ >= CLOAK_STEP_MASK && step_ <= CLOAK_STEP_SUM;
        if (closed_) {
            return "closed";
        }
        if (in(waiting_)) {
            return "waited for";
        }
        if (in_round && in(survivors_)) {
            return "answered";
        }
        if (in(left_out_)) {
            return "left out";
        }
        if (in_round && in(participants_)) {
            return "dropped out";
        }
        if (step_ == CLOAK_STEP_ADVERTISE || (step_ == CLOAK_STEP_CONFIRM && in(confirmed_))) {
            return "answered";
        }
        if (!in(confirmed_)) {
            return "absent";
        }
        return in(away_) ? "away" : "ready";
    }

private:
    bool closed_;
    std::int32_t step_;
    IdSet waiting_;
    IdSet confirmed_;
    IdSet participants_;
    IdSet survivors_;
    IdSet away_;
    IdSet left_out_;
};

/** What hides single records in the sums of a run: each member's noise, and how many honest members have theirs in every sum. */
inline nlohmann::json noise_of(const Run &run) {
    const std::optional<Mechanism> mechanism = run.mechanism();
    if (!mechanism) {
        return nullptr;
    }
    return {
        {"deviation", mechanism->noise * mechanism->granularity * std::sqrt(static_cast<double>(mechanism->parts))},
        {"clip", mechanism->clip},
        {"parts", mechanism->parts},
        {"honest", mechanism->honest},
    };
}

/** A run with its members, its step and who is waited for. */
inline nlohmann::json shown(const RunId &id, const LiveRun &live) {
    nlohmann::json out = in_short(id, live);
    out.erase("rounds");
    out["shares_results"] = live.about().shares_results;
    out["last_round"] = live.rounds().empty() ? 0 : live.rounds().rbegin()->first;
    out["new_setup_wanted"] = live.renews();
    out["seconds_left"] = nullptr;
    if (live.deadline()) {
        out["seconds_left"] = std::max(0.0, std::chrono::duration<double>(*live.deadline() - Clock::now()).count());
    }
    if (!live.closed()) {
        const cloak_phase phase = live.machine().phase();
        std::uint32_t begun = 0;
        for (const auto &entry : live.rounds()) {
            begun = entry.second.begun ? entry.first : begun;
        }
        out["step"] = step_name(phase.step);
        out["epoch"] = phase.epoch;
        out["round"] = begun;
        out["passes"] = phase.pass;
        out["noise"] = noise_of(live.run());
    }
    const MemberStates states(live);
    const Bytes roster = live.run().roster();
    nlohmann::json &members = out["members"] = nlohmann::json::array();
    std::size_t at = 8;
    for (const std::uint64_t member : live.roster()) {
        // A roster has the ids in this order, each followed by its key.
        Bytes32 key{};
        std::copy_n(roster.begin() + static_cast<std::ptrdiff_t>(at), key.size(), key.begin());
        at += CLOAK_MEMBER_SIZE;
        members.push_back({
            {"id", std::to_string(member)},
            {"name", live.about().names.at(member)},
            {"fingerprint", fingerprint(key)},
            {"state", states.of(member)},
        });
    }
    return out;
}

/** Why a round has no sum. */
inline std::string outcome_text(std::uint32_t outcome) {
    return outcome == 0 ? "the sum was opened" : cloak_status_text(static_cast<cloak_status>(outcome));
}

inline nlohmann::json shown(std::uint32_t number, const RoundEntry &round) {
    static constexpr const char *states[] = {"waiting", "open", "ended"};
    return {
        {"round", number},
        {"state", states[static_cast<std::size_t>(round.state)]},
        {"participants", ids_or_null(round.participants)},
        {"survivors", ids_or_null(round.survivors)},
        {"outcome", or_null(round.outcome)},
        {"reason", round.outcome ? nlohmann::json(outcome_text(*round.outcome)) : nlohmann::json()},
        {"requested", round.requested},
        {"begun", or_null(round.begun)},
        {"ended", or_null(round.ended)},
    };
}

/** A run with its last rounds, whose parties are counted, and the last refusals. */
inline nlohmann::json in_full(const RunId &id, const LiveRun &live) {
    static constexpr std::size_t most_rounds = 50;
    nlohmann::json out = shown(id, live);
    nlohmann::json &rounds = out["rounds"] = nlohmann::json::array();
    for (auto entry = live.rounds().rbegin(); entry != live.rounds().rend() && rounds.size() < most_rounds; ++entry) {
        nlohmann::json round = shown(entry->first, entry->second);
        for (const char *name : {"participants", "survivors"}) {
            round[name] = round[name].is_null() ? nlohmann::json() : nlohmann::json(round[name].size());
        }
        rounds.push_back(std::move(round));
    }
    nlohmann::json &refusals = out["refusals"] = nlohmann::json::array();
    for (const Refusal &refusal : live.members().told()) {
        refusals.push_back({
            {"epoch", refusal.epoch},
            {"round", refusal.round},
            {"member", std::to_string(refusal.member)},
            {"accused", refusal.accused ? nlohmann::json(std::to_string(*refusal.accused)) : nlohmann::json()},
            {"code", refusal.code},
            {"reason", refusal.reason},
            {"time", refusal.time},
        });
    }
    return out;
}

} // namespace http::internal
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
