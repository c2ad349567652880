/** @file The gate: authenticates each request, admits it once, and authenticates the answer (docs/protocol.md, section 9). */
#ifndef CLOAKWORK_HTTP_SERVER_GATE_HPP
#define CLOAKWORK_HTTP_SERVER_GATE_HPP

#include "../transport.hpp"
#include "endpoints.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http::internal {

/** What the gate lets out: an answer, and its MAC if the caller is known. */
struct Reaction {
    Answer answer;
    std::optional<Bytes32> mac;
    /** Whether bytes of the request are left in the connection, which nothing can follow then. */
    bool broken = false;
};

/** Counts the bodies that a party is sending. */
class Upload {
public:
    Upload(Engine &engine, std::map<Bytes32, std::size_t> &counts, const Bytes32 &party, std::size_t most)
        : engine_(engine), counts_(counts), party_(party) {
        engine_.read([&](const Engine::Runs &) {
            if (counts_[party_] >= most) {
                throw FlowError(FlowStatus::busy, "this party sends several bodies already; send this one after them", {}, most);
            }
            counts_[party_]++;
        });
    }
    Upload(const Upload &) = delete;
    Upload &operator=(const Upload &) = delete;
    ~Upload() {
        engine_.read([&](const Engine::Runs &) {
            if (--counts_[party_] == 0) {
                counts_.erase(party_);
            }
        });
    }

private:
    Engine &engine_;
    std::map<Bytes32, std::size_t> &counts_;
    Bytes32 party_;
};

class Gate {
public:
    Gate(Identity identity, std::set<Bytes32> controllers, const Bounds &bounds)
        : identity_(std::move(identity)), controllers_(std::move(controllers)), bounds_(bounds), engine_(bounds) {}

    void end_waiting() { engine_.end_waiting(); }

    /** Answers a request; `reader` gives the body, if its method has one. */
    Reaction pass(const httplib::Request &request, const httplib::ContentReader *reader) {
        Reaction out;
        Exchange exchange = exchange_of(request);
        // Until the body was read, it is in the connection.
        out.broken = reader != nullptr || states_body(request);
        try {
            const std::optional<Matched> matched = match(exchange.method, exchange.path);
            if (!matched) {
                throw FlowError(FlowStatus::not_found, "there is no such request; docs/http.md lists them");
            }
            if (matched->entry->route == Route::health) {
                out.answer = health();
                return out;
            }
            Call call = call_of(*matched, exchange);
            const Credentials claim = Credentials::read(request.get_header_value(header::party), request.get_header_value(header::counter),
                                                        request.get_header_value(header::mac));
            exchange.counter = claim.counter;
            call.controls = controllers_.count(claim.party) != 0;
            check_known(claim.party, exchange.run, call);
            call.body = receive(request, reader, claim.party, call);
            out.broken = false;
            const Bytes32 body_hash = sha256(call.body);
            const Channel channel = Channel::open(identity_, Channel::Side::server, claim.party);
            if (!exchange.verify_request(channel, body_hash, claim.mac)) {
                throw FlowError(FlowStatus::not_authenticated, "the MAC is not that of this request under this party's key");
            }
            call.asking = {claim.party, claim.counter, exchange.digest(claim.party, body_hash)};
            out.answer = answer(request, *matched, call);
            out.mac = exchange.answer_mac(channel, claim.mac, out.answer.status, sha256(*out.answer.body));
        } catch (const Exception &error) {
            // Nothing in here is authenticated, so neither is the answer.
            out.answer = Answer::of(error);
        }
        return out;
    }

private:
    static Exchange exchange_of(const httplib::Request &request) {
        // The raw target: what was signed, before anything was unescaped.
        const std::size_t mark = std::min(request.target.find('?'), request.target.size());
        Exchange out;
        out.method = request.method;
        out.path = request.target.substr(0, mark);
        out.query = mark < request.target.size() ? request.target.substr(mark + 1) : std::string();
        return out;
    }

    static bool states_body(const httplib::Request &request) {
        return request.has_header("Transfer-Encoding") || (request.has_header("Content-Length") && request.get_header_value("Content-Length") != "0");
    }

    Answer health() const {
        return Answer::json({{"version", cloak_version()}, {"fingerprint", fingerprint(identity_.public_key())}, {"ready", true}});
    }

    /** The run of the path, on which it depends who may ask; the other parameters are read once the caller is known. */
    static Call call_of(const Matched &matched, Exchange &exchange) {
        Call out;
        out.route = matched.entry;
        if (!matched.run.empty()) {
            if (!unhex(matched.run, out.run)) {
                throw FlowError(FlowStatus::bad_request, "a run id has 32 lower-case hex digits", "run");
            }
            exchange.run = out.run;
        }
        return out;
    }

