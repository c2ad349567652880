/** @file Operators of tensors with each other and with public numbers. */
#ifndef CLOAKWORK_MPC_OPERATORS_HPP
#define CLOAKWORK_MPC_OPERATORS_HPP

#include "tensor.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace mpc {

/** What an operator takes: a tensor, or a public number, vector or array. Without exceptions also the result of another operator, error or not. */
class Operand {
public:
    Operand(const Tensor &tensor) : content_(tensor) {}
#ifdef CLOAKWORK_NO_EXCEPTIONS
    Operand(const Result<Tensor> &result) : content_(result.ok() ? Content(result.value()) : Content(result.error())) {}
#endif
    template <class Public, class = std::enable_if_t<std::is_constructible_v<Numbers, const Public &>>>
    Operand(const Public &numbers) : content_(Numbers(numbers)) {}

private:
    friend class Operators;
    using Content = std::variant<Tensor, Numbers, Error>;
    Content content_;
};

/** How operands become tensors that fit each other. */
class Operators {
public:
    /** An operation on each two elements, of which `public_form`, where it is not 0, takes those of the second as constants. */
    static Returns<Tensor> pairs(std::int32_t operation, const Operand &left, const Operand &right, std::int32_t public_form = 0) {
        if (const Error *error = error_of(left, right)) {
            return Tensor::give(*error);
        }
        const auto *tensor = std::get_if<Tensor>(&left.content_);
        const auto *numbers = std::get_if<Numbers>(&right.content_);
        if (public_form != 0 && tensor != nullptr && numbers != nullptr && numbers->size() > 0) {
            return Tensor::give(with_public(public_form, *tensor, *numbers));
        }
        std::vector<Tensor> both;
        Tensor::Made made = lifted({left, right}, both);
        return Tensor::give(std::holds_alternative<Error>(made) ? made : Tensor::apply(operation, both, both.front().shape_));
    }

    static Returns<Tensor> add(const Operand &left, const Operand &right) {
        const bool swapped = std::holds_alternative<Numbers>(left.content_);
        return pairs(CLOAK_MPC_ADD, swapped ? right : left, swapped ? left : right, CLOAK_MPC_ADD_PUBLIC);
    }

    static Returns<Tensor> subtract(const Operand &left, const Operand &right) {
        const auto *numbers = std::get_if<Numbers>(&right.content_);
        if (numbers == nullptr) {
            return pairs(CLOAK_MPC_SUBTRACT, left, right);
        }
        // Whole numbers wrap.
        return add(left, numbers->changed([](auto one) {
            if constexpr (std::is_floating_point_v<decltype(one)>) {
                return -one;
            } else {
                return static_cast<std::int64_t>(std::uint64_t{0} - static_cast<std::uint64_t>(one));
            }
        }));
    }

    static Returns<Tensor> multiply(const Operand &left, const Operand &right) {
        const auto *one = std::get_if<Tensor>(&left.content_);
        const auto *other = std::get_if<Tensor>(&right.content_);
        if (one != nullptr && other != nullptr && one->secret_ == other->secret_ && one->shape_ == other->shape_) {
            return one->square();
        }
        const bool swapped = std::holds_alternative<Numbers>(left.content_);
        return pairs(CLOAK_MPC_MULTIPLY, swapped ? right : left, swapped ? left : right, CLOAK_MPC_MULTIPLY_PUBLIC);
    }

    static Returns<Tensor> divide(const Operand &left, const Operand &right) {
        const auto *divisor = std::get_if<Numbers>(&right.content_);
        if (divisor == nullptr) {
            return pairs(CLOAK_MPC_DIVIDE, left, right);
        }
        const std::vector<double> numbers = divisor->reals();
        if (std::any_of(numbers.begin(), numbers.end(), [](double one) { return one == 0; })) {
            return Tensor::give(detail::refusal(CLOAK_ERR_INVALID_ARGUMENT, "divisor", "division by a public zero"));
        }
        if (!divisor->finite()) {
            return Tensor::give(not_finite("divisor"));
        }
        return multiply(left, divisor->changed([](auto one) { return 1 / static_cast<double>(one); }));
    }

    /** An operation on one operand. */
    static Returns<Tensor> one(std::int32_t operation, const Operand &operand) {
        if (const auto *tensor = std::get_if<Tensor>(&operand.content_)) {
            return tensor->each(operation);
        }
        const auto *error = std::get_if<Error>(&operand.content_);
        return Tensor::give(error == nullptr ? detail::plain(CLOAK_ERR_INVALID_ARGUMENT) : *error);
    }

    static Returns<Tensor> choose(const Operand &condition, const Operand &yes, const Operand &no) {
        std::vector<Tensor> all;
        Tensor::Made made = lifted({condition, yes, no}, all);
        return Tensor::give(std::holds_alternative<Error>(made) ? made : Tensor::apply(CLOAK_MPC_CHOOSE, all, all.front().shape_));
    }

