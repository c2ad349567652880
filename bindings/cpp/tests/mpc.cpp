// Secret tensors: every operator against plain numbers, for several numbers of parties; who learns what; costs; parties over a transport of one's own;
// what is refused.
#include "check.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <map>

using namespace cloakwork;
using mpc::Numbers;
using mpc::Session;
using mpc::Shape;
using mpc::Tensor;
using Reals = std::vector<double>;
using Whole = std::vector<std::int64_t>;

// A secret is no condition, and only numbers that the library takes are shared.
static_assert(!std::is_convertible_v<Tensor, bool> && !std::is_constructible_v<bool, Tensor>);
static_assert(!std::is_constructible_v<Numbers, std::vector<std::uint64_t>> && !std::is_constructible_v<Numbers, Tensor>);

namespace {

constexpr double unit = 1.0 / 65536;

Reals open(const Tensor &tensor) { return GET(tensor.open()).reals(); }
Whole whole(const Tensor &tensor) { return GET(tensor.open()).integers(); }

bool near(const Reals &found, const Reals &wanted, double units = 4) {
    bool out = found.size() == wanted.size();
    for (std::size_t i = 0; out && i < found.size(); i++) {
        out = std::abs(found[i] - wanted[i]) <= units * unit;
    }
    return out;
}

template <class Function>
Reals map(const Reals &values, Function function) {
    Reals out;
    for (const double value : values) {
        out.push_back(function(value));
    }
    return out;
}

void arithmetic(const Session &session) {
    const Reals a = {1.5, -2.25, 100, 0.5};
    const Whole n = {2, -3, 7, 1};
    const Tensor x = GET(session.share(a));
    const Tensor y = GET(session.share(n, 1));
    CHECK(x.kind() == mpc::Kind::real && y.kind() == mpc::Kind::integer && x.shape() == Shape{4} && x.size() == 4);
    CHECK(near(open(GET(x + y)), {3.5, -5.25, 107, 1.5}) && near(open(GET(x - y)), {-0.5, 0.75, 93, -0.5}));
    CHECK(near(open(GET(y - x)), {0.5, -0.75, -93, 0.5}) && near(open(GET(x * y)), {3, 6.75, 700, 0.5}));
    CHECK(near(open(GET(x * x)), {2.25, 5.0625, 10000, 0.25}) && near(open(GET(x.square())), {2.25, 5.0625, 10000, 0.25}));
    CHECK(near(open(GET(-x)), {-1.5, 2.25, -100, -0.5}) && near(open(GET(x / y)), {0.75, 0.75, 100.0 / 7, 0.5}));
    CHECK(near(open(GET(1 + x)), {2.5, -1.25, 101, 1.5}) && near(open(GET(1.5 - y)), {-0.5, 4.5, -5.5, 0.5}));
    CHECK(near(open(GET(2.5 * y)), {5, -7.5, 17.5, 2.5}) && near(open(GET(x / 4)), {0.375, -0.5625, 25, 0.125}));
    CHECK(near(open(GET(1 / y)), {0.5, -1.0 / 3, 1.0 / 7, 1}) && near(open(GET(a + x)), {3, -4.5, 200, 1}));
    CHECK(near(open(GET(x - a)), {0, 0, 0, 0}) && near(open(GET(GET(x.at(3)).power(3))), {0.125}));
    CHECK(near(open(GET(x.abs())), {1.5, 2.25, 100, 0.5}) && near(open(GET(x.relu())), {1.5, 0, 100, 0.5}));
    CHECK(near(open(GET(GET(x.gather({0, 3})).polynomial({1, 0, -2, 0.5}))), {-1.8125, 0.5625}, 40));
    // Whole numbers are exact, and wrap.
    const Tensor large = GET(session.share(Whole{1099511627776, INT64_MIN / 2, 3, -7}));
    CHECK(whole(GET(GET(large * 3) - large)) == Whole({2199023255552, INT64_MIN, 6, -14}));
    CHECK(whole(GET(GET(large.power(2)).gather({2, 3}))) == Whole({9, 49}) && whole(GET(large - 1)).back() == -8);
    CHECK(near(open(GET(session.share(2.5))), {2.5}) && whole(GET(session.share(std::int64_t{-5}, 1))) == Whole{-5});
}

void comparisons(const Session &session) {
    const Whole a = {1, 5, 5, INT64_MIN};
    const Whole b = {2, 5, -7, INT64_MAX};
    const Tensor x = GET(session.share(a));
    const Tensor y = GET(session.share(b));
    CHECK(whole(GET(x < y)) == Whole({1, 0, 0, 1}) && whole(GET(x <= y)) == Whole({1, 1, 0, 1}));
    CHECK(whole(GET(x > y)) == Whole({0, 0, 1, 0}) && whole(GET(x >= y)) == Whole({0, 1, 1, 0}));
    CHECK(whole(GET(x == y)) == Whole({0, 1, 0, 0}) && whole(GET(x != y)) == Whole({1, 0, 1, 1}));
    CHECK(whole(GET(x > 4)) == Whole({0, 1, 1, 0}) && whole(GET(4 > x)) == Whole({1, 0, 0, 1}) && whole(GET(x == a)) == Whole({1, 1, 1, 1}));
    const Tensor less = GET(x < y);
    const Tensor more = GET(x > 4);
    CHECK(less.kind() == mpc::Kind::bit && whole(GET(less & more)) == Whole({0, 0, 0, 0}) && whole(GET(less | more)) == Whole({1, 1, 1, 1}));
    CHECK(whole(GET(less ^ more)) == Whole({1, 1, 1, 1}) && whole(GET(~less)) == Whole({0, 1, 1, 0}) && whole(GET(less.sum())) == Whole{2});
    CHECK(whole(GET(mpc::where(GET(x == y), 10, GET(GET(x.at(1)) + 1)))) == Whole({6, 10, 6, 6}));
    const Tensor r = GET(session.share(Reals{0.25, 1, 2.5, 7}));
    CHECK(near(open(GET(mpc::maximum(r, 2))), {2, 2, 2.5, 7}) && near(open(GET(mpc::minimum(r, GET(r.at(1))))), {0.25, 1, 1, 1}));
    CHECK(near(open(GET(r.clamp(0.5, 2.0))), {0.5, 1, 2, 2}) && whole(GET(r < 1.5)) == Whole({1, 1, 0, 0}));
}

void functions(const Session &session) {
    const Reals a = {0.25, 1, 2.5, 7};
    const Tensor x = GET(session.share(a));
    CHECK(near(open(GET(x.sigmoid())), map(a, [](double v) { return 1 / (1 + std::exp(-v)); })));
    CHECK(near(open(GET(x.tanh())), map(a, [](double v) { return std::tanh(v); })));
    CHECK(near(open(GET(x.exp())), map(a, [](double v) { return std::exp(v); }), 20));
    CHECK(near(open(GET(x.log())), map(a, [](double v) { return std::log(v); })));
    CHECK(near(open(GET(x.sqrt())), map(a, [](double v) { return std::sqrt(v); })));
    CHECK(near(open(GET(x.rsqrt())), map(a, [](double v) { return 1 / std::sqrt(v); })));
    CHECK(near(open(GET(x.reciprocal())), map(a, [](double v) { return 1 / v; })));
    const Reals parts = open(GET(x.softmax()));
    const double all = std::exp(0.25) + std::exp(1) + std::exp(2.5) + std::exp(7);
    CHECK(near(parts, map(a, [&](double v) { return std::exp(v) / all; }), 8));
}

void shapes(const Session &session) {
    const Whole a = {3, 1, 2, -4, 9, 9};
    const Tensor x = GET(session.share(a, 0, Shape{2, 3}));
    CHECK(whole(GET(x.sum())) == Whole{20} && whole(GET(x.sum(0))) == Whole({-1, 10, 11}) && whole(GET(x.sum(1))) == Whole({6, 14}));
    CHECK(whole(GET(x.max())) == Whole{9} && whole(GET(x.max(0))) == Whole({3, 9, 9}) && whole(GET(x.min(1))) == Whole({1, -4}));
    CHECK(whole(GET(x.argmax())) == Whole{4} && whole(GET(x.argmax(1))) == Whole({0, 1}) && whole(GET(x.argmin(0))) == Whole({1, 0, 0}));
    CHECK(near(open(GET(x.mean(1))), {2, 14.0 / 3}, 8) && near(open(GET(x.median())), {2.5}) && near(open(GET(x.median(1))), {2, 9}));
    CHECK(whole(GET(x.sort())) == Whole({1, 2, 3, -4, 9, 9}) && whole(GET(x.sort(0))) == Whole({-4, 1, 2, 3, 9, 9}));
    const Tensor turned = GET(x.transpose());
    CHECK(turned.shape() == Shape({3, 2}) && whole(turned) == Whole({3, -4, 1, 9, 2, 9}));
    CHECK(GET(x.reshape({3, 2})).shape() == Shape({3, 2}) && whole(GET(x.reshape({6}))) == a && whole(GET(x.at(1))) == Whole({-4, 9, 9}));
    CHECK(whole(GET(x.gather({5, 0, 0}))) == Whole({9, 3, 3}) && GET(x.gather({1, 2}, Shape{2, 1})).shape() == Shape({2, 1}));
    CHECK(whole(GET(x + Whole{10, 20, 30})) == Whole({13, 21, 32, 6, 29, 39}) && whole(GET(x - GET(x.at(0)))) == Whole({0, 0, 0, -7, 8, 7}));
    const Tensor joined = GET(mpc::concatenate({x, GET(session.share(Reals{0.5, 0.25, 0}, 1, Shape{1, 3}))}));
    CHECK(joined.shape() == Shape({3, 3}) && joined.kind() == mpc::Kind::real && near(open(GET(joined.at(2))), {0.5, 0.25, 0}));
    const Tensor product = GET(mpc::matmul(x, turned));
    CHECK(product.shape() == Shape({2, 2}) && whole(product) == Whole({14, 15, 15, 178}));
    CHECK(whole(GET(mpc::matmul(x, Whole{1, 0, 2}))) == Whole({7, 14}) && GET(mpc::matmul(Whole{1, 1}, x)).shape() == Shape{3});
    Whole rows = whole(GET(GET(session.share(Whole{4, 5, 6})).shuffle()));
    std::sort(rows.begin(), rows.end());
    CHECK(rows == Whole({4, 5, 6}) && near(open(GET(x.convert(mpc::Kind::real))), {3, 1, 2, -4, 9, 9}));
    // A cube, of which every axis is the last one once.
    Whole cube(24);
    std::iota(cube.begin(), cube.end(), std::int64_t{0});
    const Tensor z = GET(session.share(cube, 0, Shape{2, 3, 4}));
    CHECK(whole(GET(z.sum(1))) == Whole({12, 15, 18, 21, 48, 51, 54, 57}) && GET(z.sum(0)).shape() == Shape({3, 4}));
    CHECK(GET(z.transpose()).shape() == Shape({4, 3, 2}) && whole(GET(GET(z.transpose()).at(1))) == Whole({1, 13, 5, 17, 9, 21}));
    CHECK(whole(GET(GET(-z).sort(1))) == whole(GET(GET(GET(-z).gather({8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3, 20, 21, 22, 23, 16, 17, 18, 19, 12, 13, 14, 15})).reshape({2, 3, 4}))));
}

void openings() {
    const Session session = GET(Session::local());
    const Tensor x = GET(session.share(Reals{1.5, 2.5}));
    const auto learned = GET(x.open_to({2, 0, 2}));
    CHECK(learned.size() == 3 && learned[0] && learned[2] && !learned[1] && learned[0]->reals() == Reals({1.5, 2.5}));
    CHECK(GET(x.open()).real() && GET(x.open()).integers().empty());
    const auto shares = GET(GET(session.share(Whole{1234567})).shares());
    CHECK(shares.size() == 3 && shares[0][0] + shares[1][0] + shares[2][0] == 1234567);
}

void costs() {
    const Session session = GET(Session::local());
    const Tensor x = GET(session.share(Reals{2, 3}));
    const Tensor y = GET(session.share(Reals{5, 7}));
    GET(session.run());
    const mpc::Cost before = GET(session.cost());
    const Tensor product = GET(x * y);
    const Tensor kept[] = {GET(product.sqrt()), GET(x.sigmoid()), GET(x < y)};
    const mpc::Explanation explained = GET(session.explain());
    CHECK(explained.steps.size() == 4 && explained.steps[0].operation == "multiply" && explained.steps[1].operation == "square root");
    CHECK(explained.table().find("together") != std::string::npos && explained.total.rounds > 0);
    GET(session.run());
    const mpc::Cost after = GET(session.cost());
    mpc::Cost spent;
    spent.rounds = after.rounds - before.rounds;
    spent.bytes = after.bytes - before.bytes;
    spent.corrections = after.corrections - before.corrections;
    CHECK(explained.total == spent && GET(session.making_cost()) == mpc::Cost() && near(open(kept[0]), {std::sqrt(10.0), std::sqrt(21.0)}));
    // Without a dealer the same comes out at the same cost, and what makes correlated randomness is counted by itself.
    const Session others = GET(Session::local_without_dealer(3));
    const Tensor same = GET(GET(GET(others.share(Reals{2, 3})) * GET(others.share(Reals{5, 7}))).sqrt());
    CHECK(open(same) == open(kept[0]) && GET(others.making_cost()).bytes > 0);
}

// Three parties, each with a session of its own, whose messages the caller carries.
// Whoever watches sees every message, by round, sender and receiver, and as many bytes as were counted.
void watched() {
    const Session session = GET(Session::local(3));
    std::vector<std::array<std::uint64_t, 3>> seen;
    std::uint64_t bytes = 0;
    session.watch([&](const mpc::Message &message) {
        seen.push_back({message.round, message.sender, message.receiver});
        bytes += message.sender == 0 && message.receiver == 1 ? message.content.size() - 8 : 0;
    });
    const Tensor x = GET(session.share(Reals{1.5, 2.5}));
    const Tensor product = GET(x * x);
    CHECK(near(open(product), {2.25, 6.25}));
    const mpc::Cost cost = GET(session.cost());
    CHECK(seen.size() == 6 * cost.rounds && bytes == cost.bytes);
    bool in_order = true;
    for (std::size_t i = 0; i < seen.size(); i++) {
        in_order = in_order && seen[i][0] == i / 6 && seen[i][1] != seen[i][2] && seen[i][1] == i % 6 / 2;
    }
    CHECK(in_order);
    session.watch({});
    CHECK(near(open(x), {1.5, 2.5}) && seen.size() == 6 * cost.rounds);
}

void parties() {
    const mpc::Dealer dealer = GET(mpc::Dealer::create(3));
    std::vector<mpc::Party> all;
    for (std::uint32_t index = 0; index < 3; index++) {
        all.push_back(GET(mpc::Party::with_dealer(index, 3, mpc::Format(), dealer)));
    }
    CHECK(ERROR_OF(mpc::Party::with_dealer(0, 3, mpc::Format(), dealer)).status == CLOAK_ERR_DUPLICATE);
    std::vector<std::uint64_t> results;
    for (const mpc::Party &party : all) {
        const Reals own = {1.5, -2, 8};
        const std::uint64_t x = party.index() == 1 ? GET(party.input(own)) : GET(party.input(1, mpc::Kind::real, 3));
        const std::uint64_t known = GET(party.known(Whole{2, 3, 4}));
        const std::vector<std::uint64_t> product = GET(party.apply(CLOAK_MPC_MULTIPLY, std::array<std::uint64_t, 2>{x, known}));
        const std::vector<std::uint64_t> moved = GET(party.apply(CLOAK_MPC_ADD_PUBLIC, product, {}, Reals{0.5}));
        const std::vector<std::uint64_t> sum = GET(party.apply(CLOAK_MPC_SUM, moved, std::array<std::uint64_t, 1>{3}));
        CHECK(GET(party.form(moved[0])).length == 3 && GET(party.form(sum[0])).kind == mpc::Kind::real);
        results.push_back(GET(party.open(sum[0], std::array<std::uint32_t, 1>{2})));
        GET(party.forget(x));
        CHECK(ERROR_OF(party.form(x)).status == CLOAK_ERR_INVALID_ARGUMENT && ERROR_OF(party.reals(results.back())).status == CLOAK_ERR_OUT_OF_ORDER);
    }
    while (GET(all[0].advance())) {
        CHECK(GET(all[1].advance()) && GET(all[2].advance()));
        std::map<std::pair<std::uint32_t, std::uint32_t>, Bytes> sent;
        for (const mpc::Party &from : all) {
            for (const mpc::Party &to : all) {
                if (from.index() != to.index()) {
                    sent[{from.index(), to.index()}] = GET(from.message(to.index()));
                }
            }
        }
        for (const auto &entry : sent) {
            const std::uint32_t from = entry.first.first;
            const mpc::Party &to = all[entry.first.second];
            const Bytes &message = entry.second;
            const ByteView shorter(message.data(), message.size() - 1);
            CHECK(ERROR_OF(to.receive(from, shorter)).status == CLOAK_ERR_MALFORMED);
            GET(to.receive(from, message));
            CHECK(ERROR_OF(to.receive(from, message)).status != CLOAK_OK);
        }
    }
    CHECK(!GET(all[1].advance()) && !GET(all[2].advance()) && GET(all[2].reals(results[2])) == Reals{30.5});
    CHECK(ERROR_OF(all[0].reals(results[0])).status == CLOAK_ERR_NOT_IN_SET && ERROR_OF(all[2].integers(results[2])).status == CLOAK_ERR_INVALID_ARGUMENT);
    GET(all[2].forget_result(results[2]));
    CHECK(GET(all[0].cost()) == GET(all[1].cost()) && GET(all[0].cost()).rounds > 0);
}

void refused() {
    const Session session = GET(Session::local());
    const Session others = GET(Session::local(2));
    const Tensor x = GET(session.share(Reals{1, 2}));
    const Tensor three = GET(session.share(Reals{1, 2, 3}));
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    const Error of_numbers = ERROR_OF(session.share(Reals{nan}));
    CHECK(of_numbers.status == CLOAK_ERR_NOT_FINITE && of_numbers.argument == "numbers");
    CHECK(ERROR_OF(session.share(Reals{1e9})).status == CLOAK_ERR_OUT_OF_RANGE && ERROR_OF(session.share(infinity)).status == CLOAK_ERR_NOT_FINITE);
    CHECK(ERROR_OF(session.share(Reals{1}, 3)).argument == "owner" && ERROR_OF(session.share(Reals{1, 2}, 0, Shape{3})).argument == "shape");
    CHECK(ERROR_OF(x + three).status == CLOAK_ERR_INVALID_LENGTH && ERROR_OF(x + Reals{1, 2, 3}).status == CLOAK_ERR_INVALID_LENGTH);
    const Error strangers = ERROR_OF(x + GET(others.share(Reals{1, 2})));
    CHECK(strangers.status == CLOAK_ERR_INVALID_ARGUMENT && strangers.message().find("different sessions") != std::string::npos);
    CHECK(ERROR_OF(mpc::where(GET(x < 1), x, GET(others.share(Reals{1, 2})))).status == CLOAK_ERR_INVALID_ARGUMENT);
    CHECK(ERROR_OF(mpc::concatenate({x, GET(others.share(Reals{1, 2}))})).status == CLOAK_ERR_INVALID_ARGUMENT);
    CHECK(ERROR_OF(x & x).status == CLOAK_ERR_INVALID_ARGUMENT && ERROR_OF(~x).status == CLOAK_ERR_INVALID_ARGUMENT);
    CHECK(ERROR_OF(mpc::where(x, x, x)).status == CLOAK_ERR_INVALID_ARGUMENT && ERROR_OF(x.convert(mpc::Kind::integer)).status == CLOAK_ERR_INVALID_ARGUMENT);
    CHECK(ERROR_OF(x / 0).argument == "divisor" && ERROR_OF(x / Reals{1, 0}).argument == "divisor" && ERROR_OF(x / nan).status == CLOAK_ERR_NOT_FINITE);
    CHECK(ERROR_OF(x + nan).status == CLOAK_ERR_NOT_FINITE && ERROR_OF(x < infinity).status == CLOAK_ERR_NOT_FINITE);
    CHECK(ERROR_OF(x.polynomial({nan})).status == CLOAK_ERR_NOT_FINITE && ERROR_OF(x.clamp(nan, 1.0)).status == CLOAK_ERR_NOT_FINITE);
    CHECK(ERROR_OF(x < 1e9).status == CLOAK_ERR_OUT_OF_RANGE);
    // Known when it is computed, and then of this value alone.
    const Tensor beyond = GET(x + 1e9);
    CHECK(ERROR_OF(beyond.open()).status == CLOAK_ERR_OUT_OF_RANGE && ERROR_OF(GET(x.clamp(2.0, 1.0)).open()).status == CLOAK_ERR_INVALID_ARGUMENT);
    CHECK(ERROR_OF(mpc::matmul(x, three)).status == CLOAK_ERR_INVALID_LENGTH && ERROR_OF(mpc::concatenate({})).argument == "tensors");
    CHECK(ERROR_OF(mpc::concatenate({x, GET(x.reshape({2, 1}))})).argument == "tensors" && ERROR_OF(x.reshape({3})).argument == "shape");
    CHECK(ERROR_OF(x.sum(1)).argument == "axis" && ERROR_OF(x.sort(1)).argument == "axis" && ERROR_OF(x.mean(1)).argument == "axis");
    CHECK(ERROR_OF(x.at(2)).argument == "place" && ERROR_OF(x.gather({2})).status == CLOAK_ERR_INVALID_ARGUMENT);
    CHECK(ERROR_OF(x.gather({1}, Shape{2})).argument == "shape" && ERROR_OF(x.open_to({})).argument == "receivers");
    CHECK(ERROR_OF(x.open_to({3})).status == CLOAK_ERR_INVALID_ARGUMENT && ERROR_OF(GET(session.share(1.0)).shuffle()).status == CLOAK_ERR_INVALID_LENGTH);
    CHECK(near(open(GET(x + 1)), {2, 3}));
    CHECK(ERROR_OF(Session::local(1)).status == CLOAK_ERR_INVALID_ARGUMENT && ERROR_OF(Session::local_without_dealer(0)).status == CLOAK_ERR_INVALID_ARGUMENT);
    mpc::Format wrong;
    wrong.bits = 70;
    CHECK(ERROR_OF(Session::local(3, wrong)).status == CLOAK_ERR_INVALID_ARGUMENT);
    wrong = mpc::Format();
    wrong.suite = static_cast<Suite>(9);
    CHECK(ERROR_OF(Session::local(3, wrong)).status == CLOAK_ERR_UNSUPPORTED);
    const Random empty([](span<std::uint8_t>) { return false; });
    CHECK(ERROR_OF(Session::local(3, mpc::Format(), empty)).status == CLOAK_ERR_RANDOMNESS && ERROR_OF(x.shuffle(empty)).status == CLOAK_ERR_RANDOMNESS);
#ifdef CLOAKWORK_NO_EXCEPTIONS
    // The result of an operator is an operand of the next, and so is its error.
    CHECK(near(open(GET((x * 2 + x) / 4)), {0.75, 1.5}) && ERROR_OF((x + three) * 2 < x).status == CLOAK_ERR_INVALID_LENGTH);
#endif
}

void moved_from() {
    Session session = GET(Session::local());
    Tensor x = GET(session.share(Reals{1, 2}));
    mpc::Dealer dealer = GET(mpc::Dealer::create(2));
    mpc::Party party = GET(mpc::Party::with_dealer(0, 2, mpc::Format(), dealer));
    const Tensor kept = std::move(x);
    const Session still = std::move(session);
    const mpc::Party taken = std::move(party);
    // NOLINTBEGIN(bugprone-use-after-move,clang-analyzer-cplusplus.Move): that they are refused is what is tested.
    CHECK(ERROR_OF(x.open()).status == CLOAK_ERR_NULL_POINTER && ERROR_OF(x + 1).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(kept * x).status == CLOAK_ERR_NULL_POINTER && ERROR_OF(x < kept).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(x.exp()).status == CLOAK_ERR_NULL_POINTER && ERROR_OF(x.sum()).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(x.shares()).status == CLOAK_ERR_NULL_POINTER && ERROR_OF(x.open_to({0})).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(x.shuffle()).status == CLOAK_ERR_NULL_POINTER && x.kind() == mpc::Kind::integer);
    CHECK(ERROR_OF(session.share(Reals{1})).status == CLOAK_ERR_NULL_POINTER && ERROR_OF(session.run()).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(session.explain()).status == CLOAK_ERR_NULL_POINTER && ERROR_OF(session.cost()).status == CLOAK_ERR_NULL_POINTER);
    CHECK(session.parties() == 0 && ERROR_OF(session.making_cost()).status == CLOAK_ERR_NULL_POINTER);
    CHECK(ERROR_OF(party.advance()).status == CLOAK_ERR_NULL_POINTER && ERROR_OF(party.known(Reals{1})).status == CLOAK_ERR_NULL_POINTER);
    // NOLINTEND(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    CHECK(near(open(kept), {1, 2}) && still.parties() == 3 && GET(taken.advance()));
}

// A tensor keeps the parties alive, and forgets its value when its last copy ends.
void lifetimes() {
    std::optional<Tensor> x;
    {
        const Session session = GET(Session::local(2));
        x = GET(session.share(Reals{1, 2}));
    }
    CHECK(near(open(*x), {1, 2}));
    const Tensor same = *x;
    x.reset();
    CHECK(near(open(same), {1, 2}));
}

} // namespace

void test_mpc() {
    for (const std::uint32_t count : {2U, 3U, 5U}) {
        const Session session = GET(Session::local(count));
        CHECK(session.parties() == count);
        arithmetic(session);
        comparisons(session);
        functions(session);
        shapes(session);
    }
    openings();
    costs();
    watched();
    parties();
    refused();
    moved_from();
    lifetimes();
}
