// Reads the vectors of tests/vectors, which an independent generator wrote.
#ifndef VECTORS_HPP
#define VECTORS_HPP

#include "check.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

namespace vectors {

using nlohmann::json;

inline json read(const std::string &name) {
    std::ifstream file(std::string(VECTORS) + "/" + name);
    if (!file) {
        check::give_up("no vectors: " + name, __FILE__, __LINE__);
    }
    return json::parse(file);
}

inline std::string text(const json &given) { return given.get<std::string>(); }

inline cloakwork::Bytes bytes(const json &hex) {
    const std::string digits = text(hex);
    cloakwork::Bytes out;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        out.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
    }
    return out;
}

template <std::size_t Size>
std::array<std::uint8_t, Size> array(const json &hex) {
    const cloakwork::Bytes content = bytes(hex);
    std::array<std::uint8_t, Size> out{};
    CHECK(content.size() == Size);
    std::copy_n(content.begin(), std::min(Size, content.size()), out.begin());
    return out;
}

// A decimal number of up to 128 bits.
inline cloakwork::U128 wide(const std::string &digits) {
    std::array<std::uint64_t, 4> limbs{};
    for (const char digit : digits) {
        auto carry = static_cast<std::uint64_t>(digit - '0');
        for (std::uint64_t &limb : limbs) {
            limb = limb * 10 + carry;
            carry = limb >> 32;
            limb &= UINT32_MAX;
        }
    }
    cloakwork::U128 out;
    out.low = limbs[0] | limbs[1] << 32;
    out.high = limbs[2] | limbs[3] << 32;
    return out;
}

// Floats are numbers, or the hex digits of their bits, the most significant first.
template <class T>
T number(const json &given) {
    if constexpr (std::is_floating_point_v<T>) {
        if (!given.is_string()) {
            return given.get<T>();
        }
        const auto word = static_cast<std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>>(std::stoull(text(given), nullptr, 16));
        T out = 0;
        std::memcpy(&out, &word, sizeof out);
        return out;
    } else if constexpr (std::is_same_v<T, cloakwork::U128>) {
        return wide(text(given));
    } else if (given.is_string()) {
        const std::string digits = text(given);
        return digits.front() == '-' ? static_cast<T>(std::stoll(digits)) : static_cast<T>(std::stoull(digits));
    } else {
        return given.get<T>();
    }
}

template <class T>
std::vector<T> numbers(const json &given) {
    std::vector<T> out;
    for (const json &item : given) {
        out.push_back(number<T>(item));
    }
    return out;
}

// The numbers under a name of each item.
template <class T>
std::vector<T> column(const json &items, const char *name) {
    std::vector<T> out;
    for (const json &item : items) {
        out.push_back(number<T>(item.at(name)));
    }
    return out;
}

// Equal to the last bit, also where zeros have signs.
template <class T>
bool identical(const std::vector<T> &left, const std::vector<T> &right) {
    return left.size() == right.size() && (left.empty() || std::memcmp(left.data(), right.data(), left.size() * sizeof(T)) == 0);
}

namespace detail {

template <class T>
void fill(const cloak_lanes &lanes, const json &given) {
    const std::vector<T> values = numbers<T>(given);
    std::copy(values.begin(), values.end(), static_cast<T *>(lanes.data));
}

template <class T>
bool same(const cloakwork::Residues &left, const cloakwork::Residues &right) {
    const auto *a = left.as<T>();
    const auto *b = right.as<T>();
    return a != nullptr && b != nullptr && *a == *b;
}

} // namespace detail

// Residues in the lanes of their width.
inline cloakwork::Residues residues(std::uint8_t bits, const json &given) {
    cloakwork::Residues out = cloakwork::Residues::zeros(bits <= 32 ? CLOAK_U32 : bits <= 64 ? CLOAK_U64 : CLOAK_U128, given.size());
    const cloak_lanes lanes = out.range(0, out.size());
    bits <= 32 ? detail::fill<std::uint32_t>(lanes, given) : bits <= 64 ? detail::fill<std::uint64_t>(lanes, given) : detail::fill<cloakwork::U128>(lanes, given);
    return out;
}

inline bool same(const cloakwork::Residues &left, const cloakwork::Residues &right) {
    return detail::same<std::uint32_t>(left, right) || detail::same<std::uint64_t>(left, right) || detail::same<cloakwork::U128>(left, right);
}

inline cloakwork::Suite suite(const json &vector) { return static_cast<cloakwork::Suite>(vector.at("suite").get<std::uint8_t>()); }

inline cloakwork::Mechanism mechanism(const json &given) {
    cloakwork::Mechanism out;
    out.dimension = number<std::uint64_t>(given.at("dimension"));
    out.clip = number<double>(given.at("clip"));
    out.clamp = number<double>(given.at("clamp"));
    out.granularity = number<double>(given.at("granularity"));
    out.noise = number<double>(given.at("noise"));
    out.norm_bound = number<std::uint64_t>(given.at("norm_bound"));
    out.parts = number<std::uint32_t>(given.at("parts"));
    out.honest = number<std::uint32_t>(given.at("honest"));
    out.block_log2 = number<std::uint8_t>(given.at("block_log2"));
    return out;
}

inline cloak_status error_of(const json &vector) { return static_cast<cloak_status>(vector.at("error").get<std::int32_t>()); }

// A source of random bytes that gives what is on it, then fails.
class Tape {
public:
    explicit Tape(cloakwork::Bytes content)
        : content_(std::move(content)), random_([this](cloakwork::span<std::uint8_t> out) { return next(out); }) {}
    Tape(const Tape &) = delete;
    Tape &operator=(const Tape &) = delete;

    const cloakwork::Random &random() const noexcept { return random_; }
    std::size_t used() const noexcept { return used_; }
    bool used_up() const noexcept { return used_ == content_.size(); }

private:
    bool next(cloakwork::span<std::uint8_t> out) {
        const bool enough = out.size() <= content_.size() - used_;
        if (enough) {
            std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(used_), out.size(), out.begin());
            used_ += out.size();
        }
        return enough;
    }

    cloakwork::Bytes content_;
    std::size_t used_ = 0;
    cloakwork::Random random_;
};

} // namespace vectors

#endif
