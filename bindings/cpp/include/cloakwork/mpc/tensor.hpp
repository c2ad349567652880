/** @file Secret arrays with operators. */
#ifndef CLOAKWORK_MPC_TENSOR_HPP
#define CLOAKWORK_MPC_TENSOR_HPP

#include <optional>

#include "computation.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace mpc {

class Operand;
class Session;

/**
 * A secret array: every party has a share of each element, and nobody has an element. Copies are the same secret, which is wiped when the last one
 * ends; they keep the parties of its session alive.
 *
 * Operators take tensors of one session and public numbers, and stretch shapes as NumPy does. Whole numbers become real beside real ones, truth values
 * become 0 and 1 where numbers are needed. Whole numbers wrap at 64 bits; nothing tells when a real number leaves the range of its format, so choose
 * that for what may come. Operations only say what is wanted: they run when something is opened, or by `Session::run`. `axis` counts from 0.
 */
class Tensor {
public:
    const Shape &shape() const noexcept { return shape_; }
    std::size_t size() const noexcept { return detail::size_of(shape_); }
    /** `Kind::integer` for one that was moved from. */
    Kind kind() const noexcept { return secret_ ? secret_->kind : Kind::integer; }

    /** Makes it known to everybody. */
    Returns<Numbers> open() const {
        std::vector<std::optional<Numbers>> found;
        if (std::optional<Error> error = opened({}, found)) {
            return detail::fail<Numbers>(*std::move(error));
        }
        return *std::move(found.front());
    }

    /** Makes it known to these parties: what each party learns, nothing for the others. */
    Returns<std::vector<std::optional<Numbers>>> open_to(std::vector<std::uint32_t> receivers) const {
        using Learned = std::vector<std::optional<Numbers>>;
        Learned found;
        std::optional<Error> error = detail::refusal(CLOAK_ERR_INVALID_ARGUMENT, "receivers", "nobody is to learn it");
        if (!receivers.empty()) {
            std::sort(receivers.begin(), receivers.end());
            receivers.erase(std::unique(receivers.begin(), receivers.end()), receivers.end());
            error = opened(receivers, found);
        }
        if (error) {
            return detail::fail<Learned>(*std::move(error));
        }
        return found;
    }

    /** The same elements in another shape. */
    Returns<Tensor> reshape(Shape shape) const {
        if (detail::size_of(shape) != size()) {
            return give(detail::refusal(CLOAK_ERR_INVALID_LENGTH, "shape", std::to_string(size()) + " elements do not have the shape " + text(shape)));
        }
        Tensor out = *this;
        out.shape_ = std::move(shape);
        return out;
    }

    /** Its axes in reverse order. */
    Returns<Tensor> transpose() const {
        std::vector<std::size_t> order(shape_.size());
        std::iota(order.rbegin(), order.rend(), std::size_t{0});
        return give(gathered(detail::transposed(shape_, order), Shape(shape_.rbegin(), shape_.rend())));
    }

    /** Elements by their places, row by row, each any number of times. */
    Returns<Tensor> gather(const std::vector<std::uint64_t> &places, std::optional<Shape> shape = std::nullopt) const {
        if (shape && detail::size_of(*shape) != places.size()) {
            return give(detail::refusal(CLOAK_ERR_INVALID_LENGTH, "shape", "is for another number of elements"));
        }
        return give(gathered(places, shape ? *std::move(shape) : Shape{places.size()}));
    }

    /** The part at a place of the first axis. */
    Returns<Tensor> at(std::size_t place) const {
        if (shape_.empty() || place >= shape_.front()) {
            return give(detail::refusal(CLOAK_ERR_INVALID_ARGUMENT, "place", "there is no element " + std::to_string(place)));
        }
        const Shape rest(shape_.begin() + 1, shape_.end());
        detail::Places places(detail::size_of(rest));
        std::iota(places.begin(), places.end(), place * places.size());
        return give(gathered(places, rest));
    }

    /** The same numbers as another kind, which may not be a smaller one. */
    Returns<Tensor> convert(Kind kind) const { return give(apply(CLOAK_MPC_CONVERT, {*this}, shape_, {static_cast<std::uint64_t>(kind)})); }

