/** @file A member's stay in a run: one message after the other, each answered once. */
#ifndef CLOAKWORK_HTTP_PARTICIPATION_HPP
#define CLOAKWORK_HTTP_PARTICIPATION_HPP

#include "../client.hpp"
#include "connection.hpp"
#include "result.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http {

/** The values of a segment; in a run with a mechanism `std::vector<double>`, or one for each part. */
using Vector = std::variant<std::vector<double>, std::vector<float>, std::vector<std::int64_t>, std::vector<std::int32_t>,
                            std::vector<std::uint64_t>, std::vector<std::uint32_t>, std::vector<U128>, std::vector<std::vector<double>>>;

/** What a contribution is computed from, besides the party's own data. */
struct Round {
    std::uint32_t number = 0;
    /** What the controller gave for this round, such as the joint model: every participant has the same bytes. */
    const std::string &context;
    const Run &run;
    /** The id of this member. */
    std::uint64_t member = 0;
};

/** Computes a contribution: a vector for each segment of the run, by label. */
using Contribute = std::function<std::map<std::string, Vector>(const Round &)>;

/** Something that happened. */
struct Event {
    enum class What {
        /** Keys are agreed. */
        set_up,
        /** A round; the contribution is computed next. */
        began,
        /** Members dropped out of the round, and the set of those left is answered next. */
        shrank,
        /** The sum is to be opened, and shares of the seeds are handed out next. */
        opening,
        /** The round ended. */
        ended,
        /** This member refused a message, or could not contribute. */
        refused,
        /** The server did not take an answer any more. */
        late,
        /** The run is closed. */
        closed,
    };

    What what = What::closed;
    std::uint32_t epoch = 0;
    /** 0 in set-up. */
    std::uint32_t round = 0;
    /** Of an ended round: CLOAK_OK, or the status for which it was aborted. */
    cloak_status outcome = CLOAK_OK;
    /** Why something was refused or late. */
    std::string text;
};

/** Is told what happens. What it throws ends the stay. */
using Listener = std::function<void(const Event &)>;

/** How long a stay may be, and what it takes in. */
struct Limits {
    /** How long to stay while nothing happens. */
    std::chrono::seconds idle{std::chrono::hours{24 * 7}};
    /** Bytes that the model and settings of a round may have. */
    std::size_t context = std::size_t{256} << 20;
};

/**
 * A member of a run. Its state is in memory: a process that starts again joins with new keys, and takes part from the next round on. It is for one
 * thread at a time.
 */
class Participation {
public:
    /** Asks the server for the run and checks that it is the one of the invitation, and that the identity is in it. */
    static Participation join(const Invitation &invitation, const Identity &identity, const Options &options = {}) {
        Connection connection(invitation.url, invitation.server, identity, options);
        const Asked plain = of_run(invitation.run);
        Asked large = plain;
        large.largest = largest_roster;
        const std::string about = connection.request(Route::run, large).body;
        const std::string description = connection.request(Route::description, plain).body;
        const std::string roster = connection.request(Route::roster, large).body;
        const std::string settings = connection.request(Route::settings, plain).body;
        Run run = checked(invitation, description, roster, settings);
        try {
            Client machine = Client::join(run, identity);
            return {invitation, std::move(connection), std::move(run), std::move(machine), name_in(about), settings};
        } catch (const ProtocolError &error) {
            if (error.status() == CLOAK_ERR_UNKNOWN_PARTY) {
                throw FlowError(FlowStatus::configuration, "this identity is not in the roster; send your fingerprint to the controller", "identity");
            }
            throw;
        }
    }

    const Invitation &invitation() const noexcept { return invitation_; }
    const Run &run() const noexcept { return run_; }
    /** Its name at the server, for people. */
    const std::string &name() const noexcept { return name_; }
    /** What else the parties agreed on; its hash is in the description. */
    const std::string &settings() const noexcept { return settings_; }
    std::uint64_t member() const { return machine_.info().id; }

