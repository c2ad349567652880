"""Logistic regression of records of which each party has some."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork.fsc.computation import Computation, Failure, Group, Microprotocol
from cloakwork.fsc.microprotocols.readers import exact, known, refused, table, truth, whole
from cloakwork.fsc.protocols.covariances import TOLERANCE, Covariances, covariances
from cloakwork.fsc.protocols.linear_algebra import inverse

Floats = NDArray[np.float64]

MOST_VARIABLES = 64
# Newton steps. They end after one that changes no predictor by more than this: as each squares the error, what is left is no more than that
# of the arithmetic.
MOST_STEPS = 30
ENOUGH = 1e-7
# Of the log-likelihood, the part that may be rounding.
NOISE = 1e-12
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
        rows = table(computation.data, 2)
        variables = whole(asked["variables"], "parameters.variables", 1) if "variables" in asked else len(rows[0]) - 1 if rows else 0
        if not 1 <= variables <= MOST_VARIABLES:
            raise refused(f"there are {variables} variables; give 1 to {MOST_VARIABLES}, by records or by parameters.variables")
        if rows and len(rows[0]) != variables + 1:
            raise refused(f"data[0] has {len(rows[0])} elements; give {variables} variables and the outcome")
        outcomes = [truth(one[-1], f"data[{place}][{variables}]") for place, one in enumerate(rows)]
        return Input([[exact(one[place]) for one in rows] for place in range(variables)], outcomes)

    def shape(self, own: Input) -> bytes:
        """How many variables there are."""
        return str(len(own.columns)).encode()

    async def run(self, group: Group, own: Input) -> dict[str, Any]:
        """`covariances`, then Newton's method."""
        found = await covariances(group, own.columns)
        if found is None:
            raise Failure(400, "undefined", "data: no party has a record; give some")
        dependent = inverse(found.products, TOLERANCE)
        if isinstance(dependent, int):
            message = f"data: variable {dependent} is constant or depends on those before it; leave it out, or give more records"
            raise Failure(400, "undefined", message)
        design = np.ones((len(own.outcomes), len(own.columns) + 1))
        for place, (column, mean, scale) in enumerate(zip(own.columns, found.means, found.scales, strict=True)):
            design[:, place + 1] = [float((value - mean) / scale) for value in column]
        return await _fitted(group, found, design, np.array(own.outcomes, dtype=np.float64))


@dataclass(frozen=True)
class _Likelihood:
    """Of one choice of parameters, over all parties' records: the logarithm, its gradient, and its second derivatives turned in sign."""

    logarithm: float
    gradient: Floats
    information: Floats


async def _likelihood(group: Group, design: Floats, outcomes: Floats, parameters: Floats) -> _Likelihood:
    predictors = design @ parameters
    # log(1 + e^p) and the logistic function without overflow.
    logarithm = float(np.sum(outcomes * predictors - np.logaddexp(0.0, predictors)))
    fitted = np.exp(-np.logaddexp(0.0, -predictors))
    gradient = design.T @ (outcomes - fitted)
    information = (design.T * (fitted * np.exp(-np.logaddexp(0.0, predictors)))) @ design
    own = [logarithm, *gradient, *information[np.triu_indices(len(parameters))]]
    sums = await group.sum([round(Fraction(float(one)) * (1 << FRACTION)) for one in own])
    made = np.array([float(Fraction(one, 1 << FRACTION)) for one in sums])
    upper = np.zeros_like(information)
    upper[np.triu_indices(len(parameters))] = made[1 + len(parameters) :]
    return _Likelihood(float(made[0]), made[1 : 1 + len(parameters)], upper + np.triu(upper, 1).T)


async def _fitted(group: Group, found: Covariances, design: Floats, outcomes: Floats) -> dict[str, Any]:
    parameters = np.zeros(design.shape[1])
    here = await _likelihood(group, design, outcomes, parameters)
    for step in range(1, MOST_STEPS + 1):
        change = _change(here)
        there = await _likelihood(group, design, outcomes, parameters + change)
        while there.logarithm < here.logarithm - NOISE * abs(here.logarithm) and _size(change) >= ENOUGH:
            change = change / 2
            there = await _likelihood(group, design, outcomes, parameters + change)
        parameters, here = parameters + change, there
        if _size(change) < ENOUGH:
            return _result(found, here, parameters, step)
    raise _separated()


def _size(change: Floats) -> float:
    """The most that a predictor changes: scaled variables are at most 1."""
    return float(np.abs(change).sum())


def _change(here: _Likelihood) -> Floats:
    """The step of Newton's method."""
    try:
        change = np.linalg.solve(here.information, here.gradient)
    except np.linalg.LinAlgError as error:
        raise _separated() from error
    if not np.isfinite(change).all():
        raise _separated()
    return np.asarray(change, dtype=np.float64)


def _separated() -> Failure:
    message = "data: the variables separate the outcomes, or nearly so, and no parameters are best; give fewer variables or more records"
    return Failure(400, "undefined", message)


def _result(found: Covariances, here: _Likelihood, parameters: Floats, steps: int) -> dict[str, Any]:
    """Parameters of the variables as they were given."""
    scales, means = np.array([float(one) for one in found.scales]), np.array([float(one) for one in found.means])
    # Of parameter p of the scaled variables the others are A p.
    turned = np.diag([1.0, *(1.0 / scales)])
    turned[0, 1:] = -means / scales
    variances = np.diag(turned @ np.linalg.inv(here.information) @ turned.T)
    values, errors = (turned @ parameters).tolist(), np.sqrt(variances).tolist()
    return {
        "coefficients": values[1:],
        "intercept": values[0],
        "standard_errors": errors[1:],
        "intercept_standard_error": errors[0],
        "log_likelihood": here.logarithm,
        "samples": found.samples,
        "steps": steps,
    }
