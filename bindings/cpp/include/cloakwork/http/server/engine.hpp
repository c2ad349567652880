/** @file All runs of a server, one change at a time; the time limits of their steps, their sums, and those who wait for something to change. */
#ifndef CLOAKWORK_HTTP_SERVER_ENGINE_HPP
#define CLOAKWORK_HTTP_SERVER_ENGINE_HPP

#include <condition_variable>
#include <mutex>
#include <thread>

#include "../result.hpp"
#include "counters.hpp"
#include "live_run.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http::internal {

/**
 * The state of a server. `Runs` is what a call sees while nobody else does.
 *
 * One mutex covers everything, so that no two requests see a run between two of its states; MACs, hashes, bodies and sums are computed outside of it.
 * One thread of its own closes the steps whose time has passed and adds the sums up, one after the other.
 */
class Engine {
public:
    /** All runs. */
    class Runs {
    public:
        explicit Runs(const Bounds &bounds) : bounds_(bounds) {}

        const std::map<RunId, std::shared_ptr<LiveRun>> &all() const noexcept { return all_; }

        /** Rises with everything that somebody may wait for. */
        std::uint64_t news() const noexcept {
            std::uint64_t out = forgotten_;
            for (const auto &entry : all_) {
                out += entry.second->news();
            }
            return out;
        }

        /** Another number after every change. */
        std::uint64_t version() const noexcept { return version_; }
        void changed() noexcept { version_++; }

        /** A run, open or closed. */
        LiveRun &find(const RunId &run) const {
            const auto found = all_.find(run);
            if (found == all_.end()) {
                throw FlowError(FlowStatus::not_found, "there is no run " + hex(run));
            }
            return *found->second;
        }

        /** A run that is open. */
        LiveRun &open(const RunId &run) const {
            LiveRun &out = find(run);
            if (out.closed()) {
                throw FlowError(FlowStatus::run_closed, "the run is closed");
            }
            return out;
        }

        /** The id under which a key is in the roster of a run. */
        std::optional<std::uint64_t> member(const RunId &run, const Bytes32 &key) const {
            const auto found = keys_.find(run);
            const auto entry = found == keys_.end() ? KeyIds::const_iterator() : found->second.find(key);
            return found == keys_.end() || entry == found->second.end() ? std::nullopt : std::optional<std::uint64_t>(entry->second);
        }

        /** Whether a key is in the roster of any run. */
        bool knows(const Bytes32 &key) const {
            return std::any_of(keys_.begin(), keys_.end(), [&](const auto &entry) { return entry.second.count(key) != 0; });
        }

        /** Creates a run and invites its members; whether it is a new one. */
        bool create(const RunId &id, Run run, About about) {
            const auto known = all_.find(id);
            if (known != all_.end()) {
                const LiveRun &there = *known->second;
                if (there.hash() != run.hash() || there.about().name != about.name || there.about().settings != about.settings) {
                    throw FlowError(FlowStatus::conflict, "there is another run with this id");
                }
                return false;
            }
            for (const auto &entry : all_) {
                if (entry.second->about().name == about.name) {
                    throw FlowError(FlowStatus::conflict, "there is a run named '" + about.name + "'; choose another name", "name");
                }
            }
            check(run, about);
            KeyIds keys = keys_of(run);
            auto made = std::make_shared<LiveRun>(std::move(run), std::move(about));
            make_room();
            all_.emplace(id, std::move(made));
            keys_.emplace(id, std::move(keys));
            return true;
        }

    private:
        using KeyIds = std::map<Bytes32, std::uint64_t>;

        /** A run in which two members have one key is refused when its machine is made. */
        static KeyIds keys_of(const Run &run) {
            const Bytes roster = run.roster();
            KeyIds out;
            for (std::size_t at = 0; at + CLOAK_MEMBER_SIZE <= roster.size(); at += CLOAK_MEMBER_SIZE) {
                Bytes32 key{};
                std::copy_n(roster.begin() + static_cast<std::ptrdiff_t>(at + 8), key.size(), key.begin());
                out.emplace(key, take(roster.data() + at, 8));
            }
            return out;
        }

