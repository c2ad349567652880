"""The accountant and the planner: known answers, and an accountant by somebody else wherever both apply."""

from __future__ import annotations

import math

import dp_accounting
import numpy as np
import pytest
from dp_accounting import pld, rdp
from dp_accounting.pld import privacy_loss_distribution

from cloakwork.privacy import Accountant, Mechanism, Neighbours, Unit, central, choose, expect, gaussian_multiplier

DELTA = 1e-5


def ours(multiplier: float, rounds: int = 1) -> Accountant:
    accountant = Accountant()
    accountant.add_gaussian(multiplier, rounds)
    return accountant


def theirs(*events: tuple[dp_accounting.DpEvent, int], orders: np.ndarray | None = None) -> rdp.RdpAccountant:
    accountant = rdp.RdpAccountant(ours(1.0).divergences()[0] if orders is None else orders)
    for event, rounds in events:
        accountant.compose(event, rounds)
    return accountant


@pytest.mark.parametrize(("multiplier", "rounds"), [(0.7, 1), (1, 1), (5, 100), (10, 1), (50, 3000), (0.3, 10)])
def test_gaussians_at_the_same_orders(multiplier: float, rounds: int) -> None:
    accountant = theirs((dp_accounting.GaussianDpEvent(multiplier), rounds))
    for delta in (1e-3, 1e-5, 1e-9):
        assert ours(multiplier, rounds).epsilon(delta) == pytest.approx(accountant.get_epsilon(delta), rel=1e-9)
    for epsilon in (0.1, 1, 8):
        assert ours(multiplier, rounds).delta(epsilon) == pytest.approx(accountant.get_delta(epsilon), rel=1e-6, abs=1e-300)


def test_known_epsilons_of_gaussians() -> None:
    assert ours(1).epsilon(DELTA) == pytest.approx(4.728507067217623, rel=3e-4)
    assert ours(5, 100).epsilon(DELTA) == pytest.approx(10.725509696418232, rel=3e-4)
    assert ours(10).epsilon(DELTA) == pytest.approx(0.3752912223662765, rel=3e-4)


@pytest.mark.parametrize(("multiplier", "rounds"), [(1, 1), (5, 100), (10, 1), (2, 20)])
def test_no_epsilon_is_below_that_of_the_loss_distribution(multiplier: float, rounds: int) -> None:
    exact = pld.PLDAccountant(value_discretization_interval=1e-3)
    exact.compose(dp_accounting.GaussianDpEvent(multiplier), rounds)
    found = ours(multiplier, rounds).epsilon(DELTA)
    # The loss distribution is rounded up by its grid: by 10^-3 a round at most.
    assert exact.get_epsilon(DELTA) - 1e-3 * rounds <= found <= 1.2 * exact.get_epsilon(DELTA)


def test_heterogeneous_rounds() -> None:
    accountant = ours(3, 20)
    accountant.add_gaussian(7, 5)
    accountant.add_concentrated(0.01, 4)
    other = theirs(
        (dp_accounting.GaussianDpEvent(3), 20), (dp_accounting.GaussianDpEvent(7), 5), (dp_accounting.dp_event.ZCDpEvent(0.01), 4)
    )
    assert accountant.epsilon(DELTA) == pytest.approx(other.get_epsilon(DELTA), rel=1e-9)


@pytest.mark.parametrize(("rate", "multiplier", "rounds"), [(0.01, 1, 1000), (0.1, 2, 100), (0.5, 4, 10)])
def test_samples_of_gaussians_are_never_better_than_theirs(rate: float, multiplier: float, rounds: int) -> None:
    accountant = Accountant()
    accountant.add_gaussian_subsampled_only_against_third_parties(multiplier, rate, rounds)
    other = theirs((dp_accounting.PoissonSampledDpEvent(rate, dp_accounting.GaussianDpEvent(multiplier)), rounds))
    found, expected = accountant.epsilon(DELTA), other.get_epsilon(DELTA)
    # The chord between integers lies above their value at real orders.
    assert expected * (1 - 1e-9) <= found <= 1.03 * expected


def test_a_distributed_gaussian_of_one_share_is_a_discrete_gaussian() -> None:
    for sigma, sensitivity, epsilons in [(1, 1, (0.5, 1, 2)), (2, 1, (1,)), (10, 10, (0.5, 1))]:
        exact = privacy_loss_distribution.from_discrete_gaussian_mechanism(sigma, sensitivity=sensitivity)
        accountant = Accountant()
        accountant.add_distributed_gaussian(l2=sensitivity, l1=sensitivity, noise=sigma, shares=1, padded=1)
        for epsilon in epsilons:
            assert exact.get_delta_for_epsilon(epsilon) <= accountant.delta(epsilon) <= 3 * exact.get_delta_for_epsilon(epsilon)


