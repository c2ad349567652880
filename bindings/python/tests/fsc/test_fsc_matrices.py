"""Products of two parties' matrices, and vertical regression."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linked_group import LinkedGroup, Links, computation, failure, result

from cloakwork.fsc.computation import Failure
from cloakwork.fsc.microprotocols.secure_matrix_multiplication import SecureMatrixMultiplication
from cloakwork.fsc.protocols import vertical_product
from cloakwork.fsc.protocols.matrix_product import Operand, limb_bits
from cloakwork.fsc.protocols.scaled_matrix import scaled_matrix

RNG = np.random.default_rng(23)


def _exact(left: list[list[Any]], right: list[list[Any]]) -> list[list[float]]:
    one, other = ([[Fraction(repr(value)) for value in row] for row in rows] for rows in (left, right))
    columns = list(zip(*other, strict=True))
    return [[float(sum(a * b for a, b in zip(row, column, strict=True))) for column in columns] for row in one]


EXACT: dict[str, tuple[list[list[Any]], list[list[Any]]]] = {
    "one by one": ([[0.1]], [[3]]),
    "zeros": ([[0, 0], [0.0, 0]], [[0], [0]]),
    "whole numbers of 48 bits": ([[2**47 + 1, -(2**47) - 3], [1, -1]], [[2**46 + 5, -7], [1 - 2**47, 11]]),
    "decimals": ([[0.1, -2.25, 31.125]], [[1e-6], [123456.5], [-0.001]]),
    "one side of one limb": ([[1, 0, 1], [0, 1, 1]], [[123456789.125], [-0.5], [3]]),
    "tall and wide": ([[1], [2], [-3]], [[4, 0.5, -6, 7]]),
    "far apart": ([[1e-200, 2e-200]], [[1e210], [-3e210]]),
}


@pytest.mark.parametrize("name", EXACT)
def test_whole_numbers_and_decimals_are_exact(name: str) -> None:
    left, right = EXACT[name]
    assert result("SecureMatrixMultiplication", [left], [right]) == {"product": _exact(left, right)}


@pytest.mark.parametrize("shape", [(3, 5, 2), (6, 1, 6), (2, 70, 1)])
def test_real_numbers_are_right_to_their_greatest(shape: tuple[int, int, int]) -> None:
    rows, inner, columns = shape
    left, right = RNG.normal(size=(rows, inner)), 1e6 * RNG.normal(size=(inner, columns))
    found = np.array(result("SecureMatrixMultiplication", [left.tolist()], [right.tolist()])["product"])
    # What is rounded before, and the doubles of both results.
    bound = (2.0 ** (2 - 2 * limb_bits(inner)) + 2.0**-52) * inner * np.abs(left).max() * np.abs(right).max()
    assert found.shape == (rows, columns)
    assert np.abs(found - left @ right).max() <= bound
    assert bound < 1e-12 * inner * np.abs(left).max() * np.abs(right).max()


integers = st.integers(-(2**45), 2**45)


@settings(max_examples=12, deadline=None)
@given(st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)), st.data())
def test_products_of_whole_numbers(shape: tuple[int, int, int], data: st.DataObject) -> None:
    rows, inner, columns = shape
    left, right = (
        data.draw(st.lists(st.lists(integers, min_size=width, max_size=width), min_size=height, max_size=height))
        for height, width in ((rows, inner), (inner, columns))
    )
    assert result("SecureMatrixMultiplication", [left], [right]) == {"product": _exact(left, right)}


def test_sides_that_do_not_fit_are_refused_by_both() -> None:
    found = failure("SecureMatrixMultiplication", [[[1, 2]]], [[[1], [2], [3]]])
    assert found.reason == "disagreement"
    assert "2 columns" in found.message
    assert "3 rows" in found.message


def test_products_that_would_take_too_long_are_refused_before_they_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vertical_product, "MOST_BYTES", 10_000)
    ones = [[[1] * 8] * 8]
    assert failure("SecureMatrixMultiplication", ones, ones).reason == "too-large"


def test_the_cost_without_a_dealer_is_what_a_product_takes() -> None:
    # 256 bytes for every run of 64 transfers of a word, 260 for every element of it: docs/mpc.md, 13.
    assert vertical_product.without_dealer(Operand(3, 5, 20), Operand(5, 2, 20)) == 256 * 5 * 2 + 260 * 5 * 3 * 2


@pytest.mark.parametrize("garbage", [b"", b"x" * 7, bytes(20), b"\xff" * 20])
def test_a_party_that_describes_no_matrix_is_named(garbage: bytes) -> None:
    links = Links(2)

    async def run() -> tuple[Any, Any]:
        kind = SecureMatrixMultiplication()
        own = kind.read(computation("SecureMatrixMultiplication", [[[1, 2], [3, 4]]], 0, 2))
        honest = kind.run(LinkedGroup(links, 0), own)
        return tuple(await asyncio.gather(honest, LinkedGroup(links, 1).broadcast(garbage), return_exceptions=True))  # type: ignore[return-value]

    found = asyncio.run(run())[0]
    assert isinstance(found, Failure)
    assert (found.code, found.reason, found.party) == (502, "garbage", 1)


def test_scales() -> None:
    decimal = scaled_matrix([[Fraction(1, 10), Fraction(-25, 100)]], 48)
    assert (decimal.integers.tolist(), decimal.scale, decimal.bits) == ([[10, -25]], 100, 5)
    third = scaled_matrix([[Fraction(1, 3), Fraction(1)]], 48)
    assert third.bits <= 48
    assert abs(third.integers[0, 0] / third.scale - Fraction(1, 3)) < Fraction(1, 2**46)


@pytest.mark.parametrize("offset", [0, 10**7])
def test_vertical_regression(offset: int) -> None:
    # Short decimals, so that an offset changes no number but by itself.
    first, second, noise = (RNG.normal(size=60).round(3) for _ in range(3))
    outcome = (2.0 - 1.5 * first + 0.25 * second + 0.1 * noise).round(3)
    shifted = [float(Fraction(repr(value)) + offset) for value in first.tolist()]
    records = [[1, one, other] for one, other in zip(shifted, second.tolist(), strict=True)]
    found = result("StatisticsRegressionOLSVertical", [records], [outcome.tolist()])["mle"]
    slopes = np.linalg.lstsq(np.column_stack([np.ones(60), first, second]), outcome, rcond=None)[0]
    assert [row[0] for row in found] == pytest.approx([slopes[0] - offset * slopes[1], slopes[1], slopes[2]], rel=1e-12)


def test_a_vertical_regression_without_one_answer_is_refused_at_its_owner() -> None:
    with pytest.raises(Failure) as caught:
        result("StatisticsRegressionOLSVertical", [[[1, 2, 2], [1, 3, 3], [1, 4, 4]]], [[1, 2, 3]])
    assert "column 2" in caught.value.message
