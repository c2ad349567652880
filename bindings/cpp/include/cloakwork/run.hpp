/** @file What the parties of a run agree on. */
#ifndef CLOAKWORK_RUN_HPP
#define CLOAKWORK_RUN_HPP

#include <algorithm>
#include <string>

#include "mechanism.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {

/** One vector of a contribution. */
struct Segment {
    std::string label;
    std::uint64_t length = 0;
    std::uint8_t bits = 0;
    std::int8_t fraction = 0;
    /** Whether a value x is the integer nearest to x * 2^fraction; else the values are residues already. */
    bool fixed_point = true;
};

struct Member {
    std::uint64_t id = 0;
    Bytes32 key{};
};

/** The parameters of a run; docs/protocol.md, section 2, has the bounds. */
struct RunConfig {
    /** 16 random bytes. */
    RunId run_id{};
    /** Decides the graph of a large run; drawn after the roster was fixed. */
    Bytes32 beacon{};
    /** SHA-256 of whatever else the hosts agree on. */
    Bytes32 settings_hash{};
    std::vector<Segment> segments;
    /** With one, the only segment holds residues, as many as the padded vector has values: `private_segment`. */
    std::optional<Mechanism> mechanism;
    Suite suite = Suite::aes128_ctr;
    bool recovery = true;
    /** 0 for the complete graph, else even. */
    std::uint32_t degree = 0;
    /** Shares that open a seed; if not given the least with which every sum holds the noise of the mechanism's honest clients. */
    std::optional<std::uint32_t> threshold;
    /** The smallest set whose sum may be opened; if not given more than half of the members, and the mechanism's honest clients with all colluders. */
    std::optional<std::uint32_t> min_inputs;
    std::uint32_t colluders = 1;
    std::uint8_t max_passes = 3;
    std::uint32_t max_rounds = 1000;
    std::uint32_t setup_seconds = 60;
    std::uint32_t step_seconds = 60;

    // GCC 12 takes the empty optionals for uninitialised numbers once these functions are inlined.

    /** The threshold of a run of so many members. */
    [[gnu::noinline]] std::uint32_t threshold_for(std::uint32_t members) const noexcept {
        if (!recovery || threshold || members == 0) {
            return recovery ? threshold.value_or(0) : 0;
        }
        const std::uint64_t neighbours = degree != 0 ? degree : members - 1;
        const std::uint64_t least = (neighbours + colluders) / 2 + 1;
        std::uint64_t needed = 0;
        if (mechanism) {
            const std::uint64_t honest = mechanism->honest;
            needed = degree != 0 ? (honest + neighbours + colluders) / 2 : honest + colluders - 1;
        }
        return static_cast<std::uint32_t>(std::min(neighbours, std::max(least, needed)));
    }

    /** The smallest set of a run of so many members. */
    [[gnu::noinline]] std::uint32_t min_inputs_for(std::uint32_t members) const noexcept {
        const std::uint64_t half = std::uint64_t{members} / 2 + 1;
        const std::uint64_t least = recovery ? 2 : std::uint64_t{colluders} + 2;
        const std::uint64_t honest = mechanism ? std::uint64_t{mechanism->honest} + colluders : 0;
        return min_inputs.value_or(static_cast<std::uint32_t>(std::min<std::uint64_t>(members, std::max({half, least, honest}))));
    }

    /** The honest clients whose inputs every sum of a run of so many members holds: the bound on `Mechanism::honest`; docs/protocol.md, section 11. */
    std::uint32_t honest_for(std::uint32_t members) const noexcept {
        const auto less = [](std::uint64_t from, std::uint64_t take) { return from > take ? from - take : std::uint64_t{0}; };
        const std::uint64_t inputs = less(min_inputs_for(members), colluders);
        if (!recovery) {
            return static_cast<std::uint32_t>(degree != 0 ? std::min<std::uint64_t>(inputs, 2) : inputs);
        }
        const std::uint64_t shares = threshold_for(members);
        const std::uint64_t by_graph = degree != 0 ? less(2 * shares + 1, degree) : shares + 1;
        return static_cast<std::uint32_t>(std::min(inputs, less(by_graph, colluders)));
    }
};

/** The segment of a run with a mechanism. */
inline Returns<Segment> private_segment(const Mechanism &mechanism, std::uint8_t bits, std::string label = "vector") {
    const detail::Checked checked(mechanism.raw());
    Segment out;
    out.label = std::move(label);
    out.length = checked.info.padded;
    out.bits = bits;
    out.fixed_point = false;
    return detail::give(checked.status, out, checked.error);
}

