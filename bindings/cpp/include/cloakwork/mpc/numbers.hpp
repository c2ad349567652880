/** @file Arrays of public numbers, and where the elements of an array of one shape go in another. */
#ifndef CLOAKWORK_MPC_NUMBERS_HPP
#define CLOAKWORK_MPC_NUMBERS_HPP

#include <algorithm>
#include <cmath>
#include <numeric>
#include <variant>

#include "../values.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace mpc {

/** The length of each axis, row by row; a number alone has none. */
using Shape = std::vector<std::size_t>;

} // namespace mpc

namespace detail {

/** Places of elements, in the type that the library takes. */
using Places = std::vector<std::uint64_t>;

/** How many elements a shape has; the greatest number where there are more. */
inline std::size_t size_of(const mpc::Shape &shape) noexcept {
    std::size_t out = 1;
    for (const std::size_t length : shape) {
        if (length != 0 && out > SIZE_MAX / length) {
            return SIZE_MAX;
        }
        out *= length;
    }
    return out;
}

/** The shape that two shapes have in common, axis by axis from the last, where lengths of 1 and missing ones stretch; whether there is one. */
inline bool broadcast(const mpc::Shape &left, const mpc::Shape &right, mpc::Shape &out) {
    out.assign(std::max(left.size(), right.size()), 1);
    for (std::size_t i = 0; i < out.size(); i++) {
        const std::size_t one = i < left.size() ? left[left.size() - 1 - i] : 1;
        const std::size_t other = i < right.size() ? right[right.size() - 1 - i] : 1;
        if (one != other && one != 1 && other != 1) {
            return false;
        }
        out[out.size() - 1 - i] = one == 1 ? other : one;
    }
    return true;
}

/** Steps between neighbours along each axis. */
inline std::vector<std::size_t> strides_of(const mpc::Shape &shape) {
    std::vector<std::size_t> out(shape.size(), 1);
    for (std::size_t i = shape.size(); i-- > 1;) {
        out[i - 1] = out[i] * shape[i];
    }
    return out;
}

/** The places, of an array with these strides, of the elements of a shape with as many axes. */
inline Places places_of(const mpc::Shape &shape, const std::vector<std::size_t> &strides) {
    Places out(size_of(shape));
    std::vector<std::size_t> index(shape.size());
    std::size_t place = 0;
    for (std::uint64_t &next : out) {
        next = place;
        for (std::size_t axis = shape.size(); axis-- > 0;) {
            place += strides[axis];
            if (++index[axis] < shape[axis]) {
                break;
            }
            place -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    return out;
}

/** Where each element of a stretched array comes from. */
inline Places stretched(const mpc::Shape &from, const mpc::Shape &to) {
    const std::vector<std::size_t> own = strides_of(from);
    std::vector<std::size_t> strides(to.size());
    for (std::size_t i = 0; i < from.size(); i++) {
        strides[to.size() - 1 - i] = from[from.size() - 1 - i] == 1 ? 0 : own[from.size() - 1 - i];
    }
    return places_of(to, strides);
}

/** Where each element comes from when the axes are put into another order. */
inline Places transposed(const mpc::Shape &shape, const std::vector<std::size_t> &order) {
    const std::vector<std::size_t> own = strides_of(shape);
    mpc::Shape to;
    std::vector<std::size_t> strides;
    for (const std::size_t axis : order) {
        to.push_back(shape[axis]);
        strides.push_back(own[axis]);
    }
    return places_of(to, strides);
}

/** What undoes an order. */
inline Places inverse(const Places &places) {
    Places out(places.size());
    for (std::size_t i = 0; i < places.size(); i++) {
        out[static_cast<std::size_t>(places[i])] = i;
    }
    return out;
}

} // namespace detail

namespace mpc {

/** An array of public numbers: real or whole ones. */
class Numbers {
    template <class Number>
    static constexpr bool fits = std::is_floating_point_v<Number> ? sizeof(Number) <= 8
                                                                  : std::is_integral_v<Number> && (std::is_signed_v<Number> || sizeof(Number) < 8);

public:
    Numbers() = default;

    /** A number without axes. */
    template <class Number, class = std::enable_if_t<fits<Number>>>
    Numbers(Number number) {
        if constexpr (std::is_floating_point_v<Number>) {
            content_ = std::vector<double>{static_cast<double>(number)};
        } else {
            content_ = std::vector<std::int64_t>{static_cast<std::int64_t>(number)};
        }
    }

    /** A container's elements in one axis: floating-point numbers, or integers that fit 64 bits with a sign. */
    template <class Container, class Element = std::remove_cv_t<detail::ElementOf<const Container>>, class = std::enable_if_t<fits<Element>>>
    Numbers(const Container &container) : shape_{container.size()} {
        using Kept = std::conditional_t<std::is_floating_point_v<Element>, double, std::int64_t>;
        std::vector<Kept> kept(container.size());
        std::transform(container.data(), container.data() + container.size(), kept.begin(), [](Element one) { return static_cast<Kept>(one); });
        content_ = std::move(kept);
    }

    const Shape &shape() const noexcept { return shape_; }
    std::size_t size() const noexcept {
        return std::visit([](const auto &numbers) { return numbers.size(); }, content_);
    }
    bool real() const noexcept { return content_.index() == 0; }

    /** As real numbers; whole ones are rounded where a double does not hold them. */
    std::vector<double> reals() const {
        return std::visit(
            [](const auto &numbers) {
                std::vector<double> out(numbers.size());
                std::transform(numbers.begin(), numbers.end(), out.begin(), [](auto one) { return static_cast<double>(one); });
                return out;
            },
            content_);
    }

    /** The whole numbers, of which truth values are 0 and 1; none, if they are real. */
    std::vector<std::int64_t> integers() const {
        const auto *whole = std::get_if<std::vector<std::int64_t>>(&content_);
        return whole == nullptr ? std::vector<std::int64_t>() : *whole;
    }

    bool finite() const noexcept {
        const auto *numbers = std::get_if<std::vector<double>>(&content_);
        return numbers == nullptr || std::all_of(numbers->begin(), numbers->end(), [](double one) { return std::isfinite(one); });
    }

    /** For as long as this lives and does not change. */
    cloak_values raw() const noexcept {
        return std::visit(
            [](const auto &numbers) {
                using Element = typename std::remove_reference_t<decltype(numbers)>::value_type;
                return cloak_values{detail::type_of<Element>(), numbers.data(), numbers.size()};
            },
            content_);
    }

private:
    friend class Tensor;
    friend class Operators;

    template <class Number>
    Numbers(std::vector<Number> numbers, Shape shape) : content_(std::move(numbers)), shape_(std::move(shape)) {}

    /** Other numbers in the same places. */
    template <class Change>
    Numbers changed(Change change) const {
        return std::visit(
            [&](const auto &numbers) {
                using Kept = decltype(change(numbers.front()));
                std::vector<Kept> out(numbers.size());
                std::transform(numbers.begin(), numbers.end(), out.begin(), change);
                return Numbers(std::move(out), shape_);
            },
            content_);
    }

    /** Stretched to a shape. */
    Numbers gathered(const Shape &shape) const {
        const detail::Places places = detail::stretched(shape_, shape);
        return std::visit(
            [&](const auto &numbers) {
                std::remove_cv_t<std::remove_reference_t<decltype(numbers)>> out(places.size());
                std::transform(places.begin(), places.end(), out.begin(),
                               [&](std::uint64_t place) { return numbers[static_cast<std::size_t>(place)]; });
                return Numbers(std::move(out), shape);
            },
            content_);
    }

    std::variant<std::vector<double>, std::vector<std::int64_t>> content_;
    Shape shape_;
};

} // namespace mpc
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
