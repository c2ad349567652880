"""Vectors of numbers to fixed point and back, as `decimals` does it number by number, for a million of them in a fraction of a second.

Both ways go by exact arithmetic on pairs of doubles (Dekker, "A floating-point technique for extending the available precision", Numerische
Mathematik 18, 1971) as far as that decides the result, and number by number for the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork.fsc.protocols.decimals import BITS, Scale, number
from cloakwork.fsc.protocols.residues import of_integers, to_integers
from cloakwork.secagg._lanes import allocate

__all__ = ["doubles", "fixed"]

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

# Elements at a time: what is in between stays in the cache.
_PIECE = 1 << 13
# Powers of ten that are doubles, and that are words.
_EXACT = 22
_WORD = 19
_POWERS = np.array([10.0**power for power in range(_EXACT + 1)])
_WORDS = np.array([10**power for power in range(_WORD + 1)], dtype=np.uint64)
# The shortest decimal of a double has 17 digits at most. With as many digits before the point it is an integer of 57 bits.
_DIGITS = 17
_LOWEST, _HIGHEST = 10.0 ** (_DIGITS - 1), 10.0**_DIGITS
# Comparisons closer than this are decided number by number.
_CLOSE = 1e-9
_LARGEST_WHOLE = 2.0**53
_LOW_HALF = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_SIGN = np.uint64(63)


def fixed(vector: Sequence[Any], scale: Scale, name: str) -> NDArray[np.uint64]:
    """Numbers in fixed point, as residues.

    Raises:
        Failure: an element is no number, not finite or too large; the message names it.
    """
    made = allocate(BITS, len(vector))
    for start in range(0, len(vector), _PIECE):
        piece = vector[start : start + _PIECE]
        with np.errstate(all="ignore"):
            rest = _fixed_piece(piece, scale, made[start : start + len(piece)])
        if len(rest):
            exact = [scale.fixed(number(piece[place], f"{name}[{start + place}]"), f"{name}[{start + place}]") for place in rest]
            made[start + rest] = of_integers(exact, BITS)
    return made


def doubles(vector: NDArray[np.uint64], scale: Scale) -> list[float]:
    """The doubles next to numbers in fixed point."""
    made: list[float] = []
    for start in range(0, len(vector), _PIECE):
        piece = vector[start : start + _PIECE]
        with np.errstate(all="ignore"):
            found, rest = _doubles_piece(piece, scale)
        if len(rest):
            found[rest] = [scale.double(exact) for exact in to_integers(piece[rest], BITS)]
        made += found.tolist()
    return made


def _fixed_piece(piece: Sequence[Any], scale: Scale, out: NDArray[np.uint64]) -> NDArray[np.intp]:
    """Writes what can be decided here; the places of the rest."""
    everything = np.arange(len(piece))
    kinds = set(map(type, piece))
    if scale.digits > _EXACT or not kinds <= {float, int, bool}:
        return everything
    try:
        values = np.array(piece, dtype=np.float64)
    except OverflowError:
        return everything
    size = np.abs(values)
    # Zero has no digits; what is not finite fails every comparison, and so do numbers that could be too large.
    place = np.searchsorted(_POWERS, size, side="right")
    shift = np.clip(_DIGITS - place, 0, _EXACT)
    # One digit before the point for numbers below 1, each zero behind it one more.
    small = (size < 1.0) & (size > 0.0)
    shift[small] = np.clip(_DIGITS - 1 - np.floor(np.log10(size[small])).astype(np.int64), 0, _EXACT)
    power = _POWERS[shift]
    high, low = _product(size, power)
    decided = (high >= _LOWEST) & (high < _HIGHEST) & (size * float(scale.unit) < scale.limit * (1.0 - _CLOSE))
    if kinds != {float}:
        decided &= size <= _LARGEST_WHOLE
    high, low = np.where(decided, high, _LOWEST), np.where(decided, low, 0.0)
    down = np.floor(low)
    # size * power, exactly: whole + part.
    whole, part = high.astype(np.int64) + down.astype(np.int64), low - down
    digits, sure = _shortest(whole, part, np.spacing(size) * 0.5 * power)
    # The interval of a power of two reaches half as far down.
    sure &= (np.frexp(size)[0] != 0.5) | ((digits == whole) & (part == 0.0))
    decided &= sure & (scale.digits - shift <= _WORD)
    _write(digits.astype(np.uint64), scale.digits - shift, values < 0.0, out)
    zero = size == 0.0
    out[zero] = 0
    rest: NDArray[np.intp] = everything[~(decided | zero)]
    return rest


def _shortest(whole: NDArray[np.int64], part: Floats, reach: Floats) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The nearest integer to whole + part among those with most zeros at their end that are nearer than `reach`; and whether it is sure."""
    found, decided = whole.copy(), np.zeros(len(whole), dtype=bool)
    places, low = np.arange(len(whole)), whole % 100
    for step in (100, 10, 1):
        low = low % step
        distance = low + part
        up = distance > 0.5 * step
        nearest = step * up - low
        distance = np.where(up, step - distance, distance)
        near = distance < reach
        # Too close to the end of the interval, or to the middle between two candidates within it.
        close = (np.abs(distance - reach) < _CLOSE) | (near & (np.abs(distance - 0.5 * step) < _CLOSE))
        near |= close
        taken = places[near]
        found[taken] += nearest[near]
        decided[taken] = ~close[near]
        if len(taken) == len(places):
            break
        rest = ~near
        places, low, part, reach = places[rest], low[rest], part[rest], reach[rest]
    return found, decided


