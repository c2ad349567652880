/** @file What a run with noise costs, and the parameters for what it may cost. */
#ifndef CLOAKWORK_PRIVACY_HPP
#define CLOAKWORK_PRIVACY_HPP

#include <algorithm>

#include "mechanism.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {

/** In what two neighbouring data sets differ. */
enum class Neighbours : std::int32_t { zero_out = CLOAK_NEIGHBOURS_ZERO_OUT, replace_one = CLOAK_NEIGHBOURS_REPLACE_ONE };

/** What an epsilon is about. */
class Unit {
public:
    /** All that a client holds. */
    static Unit client(Neighbours neighbours = Neighbours::replace_one) { return {CLOAK_UNIT_CLIENT, neighbours, 0}; }
    /** One part of a contribution. */
    static Unit part(Neighbours neighbours = Neighbours::replace_one) { return {CLOAK_UNIT_PART, neighbours, 0}; }
    /** One record, which moves the vector of its part by at most `clip`; the host sees to that. */
    static Unit record(double clip, Neighbours neighbours = Neighbours::replace_one) { return {CLOAK_UNIT_RECORD, neighbours, clip}; }

    const cloak_privacy_unit &raw() const noexcept { return raw_; }

private:
    Unit(std::int32_t unit, Neighbours neighbours, double clip) : raw_{unit, static_cast<std::int32_t>(neighbours), clip} {}
    cloak_privacy_unit raw_;
};

/** An epsilon and the order of the divergence that showed it. */
struct Loss {
    double epsilon = 0;
    double order = 0;
};

/** What rounds have cost together. */
class Accountant {
public:
    static Returns<Accountant> create() {
        cloak_accountant *made = nullptr;
        const cloak_status status = cloak_accountant_new(&made);
        Accountant accountant(made);
        return detail::give(status, accountant);
    }

    /** Adds rounds of a run's mechanism. */
    Returns<void> add(const Mechanism &mechanism, const Unit &unit, std::uint32_t rounds = 1) {
        const cloak_mechanism given = mechanism.raw();
        return done(cloak_accountant_add, &given, &unit.raw(), rounds);
    }

    /** Adds rounds of Gaussian noise of so many L2 sensitivities. */
    Returns<void> add_gaussian(double multiplier, std::uint32_t rounds = 1) { return done(cloak_accountant_add_gaussian, multiplier, rounds); }

    /** Adds rounds of Skellam noise on integers. */
    Returns<void> add_skellam(double l2, double l1, double variance, std::uint32_t rounds = 1) {
        return done(cloak_accountant_add_skellam, l2, l1, variance, rounds);
    }

    /** Adds rounds of which only the zero-concentrated differential privacy is known. */
    Returns<void> add_concentrated(double rho, std::uint32_t rounds = 1) { return done(cloak_accountant_add_concentrated, rho, rounds); }

    /** Adds rounds of the ideal distributed discrete Gaussian, for comparison. */
    Returns<void> add_distributed_gaussian(double l2, double l1, double noise, std::uint64_t shares, std::uint64_t padded, std::uint32_t rounds = 1) {
        return done(cloak_accountant_add_distributed_gaussian, l2, l1, noise, shares, padded, rounds);
    }

    /** Adds rounds in which each client takes part with a probability; it does not hold against the server or the participants. */
    Returns<void> add_subsampled_only_against_third_parties(const Mechanism &mechanism, const Unit &unit, double rate, std::uint32_t rounds = 1) {
        const cloak_mechanism given = mechanism.raw();
        return done(cloak_accountant_add_subsampled_only_against_third_parties, &given, &unit.raw(), rate, rounds);
    }

    /** The same for Gaussian noise. */
    Returns<void> add_gaussian_subsampled_only_against_third_parties(double multiplier, double rate, std::uint32_t rounds = 1) {
        return done(cloak_accountant_add_gaussian_subsampled_only_against_third_parties, multiplier, rate, rounds);
    }

    /** The least epsilon for a delta; infinite if there is none. */
    Returns<Loss> epsilon(double delta) const {
        Loss out;
        return given(cloak_accountant_epsilon, out, delta, &out.epsilon, &out.order);
    }

    /** The least delta for an epsilon. */
    Returns<double> delta(double epsilon) const {
        double out = 0;
        return given(cloak_accountant_delta, out, epsilon, &out);
    }

    /** Orders, each with the divergence so far. */
    Returns<std::vector<std::pair<double, double>>> divergences() const {
        std::vector<double> orders;
        std::vector<double> values;
        const cloak_status status = detail::collect(orders, 0, [&](double *data, std::size_t capacity, std::size_t *count) {
            values.resize(capacity);
            return cloak_accountant_divergences(handle_.get(), data, values.data(), capacity, count);
        });
        std::vector<std::pair<double, double>> out;
        for (std::size_t i = 0; i < orders.size(); i++) {
            out.emplace_back(orders[i], values[i]);
        }
        return detail::give(status, out);
    }

private:
    explicit Accountant(cloak_accountant *handle) noexcept : handle_(handle) {}

    template <class Function, class... Arguments>
    Returns<void> done(Function function, Arguments... arguments) {
        cloak_parameter_error error = {};
        const cloak_status status = function(handle_.get(), arguments..., &error);
        return detail::done(status, error);
    }