/** A run: its description and its roster. It never changes, so threads may share it; objects that were made from it do not need it. */
class Run {
public:
    /** Only whoever plans the run calls this; the others decode what it gives them. Members by strictly ascending id. */
    static Returns<Run> define(const RunConfig &config, span<const Member> members) {
        const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(members.size(), CLOAK_MAX_MEMBERS + std::size_t{1}));
        std::vector<cloak_member> roster(count);
        for (std::size_t i = 0; i < roster.size(); i++) {
            roster[i].id = members[i].id;
            std::copy(members[i].key.begin(), members[i].key.end(), roster[i].key);
        }
        std::vector<cloak_segment> segments;
        for (const Segment &segment : config.segments) {
            segments.push_back(raw(segment));
        }
        const cloak_run_config parameters = raw(config, count);
        const cloak_mechanism mechanism = config.mechanism ? config.mechanism->raw() : cloak_mechanism{};
        cloak_run *made = nullptr;
        cloak_error error = {};
        const cloak_status status = cloak_run_new(&parameters, config.mechanism ? &mechanism : nullptr, segments.data(), segments.size(), roster.data(),
                               roster.size(), &made, &error);
        Run run(made);
        return detail::give(status, run, error);
    }

    static Returns<Run> decode(ByteView description, ByteView roster) {
        cloak_run *made = nullptr;
        cloak_error error = {};
        const cloak_status status = cloak_run_decode(description.data(), description.size(), roster.data(), roster.size(), &made, &error);
        Run run(made);
        return detail::give(status, run, error);
    }

    Returns<Bytes> description() const {
        Bytes out;
        const cloak_status status = detail::collect(out, CLOAK_DESCRIPTION_SIZE, [&](std::uint8_t *data, std::size_t capacity, std::size_t *length) {
            return cloak_run_description(handle_.get(), data, capacity, length);
        });
        return detail::give(status, out);
    }

    Returns<Bytes> roster() const {
        Bytes out;
        const cloak_status status = detail::collect(out, 0, [&](std::uint8_t *data, std::size_t capacity, std::size_t *length) {
            return cloak_run_roster(handle_.get(), data, capacity, length);
        });
        return detail::give(status, out);
    }

    Returns<Bytes32> hash() const {
        Bytes32 out{};
        const cloak_status status = cloak_run_hash(handle_.get(), out.data());
        return detail::give(status, out);
    }

    /** The parameters beside segments and mechanism, as the description holds them. */
    Returns<cloak_run_config> config() const {
        cloak_run_config out = {};
        const cloak_status status = cloak_run_get_config(handle_.get(), &out);
        return detail::give(status, out);
    }

    Returns<cloak_run_info> info() const {
        cloak_run_info out = {};
        const cloak_status status = cloak_run_get_info(handle_.get(), &out);
        return detail::give(status, out);
    }

    /** The noise mechanism, if the run has one. */
    Returns<std::optional<Mechanism>> mechanism() const {
        cloak_run_info about = {};
        cloak_mechanism given = {};
        std::optional<Mechanism> out;
        cloak_status status = cloak_run_get_info(handle_.get(), &about);
        if (status == CLOAK_OK && about.private_vector != 0) {
            status = cloak_run_get_mechanism(handle_.get(), &given);
            out = Mechanism::from_raw(given);
        }
        return detail::give(status, out);
    }

    Returns<Segment> segment(std::uint32_t index) const {
        cloak_segment given = {};
        const cloak_status status = cloak_run_segment(handle_.get(), index, &given);
        Segment out;
        out.label = given.label;
        out.length = given.length;
        out.bits = given.bits;
        out.fraction = given.fraction;
        out.fixed_point = given.encoding == CLOAK_ENCODING_FIXED_POINT;
        return detail::give(status, out);
    }

    Returns<cloak_layout> layout(std::uint32_t index) const {
        cloak_layout out = {};
        const cloak_status status = cloak_run_layout(handle_.get(), index, &out);
        return detail::give(status, out);
    }

    Returns<std::vector<std::uint64_t>> neighbours(std::uint64_t id) const {
        std::vector<std::uint64_t> out;
        const cloak_status status = detail::collect(out, 0, [&](std::uint64_t *ids, std::size_t capacity, std::size_t *count) {
            return cloak_run_neighbours(handle_.get(), id, ids, capacity, count);
        });
        return detail::give(status, out);
    }

    /** The numbers that residues of a sum stand for, in a segment in fixed point. */
    Returns<std::vector<double>> to_f64(std::uint32_t segment, const Residues &residues) const {
        std::vector<double> out(residues.size());
        const cloak_status status = cloak_run_to_f64(handle_.get(), segment, &residues.values().raw(), out.data(), out.size());
        return detail::give(status, out);
    }

    /** The same, rounded to the nearest integer, ties to even. */
    Returns<std::vector<std::int64_t>> to_i64(std::uint32_t segment, const Residues &residues) const {
        std::vector<std::int64_t> out(residues.size());
        const cloak_status status = cloak_run_to_i64(handle_.get(), segment, &residues.values().raw(), out.data(), out.size());
        return detail::give(status, out);
    }

    /** The vector of a run with a mechanism: the sum of the contributions with their noise. The rotation is that of the opening. */
    Returns<std::vector<double>> private_vector(const Bytes32 &rotation, const Residues &residues) const {
        cloak_run_config parameters = {};
        cloak_mechanism given = {};
        cloak_segment segment = {};
        cloak_error error = {};
        std::vector<double> out;
        cloak_status status = cloak_run_get_config(handle_.get(), &parameters);
        status = status == CLOAK_OK ? cloak_run_get_mechanism(handle_.get(), &given) : status;
        status = status == CLOAK_OK ? cloak_run_segment(handle_.get(), 0, &segment) : status;
        if (status == CLOAK_OK) {
            out.resize(static_cast<std::size_t>(given.dimension));
            status = cloak_mechanism_decode(&given, segment.bits, parameters.suite, rotation.data(), &residues.values().raw(), out.data(),
                                            out.size(), &error);
        }
        return detail::give(status, out, error);
    }

    const cloak_run *get() const noexcept { return handle_.get(); }

