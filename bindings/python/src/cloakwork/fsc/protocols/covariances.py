"""Means and products of deviations of several columns over all parties' records, without any digit lost to offsets or scales."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

from cloakwork.fsc.protocols.fixed_point import PRECISION, exponent_above, fixed_point, halved, power_of_two, unscaled
from cloakwork.fsc.protocols.greatest import greatest

if TYPE_CHECKING:
    from cloakwork.fsc.computation import Group

# A column of which the others explain all but this part of its variance depends on them: N summands are rounded at 2^-90 of the greatest.
TOLERANCE = power_of_two(-64)

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
    to N 2^-88. All learn what is returned, and the power of two above the greatest magnitude in each column.

    Args:
        group: the parties.
        columns: of this party, all of one length; equally many columns of each party.
    """
    rows = len(columns[0])
    exponents = await _exponents(group, [max(map(abs, column), default=Fraction(0)) for column in columns])
    own = [sum(fixed_point(column, exponent)) for column, exponent in zip(columns, exponents, strict=True)]
    sums = await group.sum([rows, *own])
    samples = sums[0]
    if not samples:
        return None
    centres = [_centre(total, samples, exponent) for total, exponent in zip(sums[1:], exponents, strict=True)]
    ends = [(max(column, default=centre), min(column, default=centre)) for column, centre in zip(columns, centres, strict=True)]
    exponents = await _exponents(group, [max(high - centre, centre - low) for (high, low), centre in zip(ends, centres, strict=True)])
    found = [fixed_point(column, exponent, centre) for column, exponent, centre in zip(columns, exponents, centres, strict=True)]
    pairs = list(combinations_with_replacement(range(len(columns)), 2))
    products = [halved(sum(map(operator.mul, found[i], found[j])), PRECISION) for i, j in pairs]
    sums = await group.sum([*map(sum, found), *products])
    rests = [unscaled(total, exponent) / samples for total, exponent in zip(sums, exponents, strict=False)]
    made = [[Fraction(0)] * len(columns) for _ in columns]
    for (i, j), total in zip(pairs, sums[len(columns) :], strict=True):
        made[i][j] = made[j][i] = unscaled(total, exponents[i] + exponents[j]) - samples * rests[i] * rests[j]
    scales = [power_of_two(exponent) if exponent > _LOWEST else Fraction(0) for exponent in exponents]
    return Covariances(samples, [centre + rest for centre, rest in zip(centres, rests, strict=True)], made, scales)


async def _exponents(group: Group, largest: Sequence[Fraction]) -> list[int]:
    """For each column the power of two above all parties' magnitudes, of which the own largest are given."""
    own = [max(exponent_above(value) - _LOWEST, 1) if value else None for value in largest]
    return [_LOWEST + (key or 0) for key in await greatest(group, own, _WIDTH)]


def _centre(total: int, samples: int, exponent: int) -> Fraction:
    """The mean, of which the unit of the sum is precise enough: a short centre keeps deviations short."""
    return unscaled(round(Fraction(total, samples)), exponent)
