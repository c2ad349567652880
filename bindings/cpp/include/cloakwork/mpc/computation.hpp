/** @file The parties of a computation within one program, and what their operations cost. */
#ifndef CLOAKWORK_MPC_COMPUTATION_HPP
#define CLOAKWORK_MPC_COMPUTATION_HPP

#include <functional>
#include <memory>

#include "numbers.hpp"
#include "party.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace mpc {

/** A message that went from one party to another. Its bytes are there as long as the call lasts that shows it. */
struct Message {
    /** Which round, from 0. */
    std::uint64_t round = 0;
    /** The party that sent it. */
    std::uint32_t sender = 0;
    /** The party that got it. */
    std::uint32_t receiver = 0;
    /** Eight bytes that count the round and tell the program, and the parts. */
    ByteView content;
};

/** Looks at messages. */
using Watcher = std::function<void(const Message &)>;

/** What operations will cost that were asked for and have not run. */
struct Explanation {
    struct Step {
        std::string operation;
        Cost cost;
    };

    /** All of them, side by side where they are independent. */
    Cost total;
    /** Each by itself. */
    std::vector<Step> steps;

    /** A table for people. */
    std::string table() const {
        std::string out = row("operation", "rounds", "bytes", "corrections");
        for (const Step &step : steps) {
            out += row(step.operation, step.cost);
        }
        return out + row("together", total);
    }

private:
    static std::string row(const std::string &name, const Cost &cost) {
        return row(name, std::to_string(cost.rounds), std::to_string(cost.bytes), std::to_string(cost.corrections));
    }

    static std::string row(const std::string &name, const std::string &rounds, const std::string &bytes, const std::string &corrections) {
        char text[96];
        std::snprintf(text, sizeof text, "%-22s %8s %12s %12s\n", name.c_str(), rounds.c_str(), bytes.c_str(), corrections.c_str());
        return text;
    }
};

} // namespace mpc

namespace detail {

/** The name of an operation, for people. */
inline const char *operation_name(std::int32_t operation) noexcept {
    static constexpr const char *names[] = {
        "add",              "subtract",           "negate",           "gather",         "concatenate",
        "sum",              "convert",            "add public",       "multiply public", "multiply",
        "square",           "matrix product",     "power",            "polynomial",     "not",
        "and",              "or",                 "exclusive or",     "choose",         "less",
        "equal",            "is negative",        "rectify",          "absolute",       "maximum",
        "minimum",          "clamp",              "greatest",         "smallest",       "place of greatest",
        "place of smallest", "sort",              "order statistics", "median",         "sigmoid",
        "tanh",             "exponential",        "logarithm",        "reciprocal",     "divide positive",
        "divide",           "square root",        "inverse square root", "softmax",
    };
    constexpr auto count = static_cast<std::int32_t>(sizeof names / sizeof names[0]);
    static_assert(count == CLOAK_MPC_SOFTMAX, "a name for each operation");
    return operation >= 1 && operation <= count ? names[operation - 1] : "shuffle";
}

/** All parties of a computation, whose messages are handed over at once. */
class Computation {
public:
    explicit Computation(std::vector<mpc::Party> parties) noexcept : parties_(std::move(parties)) {}

    std::size_t size() const noexcept { return parties_.size(); }

    /** Lets each party make a call that gives values; their numbers are the same everywhere. */
    template <class Call>
    cloak_status ask(Places &out, Call call) const {
        for (const mpc::Party &party : parties_) {
            Places made;
            const cloak_status status = call(party, made);
            if (status != CLOAK_OK) {
                return status;
            }
            if (&party != &parties_.front() && made != out) {
                return CLOAK_ERR_PANIC;
            }
            out = std::move(made);
        }
        return CLOAK_OK;
    }

    cloak_status apply(std::int32_t type, span<const std::uint64_t> inputs, span<const std::uint64_t> numbers, const cloak_values &constants,
                       Places &out) {
        const cloak_mpc_operation operation = {type, 0, numbers.data(), numbers.size(), constants};
        const cloak_status status = ask(out, [&](const mpc::Party &party, Places &made) {
            return collect(made, 2, [&](std::uint64_t *values, std::size_t capacity, std::size_t *length) {
                return cloak_mpc_apply(party.get(), &operation, inputs.data(), inputs.size(), values, capacity, length);
            });
        });
        if (status == CLOAK_OK) {
            waiting_.push_back(type);
        }
        return status;
    }

    cloak_status shuffle(std::uint64_t value, std::size_t columns, const Random &random, Places &out) {
        const RandomCall source(random);
        const cloak_status status = ask(out, [&](const mpc::Party &party, Places &made) {
            made.resize(1);
            return cloak_mpc_shuffle(party.get(), value, columns, source.get(), made.data());
        });
        if (status == CLOAK_OK) {
            waiting_.push_back(0);
        }
        return status;
    }

    /** That a value is not there any more is nothing to report. */
    void forget(std::uint64_t value) const noexcept {
        for (const mpc::Party &party : parties_) {
            const cloak_status unreported = cloak_mpc_forget(party.get(), value);
            static_cast<void>(unreported);
        }
    }

