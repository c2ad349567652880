"""Residues mod 2^b: packing, centring and fixed point (sections 2 and 5)."""

import math
from fractions import Fraction


class NotFinite(ValueError):
    """Error 201."""


class OutOfRange(ValueError):
    """Error 202."""


def packed_length(bits: int, count: int) -> int:
    return (bits * count + 7) // 8


def pack(bits: int, residues: list[int]) -> bytes:
    """Element j occupies bits b*j ... b*j + b - 1, least significant first; the last byte is filled up with zeros."""
    joined = 0
    for index, residue in enumerate(residues):
        assert 0 <= residue < 1 << bits
        joined |= residue << (bits * index)
    return joined.to_bytes(packed_length(bits, len(residues)), "little")


def unpack(bits: int, packed: bytes, count: int) -> list[int]:
    joined = int.from_bytes(packed, "little")
    if len(packed) != packed_length(bits, count) or joined >> (bits * count):
        raise ValueError("packed residues of another length or with fill bits set")
    return [(joined >> (bits * index)) % (1 << bits) for index in range(count)]


def center(residue: int, bits: int) -> int:
    """The representative in -2^(b-1) + 1 ... 2^(b-1)."""
    return residue - (1 << bits) if residue > 1 << (bits - 1) else residue


def zero_coordinates(bits: int) -> int:
    return -(-64 // bits)


def contribution_bound(bits: int, parties: int) -> int:
    return int(((1 << (bits - 1)) - 1) // parties)


def encode_fixed(value: float, bits: int, fraction: int, parties: int) -> int:
    """The residue of round-half-even(value * 2^fraction)."""
    if isinstance(value, float) and not math.isfinite(value):
        raise NotFinite
    integer = round(Fraction(value) * Fraction(2) ** fraction)
    if abs(integer) > contribution_bound(bits, parties):
        raise OutOfRange
    return integer % (1 << bits)


def decode_fixed(residue: int, bits: int, fraction: int) -> float:
    return float(Fraction(center(residue, bits)) / Fraction(2) ** fraction)
