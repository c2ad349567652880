"""Univariate and bivariate statistics against SciPy and against exact fractions, on data for which the original fails."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from linked_group import Links, outcomes, result

from cloakwork.fsc.microprotocols.statistics_univariate import FIELDS

RNG = np.random.default_rng(17)
UNIT = RNG.normal(size=40)

# Each list is one party's.
DATA: dict[str, list[list[float]]] = {
    "random": [UNIT[:15].tolist(), UNIT[15:].tolist(), []],
    "positive": [np.exp(UNIT[:15]).tolist(), np.exp(UNIT[15:]).tolist()],
    "tiny": [(1e-6 * UNIT[:20]).tolist(), (1e-6 * UNIT[20:]).tolist()],
    "smallest": [[1e-300, 3e-300, 2e-300], [7e-300]],
    "large offset": [(1e9 + UNIT[:20]).tolist(), (1e9 + UNIT[20:]).tolist()],
    "last digits": [[1.0, 1.0 + 2**-52, 1.0 + 2**-51], [1.0 + 2**-50]],
    "negative": [(-np.exp(UNIT[:9])).tolist(), (-np.exp(UNIT[9:])).tolist()],
    "heavy tail": [[1.0, 2.0, 3.0], [1e12, 2.5]],
    "integers": [[1, 2, 2, 3], [10, 2**60]],
    "with zero": [[0, 1, 2], [4]],
}


def _exact(data: list[list[float]]) -> dict[str, float | None]:
    """The statistics by their definitions, in fractions of the decimals."""
    values = [Fraction(repr(value)) for own in data for value in own]
    count, mean = len(values), sum(values) / Fraction(len(values))
    central = [sum((value - mean) ** order for value in values) / count for order in range(7)]
    mle, variance = central[2], central[2] * count / (count - 1)
    deviation, deviation_mle = _root(variance), _root(mle)
    positive, signs = min(values) > 0, {value > 0 for value in values}
    return {
        "samples": count,
        "minimum": float(min(values)),
        "maximum": float(max(values)),
        "sum": float(sum(values)),
        "mean": float(mean),
        "variance": float(variance),
        "variance_mle": float(mle),
        "variance_of_sample_mean": float(variance / count),
        "standard_deviation": deviation,
        "standard_deviation_mle": deviation_mle,
        "standard_error_of_sample_mean": _root(variance / count),
        "coefficient_of_variation": deviation / float(mean),
        "coefficient_of_variation_mle": deviation_mle / float(mean),
        "root_mean_square": _root(mle + mean**2),
        "root_mean_square_deviation": deviation_mle,
        "skewness": float(central[3] / mle) / deviation_mle,
        "kurtosis": float(central[4] / mle**2),
        "kurtosis_excess": float(central[4] / mle**2 - 3),
        "hyper_skewness": float(central[5] / mle**2) / deviation_mle,
        "hyper_flatness": float(central[6] / mle**3),
        "harmonic_mean": 0.0 if min(values) == 0 else float(count / sum(1 / value for value in values)) if len(signs) == 1 else None,
        "geometric_mean": 0.0 if min(values) == 0 else math.exp(math.fsum(map(math.log, values)) / count) if positive else None,
    }


def _root(value: Fraction) -> float:
    # Twice a power of two that makes squares of tiny numbers doubles.
    return math.sqrt(value * 2**1200) * 2.0**-600 if value < Fraction(1, 2**200) else math.sqrt(value)


@pytest.mark.parametrize("name", DATA)
def test_univariate_statistics_by_their_definitions(name: str) -> None:
    found = result("StatisticsUnivariate", *DATA[name])
    assert list(found) == list(FIELDS)
    expected = _exact(DATA[name])
    assert expected.keys() == found.keys()
    for field, value in expected.items():
        wanted = value if value is None else pytest.approx(value, rel=1e-13, abs=0.0 if value else 1e-15)
        assert found[field] == wanted, field


@pytest.mark.parametrize("name", ["random", "positive", "tiny", "heavy tail"])
def test_univariate_statistics_against_scipy(name: str) -> None:
    found, pooled = result("StatisticsUnivariate", *DATA[name]), np.concatenate(DATA[name])
    assert found["skewness"] == pytest.approx(scipy.stats.skew(pooled), rel=1e-9)
    assert found["kurtosis"] == pytest.approx(scipy.stats.kurtosis(pooled, fisher=False), rel=1e-9)
    assert found["standard_error_of_sample_mean"] == pytest.approx(scipy.stats.sem(pooled), rel=1e-12)
    assert found["coefficient_of_variation"] == pytest.approx(scipy.stats.variation(pooled, ddof=1), rel=1e-9)
    if (pooled > 0).all():
        assert found["geometric_mean"] == pytest.approx(scipy.stats.gmean(pooled), rel=1e-13)
        assert found["harmonic_mean"] == pytest.approx(scipy.stats.hmean(pooled), rel=1e-13)


def test_nothing_is_null_but_what_is_not_defined() -> None:
    nothing = result("StatisticsUnivariate", [], [], [])
    assert nothing == {**dict.fromkeys(FIELDS), "samples": 0.0, "sum": 0.0}
    one = result("StatisticsUnivariate", [], [-2.5])
    undefined = {name for name, value in one.items() if value is None}
    divided = {"variance", "variance_of_sample_mean", "standard_deviation", "standard_error_of_sample_mean", "coefficient_of_variation"}
    standardised = {"skewness", "kurtosis", "kurtosis_excess", "hyper_skewness", "hyper_flatness"}
    assert undefined == divided | standardised | {"geometric_mean"}
    assert (one["mean"], one["minimum"], one["maximum"], one["variance_mle"], one["harmonic_mean"]) == (-2.5, -2.5, -2.5, 0.0, -2.5)
    equal = result("StatisticsUnivariate", [0.1, 0.1], [0.1])
    assert {name for name, value in equal.items() if value is None} == standardised
    assert (equal["sum"], equal["mean"], equal["variance"], equal["geometric_mean"], equal["harmonic_mean"]) == (0.3, 0.1, 0.0, 0.1, 0.1)


def test_what_is_beyond_doubles_is_null() -> None:
    found = result("StatisticsUnivariate", [1e308, -1e308], [1.5e308])
    assert found["variance"] is None
    assert found["standard_deviation"] == pytest.approx(1.3228756555322954e308, rel=1e-14)
    assert found["sum"] == 1.5e308
    assert result("StatisticsUnivariate", [1.5e308], [1.5e308])["sum"] is None


def test_sums_are_those_of_decimals() -> None:
    assert result("StatisticsUnivariate", [0.1, 0.2], [-0.3, 1.1])["sum"] == 1.1


floats = st.floats(-1e150, 1e150, allow_nan=False).map(lambda value: 0.0 if abs(value) < 1e-150 else value)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(floats, max_size=5), min_size=2, max_size=3))
def test_moments_of_anything(data: list[list[float]]) -> None:
    values = [Fraction(repr(value)) for own in data for value in own]
    found = result("StatisticsUnivariate", *data)
    assert found["samples"] == len(values)
    if len(set(values)) < 2:
        return
    mean = sum(values) / Fraction(len(values))
    second, fourth = (sum((value - mean) ** order for value in values) / len(values) for order in (2, 4))
    assert found["variance_mle"] == pytest.approx(float(second), rel=1e-14)
    assert found["kurtosis"] == pytest.approx(float(fourth / second**2), rel=1e-14)
    # A sum may cancel: it is right to 2^-80 of its greatest summand.
    assert abs(Fraction(found["sum"]) - sum(values)) <= abs(sum(values)) / 2**53 + max(map(abs, values)) / 2**80


PAIRS = [[[float(x), float(3 * x + y)] for x, y in zip(UNIT[:20], UNIT[20:], strict=True)], [[0.5, 1.0]], []]


@pytest.mark.parametrize("scale", [1.0, 1e-9, 1e200])
@pytest.mark.parametrize("offset", [0.0, 1e7])
def test_bivariate_statistics(scale: float, offset: float) -> None:
    data = [[[scale * (x + offset), y - offset] for x, y in own] for own in PAIRS]
    pooled = [[Fraction(repr(x)), Fraction(repr(y))] for own in data for x, y in own]
    count = len(pooled)
    mean_x, mean_y = (sum(column) / Fraction(count) for column in zip(*pooled, strict=True))
    product = sum((x - mean_x) * (y - mean_y) for x, y in pooled)
    square_x, square_y = sum((x - mean_x) ** 2 for x, _ in pooled), sum((y - mean_y) ** 2 for _, y in pooled)
    expected = {
        "samples": count,
        "covariance": float(product / (count - 1)),
        "covariance_mle": float(product / count),
        "correlation_coefficient": math.sqrt(product**2 / (square_x * square_y)),
        "regression_slope": float(product / square_x),
        "regression_interceipt": float(mean_y - product / square_x * mean_x),
        "regression_slope_only": float(sum(x * y for x, y in pooled) / sum(x * x for x, _ in pooled)),
    }
    assert result("StatisticsBivariate", *data) == pytest.approx(expected, rel=1e-13)


def test_bivariate_statistics_that_are_not_defined() -> None:
    names = ("covariance", "covariance_mle", "correlation_coefficient", "regression_slope", "regression_interceipt")
    nothing = result("StatisticsBivariate", [], [])
    assert nothing == {"samples": 0.0, **dict.fromkeys(names), "regression_slope_only": None}
    upright = result("StatisticsBivariate", [[2, 1]], [[2, 3]])
    assert [upright[name] for name in names] == [0.0, 0.0, None, None, None]
    assert upright["regression_slope_only"] == 1.0
    alone = result("StatisticsBivariate", [[0, 1]], [])
    assert (alone["covariance"], alone["covariance_mle"], alone["regression_slope_only"]) == (None, 0.0, None)


def _sent(name: str, *data: Any) -> list[int]:
    links = Links(len(data))
    assert isinstance(outcomes(name, *data, links=links)[0], dict)
    return sorted(len(message) for _, _, message in links.sent)


def test_messages_of_statistics_say_nothing_by_their_lengths() -> None:
    assert _sent("StatisticsUnivariate", [1, 2], [-3e8]) == _sent("StatisticsUnivariate", [], [5e-3] * 7)
    assert _sent("StatisticsBivariate", [[1, 2]], [[3, 4]]) == _sent("StatisticsBivariate", [], [[5e100, -1]] * 9)
