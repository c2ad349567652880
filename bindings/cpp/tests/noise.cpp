// Samplers, transforms and central noise: that the calls reach the right functions with the right arguments. The functions have tests of their own.
#include "check.hpp"

#include <array>
#include <cmath>
#include <numeric>

using namespace cloakwork;

namespace {

template <class T>
double mean_square(const std::vector<T> &samples) {
    const double squares =
        std::accumulate(samples.begin(), samples.end(), 0.0, [](double sum, T x) { return sum + static_cast<double>(x) * static_cast<double>(x); });
    return squares / static_cast<double>(samples.size());
}

// Samples of a variance, with a tolerance of ten standard deviations of the mean square: false alarms below 10^-20 for each.
void samplers() {
    constexpr std::size_t count = 20000;
    CHECK(std::abs(mean_square(GET(discrete_gaussian(10, count))) / 100 - 1) < 0.1);
    CHECK(std::abs(mean_square(GET(discrete_gaussian(10, count, Suite::chacha20))) / 100 - 1) < 0.1);
    CHECK(std::abs(mean_square(GET(discrete_gaussian_vartime({100, 4}, count))) / 25 - 1) < 0.1);
    CHECK(std::abs(mean_square(GET(skellam_vartime({50, 2}, count))) / 25 - 1) < 0.1);
    // Twice the squared scale, up to the grid; the fourth moment of Laplace's distribution is larger.
    CHECK(std::abs(mean_square(GET(discrete_laplace_vartime({100, 5}, count))) / 800 - 1) < 0.16);
    CHECK(GET(discrete_gaussian_of(Bytes32{1}, 3.5, 50)) == GET(discrete_gaussian_of(Bytes32{1}, 3.5, 50)));
    CHECK(GET(discrete_gaussian_of(Bytes32{1}, 3.5, 50)) != GET(discrete_gaussian_of(Bytes32{2}, 3.5, 50)));
    CHECK(GET(discrete_gaussian(1, 0)).empty());
    CHECK(ERROR_OF(discrete_gaussian(0.1, 10)).status == CLOAK_ERR_INVALID_ARGUMENT);
    CHECK(ERROR_OF(skellam_vartime({1, 0}, 10)).status == CLOAK_ERR_INVALID_ARGUMENT);
    const Random failing([](span<std::uint8_t>) { return false; });
    CHECK(ERROR_OF(discrete_gaussian(1, 10, Suite::chacha20, failing)).status == CLOAK_ERR_RANDOMNESS);
    CHECK(ERROR_OF(discrete_laplace_vartime({1, 1}, 10, failing)).status == CLOAK_ERR_RANDOMNESS);
}

void transforms() {
    std::vector<double> values = {1, 2, 3, 4};
    GET(hadamard::transform(values, false));
    CHECK(values == std::vector<double>{10, -2, -4, 0});
    GET(hadamard::transform(values));
    CHECK(values == std::vector<double>{2, 4, 6, 8});
    std::array<std::int64_t, 4> whole = {1, 2, 3, 4};
    GET(hadamard::rotate(whole, Suite::chacha20, Bytes32{5}, 8));
    GET(hadamard::unrotate(whole, Suite::chacha20, Bytes32{5}, 8));
    CHECK(whole == std::array<std::int64_t, 4>{4, 8, 12, 16});
    GET(hadamard::rotate(span<double>(values), Suite::aes128_ctr, Bytes32{6}));
    const double norm = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
    CHECK(std::abs(norm - 120) < 1e-9);
    std::vector<float> three(3);
    CHECK(ERROR_OF(hadamard::transform(three)).status == CLOAK_ERR_INVALID_LENGTH);
    CHECK(ERROR_OF(hadamard::transform(whole, true)).status == CLOAK_ERR_INVALID_ARGUMENT);
}

void central() {
    Central noise;
    noise.epsilon = 1;
    noise.delta = 1e-5;
    noise.clip = 1;
    const double sigma = GET(noise.scale(20000));
    std::vector<double> values(20000);
    GET(noise.noise_vartime(values));
    CHECK(std::abs(mean_square(values) / (sigma * sigma) - 1) < 0.1);
    noise.kind = Central::Kind::laplace;
    CHECK(ERROR_OF(noise.noise_vartime(values)).status == CLOAK_ERR_INVALID_ARGUMENT);
    noise.delta = 0;
    CHECK(GET(noise.scale(10)) > 0);
    noise.epsilon = -1;
    CHECK(ERROR_OF(noise.scale(10)).parameter.value_or(Parameter()).number == CLOAK_PARAMETER_EPSILON);
}

} // namespace

void test_noise() {
    samplers();
    transforms();
    central();
}
