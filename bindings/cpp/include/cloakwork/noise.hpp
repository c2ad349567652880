/** @file Samplers of noise, the Walsh-Hadamard transform, and central noise. */
#ifndef CLOAKWORK_NOISE_HPP
#define CLOAKWORK_NOISE_HPP

#include "mechanism.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {

namespace detail {

/** Whether a vector can have so many elements: no object is longer than half of the address space. */
template <class T>
constexpr bool holds(std::size_t count) noexcept {
    return count <= PTRDIFF_MAX / sizeof(T);
}

/** A vector that a call fills. */
template <class T, class Fill>
Returns<std::vector<T>> filled(std::size_t count, Fill fill) {
    if (!holds<T>(count)) {
        return fail<std::vector<T>>(plain(CLOAK_ERR_INVALID_LENGTH));
    }
    std::vector<T> out(count);
    const cloak_status status = fill(out.data(), out.size());
    return give(status, out);
}

} // namespace detail

/** Samples of the discrete Gaussian N_Z(0, sigma^2) under a fresh key, in a time that does not depend on them. Sigma: 0.5 to 2^17. */
inline Returns<std::vector<std::int32_t>> discrete_gaussian(double sigma, std::size_t count, Suite suite = Suite::aes128_ctr,
                                                            const Random &random = Random()) {
    return detail::filled<std::int32_t>(count, [&](std::int32_t *out, std::size_t length) {
        return cloak_gaussian_fill(sigma, static_cast<std::uint8_t>(suite), RandomCall(random).get(), out, length);
    });
}

/** The samples of a key, the same on every platform: for test vectors and simulations. */
inline Returns<std::vector<std::int32_t>> discrete_gaussian_of(const Bytes32 &key, double sigma, std::size_t count,
                                                               Suite suite = Suite::aes128_ctr) {
    return detail::filled<std::int32_t>(count, [&](std::int32_t *out, std::size_t length) {
        return cloak_gaussian_stream(sigma, static_cast<std::uint8_t>(suite), key.data(), out, length);
    });
}

/** A fraction of integers, 1 to 2^48 each. */
struct Ratio {
    std::uint64_t numerator = 0;
    std::uint64_t denominator = 1;
};

namespace detail {

template <class Function>
Returns<std::vector<std::int64_t>> exact(Function function, Ratio ratio, std::size_t count, const Random &random) {
    return filled<std::int64_t>(count, [&](std::int64_t *out, std::size_t length) {
        return function(ratio.numerator, ratio.denominator, RandomCall(random).get(), out, length);
    });
}

} // namespace detail

/** Exact samples of the discrete Gaussian; the time depends on them. */
inline Returns<std::vector<std::int64_t>> discrete_gaussian_vartime(Ratio variance, std::size_t count, const Random &random = Random()) {
    return detail::exact(cloak_discrete_gaussian_vartime, variance, count, random);
}

/** Exact samples of the discrete Laplace distribution; the time depends on them. */
inline Returns<std::vector<std::int64_t>> discrete_laplace_vartime(Ratio scale, std::size_t count, const Random &random = Random()) {
    return detail::exact(cloak_discrete_laplace_vartime, scale, count, random);
}

/** Exact samples of the Skellam distribution; the time depends on them. */
inline Returns<std::vector<std::int64_t>> skellam_vartime(Ratio variance, std::size_t count, const Random &random = Random()) {
    return detail::exact(cloak_skellam_vartime, variance, count, random);
}

namespace hadamard {

/** The elements of a container that a transform can work on: `double`, `float`, and integers of 64 and 32 bits. */
template <class Container>
using Transformed =
    std::enable_if_t<detail::type_of<detail::ElementOf<Container>>() >= CLOAK_F64 && detail::type_of<detail::ElementOf<Container>>() <= CLOAK_I32>;

/** Whether a transform keeps the norm: of floats it does unless told otherwise, of integers it never does. */
template <class Container>
constexpr bool floats = std::is_floating_point_v<detail::ElementOf<Container>>;

/** The Walsh-Hadamard transform, in place; the length is a power of two. */
template <class Container, class = Transformed<Container>>
Returns<void> transform(Container &&values, bool orthonormal = floats<Container>) {
    return detail::done(
        cloak_hadamard_transform(detail::type_of<detail::ElementOf<Container>>(), values.data(), values.size(), orthonormal ? 1 : 0));
}

/** Random signs of a public seed, then the transform. A vector in blocks goes on with the sign where the last block ended. */
template <class Container, class = Transformed<Container>>
Returns<void> rotate(Container &&values, Suite suite, const Bytes32 &seed, std::uint64_t first = 0, bool orthonormal = floats<Container>) {
    return detail::done(cloak_hadamard_rotate(static_cast<std::uint8_t>(suite), seed.data(), first,
                                              detail::type_of<detail::ElementOf<Container>>(), values.data(), values.size(),
                                              orthonormal ? 1 : 0));
}

/** Undoes `rotate`; of integers the vector comes back multiplied by its length. */
template <class Container, class = Transformed<Container>>
Returns<void> unrotate(Container &&values, Suite suite, const Bytes32 &seed, std::uint64_t first = 0, bool orthonormal = floats<Container>) {
    return detail::done(cloak_hadamard_unrotate(static_cast<std::uint8_t>(suite), seed.data(), first,
                                                detail::type_of<detail::ElementOf<Container>>(), values.data(), values.size(),
                                                orthonormal ? 1 : 0));
}

} // namespace hadamard

/** Clipping and noise where one party holds the message. */
struct Central {
    enum class Kind : std::int32_t { laplace = CLOAK_CENTRAL_LAPLACE, gaussian = CLOAK_CENTRAL_GAUSSIAN };

    Kind kind = Kind::gaussian;
    double epsilon = 0;
    /** 0 for Laplace noise. */
    double delta = 0;
    double clip = std::numeric_limits<double>::infinity();
    double sensitivity = std::numeric_limits<double>::infinity();

    /** Clips a message and adds noise to it, in place; the time depends on both. All of it is zero when the source or the sampler fails. */
    Returns<void> noise_vartime(span<double> values, const Random &random = Random()) const {
        const cloak_central given = raw(values.size());
        cloak_parameter_error error = {};
        return detail::done(cloak_central_noise_vartime(&given, RandomCall(random).get(), values.data(), values.size(), &error), error);
    }

    /** The scale of the noise for a message of so many values: b of Laplace's distribution, or the standard deviation of the Gaussian. */
    Returns<double> scale(std::size_t dimension) const {
        const cloak_central given = raw(dimension);
        double out = 0;
        cloak_parameter_error error = {};
        const cloak_status status = cloak_central_scale(&given, &out, &error);
        return detail::give(status, out, error);
    }

private:
    cloak_central raw(std::size_t dimension) const noexcept {
        cloak_central out = {};
        out.dimension = dimension;
        out.clip = clip;
        out.sensitivity = sensitivity;
        out.epsilon = epsilon;
        out.delta = delta;
        out.kind = static_cast<std::int32_t>(kind);
        return out;
    }
};

} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