private:
    explicit Run(cloak_run *handle) noexcept : handle_(handle) {}

    static cloak_segment raw(const Segment &segment) noexcept {
        cloak_segment out = {};
        out.length = segment.length;
        // The library refuses the empty label that stays for one that does not fit.
        if (segment.label.size() < CLOAK_LABEL_SIZE) {
            std::copy(segment.label.begin(), segment.label.end(), out.label);
        }
        out.bits = segment.bits;
        out.encoding = segment.fixed_point ? CLOAK_ENCODING_FIXED_POINT : CLOAK_ENCODING_RESIDUES;
        out.fraction = segment.fraction;
        return out;
    }

    static cloak_run_config raw(const RunConfig &config, std::uint32_t members) noexcept {
        cloak_run_config out = {};
        std::copy(config.run_id.begin(), config.run_id.end(), out.run_id);
        std::copy(config.beacon.begin(), config.beacon.end(), out.beacon);
        std::copy(config.settings_hash.begin(), config.settings_hash.end(), out.settings_hash);
        out.degree = config.degree;
        out.threshold = config.threshold_for(members);
        out.min_inputs = config.min_inputs_for(members);
        out.colluders = config.colluders;
        out.max_rounds = config.max_rounds;
        out.setup_seconds = config.setup_seconds;
        out.step_seconds = config.step_seconds;
        out.suite = static_cast<std::uint8_t>(config.suite);
        out.mode = config.recovery ? CLOAK_MODE_RECOVERY : CLOAK_MODE_NO_RECOVERY;
        out.max_passes = config.recovery ? config.max_passes : std::uint8_t{0};
        return out;
    }

    detail::Handle<cloak_run, cloak_run_free> handle_;
};

/** Degree and threshold of a sparse graph: see cloak_plan. */
struct Graph {
    std::uint32_t degree = 0;
    std::uint32_t threshold = 0;
};

inline Returns<Graph> plan_graph(std::uint32_t members, double corrupt, double dropout, std::uint32_t rounds, bool semi_malicious = true) {
    Graph out;
    const std::uint8_t adversary = semi_malicious ? CLOAK_ADVERSARY_SEMI_MALICIOUS : CLOAK_ADVERSARY_SEMI_HONEST;
    const cloak_status status = cloak_plan(members, corrupt, dropout, rounds, adversary, &out.degree, &out.threshold);
    return detail::give(status, out);
}

/** Which message this is: one of cloak_kind. */
inline Returns<std::int32_t> message_kind(ByteView message) {
    std::int32_t out = 0;
    const cloak_status status = cloak_message_kind(message.data(), message.size(), &out);
    return detail::give(status, out);
}

} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