        void check(const Run &run, const About &about) const {
            const cloak_run_info info = run.info();
            const cloak_run_config config = run.config();
            const Bytes roster = run.roster();
            IdSet ids;
            std::set<std::string> names;
            for (std::size_t at = 0; at + CLOAK_MEMBER_SIZE <= roster.size(); at += CLOAK_MEMBER_SIZE) {
                ids.insert(take(roster.data() + at, 8));
            }
            for (const auto &entry : about.names) {
                names.insert(entry.second);
            }
            const bool all_named = std::equal(ids.begin(), ids.end(), about.names.begin(), about.names.end(),
                                              [](std::uint64_t id, const auto &entry) { return id == entry.first; });
            if (!all_named || names.size() != about.names.size()) {
                refuse(CLOAK_ERR_INVALID_ROSTER, "every member needs a name, and no two may share one", "names");
            }
            const Bytes32 found = sha256(about.settings);
            if (!std::equal(found.begin(), found.end(), config.settings_hash)) {
                refuse(CLOAK_ERR_INVALID_RUN, "these are not the settings whose hash the description states", "settings");
            }
            std::uint64_t taken = 0;
            for (const auto &entry : all_) {
                taken += entry.second->closed() ? 0 : needs(entry.second->run());
            }
            const std::uint64_t left = bounds_.memory_bytes - std::min<std::uint64_t>(taken, bounds_.memory_bytes);
            if (info.payload_size > bounds_.payload_bytes || needs(run) > left) {
                throw FlowError(FlowStatus::too_large, "this server has no memory for the vectors of all members of this run", {},
                                std::min<std::uint64_t>(bounds_.payload_bytes, left / std::max<std::uint32_t>(1, info.members)));
            }
            if (info.members + spare_connections > bounds_.connections) {
                throw FlowError(FlowStatus::too_large, "this server takes no roster as large as this run's", {}, bounds_.connections - spare_connections);
            }
        }

        static std::uint64_t needs(const Run &run) {
            const cloak_run_info info = run.info();
            return info.payload_size * info.members;
        }

        /** Forgets the closed run that is the oldest, if there are too many runs. */
        void make_room() {
            if (all_.size() < bounds_.runs) {
                return;
            }
            auto oldest = all_.end();
            for (auto entry = all_.begin(); entry != all_.end(); ++entry) {
                if (entry->second->closed() && (oldest == all_.end() || entry->second->created() < oldest->second->created())) {
                    oldest = entry;
                }
            }
            if (oldest == all_.end()) {
                throw FlowError(FlowStatus::too_large, "this server has as many open runs as it takes; close one", {}, bounds_.runs);
            }
            forgotten_ += oldest->second->news();
            keys_.erase(oldest->first);
            all_.erase(oldest);
        }

        Bounds bounds_;
        std::map<RunId, std::shared_ptr<LiveRun>> all_;
        std::map<RunId, KeyIds> keys_;
        std::uint64_t forgotten_ = 0;
        /** That of a server which is started again begins above those that it had: nothing changes once a microsecond. */
        std::uint64_t version_ = static_cast<std::uint64_t>(1e6 * time_of_day());
    };

    explicit Engine(const Bounds &bounds) : runs_(bounds), worker_([this] { work(); }) {}
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;
    ~Engine() {
        end_waiting();
        worker_.join();
    }

    /** Looks at the runs. */
    template <class Action>
    auto read(Action action) {
        const std::lock_guard<std::mutex> lock(mutex_);
        return action(static_cast<const Runs &>(runs_));
    }

    /** Performs a request that changes something and keeps its answer, or gives the answer that was kept. A refusal is an answer as well. */
    template <class Action>
    Answer change(const Asking &asking, Action action) {
        const std::lock_guard<std::mutex> lock(mutex_);
        const std::optional<Answer> kept = counters_.repeat(asking);
        if (kept) {
            return *kept;
        }
        const std::uint64_t before = runs_.news();
        Answer answer;
        try {
            answer = action(runs_);
        } catch (const Exception &error) {
            answer = Answer::of(error);
        }
        counters_.keep(asking, answer);
        tell(before);
        return answer;
    }

    /**
     * Performs a request that only reads, once, and waits until there is something to give; a repeat that comes meanwhile waits for the same answer.
     *
     * @param action  what to give; none to wait on
     * @param wait    for how long
     */
    template <class Action>
    Answer look(const Asking &asking, Action action, std::chrono::seconds wait) {
        return once(asking, [&](std::unique_lock<std::mutex> &lock) { return awaited(lock, action, Clock::now() + wait); });
    }

    /**
     * The same for what shows everything: waits until anything has changed.
     *
     * @param after  the version that the caller has
     */
    template <class Action>
    Answer watch(const Asking &asking, const std::optional<std::string> &after, Action action, std::chrono::seconds wait) {
        return once(asking, [&](std::unique_lock<std::mutex> &lock) {
            const auto known = [&] { return after == std::to_string(runs_.version()); };
            if (known()) {
                changes_.wait_until(lock, Clock::now() + wait, [&] { return ending_ || !known(); });
                if (known()) {
                    return Answer{};
                }
                // Changes that come close together are shown together.
                changes_.wait_until(lock, Clock::now() + pause, [&] { return ending_; });
            }
            return action(static_cast<const Runs &>(runs_));
        });
    }

    /** Answers those who wait at once: the server is about to end. */
    void end_waiting() {
        const std::lock_guard<std::mutex> lock(mutex_);
        ending_ = true;
        news_.notify_all();
        changes_.notify_all();
        work_.notify_all();
    }

private:
    static constexpr std::chrono::milliseconds pause{250};