    /**
     * Takes part in the rounds of the run until the controller closes it.
     *
     * @param contribute  is called once in each round. When it throws, the round goes on without this member, and `serve` throws the same.
     * @param listener    is told what happens
     * @return the number of rounds that ended
     * @throws FlowError  `unreachable` when the server stays away, `too_slow` when nothing happens for so long
     */
    std::size_t serve(const Contribute &contribute, const Listener &listener = {}, const Limits &limits = {}) {
        listener_ = listener;
        try {
            return stay(contribute, limits);
        } catch (const Failed &failure) {
            std::rethrow_exception(failure.cause);
        }
    }

    /** The sums of a round, in a run that shares its results. */
    Sums result(std::uint32_t number) {
        Asked asked = of_run(invitation_.run);
        asked.number = number;
        asked.largest = result_size(run_);
        const Answered answer = connection_.request(Route::result, asked);
        return decode_result(run_, view(answer.body));
    }

private:
    static constexpr std::size_t largest_roster = std::size_t{40} << 20;
    static constexpr std::int64_t wait_seconds = 25;
    /** A message for a member has at most 96 bytes a neighbour, a bitmap, and this. */
    static constexpr std::size_t message_head = 4096;

    Participation(Invitation invitation, Connection connection, Run run, Client machine, std::string name, std::string settings)
        : invitation_(std::move(invitation)), connection_(std::move(connection)), run_(std::move(run)), machine_(std::move(machine)),
          name_(std::move(name)), settings_(std::move(settings)) {}

    static Asked of_run(const RunId &run) {
        Asked out;
        out.run = run;
        return out;
    }

    static std::string name_in(const std::string &about) {
        const nlohmann::json read = nlohmann::json::parse(about, nullptr, false);
        return read.is_object() && read.contains("name") && read["name"].is_string() ? read["name"].get<std::string>() : std::string();
    }

    static Run checked(const Invitation &invitation, const std::string &description, const std::string &roster, const std::string &settings) {
        try {
            Run run = Run::decode(view(description), view(roster));
            const cloak_run_config config = run.config();
            const Bytes32 found = sha256(view(settings));
            if (run.hash() == invitation.run_hash && std::equal(found.begin(), found.end(), config.settings_hash)) {
                return run;
            }
        } catch (const Exception &error) {
            throw FlowError(FlowStatus::configuration, std::string("the server's description of the run cannot be used: ") + error.what(), "invitation");
        }
        throw FlowError(FlowStatus::configuration,
                        "the server describes another run than the invitation pins: ask the controller, by another way, which one is right", "invitation");
    }

    Asked message_request(std::int64_t seconds_left) const {
        const cloak_run_info info = run_.info();
        Asked out = of_run(invitation_.run);
        out.number = number_;
        out.wait = static_cast<std::uint64_t>(std::max<std::int64_t>(0, std::min(wait_seconds, seconds_left)));
        out.largest = message_head + std::size_t{96} * info.neighbours + info.members / 8;
        return out;
    }

    /** What a function of the caller threw: none of the errors that a message can have. */
    struct Failed {
        std::exception_ptr cause;
    };

    std::size_t stay(const Contribute &contribute, const Limits &limits) {
        using Clock = std::chrono::steady_clock;
        rounds_ = 0;
        Clock::time_point quiet_until = Clock::now() + limits.idle;
        for (;;) {
            try {
                const auto left = std::chrono::duration_cast<std::chrono::seconds>(quiet_until - Clock::now()).count() + 1;
                const Answered answer = connection_.request(Route::message, message_request(left));
                if (answer.status != 204) {
                    handle(bytes(answer.body), contribute, limits);
                    quiet_until = Clock::now() + limits.idle;
                } else if (Clock::now() >= quiet_until) {
                    throw FlowError(FlowStatus::too_slow, "nothing happened in the run for " + std::to_string(limits.idle.count()) + " s");
                }
            } catch (const FlowError &error) {
                if (error.is(FlowStatus::run_closed)) {
                    tell(Event::What::closed);
                    return rounds_;
                }
                if (!error.is(FlowStatus::superseded) || !error.next()) {
                    throw;
                }
                skip_to(*error.next());
            }
        }
    }

    /** The server names another message than the one that was asked for. */
    void skip_to(std::uint64_t next) {
        if (next <= number_) {
            // It lost what came after; whoever asks at once would ask for ever.
            std::this_thread::sleep_for(std::chrono::seconds{1});
        }
        number_ = next;
        if (without_keys()) {
            ask_for_setup();
        }
    }

