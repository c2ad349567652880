/** @file The MAC of requests and answers (docs/protocol.md, section 9): which headers carry it, and which bytes it covers. */
#ifndef CLOAKWORK_HTTP_AUTHENTICATION_HPP
#define CLOAKWORK_HTTP_AUTHENTICATION_HPP

#include "../identity.hpp"
#include "text.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http {

namespace header {
inline constexpr const char *party = "Cloakwork-Party";
inline constexpr const char *counter = "Cloakwork-Counter";
inline constexpr const char *mac = "Cloakwork-Mac";
} // namespace header

/** What a request claims about its sender; nothing of it is believed before the MAC is verified. */
struct Credentials {
    Bytes32 party{};
    std::uint64_t counter = 0;
    Bytes32 mac{};

    /** Reads the values of the three headers. */
    static Credentials read(const std::string &party, const std::string &counter, const std::string &mac) {
        Credentials out;
        const std::optional<std::uint64_t> number = decimal(counter);
        if (!number || !unhex(party, out.party) || !unhex(mac, out.mac)) {
            throw FlowError(FlowStatus::not_authenticated,
                            std::string("the request needs the headers ") + header::party + ", " + header::counter + " and " + header::mac +
                                " as docs/protocol.md section 9 states them");
        }
        out.counter = *number;
        return out;
    }
};

/** What a request and its answer have in common under the MAC. */
struct Exchange {
    std::string method;
    /** Path and query of the request target, raw; the query without the question mark. */
    std::string path;
    std::string query;
    /** The run that the path names. */
    std::optional<RunId> run;
    std::uint64_t counter = 0;

    Bytes32 request_mac(const Channel &channel, const Bytes32 &body_hash) const { return channel.mac(covered(method, body_hash, false)); }

    bool verify_request(const Channel &channel, const Bytes32 &body_hash, const Bytes32 &mac) const {
        return verify(channel, covered(method, body_hash, false), mac);
    }

    Bytes32 answer_mac(const Channel &channel, const Bytes32 &request_mac, int status, const Bytes32 &body_hash) const {
        return channel.mac(covered(status_line(status, request_mac), body_hash, true));
    }

    bool verify_answer(const Channel &channel, const Bytes32 &request_mac, int status, const Bytes32 &body_hash, const Bytes32 &mac) const {
        return verify(channel, covered(status_line(status, request_mac), body_hash, true), mac);
    }

    /** Tells byte-identical requests of a party from all others. */
    Bytes32 digest(const Bytes32 &party, const Bytes32 &body_hash) const {
        std::string all = hex(party) + hex(body_hash) + (run ? hex(*run) : std::string()) + ' ' + std::to_string(counter) + ' ' + method + ' ' +
                          std::to_string(path.size()) + ' ' + path + query;
        return sha256(view(all));
    }

private:
    Request covered(std::string method_or_status, const Bytes32 &body_hash, bool response) const {
        Request out;
        out.counter = counter;
        out.method = std::move(method_or_status);
        out.path = path;
        out.query = query;
        out.run = run;
        out.body_hash = body_hash;
        out.response = response;
        return out;
    }

    static bool verify(const Channel &channel, const Request &request, const Bytes32 &mac) {
        try {
            channel.verify(request, mac);
            return true;
        } catch (const CryptoError &) {
            return false;
        }
    }

    /** What takes the place of the method in an answer, which belongs to one request. */
    static std::string status_line(int status, const Bytes32 &request_mac) {
        const std::string digits = std::to_string(status);
        return std::string(3 - std::min<std::size_t>(3, digits.size()), '0') + digits + ' ' + hex(request_mac);
    }
};

} // namespace http
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
