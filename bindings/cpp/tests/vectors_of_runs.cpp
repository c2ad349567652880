// Replays the vectors of runs: descriptions and rosters, neighbours, numbers in fixed point.
#include "table.hpp"
#include "vectors.hpp"

using namespace cloakwork;
using namespace vectors;

namespace {

Segment segment(const json &given) {
    return {text(given.at("label")), number<std::uint64_t>(given.at("length")), number<std::uint8_t>(given.at("bits")),
            number<std::int8_t>(given.at("fraction")), given.at("encoding") == CLOAK_ENCODING_FIXED_POINT};
}

RunConfig config(const json &given) {
    RunConfig out;
    out.run_id = array<CLOAK_RUN_ID_SIZE>(given.at("run_id"));
    out.beacon = array<32>(given.at("beacon"));
    out.settings_hash = array<32>(given.at("settings"));
    for (const json &item : given.at("segments")) {
        out.segments.push_back(segment(item));
    }
    if (given.contains("mechanism")) {
        out.mechanism = mechanism(given.at("mechanism"));
    }
    out.suite = suite(given);
    out.recovery = given.at("mode") == CLOAK_MODE_RECOVERY;
    out.degree = number<std::uint32_t>(given.at("degree"));
    out.threshold = number<std::uint32_t>(given.at("threshold"));
    out.min_inputs = number<std::uint32_t>(given.at("min_inputs"));
    out.colluders = number<std::uint32_t>(given.at("colluders"));
    out.max_passes = number<std::uint8_t>(given.at("max_passes"));
    out.max_rounds = number<std::uint32_t>(given.at("max_rounds"));
    out.setup_seconds = number<std::uint32_t>(given.at("setup_seconds"));
    out.step_seconds = number<std::uint32_t>(given.at("step_seconds"));
    return out;
}

std::vector<Member> members(const Bytes &roster) {
    std::vector<Member> out;
    for (std::size_t at = 0; at < roster.size(); at += CLOAK_MEMBER_SIZE) {
        Member member;
        for (std::size_t i = 0; i < 8; i++) {
            member.id |= std::uint64_t{roster[at + i]} << 8 * i;
        }
        std::copy_n(roster.begin() + static_cast<std::ptrdiff_t>(at + 8), member.key.size(), member.key.begin());
        out.push_back(member);
    }
    return out;
}

// What a description was read as.
void compare_fields(const Run &run, const json &parameters) {
    const RunConfig expected = config(parameters);
    const cloak_run_config found = GET(run.config());
    CHECK(std::equal(expected.run_id.begin(), expected.run_id.end(), found.run_id));
    CHECK(std::equal(expected.beacon.begin(), expected.beacon.end(), found.beacon));
    CHECK(std::equal(expected.settings_hash.begin(), expected.settings_hash.end(), found.settings_hash));
    const std::uint8_t mode = expected.recovery ? CLOAK_MODE_RECOVERY : CLOAK_MODE_NO_RECOVERY;
    CHECK(found.suite == static_cast<std::uint8_t>(expected.suite) && found.mode == mode && found.max_passes == expected.max_passes);
    CHECK(found.degree == expected.degree && found.threshold == expected.threshold && found.min_inputs == expected.min_inputs);
    CHECK(found.colluders == expected.colluders && found.max_rounds == expected.max_rounds);
    CHECK(found.setup_seconds == expected.setup_seconds && found.step_seconds == expected.step_seconds);
    CHECK(GET(run.info()).segments == expected.segments.size());
    for (std::uint32_t i = 0; i < expected.segments.size(); i++) {
        const Segment one = GET(run.segment(i));
        const Segment &other = expected.segments[i];
        CHECK(one.label == other.label && one.length == other.length && one.bits == other.bits);
        CHECK(one.fraction == other.fraction && one.fixed_point == other.fixed_point);
    }
    const std::optional<Mechanism> noise = GET(run.mechanism());
    CHECK(noise.has_value() == expected.mechanism.has_value());
    if (noise && expected.mechanism) {
        const Mechanism &one = *noise;
        const Mechanism &other = *expected.mechanism;
        CHECK(one.dimension == other.dimension && one.clip == other.clip && one.clamp == other.clamp && one.granularity == other.granularity);
        CHECK(one.noise == other.noise && one.norm_bound == other.norm_bound && one.parts == other.parts);
        CHECK(one.honest == other.honest && one.block_log2 == other.block_log2);
    }
}

// A description gives its fields and its hash; its fields and the roster give the description.
void descriptions() {
    const json file = read("run.json");
    unsigned read = 0;
    for (const json &vector : file.at("valid")) {
        // The largest roster is too large to print.
        if (vector.at("roster").is_null()) {
            continue;
        }
        const Bytes description = bytes(vector.at("description"));
        const Bytes roster = bytes(vector.at("roster"));
        const Run run = GET(Run::decode(description, roster));
        CHECK(GET(run.hash()) == array<32>(vector.at("run_hash")));
        CHECK(GET(run.description()) == description && GET(run.roster()) == roster);
        compare_fields(run, vector.at("parameters"));
        CHECK(GET(GET(Run::define(config(vector.at("parameters")), members(roster))).description()) == description);
        read++;
    }
    CHECK(read > 10);
    // What is wrong with a description is found before the roster is looked at.
    const Bytes roster = bytes(file.at("rosters").at("valid").at("roster"));
    for (const json &vector : file.at("invalid")) {
        CHECK(ERROR_OF(Run::decode(bytes(vector.at("description")), roster)).status == error_of(vector));
    }
}

// Rosters in the place of a valid one, in a description that holds their hash. What is wrong with a key is said by whoever uses it: the server uses all.
void rosters() {
    const json file = read("run.json");
    const json &vectors = file.at("rosters");
    const Bytes valid = bytes(vectors.at("valid").at("roster"));
    const Bytes hash = bytes(vectors.at("valid").at("roster_hash"));
    RunConfig chosen;
    chosen.segments = {{"x", 1, 32}};
    const Bytes description = GET(GET(Run::define(chosen, members(valid))).description());
    const auto place = std::search(description.begin(), description.end(), hash.begin(), hash.end()) - description.begin();
    CHECK(static_cast<std::size_t>(place) < description.size());
    for (const json &vector : vectors.at("invalid")) {
        Bytes altered = description;
        const Bytes other = bytes(vector.at("roster_hash"));
        std::copy(other.begin(), other.end(), altered.begin() + place);
        CHECK(vector.at("count") == vectors.at("valid").at("count"));
        const Bytes roster = bytes(vector.at("roster"));
        Error error = ERROR_OF(Run::decode(altered, roster));
        if (error.status == CLOAK_OK) {
            const Run run = GET(Run::decode(altered, roster));
            error = ERROR_OF(Server::open(run));
        }
        CHECK(error.status == error_of(vector));
    }
}

// Keys that nobody knows the secrets of, for members who do not take part.
std::vector<Member> crowd(std::uint32_t count) {
    std::vector<Member> out(count);
    for (std::uint32_t i = 0; i < count; i++) {
        out[i].id = i;
        std::memcpy(out[i].key.data(), &i, sizeof i);
        out[i].key.back() = 1;
    }
    return out;
}

RunConfig without_recovery(const Segment &segment, std::uint32_t degree) {
    RunConfig out;
    out.segments = {segment};
    out.recovery = false;
    out.degree = degree;
    out.colluders = 0;
    out.min_inputs = 2;
    return out;
}

void neighbours() {
    const json file = read("graph.json");
    for (const json &vector : file.at("neighbours")) {
        RunConfig chosen = without_recovery({"x", 1, 1, 0, false}, number<std::uint32_t>(vector.at("degree")));
        chosen.beacon = array<32>(vector.at("beacon"));
        const Run run = GET(Run::define(chosen, crowd(number<std::uint32_t>(vector.at("n")))));
        for (std::size_t i = 0; i < vector.at("positions").size(); i++) {
            const auto position = number<std::uint64_t>(vector.at("positions").at(i));
            CHECK(GET(run.neighbours(position)) == numbers<std::uint64_t>(vector.at("neighbours").at(i)));
        }
    }
}

// What the values of a member become: the sum of them and of a neighbour's zeros, in a run of which nobody else is there.
template <class T>
void encoding(const json &vector, const json &cases, const char *name) {
    json good = json::array();
    json bad = json::array();
    for (const json &one : cases) {
        (one.contains("error") ? bad : good).push_back(one);
    }
    const auto count = number<std::uint32_t>(vector.at("parties"));
    // An error has the largest word where the bound is larger.
    const auto bound = number<U128>(vector.at("bound"));
    const auto bits = number<std::uint8_t>(vector.at("bits"));
    const RunConfig chosen =
        without_recovery({"x", good.size(), bits, number<std::int8_t>(vector.at("fraction")), true}, count == 2 ? 0 : 2);
    std::vector<Member> everybody = crowd(count);
    // The graph follows from ids and beacon: the neighbours are known before the keys are.
    const std::uint64_t other = GET(GET(Run::define(chosen, everybody)).neighbours(0)).front();
    std::map<std::uint64_t, Identity> there;
    for (const std::uint64_t id : {std::uint64_t{0}, other}) {
        const Identity &identity = there.emplace(id, GET(Identity::generate())).first->second;
        everybody[static_cast<std::size_t>(id)].key = GET(identity.public_key());
    }
    Table table(GET(Run::define(chosen, everybody)), std::move(there));
    table.contribute = [&](std::uint64_t id, Client &client) {
        std::vector<T> values(good.size());
        if (id == 0) {
            for (const json &one : bad) {
                values.back() = number<T>(one.at(name));
                const Error error = ERROR_OF(client.mask({values}));
                CHECK(error.status == error_of(one));
                CHECK(error.status != CLOAK_ERR_OUT_OF_RANGE || error.bound == (bound.high == 0 ? bound.low : UINT64_MAX));
            }
            values = column<T>(good, name);
        }
        return GET(client.mask({values}));
    };
    table.set_up();
    const std::vector<Residues> sums = table.round();
    json expected = json::array();
    for (const json &one : good) {
        expected.push_back(one.at("residue"));
    }
    CHECK(sums.size() == 1 && same(sums.at(0), residues(bits, expected)));
}

// What sums stand for.
void decoding(const json &vector) {
    const auto bits = number<std::uint8_t>(vector.at("bits"));
    json sums = json::array();
    std::vector<double> expected = column<double>(vector.at("sums"), "ieee754");
    for (const json &sum : vector.at("sums")) {
        // 2^127 mod 2^128 is its own negative; the library takes the negative one, and no sum within the bounds is either.
        if (bits == 128 && text(sum.at("residue")) == "170141183460469231731687303715884105728") {
            expected[sums.size()] *= -1;
        }
        sums.push_back(sum.at("residue"));
    }
    const RunConfig chosen = without_recovery({"x", sums.size(), bits, number<std::int8_t>(vector.at("fraction")), true}, 0);
    CHECK(identical(GET(GET(Run::define(chosen, crowd(2))).to_f64(0, residues(bits, sums))), expected));
}

void fixed_point() {
    const json file = read("fixed.json");
    for (const json &vector : file.at("encoding")) {
        encoding<double>(vector, vector.at("floats"), "ieee754");
    }
    for (const json &vector : file.at("integers")) {
        encoding<std::int64_t>(vector, vector.at("integers"), "value");
    }
    for (const json &vector : file.at("decoding")) {
        decoding(vector);
    }
    for (const json &vector : file.at("no_bound")) {
        const RunConfig chosen = without_recovery({"x", 1, number<std::uint8_t>(vector.at("bits"))}, 0);
        CHECK(ERROR_OF(Run::define(chosen, crowd(number<std::uint32_t>(vector.at("parties"))))).status == CLOAK_ERR_INVALID_RUN);
    }
}

} // namespace

void test_vectors_of_runs() {
    descriptions();
    rosters();
    neighbours();
    fixed_point();
}