def _write(digits: Words, power: NDArray[np.int64], negative: NDArray[np.bool_], out: NDArray[np.uint64]) -> None:
    """Digits * 10^power with its sign, rounded half to even where the power is negative, as residues mod 2^128."""
    up, down = np.clip(power, 0, _WORD), np.clip(-power, 0, _WORD)
    divisor = _WORDS[down]
    quotient, remainder = np.divmod(digits, divisor)
    twice, odd = remainder * np.uint64(2), (quotient & np.uint64(1)) == 1
    digits = quotient + ((twice > divisor) | ((twice == divisor) & odd)).astype(np.uint64)
    factor = _WORDS[up]
    (high_1, low_1), (high_2, low_2) = _halves(digits), _halves(factor)
    middle = high_1 * low_2 + ((low_1 * low_2) >> _HALF)
    other = low_1 * high_2 + (middle & _LOW_HALF)
    low, high = digits * factor, high_1 * high_2 + (middle >> _HALF) + (other >> _HALF)
    out[:, 0] = np.where(negative, ~low + np.uint64(1), low)
    out[:, 1] = np.where(negative, ~high + (low == 0).astype(np.uint64), high)


def _doubles_piece(piece: NDArray[np.uint64], scale: Scale) -> tuple[Floats, NDArray[np.intp]]:
    """The doubles, and the places of those that are not decided."""
    everything = np.arange(len(piece))
    if scale.digits > _EXACT:
        return np.zeros(len(piece)), everything
    low, high = piece[:, 0], piece[:, 1]
    negative = (high >> _SIGN) == 1
    high = np.where(negative, ~high + (low == 0).astype(np.uint64), high)
    low = np.where(negative, ~low + np.uint64(1), low)
    decided = high < np.uint64(_LARGEST_WHOLE)
    (low_high, low_low), unit = _halves(low), np.full(len(piece), float(scale.unit))
    # The integer as the sum of three doubles, then of two.
    first, error_1 = _sum(high.astype(np.float64) * 2.0**64, low_high.astype(np.float64) * 2.0**32)
    second, error_2 = _sum(first, low_low.astype(np.float64))
    total, rest = _sum(second, error_1 + error_2)
    quotient = total / unit
    product, error = _product(quotient, unit)
    correction = (((total - product) - error) + rest) / unit
    rounded = quotient + correction
    missing = np.abs(correction - (rounded - quotient)) / np.spacing(rounded)
    # Next to the middle between two doubles, below a power of two as well.
    decided &= (np.abs(missing - 0.5) > _CLOSE) & (np.abs(missing - 0.25) > _CLOSE)
    return np.where(negative, -rounded, rounded), everything[~decided]


def _halves(words: Words) -> tuple[Words, Words]:
    return words >> _HALF, words & _LOW_HALF


def _sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """A + b as a double and what that is wrong by, exactly (Knuth)."""
    total = a + b
    other = total - a
    return total, (a - (total - other)) + (b - other)


def _product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """A * b as a double and what that is wrong by, exactly (Dekker; Veltkamp)."""
    product = a * b
    (a_high, a_low), (b_high, b_low) = _split(a), _split(b)
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _split(a: Floats) -> tuple[Floats, Floats]:
    large = a * 134217729.0
    high = large - (large - a)
    return high, a - high