    bool without_keys() const {
        const auto state = machine_.info().state;
        return state == CLOAK_CLIENT_IDLE || state == CLOAK_CLIENT_ADVERTISED || state == CLOAK_CLIENT_CONFIRMING;
    }

    void handle(const Bytes &message, const Contribute &contribute, const Limits &limits) {
        const std::uint64_t number = number_++;
        try {
            const std::int32_t kind = message_kind(message);
            if (kind == CLOAK_BEGIN) {
                const std::optional<std::string> context = fetch_context(number, limits.context);
                if (context) {
                    machine_.begin(message, sha256(view(*context)));
                    tell(Event::What::began);
                    give(number, *context, contribute);
                }
            } else if (kind == CLOAK_INVITE || !needs_invitation_) {
                answer(kind, number, message);
            }
        } catch (const FlowError &) {
            throw;
        } catch (const Exception &error) {
            refused(number, error);
        }
    }

    /** What the member answers; what it has no answer to, it takes. */
    void answer(std::int32_t kind, std::uint64_t number, const Bytes &message) {
        switch (kind) {
        case CLOAK_INVITE:
            needs_invitation_ = false;
            deliver(machine_.advertise(message));
            break;
        case CLOAK_KEYS: deliver(machine_.confirm(message)); break;
        case CLOAK_CONFIRMATIONS: {
            const bool all = machine_.accept(message) == 0;
            tell(Event::What::set_up);
            if (!all) {
                accuse(number);
            }
            break;
        }
        case CLOAK_SURVIVORS:
            tell(Event::What::shrank);
            deliver(machine_.acknowledge(message));
            break;
        case CLOAK_OPEN:
            tell(Event::What::opening);
            deliver(machine_.unmask(message));
            break;
        case CLOAK_FINISHED: {
            const cloak_status outcome = machine_.finish(message);
            rounds_++;
            tell(Event::What::ended, outcome);
            break;
        }
        default: refuse(CLOAK_ERR_UNEXPECTED_KIND, "a client takes no message of kind " + std::to_string(kind));
        }
    }

    /** The model and settings that a message announces; none when its round is over. */
    std::optional<std::string> fetch_context(std::uint64_t number, std::size_t largest) {
        Asked asked = of_run(invitation_.run);
        asked.number = number;
        asked.largest = largest;
        try {
            return connection_.request(Route::context, asked).body;
        } catch (const FlowError &error) {
            if (!error.is(FlowStatus::not_found)) {
                throw;
            }
            tell(Event::What::late, CLOAK_OK, error.what());
            return {};
        }
    }

    void give(std::uint64_t number, const std::string &context, const Contribute &contribute) {
        Bytes masked;
        try {
            const cloak_client_info about = machine_.info();
            masked = mask(contribute(Round{about.round, context, run_, about.id}));
        } catch (...) {
            // The round goes on without this member, and the next one may go well.
            const std::exception_ptr cause = std::current_exception();
            report(number, static_cast<std::int32_t>(FlowStatus::task), "this party could not compute its contribution", {});
            throw Failed{cause};
        }
        deliver(masked);
    }

    Bytes mask(const std::map<std::string, Vector> &given) {
        const std::optional<Mechanism> mechanism = run_.mechanism();
        const std::uint32_t segments = run_.info().segments;
        std::vector<Values> values;
        std::vector<Contribution> parts;
        for (std::uint32_t index = 0; index < segments; index++) {
            const Segment segment = run_.segment(index);
            const auto found = given.find(segment.label);
            if (found == given.end() || given.size() != segments) {
                refuse(CLOAK_ERR_INVALID_ARGUMENT, "the contribution has a vector for each segment of the run, and nothing else", segment.label);
            }
            if (mechanism) {
                parts.push_back(contribution(*mechanism, segment, found->second));
                values.emplace_back(parts.back());
            } else {
                values.push_back(std::visit([&](const auto &vector) { return plain(vector, segment.label); }, found->second));
            }
        }
        return machine_.mask(values);
    }

