/** @file The members of a run: who is away, who refused, and who is left out because of keys that did not confirm. */
#ifndef CLOAKWORK_HTTP_SERVER_MEMBERSHIP_HPP
#define CLOAKWORK_HTTP_SERVER_MEMBERSHIP_HPP

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "../../run.hpp"
#include "answer.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http::internal {

using Ids = std::vector<std::uint64_t>;
using IdSet = std::set<std::uint64_t>;

inline IdSet set_of(const Ids &ids) {
    return {ids.begin(), ids.end()};
}

/** Why a member refused a message, and whom it blames. */
struct Refusal {
    std::uint32_t epoch = 0;
    /** 0 in set-up. */
    std::uint32_t round = 0;
    std::uint64_t member = 0;
    std::optional<std::uint64_t> accused;
    std::int32_t code = 0;
    std::string reason;
    double time = 0;
};

class Membership {
public:
    explicit Membership(const Run &run) : run_(run), degree_(run.info().neighbours) {}

    /** Who missed a step and was not heard from since. */
    const IdSet &away() const noexcept { return away_; }
    void missed(std::uint64_t member) { away_.insert(member); }
    /** Whether that is news. */
    bool heard(std::uint64_t member) { return away_.erase(member) != 0; }

    /** Keeps that a member refused a message: once for each neighbour that it may blame, and once more. */
    void refused(Refusal given) {
        const auto own = [&](const Refusal &known) { return known.epoch == given.epoch && known.round == given.round && known.member == given.member; };
        if (std::count_if(refusals_.begin(), refusals_.end(), own) <= static_cast<std::ptrdiff_t>(degree_)) {
            refusals_.push_back(given);
            told_.push_front(std::move(given));
            told_.resize(std::min(told_.size(), most_told));
        }
    }

    /** The last refusals of the run, the newest first, for people. */
    const std::deque<Refusal> &told() const noexcept { return told_; }

    /** Who refused a message of this set-up (round 0) or round. */
    IdSet refusers(std::uint32_t epoch, std::uint32_t round) const {
        IdSet out;
        for (const Refusal &refusal : refusals_) {
            if (refusal.epoch == epoch && refusal.round == round) {
                out.insert(refusal.member);
            }
        }
        return out;
    }

    /** Forgets the refusals of earlier set-ups, and of all rounds. */
    void forget_before(std::uint32_t epoch) {
        const auto old = [epoch](const Refusal &refusal) { return refusal.epoch < epoch || refusal.round != 0; };
        refusals_.erase(std::remove_if(refusals_.begin(), refusals_.end(), old), refusals_.end());
    }

    /**
     * Who takes part in no round of this epoch. A member whose keys were not confirmed to more than half of its neighbours is left out; an accusation
     * that fewer share falls back on the accuser (docs/threat-model.md, section 5). Only members with confirmed keys are accused or accuse.
     */
    IdSet left_out(std::uint32_t epoch, const Ids &confirmed) const {
        const IdSet there = set_of(confirmed);
        std::map<std::uint64_t, IdSet> accusers;
        for (const Refusal &refusal : refusals_) {
            const bool accuses = refusal.epoch == epoch && refusal.code == CLOAK_ERR_NOT_CONFIRMED && refusal.accused;
            if (accuses && there.count(*refusal.accused) != 0 && there.count(refusal.member) != 0) {
                const Ids neighbours = run_.neighbours(*refusal.accused);
                if (std::find(neighbours.begin(), neighbours.end(), refusal.member) != neighbours.end()) {
                    accusers[*refusal.accused].insert(refusal.member);
                }
            }
        }
        IdSet out;
        for (const auto &[accused, by] : accusers) {
            const Ids all = run_.neighbours(accused);
            const auto neighbours = std::count_if(all.begin(), all.end(), [&](std::uint64_t id) { return there.count(id) != 0; });
            if (2 * by.size() > static_cast<std::size_t>(neighbours)) {
                out.insert(accused);
            } else {
                out.insert(by.begin(), by.end());
            }
        }
        return out;
    }

private:
    static constexpr std::size_t most_told = 20;

    const Run &run_;
    std::uint32_t degree_;
    IdSet away_;
    /** Those that still decide something. */
    std::vector<Refusal> refusals_;
    std::deque<Refusal> told_;
};

} // namespace http::internal
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
