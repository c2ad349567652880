"""Sums over all parties' numbers from which the moments of a sample follow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from cloakwork.fsc.protocols.fixed_point import PRECISION, exponent_above, fixed_point, halved, power_of_two, unscaled

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
    deviations = fixed_point(values, exponent, centre) if spread else []
    powers, power = [], deviations
    for _ in range(HIGHEST):
        powers.append(sum(power))
        power = [halved(one * other, PRECISION) for one, other in zip(power, deviations, strict=True)]
    logarithm = Fraction(math.fsum(_relative_logarithm(value, high) for value in values)) if low > 0 else Fraction(0)
    nearest = low if low > 0 else high if high < 0 else None
    # One by one: quotients have no small denominator in common.
    reciprocals = [] if nearest is None else [fixed_point([nearest / value], 0)[0] for value in values]
    sums = await group.sum([len(values), *powers, *fixed_point([logarithm], 0), sum(reciprocals)])
    samples, raw = sums[0], [Fraction(1), *(unscaled(one) / sums[0] for one in sums[1 : HIGHEST + 1])]
    unit = power_of_two(exponent)
    shifted = [sum(math.comb(order, k) * raw[k] * (-raw[1]) ** (order - k) for k in range(order + 1)) for order in range(HIGHEST + 1)]
    return Moments(
        samples,
        centre + raw[1] * unit,
        [unit**order * Fraction(one) for order, one in enumerate(shifted)],
        None if low <= 0 else float(unscaled(sums[-2]) / samples),
        None if nearest is None else unscaled(sums[-1]) / samples / nearest,
    )


def _relative_logarithm(value: Fraction, high: Fraction) -> float:
    """ln(value / high)."""
    ratio = float(value / high)
    # Below that doubles have fewer bits.
    return math.log(ratio) if ratio > _SMALL else math.log(value) - math.log(high)


_SMALL = 1e-300
