"""Multi-party computation in exact mode, on the numbers themselves (docs/mpc.md, sections 8 to 10).

Nothing is shared here: in exact mode a result is a function of the inputs alone, and this is that function, step by step as the page
states it. Words are integers of Python, and each division by a power of two checks that what it divides is in its domain. The
coefficients come from tools/mpc_constants.py, which computes them.
"""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3] / "tools"))

import mpc_constants

WORD = 64
# Fraction bits of a mantissa, and at most so many octaves.
MANTISSA = 30

Words = list[int]


def signed(word: int) -> int:
    """A word in two's complement."""
    return (word + 2 ** (WORD - 1)) % 2**WORD - 2 ** (WORD - 1)


def _constants() -> dict[str, int]:
    with localcontext() as context:
        context.prec = mpc_constants.DIGITS
        two = Decimal(2)
        return {
            "log2_e": mpc_constants.rounded(two**62 / two.ln()),
            "ln_2": mpc_constants.rounded(two**56 * two.ln()),
            "reciprocal_start": mpc_constants.rounded(two**30 * 4 * (Decimal(3).sqrt() - 1)),
        }


def _polynomials() -> dict[str, list[int]]:
    with localcontext() as context:
        context.prec = mpc_constants.DIGITS
        return {polynomial.name: polynomial.coefficients() for polynomial in mpc_constants.POLYNOMIALS}


CONSTANTS = _constants()
POLYNOMIALS = _polynomials()
# By the most fraction bits for which each serves.
LOGISTIC = {pieces.fraction: pieces for pieces in mpc_constants.logistics()}


