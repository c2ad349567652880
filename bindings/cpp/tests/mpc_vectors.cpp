// Operations in exact mode, word for word, for several numbers of parties (mpc.json).
#include "vectors.hpp"

#include <cmath>

using namespace cloakwork;
using mpc::Tensor;
using vectors::json;
using vectors::numbers;
using vectors::text;

namespace {

using Inputs = std::vector<Tensor>;

std::vector<std::int64_t> words(const json &given) { return numbers<std::int64_t>(given.at("words")); }

Tensor input(const mpc::Session &session, const json &given, std::int32_t fraction, std::uint32_t owner) {
    const std::vector<std::int64_t> all = words(given);
    if (given.at("kind") == "real") {
        std::vector<double> reals;
        for (const std::int64_t word : all) {
            reals.push_back(std::ldexp(static_cast<double>(word), -fraction));
        }
        return GET(session.share(reals, owner));
    }
    const Tensor whole = GET(session.share(all, owner));
    return given.at("kind") == "bit" ? GET(whole > 0) : whole;
}

// The public numbers of a case, one alone as such.
mpc::Numbers constants(const json &given) {
    if (given.contains("reals")) {
        const std::vector<double> all = vectors::column<double>(given.at("reals"), "ieee754");
        return all.size() == 1 ? mpc::Numbers(all[0]) : mpc::Numbers(all);
    }
    const auto all = numbers<std::int64_t>(given.at("integers"));
    return all.size() == 1 ? mpc::Numbers(all[0]) : mpc::Numbers(all);
}

Tensor of_rows(const std::string &operation, const Tensor &x, std::size_t columns) {
    const Tensor rows = GET(x.reshape({x.size() / columns, columns}));
    return operation == "sum"                 ? GET(rows.sum(1))
           : operation == "greatest"          ? GET(rows.max(1))
           : operation == "smallest"          ? GET(rows.min(1))
           : operation == "place_of_greatest" ? GET(rows.argmax(1))
           : operation == "place_of_smallest" ? GET(rows.argmin(1))
           : operation == "median"            ? GET(rows.median(1))
           : operation == "sort"              ? GET(rows.sort())
                                              : GET(rows.softmax());
}

Tensor with_numbers(const std::string &operation, const Inputs &in, const std::vector<std::size_t> &sizes) {
    if (operation == "matrix_product") {
        return GET(mpc::matmul(GET(in[0].reshape({sizes[0], sizes[1]})), GET(in[1].reshape({sizes[1], sizes[2]}))));
    }
    return operation == "power" ? GET(in[0].power(static_cast<std::uint32_t>(sizes[0]))) : of_rows(operation, in[0], sizes[0]);
}

Tensor with_constants(const std::string &operation, const Tensor &x, const mpc::Numbers &given) {
    if (operation == "clamp") {
        const std::vector<std::int64_t> whole = given.integers();
        return given.real() ? GET(x.clamp(given.reals()[0], given.reals()[1])) : GET(x.clamp(whole[0], whole[1]));
    }
    return operation == "polynomial" ? GET(x.polynomial(given.reals())) : operation == "add_public" ? GET(x + given) : GET(x * given);
}

Tensor of_one(const std::string &operation, const Tensor &x) {
    return operation == "negate"        ? GET(-x)
           : operation == "square"      ? GET(x.square())
           : operation == "rectify"     ? GET(x.relu())
           : operation == "absolute"    ? GET(x.abs())
           : operation == "not"         ? GET(~x)
           : operation == "sigmoid"     ? GET(x.sigmoid())
           : operation == "tanh"        ? GET(x.tanh())
           : operation == "exponential" ? GET(x.exp())
           : operation == "logarithm"   ? GET(x.log())
           : operation == "reciprocal"  ? GET(x.reciprocal())
           : operation == "square_root" ? GET(x.sqrt())
                                        : GET(x.rsqrt());
}

Tensor of_two(const std::string &operation, const Tensor &x, const Tensor &y) {
    return operation == "add"        ? GET(x + y)
           : operation == "subtract" ? GET(x - y)
           : operation == "multiply" ? GET(x * y)
           : operation == "divide"   ? GET(x / y)
           : operation == "less"     ? GET(x < y)
           : operation == "equal"    ? GET(x == y)
           : operation == "maximum"  ? GET(mpc::maximum(x, y))
           : operation == "minimum"  ? GET(mpc::minimum(x, y))
           : operation == "and"      ? GET(x & y)
           : operation == "or"       ? GET(x | y)
                                     : GET(x ^ y);
}

Tensor computed(const json &given, const Inputs &in) {
    const std::string operation = text(given.at("operation"));
    if (given.contains("numbers")) {
        return with_numbers(operation, in, numbers<std::size_t>(given.at("numbers")));
    }
    if (given.contains("reals") || given.contains("integers")) {
        return with_constants(operation, in[0], constants(given));
    }
    return in.size() == 1 ? of_one(operation, in[0]) : in.size() == 2 ? of_two(operation, in[0], in[1]) : GET(mpc::where(in[0], in[1], in[2]));
}

void replay(const mpc::Session &session, const json &given, std::int32_t fraction) {
    Inputs in;
    for (const json &one : given.at("inputs")) {
        in.push_back(input(session, one, fraction, static_cast<std::uint32_t>(in.size() % 2)));
    }
    const mpc::Numbers found = GET(computed(given, in).open());
    std::vector<std::int64_t> opened = found.integers();
    if (found.real()) {
        for (const double real : found.reals()) {
            opened.push_back(static_cast<std::int64_t>(std::ldexp(real, fraction)));
        }
    }
    const json &output = given.at("output");
    CHECK(opened == words(output) && found.real() == (output.at("kind") == "real"));
}

} // namespace

void test_mpc_vectors() {
    const json file = vectors::read("mpc.json");
    for (const std::uint32_t parties : {2U, 3U, 5U}) {
        for (const json &given : file.at("cases")) {
            mpc::Format format;
            format.fraction = given.at("fraction").get<std::uint8_t>();
            format.bits = given.at("bits").get<std::uint8_t>();
            format.rounding = given.at("rounding") == "down" ? mpc::Rounding::down : mpc::Rounding::nearest;
            replay(GET(mpc::Session::local(parties, format)), given, format.fraction);
        }
        const mpc::Session session = GET(mpc::Session::local(parties));
        for (const json &given : file.at("wide")) {
            replay(session, given, 0);
        }
    }
}
