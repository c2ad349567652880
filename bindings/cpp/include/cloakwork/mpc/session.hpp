/** @file Computations with all parties in one program. */
#ifndef CLOAKWORK_MPC_SESSION_HPP
#define CLOAKWORK_MPC_SESSION_HPP

#include "operators.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace mpc {

/** All parties of a computation in this program: for learning, for tests and prototypes. One thread at a time uses a session and its tensors. */
class Session {
public:
    /** So many parties, 2 or more, and a dealer. */
    static Returns<Session> local(std::uint32_t parties = 3, const Format &format = Format(), const Random &random = Random()) {
        cloak_mpc_dealer *made = nullptr;
        const auto suite = static_cast<std::uint8_t>(format.suite);
        cloak_status status = cloak_mpc_dealer_new(parties, suite, RandomCall(random).get(), &made);
        const detail::Handle<cloak_mpc_dealer, cloak_mpc_dealer_free> dealer(made);
        return of(parties, format, status, [&](const cloak_mpc_config &config, cloak_mpc_session **out) {
            return cloak_mpc_session_new(&config, dealer.get(), RandomCall(random).get(), out);
        });
    }

    /** The same without a dealer: the parties make correlated randomness by oblivious transfer. */
    static Returns<Session> local_without_dealer(std::uint32_t parties = 3, const Format &format = Format(), const Random &random = Random()) {
        // One name for one session: that of a key pair that nobody else has.
        cloak_identity *made = nullptr;
        Bytes32 name{};
        cloak_status status = cloak_identity_new(RandomCall(random).get(), &made);
        const detail::Handle<cloak_identity, cloak_identity_free> identity(made);
        status = status == CLOAK_OK ? cloak_identity_public_key(identity.get(), name.data()) : status;
        return of(parties, format, status, [&](const cloak_mpc_config &config, cloak_mpc_session **out) {
            return cloak_mpc_session_new_without_dealer(&config, name.data(), std::size_t{1} << 20, RandomCall(random).get(), out);
        });
    }

    /** How many parties there are; none in one that was moved from. */
    std::size_t parties() const noexcept { return computation_ ? computation_->size() : 0; }

    /** Shares a party's numbers, `double` or 64-bit integers: a tensor with one axis, or of a shape. */
    template <class Container, class Element = std::remove_cv_t<detail::ElementOf<const Container>>>
    Returns<Tensor> share(const Container &numbers, std::uint32_t owner = 0, std::optional<Shape> shape = std::nullopt) const {
        constexpr std::int32_t type = detail::type_of<Element>();
        static_assert(type == CLOAK_F64 || type == CLOAK_I64, "doubles or 64-bit integers with a sign");
        return shared(Values(numbers).raw(), owner, shape ? *std::move(shape) : Shape{numbers.size()});
    }

    /** Shares one number. */
    Returns<Tensor> share(double number, std::uint32_t owner = 0) const { return shared({CLOAK_F64, &number, 1}, owner, {}); }
    /** Shares one whole number. */
    Returns<Tensor> share(std::int64_t number, std::uint32_t owner = 0) const { return shared({CLOAK_I64, &number, 1}, owner, {}); }

    /** Calls this with each message between parties from now on, sender by sender, when a round has ended; an empty one ends that. */
    void watch(Watcher watcher) const {
        if (computation_) {
            computation_->watch(std::move(watcher));
        }
    }

    /** Runs what was asked for. */
    Returns<void> run() const {
        cloak_error said = {};
        return detail::done(computation_ ? computation_->run(said) : CLOAK_ERR_NULL_POINTER, said);
    }

    /** What the operations will cost, exactly, that were asked for since the last run. Openings are not in it. */
    Returns<Explanation> explain() const {
        Explanation out;
        const cloak_status status = computation_ ? computation_->explain(out) : CLOAK_ERR_NULL_POINTER;
        return detail::give(status, out);
    }

    /** What a party has spent so far on computing. */
    Returns<Cost> cost() const { return computation_ ? computation_->parties().front().cost() : detail::fail<Cost>(moved()); }
    /** What a party has spent so far on making correlated randomness, where no dealer does. */
    Returns<Cost> making_cost() const { return computation_ ? computation_->parties().front().making_cost() : detail::fail<Cost>(moved()); }

private:
    explicit Session(Tensor::Computation computation) noexcept : computation_(std::move(computation)) {}

    static Error moved() { return detail::plain(CLOAK_ERR_NULL_POINTER); }

    template <class Make>
    static Returns<Session> of(std::uint32_t parties, const Format &format, cloak_status status, Make make) {
        std::vector<Party> all;
        for (std::uint32_t index = 0; status == CLOAK_OK && index < parties; index++) {
            const cloak_mpc_config config = Party::config_of(index, parties, format);
            cloak_mpc_session *made = nullptr;
            status = make(config, &made);
            all.push_back(Party(made, index));
        }
        // Without a dealer it is a party that refuses to be alone.
        status = status == CLOAK_OK && parties < 2 ? CLOAK_ERR_INVALID_ARGUMENT : status;
        Session session(status == CLOAK_OK ? std::make_shared<detail::Computation>(std::move(all)) : nullptr);
        return detail::give(status, session);
    }

    Returns<Tensor> shared(const cloak_values &numbers, std::uint32_t owner, Shape shape) const {
        if (!computation_) {
            return detail::fail<Tensor>(moved());
        }
        if (detail::size_of(shape) != numbers.length) {
            return detail::fail<Tensor>(detail::refusal(CLOAK_ERR_INVALID_LENGTH, "shape", "is for another number of elements"));
        }
        if (owner >= computation_->size()) {
            return detail::fail<Tensor>(
                detail::refusal(CLOAK_ERR_INVALID_ARGUMENT, "owner", "there is no party " + std::to_string(owner)));
        }
        const std::int32_t kind = numbers.type == CLOAK_F64 ? CLOAK_MPC_REAL : CLOAK_MPC_INTEGER;
        const auto input = [&](const Party &party, detail::Places &made) {
            made.resize(1);
            return cloak_mpc_input(party.get(), owner, kind, numbers.length, party.index() == owner ? &numbers : nullptr, made.data());
        };
        // Only the owner can refuse its numbers, and values have the same numbers everywhere: it comes first, alone.
        detail::Places made;
        cloak_status status = input(computation_->parties()[owner], made);
        for (const Party &party : computation_->parties()) {
            detail::Places same = made;
            status = status == CLOAK_OK && party.index() != owner ? input(party, same) : status;
            status = status == CLOAK_OK && same != made ? CLOAK_ERR_PANIC : status;
        }
        if (status != CLOAK_OK) {
            Error error = detail::plain(status);
            error.argument = "numbers";
            return detail::fail<Tensor>(std::move(error));
        }
        Tensor out(computation_, made.front(), std::move(shape));
        return out;
    }

    Tensor::Computation computation_;
};

} // namespace mpc
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
