"""Walsh-Hadamard transforms and rotations of four kinds of numbers (protocol.md, section 10)."""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from generator.private import signs


def _single(value: float) -> float:
    """The nearest number of single precision; of a sum or product of two such numbers it is the one that rounding once gives."""
    (rounded,) = struct.unpack(">f", struct.pack(">f", value))
    return float(rounded)


def _wrapped(bits: int) -> Callable[[int], int]:
    return lambda value: (value + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)


@dataclass(frozen=True)
class Number:
    """A type of numbers: how results are brought back into it, and how a number is written."""

    name: str
    kept: Callable[[Any], Any]
    written: Callable[[Any], str]
    is_real: bool


NUMBERS = (
    Number("f32", _single, lambda value: struct.pack(">f", value).hex(), True),
    Number("f64", float, lambda value: struct.pack(">d", value).hex(), True),
    Number("i32", _wrapped(32), str, False),
    Number("i64", _wrapped(64), str, False),
)


def transform(number: Number, values: list[Any]) -> list[Any]:
    """The stages in their order: strides D/2, D/4, ..., 1. For integers any order gives the same."""
    data, stride = list(values), len(values) // 2
    while stride:
        for position in range(len(data)):
            if not position & stride:
                a, b = data[position], data[position + stride]
                data[position], data[position + stride] = number.kept(a + b), number.kept(a - b)
        stride //= 2
    return data


def _signed(number: Number, suite: int, seed: bytes, first: int, values: list[Any]) -> list[Any]:
    chosen = signs(suite, seed, first + len(values))[first:]
    # A negative float is written with its sign flipped, zero included.
    return [number.kept(-value) if sign < 0 else value for sign, value in zip(chosen, values, strict=True)]


def apply(function: str, number: Number, orthonormal: bool, suite: int, seed: bytes, first: int, values: list[Any]) -> list[Any]:
    """H x, H S x or S H x, divided by sqrt(D) where it is to be orthonormal."""
    data = _signed(number, suite, seed, first, values) if function == "rotate" else list(values)
    data = transform(number, data)
    if orthonormal:
        log2 = len(values).bit_length() - 1
        root = number.kept(math.sqrt(0.5) if log2 % 2 else 1.0) * 2.0 ** -(log2 // 2)
        data = [number.kept(value * root) for value in data]
    return _signed(number, suite, seed, first, data) if function == "unrotate" else data
