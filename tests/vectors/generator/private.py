"""The private vector: from values to noised residues, and from a sum back to values (sections 10 and 11)."""

import math
from collections.abc import Callable

from generator import gaussian
from generator.codec import bit_of, expand, hash_of, u8
from generator.mechanism import Mechanism
from generator.prg import KEY_LENGTH, keystream
from generator.ring import NotFinite, OutOfRange, center

MARGIN = 1 - 2.0**-26
TOO_LARGE = 2.0**400


def stream(suite: int, key: bytes) -> Callable[[int, int], bytes]:
    return lambda offset, length: keystream(suite, key, offset, length)


def key_of(seed: bytes, label: str, suite: int) -> bytes:
    return expand(seed, label, u8(suite), length=KEY_LENGTH[suite])


def rotation_seed(h: bytes) -> bytes:
    """Of a round."""
    return hash_of("rotation", h)


def signs(suite: int, rotation: bytes, count: int) -> list[int]:
    bits = keystream(suite, key_of(rotation, "signs", suite), 0, -(-count // 8))
    return [-1 if bit_of(bits, position) else 1 for position in range(count)]


def hadamard(values: list[int]) -> list[int]:
    """By the definition: entry (i, j) is -1 to the number of common ones of i and j."""
    return [sum(-value if (row & column).bit_count() % 2 else value for column, value in enumerate(values)) for row in range(len(values))]


def cut(value: float, clamp: float) -> float:
    return min(max(value, -clamp), clamp)


def factor(mechanism: Mechanism, values: list[float]) -> float:
    if not all(map(math.isfinite, values)):
        raise NotFinite
    if any(abs(value) >= TOO_LARGE for value in values):
        raise OutOfRange
    sums = [0.0] * 8
    for position, value in enumerate(values):
        magnitude = cut(value, mechanism.clamp)
        sums[position % 8] += magnitude * magnitude
    a, b, c, d, e, f, g, h = sums
    square = ((a + e) + (c + g)) + ((b + f) + (d + h))
    return min(1.0, mechanism.clip * MARGIN / math.sqrt(square)) if square else 1.0


def quantise(x: float) -> int:
    """The integer nearest to |x| - 0.5, ties to even, with the sign of x."""
    magnitude = round(abs(x) - 0.5)
    return -magnitude if x < 0 else magnitude


def truncate(numerator: int, shift: int) -> int:
    return -(-numerator >> shift) if numerator < 0 else numerator >> shift


def round_part(mechanism: Mechanism, suite: int, rotation: bytes, seed: bytes, values: list[float]) -> tuple[list[int], str]:
    """The rounded coordinates of a part before its noise, and which rounding they are."""
    scale = factor(mechanism, values) * mechanism.scale
    integers = [quantise(cut(value, mechanism.clamp) * scale) for value in values]
    integers += [0] * (mechanism.padded - len(integers))
    signed = [sign * integer for sign, integer in zip(signs(suite, rotation, len(integers)), integers, strict=True)]
    rotated: list[int] = []
    for start in range(0, len(signed), mechanism.block):
        rotated += hadamard(signed[start : start + mechanism.block])
    addends = gaussian.words(keystream(suite, key_of(seed, "rounding", suite), 0, 8 * len(rotated)), 8)
    rounded = [(u + addend % 2**mechanism.shift) >> mechanism.shift for u, addend in zip(rotated, addends, strict=True)]
    truncated = [truncate(u, mechanism.shift) for u in rotated]
    for name, chosen in (("random", rounded), ("truncated", truncated)):
        if sum(y * y for y in chosen) <= mechanism.norm_bound:
            return chosen, name
    raise AssertionError("no finite vector gets here")


def residues(mechanism: Mechanism, bits: int, suite: int, rotation: bytes, seeds: list[bytes], parts: list[list[float]]) -> list[int]:
    """What a client contributes."""
    total = [0] * mechanism.padded
    for seed, values in zip(seeds, parts, strict=True):
        rounded, _ = round_part(mechanism, suite, rotation, seed, values)
        noise = gaussian.samples(mechanism.noise, len(rounded), stream(suite, key_of(seed, "noise", suite)))
        total = [sum(three) % 2**bits for three in zip(total, rounded, noise, strict=True)]
    return total


def decode(mechanism: Mechanism, bits: int, suite: int, rotation: bytes, total: list[int]) -> list[float]:
    """The values that a sum of residues stands for."""
    centred = [center(residue, bits) for residue in total]
    unrotated: list[int] = []
    for start in range(0, len(centred), mechanism.block):
        unrotated += hadamard(centred[start : start + mechanism.block])
    signed = [sign * integer for sign, integer in zip(signs(suite, rotation, len(unrotated)), unrotated, strict=True)]
    return [float(integer) * mechanism.unit for integer in signed[: mechanism.dimension]]
