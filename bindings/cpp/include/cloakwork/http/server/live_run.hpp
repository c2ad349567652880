/** @file One run: its state machine, its steps with their time limits, its messages and its rounds. */
#ifndef CLOAKWORK_HTTP_SERVER_LIVE_RUN_HPP
#define CLOAKWORK_HTTP_SERVER_LIVE_RUN_HPP

#include "../../server.hpp"
#include "membership.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http::internal {

using Clock = std::chrono::steady_clock;

/** What a run is, besides its description. */
struct About {
    std::string name;
    std::map<std::uint64_t, std::string> names;
    Bytes settings;
    bool shares_results = false;
};

struct RoundEntry {
    enum class State { waiting, open, ended };

    State state = State::waiting;
    std::optional<Ids> wanted;
    /** Model and settings, until the round has ended. */
    Shared context;
    Bytes32 context_hash{};
    double requested = 0;
    std::optional<double> begun;
    std::optional<double> ended;
    std::optional<Ids> participants;
    std::optional<Ids> survivors;
    std::optional<std::uint32_t> outcome;
    Shared result;
};

/** A masked vector within the message that brought it. */
struct Payload {
    Shared message;
    std::size_t offset = 0;
    std::size_t length = 0;
};

/** Each call is made by one thread at a time. A call that fails changes nothing. */
class LiveRun {
public:
    LiveRun(Run run, About about)
        : run_(std::move(run)), about_(std::move(about)), config_(run_.config()), hash_(run_.hash()), members_(run_), machine_(Server::open(run_)) {
        for (const auto &entry : about_.names) {
            roster_.insert(entry.first);
        }
        invite();
    }
    LiveRun(const LiveRun &) = delete;
    LiveRun &operator=(const LiveRun &) = delete;

    const Run &run() const noexcept { return run_; }
    const About &about() const noexcept { return about_; }
    const Bytes32 &hash() const noexcept { return hash_; }
    const IdSet &roster() const noexcept { return roster_; }
    const Membership &members() const noexcept { return members_; }
    const Server &machine() const noexcept { return machine_; }
    const std::map<std::uint32_t, RoundEntry> &rounds() const noexcept { return rounds_; }
    double created() const noexcept { return created_; }
    bool closed() const noexcept { return closed_; }
    bool renews() const noexcept { return renews_; }
    const std::optional<Clock::time_point> &deadline() const noexcept { return deadline_; }
    /** Rises with everything that somebody may wait for: a step's messages, the end of a round, the end of the run. */
    std::uint64_t news() const noexcept { return news_; }

    // What members ask for.

    /** The message of this number for a member; none if it is still to come. */
    Shared message(std::uint64_t member, std::uint64_t number) const {
        const auto due = [member](const Handout &handout) { return handout.messages.find(member); };
        const auto exact = outbox_.find(number);
        if (exact != outbox_.end() && due(exact->second) != exact->second.messages.end()) {
            return due(exact->second)->second;
        }
        if (closed_) {
            throw FlowError(FlowStatus::run_closed, "the run is closed");
        }
        std::optional<std::uint64_t> next;
        for (auto later = outbox_.upper_bound(number); later != outbox_.end() && !next; ++later) {
            if (due(later->second) != later->second.messages.end()) {
                next = later->first;
            }
        }
        if (!next && number != number_ + 1) {
            next = number_ + 1;
        }
        if (next) {
            throw FlowError::superseded("message " + std::to_string(number) + " is void or not for you; ask for " + std::to_string(*next), *next);
        }
        return nullptr;
    }

    /** What the message of this number announces to a member. */
    Shared context(std::uint64_t member, std::uint64_t number) const {
        const auto found = outbox_.find(number);
        if (found != outbox_.end() && found->second.begins && found->second.messages.count(member) != 0) {
            const RoundEntry &round = rounds_.at(found->second.round);
            if (round.state == RoundEntry::State::open) {
                return round.context;
            }
        }
        throw FlowError(FlowStatus::not_found, "message " + std::to_string(number) + " begins no round, or its round is over");
    }

    /** Takes a message; whether it changed anything. */
    bool receive(std::uint64_t member, Bytes message) {
        const cloak_phase before = machine_.phase();
        Receipt receipt;
        const Bytes32 digest = sha256(message);
        try {
            receipt = machine_.receive(member, message);
        } catch (const Exception &) {
            // The machine forgets the messages of set-up when a round begins; who sends one again was cut off before it had its answer.
            if (taken_.count({member, digest}) != 0) {
                return false;
            }
            throw;
        }
        if (receipt.counted) {
            if (receipt.kind == CLOAK_MASKED) {
                payloads_[member] = {share(std::move(message)), receipt.payload_offset, receipt.payload_length};
            } else if (!in_round(before.step)) {
                taken_.insert({member, digest});
            }
            entered(before);
            go_on_without_refusers();
        }
        return receipt.counted;
    }

