"""Sums between servers: exact decimals, every number of parties, all that is refused, and that frames show nothing."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from peers_world import asked, linked, outcomes, servers, together
from scipy.stats import chi2

from cloakwork.fsc.computation import Failure
from cloakwork.fsc.peers.run import Run
from cloakwork.fsc.protocols import decimal_vectors, residues
from cloakwork.fsc.protocols.decimals import BITS, Scale


def sums(data: list[Any], **about: Any) -> list[Any]:
    """The results of all parties."""

    async def run() -> list[Any]:
        async with servers(len(data)) as engines:
            return await together(engines, data, **about)

    found = asyncio.run(run())
    assert all(one == found[0] for one in found)
    return found


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([19, 5, 61], {"samples": 3, "sum": 85.0}),
        ([[1, 2, 3], [4, 5], [6.5]], {"samples": 6, "sum": 21.5}),
        ([-19, 5, 0.1], {"samples": 3, "sum": -13.9}),
        ([[0.1, 0.2], [[0.3, 0.4], [True]], []], {"samples": 5, "sum": 2.0}),
        ([2**63 - 1, 1], {"samples": 2, "sum": 2.0**63}),
        ([8e19, -8e19], {"samples": 2, "sum": 0.0}),
        ([0.1], {"samples": 1, "sum": 0.1}),
        ([1, 2, 3, 4, 5], {"samples": 5, "sum": 15.0}),
    ],
)
def test_sums_are_those_of_the_decimals(data: list[Any], expected: dict[str, Any]) -> None:
    found = sums(data)[0]
    assert found == {"inputs": len(data), "result": expected}
    assert isinstance(found["result"]["sum"], float)


def test_means_and_vectors() -> None:
    assert sums([[1, 2], [6]], name="SecureMean")[0]["result"] == {"mean": 3.0, "samples": 3}
    assert sums([[], []], name="SecureMean")[0]["result"] == {"mean": None, "samples": 0}
    assert sums([[0.1, 2], [[0.2, -3]], [7, 1e-18]], name="SecureVectorSum")[0]["result"] == {"sum": [7.3, -0.999999999999999999]}
    assert sums([[], []], name="SecureVectorSum")[0]["result"] == {"sum": []}


def test_a_coarser_scale_by_parameters() -> None:
    data = [1e25, 2.25]
    assert sums(data, parameters={"digits_after": 2, "digits_before": 30})[0]["result"]["sum"] == 1e25
    for parameters, word in [
        ({"digits_after": -1}, "digits_after"),
        ({"digits_after": 40}, "digits_after"),
        ({"digits_after": True}, "digits_after"),
        ({"digits_after": 20, "digits_before": 20}, "digits_before"),
        ({"decimals": 3}, "decimals"),
    ]:
        found = _refused([1, 2], parameters=parameters)
        assert word in found.message


def _refused(data: list[Any], **about: Any) -> Failure:
    async def run() -> list[Any]:
        async with servers(len(data)) as engines:
            return await outcomes(engines[0].compute(asked(0, data[0], places=range(len(data)), **about)))

    found = asyncio.run(run())[0]
    assert isinstance(found, Failure)
    assert (found.code, found.reason) == (400, "invalid-input")
    return found


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("19", ["data[0]", "no number"]),
        (None, ["data[0]"]),
        ([1, float("nan")], ["data[1]", "nan"]),
        ([[1, [2]]], ["data[0][1]"]),
        (float("inf"), ["data[0]", "inf"]),
        (1e30, ["too large", "digits_after"]),
        (10**4000, ["too large"]),
        ({"a": 1}, ["data[0]"]),
    ],
)
def test_inputs_that_are_refused_at_their_owner(data: Any, words: list[str]) -> None:
    found = _refused([data, 1, 1])
    assert all(word in found.message for word in words), found.message


def test_vectors_that_are_refused() -> None:
    assert "data[1]" in _refused([[1, "x"], [1, 2]], name="SecureVectorSum").message
    assert "one vector" in _refused([[[1], [2]], [1, 2]], name="SecureVectorSum").message
    assert "data[0][2]" in _refused([[[1, 2, 1e30]], [1, 2]], name="SecureVectorSum").message
    found = asyncio.run(_lengths())
    for one in found:
        assert isinstance(one, Failure)
        assert (one.code, one.reason) == (409, "disagreement")
        assert "2 elements" in one.message
        assert "3 elements" in one.message


async def _lengths() -> list[Any]:
    async with servers(2) as engines:
        return await together(engines, [[1, 2], [1, 2, 3]], name="SecureVectorSum")


number = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e19, max_value=1e19),
    st.integers(-(2**60), 2**60),
    st.decimals(-(10**9), 10**9, places=4).map(float),
    st.floats(-1e-3, 1e-3),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(number, max_size=40), st.sampled_from([0, 2, 12, 18, 22, 25]))
def test_vectors_are_fixed_as_numbers_are(values: list[Any], digits: int) -> None:
    scale = Scale(3, digits)
    values = [value for value in values if abs(value) * 10**digits < scale.limit]
    made = decimal_vectors.fixed(values, scale, "data")
    expected = [round(Fraction(repr(value)) * 10**digits) for value in values]
    assert residues.to_integers(made, BITS) == expected
    assert decimal_vectors.doubles(made, scale) == [value / 10**digits for value in expected]


def test_doubles_next_to_the_middle() -> None:
    """Quotients that lie within 2^-60 of the middle between two doubles, on either side and below powers of two."""
    scale, made = Scale(2), []
    for base in (1.0, 3.0, 2.0**52, 2.0**60, 0.1, 1 - 2.0**-53):
        middle = (Fraction(base) + Fraction(float(np.nextafter(base, np.inf)))) / 2
        made += [round(middle * scale.unit) + step for step in (-2, -1, 0, 1, 2)]
    values = [sign * value for value in made for sign in (1, -1) if value < 2**127]
    assert decimal_vectors.doubles(residues.of_integers(values, BITS), scale) == [value / scale.unit for value in values]


@pytest.mark.parametrize("bits", [1, 7, 32, 33, 64, 65, 128])
def test_integers_and_residues(bits: int) -> None:
    values = [0, -1, (1 << (bits - 1)) - 1, -(1 << (bits - 1))]
    assert residues.to_integers(residues.of_integers(values, bits), bits) == [
        ((value + (1 << (bits - 1))) % (1 << bits)) - (1 << (bits - 1)) for value in values
    ]


def test_frames_show_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server gets in sums of the same small numbers is uniform: chi-square over the values of bytes.

    A false alarm comes once in 10^9 runs; there is no seed to fix, since the keys come from the operating system.
    """
    seen: Counter[int] = Counter()
    kept = Run.exchange

    async def recorded(self: Run, messages: Any) -> list[bytes]:
        found = await kept(self, messages)
        # Masked vectors as one server gets them, not what the parties compare at the end.
        for message in found:
            if self.index == 0 and len(message) > 32:
                seen.update(message)
        return found

    monkeypatch.setattr(Run, "exchange", recorded)

    async def run() -> None:
        async with servers(3) as engines:
            await linked(engines)
            for _ in range(60):
                for one in await together(engines, [[1] * 63, [0] * 63, [2] * 63], name="SecureVectorSum"):
                    assert one["result"]["sum"] == [3.0] * 63

    asyncio.run(run())
    total = sum(seen.values())
    assert total == 60 * 2 * 64 * 16
    statistic = sum((seen[value] - total / 256) ** 2 for value in range(256)) / (total / 256)
    assert chi2.ppf(5e-10, 255) < statistic < chi2.ppf(1 - 5e-10, 255)


def test_a_long_vector() -> None:
    size = 200_000
    random_numbers = random.Random(7)
    data = [[round(random_numbers.uniform(-1000, 1000), 3) for _ in range(size)] for _ in range(3)]
    found = sums(data, name="SecureVectorSum")[0]["result"]["sum"]
    whole = [[round(value * 1000) for value in vector] for vector in data]
    assert found == [sum(column) / 1000 for column in zip(*whole, strict=True)]
