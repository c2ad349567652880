// Private rounds, the accountant, plans, and what is said about parameters that are refused.
#include "table.hpp"

#include <cmath>

using namespace cloakwork;

static_assert(!std::is_copy_constructible_v<Contribution> && !std::is_copy_constructible_v<Accountant>);

namespace {

constexpr std::uint8_t bits = 22;
constexpr std::uint32_t clients = 12;

Wanted wanted() {
    Wanted out;
    out.dimension = 60;
    out.epsilon = 5;
    out.delta = 1e-5;
    out.clip = 10;
    out.clients = clients;
    out.honest = 6;
    out.bits = bits;
    out.block_log2 = 6;
    return out;
}

double value(std::uint64_t id, std::size_t i) { return std::cos(static_cast<double>(id % 1000) + static_cast<double>(i)); }

RunConfig config(const Mechanism &mechanism) {
    RunConfig out;
    out.mechanism = mechanism;
    out.segments = {GET(private_segment(mechanism, bits))};
    return out;
}

// The error of a round with one member gone is of the size that the plan states.
void round() {
    const Plan plan = GET(choose(wanted()));
    CHECK(plan.epsilon <= 5 && plan.wrap_vector <= 1e-3);
    auto members = people(clients);
    const std::vector<Member> list = roster(members);
    Table table(GET(Run::define(config(plan.mechanism), list)), std::move(members));
    CHECK(GET(table.run.mechanism())->norm_bound == plan.mechanism.norm_bound);
    CHECK(GET(table.run.info()).private_vector == 1);
    table.contribute = [&](std::uint64_t id, Client &client) {
        Contribution part = GET(Contribution::begin(plan.mechanism, bits, Suite::aes128_ctr, GET(client.rotation_seed())));
        std::vector<double> vector(60);
        for (std::size_t i = 0; i < vector.size(); i++) {
            vector[i] = value(id, i);
        }
        CHECK(ERROR_OF(client.mask({part})).status == CLOAK_ERR_OUT_OF_ORDER);
        CHECK(ERROR_OF(client.mask({vector})).status != CLOAK_OK);
        GET(part.add(vector));
        CHECK(ERROR_OF(part.add(vector)).status == CLOAK_ERR_OUT_OF_ORDER);
        return GET(client.mask({part}));
    };
    table.set_up();
    table.seats.at(5).silent_from = CLOAK_BEGIN;
    const std::vector<Residues> sums = table.round();
    const std::vector<double> opened = GET(table.run.private_vector(table.rotation, sums.at(0)));
    CHECK(opened == GET(decode(plan.mechanism, bits, Suite::aes128_ctr, table.rotation, sums.at(0))));
    double squares = 0;
    for (std::size_t i = 0; i < opened.size(); i++) {
        double plain = 0;
        for (const auto &member : list) {
            plain += member.id == 5 ? 0 : value(member.id, i);
        }
        squares += (opened[i] - plain) * (opened[i] - plain);
    }
    // 60 Gaussians, of 11 clients' noise: outside of these bounds once in 10^15 rounds (Chernoff).
    const double error = std::sqrt(squares / 60);
    const double expected = std::hypot(plan.error_noise, plan.error_quantisation) * std::sqrt(11.0 / 12);
    CHECK(error < 2 * expected && error > expected / 4);
}

void run_without_mechanism() {
    RunConfig chosen;
    chosen.segments = {{"values", 4, 32, 8, true}};
    const auto members = people(3);
    const Run run = GET(Run::define(chosen, roster(members)));
    CHECK(!GET(run.mechanism()).has_value());
    CHECK(ERROR_OF(run.private_vector(Bytes32{}, Residues::zeros(CLOAK_U32, 4))).status == CLOAK_ERR_INVALID_ARGUMENT);
}

void parts() {
    Wanted some = wanted();
    some.parts = 3;
    some.unit = Unit::part();
    const Plan plan = GET(choose(some));
    Contribution sum = GET(Contribution::begin(plan.mechanism, bits, Suite::chacha20, Bytes32{7}));
    for (int part = 0; part < 3; part++) {
        CHECK(ERROR_OF(sum.residues()).status == CLOAK_ERR_OUT_OF_ORDER);
        CHECK(ERROR_OF(sum.add(std::vector<float>(59))).status == CLOAK_ERR_INVALID_LENGTH);
        CHECK(ERROR_OF(sum.add(std::vector<float>(60, NAN))).status == CLOAK_ERR_NOT_FINITE);
        GET(sum.add(std::vector<float>(60, 0.5F)));
    }
    const Residues residues = GET(sum.residues());
    CHECK(residues.size() == 64 && residues.as<std::uint32_t>() != nullptr);
    CHECK(GET(decode(plan.mechanism, bits, Suite::chacha20, Bytes32{7}, residues)).size() == 60);
    Contribution kept = std::move(sum);
    // NOLINTNEXTLINE(bugprone-use-after-move,clang-analyzer-cplusplus.Move): that it is refused is what is tested.
    CHECK(ERROR_OF(sum.residues()).status == CLOAK_ERR_NULL_POINTER && GET(kept.residues()).size() == 64);
    const Random failing([](span<std::uint8_t>) { return false; });
    Contribution without = GET(Contribution::begin(plan.mechanism, bits, Suite::chacha20, Bytes32{7}));
    CHECK(ERROR_OF(without.add(std::vector<double>(60), failing)).status == CLOAK_ERR_RANDOMNESS);
}

void accounting() {
    const Plan plan = GET(choose(wanted()));
    Accountant accountant = GET(Accountant::create());
    CHECK(GET(accountant.epsilon(1e-5)).epsilon == 0);
    GET(accountant.add(plan.mechanism, Unit::client(), 1));
    const Loss once = GET(accountant.epsilon(1e-5));
    CHECK(std::abs(once.epsilon - plan.epsilon) < 1e-9 && once.order > 1);
    // What an epsilon's delta is, is the delta whose epsilon it is.
    CHECK(std::abs(GET(accountant.delta(once.epsilon)) - 1e-5) < 1e-7);
    CHECK(GET(accountant.divergences()).size() > 10);
    GET(accountant.add(plan.mechanism, Unit::client(), 1));
    const double twice = GET(accountant.epsilon(1e-5)).epsilon;
    CHECK(twice > once.epsilon && twice < 2 * once.epsilon);
    CHECK(std::abs(GET(expect(plan.mechanism, Unit::client(), clients, bits, 1e-5, 2)).epsilon - twice) < 1e-9);
    Accountant zero_out = GET(Accountant::create());
    GET(zero_out.add(plan.mechanism, Unit::client(Neighbours::zero_out)));
    CHECK(GET(zero_out.epsilon(1e-5)).epsilon < once.epsilon);
    Accountant others = GET(Accountant::create());
    GET(others.add_gaussian(4));
    GET(others.add_skellam(10, 80, 1e4));
    GET(others.add_concentrated(0.01));
    GET(others.add_distributed_gaussian(10, 80, 20, 5, 64));
    GET(others.add_gaussian_subsampled_only_against_third_parties(4, 0.1));
    GET(others.add_subsampled_only_against_third_parties(plan.mechanism, Unit::client(), 0.1));
    CHECK(std::isfinite(GET(others.epsilon(1e-5)).epsilon));
}

void refused() {
    Wanted few = wanted();
    few.bits = 4;
    const Error error = ERROR_OF(choose(few));
    const Parameter parameter = error.parameter.value_or(Parameter());
    CHECK(error.status == CLOAK_ERR_INVALID_MECHANISM && parameter.number == CLOAK_PARAMETER_BITS);
    CHECK(parameter.given == 4 && parameter.works.value_or(0) > 4);
    // What the error proposes does work.
    few.bits = static_cast<std::uint8_t>(parameter.works.value_or(0));
    CHECK(GET(choose(few)).epsilon <= few.epsilon);
    CHECK(error.message().find("bits") != std::string::npos);
    Accountant accountant = GET(Accountant::create());
    const Error negative = ERROR_OF(accountant.add_gaussian(-1));
    CHECK(negative.parameter && negative.parameter->number == CLOAK_PARAMETER_SCALE && negative.parameter->given == -1);
    CHECK(ERROR_OF(accountant.epsilon(2)).parameter.value_or(Parameter()).number == CLOAK_PARAMETER_DELTA);
    const Error none = ERROR_OF(accountant.add(Mechanism(), Unit::client()));
    CHECK(none.status == CLOAK_ERR_INVALID_MECHANISM && none.parameter && none.message().find("nan") == std::string::npos);
    CHECK(ERROR_OF(decode(Mechanism(), bits, Suite::chacha20, Bytes32{}, Residues())).status == CLOAK_ERR_INVALID_MECHANISM);
}

} // namespace

void test_privacy() {
    round();
    run_without_mechanism();
    parts();
    accounting();
    refused();
}