    /** Keeps that a member refused the message of this number, and goes on without it where nobody else is waited for. */
    void refused(std::uint64_t member, std::uint64_t number, std::optional<std::uint64_t> accused, std::int32_t code, std::string reason) {
        const auto found = outbox_.find(number);
        if (found == outbox_.end() || found->second.messages.count(member) == 0) {
            throw FlowError(FlowStatus::not_found, "there is no message " + std::to_string(number) + " for you");
        }
        if (accused && roster_.count(*accused) == 0) {
            throw FlowError(FlowStatus::bad_request, "the accused is no member", "accused", {}, accused);
        }
        const Handout &handout = found->second;
        const bool of_keys = code == CLOAK_ERR_NOT_CONFIRMED && handout.epoch == machine_.phase().epoch;
        if (of_keys && (!accused || set_of(machine_.confirmed()).count(*accused) == 0)) {
            // Its keys are not confirmed because it is not there.
            return;
        }
        members_.refused({handout.epoch, handout.round, member, accused, code, std::move(reason), time_of_day()});
        go_on_without_refusers();
    }

    /** A member has no keys. Whether a new set-up will follow; not when the present one still waits for this member. */
    bool setup_wanted(std::uint64_t member) {
        if (machine_.phase().step == CLOAK_STEP_ADVERTISE && set_of(machine_.waiting()).count(member) != 0) {
            return false;
        }
        renews_ = true;
        return true;
    }

    /** A member is there: it takes part in the next round, even if it missed a step before. Whether that is news. */
    bool heard(std::uint64_t member) { return members_.heard(member); }

    // What controllers ask for.

    /** Starts a round as soon as set-up allows; whether it is a new one. */
    bool start_round(std::uint64_t number, std::optional<Ids> wanted, Shared context, const Bytes32 &context_hash) {
        const std::uint64_t last = rounds_.empty() ? 0 : rounds_.rbegin()->first;
        if (number >= 1 && number <= last) {
            const RoundEntry &known = rounds_.at(static_cast<std::uint32_t>(number));
            if (known.wanted != wanted || known.context_hash != context_hash) {
                throw FlowError(FlowStatus::conflict, "round " + std::to_string(number) + " was started with another context or other participants");
            }
            return false;
        }
        for (const std::uint64_t member : wanted.value_or(Ids())) {
            if (roster_.count(member) == 0) {
                throw FlowError(FlowStatus::bad_request, "this participant is no member", "participants", {}, member);
            }
        }
        if (last != 0 && rounds_.rbegin()->second.state != RoundEntry::State::ended) {
            throw FlowError(FlowStatus::conflict, "round " + std::to_string(last) + " is in progress; wait for its end or stop it");
        }
        if (number != last + 1 || number > config_.max_rounds) {
            throw FlowError(FlowStatus::conflict, "the next round has the number " + std::to_string(last + 1) + ", and the run has " +
                                                      std::to_string(config_.max_rounds));
        }
        RoundEntry entry;
        entry.wanted = std::move(wanted);
        entry.context = std::move(context);
        entry.context_hash = context_hash;
        entry.requested = time_of_day();
        rounds_.emplace(static_cast<std::uint32_t>(number), std::move(entry));
        proceed();
        return true;
    }

    /** Stops a round that waits or is open; one that has ended stays as it is. */
    void stop_round(std::uint64_t number) {
        const auto found = number > UINT32_MAX ? rounds_.end() : rounds_.find(static_cast<std::uint32_t>(number));
        if (found == rounds_.end()) {
            throw FlowError(FlowStatus::not_found, "there is no round " + std::to_string(number));
        }
        if (found->second.state == RoundEntry::State::waiting) {
            end_round(found->first, CLOAK_ERR_STOPPED);
            deadline_.reset();
        } else if (found->second.state == RoundEntry::State::open) {
            const cloak_phase before = machine_.phase();
            machine_.stop();
            entered(before);
        }
    }

    /** Stops the round in progress and closes the run. */
    void close() {
        if (!closed_ && !rounds_.empty()) {
            stop_round(rounds_.rbegin()->first);
        }
        abandon();
    }

