"""Order statistics: exact, of the type that was given, and without more messages than what follows from the answer."""

from __future__ import annotations

import asyncio
import statistics
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linked_group import LinkedGroup, Links, failure, outcomes, result

from cloakwork.fsc.protocols.order_key import LARGEST_INTEGER, WIDTH, number_of, order_key
from cloakwork.fsc.protocols.order_statistics import order_statistics

numbers = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-LARGEST_INTEGER, LARGEST_INTEGER), st.integers(-20, 20))


@given(numbers, numbers)
def test_keys_have_the_order_of_numbers(one: float, other: float) -> None:
    first, second = order_key(one), order_key(other)
    assert 0 <= first < 1 << WIDTH
    if one != other:
        assert (first < second) == (one < other)
    else:
        assert (first < second) == (isinstance(one, int) and isinstance(other, float))
    assert number_of(first) == one
    assert type(number_of(first)) is type(one)


@pytest.mark.parametrize("number", [0.0, -0.0, 5e-324, -5e-324, 1.7976931348623157e308, -1.7976931348623157e308, 2.0**63, 2**64, -(2**64)])
def test_keys_of_edges(number: float) -> None:
    assert number_of(order_key(number)) == number
    assert str(number_of(order_key(number))) == str(number + 0.0 if isinstance(number, float) else number)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(numbers, max_size=6), min_size=2, max_size=4))
def test_extremes_of_anything(data: list[list[float]]) -> None:
    pooled = [value for own in data for value in own]
    ranges = [[{"minimum": value, "maximum": value} for value in own] for own in data]
    found = result("MinimumMaximum", *ranges)
    expected = {
        "maximum": max(pooled, key=order_key, default=None),
        "minimum": min(pooled, key=order_key, default=None),
        "samples": len(pooled),
    }
    assert repr(found).replace("-0.0", "0.0") == repr(expected).replace("-0.0", "0.0")


def test_all_ranks_at_once() -> None:
    rng = np.random.default_rng(8)
    own = [[int(value) for value in rng.integers(0, 1 << 20, size)] for size in (7, 0, 5)]
    pooled = sorted(value for one in own for value in one)
    links = Links(3)

    async def run() -> list[list[int]]:
        ranks = list(range(1, 13))
        return await asyncio.gather(*(order_statistics(LinkedGroup(links, place), own[place], ranks, 20) for place in range(3)))

    assert asyncio.run(run()) == [pooled] * 3


MEDIANS: list[list[list[float]]] = [
    [[0.29], [0.29], [0.29]],
    [[1e308, -1e308], [5e-324, -5e-324, 0.1]],
    [[0.1, 0.2], []],
    [[1e9 + 1, 1e9 + 3], [1e9 + 2, 1e9 + 4]],
]


@pytest.mark.parametrize("data", MEDIANS)
def test_medians(data: list[list[float]]) -> None:
    exact = [Fraction(repr(value)) for own in data for value in own]
    assert result("SecureMedian", *data) == {"median": float(statistics.median(exact))}


def test_the_median_of_nothing_and_of_one_party() -> None:
    assert result("SecureMedian", [], []) == {"median": None}
    assert result("SecureMedian", [3, 1, 2]) == {"median": 2.0}


def test_quantiles_are_those_of_numpy() -> None:
    rng = np.random.default_rng(9)
    data = [rng.normal(1e6, 3, size).tolist() for size in (5, 8)]
    probabilities = [0, 0.1, 0.5, 0.975, 1]
    found = result("StatisticsQuantiles", *data, parameters={"probabilities": probabilities})
    expected = np.quantile([value for own in data for value in own], probabilities)
    assert found["samples"] == 13
    assert found["quantiles"] == pytest.approx(expected.tolist(), rel=1e-15)
    assert result("StatisticsQuantiles", [], []) == {"quantiles": [None] * 3, "samples": 0}


def test_a_rank_without_bounds_keeps_the_type() -> None:
    given = [{"array": array, "rank": 2} for array in ([2.5, 2**62 + 1], [-1])]
    assert repr(result("KthElement", *given)) == repr({"item": 2.5, "samples": 3})
    given = [{"array": array, "rank": 3} for array in ([2.5, 2**62 + 1], [-1])]
    assert repr(result("KthElement", *given)) == repr({"item": 2**62 + 1, "samples": 3})


def test_a_rank_beyond_all_elements_is_refused_by_all_alike() -> None:
    found = failure("KthElement", *[{"array": [1], "rank": 3, "lower_bound": 0, "upper_bound": 9}] * 2)
    assert (found.code, found.reason) == (400, "invalid-input")
    assert "rank is 3" in found.message
    assert "2 elements" in found.message


def _lengths(name: str, *data: Any) -> list[int]:
    links = Links(len(data))
    found = outcomes(name, *data, links=links)
    assert isinstance(found[0], dict), found
    return sorted(len(message) for _, _, message in links.sent)


def test_messages_say_by_their_number_and_lengths_nothing_of_the_data() -> None:
    # Other values, and other numbers of values at the parties, with the same number together.
    assert _lengths("SecureMedian", [1, 2, 3, 4, 5], [6]) == _lengths("SecureMedian", [-1e300], [7, 0.5, -2, 11, 5])
    ranges = [{"minimum": 1, "maximum": 1}, {"minimum": 1e9, "maximum": 2e9}]
    assert _lengths("MinimumMaximum", ranges[:1], ranges) == _lengths("MinimumMaximum", [], ranges[1:])