    Returns<Tensor> square() const { return each(CLOAK_MPC_SQUARE); }
    Returns<Tensor> abs() const { return each(CLOAK_MPC_ABSOLUTE); }
    /** Each element where it is positive, else 0. */
    Returns<Tensor> relu() const { return each(CLOAK_MPC_RECTIFY); }
    /** 1 / (1 + e^-x). */
    Returns<Tensor> sigmoid() const { return each(CLOAK_MPC_SIGMOID); }
    Returns<Tensor> tanh() const { return each(CLOAK_MPC_TANH); }
    Returns<Tensor> exp() const { return each(CLOAK_MPC_EXPONENTIAL); }
    /** The natural logarithm, of positive numbers. */
    Returns<Tensor> log() const { return each(CLOAK_MPC_LOGARITHM); }
    /** The square root, of positive numbers. */
    Returns<Tensor> sqrt() const { return each(CLOAK_MPC_SQUARE_ROOT); }
    /** One over the square root, of positive numbers. */
    Returns<Tensor> rsqrt() const { return each(CLOAK_MPC_INVERSE_SQUARE_ROOT); }
    /** 1 / x, of positive numbers. */
    Returns<Tensor> reciprocal() const { return each(CLOAK_MPC_RECIPROCAL); }

    /** To a public power. */
    Returns<Tensor> power(std::uint32_t exponent) const { return give(apply(CLOAK_MPC_POWER, {*this}, shape_, {exponent})); }

    /** coefficients[0] + coefficients[1] x + ..., of real numbers. */
    Returns<Tensor> polynomial(const std::vector<double> &coefficients) const {
        return give(constants(CLOAK_MPC_POLYNOMIAL, Numbers(coefficients), "coefficients"));
    }

    /** Each element, but at least `low` and at most `high`: both real, or both whole. */
    template <class Number>
    Returns<Tensor> clamp(Number low, Number high) const {
        return give(constants(CLOAK_MPC_CLAMP, Numbers(std::array<Number, 2>{low, high}), "bounds"));
    }

    // Over an axis, or over all elements.

    Returns<Tensor> sum(std::optional<std::size_t> axis = std::nullopt) const { return give(reduced(CLOAK_MPC_SUM, axis)); }
    Returns<Tensor> mean(std::optional<std::size_t> axis = std::nullopt) const;
    Returns<Tensor> max(std::optional<std::size_t> axis = std::nullopt) const { return give(reduced(CLOAK_MPC_GREATEST, axis)); }
    Returns<Tensor> min(std::optional<std::size_t> axis = std::nullopt) const { return give(reduced(CLOAK_MPC_SMALLEST, axis)); }
    /** The first place of the greatest. */
    Returns<Tensor> argmax(std::optional<std::size_t> axis = std::nullopt) const { return give(reduced(CLOAK_MPC_PLACE_OF_GREATEST, axis)); }
    /** The first place of the smallest. */
    Returns<Tensor> argmin(std::optional<std::size_t> axis = std::nullopt) const { return give(reduced(CLOAK_MPC_PLACE_OF_SMALLEST, axis)); }
    /** Of an even number of elements it is real. */
    Returns<Tensor> median(std::optional<std::size_t> axis = std::nullopt) const { return give(reduced(CLOAK_MPC_MEDIAN, axis)); }

    // Along an axis; the last, if none is given.

    /** In rising order. */
    Returns<Tensor> sort(std::optional<std::size_t> axis = std::nullopt) const { return give(along(CLOAK_MPC_SORT, axis)); }
    /** Numbers that are to each other as e^x and add up to 1. */
    Returns<Tensor> softmax(std::optional<std::size_t> axis = std::nullopt) const { return give(along(CLOAK_MPC_SOFTMAX, axis)); }

