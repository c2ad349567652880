"""The simulation harness: errors apart, and as the plan expects them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cloakwork.errors import ArgumentError, NumberError
from cloakwork.privacy import Mechanism, Neighbours, Unit, choose, expect
from cloakwork.privacy.simulation import simulate


def vectors(clients: int, dimension: int) -> np.ndarray:
    found = np.random.default_rng(11).normal(size=(clients, dimension))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_errors_are_those_that_the_plan_expects() -> None:
    """60 rounds of 250 coordinates: a mean square is off by more than 6 sqrt(2 / 15,000), 7 %, once in 10^8."""
    plan = choose(
        clients=20, honest=20, dimension=250, clip=1.0, epsilon=3.0, delta=1e-5, bits=16, unit=Unit.client(), neighbours=Neighbours.ZERO_OUT
    )
    seen: list[int] = []
    found = simulate(plan.mechanism, 16, vectors(20, 250), rounds=60, progress=seen.append)
    assert seen == list(range(1, 61))
    assert found.noise.mean_square == pytest.approx(plan.error.noise**2, rel=0.07)
    # The expectation is a bound: a rounding error of variance 1/4 is the worst, 1/6 the usual.
    assert 0.5 * plan.error.quantisation**2 < found.quantisation.mean_square < 1.05 * plan.error.quantisation**2
    assert found.wrapped <= plan.wrap.vector + 6 * math.sqrt(plan.wrap.vector / 60)
    assert found.clipping.l2 < 1e-6
    together = found.quantisation.mean_square + found.noise.mean_square
    assert found.total.mean_square == pytest.approx(together, rel=0.05)
    assert found.noise.linf < found.noise.l2 < found.noise.l1


def test_wrapping_around_is_seen_apart() -> None:
    mechanism = Mechanism(dimension=256, clip=1.0, granularity=2.0**-8, noise=20.0, honest=5)
    promised = expect(mechanism, clients=10, bits=10, delta=1e-5, unit=Unit.client())
    found = simulate(mechanism, 10, vectors(10, 256), rounds=20)
    wide = simulate(mechanism, 24, vectors(10, 256), rounds=20)
    assert promised.wrap.vector > 1e-9
    assert wide.wrapped == wide.wrap.l1 == 0
    assert wide.noise == found.noise
    assert wide.quantisation == found.quantisation
    narrow = simulate(mechanism, 7, vectors(10, 256), rounds=20)
    assert narrow.rounds_wrapped == 20
    assert narrow.wrapped > 30
    # The ring ends at one standard deviation on either side: what is decoded is the ring, not the sum.
    assert narrow.wrap.mean_square > wide.total.mean_square / 2
    assert narrow.total.mean_square != wide.total.mean_square


def test_clipping_is_seen_apart() -> None:
    mechanism = Mechanism(dimension=4, clip=1.0, granularity=2.0**-20, noise=0.5, honest=1)
    found = simulate(mechanism, 40, np.array([[3.0, 0, 0, 0]]), rounds=3)
    assert found.clipping.l2 == pytest.approx(2.0, rel=1e-6)
    assert found.total.l2 == pytest.approx(2.0, rel=1e-4)
    assert found.quantisation.linf < 2.0**-18


def test_parts_and_seeds() -> None:
    mechanism = Mechanism(dimension=30, clip=1.0, granularity=2.0**-10, noise=4.0, honest=2, parts=3)
    given = np.ones((5, 3, 30)) / 10
    first, again, other = (simulate(mechanism, 24, given, rounds=2, seed=seed) for seed in (1, 1, 2))
    assert first == again != other
    assert simulate(mechanism, 24, given, rounds=2, seed=1, suite=1) != first


def test_refusals() -> None:
    mechanism = Mechanism(dimension=4, clip=1.0, granularity=2.0**-10, noise=0.5, honest=1)
    with pytest.raises(ArgumentError, match="shape"):
        simulate(mechanism, 20, np.zeros((3, 5)))
    with pytest.raises(ArgumentError, match="dtype"):
        simulate(mechanism, 20, np.zeros((3, 4), dtype=np.float32))  # type: ignore[arg-type]
    with pytest.raises(NumberError, match="bits"):
        simulate(mechanism, 62, np.zeros((3, 4)))
    with pytest.raises(ArgumentError, match="rounds"):
        simulate(mechanism, 20, np.zeros((3, 4)), rounds=0)
    with pytest.raises(NumberError, match="index 0, 1"):
        simulate(mechanism, 20, np.array([[0, math.inf, 0, 0.0]]))
