"""What the original server returned, field by field, where it was right."""

from __future__ import annotations

from typing import Any

import pytest
from linked_group import result

CASES: list[tuple[str, list[Any], dict[str, Any]]] = [
    (
        "MinimumMaximum",
        [
            [{"minimum": -2, "maximum": 3}, {"minimum": 1, "maximum": 2}],
            [{"minimum": 0, "maximum": 9}],
            [{"minimum": 4, "maximum": 4}],
        ],
        {"maximum": 9, "minimum": -2, "samples": 4},
    ),
    ("SecureMedian", [list(range(1, 10)), list(range(10, 19))], {"median": 9.5}),
    ("SecureMedian", [[0, 2, 9, 3], [4, 5], [7, 1, 1]], {"median": 3.0}),
    (
        "SecureMatrixMultiplication",
        [[[[1, 0, 1], [1, 1, 1], [1, 2, 1]]], [[[2, -3, -1], [3, 0, 15], [1, 0, -1]]]],
        {"product": [[3.0, -3.0, -2.0], [6.0, -3.0, 13.0], [9.0, -3.0, 28.0]]},
    ),
    (
        "StatisticsFrequency",
        [["A"] * 1 + ["B"] * 2 + ["C"] * 3, ["A"] * 2 + ["B"] * 3 + ["C"] * 4],
        {"histogram": {"A": 3.0, "B": 5.0, "C": 7.0}, "mode": "C"},
    ),
    ("StatisticsFrequency", [[1, 2], [2, 3], [1, 2]], {"histogram": {"1": 2.0, "2": 3.0, "3": 1.0}, "mode": "2"}),
    (
        "StatisticsContingency",
        [
            [["non-smoker", "female"]] * 3 + [["non-smoker", "male"]] + [["smoker", "male"]],
            [["non-smoker", "female"]] * 2 + [["smoker", "female"]] * 2 + [["smoker", "male"]] * 3,
        ],
        {
            "mode": ["non-smoker", "female"],
            "table": {"non-smoker": {"female": 5.0, "male": 1.0}, "smoker": {"female": 2.0, "male": 4.0}},
        },
    ),
]


@pytest.mark.parametrize(("name", "inputs", "expected"), CASES, ids=[f"{name} {place}" for place, (name, *_) in enumerate(CASES)])
def test_results_are_those_of_the_original(name: str, inputs: list[Any], expected: dict[str, Any]) -> None:
    assert repr(result(name, *inputs)) == repr(expected)


def test_the_element_of_a_rank() -> None:
    given = [{"array": array, "rank": 3, "lower_bound": 0, "upper_bound": 30} for array in ([1, 5, 9], [2, 8], [20])]
    assert repr(result("KthElement", *given)) == repr({"item": 5, "samples": 6})


def test_a_vertical_regression() -> None:
    # The original prints 0.9799999999999975 and 2.0300000000000007: these are the exact ones.
    records = [[1, 1], [1, 2], [1, 3], [1, 4]]
    assert result("StatisticsRegressionOLSVertical", [records], [[3.1, 4.8, 7.2, 9.1]]) == {"mle": [[0.95], [2.04]]}


def test_bivariate_statistics() -> None:
    found = result("StatisticsBivariate", [[1, 2], [3, 5]], [[2, 3]], [[4, 4.5]])
    assert found == {
        "samples": 4.0,
        "covariance": 1.5833333333333333,
        "covariance_mle": 1.1875,
        "correlation_coefficient": pytest.approx(0.8907337387831412, rel=1e-15),
        "regression_slope": 0.95,
        "regression_interceipt": 1.25,
        "regression_slope_only": 1.3666666666666667,
    }
    assert {type(value) for value in found.values()} == {float}


def test_a_line_through_two_points() -> None:
    assert result("StatisticsBivariate", [[1, 2]], [[2, 3]]) == {
        "samples": 2.0,
        "covariance": 0.5,
        "covariance_mle": 0.25,
        "correlation_coefficient": 1.0,
        "regression_slope": 1.0,
        "regression_interceipt": 1.0,
        "regression_slope_only": 1.6,
    }


def test_univariate_statistics() -> None:
    found = result("StatisticsUnivariate", [1, 2, 3, 4, 5], [6, 7, 8, 9, 10.0])
    assert (found["minimum"], type(found["minimum"])) == (1, int)
    assert (found["maximum"], type(found["maximum"])) == (10.0, float)
    expected = {
        "samples": 10.0,
        "mean": 5.5,
        "variance": 9.166666666666666,
        "variance_mle": 8.25,
        "harmonic_mean": 3.41417152147406,
        "geometric_mean": 4.528728688116532,
        "kurtosis": 1.7757575757575756,
        "hyper_flatness": 3.7033976124885215,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-13)