    /** The parts of its first axis in an order that nobody knows. */
    Returns<Tensor> shuffle(const Random &random = Random()) const {
        if (!secret_ || shape_.empty()) {
            return give(detail::plain(secret_ ? CLOAK_ERR_INVALID_LENGTH : CLOAK_ERR_NULL_POINTER));
        }
        detail::Places made;
        const std::size_t columns = detail::size_of(Shape(shape_.begin() + 1, shape_.end()));
        const cloak_status status = secret_->computation->shuffle(secret_->value, columns, random, made);
        return give(status == CLOAK_OK ? Made(Tensor(secret_->computation, made.front(), shape_)) : Made(detail::plain(status)));
    }

    /** The share of each party, for learners: words that add up modulo 2^64; of truth values packed bits, of which the exclusive or is taken. */
    Returns<std::vector<SecretWords>> shares() const {
        std::vector<SecretWords> out;
        cloak_error said = {};
        cloak_status status = secret_ ? secret_->computation->run(said) : CLOAK_ERR_NULL_POINTER;
        for (std::size_t party = 0; status == CLOAK_OK && party < secret_->computation->size(); party++) {
            out.emplace_back();
            status = detail::collect(out.back(), 0, [&](std::uint64_t *words, std::size_t capacity, std::size_t *length) {
                return cloak_mpc_own_shares(secret_->computation->parties()[party].get(), secret_->value, words, capacity, length);
            });
        }
        return detail::give(status, out, said);
    }

private:
    friend class Session;
    friend class Operators;

    using Made = std::variant<Tensor, Error>;
    using Computation = std::shared_ptr<detail::Computation>;

    /** A value of all parties, which ends with it. */
    struct Secret {
        Secret(Computation owner, std::uint64_t number) : computation(std::move(owner)), value(number) {
            std::int32_t found = CLOAK_MPC_INTEGER;
            std::size_t length = 0;
            // It was made by the call before, so there is no reason to fail.
            const cloak_status status = cloak_mpc_get_form(computation->parties().front().get(), value, &found, &length);
            kind = status == CLOAK_OK ? static_cast<Kind>(found) : Kind::integer;
        }
        ~Secret() { computation->forget(value); }
        Secret(const Secret &) = delete;
        Secret &operator=(const Secret &) = delete;
        Secret(Secret &&) = delete;
        Secret &operator=(Secret &&) = delete;

        Computation computation;
        std::uint64_t value;
        Kind kind = Kind::integer;
    };

    Tensor(const Computation &computation, std::uint64_t value, Shape shape)
        : secret_(std::make_shared<const Secret>(computation, value)), shape_(std::move(shape)) {}

    static Returns<Tensor> give(Made made) {
        if (Error *error = std::get_if<Error>(&made)) {
            return detail::fail<Tensor>(std::move(*error));
        }
        return std::move(*std::get_if<Tensor>(&made));
    }

    static std::string text(const Shape &shape) {
        std::string out = "(";
        for (const std::size_t length : shape) {
            out += (out.size() > 1 ? ", " : "") + std::to_string(length);
        }
        return out + ")";
    }

    /** An operation on tensors; its last output. */
    static Made apply(std::int32_t operation, const std::vector<Tensor> &inputs, Shape shape, const detail::Places &numbers = {},
                      const cloak_values &constants = {}) {
        detail::Places values;
        for (const Tensor &input : inputs) {
            if (!input.secret_) {
                return detail::plain(CLOAK_ERR_NULL_POINTER);
            }
            if (input.secret_->computation != inputs.front().secret_->computation) {
                return detail::refusal(CLOAK_ERR_INVALID_ARGUMENT, "other", "tensors of different sessions do not meet");
            }
            values.push_back(input.secret_->value);
        }
        const Computation &computation = inputs.front().secret_->computation;
        detail::Places made;
        const cloak_status status = computation->apply(operation, values, numbers, constants, made);
        if (status != CLOAK_OK) {
            return detail::plain(status);
        }
        for (std::size_t i = 0; i + 1 < made.size(); i++) {
            computation->forget(made[i]);
        }
        return Tensor(computation, made.back(), std::move(shape));
    }

    Returns<Tensor> each(std::int32_t operation) const { return give(apply(operation, {*this}, shape_)); }