    template <class T>
    static Values plain(const std::vector<T> &vector, const std::string &) {
        return Values(vector);
    }
    static Values plain(const std::vector<std::vector<double>> &, const std::string &label) {
        refuse(CLOAK_ERR_INVALID_ARGUMENT, "parts are for runs with a mechanism", label);
    }

    Contribution contribution(const Mechanism &mechanism, const Segment &segment, const Vector &given) const {
        const auto suite = static_cast<Suite>(run_.config().suite);
        Contribution out = Contribution::begin(mechanism, segment.bits, suite, machine_.rotation_seed());
        std::size_t count = 0;
        if (const auto *many = std::get_if<std::vector<std::vector<double>>>(&given)) {
            for (const std::vector<double> &part : *many) {
                out.add(part);
            }
            count = many->size();
        } else if (const auto *one = std::get_if<std::vector<double>>(&given)) {
            out.add(*one);
            count = 1;
        }
        if (count != mechanism.parts) {
            refuse(CLOAK_ERR_INVALID_LENGTH, "a contribution of this run has " + std::to_string(mechanism.parts) + " parts of double", segment.label);
        }
        return out;
    }

    /** Sends an answer; one that comes too late, or that the server refuses, is not sent again. */
    void deliver(Bytes answer) {
        Asked asked = of_run(invitation_.run);
        asked.body.assign(answer.begin(), answer.end());
        answer = Bytes();
        try {
            connection_.request(Route::message_post, asked);
        } catch (const FlowError &error) {
            if (!error.is(FlowStatus::too_large) && !error.is(FlowStatus::run_closed)) {
                throw;
            }
            missed(error);
        } catch (const Exception &error) {
            missed(error);
        }
    }

    void missed(const Exception &error) {
        tell(Event::What::late, CLOAK_OK, error.what());
        if (without_keys()) {
            // What follows in this set-up is not for a member whose keys nobody has.
            needs_invitation_ = true;
            ask_for_setup();
        }
    }

    /** Tells everybody why this member does not answer. A refusal leaves the machine as it was. */
    void refused(std::uint64_t number, const Exception &error) {
        tell(Event::What::refused, CLOAK_OK, error.what());
        report(number, static_cast<std::int32_t>(error.status()), error.what(), error.party());
        // A member whose set-up is not the present one cannot take part in what follows from it.
        if (error.status() == CLOAK_ERR_WRONG_EPOCH || machine_.info().epoch == 0) {
            ask_for_setup();
        }
    }

    /** Names the neighbours whose tags did not verify; the server knows who was absent. */
    void accuse(std::uint64_t number) {
        for (const std::uint64_t neighbour : machine_.unconfirmed()) {
            report(number, CLOAK_ERR_NOT_CONFIRMED, "keys are not confirmed: they may have been swapped on the way", neighbour);
        }
    }

    void report(std::uint64_t number, std::int32_t code, const std::string &reason, std::optional<std::uint64_t> accused) {
        nlohmann::json body = {{"number", number}, {"code", code}, {"reason", reason}};
        if (accused) {
            body["accused"] = std::to_string(*accused);
        }
        tolerant(Route::refusal_post, body.dump());
    }

    void ask_for_setup() { tolerant(Route::setup_post, "{}"); }

    /** A request that may come too late; then it is not needed any more. */
    void tolerant(Route route, std::string body) {
        Asked asked = of_run(invitation_.run);
        asked.body = std::move(body);
        try {
            connection_.request(route, asked);
        } catch (const FlowError &error) {
            if (!error.is(FlowStatus::not_found) && !error.is(FlowStatus::run_closed)) {
                throw;
            }
        }
    }

    void tell(Event::What what, cloak_status outcome = CLOAK_OK, std::string text = {}) const {
        if (!listener_) {
            return;
        }
        const cloak_client_info about = machine_.info();
        try {
            listener_(Event{what, about.epoch, what == Event::What::set_up ? 0 : about.round, outcome, std::move(text)});
        } catch (...) {
            throw Failed{std::current_exception()};
        }
    }

    Invitation invitation_;
    Connection connection_;
    Run run_;
    Client machine_;
    std::string name_;
    std::string settings_;
    Listener listener_;
    std::uint64_t number_ = 1;
    std::size_t rounds_ = 0;
    bool needs_invitation_ = false;
};

} // namespace http
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
