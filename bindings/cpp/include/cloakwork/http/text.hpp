/** @file Bytes and numbers as text: hexadecimal digits, base64, decimal digits. */
#ifndef CLOAKWORK_HTTP_TEXT_HPP
#define CLOAKWORK_HTTP_TEXT_HPP

#include <openssl/evp.h>

#include <charconv>
#include <string_view>

#include "problem.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http {

/** Lower-case hexadecimal digits. */
inline std::string hex(ByteView bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(2 * bytes.size());
    for (const std::uint8_t byte : bytes) {
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

/** Reads lower-case hexadecimal digits of exactly as many bytes as fit; false for any other text. */
template <class Container>
bool unhex(std::string_view text, Container &out) {
    if (text.size() != 2 * out.size()) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); i++) {
        const char digit = text[i];
        const bool decimal = digit >= '0' && digit <= '9';
        if (!decimal && (digit < 'a' || digit > 'f')) {
            return false;
        }
        const auto value = static_cast<std::uint8_t>(decimal ? digit - '0' : digit - 'a' + 10);
        out[i / 2] = static_cast<std::uint8_t>(i % 2 == 0 ? value << 4 : out[i / 2] | value);
    }
    return true;
}

/** A whole number without sign and leading zeros, at most `most`. */
inline std::optional<std::uint64_t> decimal(std::string_view text, std::uint64_t most = UINT64_MAX) {
    std::uint64_t out = 0;
    const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
    if (!digits || (text.size() > 1 && text.front() == '0')) {
        return {};
    }
    const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
    return read.ec == std::errc() && out <= most ? std::optional<std::uint64_t>(out) : std::nullopt;
}

/** Bytes as they travel in JSON. */
inline std::string base64(ByteView bytes) {
    std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char *>(out.data()), bytes.data(), static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(length));
    return out;
}

/** Bytes from JSON. */
inline Bytes from_base64(const std::string &text, const std::string &field) {
    static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::size_t end = text.find_first_not_of(alphabet);
    const std::size_t padding = end == std::string::npos ? 0 : text.size() - end;
    const bool padded = padding <= 2 && text.find_first_not_of('=', text.size() - padding) == std::string::npos;
    if (text.size() % 4 != 0 || !padded) {
        throw FlowError(FlowStatus::bad_request, "must be base64", field);
    }
    Bytes out(text.size() / 4 * 3);
    // Counts the bytes of the padding as zeros.
    EVP_DecodeBlock(out.data(), reinterpret_cast<const unsigned char *>(text.data()), static_cast<int>(text.size()));
    out.resize(out.size() - padding);
    return out;
}

inline ByteView view(const std::string &text) noexcept {
    return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}

inline Bytes bytes(std::string_view text) {
    return {text.begin(), text.end()};
}

} // namespace http
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
