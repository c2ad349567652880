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
        const cloak_mechanism given = raw();
        cloak_mechanism_info out = {};
        cloak_error error = {};
        const cloak_status status = cloak_mechanism_check(&given, &out, &error);
        return detail::give(status, out, error);
    }

    cloak_mechanism raw() const noexcept {
        cloak_mechanism out = {};
        out.dimension = dimension;
        out.clamp = clamp;
        out.clip = clip;
        out.granularity = granularity;
        out.noise = noise;
        out.norm_bound = norm_bound;
        out.parts = parts;
        out.honest = honest;
        out.block_log2 = block_log2;
        return out;
    }

    static Mechanism from_raw(const cloak_mechanism &raw) noexcept {
        Mechanism out;
        out.dimension = raw.dimension;
        out.clip = raw.clip;
        out.granularity = raw.granularity;
        out.noise = raw.noise;
        out.norm_bound = raw.norm_bound;
        out.clamp = raw.clamp;
        out.parts = raw.parts;
        out.honest = raw.honest;
        out.block_log2 = raw.block_log2;
        return out;
    }
};

/** The sum of a client's parts, each clipped, rotated, rounded and noised on its own. Give it to `Client::mask` once all parts are added. */
class Contribution {
public:
    /** Without parts yet, for a round's rotation seed: `Client::rotation_seed`. */
    static Returns<Contribution> begin(const Mechanism &mechanism, std::uint8_t bits, Suite suite, const Bytes32 &rotation) {
        const cloak_mechanism given = mechanism.raw();
        cloak_mechanism_info info = {};
        cloak_contribution *made = nullptr;
        cloak_error error = {};
        cloak_status status = cloak_mechanism_check(&given, &info, &error);
        if (status == CLOAK_OK) {
            status = cloak_contribution_new(&given, bits, static_cast<std::uint8_t>(suite), rotation.data(), &made, &error);
        }
        Contribution contribution(made, static_cast<std::size_t>(info.padded), bits);
        return detail::give(status, contribution, error);
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
    const cloak_mechanism given = mechanism.raw();
    cloak_mechanism_info info = {};
    cloak_error error = {};
    std::vector<double> out;
    // The dimension says how long the result is: it is checked before memory is asked for.
    cloak_status status = cloak_mechanism_check(&given, &info, &error);
    if (status == CLOAK_OK) {
        out.resize(static_cast<std::size_t>(mechanism.dimension));
        status = cloak_mechanism_decode(&given, bits, static_cast<std::uint8_t>(suite), rotation.data(), &residues.values().raw(), out.data(),
                                        out.size(), &error);
    }
    return detail::give(status, out, error);
}

} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
