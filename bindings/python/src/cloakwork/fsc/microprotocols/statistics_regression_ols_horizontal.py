"""Linear regression of records of which each party has some."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.readers import exact, known, truth
from cloakwork.fsc.microprotocols.regression_records import inverted, read_records, some
from cloakwork.fsc.protocols.covariances import TOLERANCE, Covariances, covariances
from cloakwork.fsc.protocols.fixed_point import as_float, square_root
from cloakwork.fsc.protocols.linear_algebra import product


@dataclass(frozen=True)
class Input:
    """What a party gives: columns, the explained one last; and whether there is an intercept."""

    columns: list[list[Fraction]]
    intercept: bool


class StatisticsRegressionOLSHorizontal(Microprotocol):
    """Each party gives records [x1, ..., xk, y]; parameter `variables`, k, which a party without records needs; `intercept` (true).

    The result has `coefficients` and `intercept` (null without one) of least squares, `standard_errors` and `intercept_standard_error` for
    errors of one variance, `residual_variance` (sum of squared residuals over N - p for p parameters), `r_squared` (about the mean; about 0
    without an intercept) and `samples`. Null is what would divide by 0. The normal equations are made of the sums of `covariances` and
    solved in fractions, so that neither offsets nor scales cost digits.
    """

    name = "StatisticsRegressionOLSHorizontal"
    version = 1
    reveals = (
        "Every party learns the number of all parties' records together, the means, variances and covariances of all variables, and for "
        "each variable the power of two above the greatest magnitude and above the greatest deviation."
    )

    def read(self, computation: Computation) -> Input:
        """Records, all of one length."""
        asked = known(computation.parameters, {"variables", "intercept"})
        rows, variables = read_records(computation.data, asked)
        columns = [[exact(one[place]) for one in rows] for place in range(variables + 1)]
        return Input(columns, truth(asked.get("intercept", True), "parameters.intercept"))

    def shape(self, own: Input) -> bytes:
        """How many columns there are."""
        return str(len(own.columns)).encode()

    async def run(self, group: Group, own: Input) -> dict[str, Any]:
        """`covariances`, then the normal equations."""
        return _solved(some(await covariances(group, own.columns)), intercept=own.intercept)


def _solved(found: Covariances, *, intercept: bool) -> dict[str, Any]:
    samples, means = found.samples, found.means
    around = [Fraction(0)] * len(means) if intercept else means
    products = [[value + samples * around[i] * around[j] for j, value in enumerate(row)] for i, row in enumerate(found.products)]
    squares, mixed, total = [row[:-1] for row in products[:-1]], products[-1][:-1], products[-1][-1]
    unexplained = inverted(squares)
    coefficients = product(unexplained, mixed)
    # What is below the rounding of the sums is no residual.
    residual = max(total - sum((a * b for a, b in zip(coefficients, mixed, strict=True)), Fraction(0)), Fraction(0))
    residual = residual if residual > TOLERANCE * total else Fraction(0)
    freedom = samples - len(coefficients) - intercept
    variance = residual / freedom if freedom > 0 else None
    fitted = sum((a * b for a, b in zip(coefficients, means, strict=False)), Fraction(0))
    spread = sum((a * b for a, b in zip(means, product(unexplained, means[:-1]), strict=False)), Fraction(1, samples))
    return {
        "coefficients": [as_float(one) for one in coefficients],
        "intercept": as_float(means[-1] - fitted) if intercept else None,
        "standard_errors": [_root(variance, unexplained[place][place]) for place in range(len(coefficients))],
        "intercept_standard_error": _root(variance, spread) if intercept else None,
        "residual_variance": as_float(variance),
        "r_squared": as_float(1 - residual / total) if total else None,
        "samples": samples,
    }


def _root(variance: Fraction | None, factor: Fraction) -> float | None:
    return None if variance is None else as_float(square_root(variance * factor))
