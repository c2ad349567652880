// A controller, a server and seven members in one program. One member falls silent before it contributes, another one while that is repaired: their
// vectors are left out, the others are added up all the same. Ends with 0 if the sum is right.
#include <cmath>
#include <cstdio>

#include "table.hpp"

namespace cw = cloakwork;

namespace {

constexpr std::uint64_t members = 7;
constexpr std::size_t length = 1000;
constexpr std::int8_t fraction = 20;

std::vector<double> values_of(std::uint64_t id) {
    std::vector<double> out(length);
    for (std::size_t i = 0; i < length; i++) {
        out[i] = std::sin(static_cast<double>(id * length + i));
    }
    return out;
}

int play() {
    std::map<std::uint64_t, cw::Identity> identities;
    std::vector<cw::Member> roster;
    for (std::uint64_t id = 1; id <= members; id++) {
        cw::Identity identity = cw::Identity::generate();
        roster.push_back({id, identity.public_key()});
        identities.emplace(id, std::move(identity));
    }
    // The run id and the beacon come from whoever plans the run; a program that plays all the roles may take a fresh key for them.
    cw::RunConfig config;
    config.beacon = cw::Identity::generate().public_key();
    std::copy_n(config.beacon.begin(), config.run_id.size(), config.run_id.begin());
    config.segments = {{"values", length, 40, fraction, true}};

    Table table(cw::Run::define(config, roster), identities);
    table.fall_silent(2, CLOAK_BEGIN);
    table.fall_silent(5, CLOAK_SURVIVORS);
    const std::vector<cw::Residues> sums =
        table.round({}, [](std::uint64_t id, cw::Client &client) { return client.mask({values_of(id)}); });
    const std::vector<double> sum = table.run().to_f64(0, sums.front());

    const std::vector<std::uint64_t> survivors = table.server().survivors();
    std::vector<double> expected(length);
    for (const std::uint64_t id : survivors) {
        const std::vector<double> values = values_of(id);
        for (std::size_t i = 0; i < length; i++) {
            expected[i] += values[i];
        }
    }
    double worst = 0;
    for (std::size_t i = 0; i < length; i++) {
        worst = std::max(worst, std::abs(sum[i] - expected[i]));
    }
    // Each value was rounded to a multiple of 2^-20 once.
    const double bound = static_cast<double>(survivors.size()) * std::ldexp(0.5, -fraction);
    std::printf("%zu of %llu members are in the sum; its largest error is %.3g, and %.3g was to be expected\n", survivors.size(),
                static_cast<unsigned long long>(members), worst, bound);
    return survivors.size() == members - 2 && worst <= bound ? 0 : 1;
}

} // namespace

int main() {
    try {
        return play();
    } catch (const std::exception &error) {
        std::fprintf(stderr, "in_process: %s\n", error.what());
        return 1;
    }
}
