// Replays the vectors that reach this surface: fingerprints, MACs, rotations, samples, private vectors.
#include "check.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace cloakwork;
using nlohmann::json;

namespace {

json read(const std::string &name) {
    std::ifstream file(std::string(VECTORS) + "/" + name);
    if (!file) {
        check::give_up("no vectors: " + name, __FILE__, __LINE__);
    }
    return json::parse(file);
}

Bytes bytes(const json &hex) {
    const std::string text = hex.get<std::string>();
    Bytes out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        out.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
    }
    return out;
}

template <std::size_t Size>
std::array<std::uint8_t, Size> array(const json &hex) {
    const Bytes content = bytes(hex);
    std::array<std::uint8_t, Size> out{};
    CHECK(content.size() == Size);
    std::copy_n(content.begin(), std::min(Size, content.size()), out.begin());
    return out;
}

// Floats are the hex digits of their bits, the most significant first.
template <class T>
T number(const json &given) {
    if constexpr (std::is_same_v<T, double>) {
        const std::uint64_t word = std::stoull(given.get<std::string>(), nullptr, 16);
        double out = 0;
        std::memcpy(&out, &word, sizeof out);
        return out;
    } else if constexpr (std::is_same_v<T, float>) {
        const auto word = static_cast<std::uint32_t>(std::stoul(given.get<std::string>(), nullptr, 16));
        float out = 0;
        std::memcpy(&out, &word, sizeof out);
        return out;
    } else if (given.is_string()) {
        const std::string text = given.get<std::string>();
        return text.front() == '-' ? static_cast<T>(std::stoll(text)) : static_cast<T>(std::stoull(text));
    } else {
        return given.get<T>();
    }
}

template <class T>
std::vector<T> numbers(const json &given) {
    std::vector<T> out;
    for (const json &item : given) {
        out.push_back(number<T>(item));
    }
    return out;
}

// Equal to the last bit, also where zeros have signs.
template <class T>
bool identical(const std::vector<T> &left, const std::vector<T> &right) {
    return left.size() == right.size() && (left.empty() || std::memcmp(left.data(), right.data(), left.size() * sizeof(T)) == 0);
}

Suite suite(const json &vector) { return static_cast<Suite>(vector.at("suite").get<std::uint8_t>()); }

void fingerprints() {
    const json file = read("fingerprint.json");
    for (const json &vector : file.at("valid")) {
        const auto key = array<32>(vector.at("key"));
        const std::string text = vector.at("fingerprint").get<std::string>();
        CHECK(GET(public_key(text)) == key);
        CHECK((GET(fingerprint(key)) == text) == vector.at("canonical").get<bool>());
    }
    for (const json &vector : file.at("invalid")) {
        CHECK(ERROR_OF(public_key(vector.at("text").get<std::string>())).status == vector.at("error").get<std::int32_t>());
    }
}

void macs() {
    const json file = read("channel.json");
    const Identity client = GET(Identity::from_bytes(bytes(file.at("client_secret"))));
    const Identity server = GET(Identity::from_bytes(bytes(file.at("server_secret"))));
    const Channel here = GET(Channel::open(client, Channel::Side::client, array<32>(file.at("server_public"))));
    const Channel there = GET(Channel::open(server, Channel::Side::server, array<32>(file.at("client_public"))));
    for (const json &vector : file.at("macs")) {
        Request request;
        request.counter = number<std::uint64_t>(vector.at("counter"));
        request.method = vector.at("method").get<std::string>();
        request.path = vector.at("path").get<std::string>();
        request.query = vector.at("query").get<std::string>();
        if (!vector.at("run").get<std::string>().empty()) {
            request.run = array<CLOAK_RUN_ID_SIZE>(vector.at("run"));
        }
        request.body_hash = GET(sha256(bytes(vector.at("body"))));
        request.response = vector.at("direction").get<int>() == 1;
        const auto mac = array<32>(vector.at("mac"));
        CHECK(request.body_hash == array<32>(vector.at("body_sha256")));
        CHECK(GET(here.mac(request)) == mac && GET(there.mac(request)) == mac);
        GET(there.verify(request, mac));
    }
}

