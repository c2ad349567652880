/** @file Vectors in and out. */
#ifndef CLOAKWORK_VALUES_HPP
#define CLOAKWORK_VALUES_HPP

#include <type_traits>
#include <utility>
#include <variant>

#include "error.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {

/** A 128-bit residue, in the byte order of the machine. */
struct alignas(16) U128 {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    std::uint64_t high = 0;
    std::uint64_t low = 0;
#else
    std::uint64_t low = 0;
    std::uint64_t high = 0;
#endif

    friend bool operator==(const U128 &left, const U128 &right) noexcept { return left.low == right.low && left.high == right.high; }
    friend bool operator!=(const U128 &left, const U128 &right) noexcept { return !(left == right); }
};

namespace detail {

template <class T>
constexpr std::int32_t type_of() {
    if constexpr (std::is_same_v<T, double>) {
        return CLOAK_F64;
    } else if constexpr (std::is_same_v<T, float>) {
        return CLOAK_F32;
    } else if constexpr (std::is_same_v<T, U128>) {
        return CLOAK_U128;
    } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool> && sizeof(T) == 8) {
        return std::is_signed_v<T> ? CLOAK_I64 : CLOAK_U64;
    } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool> && sizeof(T) == 4) {
        return std::is_signed_v<T> ? CLOAK_I32 : CLOAK_U32;
    } else {
        return 0;
    }
}

template <class Container>
using ElementOf = std::remove_pointer_t<decltype(std::declval<Container &>().data())>;

} // namespace detail

class Contribution;

/**
 * The values of a segment, or of a piece of it: a view of any container whose elements lie one after the other. `double`, `float` and signed integers
 * are for segments in fixed point, unsigned ones for residues.
 */
class Values {
public:
    template <class Container, class Element = std::remove_cv_t<detail::ElementOf<const Container>>,
              class = std::enable_if_t<detail::type_of<Element>() != 0>>
    Values(const Container &container) noexcept : raw_{detail::type_of<Element>(), container.data(), container.size()} {}

    const cloak_values &raw() const noexcept { return raw_; }

private:
    friend class Contribution;
    explicit Values(const cloak_values &raw) noexcept : raw_(raw) {}
    cloak_values raw_;
};

/** The residues of a segment's sum: `uint32_t` for up to 32 bits, `uint64_t` up to 64, `U128` above. */
class Residues {
public:
    Residues() = default;

    /** Zeros in the lane type of a layout: CLOAK_U32, CLOAK_U64 or CLOAK_U128. */
    static Residues zeros(std::int32_t lane, std::size_t length) {
        Residues out;
        if (lane == CLOAK_U128) {
            out.lanes_ = std::vector<U128>(length);
        } else if (lane == CLOAK_U64) {
            out.lanes_ = std::vector<std::uint64_t>(length);
        } else {
            out.lanes_ = std::vector<std::uint32_t>(length);
        }
        return out;
    }

    std::size_t size() const noexcept {
        return std::visit([](const auto &lanes) { return lanes.size(); }, lanes_);
    }

    /** The residues as a vector of T, or nullptr if they are of another type. */
    template <class T>
    const std::vector<T> *as() const noexcept {
        return std::get_if<std::vector<T>>(&lanes_);
    }

    Values values() const noexcept {
        return std::visit([](const auto &lanes) { return Values(lanes); }, lanes_);
    }

    /** A range to be changed in place; it has to be there. */
    cloak_lanes range(std::size_t first, std::size_t length) noexcept {
        return std::visit(
            [&](auto &lanes) {
                using Element = typename std::remove_reference_t<decltype(lanes)>::value_type;
                return cloak_lanes{detail::type_of<Element>(), lanes.data() + first, length};
            },
            lanes_);
    }

    /** Cuts what follows the first elements. */
    void truncate(std::size_t length) {
        std::visit([&](auto &lanes) { lanes.resize(length); }, lanes_);
    }

private:
    std::variant<std::vector<std::uint32_t>, std::vector<std::uint64_t>, std::vector<U128>> lanes_;
};

} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
