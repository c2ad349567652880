/** @file The noise mechanism of a run, and what a client contributes to such a run. */
#ifndef CLOAKWORK_MECHANISM_HPP
#define CLOAKWORK_MECHANISM_HPP

#include <limits>
#include <utility>

#include "identity.hpp"
#include "values.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {

enum class Suite : std::uint8_t {
    /** For runs with microcontrollers. */
    chacha20 = CLOAK_SUITE_CHACHA20,
    /** For servers with AES instructions. */
    aes128_ctr = CLOAK_SUITE_AES128_CTR,
};

namespace detail {

/** A mechanism that the library has looked at: what follows from it, or what is wrong with it. */
struct Checked {
    explicit Checked(const cloak_mechanism &given) noexcept : raw(given), status(cloak_mechanism_check(&raw, &info, &error)) {}

    cloak_mechanism raw;
    cloak_mechanism_info info = {};
    cloak_error error = {};
    cloak_status status;
};

} // namespace detail

/** The distributed discrete Gaussian mechanism; `choose` finds parameters. The ranges are those of cloak_mechanism. */
struct Mechanism {
    std::uint64_t dimension = 0;
    double clip = 0;
    double granularity = 0;
    double noise = 0;
    std::uint64_t norm_bound = 0;
    double clamp = std::numeric_limits<double>::infinity();
    std::uint32_t parts = 1;
    std::uint32_t honest = 1;
    std::uint8_t block_log2 = 0;

    /** The numbers that follow from the parameters, once these were checked. */
    Returns<cloak_mechanism_info> check() const {
        detail::Checked checked(raw());
        return detail::give(checked.status, checked.info, checked.error);
    }

    cloak_mechanism raw() const noexcept {
        cloak_mechanism out = {};
        assign(*this, out);
        return out;
    }

    static Mechanism from_raw(const cloak_mechanism &raw) noexcept {
        Mechanism out;
        assign(raw, out);
        return out;
    }

private:
    /** The fields have the same names in the C interface. */
    template <class From, class To>
    static void assign(const From &from, To &to) noexcept {
        to.dimension = from.dimension;
        to.clip = from.clip;
        to.granularity = from.granularity;
        to.noise = from.noise;
        to.norm_bound = from.norm_bound;
        to.clamp = from.clamp;
        to.parts = from.parts;
        to.honest = from.honest;
        to.block_log2 = from.block_log2;
    }
};

/** The sum of a client's parts, each clipped, rotated, rounded and noised on its own. Give it to `Client::mask` once all parts are added. */
class Contribution {
public:
    /** Without parts yet, for a round's rotation seed: `Client::rotation_seed`. */
    static Returns<Contribution> begin(const Mechanism &mechanism, std::uint8_t bits, Suite suite, const Bytes32 &rotation) {
        detail::Checked checked(mechanism.raw());
        cloak_contribution *made = nullptr;
        if (checked.status == CLOAK_OK) {
            checked.status = cloak_contribution_new(&checked.raw, bits, static_cast<std::uint8_t>(suite), rotation.data(), &made, &checked.error);
        }
        Contribution contribution(made, static_cast<std::size_t>(checked.info.padded), bits);
        return detail::give(checked.status, contribution, checked.error);
    }

    /** Adds a part: as many `double` or `float` values as the mechanism's dimension. */
    Returns<void> add(const Values &part, const Random &random = Random()) {
        return detail::done(cloak_contribution_add(handle_.get(), RandomCall(random).get(), &part.raw()));
    }

    /** What goes under the masks, for test vectors and simulations. */
    Returns<Residues> residues() const {
        Residues out = Residues::zeros(bits_ > 32 ? CLOAK_U64 : CLOAK_U32, padded_);
        const cloak_lanes lanes = out.range(0, padded_);
        const cloak_status status = cloak_contribution_residues(handle_.get(), &lanes);
        return detail::give(status, out);
    }

    /** For `Client::mask`. */
    operator Values() const noexcept { return Values(cloak_values{CLOAK_CONTRIBUTION, handle_.get(), padded_}); }

private:
    Contribution(cloak_contribution *handle, std::size_t padded, std::uint8_t bits) noexcept
        : handle_(handle), padded_(padded), bits_(bits) {}

    detail::Handle<cloak_contribution, cloak_contribution_free> handle_;
    std::size_t padded_;
    std::uint8_t bits_;
};

/** The vector that a sum of residues stands for, with its noise; `Run::private_vector` knows the parameters by itself. */
inline Returns<std::vector<double>> decode(const Mechanism &mechanism, std::uint8_t bits, Suite suite, const Bytes32 &rotation,
                                           const Residues &residues) {
    // The dimension says how long the result is: it is checked before memory is asked for.
    detail::Checked checked(mechanism.raw());
    std::vector<double> out;
    if (checked.status == CLOAK_OK) {
        out.resize(static_cast<std::size_t>(mechanism.dimension));
        checked.status = cloak_mechanism_decode(&checked.raw, bits, static_cast<std::uint8_t>(suite), rotation.data(), &residues.values().raw(),
                                                out.data(), out.size(), &checked.error);
    }
    return detail::give(checked.status, out, checked.error);
}

} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