    Made gathered(const detail::Places &places, Shape shape) const {
        return apply(CLOAK_MPC_GATHER, {*this}, std::move(shape), places);
    }

    Made stretched(const Shape &shape) const { return shape == shape_ ? Made(*this) : gathered(detail::stretched(shape_, shape), shape); }

    Made constants(std::int32_t operation, const Numbers &numbers, const char *argument) const {
        if (!numbers.finite()) {
            return detail::refusal(CLOAK_ERR_NOT_FINITE, argument, "holds NaN or an infinity");
        }
        return apply(operation, {*this}, shape_, {}, numbers.raw());
    }

    static Error no_axis(std::size_t axis) {
        return detail::refusal(CLOAK_ERR_INVALID_ARGUMENT, "axis", "there is no axis " + std::to_string(axis));
    }

    /** The order of axes in which one is the last, and the shape that has it there. */
    std::pair<std::vector<std::size_t>, Shape> with_last(std::size_t axis) const {
        std::vector<std::size_t> order(shape_.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        const auto place = order.begin() + static_cast<std::ptrdiff_t>(axis);
        std::rotate(place, place + 1, order.end());
        Shape shape;
        for (const std::size_t one : order) {
            shape.push_back(shape_[one]);
        }
        return {std::move(order), std::move(shape)};
    }

    /** An operation of rows over an axis, or over all. */
    Made reduced(std::int32_t operation, std::optional<std::size_t> axis) const {
        if (!axis) {
            return apply(operation, {*this}, {}, {size()});
        }
        if (*axis >= shape_.size()) {
            return no_axis(*axis);
        }
        auto [order, shape] = with_last(*axis);
        Made rows = *axis + 1 == shape_.size() ? Made(*this) : gathered(detail::transposed(shape_, order), shape);
        const Tensor *tensor = std::get_if<Tensor>(&rows);
        return tensor == nullptr ? rows : apply(operation, {*tensor}, Shape(shape.begin(), shape.end() - 1), {shape.back()});
    }

    /** An operation of rows that gives rows, along an axis. */
    Made along(std::int32_t operation, std::optional<std::size_t> axis) const {
        const std::size_t last = shape_.empty() ? 0 : shape_.size() - 1;
        const std::size_t chosen = axis.value_or(last);
        if (chosen >= shape_.size()) {
            return no_axis(chosen);
        }
        if (chosen == last) {
            return apply(operation, {*this}, shape_, {shape_.back()});
        }
        const auto [order, shape] = with_last(chosen);
        const detail::Places places = detail::transposed(shape_, order);
        Made rows = gathered(places, shape);
        if (const Tensor *tensor = std::get_if<Tensor>(&rows)) {
            rows = apply(operation, {*tensor}, shape, {shape.back()});
        }
        const Tensor *tensor = std::get_if<Tensor>(&rows);
        return tensor == nullptr ? rows : tensor->gathered(detail::inverse(places), shape_);
    }

    std::optional<Error> opened(const std::vector<std::uint32_t> &receivers, std::vector<std::optional<Numbers>> &out) const {
        if (!secret_) {
            return detail::plain(CLOAK_ERR_NULL_POINTER);
        }
        std::vector<std::variant<std::monostate, std::vector<double>, std::vector<std::int64_t>>> found;
        cloak_error said = {};
        const cloak_status status = secret_->computation->open(secret_->value, secret_->kind, receivers, found, said);
        if (status != CLOAK_OK) {
            return detail::with(status, said);
        }
        for (auto &learned : found) {
            std::optional<Numbers> numbers;
            if (auto *reals = std::get_if<std::vector<double>>(&learned)) {
                numbers = Numbers(std::move(*reals), shape_);
            } else if (auto *whole = std::get_if<std::vector<std::int64_t>>(&learned)) {
                numbers = Numbers(std::move(*whole), shape_);
            }
            out.push_back(std::move(numbers));
        }
        return std::nullopt;
    }

    std::shared_ptr<const Secret> secret_;
    Shape shape_;
};

} // namespace mpc
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#include "operators.hpp"

#endif
