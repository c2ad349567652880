// Two hospitals and a registry compute on the hospitals' numbers without showing them: whose mean stay is longer, mean and median over all patients, and
// how many stayed longer than ten days. Ends with 0 if what they learned is what the pooled numbers give.
#include <algorithm>
#include <cloakwork.hpp>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace mpc = cloakwork::mpc;

namespace {

// Days of stay, which each hospital keeps to itself.
const std::vector<double> oslo = {3.5, 12, 7.25, 4, 21, 6.5, 2};
const std::vector<double> turin = {5, 9.5, 8, 30.25, 11, 2.75};

double mean(const std::vector<double> &values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

int play() {
    // Three parties: 0 and 1 are the hospitals, 2 has no data and helps to compute.
    const mpc::Session session = mpc::Session::local(3);
    const mpc::Tensor x = session.share(oslo, 0);
    const mpc::Tensor y = session.share(turin, 1);
    const mpc::Tensor all = mpc::concatenate({x, y});
    const mpc::Tensor median = all.median();
    const mpc::Tensor longer = (all > 10).sum();
    const mpc::Tensor average = all.mean();
    const mpc::Tensor oslo_is_longer = x.mean() > y.mean();
    std::printf("%s\n", session.explain().table().c_str());

    // Everybody learns these, and nobody a number of a patient.
    const bool found_longer = oslo_is_longer.open().integers().front() == 1;
    const double found_average = average.open().reals().front();
    const std::int64_t found_count = longer.open().integers().front();
    // The median goes to the registry alone: it could be one patient's number.
    const double found_median = median.open_to({2})[2]->reals().front();
    std::printf("longer mean stay: %s\nmean %.3f, median %.3f, longer than ten days: %lld of %zu\n", found_longer ? "Oslo" : "Turin", found_average,
                found_median, static_cast<long long>(found_count), all.size());

    std::vector<double> pooled = oslo;
    pooled.insert(pooled.end(), turin.begin(), turin.end());
    std::sort(pooled.begin(), pooled.end());
    const double wanted_median = pooled[pooled.size() / 2];
    const auto wanted_count = std::count_if(pooled.begin(), pooled.end(), [&](double one) { return one > 10; });
    const bool right = found_longer == (mean(oslo) > mean(turin)) && std::abs(found_average - mean(pooled)) < 1e-4 &&
                       found_median == wanted_median && found_count == wanted_count;
    return right ? 0 : 1;
}

} // namespace

int main() {
    try {
        return play();
    } catch (const cloakwork::Exception &error) {
        std::fprintf(stderr, "hospitals: %s\n", error.what());
        return 1;
    }
}
