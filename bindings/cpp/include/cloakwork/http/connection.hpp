/** @file Requests of a party to its server: authenticated, repeated until they are answered, and bounded in time and size. */
#ifndef CLOAKWORK_HTTP_CONNECTION_HPP
#define CLOAKWORK_HTTP_CONNECTION_HPP

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "authentication.hpp"
#include "routes.hpp"
#include "transport.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http {

/** How a party reaches its server. */
struct Options {
    /** PEM file of the authorities that sign the server's certificate; those of the system if empty. */
    std::string ca;
    /** For how long a request is repeated while the server is away. */
    std::chrono::seconds patience{60};
};

/** A verified answer that is no error. */
struct Answered {
    int status = 0;
    std::string body;
};

/** What a request is made of besides its route. */
struct Asked {
    std::optional<RunId> run;
    /** Of the message or the round that the path names. */
    std::uint64_t number = 0;
    std::string body;
    /** Query without `wait`, escaped. */
    std::string query;
    /** Seconds that the server may wait before it answers 204. */
    std::uint64_t wait = 0;
    /** Bytes of the answer that are read at most. */
    std::size_t largest = std::size_t{16} << 20;
};

/** What a party knows about its server, and how it speaks to it. It is for one thread at a time. */
class Connection {
public:
    /**
     * @param url     base URL of the server
     * @param server  public key of the server: answers that it did not authenticate are not believed
     */
    Connection(const std::string &url, const Bytes32 &server, const Identity &identity, Options options)
        : url_(base_url(url)), server_(server), party_(hex(identity.public_key())), options_(std::move(options)),
          channel_(Channel::open(identity, Channel::Side::client, server)), transport_(url_, options_.ca), pauses_(std::random_device{}()) {}

    const std::string &url() const noexcept { return url_; }
    const Bytes32 &server() const noexcept { return server_; }

    /**
     * Makes a request of the route table and returns its answer.
     *
     * @throws FlowError  `unreachable` after the last repeat, `unverified_answer` for an answer without the server's MAC
     * @throws Exception  what the server answered
     */
    Answered request(Route route, const Asked &asked = {}) {
        using Clock = std::chrono::steady_clock;
        const Clock::time_point started = Clock::now();
        Clock::time_point deadline = started + options_.patience;
        Exchange exchange = next_exchange(route, asked);
        const Bytes32 body_hash = sha256(view(asked.body));
        for (unsigned pauses = 1;; pauses++) {
            try {
                const Bytes32 mac = exchange.request_mac(channel_, body_hash);
                Reply reply = send(route, exchange, mac, asked);
                if (!genuine(exchange, mac, reply)) {
                    const problem::Decoded said = problem::decode(reply.body, reply.status);
                    const bool refused = reply.status >= 400 && reply.status < 500;
                    // A server that refuses the caller will hardly change its mind: patience is for servers that are away.
                    if (Clock::now() >= (refused ? std::min(deadline, started + refused_patience) : deadline)) {
                        throw unproven(refused, said.error.detail);
                    }
                } else if (reply.status < 400) {
                    return {reply.status, std::move(reply.body)};
                } else {
                    const problem::Decoded said = problem::decode(reply.body, reply.status);
                    const bool again = Clock::now() < deadline;
                    if (again && said.is(FlowStatus::counter_used) && said.last_counter) {
                        counter_ = std::max(counter_, *said.last_counter);
                        exchange = next_exchange(route, asked);
                        continue;
                    }
                    if (!again || (!said.is(FlowStatus::busy) && !said.is(FlowStatus::storage_failed))) {
                        said.raise();
                    }
                }
            } catch (const Unreachable &error) {
                if (Clock::now() >= deadline) {
                    throw FlowError(FlowStatus::unreachable, url_ + " did not answer for " + std::to_string(options_.patience.count()) + " s (" +
                                                                 error.what() + "); check the URL and that the server runs");
                }
            }
            pause(pauses);
        }
    }

private:
    static constexpr std::chrono::seconds refused_patience{5};

    /** Clock in nanoseconds, or one more than the last: two processes of one party on one machine share a rising sequence. */
    Exchange next_exchange(Route route, const Asked &asked) {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        counter_ = std::max(counter_ + 1, static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count()));
        Exchange out;
        out.method = entry(route).method;
        out.path = path_of(route, asked.run, asked.number);
        out.query = asked.query;
        if (asked.wait != 0) {
            out.query += (out.query.empty() ? "wait=" : "&wait=") + std::to_string(asked.wait);
        }
        out.run = asked.run;
        out.counter = counter_;
        return out;
    }

    Reply send(Route route, const Exchange &exchange, const Bytes32 &mac, const Asked &asked) {
        httplib::Headers headers = {
            {header::party, party_},
            {header::counter, std::to_string(exchange.counter)},
            {header::mac, hex(mac)},
            {"Accept-Encoding", "identity"},
        };
        if (entry(route).body != nullptr) {
            headers.emplace("Content-Type", entry(route).body);
        }
        const std::string target = exchange.query.empty() ? exchange.path : exchange.path + "?" + exchange.query;
        const std::size_t largest = std::max(asked.largest, problem::largest);
        return transport_.send(entry(route).method, target, headers, asked.body, largest, asked.wait + Transport::silence_seconds);
    }

    bool genuine(const Exchange &exchange, const Bytes32 &request_mac, const Reply &reply) const {
        Bytes32 mac{};
        return unhex(reply.mac, mac) && exchange.verify_answer(channel_, request_mac, reply.status, sha256(view(reply.body)), mac);
    }

    static FlowError unproven(bool refused, const std::string &said) {
        if (refused) {
            return {FlowStatus::not_authenticated,
                    "the server refuses the request, or is another one than the pinned server; it says, without proof: " + said};
        }
        return {FlowStatus::unverified_answer,
                "the answer is not proven to be the pinned server's; check the URL and the server's fingerprint. It says: " + said};
    }

    /** Full jitter, so that the parties do not come back all at once. */
    void pause(unsigned pauses) {
        const double longest = std::min(10.0, 0.2 * static_cast<double>(1U << std::min(pauses, 10U)));
        std::this_thread::sleep_for(std::chrono::duration<double>(std::uniform_real_distribution<double>(0, longest)(pauses_)));
    }

    std::string url_;
    Bytes32 server_;
    std::string party_;
    Options options_;
    Channel channel_;
    Transport transport_;
    std::minstd_rand pauses_;
    std::uint64_t counter_ = 0;
};

} // namespace http
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
