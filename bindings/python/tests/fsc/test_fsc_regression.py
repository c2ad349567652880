"""Regressions of records that are spread over parties, against least squares and greatest likelihood of all records together."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from linked_group import failure, result

RNG = np.random.default_rng(31)
COUNT = 90
VARIABLES = RNG.normal(size=(COUNT, 3))
OUTCOME = VARIABLES @ [1.5, -2.0, 0.0] + 0.7 + RNG.normal(size=COUNT)
LABELS = RNG.random(COUNT) < 1 / (1 + np.exp(-(VARIABLES @ [1.0, -0.5, 0.25] - 0.3)))


def _split(variables: Any, outcome: Any) -> list[list[list[float]]]:
    rows = np.column_stack([variables, outcome]).tolist()
    return [rows[:20], [], rows[20:]]


def _centred(shifted: Any, offset: float, scale: float) -> Any:
    """The decimals of numbers about their middle, where the doubles of an oracle are precise."""
    return np.array([[float((Fraction(repr(value)) - Fraction(offset)) / Fraction(scale)) for value in row] for row in shifted.tolist()])


@pytest.mark.parametrize(("offset", "scale"), [(0.0, 1.0), (1e8, 1.0), (0.0, 1e-8), (-3e5, 1e12)])
def test_linear_regression(offset: float, scale: float) -> None:
    shifted = offset + scale * VARIABLES
    found = result("StatisticsRegressionOLSHorizontal", *_split(shifted, OUTCOME), parameters={"variables": 3})
    centred = _centred(shifted, offset, scale)
    design = np.column_stack([centred, np.ones(COUNT)])
    solution = np.linalg.lstsq(design, OUTCOME, rcond=None)[0]
    residuals = OUTCOME - design @ solution
    variance = residuals @ residuals / (COUNT - 4)
    errors = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    assert found["coefficients"] == pytest.approx((solution[:3] / scale).tolist(), rel=1e-10, abs=1e-12 / scale)
    assert found["intercept"] == pytest.approx(solution[3] - solution[:3].sum() * offset / scale, rel=1e-9)
    assert found["standard_errors"] == pytest.approx((errors[:3] / scale).tolist(), rel=1e-10)
    assert found["residual_variance"] == pytest.approx(variance, rel=1e-10)
    assert found["r_squared"] == pytest.approx(1 - residuals @ residuals / ((OUTCOME - OUTCOME.mean()) @ (OUTCOME - OUTCOME.mean())))
    assert found["samples"] == COUNT
    if not offset:
        assert found["intercept_standard_error"] == pytest.approx(errors[3], rel=1e-10)


def test_a_single_variable_against_scipy() -> None:
    rows = _split(VARIABLES[:, :1], OUTCOME)
    found = result("StatisticsRegressionOLSHorizontal", *rows, parameters={"variables": 1})
    expected = scipy.stats.linregress(VARIABLES[:, 0], OUTCOME)
    assert found["coefficients"] == pytest.approx([expected.slope], rel=1e-12)
    assert found["intercept"] == pytest.approx(expected.intercept, rel=1e-12)
    assert found["standard_errors"] == pytest.approx([expected.stderr], rel=1e-12)
    assert found["intercept_standard_error"] == pytest.approx(expected.intercept_stderr, rel=1e-12)
    assert found["r_squared"] == pytest.approx(expected.rvalue**2, rel=1e-12)


def test_a_line_through_the_origin() -> None:
    found = result("StatisticsRegressionOLSHorizontal", [[1, 2.0], [2, 3.0]], [[3, 7.0]], parameters={"intercept": False})
    assert found["coefficients"] == [29 / 14]
    assert found["intercept"] is None
    assert found["intercept_standard_error"] is None
    assert found["r_squared"] == pytest.approx(1 - (62 - 29**2 / 14) / 62)


def test_an_exact_fit_has_no_residual() -> None:
    found = result("StatisticsRegressionOLSHorizontal", [[1, 3], [2, 5]], [[3, 7]])
    assert (found["coefficients"], found["intercept"]) == ([2.0], 1.0)
    assert (found["residual_variance"], found["r_squared"], found["standard_errors"]) == (0.0, 1.0, [0.0])
    through_two = result("StatisticsRegressionOLSHorizontal", [[1, 3]], [[2, 5]])
    assert (through_two["residual_variance"], through_two["standard_errors"]) == (None, [None])


@pytest.mark.parametrize("name", ["StatisticsRegressionOLSHorizontal", "StatisticsRegressionLogistic"])
def test_what_has_no_answer_is_said_to_all(name: str) -> None:
    dependent = failure(name, [[1, 2, 0], [2, 4, 1]], [[3, 6, 0], [4, 8, 1]])
    assert (dependent.code, dependent.reason) == (400, "undefined")
    assert "variable 1" in dependent.message
    assert "variable 0" in failure(name, [[5, 0]], [[5, 1]]).message
    assert "no party has a record" in failure(name, [], [], parameters={"variables": 2}).message


@pytest.mark.parametrize(("offset", "scale"), [(0.0, 1.0), (1e6, 1e-3)])
def test_logistic_regression(offset: float, scale: float) -> None:
    shifted = offset + scale * VARIABLES
    found = result("StatisticsRegressionLogistic", *_split(shifted, LABELS), parameters={"variables": 3})
    design = np.column_stack([_centred(shifted, offset, scale), np.ones(COUNT)])

    def lost(parameters: Any) -> float:
        predictors = design @ parameters
        return float(np.sum(np.logaddexp(0, predictors) - LABELS * predictors))

    def slope(parameters: Any) -> Any:
        return design.T @ (1 / (1 + np.exp(-design @ parameters)) - LABELS)

    best = scipy.optimize.minimize(lost, np.zeros(4), jac=slope, method="BFGS", options={"gtol": 1e-11}).x
    fitted = 1 / (1 + np.exp(-design @ best))
    errors = np.sqrt(np.diag(np.linalg.inv((design.T * (fitted * (1 - fitted))) @ design)))
    tolerance = 1e-7 if scale == 1.0 else 1e-5
    assert found["coefficients"] == pytest.approx((best[:3] / scale).tolist(), rel=tolerance)
    assert found["intercept"] == pytest.approx(best[3] - best[:3].sum() * offset / scale, rel=tolerance)
    assert found["standard_errors"] == pytest.approx((errors[:3] / scale).tolist(), rel=tolerance)
    assert found["log_likelihood"] == pytest.approx(-lost(best), rel=1e-9)
    if not offset:
        assert found["intercept_standard_error"] == pytest.approx(errors[3], rel=1e-7)


def test_separated_outcomes_have_no_best_parameters() -> None:
    found = failure("StatisticsRegressionLogistic", [[1, 0], [2, 0]], [[3, 1], [4, 1]])
    assert (found.code, found.reason) == (400, "undefined")
    assert "separate" in found.message
