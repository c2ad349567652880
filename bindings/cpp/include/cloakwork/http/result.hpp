/** @file The bytes of a result: the residues of each segment in order, little-endian, in lanes of 4, 8 or 16 bytes (docs/http.md, section 4). */
#ifndef CLOAKWORK_HTTP_RESULT_HPP
#define CLOAKWORK_HTTP_RESULT_HPP

#include <map>

#include "../run.hpp"
#include "problem.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http {

/** The sums of a round. */
struct Sums {
    /** By label of the segment. */
    std::map<std::string, Residues> residues;
    /** In a run with a mechanism. */
    std::optional<Bytes32> rotation;

    /** The numbers that the residues of a segment stand for: fixed point, or the vector of a run with a mechanism. */
    std::vector<double> values(const Run &run, const std::string &label) const {
        for (std::uint32_t index = 0; index < run.info().segments; index++) {
            if (run.segment(index).label == label && residues.count(label) != 0) {
                return rotation ? run.private_vector(*rotation, residues.at(label)) : run.to_f64(index, residues.at(label));
            }
        }
        refuse(CLOAK_ERR_INVALID_ARGUMENT, "the run has no such segment", label);
    }
};

namespace internal {

inline std::size_t lane_bytes(std::int32_t lane) noexcept {
    return lane == CLOAK_U128 ? 16 : lane == CLOAK_U64 ? 8 : 4;
}

inline void put(Bytes &out, std::uint64_t value, std::size_t count) {
    for (std::size_t i = 0; i < count; i++) {
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}
inline void put(Bytes &out, std::uint64_t value) { put(out, value, 8); }
inline void put(Bytes &out, std::uint32_t value) { put(out, value, 4); }
inline void put(Bytes &out, const U128 &value) {
    put(out, value.low, 8);
    put(out, value.high, 8);
}

inline std::uint64_t take(const std::uint8_t *from, std::size_t count) noexcept {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < count; i++) {
        out |= std::uint64_t{from[i]} << (8 * i);
    }
    return out;
}

} // namespace internal

/** Bytes of a result of the run. */
inline std::size_t result_size(const Run &run) {
    const cloak_run_info info = run.info();
    std::size_t out = info.private_vector != 0 ? CLOAK_KEY_SIZE : 0;
    for (std::uint32_t index = 0; index < info.segments; index++) {
        const cloak_layout layout = run.layout(index);
        out += static_cast<std::size_t>(layout.length) * internal::lane_bytes(layout.lane);
    }
    return out;
}

/** The bytes of the residues of all segments, in order; with the rotation seed in a run with a mechanism. */
inline Bytes encode_result(const Run &run, const std::vector<Residues> &sums, const Bytes32 &rotation) {
    Bytes out;
    out.reserve(result_size(run));
    if (run.info().private_vector != 0) {
        out.assign(rotation.begin(), rotation.end());
    }
    const auto append = [&out](const auto *lanes) {
        if (lanes != nullptr) {
            for (const auto &lane : *lanes) {
                internal::put(out, lane);
            }
        }
    };
    for (const Residues &sum : sums) {
        append(sum.as<std::uint32_t>());
        append(sum.as<std::uint64_t>());
        append(sum.as<U128>());
    }
    return out;
}

/** Reads a result of the run. */
inline Sums decode_result(const Run &run, ByteView body) {
    const cloak_run_info info = run.info();
    if (body.size() != result_size(run)) {
        refuse(CLOAK_ERR_MALFORMED, "these " + std::to_string(body.size()) + " bytes are no result of the run");
    }
    Sums out;
    const std::uint8_t *at = body.data();
    if (info.private_vector != 0) {
        out.rotation.emplace();
        std::copy(at, at + out.rotation->size(), out.rotation->begin());
        at += out.rotation->size();
    }
    for (std::uint32_t index = 0; index < info.segments; index++) {
        const cloak_layout layout = run.layout(index);
        const auto length = static_cast<std::size_t>(layout.length);
        const std::size_t size = internal::lane_bytes(layout.lane);
        Residues sum = Residues::zeros(layout.lane, length);
        const cloak_lanes lanes = sum.range(0, length);
        for (std::size_t i = 0; i < length; i++, at += size) {
            if (size == 4) {
                static_cast<std::uint32_t *>(lanes.data)[i] = static_cast<std::uint32_t>(internal::take(at, 4));
            } else if (size == 8) {
                static_cast<std::uint64_t *>(lanes.data)[i] = internal::take(at, 8);
            } else {
                U128 &lane = static_cast<U128 *>(lanes.data)[i];
                lane.low = internal::take(at, 8);
                lane.high = internal::take(at + 8, 8);
            }
        }
        out.residues.emplace(run.segment(index).label, std::move(sum));
    }
    return out;
}

} // namespace http
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
