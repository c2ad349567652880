"""Logistic regression of records of which each party has some."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork.fsc.computation import Computation, Failure, Group, Microprotocol
from cloakwork.fsc.microprotocols.readers import exact, known, truth
from cloakwork.fsc.microprotocols.regression_records import inverted, read_records, some
from cloakwork.fsc.protocols.covariances import Covariances, covariances
from cloakwork.fsc.protocols.linear_algebra import inverse, product

Floats = NDArray[np.float64]

# Newton steps. They end after one that changes no predictor by more than this: as each squares the error, what is left is no more than that
# of the arithmetic.
MOST_STEPS = 30
ENOUGH = 1e-7
# Of the log-likelihood, the part that may be rounding.
NOISE = 1e-12
# Of an element of the information, the part that may be rounding.
SINGULAR = 1e-13
# Sums are made of doubles with so many bits after the point.
FRACTION = 60


@dataclass(frozen=True)
class Input:
    """What a party gives: columns of explaining variables, and outcomes."""

    columns: list[list[Fraction]]
    outcomes: list[bool]


class StatisticsRegressionLogistic(Microprotocol):
    """Each party gives records [x1, ..., xk, y] with y 0 or 1; parameter `variables`, k, which a party without records needs.

    The result has `coefficients` and `intercept` of greatest likelihood, `standard_errors` and `intercept_standard_error` (from the inverse
    of the information matrix), `log_likelihood`, `samples` and `steps`. Newton's method (P. McCullagh, J. Nelder, Generalized Linear
    Models, 2.5) with secure sums of the log-likelihood, its gradient and its second derivatives, of variables that are centred and scaled
    by what `covariances` says; a step that does not raise the likelihood is halved.
    """

    name = "StatisticsRegressionLogistic"
    version = 1
    reveals = (
        "Every party learns the number of all parties' records together, the means, variances and covariances of the explaining variables, "
        "the powers of two above their greatest magnitudes and deviations, and at each step the log-likelihood with its first and second "
        "derivatives, summed over all records."
    )

    def read(self, computation: Computation) -> Input:
        """Records, all of one length, with outcomes last."""
        asked = known(computation.parameters, {"variables"})
        rows, variables = read_records(computation.data, asked)
        outcomes = [truth(one[-1], f"data[{place}][{variables}]") for place, one in enumerate(rows)]
        return Input([[exact(one[place]) for one in rows] for place in range(variables)], outcomes)

    def shape(self, own: Input) -> bytes:
        """How many variables there are."""
        return str(len(own.columns)).encode()

    async def run(self, group: Group, own: Input) -> dict[str, Any]:
        """`covariances`, then Newton's method."""
        found = some(await covariances(group, own.columns))
        # Nothing is done with it but to see that it is there.
        inverted(found.products)
        design = np.ones((len(own.outcomes), len(own.columns) + 1))
        for place, (column, mean, scale) in enumerate(zip(own.columns, found.means, found.scales, strict=True)):
            design[:, place + 1] = [float((value - mean) / scale) for value in column]
        return await _fitted(group, found, design, np.array(own.outcomes, dtype=np.float64))


@dataclass(frozen=True)
class _Likelihood:
    """Of one choice of parameters, over all parties' records: the logarithm, its gradient, and its second derivatives turned in sign."""

    logarithm: float
    gradient: list[float]
    information: list[list[float]]


async def _likelihood(group: Group, design: Floats, outcomes: Floats, parameters: list[float]) -> _Likelihood:
    predictors = design @ np.array(parameters)
    # log(1 + e^p) and the logistic function without overflow.
    logarithm = float(np.sum(outcomes * predictors - np.logaddexp(0.0, predictors)))
    fitted = np.exp(-np.logaddexp(0.0, -predictors))
    gradient = design.T @ (outcomes - fitted)
    information = (design.T * (fitted * np.exp(-np.logaddexp(0.0, predictors)))) @ design
    pairs = list(combinations_with_replacement(range(len(parameters)), 2))
    own = [logarithm, *gradient.tolist(), *(float(information[pair]) for pair in pairs)]
    sums = [one / (1 << FRACTION) for one in await group.sum([round(Fraction(one) * (1 << FRACTION)) for one in own])]
    made = [[0.0] * len(parameters) for _ in parameters]
    for (i, j), one in zip(pairs, sums[1 + len(parameters) :], strict=True):
        made[i][j] = made[j][i] = one
    return _Likelihood(sums[0], sums[1 : 1 + len(parameters)], made)


async def _fitted(group: Group, found: Covariances, design: Floats, outcomes: Floats) -> dict[str, Any]:
    # What follows from the sums is made of single operations on doubles, so that all parties take the same steps on whatever machine.
    parameters = [0.0] * design.shape[1]
    here = await _likelihood(group, design, outcomes, parameters)
    for step in range(1, MOST_STEPS + 1):
        change = product(_inverse(here), here.gradient)
        there = await _likelihood(group, design, outcomes, _added(parameters, change))
        while there.logarithm < here.logarithm - NOISE * abs(here.logarithm) and _size(change) >= ENOUGH:
            change = [one / 2 for one in change]
            there = await _likelihood(group, design, outcomes, _added(parameters, change))
        parameters, here = _added(parameters, change), there
        if _size(change) < ENOUGH:
            return _result(found, here, parameters, step)
    raise _separated()


def _added(one: list[float], other: list[float]) -> list[float]:
    return [first + second for first, second in zip(one, other, strict=True)]


def _size(change: list[float]) -> float:
    """The most that a predictor changes: scaled variables are at most 1."""
    return sum(map(abs, change))


def _inverse(here: _Likelihood) -> list[list[float]]:
    """The inverse of the information."""
    found = inverse(here.information, SINGULAR)
    if isinstance(found, int):
        raise _separated()
    return found


def _separated() -> Failure:
    message = "data: the variables separate the outcomes, or nearly so, and no parameters are best; give fewer variables or more records"
    return Failure(400, "undefined", message)


def _result(found: Covariances, here: _Likelihood, parameters: list[float], steps: int) -> dict[str, Any]:
    """Parameters of the variables as they were given."""
    scales, means = [float(one) for one in found.scales], [float(one) for one in found.means]
    variances = _inverse(here)
    # The intercept is a . p for the parameters p of the scaled variables.
    a = [1.0, *(-mean / scale for mean, scale in zip(means, scales, strict=True))]
    variance = sum(one * other for one, other in zip(a, product(variances, a), strict=True))
    return {
        "coefficients": [one / scale for one, scale in zip(parameters[1:], scales, strict=True)],
        "intercept": sum(one * other for one, other in zip(a, parameters, strict=True)),
        "standard_errors": [math.sqrt(variances[place][place]) / scale for place, scale in enumerate(scales, 1)],
        "intercept_standard_error": math.sqrt(variance),
        "log_likelihood": here.logarithm,
        "samples": found.samples,
        "steps": steps,
    }
