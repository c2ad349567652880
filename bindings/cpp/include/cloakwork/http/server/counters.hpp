/** @file Each party's last counter, and its answer for a byte-identical repeat (docs/protocol.md, section 9). */
#ifndef CLOAKWORK_HTTP_SERVER_COUNTERS_HPP
#define CLOAKWORK_HTTP_SERVER_COUNTERS_HPP

#include <algorithm>
#include <map>

#include "answer.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http::internal {

/** An authenticated request: whose, and how it is told from others. */
struct Asking {
    Bytes32 party{};
    std::uint64_t counter = 0;
    Bytes32 digest{};
};

/**
 * Decides whether a request is new, a repeat or too late. A request that only reads, and may wait for long, is admitted when it comes and recorded when
 * it is answered.
 */
class Counters {
public:
    /** The answer to a repeat of the last request; none for a new request. */
    std::optional<Answer> repeat(const Asking &asking) const {
        static const Entry none;
        const auto found = parties_.find(asking.party);
        const Entry &entry = found == parties_.end() ? none : found->second;
        if (asking.counter > entry.last) {
            return {};
        }
        if (!entry.answer || asking.counter != entry.answered || asking.digest != entry.digest) {
            throw FlowError::counter_used("the counter " + std::to_string(asking.counter) + " is not above the last one, " + std::to_string(entry.last) +
                                              ", or comes with another request; use a higher one",
                                          entry.last);
        }
        return entry.answer;
    }

    void admit(const Asking &asking) {
        Entry &entry = parties_[asking.party];
        entry.last = std::max(entry.last, asking.counter);
    }

    /** The answer to one before the last request is not kept. */
    void keep(const Asking &asking, const Answer &answer) {
        admit(asking);
        Entry &entry = parties_[asking.party];
        if (asking.counter > entry.answered) {
            entry.answered = asking.counter;
            entry.digest = asking.digest;
            entry.answer = answer;
        }
    }

private:
    struct Entry {
        /** The highest counter seen, and that of the last request answered. */
        std::uint64_t last = 0;
        std::uint64_t answered = 0;
        Bytes32 digest{};
        std::optional<Answer> answer;
    };

    std::map<Bytes32, Entry> parties_;
};

} // namespace http::internal
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
