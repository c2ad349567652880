// Replays the vectors of single operations: fingerprints, MACs, hashes, keys, rotations, samples, private vectors.
#include "vectors.hpp"

#ifndef CLOAKWORK_NO_EXCEPTIONS
#include <cloakwork/http/authentication.hpp>
#endif

using namespace cloakwork;
using namespace vectors;

namespace {

// Hash(label, parts) of docs/protocol.md, section 1, is SHA-256 of parts with their lengths.
void hashes() {
    const json file = read("hash.json");
    for (const json &vector : file.at("hash")) {
        Bytes input;
        const auto append = [&](const auto &part) {
            for (unsigned shift = 0; shift < 32; shift += 8) {
                input.push_back(static_cast<std::uint8_t>(part.size() >> shift));
            }
            input.insert(input.end(), part.begin(), part.end());
        };
        append("cloakwork/1 " + text(vector.at("label")));
        for (const json &part : vector.at("parts")) {
            append(bytes(part));
        }
        CHECK(GET(sha256(input)) == array<32>(vector.at("hash")));
    }
}

void refused_keys() {
    const json file = read("agreement.json");
    const Identity identity = GET(Identity::generate());
    for (const char *group : {"low_order", "not_canonical"}) {
        for (const json &key : file.at(group).at("keys")) {
            CHECK(ERROR_OF(Channel::open(identity, Channel::Side::client, array<32>(key))).status == error_of(file.at(group)));
        }
    }
}

void fingerprints() {
    const json file = read("fingerprint.json");
    for (const json &vector : file.at("valid")) {
        const auto key = array<32>(vector.at("key"));
        const std::string written = text(vector.at("fingerprint"));
        CHECK(GET(public_key(written)) == key);
        CHECK((GET(fingerprint(key)) == written) == vector.at("canonical").get<bool>());
    }
    for (const json &vector : file.at("invalid")) {
        CHECK(ERROR_OF(public_key(text(vector.at("text")))).status == error_of(vector));
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
        request.method = text(vector.at("method"));
        request.path = text(vector.at("path"));
        request.query = text(vector.at("query"));
        if (!text(vector.at("run")).empty()) {
            request.run = array<CLOAK_RUN_ID_SIZE>(vector.at("run"));
        }
        request.body_hash = GET(sha256(bytes(vector.at("body"))));
        request.response = vector.at("direction").get<int>() == 1;
        const auto mac = array<32>(vector.at("mac"));
        CHECK(request.body_hash == array<32>(vector.at("body_sha256")));
        CHECK(GET(here.mac(request)) == mac && GET(there.mac(request)) == mac);
        GET(there.verify(request, mac));
        request.counter++;
        CHECK(ERROR_OF(there.verify(request, mac)).status == CLOAK_ERR_NOT_AUTHENTIC);
    }
}

// The header with the counter is read by the component for HTTPS, which is for programs with exceptions.
void counters() {
#ifndef CLOAKWORK_NO_EXCEPTIONS
    const json file = read("channel.json");
    const auto claim = [&](const json &counter) {
        return http::Credentials::read(text(file.at("client_public")), text(counter), text(file.at("macs").at(0).at("mac")));
    };
    for (const json &vector : file.at("counters").at("valid")) {
        CHECK(claim(vector.at("text")).counter == number<std::uint64_t>(vector.at("counter")));
    }
    for (const json &refused : file.at("counters").at("invalid")) {
        CHECK(ERROR_OF(claim(refused)).status == static_cast<cloak_status>(http::FlowStatus::not_authenticated));
    }
#endif
}

template <class T>
void transform(const json &vector) {
    std::vector<T> values = numbers<T>(vector.at("input"));
    const std::string function = text(vector.at("function"));
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
        const std::string type = text(vector.at("number"));
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

// The beginning of the stream of suite 1 under a key: ChaCha20 of RFC 8439, section 2.3, with a zero nonce, from block 0.
Bytes stream(const Bytes32 &key, std::size_t length) {
    using Block = std::array<std::uint32_t, 16>;
    const auto turn = [](std::uint32_t word, unsigned count) { return word << count | word >> (32 - count); };
    const auto quarter = [&](Block &x, std::size_t a, std::size_t b, std::size_t c, std::size_t d) {
        x[a] += x[b], x[d] = turn(x[d] ^ x[a], 16);
        x[c] += x[d], x[b] = turn(x[b] ^ x[c], 12);
        x[a] += x[b], x[d] = turn(x[d] ^ x[a], 8);
        x[c] += x[d], x[b] = turn(x[b] ^ x[c], 7);
    };
    Block start{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    for (std::size_t i = 0; i < key.size(); i++) {
        start[4 + i / 4] |= std::uint32_t{key[i]} << 8 * (i % 4);
    }
    Bytes out;
    for (; out.size() < length; start[12]++) {
        Block x = start;
        for (int twice = 0; twice < 10; twice++) {
            for (std::size_t i = 0; i < 4; i++) {
                quarter(x, i, 4 + i, 8 + i, 12 + i);
            }
            for (std::size_t i = 0; i < 4; i++) {
                quarter(x, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
            }
        }
        for (std::size_t i = 0; i < x.size(); i++) {
            for (unsigned shift = 0; shift < 32; shift += 8) {
                out.push_back(static_cast<std::uint8_t>((x[i] + start[i]) >> shift));
            }
        }
    }
    out.resize(length);
    return out;
}

void exact_samples() {
    const json file = read("gaussian.json");
    for (const json &vector : file.at("exact")) {
        const std::string sampler = text(vector.at("sampler"));
        const Ratio ratio{number<std::uint64_t>(vector.at("numerator")), number<std::uint64_t>(vector.at("denominator"))};
        const auto expected = numbers<std::int64_t>(vector.at("samples"));
        const Tape tape(stream(array<32>(vector.at("key")), number<std::size_t>(vector.at("used"))));
        if (sampler == "discrete_gaussian") {
            CHECK(GET(discrete_gaussian_vartime(ratio, expected.size(), tape.random())) == expected);
        } else if (sampler == "discrete_laplace") {
            CHECK(GET(discrete_laplace_vartime(ratio, expected.size(), tape.random())) == expected);
        } else if (sampler == "skellam") {
            CHECK(GET(skellam_vartime(ratio, expected.size(), tape.random())) == expected);
        } else {
            // What these samplers are made of has no surface of its own.
            continue;
        }
        CHECK(tape.used_up());
    }
}

void private_vectors() {
    const json file = read("private.json");
    for (const json &vector : file.at("contributions")) {
        const Mechanism given = mechanism(vector.at("mechanism"));
        const auto bits = number<std::uint8_t>(vector.at("bits"));
        const auto rotation = array<32>(vector.at("rotation"));
        const Tape tape(bytes(vector.at("rng_tape")));
        Contribution contribution = GET(Contribution::begin(given, bits, suite(vector), rotation));
        for (const json &part : vector.at("parts")) {
            GET(contribution.add(numbers<double>(part), tape.random()));
        }
        CHECK(tape.used_up());
        const Residues found = GET(contribution.residues());
        CHECK(same(found, residues(bits, vector.at("residues"))));
        CHECK(identical(GET(decode(given, bits, suite(vector), rotation, found)), numbers<double>(vector.at("values"))));
    }
    const json &refused = file.at("refused");
    for (const json &vector : refused.at("values")) {
        const auto bits = number<std::uint8_t>(refused.at("bits"));
        Contribution contribution = GET(Contribution::begin(mechanism(refused.at("mechanism")), bits, Suite::chacha20, Bytes32{}));
        CHECK(ERROR_OF(contribution.add(numbers<double>(vector.at("values")))).status == error_of(vector));
    }
}

} // namespace

void test_vectors() {
    hashes();
    refused_keys();
    fingerprints();
    macs();
    counters();
    transforms();
    samples();
    exact_samples();
    private_vectors();
}