    /** What a call writes into `out`. */
    template <class Function, class T, class... Arguments>
    Returns<T> given(Function function, T &out, Arguments... arguments) const {
        cloak_parameter_error error = {};
        const cloak_status status = function(handle_.get(), arguments..., &error);
        return detail::give(status, out, error);
    }

    detail::Handle<cloak_accountant, cloak_accountant_free> handle_;
};

/** What a run with noise wants; the ranges are those of cloak_privacy_wanted. */
struct Wanted {
    std::uint64_t dimension = 0;
    double epsilon = 0;
    double delta = 0;
    double clip = 0;
    std::uint32_t clients = 0;
    /** Honest clients whose noise every opened sum holds. */
    std::uint32_t honest = 0;
    std::uint8_t bits = 0;
    /** Binary logarithm of the length of a rotated block. */
    std::uint8_t block_log2 = 0;
    std::uint32_t rounds = 1;
    std::uint32_t parts = 1;
    double clamp = std::numeric_limits<double>::infinity();
    /** Bound on the expected number of coordinates that wrap around in a round. */
    double wraps = 1e-3;
    Unit unit = Unit::client();

    cloak_privacy_wanted raw() const noexcept {
        cloak_privacy_wanted out = {};
        out.dimension = dimension;
        out.epsilon = epsilon;
        out.delta = delta;
        out.clip = clip;
        out.clamp = clamp;
        out.wraps = wraps;
        out.unit = unit.raw();
        out.clients = clients;
        out.honest = honest;
        out.parts = parts;
        out.rounds = rounds;
        out.block_log2 = block_log2;
        out.bits = bits;
        return out;
    }
};

/** The parameters of a mechanism, and what they promise; the fields are those of cloak_privacy_plan. */
struct Plan {
    Mechanism mechanism;
    double sigma = 0;
    double epsilon = 0;
    double order = 0;
    double wrap_margin = 0;
    double wrap_coordinate = 0;
    double wrap_vector = 0;
    double error_quantisation = 0;
    double error_noise = 0;
    double error_wrap = 0;

    static Plan from_raw(const cloak_privacy_plan &raw) noexcept {
        return {Mechanism::from_raw(raw.mechanism), raw.sigma,       raw.epsilon,           raw.order,       raw.wrap_margin,
                raw.wrap_coordinate,                raw.wrap_vector, raw.error_quantisation, raw.error_noise, raw.error_wrap};
    }
};

namespace detail {

/** The plan that a call writes. */
template <class Call>
Returns<Plan> planned(Call call) {
    cloak_privacy_plan written = {};
    cloak_parameter_error error = {};
    const cloak_status status = call(&written, &error);
    Plan out = Plan::from_raw(written);
    return give(status, out, error);
}

} // namespace detail

/** The parameters with the least expected error that keep the wanted epsilon. */
inline Returns<Plan> choose(const Wanted &wanted) {
    const cloak_privacy_wanted given = wanted.raw();
    return detail::planned([&](cloak_privacy_plan *out, cloak_parameter_error *error) { return cloak_privacy_plan_choose(&given, out, error); });
}

/**
 * The fewest bits with which the expected error is within 0.5 % of that of the widest residues: for `Wanted::bits` and the run's segment. Whatever
 * `wanted.bits` holds is not looked at.
 */
inline Returns<std::uint8_t> narrowest(Wanted wanted) {
    constexpr double tolerance = 1.005;
    const auto square = [](const cloak_privacy_plan &plan) {
        return plan.error_quantisation * plan.error_quantisation + plan.error_noise * plan.error_noise + plan.error_wrap * plan.error_wrap;
    };
    cloak_privacy_plan found = {};
    cloak_parameter_error error = {};
    std::uint8_t low = 1;
    auto high = static_cast<std::uint8_t>(wanted.block_log2 > 28 ? 1 : std::min(62, 63 - wanted.block_log2));
    wanted.bits = high;
    cloak_privacy_wanted given = wanted.raw();
    const cloak_status status = cloak_privacy_plan_choose(&given, &found, &error);
    const double limit = square(found) * tolerance * tolerance;
    while (status == CLOAK_OK && low < high) {
        given.bits = static_cast<std::uint8_t>((low + high) / 2);
        cloak_parameter_error refused = {};
        const bool enough = cloak_privacy_plan_choose(&given, &found, &refused) == CLOAK_OK && square(found) <= limit;
        (enough ? high : low) = static_cast<std::uint8_t>(enough ? given.bits : given.bits + 1);
    }
    return detail::give(status, low, error);
}

/** What given parameters promise; the epsilon may be infinite and the ring too small. */
inline Returns<Plan> expect(const Mechanism &mechanism, const Unit &unit, std::uint32_t clients, std::uint8_t bits, double delta,
                            std::uint32_t rounds = 1) {
    const cloak_mechanism given = mechanism.raw();
    return detail::planned([&](cloak_privacy_plan *out, cloak_parameter_error *error) {
        return cloak_privacy_expect(&given, &unit.raw(), clients, bits, delta, rounds, out, error);
    });
}

} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