def test_multipliers_of_the_analytic_gaussian() -> None:
    for epsilon, delta in [(0.1, 1e-5), (1, 1e-5), (3, 1e-8), (8, 1e-3)]:
        found = central.gaussian_multiplier(epsilon, delta)
        assert found == pytest.approx(dp_accounting.get_sigma_gaussian(epsilon, delta), rel=1e-4)
        assert central.gaussian_delta(found, epsilon) <= delta
    assert ours(gaussian_multiplier(2.0, DELTA, 30), 30).epsilon(DELTA) == pytest.approx(2.0, rel=1e-6)


def test_published_configurations() -> None:
    """Secure sums, by (granularity, sigma, clients, clip, D, rounds, delta), with their epsilons; real orders cost less than integers."""
    cases = [
        (0.01, 0.1, 100, 1.0, 1024, 1, 1e-5, 4.828699377080566),
        (1e-3, 0.5, 10, 1.0, 4096, 1, 1e-6, 3.138203511922123),
        (1e-3, 0.5, 10, 1.0, 4096, 100, 1e-6, 52.51145619684437),
    ]
    for granularity, sigma, honest, clip, padded, rounds, delta, epsilon in cases:
        beta = math.exp(-0.5)
        units = clip / granularity
        bound = min((units + padded**0.5) ** 2, units**2 + padded / 4 + math.sqrt(2 * math.log(1 / beta)) * (units + padded**0.5 / 2))
        l2 = math.sqrt(bound)
        accountant = Accountant()
        accountant.add_distributed_gaussian(
            l2=l2, l1=l2 * min(math.sqrt(padded), l2), noise=sigma / granularity, shares=honest, padded=padded, rounds=rounds
        )
        found = accountant.epsilon(delta)
        # The published ones begin at order 2 or are on a coarse grid; ours begin at 1.03.
        assert epsilon * (1 - 2e-2) <= found <= epsilon * (1 + 3e-4)


def test_plans_keep_their_epsilon() -> None:
    for unit in (Unit.client(), Unit.record(0.25), Unit.part()):
        for neighbours in Neighbours:
            plan = choose(
                clients=20, honest=15, dimension=300, clip=2.0, epsilon=2.5, delta=1e-6, rounds=10, unit=unit, neighbours=neighbours
            )
            accountant = Accountant()
            accountant.add(plan.mechanism, unit, neighbours, 10)
            assert accountant.epsilon(1e-6) == pytest.approx(plan.epsilon, rel=1e-12)
            assert plan.epsilon <= 2.5
            assert plan.error.total >= 0.95 * plan.central_error * (1 if unit.kind == "client" else 0)
            again = expect(plan.mechanism, clients=20, bits=plan.bits, delta=1e-6, unit=unit, neighbours=neighbours, rounds=10)
            assert again == plan


def test_bits_are_chosen_where_they_are_not_given() -> None:
    wanted = {"clients": 50, "dimension": 1000, "clip": 1.0, "epsilon": 1.0, "delta": 1e-5, "unit": Unit.client()}
    chosen, widest = choose(**wanted), choose(**wanted, bits=53)
    assert chosen.error.total <= 1.005 * widest.error.total
    assert choose(**wanted, bits=chosen.bits - 1).error.total > 1.005 * widest.error.total
    assert chosen.payload_size == -(-1024 * chosen.bits // 8)
    assert chosen.mechanism.honest == 25


def test_parts_cost_a_client_more_than_a_part() -> None:
    plan = choose(clients=10, dimension=64, clip=1.0, epsilon=1.0, delta=1e-5, parts=4, unit=Unit.part())
    accountant = Accountant()
    accountant.add(plan.mechanism, Unit.client())
    assert accountant.epsilon(1e-5) > 3 * plan.epsilon


def test_divergences_are_those_of_the_orders() -> None:
    orders, values = ours(2.0, 3).divergences()
    assert len(orders) == len(values) > 300
    np.testing.assert_allclose(values, 3 * orders / (2 * 2.0**2), rtol=1e-12)
    assert Accountant().epsilon(DELTA) == 0


def test_a_mechanism_says_what_follows_from_it() -> None:
    found = Mechanism(dimension=1000, clip=1.0, granularity=0.01, noise=2.0, honest=3)
    assert (found.block_log2, found.block, found.blocks, found.padded, found.max_bits) == (10, 1024, 1, 1024, 53)
    assert found.sigma == pytest.approx(0.02)
    blocks = Mechanism(dimension=1000, clip=1.0, granularity=0.01, noise=2.0, honest=3, block_log2=8)
    assert (blocks.block, blocks.blocks, blocks.padded, blocks.max_bits) == (256, 4, 1024, 55)
