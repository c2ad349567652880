"""Statistics of two variables."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.readers import exact, known, numbers, row
from cloakwork.fsc.protocols.covariances import Covariances, covariances
from cloakwork.fsc.protocols.fixed_point import as_float, square_root

FIELDS = (
    "samples",
    "covariance",
    "covariance_mle",
    "correlation_coefficient",
    "regression_slope",
    "regression_interceipt",
    "regression_slope_only",
)

Input = list[list[Fraction]]


class StatisticsBivariate(Microprotocol):
    """Each party gives pairs [x, y]. The result has seven statistics, floats, of all pairs together.

    `covariance_mle` is the mean of products of deviations and `covariance` N / (N - 1) times that; `correlation_coefficient` covariance
    over the root of both variances; `regression_slope` covariance over the variance of x, `regression_interceipt` (as clients spell it)
    the mean of y less slope times that of x; `regression_slope_only`, of a line through the origin, sum of x y over sum of x^2. Null is
    what is not defined, where it would divide by 0, or beyond doubles.
    """

    name = "StatisticsBivariate"
    version = 1
    reveals = (
        "Every party learns the number of all parties' pairs together, both means, both variances, the covariance, and for each variable "
        "the power of two above the greatest magnitude and above the greatest deviation."
    )

    def read(self, computation: Computation) -> Input:
        """Pairs of numbers, as two columns."""
        known(computation.parameters, ())
        pairs = [numbers(row(one, f"data[{place}]", 2), f"data[{place}]") for place, one in enumerate(computation.data)]
        return [[exact(pair[column]) for pair in pairs] for column in range(2)]

    async def run(self, group: Group, own: Input) -> dict[str, Any]:
        """What `covariances` gives, in other words."""
        found = await covariances(group, own)
        return {**dict.fromkeys(FIELDS), "samples": 0.0} if found is None else _statistics(found)


def _statistics(found: Covariances) -> dict[str, float | None]:
    samples, (mean_x, mean_y) = found.samples, found.means
    (square_x, product), (_, square_y) = found.products
    slope = product / square_x if square_x else None
    squares = square_x + samples * mean_x**2
    values = {
        "samples": Fraction(samples),
        "covariance": product / (samples - 1) if samples > 1 else None,
        "covariance_mle": product / samples,
        "correlation_coefficient": product / square_root(square_x * square_y) if square_x and square_y else None,
        "regression_slope": slope,
        "regression_interceipt": None if slope is None else mean_y - slope * mean_x,
        "regression_slope_only": (product + samples * mean_x * mean_y) / squares if squares else None,
    }
    return {name: as_float(value) for name, value in values.items()}
