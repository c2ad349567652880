/** @file The line that tells a member where a run is, and that pins the server and every parameter of the run (docs/http.md, section 1). */
#ifndef CLOAKWORK_HTTP_INVITATION_HPP
#define CLOAKWORK_HTTP_INVITATION_HPP

#include <regex>

#include "../identity.hpp"
#include "text.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http {

/** A server's URL without a path, checked: https, or http on this machine. */
inline std::string base_url(const std::string &url) {
    static constexpr std::size_t longest = 300;
    static const std::regex form(R"((https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)((?::[0-9]{1,5})?)/?)");
    std::smatch parts;
    if (url.size() > longest || !std::regex_match(url, parts, form)) {
        throw FlowError(FlowStatus::configuration, "expected a URL such as https://aggregate.example:8443", "url");
    }
    const std::string host = parts[2];
    if (parts[1] == "http" && host != "localhost" && host != "127.0.0.1" && host != "[::1]") {
        throw FlowError(FlowStatus::configuration, "http without TLS is accepted for this machine only; use https", "url");
    }
    return parts[1].str() + "://" + host + parts[3].str();
}

/** It holds no secret, but whoever changes it on the way could send the member elsewhere: it travels by a channel that the member trusts. */
struct Invitation {
    /** Base URL of the server. */
    std::string url;
    /** Public key of the server. */
    Bytes32 server{};
    RunId run{};
    Bytes32 run_hash{};

    /** The line. */
    std::string text() const { return prefix() + url + "/" + hex(run) + "?server=" + fingerprint(server) + "&hash=" + hex(run_hash); }

    /** Reads the line; spaces and line ends around it do not matter. */
    static Invitation parse(const std::string &line) {
        static constexpr const char *blanks = " \t\r\n";
        const std::size_t first = std::min(line.find_first_not_of(blanks), line.size());
        const std::string text = line.substr(first, line.find_last_not_of(blanks) + 1 - first);
        // Fingerprint and hash have fixed forms, so the fields hold nothing that would be escaped.
        static const std::regex form(R"((https?://[^/?#]{1,280})/([0-9a-f]{32}))"
                                     R"(\?(?:server=([A-Za-z0-9-]{1,80})&hash=([0-9a-f]{64})|hash=([0-9a-f]{64})&server=([A-Za-z0-9-]{1,80})))");
        std::smatch parts;
        const bool begins = text.size() < 600 && text.compare(0, prefix().size(), prefix()) == 0;
        const std::string rest = begins ? text.substr(prefix().size()) : std::string();
        if (!std::regex_match(rest, parts, form)) {
            throw FlowError(FlowStatus::configuration,
                            "this is no invitation: expected cloakwork+https://HOST/RUN?server=FINGERPRINT&hash=HASH, in a shell within quotes",
                            "invitation");
        }
        Invitation out;
        out.url = base_url(parts[1]);
        out.server = public_key(parts[3].matched ? parts[3] : parts[6]);
        unhex(parts[2].str(), out.run);
        unhex((parts[4].matched ? parts[4] : parts[5]).str(), out.run_hash);
        return out;
    }

private:
    static const std::string &prefix() {
        static const std::string text = "cloakwork+";
        return text;
    }
};

} // namespace http
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