    /** Has `action` answer a request that only reads, once. */
    template <class Action>
    Answer once(const Asking &asking, Action action) {
        std::unique_lock<std::mutex> lock(mutex_);
        const auto key = std::make_pair(asking.party, asking.counter);
        const auto pending = pending_.find(key);
        if (pending != pending_.end()) {
            if (pending->second != asking.digest) {
                throw FlowError::counter_used("the counter " + std::to_string(asking.counter) + " came with another request; use a higher one",
                                              asking.counter);
            }
            answered_.wait(lock, [&] { return pending_.count(key) == 0; });
        }
        const std::optional<Answer> kept = counters_.repeat(asking);
        if (kept) {
            return *kept;
        }
        counters_.admit(asking);
        pending_.emplace(key, asking.digest);
        Answer answer;
        try {
            answer = action(lock);
        } catch (const Exception &error) {
            answer = Answer::of(error);
        } catch (...) {
            pending_.erase(key);
            answered_.notify_all();
            throw;
        }
        pending_.erase(key);
        counters_.keep(asking, answer);
        answered_.notify_all();
        return answer;
    }

    /** Wakes those for whom there is something new. Members wait for a step's messages: one that another member sends is none of those. */
    void tell(std::uint64_t before) {
        runs_.changed();
        changes_.notify_all();
        work_.notify_one();
        if (runs_.news() != before) {
            news_.notify_all();
        }
    }

    template <class Action>
    Answer awaited(std::unique_lock<std::mutex> &lock, Action &action, Clock::time_point until) {
        for (;;) {
            const std::uint64_t before = runs_.version();
            const std::optional<Answer> found = action(runs_);
            // That somebody is there again is a change.
            if (runs_.version() != before) {
                changes_.notify_all();
            }
            if (found) {
                return *found;
            }
            if (ending_ || Clock::now() >= until) {
                return Answer{};
            }
            news_.wait_until(lock, until);
        }
    }

    /** Closes the steps that are due and adds up the sums that are due, until the server ends. */
    void work() {
        std::unique_lock<std::mutex> lock(mutex_);
        while (!ending_) {
            const std::uint64_t before = runs_.news();
            std::optional<Clock::time_point> next;
            bool worked = false;
            // Whatever is done may change which runs there are.
            const std::map<RunId, std::shared_ptr<LiveRun>> all = runs_.all();
            for (const auto &entry : all) {
                const std::shared_ptr<LiveRun> &live = entry.second;
                if (live->sum_due()) {
                    sum(lock, *live);
                    worked = true;
                } else if (live->deadline() && *live->deadline() <= Clock::now()) {
                    or_abandon(*live, [&] { live->close_step(); });
                    worked = true;
                } else if (live->deadline() && (!next || *live->deadline() < *next)) {
                    next = live->deadline();
                }
            }
            if (worked) {
                tell(before);
            } else if (next) {
                work_.wait_until(lock, *next);
            } else {
                work_.wait(lock);
            }
        }
    }

    /** A machine that fails where it must not is of no use any more: its run is closed, the others go on. */
    template <class Action>
    static void or_abandon(LiveRun &live, Action action) {
        try {
            action();
        } catch (const std::exception &) {
            live.abandon();
        }
    }

    /** Adds up a round. The lock is open meanwhile; the payloads stay, since they are shared. */
    static void sum(std::unique_lock<std::mutex> &lock, LiveRun &live) {
        const std::uint32_t number = *live.sum_due();
        Shared result;
        cloak_status failure = CLOAK_OK;
        try {
            const Opening opening = live.machine().opening();
            const std::vector<Payload> summands = live.summands();
            lock.unlock();
            std::vector<ByteView> payloads;
            for (const Payload &payload : summands) {
                payloads.emplace_back(payload.message->data() + payload.offset, payload.length);
            }
            result = share(encode_result(live.run(), aggregate(live.run(), opening, payloads), opening.rotation_seed()));
        } catch (const Exception &error) {
            failure = error.status();
        } catch (const std::bad_alloc &) {
            failure = CLOAK_ERR_OUT_OF_MEMORY;
        }
        if (!lock.owns_lock()) {
            lock.lock();
        }
        or_abandon(live, [&] {
            // The machine takes no failure of the host's own: the round is stopped for it.
            if (failure == CLOAK_ERR_OUT_OF_MEMORY) {
                live.stop_round(number);
            } else {
                live.summed(number, std::move(result), failure);
            }
        });
    }

    std::mutex mutex_;
    /** For those who wait for something new, or for any change, for the worker, and for repeats of requests that wait. */
    std::condition_variable news_;
    std::condition_variable changes_;
    std::condition_variable work_;
    std::condition_variable answered_;
    Runs runs_;
    Counters counters_;
    /** Requests that wait, by party and counter, and which they are. */
    std::map<std::pair<Bytes32, std::uint64_t>, Bytes32> pending_;
    bool ending_ = false;
    std::thread worker_;
};

} // namespace http::internal
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