@dataclass(frozen=True)
class Format:
    """How real numbers are written, and how quotients are rounded: `nearest`, halves up, or `down`."""

    fraction: int
    bits: int
    rounding: str

    # Section 5.

    def truncate(self, word: int, bits: int) -> int:
        """word / 2^bits."""
        half = 2 ** (bits - 1) if self.rounding == "nearest" and bits else 0
        assert abs(word + half) < 2**62, "outside of the domain of a division"
        return (word + half) >> bits

    # Section 8.

    def encode(self, value: float) -> int:
        """The word nearest to a number, ties to even."""
        word = round(value * 2**self.fraction)
        assert abs(word) < 2 ** (self.bits - 2), "outside of the format"
        return word

    def product(self, x: int, y: int) -> int:
        """Of two real numbers."""
        return self.truncate(x * y, self.fraction)

    def scaled(self, factors: Sequence[float], x: Sequence[int], point: int) -> Words:
        """c x for public real numbers, of words with these fraction bits, none or f: both parts of c, of which each product is divided."""
        exact = [Fraction(factor) * 2**self.fraction for factor in factors]
        high = [math.floor(factor) for factor in exact]
        low = [math.floor((factor - whole) * 2**self.fraction + Fraction(1, 2)) for factor, whole in zip(exact, high, strict=True)]
        parts = [self._scaled(words, x, bits) for words, bits in ((high, point), (low, point + self.fraction))]
        return [sum(both) for both in zip(*parts, strict=True)]

    def _scaled(self, factors: Words, x: Sequence[int], fraction: int) -> Words:
        """Products with integers / 2^fraction, without the zeros that all of them end with."""
        while fraction and all(factor % 2 == 0 for factor in factors):
            factors, fraction = [factor // 2 for factor in factors], fraction - 1
        return [self.truncate(a * factor, fraction) for a, factor in zip(x, factors, strict=True)]

    def powers(self, fractions: Sequence[int], x: int) -> Words:
        """x, x^2, ..., of which each has the fraction bits told; x^k from x^floor(k/2) and x^ceil(k/2)."""
        found = [x]
        for exponent in range(2, len(fractions) + 1):
            low, high = exponent // 2, exponent - exponent // 2
            excess = fractions[low - 1] + fractions[high - 1] - fractions[exponent - 1]
            found.append(self.truncate(found[low - 1] * found[high - 1], excess))
        return found

    def polynomial(self, coefficients: Sequence[float], x: int) -> int:
        """With public coefficients: one division for the sum."""
        words = [self.encode(coefficient) for coefficient in coefficients]
        powers = self.powers([self.fraction] * (len(words) - 1), x)
        return self.truncate(_sum(words, powers, self.fraction), self.fraction)

    # Section 9.

    def _logistic(self, x: int) -> int:
        """With 60 fraction bits."""
        pieces = LOGISTIC[min(fraction for fraction in LOGISTIC if self.fraction <= fraction)]
        place = sum(x >= end << (self.fraction - 6) for end in pieces.ends)
        if place in {0, len(pieces.ends)}:
            return 0 if place == 0 else 2**mpc_constants.SUM
        fractions = [self.fraction, *mpc_constants.POWERS][: pieces.degree]
        coefficients = list(pieces.coefficients[place - 1])
        # The first power has the fraction bits of x, of which there may be fewer than the coefficients are for.
        coefficients[1] <<= pieces.fraction - self.fraction
        return coefficients[0] + sum(c * power for c, power in zip(coefficients[1:], self.powers(fractions, x), strict=True))

    def sigmoid(self, x: int) -> int:
        """1 / (1 + e^-x)."""
        return self.truncate(self._logistic(x), mpc_constants.SUM - self.fraction)

    def tanh(self, x: int) -> int:
        """2 / (1 + e^-2x) - 1."""
        return self.truncate(2 * self._logistic(2 * x) - 2**mpc_constants.SUM, mpc_constants.SUM - self.fraction)

    def exponential(self, x: int, limit: int | None = None) -> int:
        """e^x, which is below 2^limit."""
        limit = 36 - self.fraction if limit is None else limit
        # log2(e) with 56 - f fraction bits.
        shift = self.fraction + 6
        factor = (CONSTANTS["log2_e"] + 2 ** (shift - 1)) >> shift
        exponents = range(-self.fraction - 1, limit)
        reached = [q for q in exponents if x >= -(-(q << 56) // factor)]
        if not reached:
            return 0
        w = self.truncate(x * factor, 56 - 30) - (reached[-1] << 30) - 2**29
        polynomial = POLYNOMIALS["EXPONENTIAL"]
        precision = min(60 - self.fraction - limit, 30)
        sums = _sum(polynomial, self.powers([29] * (len(polynomial) - 1), w), 29)
        mantissa = self.truncate(sums, 29 + 31 - precision)
        return self.truncate(mantissa << (reached[-1] + self.fraction + 1), precision + 1)

    def _normalized(self, x: int, lowest: int | None = None) -> tuple[int, int, int, int]:
        """Octave k, mantissa, multiplier, and the e of both, of x or, where that is negative, of -x."""
        end = self.bits - 2
        lowest = max(0, end - MANTISSA) if lowest is None else lowest
        octave = abs(x).bit_length() - 1
        assert lowest <= octave < end, "outside of the domain of a function"
        exponent = max(MANTISSA, end)
        multiplier = (1 if x > 0 else -1) << (exponent - 1 - octave)
        return octave, (x * multiplier) >> (exponent - MANTISSA), multiplier, exponent

    def _inverse(self, mantissa: int) -> int:
        """1 / c by Goldschmidt's iteration, with 30 fraction bits."""
        start = CONSTANTS["reciprocal_start"]
        error = self.truncate(2**60 - start * mantissa + 2 * mantissa * mantissa, 30)
        inverse = start - 2 * mantissa
        for last in (False, False, True):
            inverse = self.truncate(inverse * (2**30 + error), 30)
            error = error if last else self.truncate(error * error, 30)
        return inverse

    def reciprocal(self, x: int, lowest: int | None = None) -> int:
        """1 / x for positive x."""
        _, mantissa, multiplier, exponent = self._normalized(x, lowest)
        return self.truncate(self._inverse(mantissa) * multiplier, 30 + exponent - 2 * self.fraction)

    def divide(self, a: int, b: int) -> int:
        """a / b for b of both signs."""
        _, mantissa, multiplier, exponent = self._normalized(b)
        last = min(30, 48 - self.fraction)
        scaled = self.truncate(a * self._inverse(mantissa), 30 + exponent - self.fraction - last)
        return self.truncate(scaled * multiplier, last)

    def logarithm(self, x: int) -> int:
        """ln x."""
        octave, mantissa, _, _ = self._normalized(x)
        polynomial = POLYNOMIALS["LOGARITHM"]
        sums = _sum(polynomial, self.powers([28] * 8, mantissa - 3 * 2**28), 28)
        return self.truncate(sums + (octave + 1 - self.fraction) * CONSTANTS["ln_2"], 56 - self.fraction)

    def _root(self, name: str, halves: Callable[[int], int], x: int) -> int:
        octave, mantissa, _, _ = self._normalized(x)
        lowest = max(0, self.bits - 2 - MANTISSA)
        largest = -(-max(halves(lowest), halves(self.bits - 3)) // 2)
        precision = min(28, 58 - largest)
        finer = 60 - largest - precision
        sums = _sum(POLYNOMIALS[name], self.powers([28] * 8, mantissa - 3 * 2**28), 28)
        root = self.truncate(sums, 28 + 32 - precision)
        return self.truncate(root * power_of_root(halves(octave) + 2 * finer), precision + finer)

    def square_root(self, x: int) -> int:
        """The square root."""
        return self._root("SQUARE_ROOT", lambda octave: octave + 1 + self.fraction, x)

    def inverse_square_root(self, x: int) -> int:
        """One over the square root."""
        return self._root("INVERSE_SQUARE_ROOT", lambda octave: 3 * self.fraction - 1 - octave, x)

    def softmax(self, row: Sequence[int]) -> Words:
        """A row's exponentials over their sum."""
        powers = [self.exponential(x - max(row), 1) for x in row]
        # The sum is between 1 and the number of columns.
        narrow = Format(self.fraction, self.fraction + (len(row) - 1).bit_length() + 3, self.rounding)
        inverse = narrow.reciprocal(sum(powers), self.fraction)
        return [self.product(power, inverse) for power in powers]


def _sum(coefficients: Sequence[int], powers: Sequence[int], fraction: int) -> int:
    """Coefficients times powers that have these fraction bits."""
    return (coefficients[0] << fraction) + sum(c * power for c, power in zip(coefficients[1:], powers, strict=True))


def power_of_root(halves: int) -> int:
    """The integer nearest to 2^(halves / 2)."""
    assert halves >= 0
    return (math.isqrt(4 << halves) + 1) // 2
