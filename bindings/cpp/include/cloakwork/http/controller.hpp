/** @file Whoever defines a run, starts its rounds and reads their results. */
#ifndef CLOAKWORK_HTTP_CONTROLLER_HPP
#define CLOAKWORK_HTTP_CONTROLLER_HPP

#include <openssl/rand.h>

#include "connection.hpp"
#include "result.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http {

/** A member of a run that is to be defined. */
struct Named {
    std::string name;
    std::string fingerprint;
};

/** What came of a round. */
struct RoundResult {
    std::uint32_t number = 0;
    /** CLOAK_OK, or the status for which it was aborted; then there are no sums. */
    cloak_status outcome = CLOAK_OK;
    std::vector<std::uint64_t> participants;
    /** Those whose inputs are in the sums. */
    std::vector<std::uint64_t> survivors;
    Sums sums;
};

/** A run at its server. */
class ControlledRun {
public:
    ControlledRun(std::shared_ptr<Connection> connection, Run run)
        : connection_(std::move(connection)), run_(std::move(run)), config_(run_.config()) {
        std::copy(std::begin(config_.run_id), std::end(config_.run_id), id_.begin());
    }

    const Run &run() const noexcept { return run_; }

    /** For every member, by a channel that it trusts. */
    Invitation invitation() const { return {connection_->url(), connection_->server(), id_, run_.hash()}; }

    /**
     * Starts a round, without waiting for it.
     *
     * @param number        one more than the last; the same again with the same context changes nothing
     * @param context       what every participant is given, such as the joint model
     * @param participants  ids of those who take part; everybody who is there if empty
     */
    void start_round(std::uint32_t number, const std::string &context = {}, const std::vector<std::uint64_t> &participants = {}) {
        Asked asked = of_round(number);
        asked.body = context;
        for (const std::uint64_t id : participants) {
            asked.query += (asked.query.empty() ? "participants=" : ",") + std::to_string(id);
        }
        connection_->request(Route::round_start, asked);
    }

    /** Waits for the end of a round, at most as long as the time limits of the run can add up to, and reads its sums. */
    RoundResult result(std::uint32_t number) { return result(number, longest()); }

    RoundResult result(std::uint32_t number, std::chrono::seconds limit) {
        RoundResult out = ended(number, limit);
        if (out.outcome == CLOAK_OK) {
            Asked asked = of_round(number);
            asked.largest = result_size(run_);
            out.sums = decode_result(run_, view(connection_->request(Route::result, asked).body));
        }
        return out;
    }

    /** Stops a round; every participant is told. */
    void stop_round(std::uint32_t number) { connection_->request(Route::round_stop, of_round(number)); }

    /** Stops the round in progress and closes the run; its results stay. */
    void close() { connection_->request(Route::run_stop, of_round(0)); }

private:
    static constexpr std::int64_t wait_seconds = 25;
    static constexpr std::int64_t sum_seconds = 600;

    Asked of_round(std::uint32_t number) const {
        Asked out;
        out.run = id_;
        out.number = number;
        return out;
    }

    std::chrono::seconds longest() const {
        return std::chrono::seconds{2 * std::int64_t{config_.setup_seconds} + (2 + std::int64_t{config_.max_passes}) * config_.step_seconds +
                                    sum_seconds};
    }

    RoundResult ended(std::uint32_t number, std::chrono::seconds limit) {
        using Clock = std::chrono::steady_clock;
        const Clock::time_point deadline = Clock::now() + limit;
        for (;;) {
            Asked asked = of_round(number);
            const auto left = std::chrono::duration_cast<std::chrono::seconds>(deadline - Clock::now()).count();
            asked.wait = static_cast<std::uint64_t>(std::max<std::int64_t>(1, std::min(wait_seconds, left)));
            const Answered answer = connection_->request(Route::round, asked);
            if (answer.status != 204) {
                return read(number, answer.body);
            }
            if (Clock::now() >= deadline) {
                throw FlowError(FlowStatus::too_slow,
                                "round " + std::to_string(number) + " has not ended after " + std::to_string(limit.count()) + " s; stop it, or wait on");
            }
        }
    }

    static RoundResult read(std::uint32_t number, const std::string &body) {
        const nlohmann::json shown = nlohmann::json::parse(body, nullptr, false);
        RoundResult out;
        out.number = number;
        try {
            out.outcome = static_cast<cloak_status>(shown.at("outcome").get<std::int32_t>());
            out.participants = ids(shown.at("participants"));
            out.survivors = ids(shown.at("survivors"));
        } catch (const nlohmann::json::exception &) {
            throw FlowError(FlowStatus::unverified_answer, "what the server shows of round " + std::to_string(number) + " cannot be read");
        }
        return out;
    }

    /** None are listed for a round that ended before it began. */
    static std::vector<std::uint64_t> ids(const nlohmann::json &listed) {
        std::vector<std::uint64_t> out;
        for (const nlohmann::json &id : listed) {
            out.push_back(decimal(id.get<std::string>()).value_or(0));
        }
        return out;
    }

    std::shared_ptr<Connection> connection_;
    Run run_;
    cloak_run_config config_;
    RunId id_{};
};

/** A party that the server lists among its controllers. It is for one thread at a time, together with its runs. */
class Controller {
public:
    /**
     * @param url     base URL of the server
     * @param server  fingerprint of the server
     */
    Controller(const std::string &url, const std::string &server, const Identity &identity, const Options &options = {})
        : connection_(std::make_shared<Connection>(url, public_key(server), identity, options)) {}

    /**
     * Defines a run and gives it to the server, which invites the members: their ids are 1, 2, ... in the order given.
     *
     * @param name      for people, unique at the server
     * @param config    the parameters; run id, beacon and the hash of the settings are filled in
     * @param settings  whatever else the parties agree on
     * @param shared    whether members may read the results as well
     */
    ControlledRun create(const std::string &name, const std::vector<Named> &members, RunConfig config, const std::string &settings = {},
                         bool shared = false) {
        std::vector<Member> roster;
        nlohmann::json names = nlohmann::json::object();
        for (const Named &given : members) {
            roster.push_back({roster.size() + 1, public_key(given.fingerprint)});
            names[std::to_string(roster.size())] = given.name;
        }
        // The beacon is public; drawn here, after the roster, it leaves nobody a choice of the graph.
        draw(config.run_id);
        draw(config.beacon);
        config.settings_hash = sha256(view(settings));
        Run run = Run::define(config, roster);
        const nlohmann::json body = {
            {"name", name},
            {"names", names},
            {"description", base64(run.description())},
            {"roster", base64(run.roster())},
            {"settings", base64(view(settings))},
            {"shares_results", shared},
        };
        Asked asked;
        asked.run = config.run_id;
        asked.body = encoded(body);
        connection_->request(Route::run_create, asked);
        return {connection_, std::move(run)};
    }

private:
    template <class Array>
    static void draw(Array &out) {
        if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) {
            refuse(CLOAK_ERR_RANDOMNESS, "OpenSSL has no random bytes");
        }
    }

    static std::string encoded(const nlohmann::json &body) {
        try {
            return body.dump();
        } catch (const nlohmann::json::exception &) {
            throw FlowError(FlowStatus::configuration, "the name of the run and those of members are UTF-8", "name");
        }
    }

    std::shared_ptr<Connection> connection_;
};

} // namespace http
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
