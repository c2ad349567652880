/** @file HTTPS requests of a party, by cpp-httplib and OpenSSL: TLS 1.3, the given authorities, the name in the certificate verified. */
#ifndef CLOAKWORK_HTTP_TRANSPORT_HPP
#define CLOAKWORK_HTTP_TRANSPORT_HPP

#ifndef CPPHTTPLIB_OPENSSL_SUPPORT
#define CPPHTTPLIB_OPENSSL_SUPPORT
#endif
#include <httplib.h>

#include <csignal>
#include <ctime>

#include "authentication.hpp"
#include "invitation.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http {

/** The server did not answer; the same request may be sent again. */
class Unreachable : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/** The answer to a request, before anything of it is believed. */
struct Reply {
    int status = 0;
    std::string mac;
    std::string body;
};

namespace internal {

/** While it lives, a connection that the other side has closed is an error of this thread's write and not a signal that ends the process. */
class NoBrokenPipe {
public:
    NoBrokenPipe() {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        sigset_t pending;
        sigpending(&pending);
        was_pending_ = sigismember(&pending, SIGPIPE) == 1;
        pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    NoBrokenPipe(const NoBrokenPipe &) = delete;
    NoBrokenPipe &operator=(const NoBrokenPipe &) = delete;
    ~NoBrokenPipe() {
        const timespec now = {0, 0};
        if (!was_pending_) {
            sigtimedwait(&pipe_, nullptr, &now);
        }
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t pipe_{};
    sigset_t before_{};
    bool was_pending_ = false;
};

} // namespace internal

/** One connection to a server, made when it is needed and kept while the server keeps it. It is for one thread at a time. */
class Transport {
public:
    /**
     * @param url  base URL of the server
     * @param ca   PEM file of the authorities, or of the self-signed certificate, that count; those of the system if empty
     */
    Transport(std::string url, std::string ca) : url_(std::move(url)), ca_(std::move(ca)), client_(std::make_unique<httplib::Client>(url_)) {
        if (!client_->is_valid()) {
            throw FlowError(FlowStatus::configuration, "expected a URL such as https://aggregate.example:8443", "url");
        }
        if (SSL_CTX *context = client_->ssl_context()) {
            SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
            client_->enable_server_certificate_verification(true);
            if (!ca_.empty()) {
                client_->set_ca_cert_path(ca_.c_str());
            }
        }
        client_->set_connection_timeout(connect_seconds);
        client_->set_write_timeout(silence_seconds);
        client_->set_keep_alive(true);
        client_->set_tcp_nodelay(true);
        client_->set_follow_location(false);
        // The MAC covers the bytes as they travel.
        client_->set_decompress(false);
        client_->set_url_encode(false);
    }

    /**
     * Sends a request.
     *
     * @param target   path and query, as they stand in the first line
     * @param headers  name and value of each header
     * @param largest  bytes of the answer that are read at most
     * @param seconds  how long the server may stay silent
     * @throws Unreachable  it did not answer
     * @throws FlowError    its certificate does not verify, the authorities cannot be read, or the answer is too long
     */
    Reply send(const char *method, const std::string &target, const httplib::Headers &headers, const std::string &body, std::size_t largest,
               std::uint64_t seconds) {
        Reply out;
        bool too_long = false;
        httplib::Request request;
        request.method = method;
        request.path = target;
        request.headers = headers;
        request.body = body;
        request.content_receiver = [&](const char *data, std::size_t length, std::uint64_t, std::uint64_t) {
            too_long = too_long || length > largest - out.body.size();
            if (!too_long) {
                out.body.append(data, length);
            }
            return !too_long;
        };
        client_->set_read_timeout(static_cast<time_t>(seconds));
        const internal::NoBrokenPipe quiet;
        const httplib::Result result = client_->send(request);
        if (too_long) {
            throw FlowError(FlowStatus::too_large, "the server's answer is longer than any that this request has", {}, largest);
        }
        if (!result) {
            fail(result.error());
        }
        out.status = result->status;
        out.mac = result->get_header_value(header::mac);
        return out;
    }

    static constexpr std::uint64_t silence_seconds = 30;

private:
    [[noreturn]] void fail(httplib::Error error) const {
        if (error == httplib::Error::SSLLoadingCerts) {
            throw FlowError(FlowStatus::configuration, "cannot read certificates from " + ca_, "ca");
        }
        if (error == httplib::Error::SSLServerVerification) {
            const auto reason = client_->get_openssl_verify_result();
            const std::string why = reason == X509_V_OK ? "it is for another host" : X509_verify_cert_error_string(reason);
            throw FlowError(FlowStatus::unverified_answer, "the server's certificate does not verify (" + why + "); give the right one as ca");
        }
        throw Unreachable(httplib::to_string(error));
    }

    static constexpr time_t connect_seconds = 10;

    std::string url_;
    std::string ca_;
    std::unique_ptr<httplib::Client> client_;
};

} // namespace http
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