    /** Closes the run as it is. */
    void abandon() noexcept {
        closed_ = true;
        deadline_.reset();
        news_++;
    }

    /** Results of rounds before this one are not kept any more. */
    void forget_results_before(std::uint64_t number) {
        for (auto &entry : rounds_) {
            if (entry.first < number) {
                entry.second.result.reset();
            }
        }
    }

    // What time and the sum bring.

    /** Goes on without those who have not answered. */
    void close_step() {
        const cloak_phase before = machine_.phase();
        if (in_round(before.step)) {
            // Who refused is there.
            const IdSet refusers = members_.refusers(before.epoch, before.round);
            for (const std::uint64_t member : machine_.waiting()) {
                if (refusers.count(member) == 0) {
                    members_.missed(member);
                }
            }
        }
        try {
            machine_.close_step();
        } catch (const ProtocolError &error) {
            // A set-up that fails for want of members takes the machine back to idle; that is no error here.
            if (error.status() != CLOAK_ERR_TOO_FEW_INPUTS || machine_.phase().step != CLOAK_STEP_IDLE) {
                throw;
            }
        }
        entered(before);
    }

    /** The round whose sum is due. */
    std::optional<std::uint32_t> sum_due() const {
        const cloak_phase phase = machine_.phase();
        return !closed_ && phase.step == CLOAK_STEP_SUM ? std::optional<std::uint32_t>(phase.round) : std::nullopt;
    }

    /** Those whose payloads are added. */
    std::vector<Payload> summands() const {
        std::vector<Payload> out;
        for (const std::uint64_t member : machine_.survivors()) {
            out.push_back(payloads_.at(member));
        }
        return out;
    }

    /** Takes the sum of a round, or why there is none. Nothing happens when the round was stopped meanwhile. */
    void summed(std::uint32_t number, Shared result, cloak_status failure) {
        const cloak_phase before = machine_.phase();
        if (before.step == CLOAK_STEP_SUM && before.round == number) {
            machine_.finish(failure);
            rounds_.at(number).result = std::move(result);
            entered(before);
        }
    }

private:
    struct Handout {
        std::uint32_t epoch = 0;
        /** 0 in set-up. */
        std::uint32_t round = 0;
        bool begins = false;
        std::map<std::uint64_t, Shared> messages;
    };

    static bool in_setup(std::int32_t step) noexcept { return step == CLOAK_STEP_ADVERTISE || step == CLOAK_STEP_CONFIRM; }
    static bool in_round(std::int32_t step) noexcept { return step == CLOAK_STEP_MASK || step == CLOAK_STEP_SURVIVE || step == CLOAK_STEP_UNMASK; }

    RoundEntry *waiting_round() {
        const bool there = !rounds_.empty() && rounds_.rbegin()->second.state == RoundEntry::State::waiting;
        return there ? &rounds_.rbegin()->second : nullptr;
    }

    void limit(std::int32_t step) {
        deadline_ = Clock::now() + std::chrono::seconds{in_setup(step) ? config_.setup_seconds : config_.step_seconds};
    }

    void invite() {
        const cloak_phase before = machine_.phase();
        const std::uint32_t epoch = machine_.invite();
        renews_ = false;
        members_.forget_before(epoch);
        taken_.clear();
        outbox_.clear();
        entered(before);
    }

    /** Does what a new step needs: messages, a time limit, the end of a round, the next thing to do. */
    void entered(const cloak_phase &before) {
        const cloak_phase phase = machine_.phase();
        if (phase.step == before.step && phase.epoch == before.epoch && phase.round == before.round && phase.pass == before.pass) {
            return;
        }
        if (phase.step != CLOAK_STEP_IDLE && phase.step != CLOAK_STEP_SUM) {
            hand_out(phase);
        }
        deadline_.reset();
        if (in_round(phase.step) || (in_setup(phase.step) && waiting_round() != nullptr)) {
            limit(phase.step);
        }
        if (phase.step == CLOAK_STEP_FINISHED) {
            end_round(phase.round, phase.outcome);
        } else if (phase.step == CLOAK_STEP_READY) {
            proceed();
        } else if (phase.step == CLOAK_STEP_IDLE) {
            setup_failed();
        }
    }

    void hand_out(const cloak_phase &phase) {
        news_++;
        Handout &handout = outbox_[++number_];
        handout.epoch = phase.epoch;
        handout.round = in_setup(phase.step) || phase.step == CLOAK_STEP_READY ? 0 : phase.round;
        handout.begins = phase.step == CLOAK_STEP_MASK;
        for (const std::uint64_t member : roster_) {
            Bytes message = machine_.message(member);
            if (!message.empty()) {
                handout.messages.emplace(member, share(std::move(message)));
            }
        }
    }

