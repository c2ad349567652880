"""Writes core/src/gaussian/constants.rs: the numbers behind the exponentials of the discrete Gaussian sampler.

`python3 tools/gaussian_constants.py` writes the file; `... --check` compares. The logarithm and the roots come from integer arithmetic,
with an error below one unit in the last place. The coefficients interpolate 2^-f at the Chebyshev nodes of [0, 1], which is within a small
factor of the best polynomial.
"""

from __future__ import annotations

import sys
from decimal import Decimal, localcontext
from math import isqrt
from pathlib import Path

import generated

FILE = Path(__file__).resolve().parent.parent / "core" / "src" / "gaussian" / "constants.rs"

# Bits carried beyond those that are kept.
GUARD = 64
# Roots 2^(-1/2), 2^(-1/4), ...: the bits of an exponent that are taken off before the Taylor series.
ROOTS = 4
DEGREE = 7
# Decimal digits of the interpolation.
DIGITS = 60


def ln2(bits: int) -> int:
    """floor(2^bits ln 2), by ln 2 = sum over i of 1 / (i 2^i)."""
    scale = bits + GUARD
    return sum((1 << (scale - i)) // i for i in range(1, scale + 1)) >> GUARD


def half_log2_e(bits: int) -> int:
    """floor(2^bits / (2 ln 2))."""
    scale = bits + GUARD
    return (1 << (2 * scale - 1)) // ln2(scale) >> GUARD


def roots(bits: int) -> list[int]:
    """floor(2^(bits - 1/2)), floor(2^(bits - 1/4)), ..."""
    scale = bits + GUARD
    found = [isqrt(1 << (2 * scale - 1))]
    while len(found) < ROOTS:
        found.append(isqrt(found[-1] << scale))
    return [root >> GUARD for root in found]


def cosine(angle: Decimal) -> Decimal:
    """The cosine, by its series."""
    total = term = Decimal(1)
    for i in range(1, 60):
        term *= -angle * angle / (2 * i * (2 * i - 1))
        total += term
    return total


def pi() -> Decimal:
    """Machin's formula: 16 arctan(1/5) - 4 arctan(1/239)."""

    def arctan_of_inverse(n: int) -> Decimal:
        return sum((Decimal((-1) ** i) / ((2 * i + 1) * Decimal(n) ** (2 * i + 1)) for i in range(100)), Decimal(0))

    return 16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)


def interpolation(bits: int) -> list[int]:
    """Coefficients c_0 ... c_7, times 2^bits, with 2^-f close to c_0 - f (c_1 - f (c_2 - ...)) for f in [0, 1]."""
    with localcontext() as context:
        context.prec = DIGITS
        count = DEGREE + 1
        nodes = [(1 + cosine(pi() * (2 * i + 1) / (2 * count))) / 2 for i in range(count)]
        # Newton's divided differences, then the polynomial by powers.
        table = [Decimal(2) ** -node for node in nodes]
        for level in range(1, count):
            for i in range(count - 1, level - 1, -1):
                table[i] = (table[i] - table[i - 1]) / (nodes[i] - nodes[i - level])
        powers = [Decimal(0)] * count
        for difference, node in zip(reversed(table), reversed(nodes), strict=True):
            shifted = [Decimal(0), *powers[:-1]]
            powers = [up - node * same for up, same in zip(shifted, powers, strict=True)]
            powers[0] += difference
        return [int(((-1) ** i * power * 2**bits).to_integral_value()) for i, power in enumerate(powers)]


def grouped(value: int, bits: int) -> str:
    """A hexadecimal literal in groups of four digits."""
    digits = f"{value:0{bits // 4}x}"
    return "0x" + "_".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def text() -> str:
    """The content of the file."""
    lines = [
        "//! Constants of the exponentials; written by tools/gaussian_constants.py, which says how they are computed.",
        "",
        "/// floor(2^128 ln 2).",
        f"pub(super) const LN_2: u128 = {grouped(ln2(128), 128)};",
        "",
        "/// floor(2^126 log2(e) / 2).",
        f"pub(super) const HALF_LOG2_E: u128 = {grouped(half_log2_e(126), 128)};",
        "",
        "/// floor(2^128 2^-(1/2)), floor(2^128 2^-(1/4)), ...",
        f"pub(super) const ROOTS: [u128; {ROOTS}] = [",
        *(f"    {grouped(root, 128)}," for root in roots(128)),
        "];",
        "",
        "/// 2^32 times the coefficients of 2^-f = c_0 - f (c_1 - f (c_2 - ...)) for f in [0, 1].",
        f"pub(super) const COEFFICIENTS: [u64; {DEGREE + 1}] =",
        f"    [{', '.join(grouped(coefficient, 48 if coefficient >> 32 else 32) for coefficient in interpolation(32))}];",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(generated.write_or_check(FILE, text()))