    static Returns<Tensor> matrix_product(const Operand &left, const Operand &right) {
        std::vector<Tensor> both;
        Tensor::Made made = lifted({left, right}, both, false);
        if (std::holds_alternative<Error>(made)) {
            return Tensor::give(std::move(made));
        }
        const Shape &one = both.front().shape_;
        const Shape &other = both.back().shape_;
        const bool fit = !one.empty() && one.size() <= 2 && !other.empty() && other.size() <= 2 && one.back() == other.front();
        if (!fit) {
            const std::string text = "shapes " + Tensor::text(one) + " and " + Tensor::text(other) + " have no matrix product";
            return Tensor::give(detail::refusal(CLOAK_ERR_INVALID_LENGTH, "other", text));
        }
        Shape shape(one.begin(), one.end() - 1);
        shape.insert(shape.end(), other.begin() + 1, other.end());
        const detail::Places sizes = {one.size() == 2 ? one.front() : 1, one.back(), other.size() == 2 ? other.back() : 1};
        return Tensor::give(Tensor::apply(CLOAK_MPC_MATRIX_PRODUCT, both, std::move(shape), sizes));
    }

    static Returns<Tensor> concatenate(const std::vector<Tensor> &tensors) {
        if (tensors.empty()) {
            return Tensor::give(detail::refusal(CLOAK_ERR_INVALID_LENGTH, "tensors", "there is nothing to join"));
        }
        Shape shape = tensors.front().shape_;
        std::size_t rows = 0;
        for (const Tensor &tensor : tensors) {
            const bool fits = !shape.empty() && tensor.shape_.size() == shape.size() &&
                              std::equal(shape.begin() + 1, shape.end(), tensor.shape_.begin() + 1);
            if (!fits) {
                const std::string text = "shapes " + Tensor::text(shape) + " and " + Tensor::text(tensor.shape_) + " do not join";
                return Tensor::give(detail::refusal(CLOAK_ERR_INVALID_LENGTH, "tensors", text));
            }
            rows += tensor.shape_.front();
        }
        shape.front() = rows;
        return Tensor::give(Tensor::apply(CLOAK_MPC_CONCATENATE, tensors, std::move(shape)));
    }

private:
    static const Error *error_of(const Operand &left, const Operand &right) {
        const auto *error = std::get_if<Error>(&left.content_);
        return error != nullptr ? error : std::get_if<Error>(&right.content_);
    }

    static Error not_finite(const char *argument) { return detail::refusal(CLOAK_ERR_NOT_FINITE, argument, "holds NaN or an infinity"); }

    static Error unequal(const Shape &one, const Shape &other) {
        return detail::refusal(CLOAK_ERR_INVALID_LENGTH, "other", "shapes " + Tensor::text(one) + " and " + Tensor::text(other) + " do not fit");
    }

    static Tensor::Made with_public(std::int32_t operation, const Tensor &tensor, const Numbers &numbers) {
        if (!numbers.finite()) {
            return not_finite("other");
        }
        Shape shape;
        if (!detail::broadcast(tensor.shape_, numbers.shape(), shape)) {
            return unequal(tensor.shape_, numbers.shape());
        }
        Tensor::Made made = tensor.stretched(shape);
        const Numbers all = numbers.size() == 1 ? numbers : numbers.gathered(shape);
        const auto *wide = std::get_if<Tensor>(&made);
        return wide == nullptr ? made : Tensor::apply(operation, {*wide}, std::move(shape), {}, all.raw());
    }

    static Tensor::Made known(const Tensor::Computation &computation, const Numbers &numbers) {
        const cloak_values raw = numbers.raw();
        detail::Places made;
        const cloak_status status = computation->ask(made, [&](const Party &party, detail::Places &value) {
            value.resize(1);
            return cloak_mpc_public(party.get(), &raw, value.data());
        });
        if (status != CLOAK_OK) {
            Error error = detail::plain(status);
            error.argument = "other";
            return error;
        }
        return Tensor(computation, made.front(), numbers.shape());
    }

