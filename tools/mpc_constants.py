"""Writes core/src/mpc/protocol/constants.rs: the polynomials behind the functions of multi-party computation, and the numbers around them.

`python3 tools/mpc_constants.py` writes the file; `... --check` compares. Each polynomial interpolates at the Chebyshev nodes of its
interval, which is within a small factor of the best one; its error, with the coefficients as rounded, is measured on a grid and written
beside it. All arithmetic is decimal with 50 digits.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import cache
from itertools import pairwise
from pathlib import Path

import generated
from gaussian_constants import cosine, pi

FILE = Path(__file__).resolve().parent.parent / "core" / "src" / "mpc" / "protocol" / "constants.rs"
DIGITS = 50

# Ends of the pieces of the logistic function are multiples of 1 / STEPS.
STEPS = 64
# Bits after the point of its sum of products, and of the powers of x from the second.
SUM = 60
POWERS = (22, 22, 19)
# Points of a grid on which an error is measured, for each piece.
GRID = 64

Function = Callable[[Decimal], Decimal]


def rounded(value: Decimal) -> int:
    """The nearest integer."""
    return int(value.to_integral_value(ROUND_HALF_EVEN))


@cache
def nodes(count: int) -> tuple[Decimal, ...]:
    """The Chebyshev nodes of [-1, 1]."""
    return tuple(cosine(pi() * (2 * i + 1) / (2 * count)) for i in range(count))


def interpolation(function: Function, low: Decimal, high: Decimal, degree: int) -> list[Decimal]:
    """Coefficients, by powers from the lowest, of the polynomial that meets the function at the Chebyshev nodes of an interval."""
    points = [(low + high) / 2 + (high - low) / 2 * node for node in nodes(degree + 1)]
    # Newton's divided differences, then the polynomial by powers.
    table = [function(point) for point in points]
    for level in range(1, len(points)):
        for i in range(degree, level - 1, -1):
            table[i] = (table[i] - table[i - 1]) / (points[i] - points[i - level])
    powers = [Decimal(0)] * (degree + 1)
    for difference, point in zip(reversed(table), reversed(points), strict=True):
        shifted = [Decimal(0), *powers[:-1]]
        powers = [up - point * same for up, same in zip(shifted, powers, strict=True)]
        powers[0] += difference
    return powers


def value(coefficients: Sequence[Decimal], point: Decimal) -> Decimal:
    """The polynomial at a point."""
    total = Decimal(0)
    for coefficient in reversed(coefficients):
        total = coefficient + point * total
    return total


def error(function: Function, coefficients: Sequence[Decimal], low: Decimal, high: Decimal) -> Decimal:
    """The largest error on a grid with the ends."""
    points = [low + (high - low) * step / GRID for step in range(GRID + 1)]
    return max(abs(value(coefficients, point) - function(point)) for point in points)


def logistic(x: Decimal) -> Decimal:
    """1 / (1 + e^-x)."""
    return 1 / (1 + (-x).exp())


@dataclass(frozen=True)
class Pieces:
    """The logistic function, piece by piece: 0, polynomials, 1."""

    fraction: int
    degree: int
    # In units of 1 / STEPS.
    ends: tuple[int, ...]
    # By piece, from the lowest power.
    coefficients: tuple[tuple[int, ...], ...]
    error: Decimal

    @property
    def name(self) -> str:
        """Of the constant."""
        return f"LOGISTIC_{self.fraction}"


def scales(fraction: int, degree: int) -> list[int]:
    """Bits after the point of each coefficient, so that all products have SUM of them."""
    return [SUM, SUM - fraction, *(SUM - bits for bits in POWERS[: degree - 1])]


def reach(start: int, stop: int, degree: int, bound: Decimal) -> int:
    """The end of the longest piece from `start` with an error within the bound; a step at least."""
    low, high = start + 1, stop
    while low < high:
        middle = (low + high + 1) // 2
        ends = Decimal(start) / STEPS, Decimal(middle) / STEPS
        within = error(logistic, interpolation(logistic, *ends, degree), *ends) <= bound
        low, high = (middle, high) if within else (low, middle - 1)
    return low


def ends(degree: int, bound: Decimal) -> tuple[int, ...]:
    """Where the pieces end if each is as long as the bound lets it be; the same on both sides of 0."""
    # Where the function is within the bound of 1.
    last = rounded((1 / bound).ln() * STEPS)
    half = 1
    while True:
        end = Decimal(half + 1) / STEPS
        if error(logistic, interpolation(logistic, -end, end, degree), -end, end) > bound:
            break
        half += 1
    right = [half]
    while right[-1] < last:
        right.append(reach(right[-1], last, degree, bound))
    return (*(-end for end in reversed(right)), *right)


def pieces(fraction: int, degree: int) -> Pieces:
    """With an error of about 2^-(fraction + 2) for words with such a fraction: the fewest pieces that a slightly larger bound allows."""
    bounds = [Decimal(2) ** -(fraction + 2) * (100 + percent) / 100 for percent in range(0, 32, 8)]
    chosen = min((ends(degree, bound) for bound in bounds), key=len)
    scale = scales(fraction, degree)
    found = []
    worst = logistic(Decimal(chosen[0]) / STEPS)
    for start, end in pairwise(chosen):
        low, high = Decimal(start) / STEPS, Decimal(end) / STEPS
        row = [rounded(c * 2**s) for c, s in zip(interpolation(logistic, low, high, degree), scale, strict=True)]
        found.append(tuple(row))
        worst = max(worst, error(logistic, [Decimal(c) / 2**s for c, s in zip(row, scale, strict=True)], low, high))
    return Pieces(fraction, degree, chosen, tuple(found), worst)


@cache
def logistics() -> tuple[Pieces, ...]:
    """For each number of fraction bits up to which it serves."""
    with localcontext() as context:
        context.prec = DIGITS
        return pieces(16, 3), pieces(20, 4), pieces(24, 4)


@dataclass(frozen=True)
class Polynomial:
    """A polynomial in w in [-1, 1], times 2^bits."""

    name: str
    text: str
    function: Function
    degree: int
    bits: int

    def coefficients(self) -> list[int]:
        """From the lowest power."""
        return [rounded(c * 2**self.bits) for c in interpolation(self.function, Decimal(-1), Decimal(1), self.degree)]

    def error(self) -> Decimal:
        """With the coefficients as rounded."""
        return error(self.function, [Decimal(c) / 2**self.bits for c in self.coefficients()], Decimal(-1), Decimal(1))


POLYNOMIALS = (
    Polynomial("EXPONENTIAL", "2^((1 + w) / 2)", lambda w: Decimal(2) ** ((1 + w) / 2), 6, 31),
    Polynomial("LOGARITHM", "ln((3 + w) / 4)", lambda w: ((3 + w) / 4).ln(), 8, 28),
    Polynomial("SQUARE_ROOT", "sqrt((3 + w) / 4)", lambda w: ((3 + w) / 4).sqrt(), 8, 32),
    Polynomial("INVERSE_SQUARE_ROOT", "1 / sqrt((3 + w) / 4)", lambda w: 1 / ((3 + w) / 4).sqrt(), 8, 32),
)


def grouped(number: int) -> str:
    """A decimal literal in groups of three digits."""
    return f"{number:_}"


def short(name: str, numbers: Sequence[int]) -> list[str]:
    """A field with short numbers: in one line, or in lines that are filled, as rustfmt has it."""
    literals = [grouped(number) for number in numbers]
    inline = f"    {name}: &[{', '.join(literals)}],"
    if len(inline) <= 120:
        return [inline]
    filled = textwrap.wrap(", ".join(literals) + ",", 112, break_on_hyphens=False)
    return [f"    {name}: &[", *(f"        {line}" for line in filled), "    ],"]


def array(name: str, kind: str, numbers: Sequence[int]) -> list[str]:
    """A constant."""
    head = f"pub(super) const {name}: [{kind}; {len(numbers)}] ="
    inline = f"{head} [{', '.join(map(grouped, numbers))}];"
    if len(inline) <= 120:
        return [inline]
    second = f"    [{', '.join(map(grouped, numbers))}];"
    return [head, second] if len(second) <= 120 else [f"{head} [", *(f"    {grouped(number)}," for number in numbers), "];"]


def text() -> str:
    """The content of the file."""
    with localcontext() as context:
        context.prec = DIGITS
        two = Decimal(2)
        lines = [
            "//! Polynomials behind the functions; written by tools/mpc_constants.py, which says how they are computed.",
            "",
            "/// 2^62 log2(e), rounded.",
            f"pub(super) const LOG2_E: u64 = {grouped(rounded(two**62 / two.ln()))};",
            "",
            "/// 2^56 ln(2), rounded.",
            f"pub(super) const LN_2: i64 = {grouped(rounded(two**56 * two.ln()))};",
            "",
            "/// 2^62 sqrt(2), rounded.",
            f"pub(super) const SQRT_2: u64 = {grouped(rounded(two**62 * two.sqrt()))};",
            "",
            "/// 2^30 a for the a = 4 (sqrt(3) - 1) with which |1 - a c + 2 c^2| is smallest on [1/2, 1]: 0.0718 at most.",
            f"pub(super) const RECIPROCAL_START: u64 = {grouped(rounded(two**30 * 4 * (Decimal(3).sqrt() - 1)))};",
        ]
        for polynomial in POLYNOMIALS:
            lines += [
                "",
                f"/// 2^{polynomial.bits} times the coefficients of {polynomial.text} on [-1, 1]; error {polynomial.error():.1e}.",
                *array(polynomial.name, "i64", polynomial.coefficients()),
            ]
        lines += [
            "",
            "/// The logistic function piece by piece: 0, polynomials in x, 1.",
            "pub(super) struct Logistic {",
            "    /// Fraction bits of x for which the coefficients are.",
            "    pub(super) fraction: u32,",
            "    /// Where the pieces end, times 64.",
            "    pub(super) ends: &'static [i64],",
            "    /// The coefficients of each power, from the lowest, by piece.",
            "    pub(super) coefficients: &'static [&'static [i64]],",
            "}",
            "",
            "/// Fraction bits of a sum of coefficients and powers.",
            f"pub(super) const LOGISTIC_SUM: u32 = {SUM};",
            "",
            "/// Fraction bits of the second power and those above.",
            f"pub(super) const LOGISTIC_POWERS: [u32; {len(POWERS)}] = [{', '.join(map(str, POWERS))}];",
        ]
        for one in logistics():
            lines += [
                "",
                f"/// Degree {one.degree}, {len(one.coefficients)} pieces up to {one.ends[-1] / STEPS} on both sides of 0; "
                f"error {one.error:.1e}.",
                f"pub(super) const {one.name}: Logistic = Logistic {{",
                f"    fraction: {one.fraction},",
                *short("ends", one.ends),
                "    coefficients: &[",
            ]
            full = 1 << SUM
            for power in range(one.degree + 1):
                column = [0, *(row[power] for row in one.coefficients), full if power == 0 else 0]
                lines += ["        &[", *(f"            {grouped(number)}," for number in column), "        ],"]
            lines += ["    ],", "};"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(generated.write_or_check(FILE, text()))