    static void read_parameters(const httplib::Request &request, const Matched &matched, Call &call) {
        static constexpr auto most = static_cast<std::uint64_t>(INT64_MAX);
        const auto number = [](const std::string &text, const char *name) {
            const std::optional<std::uint64_t> read = decimal(text, most);
            if (!read) {
                throw FlowError(FlowStatus::bad_request, "must be a whole number below 2^63", name);
            }
            return *read;
        };
        if (!matched.number.empty()) {
            call.number = number(matched.number, "number");
        }
        if (request.has_param("wait")) {
            call.wait = std::min(number(request.get_param_value("wait"), "wait"), most_wait_seconds);
        }
        if (request.has_param("participants")) {
            call.participants = request.get_param_value("participants");
        }
        if (request.has_param("after")) {
            call.after = request.get_param_value("after");
        }
    }

    /** Whether the request names a party that may make any; that it comes from it is verified later. */
    void check_known(const Bytes32 &party, const std::optional<RunId> &run, Call &call) {
        const bool known = engine_.read([&](const Engine::Runs &runs) {
            call.member = run ? runs.member(*run, party) : std::nullopt;
            return call.controls || call.member || (!run && runs.knows(party));
        });
        if (!known) {
            throw FlowError(FlowStatus::not_authenticated, "this party is neither a member of the run nor a controller");
        }
    }

    Bytes receive(const httplib::Request &request, const httplib::ContentReader *reader, const Bytes32 &party, const Call &call) {
        if (reader == nullptr) {
            if (states_body(request)) {
                throw FlowError(FlowStatus::too_large, "this request has no body", {}, 0);
            }
            return {};
        }
        const std::optional<std::uint64_t> expected = decimal(request.get_header_value("Content-Length"));
        if (!expected || request.has_header("Transfer-Encoding")) {
            throw FlowError(FlowStatus::bad_request, "the request must state the length of its body");
        }
        const Upload upload(engine_, uploads_, party, bounds_.uploads);
        const std::size_t largest =
            engine_.read([&](const Engine::Runs &runs) { return body_limit(call.route->route, call.run, runs, bounds_); });
        if (*expected > largest) {
            // A caller that is cut off while it sends would not see the answer.
            if (*expected <= largest + most_drained) {
                read(*reader, *expected, nullptr);
            }
            throw FlowError(FlowStatus::too_large, "the body is longer than this request may have", {}, largest);
        }
        Bytes out;
        out.reserve(static_cast<std::size_t>(*expected));
        read(*reader, *expected, &out);
        return out;
    }

    /** Reads a body within the time that it may take; what is not kept is thrown away. */
    void read(const httplib::ContentReader &reader, std::uint64_t expected, Bytes *out) const {
        const auto seconds = std::chrono::seconds{bounds_.body_seconds + expected / std::max<std::size_t>(1, bounds_.slow_bytes_per_second)};
        const Clock::time_point until = Clock::now() + seconds;
        bool late = false;
        const bool whole = reader([&](const char *data, std::size_t length) {
            late = Clock::now() > until;
            if (out != nullptr) {
                out->insert(out->end(), data, data + length);
            }
            return !late;
        });
        if (late) {
            throw FlowError(FlowStatus::too_slow, "the body did not come in time");
        }
        if (!whole || (out != nullptr && out->size() != expected)) {
            throw FlowError(FlowStatus::bad_request, "the connection ended within the body");
        }
    }

    /** The answer to a request whose caller is known for certain. */
    Answer answer(const httplib::Request &request, const Matched &matched, Call &call) {
        try {
            read_parameters(request, matched, call);
            const unsigned roles = (call.controls ? role::controller : 0U) | (call.member ? role::member : 0U);
            if ((roles & call.route->roles) == 0) {
                throw FlowError(FlowStatus::not_allowed, "this request is not for your role");
            }
            if (std::string(call.route->method) != "GET") {
                return engine_.change(call.asking, [&](Engine::Runs &runs) { return perform(call, runs, bounds_); });
            }
            if (call.route->route == Route::status) {
                const auto everything = [](const Engine::Runs &runs) { return status(runs); };
                return engine_.watch(call.asking, call.after, everything, std::chrono::seconds{call.wait});
            }
            const bool waits = call.route->route == Route::message || call.route->route == Route::round;
            const std::chrono::seconds wait{waits ? call.wait : 0};
            return engine_.look(call.asking, [&](Engine::Runs &runs) { return give(call, runs); }, wait);
        } catch (const Exception &error) {
            return Answer::of(error);
        }
    }

    static constexpr std::uint64_t most_drained = std::uint64_t{16} << 20;

    Identity identity_;
    std::set<Bytes32> controllers_;
    Bounds bounds_;
    std::map<Bytes32, std::size_t> uploads_;
    Engine engine_;
};

} // namespace http::internal
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