    /** All operands as tensors of one session and, unless told otherwise, of one shape; the error, if there is one. */
    static Tensor::Made lifted(const std::vector<Operand> &operands, std::vector<Tensor> &out, bool stretch = true) {
        Tensor::Computation computation;
        for (const Operand &operand : operands) {
            if (const auto *error = std::get_if<Error>(&operand.content_)) {
                return *error;
            }
            const auto *tensor = std::get_if<Tensor>(&operand.content_);
            if (tensor != nullptr && !tensor->secret_) {
                return detail::plain(CLOAK_ERR_NULL_POINTER);
            }
            if (tensor != nullptr && computation && computation != tensor->secret_->computation) {
                return detail::refusal(CLOAK_ERR_INVALID_ARGUMENT, "other", "tensors of different sessions do not meet");
            }
            computation = tensor == nullptr ? computation : tensor->secret_->computation;
        }
        if (!computation) {
            return detail::refusal(CLOAK_ERR_INVALID_ARGUMENT, "other", "is public, and so is everything else");
        }
        Shape shape;
        for (const Operand &operand : operands) {
            const auto *tensor = std::get_if<Tensor>(&operand.content_);
            Tensor::Made made = tensor != nullptr ? Tensor::Made(*tensor) : known(computation, std::get<Numbers>(operand.content_));
            const auto *found = std::get_if<Tensor>(&made);
            if (found == nullptr) {
                return made;
            }
            Shape common;
            if (stretch && !detail::broadcast(shape, found->shape_, common)) {
                return unequal(shape, found->shape_);
            }
            shape = std::move(common);
            out.push_back(*found);
        }
        for (std::size_t i = 0; stretch && i < out.size(); i++) {
            Tensor::Made made = out[i].stretched(shape);
            auto *wide = std::get_if<Tensor>(&made);
            if (wide == nullptr) {
                return made;
            }
            out[i] = std::move(*wide);
        }
        return out.front();
    }
};

inline Returns<Tensor> Tensor::mean(std::optional<std::size_t> axis) const {
    if (axis && *axis >= shape_.size()) {
        return give(no_axis(*axis));
    }
    const auto count = static_cast<double>(axis ? shape_[*axis] : size());
    return Operators::divide(sum(axis), count);
}

inline Returns<Tensor> operator+(const Operand &left, const Operand &right) { return Operators::add(left, right); }
inline Returns<Tensor> operator-(const Operand &left, const Operand &right) { return Operators::subtract(left, right); }
inline Returns<Tensor> operator-(const Operand &operand) { return Operators::one(CLOAK_MPC_NEGATE, operand); }
inline Returns<Tensor> operator*(const Operand &left, const Operand &right) { return Operators::multiply(left, right); }
/** Of real numbers. By a public zero: CLOAK_ERR_INVALID_ARGUMENT; by a secret one: a meaningless number. */
inline Returns<Tensor> operator/(const Operand &left, const Operand &right) { return Operators::divide(left, right); }

inline Returns<Tensor> operator<(const Operand &left, const Operand &right) { return Operators::pairs(CLOAK_MPC_LESS, left, right); }
inline Returns<Tensor> operator>(const Operand &left, const Operand &right) { return Operators::pairs(CLOAK_MPC_LESS, right, left); }
inline Returns<Tensor> operator==(const Operand &left, const Operand &right) { return Operators::pairs(CLOAK_MPC_EQUAL, left, right); }

/** Not, of truth values; `!` would ask a Result whether it is an error. */
inline Returns<Tensor> operator~(const Operand &operand) { return Operators::one(CLOAK_MPC_NOT, operand); }
inline Returns<Tensor> operator<=(const Operand &left, const Operand &right) { return ~(left > right); }
inline Returns<Tensor> operator>=(const Operand &left, const Operand &right) { return ~(left < right); }
inline Returns<Tensor> operator!=(const Operand &left, const Operand &right) { return ~(left == right); }
inline Returns<Tensor> operator&(const Operand &left, const Operand &right) { return Operators::pairs(CLOAK_MPC_AND, left, right); }
inline Returns<Tensor> operator|(const Operand &left, const Operand &right) { return Operators::pairs(CLOAK_MPC_OR, left, right); }
inline Returns<Tensor> operator^(const Operand &left, const Operand &right) {
    return Operators::pairs(CLOAK_MPC_EXCLUSIVE_OR, left, right);
}

/** The greater of each two elements. */
inline Returns<Tensor> maximum(const Operand &left, const Operand &right) { return Operators::pairs(CLOAK_MPC_MAXIMUM, left, right); }
/** The smaller of each two elements. */
inline Returns<Tensor> minimum(const Operand &left, const Operand &right) { return Operators::pairs(CLOAK_MPC_MINIMUM, left, right); }
/** The elements of `yes` where a secret truth value holds, else those of `no`. */
inline Returns<Tensor> where(const Operand &condition, const Operand &yes, const Operand &no) {
    return Operators::choose(condition, yes, no);
}
/** The matrix product of operands of one or two axes. */
inline Returns<Tensor> matmul(const Operand &left, const Operand &right) { return Operators::matrix_product(left, right); }
/** Tensors one after the other along the first axis. */
inline Returns<Tensor> concatenate(const std::vector<Tensor> &tensors) { return Operators::concatenate(tensors); }

} // namespace mpc
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
