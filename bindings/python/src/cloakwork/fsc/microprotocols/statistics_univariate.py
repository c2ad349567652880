"""Statistics of one variable."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.readers import exact, known, numbers
from cloakwork.fsc.protocols.extremes import extremes
from cloakwork.fsc.protocols.fixed_point import as_float, square_root
from cloakwork.fsc.protocols.moments import Moments, moments

FIELDS = (
    "samples",
    "minimum",
    "maximum",
    "sum",
    "mean",
    "harmonic_mean",
    "geometric_mean",
    "variance",
    "variance_mle",
    "variance_of_sample_mean",
    "standard_deviation",
    "standard_deviation_mle",
    "standard_error_of_sample_mean",
    "coefficient_of_variation",
    "coefficient_of_variation_mle",
    "root_mean_square",
    "root_mean_square_deviation",
    "skewness",
    "kurtosis",
    "kurtosis_excess",
    "hyper_skewness",
    "hyper_flatness",
)


class StatisticsUnivariate(Microprotocol):
    """Each party gives numbers. The result has 22 statistics of all of them together.

    With m_k the mean of the k-th powers of the deviations from the mean: `variance_mle` m_2, `variance` N m_2 / (N - 1),
    `variance_of_sample_mean` variance / N, the standard deviations and the standard error their roots, `coefficient_of_variation` standard
    deviation over mean, `root_mean_square` the root of the mean of x^2, `root_mean_square_deviation` the root of m_2, `skewness`,
    `kurtosis`, `hyper_skewness` and `hyper_flatness` m_k / m_2^(k/2) for k = 3 to 6, `kurtosis_excess` kurtosis - 3; `harmonic_mean`
    N / sum of 1/x, `geometric_mean` exp(mean of ln x).

    All are floats, but `minimum` and `maximum`, which are as they were given. Null is what is not defined or beyond doubles: everything but
    `samples` and `sum` without numbers; what divides by N - 1 for one number; standardised moments of equal numbers; coefficients of
    variation where the mean is 0; the geometric mean where there is a negative number (0 where the least one is 0), the harmonic mean where
    there are both signs or negative numbers and 0 (0 where the least one is 0).
    """

    name = "StatisticsUnivariate"
    version = 1
    reveals = (
        "Every party learns the statistics, of all parties' values together: their number, minimum, maximum, the first six moments, if all "
        "are positive the mean of logarithms, and if all have one sign that of reciprocals; of up to six values these determine the "
        "values, though not whose they are."
    )

    def read(self, computation: Computation) -> list[float]:
        """Numbers."""
        known(computation.parameters, ())
        return numbers(computation.data)

    async def run(self, group: Group, own: list[float]) -> dict[str, Any]:
        """The extremes, then `moments` relative to them."""
        ends = await extremes(group, own, own)
        if ends is None:
            return {**dict.fromkeys(FIELDS), "samples": 0.0, "sum": 0.0}
        low, high = exact(ends[0]), exact(ends[1])
        found = await moments(group, [exact(value) for value in own], low, high)
        values = {"minimum": ends[0], "maximum": ends[1], **_statistics(found, low, high)}
        return {name: values[name] for name in FIELDS}


def _statistics(found: Moments, low: Fraction, high: Fraction) -> dict[str, float | None]:
    """All fields but the extremes."""
    samples, mean, central = found.samples, found.mean, found.central
    mle = central[2]
    variance = None if samples == 1 else mle * samples / (samples - 1)
    roots = {
        "standard_deviation": _root(variance),
        "standard_deviation_mle": _root(mle),
        "standard_error_of_sample_mean": _root(None if variance is None else variance / samples),
        "root_mean_square": _root(mle + mean * mean),
        "root_mean_square_deviation": _root(mle),
    }
    relative = {
        "coefficient_of_variation": _quotient(roots["standard_deviation"], mean),
        "coefficient_of_variation_mle": _quotient(roots["standard_deviation_mle"], mean),
        "skewness": _quotient(central[3], mle * square_root(mle)),
        "kurtosis": _quotient(central[4], mle**2),
        "kurtosis_excess": _quotient(central[4] - 3 * mle**2, mle**2),
        "hyper_skewness": _quotient(central[5], mle**2 * square_root(mle)),
        "hyper_flatness": _quotient(central[6], mle**3),
    }
    plain = {
        "samples": Fraction(samples),
        "sum": samples * mean,
        "mean": mean,
        "harmonic_mean": Fraction(0) if low == 0 else None if found.reciprocal is None else 1 / found.reciprocal,
        "variance": variance,
        "variance_mle": mle,
        "variance_of_sample_mean": None if variance is None else variance / samples,
    }
    geometric = 0.0 if low == 0 else None if found.logarithm is None else float(high) * math.exp(found.logarithm)
    return {**{name: as_float(value) for name, value in (plain | roots | relative).items()}, "geometric_mean": geometric}


def _root(value: Fraction | None) -> Fraction | None:
    return None if value is None else square_root(value)


def _quotient(value: Fraction | None, divisor: Fraction) -> Fraction | None:
    return None if value is None or not divisor else value / divisor
