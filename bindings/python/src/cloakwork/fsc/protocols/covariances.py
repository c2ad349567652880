"""Means and products of deviations of several columns over all parties' records, without any digit lost to offsets or scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

from cloakwork.fsc.protocols.fixed_point import PRECISION, exponent_above, power_of_two, scaled_sum, unscaled
from cloakwork.fsc.protocols.greatest import greatest

if TYPE_CHECKING:
    from cloakwork.fsc.computation import Group

# What the rounding of sums can leave of a column that depends on others, of its own part: sums are right to some 2^-88.
TOLERANCE = power_of_two(-76)

# Exponents as keys: those from that of the smallest positive double, less what a mean of 2^30 numbers can halve it, to above the greatest.
_LOWEST = -1200
_WIDTH = 12


@dataclass(frozen=True)
class Covariances:
    """What all parties' records have in common.

    Attributes:
        samples: how many records there are.
        means: of each column.
        products: for columns i and j the sum over records of (x_i - mean_i) (x_j - mean_j); symmetric.
        scales: for each column the power of two that no deviation exceeds in magnitude; 0 where there is none.
    """

    samples: int
    means: list[Fraction]
    products: list[list[Fraction]]
    scales: list[Fraction]


async def covariances(group: Group, columns: Sequence[Sequence[Fraction]]) -> Covariances | None:
    """Covariances of columns; None if there are no records.

    Two passes (T. F. Chan, G. H. Golub, R. J. LeVeque, The American Statistician 37, 1983, "corrected two-pass"): N and sums give a centre
    of each column, deviations from it sums and products, and what is left of the first sum corrects the centre. Both passes add fixed-point
    numbers of 90 bits below the greatest magnitude of their column. So means, and products relative to the greatest deviations, are right
    to 2^-88. All learn what is returned, and the power of two above the greatest magnitude in each column.

    Args:
        group: the parties.
        columns: of this party, all of one length; equally many columns of each party.
    """
    rows = len(columns[0])
    exponents = await _exponents(group, columns)
    sums = await group.sum([rows, *(scaled_sum(column, exponent) for column, exponent in zip(columns, exponents, strict=True))])
    samples = sums[0]
    if not samples:
        return None
    centres = [unscaled(one, exponent) / samples for one, exponent in zip(sums[1:], exponents, strict=True)]
    # Short centres keep deviations short: a double's worth of bits is as good a centre.
    centres = [_rounded(centre) for centre in centres]
    deviations = [[value - centre for value in column] for column, centre in zip(columns, centres, strict=True)]
    exponents = await _exponents(group, deviations)
    pairs = list(combinations_with_replacement(range(len(columns)), 2))
    firsts = [scaled_sum(column, exponent) for column, exponent in zip(deviations, exponents, strict=True)]
    products = [
        scaled_sum((x * y for x, y in zip(deviations[i], deviations[j], strict=True)), exponents[i] + exponents[j]) for i, j in pairs
    ]
    sums = await group.sum([*firsts, *products])
    rests = [unscaled(one, exponent) / samples for one, exponent in zip(sums, exponents, strict=False)]
    made = [[Fraction(0)] * len(columns) for _ in columns]
    for (i, j), one in zip(pairs, sums[len(columns) :], strict=True):
        made[i][j] = made[j][i] = unscaled(one, exponents[i] + exponents[j]) - samples * rests[i] * rests[j]
    scales = [power_of_two(exponent) if exponent > _LOWEST else Fraction(0) for exponent in exponents]
    return Covariances(samples, [centre + rest for centre, rest in zip(centres, rests, strict=True)], made, scales)


async def _exponents(group: Group, columns: Sequence[Sequence[Fraction]]) -> list[int]:
    """For each column the power of two above all parties' magnitudes."""
    own: list[int | None] = []
    for column in columns:
        largest = max((abs(value) for value in column), default=Fraction(0))
        own.append(max(exponent_above(largest) - _LOWEST, 1) if largest else None)
    return [_LOWEST + (key or 0) for key in await greatest(group, own, _WIDTH)]


def _rounded(value: Fraction) -> Fraction:
    """A number to 90 bits."""
    if not value:
        return value
    unit = power_of_two(exponent_above(value) - PRECISION)
    return round(value / unit) * unit
