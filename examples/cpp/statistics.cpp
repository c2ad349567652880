// Mean and variance of a quantity over four sites that show nobody their rows: exactly, and then with differential privacy. Ends with 0 if the exact
// result is that of the pooled rows, and the private one as near to it as its plan states.
#include <cmath>
#include <cstdio>
#include <numeric>
#include <random>

#include "table.hpp"

namespace cw = cloakwork;

namespace {

constexpr std::uint64_t sites = 4;
constexpr std::size_t rows = 500;
// Every row is between these, as everybody knows beforehand: a quantity such as an age in years.
constexpr double low = 0;
constexpr double high = 100;
constexpr std::int8_t fraction = 20;

struct Summary {
    double mean = 0;
    double variance = 0;
};

Summary summary(double count, double sum, double squares) {
    return {sum / count, (squares - sum * sum / count) / (count - 1)};
}

// The rows of a site: made up here, and never in a message.
std::vector<double> rows_of(std::uint64_t site) {
    std::minstd_rand draw(static_cast<unsigned>(site));
    std::normal_distribution<double> around(40 + 5 * static_cast<double>(site), 12);
    std::vector<double> out(rows);
    for (double &row : out) {
        row = std::min(high, std::max(low, around(draw)));
    }
    return out;
}

// Count, sum and sum of squares.
std::vector<double> moments(const std::vector<double> &values) {
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    const double squares = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
    return {static_cast<double>(values.size()), sum, squares};
}

Table open_office(cw::RunConfig config) {
    std::map<std::uint64_t, cw::Identity> identities;
    std::vector<cw::Member> roster;
    for (std::uint64_t id = 1; id <= sites; id++) {
        cw::Identity identity = cw::Identity::generate();
        roster.push_back({id, identity.public_key()});
        identities.emplace(id, std::move(identity));
    }
    config.beacon = cw::Identity::generate().public_key();
    std::copy_n(config.beacon.begin(), config.run_id.size(), config.run_id.begin());
    return {cw::Run::define(config, roster), identities};
}

Summary exact() {
    cw::RunConfig config;
    // 60 bits hold the squares of all rows of all sites.
    config.segments = {{"moments", 3, 60, fraction, true}};
    Table office = open_office(config);
    const std::vector<cw::Residues> sums =
        office.round({}, [](std::uint64_t id, cw::Client &client) { return client.mask({moments(rows_of(id))}); });
    const std::vector<double> all = office.run().to_f64(0, sums.front());
    return summary(all[0], all[1], all[2]);
}

struct Private {
    Summary found;
    double epsilon = 0;
    // Standard deviations of the errors of mean and variance, to first order.
    Summary error;
};

// A row is scaled to -1 ... 1, so what it adds to the sums of values and squares has an L2 norm of at most sqrt 2; the epsilon holds for its exchange
// by any other row. The number of rows is known to all and needs no noise.
Private with_noise(double epsilon, double delta) {
    const double middle = (low + high) / 2;
    const double half = (high - low) / 2;
    cw::RunConfig config;
    cw::Wanted wanted;
    wanted.dimension = 2;
    wanted.block_log2 = 1;
    wanted.epsilon = epsilon;
    wanted.delta = delta;
    wanted.rounds = 1;
    wanted.clients = sites;
    wanted.honest = config.honest_for(sites);
    wanted.unit = cw::Unit::record(std::sqrt(2.0));
    wanted.clip = static_cast<double>(rows) * std::sqrt(2.0);
    wanted.bits = cw::narrowest(wanted);
    const cw::Plan plan = cw::choose(wanted);
    config.max_rounds = 1;
    config.mechanism = plan.mechanism;
    config.segments = {cw::private_segment(plan.mechanism, wanted.bits)};
    Table office = open_office(config);
    const std::vector<cw::Residues> sums = office.round({}, [&](std::uint64_t id, cw::Client &client) {
        std::vector<double> scaled = rows_of(id);
        for (double &row : scaled) {
            row = (row - middle) / half;
        }
        const std::vector<double> all = moments(scaled);
        cw::Contribution given = cw::Contribution::begin(plan.mechanism, wanted.bits, config.suite, client.rotation_seed());
        given.add(std::vector<double>{all[1], all[2]});
        return client.mask({given});
    });
    const std::vector<double> all = office.run().private_vector(office.rotation(), sums.front());
    const auto count = static_cast<double>(sites * rows);
    const Summary of_scaled = summary(count, all[0], all[1]);
    const double deviation = std::hypot(plan.error_noise, plan.error_quantisation, plan.error_wrap);
    Private out;
    out.found = {middle + half * of_scaled.mean, half * half * of_scaled.variance};
    out.epsilon = plan.epsilon;
    out.error = {half * deviation / count, half * half * deviation * std::hypot(1.0, 2 * of_scaled.mean) / (count - 1)};
    return out;
}

int play() {
    std::vector<double> pooled;
    for (std::uint64_t site = 1; site <= sites; site++) {
        const std::vector<double> own = rows_of(site);
        pooled.insert(pooled.end(), own.begin(), own.end());
    }
    const std::vector<double> all = moments(pooled);
    const Summary wanted = summary(all[0], all[1], all[2]);
    const Summary found = exact();
    const Private noised = with_noise(1, 1e-6);
    std::printf("pooled rows       mean %.6f  variance %.6f\n", wanted.mean, wanted.variance);
    std::printf("secure sum        mean %.6f  variance %.6f\n", found.mean, found.variance);
    std::printf("epsilon %.4f    mean %.6f  variance %.6f  (expected errors %.3g and %.3g)\n", noised.epsilon, noised.found.mean,
                noised.found.variance, noised.error.mean, noised.error.variance);
    // Of sums that were rounded to multiples of 2^-20, divided by 2,000.
    const bool same = std::abs(found.mean - wanted.mean) < 1e-6 && std::abs(found.variance - wanted.variance) < 1e-4;
    // Seven standard deviations: noise alone passes them once in 10^11 runs.
    const bool near = std::abs(noised.found.mean - wanted.mean) < 7 * noised.error.mean &&
                      std::abs(noised.found.variance - wanted.variance) < 7 * noised.error.variance;
    return same && near && noised.epsilon <= 1 ? 0 : 1;
}

} // namespace

int main() {
    try {
        return play();
    } catch (const std::exception &error) {
        std::fprintf(stderr, "statistics: %s\n", error.what());
        return 1;
    }
}
