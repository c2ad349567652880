"""What bad parameters get: an error that names the parameter, gives the bound and proposes a value that works."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from cloakwork.errors import ArgumentError, CloakworkError, NumberError, PrivacyError, Status
from cloakwork.privacy import (
    Accountant,
    Contribution,
    DiscreteGaussian,
    Mechanism,
    Unit,
    central,
    choose,
    discrete_gaussian_vartime,
    gaussian_multiplier,
    hadamard,
)

WANTED: dict[str, Any] = {
    "clients": 10,
    "honest": 8,
    "dimension": 100,
    "clip": 1.0,
    "epsilon": 1.0,
    "delta": 1e-5,
    "rounds": 3,
    "bits": 24,
    "unit": Unit.client(),
}
MECHANISM: dict[str, Any] = {"dimension": 100, "clip": 1.0, "granularity": 0.01, "noise": 2.0, "norm_bound": 10_500, "honest": 3}
PROPOSAL = re.compile(r"; (\S+) works")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("clients", 0),
        ("honest", 0),
        ("honest", 11),
        ("dimension", 0),
        ("dimension", 2**28 + 1),
        ("clip", 0.0),
        ("clip", -1.0),
        ("clip", math.nan),
        ("clip", math.inf),
        ("epsilon", 0.0),
        ("epsilon", -1.0),
        ("epsilon", math.nan),
        ("epsilon", 65.0),
        ("delta", 0.0),
        ("delta", 1.0),
        ("delta", math.nan),
        ("rounds", 0),
        ("bits", 3),
        ("bits", 60),
        ("wraps", 0.0),
        ("clamp", 0.0),
        ("parts", 0),
        ("parts", 2**16 + 1),
        ("block_log2", 29),
    ],
)
def test_a_plan_proposes_what_works(name: str, value: float) -> None:
    # Fewer clients have fewer honest ones; more parts need more bits.
    free = {"clients": "honest", "parts": "bits"}.get(name)
    wanted = {**WANTED, free: None} if free else WANTED
    with pytest.raises(PrivacyError) as refused:
        choose(**{**wanted, name: value})
    error = refused.value
    assert error.code == Status.INVALID_MECHANISM
    assert error.argument
    assert error.bound is not None
    proposal = PROPOSAL.search(str(error))
    assert proposal, str(error)
    number = float(proposal[1])
    choose(**{**wanted, name: int(number) if isinstance(value, int) else number})


@pytest.mark.parametrize("unit", [Unit.record(2.0), Unit.record(0.0), Unit.record(-1.0), Unit.record(math.nan)])
def test_a_record_s_clip_lies_within_the_clip(unit: Unit) -> None:
    with pytest.raises(PrivacyError, match="clip of a record"):
        choose(**{**WANTED, "unit": unit})


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("dimension", 0, "dimension"),
        ("dimension", 2**28 + 1, "dimension"),
        ("clip", 0.0, "clip"),
        ("clip", math.nan, "clip"),
        ("granularity", 0.0, "granularity"),
        ("granularity", 2.0, "granularity"),
        ("granularity", 2.0**-32, "granularity"),
        ("noise", 0.49, "noise"),
        ("noise", 131_073.0, "noise"),
        ("noise", math.nan, "noise"),
        ("norm_bound", 9_999, "norm_bound"),
        ("norm_bound", 100_000, "norm_bound"),
        ("honest", 0, "honest"),
        ("parts", 0, "parts"),
        ("parts", 65_537, "parts"),
        ("clamp", 0.0, "clamp"),
        ("clamp", -1.0, "clamp"),
        ("block_log2", 29, "block_log2"),
    ],
)
def test_a_mechanism_proposes_what_works(name: str, value: float, named: str) -> None:
    with pytest.raises(PrivacyError) as refused:
        Mechanism(**{**MECHANISM, name: value})
    error = refused.value
    assert (error.code, error.argument) == (Status.INVALID_MECHANISM, named)
    proposal = PROPOSAL.search(str(error))
    assert proposal, str(error)
    assert proposal[1] not in {str(value), "nan"}


def test_other_types_are_refused_by_name() -> None:
    for name in ("dimension", "norm_bound", "honest", "parts"):
        with pytest.raises(ArgumentError, match=name):
            Mechanism(**{**MECHANISM, name: 2.5})
    for name in ("clip", "granularity", "noise", "clamp"):
        with pytest.raises(PrivacyError, match=name):
            Mechanism(**{**MECHANISM, name: "one"})
    with pytest.raises(PrivacyError, match="unit"):
        Unit("household")  # type: ignore[arg-type]
    with pytest.raises(PrivacyError, match="record has a clip"):
        Unit("record")


@pytest.mark.parametrize("sigma", [0.0, 0.49, -1.0, math.nan, math.inf, 2.0**17 + 1])
def test_noise_outside_the_sampler(sigma: float) -> None:
    with pytest.raises(PrivacyError, match="sigma.* works"):
        DiscreteGaussian(sigma)


def test_the_sampler_states_its_distance() -> None:
    assert DiscreteGaussian.statistical_distance(2**30) == pytest.approx((2**30 + 512) * 2.0**-102)
    assert len(DiscreteGaussian(3.0).sample(0)) == 0
    assert DiscreteGaussian(3.0).sample(1000).tolist() != DiscreteGaussian(3.0).sample(1000).tolist()


def test_the_accountant_refuses() -> None:
    accountant = Accountant()
    for call in (
        lambda: accountant.add_gaussian(0.0),
        lambda: accountant.add_gaussian(math.nan),
        lambda: accountant.add_skellam(1.0, 1.0, -1.0),
        lambda: accountant.add_concentrated(-0.5),
        lambda: accountant.epsilon(0.0),
        lambda: accountant.epsilon(1.5),
        lambda: accountant.delta(-1.0),
        lambda: gaussian_multiplier(0.0, 1e-5),
        lambda: central.gaussian_multiplier(1.0, 2.0),
        lambda: discrete_gaussian_vartime(-1, 3),
    ):
        with pytest.raises(PrivacyError):
            call()
    # What was refused cost nothing.
    assert accountant.epsilon(1e-5) == 0
    accountant.close()
    with pytest.raises(ArgumentError, match="closed"):
        accountant.epsilon(1e-5)


def test_contributions_refuse() -> None:
    mechanism = Mechanism(**MECHANISM)
    with pytest.raises(NumberError):
        Contribution(mechanism, mechanism.max_bits + 1, bytes(32))
    with pytest.raises(ArgumentError, match="rotation"):
        Contribution(mechanism, 16, bytes(31))
    with pytest.raises(CloakworkError):
        Contribution(mechanism, 16, bytes(32), suite=3)
    with pytest.raises(TypeError, match="pickled"):
        Contribution(mechanism, 16, bytes(32)).__reduce__()


def test_transforms_refuse() -> None:
    for vector in (np.zeros(3), np.zeros((2, 2)), np.zeros(4, dtype=np.int16), [1.0, 2.0], np.zeros(8)[::2], np.zeros(0)):
        with pytest.raises(ArgumentError, match="vector"):
            hadamard.transform(vector)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="orthonormal"):
        hadamard.transform(np.zeros(4, dtype=np.int32))
    frozen = np.zeros(4)
    frozen.flags.writeable = False
    with pytest.raises(ArgumentError, match="read-only"):
        hadamard.transform(frozen)
    with pytest.raises(ArgumentError, match="seed"):
        hadamard.rotate(np.zeros(4), b"short")


def test_central_noise() -> None:
    """The scale within 5 standard deviations of its estimate from 4,000 values: a false alarm in 10^6."""
    count = 4000
    values = np.full(count, 3.0)
    scale = central.gaussian_scale(count, epsilon=1.0, delta=1e-5, sensitivity=2.0)
    central.gaussian_vartime(values, epsilon=1.0, delta=1e-5, sensitivity=2.0)
    assert abs((values - 3.0).std() / scale - 1) < 5 / math.sqrt(2 * count)
    assert scale == pytest.approx(2.0 * central.gaussian_multiplier(1.0, 1e-5), rel=1e-3)
    values = np.full(count, 3.0)
    width = central.laplace_scale(count, epsilon=0.5, sensitivity=1.0)
    central.laplace_vartime(values, epsilon=0.5, sensitivity=1.0)
    assert abs(np.abs(values - 3.0).mean() / width - 1) < 5 / math.sqrt(count)
    clipped = np.full(4, 1e6)
    central.laplace_vartime(clipped, epsilon=64.0, clip=4.0)
    assert np.abs(clipped).sum() < 1e3
    with pytest.raises(NumberError):
        central.gaussian_vartime(np.array([math.nan]), epsilon=1.0, delta=1e-5, clip=1.0)
    with pytest.raises(PrivacyError, match="epsilon"):
        central.laplace_vartime(np.zeros(3), epsilon=0.0, clip=1.0)
    with pytest.raises(PrivacyError, match="sensitivity"):
        central.laplace_vartime(np.zeros(3), epsilon=1.0)
    with pytest.raises(ArgumentError, match="float64"):
        central.laplace_vartime(np.zeros(3, dtype=np.float32), epsilon=1.0, clip=1.0)  # type: ignore[arg-type]