    /** Runs what was asked for. */
    cloak_status run(cloak_error &said) {
        waiting_.clear();
        while (true) {
            bool due = false;
            for (const mpc::Party &party : parties_) {
                std::int32_t progress = CLOAK_MPC_FINISHED;
                const cloak_status status = cloak_mpc_advance(party.get(), &progress, &said);
                if (status != CLOAK_OK) {
                    return status;
                }
                due = due || progress == CLOAK_MPC_EXCHANGE;
            }
            if (!due) {
                return CLOAK_OK;
            }
            const cloak_status status = exchange(said);
            if (status != CLOAK_OK) {
                return status;
            }
        }
    }

    /** What each party learns of a value that is opened to some, who rise. */
    cloak_status open(std::uint64_t value, mpc::Kind kind, span<const std::uint32_t> receivers,
                      std::vector<std::variant<std::monostate, std::vector<double>, std::vector<std::int64_t>>> &out, cloak_error &said) {
        Places result;
        cloak_status status = ask(result, [&](const mpc::Party &party, Places &made) {
            made.resize(1);
            return cloak_mpc_open(party.get(), value, receivers.data(), receivers.size(), made.data());
        });
        status = status == CLOAK_OK ? run(said) : status;
        for (const mpc::Party &party : parties_) {
            status = status == CLOAK_OK ? cloak_mpc_check(party.get(), value) : status;
        }
        for (const mpc::Party &party : parties_) {
            if (status != CLOAK_OK) {
                return status;
            }
            out.emplace_back();
            status = kind == mpc::Kind::real ? learned<double>(cloak_mpc_result_f64, party, result.front(), out.back())
                                             : learned<std::int64_t>(cloak_mpc_result_i64, party, result.front(), out.back());
        }
        return status;
    }

    cloak_status explain(mpc::Explanation &out) const {
        cloak_mpc_cost total = {};
        std::vector<cloak_mpc_cost> steps;
        const cloak_status status = collect(steps, waiting_.size(), [&](cloak_mpc_cost *costs, std::size_t capacity, std::size_t *length) {
            return cloak_mpc_explain(parties_.front().get(), &total, costs, capacity, length);
        });
        if (status != CLOAK_OK || steps.size() != waiting_.size()) {
            return status == CLOAK_OK ? CLOAK_ERR_PANIC : status;
        }
        out.total = total;
        for (std::size_t i = 0; i < steps.size(); i++) {
            out.steps.push_back({operation_name(waiting_[i]), steps[i]});
        }
        return CLOAK_OK;
    }

    const std::vector<mpc::Party> &parties() const noexcept { return parties_; }

    void watch(mpc::Watcher watcher) noexcept { watcher_ = std::move(watcher); }

private:
    cloak_status exchange(cloak_error &said) {
        // Every message leaves before one arrives. The first ones hold seeds.
        std::vector<std::vector<SecretBytes>> sent(parties_.size(), std::vector<SecretBytes>(parties_.size()));
        for (std::size_t from = 0; from < parties_.size(); from++) {
            for (std::size_t to = 0; to < parties_.size(); to++) {
                const cloak_status status =
                    from == to ? CLOAK_OK : collect(sent[from][to], 4096, [&](std::uint8_t *out, std::size_t capacity, std::size_t *length) {
                        return cloak_mpc_message(parties_[from].get(), static_cast<std::uint32_t>(to), out, capacity, length);
                    });
                if (status != CLOAK_OK) {
                    return status;
                }
            }
        }
        for (std::size_t from = 0; from < parties_.size(); from++) {
            for (std::size_t to = 0; to < parties_.size(); to++) {
                const SecretBytes &message = sent[from][to];
                const cloak_status status = from == to ? CLOAK_OK
                                                       : cloak_mpc_receive(parties_[to].get(), static_cast<std::uint32_t>(from),
                                                                           message.data(), message.size(), &said);
                if (status != CLOAK_OK) {
                    return status;
                }
            }
        }
        show(sent, rounds_++);
        return CLOAK_OK;
    }

    /** Shows the messages of a round that has ended: whoever looks at them may throw, and nothing is half done. */
    void show(const std::vector<std::vector<SecretBytes>> &sent, std::uint64_t round) const {
        for (std::uint32_t from = 0; watcher_ && from < sent.size(); from++) {
            for (std::uint32_t to = 0; to < sent.size(); to++) {
                if (from != to) {
                    watcher_({round, from, to, ByteView(sent[from][to].data(), sent[from][to].size())});
                }
            }
        }
    }

    template <class Number, class Function, class Out>
    static cloak_status learned(Function function, const mpc::Party &party, std::uint64_t result, Out &out) {
        std::vector<Number> numbers;
        const cloak_status status = collect(numbers, 0, [&](Number *elements, std::size_t capacity, std::size_t *length) {
            return function(party.get(), result, elements, capacity, length);
        });
        const cloak_status forgotten = cloak_mpc_forget_result(party.get(), result);
        if (status == CLOAK_OK) {
            out = std::move(numbers);
        }
        return status == CLOAK_OK || status == CLOAK_ERR_NOT_IN_SET ? forgotten : status;
    }

    std::vector<mpc::Party> parties_;
    /** What was asked for since the last run. */
    std::vector<std::int32_t> waiting_;
    mpc::Watcher watcher_;
    std::uint64_t rounds_ = 0;
};

/** What a host refuses, with the argument's name. */
inline Error refusal(cloak_status status, const char *argument, std::string text) {
    Error out = plain(status);
    out.argument = argument;
    out.detail = std::move(text);
    return out;
}

} // namespace detail
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
