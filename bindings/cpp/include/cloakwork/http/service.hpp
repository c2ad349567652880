/** @file The server of runs over HTTPS, in memory: what it holds is gone when it ends. */
#ifndef CLOAKWORK_HTTP_SERVICE_HPP
#define CLOAKWORK_HTTP_SERVICE_HPP

#include <atomic>

#include "server/gate.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http {

/** How a service is reached, and who controls it. */
struct ServiceOptions {
    /** PEM file of the certificate chain, and of its private key. */
    std::string certificate;
    std::string key;
    /** Fingerprints of those who may create runs. */
    std::vector<std::string> controllers;
    Bounds bounds;
};

/**
 * Adds up the contributions of runs and learns nothing but their sums (docs/http.md). TLS 1.3; everything but the page and the OpenAPI document.
 *
 * Each connection has a thread until it ends, so `Bounds::connections` limits how many parties can wait at the same time. A process that
 * shall ends with its service blocks its signals, waits for one of them in a thread of its own, and calls `stop`.
 */
class Service {
public:
    Service(Identity identity, const ServiceOptions &options)
        : gate_(std::move(identity), keys_of(options.controllers), options.bounds), server_(options.certificate.c_str(), options.key.c_str()) {
        if (!server_.is_valid()) {
            throw FlowError(FlowStatus::configuration, "the certificate " + options.certificate + " and the key " + options.key + " cannot be used together",
                            "certificate");
        }
        SSL_CTX_set_min_proto_version(server_.ssl_context(), TLS1_3_VERSION);
        const std::size_t threads = options.bounds.connections;
        server_.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
        server_.set_socket_options([](socket_t socket) {
            // The default lets a second process listen on the same port and take every other connection.
            const int yes = 1;
            setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        });
        server_.set_tcp_nodelay(true);
        server_.set_keep_alive_max_count(requests_of_a_connection);
        server_.set_keep_alive_timeout(idle_seconds);
        server_.set_read_timeout(silence_seconds);
        server_.set_write_timeout(silence_seconds);
        server_.set_exception_handler([](const httplib::Request &, httplib::Response &response, std::exception_ptr) { response.status = 500; });
        const auto with_body = [this](const httplib::Request &request, httplib::Response &response, const httplib::ContentReader &reader) {
            respond(request, response, &reader);
        };
        // Every target is one of the table of routes or none, which the gate decides.
        server_.Get(".*", [this](const httplib::Request &request, httplib::Response &response) { respond(request, response, nullptr); });
        server_.Post(".*", with_body);
        server_.Put(".*", with_body);
    }
    Service(const Service &) = delete;
    Service &operator=(const Service &) = delete;

    /**
     * Takes a port, so that connections wait for `serve`.
     *
     * @param host  name or address of the interface
     * @param port  0 for any that is free
     * @return the port
     */
    int bind(const std::string &host, int port) {
        const int bound = port == 0 ? server_.bind_to_any_port(host.c_str()) : (server_.bind_to_port(host.c_str(), port) ? port : -1);
        if (bound <= 0) {
            throw FlowError(FlowStatus::configuration, "cannot listen on " + host + ":" + std::to_string(port) + "; is another server there?", "port");
        }
        return bound;
    }

    /** Answers requests until `stop` is called. */
    void serve() {
        serving_ = true;
        if (!stopping_) {
            server_.listen_after_bind();
        }
        serving_ = false;
    }

    /** Ends `serve`, from another thread, even before it has begun. Those who wait are answered at once. */
    void stop() {
        stopping_ = true;
        gate_.end_waiting();
        // Between the two no request to stop would be heard.
        while (serving_ && !server_.is_running()) {
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
        server_.stop();
    }

private:
    static constexpr std::size_t requests_of_a_connection = 100000;
    /** Short, because an idle connection has a thread: the next request of a party that thinks for longer makes a new one. */
    static constexpr time_t idle_seconds = 2;
    static constexpr time_t silence_seconds = 20;
    static constexpr std::size_t piece = std::size_t{64} << 10;

    static std::set<Bytes32> keys_of(const std::vector<std::string> &fingerprints) {
        std::set<Bytes32> out;
        for (const std::string &text : fingerprints) {
            try {
                out.insert(public_key(text));
            } catch (const EncodingError &) {
                throw FlowError(FlowStatus::configuration, "'" + text + "' is no fingerprint", "controllers");
            }
        }
        return out;
    }

    void respond(const httplib::Request &request, httplib::Response &response, const httplib::ContentReader *reader) {
        const internal::Reaction reaction = gate_.pass(request, reader);
        const internal::Shared body = reaction.answer.body;
        response.status = reaction.answer.status;
        response.set_header("Cache-Control", "no-store");
        response.set_header("X-Content-Type-Options", "nosniff");
        if (reaction.mac) {
            response.set_header(header::mac, hex(*reaction.mac));
        }
        if (reaction.broken) {
            response.set_header("Connection", "close");
        }
        if (body->empty()) {
            return;
        }
        // A body that is given piece by piece is never compressed: the MAC covers the bytes as they travel.
        response.set_content_provider(body->size(), reaction.answer.media, [body](std::size_t offset, std::size_t length, httplib::DataSink &sink) {
            return sink.write(reinterpret_cast<const char *>(body->data()) + offset, std::min(length, piece));
        });
    }

    internal::Gate gate_;
    httplib::SSLServer server_;
    std::atomic<bool> serving_ = false;
    std::atomic<bool> stopping_ = false;
};

} // namespace http
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
