"""Transforms and rotations, bit for bit (protocol.md, section 10)."""

from typing import Any

from generator.draw import draw, draw_integer
from generator.hadamard import NUMBERS, Number, apply
from generator.prg import AES_128_CTR, CHACHA20

LENGTHS = (1, 2, 8, 64)
# Elements of the diagonal to begin with: whole bytes, and within one.
FIRSTS = (0, 64, 2**20 + 5)


def _values(number: Number, name: str, count: int) -> list[Any]:
    """Reals off every grid, of very different sizes; integers of all their bits."""
    if not number.is_real:
        return [number.kept(draw_integer(f"{name} {place}", 64)) for place in range(count)]
    drawn = [draw_integer(f"{name} {place}", 60) for place in range(count)]
    return [number.kept((word // 64 / 2**53 - 0.5) * 2.0 ** (word % 64 - 32)) for word in drawn]


def _case(number: Number, function: str, orthonormal: bool, length: int, suite: int, first: int) -> dict[str, Any]:
    name = f"hadamard {number.name} {function} {orthonormal} {length}"
    seed, values = draw(f"{name} seed", 32), _values(number, name, length)
    return {
        "function": function,
        "number": number.name,
        "orthonormal": orthonormal,
        "suite": suite,
        "seed": seed.hex(),
        "first": str(first),
        "input": [number.written(value) for value in values],
        "output": [number.written(value) for value in apply(function, number, orthonormal, suite, seed, first, values)],
    }


def build() -> dict[str, Any]:
    cases = []
    for number in NUMBERS:
        for function in ("transform", "rotate", "unrotate"):
            for orthonormal in (False, True) if number.is_real else (False,):
                for length in LENGTHS:
                    place = len(cases)
                    cases.append(_case(number, function, orthonormal, length, (CHACHA20, AES_128_CTR)[place % 2], FIRSTS[place % 3]))
    return {
        "about": "Integers wrap; floats are rounded after every addition, in the order of the stages, and once more if orthonormal.",
        "transforms": cases,
    }
