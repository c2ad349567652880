"""Sums over all parties' numbers from which the moments of a sample follow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from cloakwork.fsc.protocols.fixed_point import PRECISION, exponent_above, power_of_two, scaled_sum, unscaled

if TYPE_CHECKING:
    from cloakwork.fsc.computation import Group

HIGHEST = 6


@dataclass(frozen=True)
class Moments:
    """What all parties' numbers have in common.

    Attributes:
        samples: how many there are.
        mean: of them.
        central: means of the powers of the deviations from the mean: ``central[k]`` of the k-th, k = 0 to 6.
        logarithm: mean of ln(x / greatest); None unless all are positive.
        reciprocal: mean of 1/x; None unless all are positive or all are negative.
    """

    samples: int
    mean: Fraction
    central: list[Fraction]
    logarithm: float | None
    reciprocal: Fraction | None


async def moments(group: Group, values: Sequence[Fraction], low: Fraction, high: Fraction) -> Moments:
    """Moments of numbers whose extremes are known, in one secure sum.

    What is added are powers of z = (x - c) / s, where c is the middle of the extremes and s a power of two with |z| <= 1, as fixed-point
    numbers of 90 bits; the binomial theorem shifts them from c to the mean. Each extreme has |z| > 1/2 before, and one of them at least
    after it, so the sum of z^k about the mean is above 2^-k for even k: against it the rounding of N summands, 2^-91 each, and what the
    shift does to it, 2^k at most, are nothing that a double shows. Logarithms and reciprocals are added relative to the extremes.

    Args:
        group: the parties.
        values: of this party.
        low: the least of all parties' numbers.
        high: the greatest.
    """
    centre, spread = (low + high) / 2, (high - low) / 2
    exponent = exponent_above(spread) if spread else 0
    # Fixed point throughout: exact powers of decimals would have ever longer denominators.
    deviations = [Fraction(scaled_sum([value - centre], exponent), 1 << PRECISION) for value in values] if spread else []
    powers = [scaled_sum(one**order for one in deviations) for order in range(1, HIGHEST + 1)]
    logarithms = [_relative_logarithm(value, high) for value in values] if low > 0 else []
    nearest = low if low > 0 else high if high < 0 else None
    reciprocals = [nearest / value for value in values] if nearest is not None else []
    extra = [scaled_sum(logarithms, _LOGARITHM), scaled_sum(reciprocals)]
    sums = await group.sum([len(values), *powers, *extra])
    samples, raw = sums[0], [Fraction(1), *(unscaled(one) / sums[0] for one in sums[1 : HIGHEST + 1])]
    unit = power_of_two(exponent)
    shifted = [sum(math.comb(order, k) * raw[k] * (-raw[1]) ** (order - k) for k in range(order + 1)) for order in range(HIGHEST + 1)]
    return Moments(
        samples,
        centre + raw[1] * unit,
        [unit**order * Fraction(one) for order, one in enumerate(shifted)],
        None if low <= 0 else float(unscaled(sums[-2], _LOGARITHM) / samples),
        None if nearest is None else unscaled(sums[-1]) / samples / nearest,
    )


# |ln(x / y)| is below 2^11 for doubles x, y.
_LOGARITHM = 11


def _relative_logarithm(value: Fraction, high: Fraction) -> Fraction:
    """ln(value / high), where neither number nor quotient need be within doubles."""
    ratio = value / high
    exponent = exponent_above(ratio)
    return Fraction(math.log(ratio / power_of_two(exponent))) + exponent * Fraction(math.log(2))