    /** Closes the present step when everybody whom it waits for has refused. */
    void go_on_without_refusers() {
        const cloak_phase phase = machine_.phase();
        const IdSet refusers = members_.refusers(phase.epoch, in_round(phase.step) ? phase.round : 0);
        const IdSet waiting = refusers.empty() ? IdSet() : set_of(machine_.waiting());
        if (!waiting.empty() && std::includes(refusers.begin(), refusers.end(), waiting.begin(), waiting.end())) {
            close_step();
        }
    }

    /** Takes the round that waits a step further. */
    void proceed() {
        if (waiting_round() == nullptr) {
            return;
        }
        const std::int32_t step = machine_.phase().step;
        if (in_setup(step)) {
            if (!deadline_) {
                limit(step);
            }
        } else if (step == CLOAK_STEP_IDLE || renews_) {
            invite();
        } else {
            begin(rounds_.rbegin()->first);
        }
    }

    void begin(std::uint32_t number) {
        RoundEntry &round = rounds_.at(number);
        const cloak_phase before = machine_.phase();
        std::uint32_t failure = CLOAK_ERR_TOO_FEW_INPUTS;
        for (const Ids &participants : choices(round.wanted)) {
            try {
                // The machine counts its rounds by itself; those that ended before it was asked pass empty.
                while (machine_.phase().round + 1 < number) {
                    machine_.begin(round.context_hash);
                    machine_.stop();
                }
                machine_.begin(round.context_hash, participants);
            } catch (const Exception &error) {
                failure = static_cast<std::uint32_t>(error.status());
                continue;
            }
            // Messages of earlier rounds are void now; those of set-up may still be on their way.
            for (auto handout = outbox_.begin(); handout != outbox_.end();) {
                handout = handout->second.round > 0 ? outbox_.erase(handout) : std::next(handout);
            }
            members_.forget_before(before.epoch);
            payloads_.clear();
            round.state = RoundEntry::State::open;
            round.begun = time_of_day();
            round.participants = participants;
            entered(before);
            return;
        }
        end_round(number, failure);
    }

    /** Whom to begin a round with: those the controller names; else those who are there, else all who have keys. */
    std::vector<Ids> choices(const std::optional<Ids> &wanted) const {
        if (wanted) {
            return {*wanted};
        }
        const Ids confirmed = machine_.confirmed();
        const IdSet left_out = members_.left_out(machine_.phase().epoch, confirmed);
        Ids able;
        Ids there;
        for (const std::uint64_t member : confirmed) {
            if (left_out.count(member) == 0) {
                able.push_back(member);
                if (members_.away().count(member) == 0) {
                    there.push_back(member);
                }
            }
        }
        return there == able ? std::vector<Ids>{able} : std::vector<Ids>{there, able};
    }

    void end_round(std::uint32_t number, std::uint32_t outcome) {
        RoundEntry &round = rounds_.at(number);
        if (round.state == RoundEntry::State::open) {
            round.survivors = machine_.survivors();
        }
        round.state = RoundEntry::State::ended;
        round.outcome = outcome;
        round.ended = time_of_day();
        round.context.reset();
        payloads_.clear();
        news_++;
    }

    /** Too few members took part: a waiting round ends for that, and everybody is invited again, without haste. */
    void setup_failed() {
        if (waiting_round() != nullptr) {
            end_round(rounds_.rbegin()->first, CLOAK_ERR_TOO_FEW_INPUTS);
        }
        invite();
    }

    Run run_;
    About about_;
    cloak_run_config config_;
    Bytes32 hash_;
    Membership members_;
    Server machine_;
    IdSet roster_;
    double created_ = time_of_day();
    bool closed_ = false;
    /** Whether a member asked for new keys. */
    bool renews_ = false;
    std::uint64_t news_ = 0;
    /** The last number that was handed out, and what was. */
    std::uint64_t number_ = 0;
    std::map<std::uint64_t, Handout> outbox_;
    std::optional<Clock::time_point> deadline_;
    std::map<std::uint32_t, RoundEntry> rounds_;
    std::map<std::uint64_t, Payload> payloads_;
    /** Messages of the present set-up that were taken. */
    std::set<std::pair<std::uint64_t, Bytes32>> taken_;
};

} // namespace http::internal
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