template <class T>
void transform(const json &vector) {
    std::vector<T> values = numbers<T>(vector.at("input"));
    const std::string function = vector.at("function").get<std::string>();
    const auto seed = array<32>(vector.at("seed"));
    const auto first = number<std::uint64_t>(vector.at("first"));
    const bool orthonormal = vector.at("orthonormal").get<bool>();
    if (function == "transform") {
        GET(hadamard::transform(values, orthonormal));
    } else if (function == "rotate") {
        GET(hadamard::rotate(values, suite(vector), seed, first, orthonormal));
    } else {
        GET(hadamard::unrotate(values, suite(vector), seed, first, orthonormal));
    }
    CHECK(identical(values, numbers<T>(vector.at("output"))));
}

void transforms() {
    const json file = read("hadamard.json");
    for (const json &vector : file.at("transforms")) {
        const std::string type = vector.at("number").get<std::string>();
        if (type == "f32") {
            transform<float>(vector);
        } else if (type == "f64") {
            transform<double>(vector);
        } else if (type == "i32") {
            transform<std::int32_t>(vector);
        } else {
            transform<std::int64_t>(vector);
        }
    }
}

void samples() {
    const json file = read("gaussian.json");
    for (const json &vector : file.at("samples")) {
        const auto expected = numbers<std::int32_t>(vector.at("samples"));
        const auto sigma = number<double>(vector.at("ieee754"));
        // A stream key of suite 2 has 16 bytes.
        const Bytes given = bytes(vector.at("key"));
        Bytes32 key{};
        CHECK(given.size() == (suite(vector) == Suite::chacha20 ? 32U : 16U));
        std::copy_n(given.begin(), std::min(given.size(), key.size()), key.begin());
        CHECK(GET(discrete_gaussian_of(key, sigma, expected.size(), suite(vector))) == expected);
    }
}

Mechanism mechanism(const json &given) {
    Mechanism out;
    out.dimension = number<std::uint64_t>(given.at("dimension"));
    out.clip = number<double>(given.at("clip"));
    out.clamp = number<double>(given.at("clamp"));
    out.granularity = number<double>(given.at("granularity"));
    out.noise = number<double>(given.at("noise"));
    out.norm_bound = number<std::uint64_t>(given.at("norm_bound"));
    out.parts = number<std::uint32_t>(given.at("parts"));
    out.honest = number<std::uint32_t>(given.at("honest"));
    out.block_log2 = number<std::uint8_t>(given.at("block_log2"));
    return out;
}

void private_vectors() {
    const json file = read("private.json");
    for (const json &vector : file.at("contributions")) {
        const Mechanism given = mechanism(vector.at("mechanism"));
        const auto bits = number<std::uint8_t>(vector.at("bits"));
        const auto rotation = array<32>(vector.at("rotation"));
        const Bytes tape = bytes(vector.at("rng_tape"));
        std::size_t used = 0;
        const Random random([&](span<std::uint8_t> out) {
            const bool enough = out.size() <= tape.size() - used;
            if (enough) {
                std::copy_n(tape.begin() + static_cast<std::ptrdiff_t>(used), out.size(), out.begin());
                used += out.size();
            }
            return enough;
        });
        Contribution contribution = GET(Contribution::begin(given, bits, suite(vector), rotation));
        for (const json &part : vector.at("parts")) {
            GET(contribution.add(numbers<double>(part), random));
        }
        CHECK(used == tape.size());
        const Residues residues = GET(contribution.residues());
        if (const auto *narrow = residues.as<std::uint32_t>()) {
            CHECK(*narrow == numbers<std::uint32_t>(vector.at("residues")));
        } else {
            CHECK(*residues.as<std::uint64_t>() == numbers<std::uint64_t>(vector.at("residues")));
        }
        CHECK(identical(GET(decode(given, bits, suite(vector), rotation, residues)), numbers<double>(vector.at("values"))));
    }
    const json &refused = file.at("refused");
    for (const json &vector : refused.at("values")) {
        const auto bits = number<std::uint8_t>(refused.at("bits"));
        Contribution contribution = GET(Contribution::begin(mechanism(refused.at("mechanism")), bits, Suite::chacha20, Bytes32{}));
        CHECK(ERROR_OF(contribution.add(numbers<double>(vector.at("values")))).status == vector.at("error").get<std::int32_t>());
    }
}

} // namespace

void test_vectors() {
    fingerprints();
    macs();
    transforms();
    samples();
    private_vectors();
}
