"""Fixed-point values (section 2)."""

import math
import struct
from typing import Any

from generator.draw import draw_integer
from generator.ring import NotFinite, OutOfRange, center, contribution_bound, decode_fixed, encode_fixed

ERRORS = {NotFinite: 201, OutOfRange: 202}


def _bits_of(value: float) -> str:
    return struct.pack(">d", value).hex()


def _outcome(value: float, bits: int, fraction: int, parties: int) -> dict[str, Any]:
    try:
        residue = encode_fixed(value, bits, fraction, parties)
    except (NotFinite, OutOfRange) as error:
        return {"error": ERRORS[type(error)]}
    return {"integer": str(center(residue, bits)), "residue": str(residue)}


def _group(bits: int, fraction: int, parties: int, values: list[float]) -> dict[str, Any]:
    return {
        "bits": bits,
        "fraction": fraction,
        "parties": parties,
        "bound": str(contribution_bound(bits, parties)),
        "floats": [
            {"value": repr(value), "ieee754": text} | _outcome(value, bits, fraction, parties)
            for text, value in {_bits_of(value): value for value in values}.items()
        ],
    }


def _edges(bits: int, fraction: int, parties: int) -> list[float]:
    """Values around the bound, as far as a float can hold them."""
    bound = contribution_bound(bits, parties)
    edge = math.ldexp(float(bound), -fraction)
    near = [edge, math.nextafter(edge, 0.0), math.nextafter(edge, math.inf)]
    near += [math.ldexp(float(bound) + offset, -fraction) for offset in (-1.0, -0.5, 0.5, 1.0)]
    return [sign * value for value in near for sign in (1.0, -1.0)]


TIES = [sign * (whole + 0.5) for whole in range(4) for sign in (1.0, -1.0)]
PLAIN = [0.0, -0.0, 1.0, -1.0, 0.1, -0.1, 0.49999999999999994, 3.75, -3.75, 5e-324, -5e-324, 2.2250738585072014e-308]
SPECIAL = [math.nan, math.inf, -math.inf, 1.7976931348623157e308, -1.7976931348623157e308]


def _integers(bits: int, fraction: int, parties: int, values: list[int]) -> dict[str, Any]:
    return {
        "bits": bits,
        "fraction": fraction,
        "parties": parties,
        "bound": str(contribution_bound(bits, parties)),
        "integers": [{"value": str(value)} | _outcome(value, bits, fraction, parties) for value in values],
    }


def _decoding(bits: int, fraction: int) -> dict[str, Any]:
    half = 1 << (bits - 1)
    residues = [0, 1, 2 * half - 1, half - 1, half, draw_integer(f"fixed {bits} {fraction}", min(bits, 53))]
    exact = [residue for residue in residues if abs(center(residue, bits)) <= 2**53 or residue == half]
    values = [decode_fixed(residue, bits, fraction) for residue in exact]
    return {
        "bits": bits,
        "fraction": fraction,
        "sums": [
            {"residue": str(residue), "value": repr(value), "ieee754": _bits_of(value)}
            for residue, value in zip(exact, values, strict=True)
        ],
    }


def build() -> dict[str, Any]:
    shapes = [(20, 8, 5), (20, 0, 100), (32, 16, 3), (33, 16, 3), (16, -3, 2), (64, 40, 7), (65, 40, 7)]
    wide = [(128, 120, 2), (128, -64, 2), (100, 60, 1000), (61, 52, 2), (3, 0, 2), (8, 0, 127)]
    integers = [0, 1, -1, 3, -3, 4, 12, 20, -4, -12, 2**31, -(2**63), 2**63 - 1]
    return {
        "about": "A value x becomes round-half-even(x * 2^fraction); parties is n. ieee754 is the f64, "
        "most significant byte first. Sums are decoded as centred residue / 2^fraction; all of these are exact.",
        "encoding": [
            *(_group(*shape, PLAIN + TIES + _edges(*shape) + SPECIAL) for shape in shapes),
            *(_group(*shape, [0.0, 1.0, -1.0, 0.5, 2.0**70, -(2.0**70), *_edges(*shape), *SPECIAL[:3]]) for shape in wide),
            _group(20, 8, 5, [value * 2.0**-8 for value in [*TIES, 2.5000000000000004, 2.4999999999999996, 104856.5]]),
            _group(64, -10, 4, [value * 2.0**10 for value in TIES]),
        ],
        "integers": [_integers(bits, fraction, 4, integers) for bits, fraction in ((64, 0), (64, -3), (128, 16), (20, 8))],
        "decoding": [
            _decoding(bits, fraction) for bits, fraction in ((20, 8), (20, -4), (32, 0), (64, 40), (65, 12), (128, 120), (128, 0))
        ],
        "no_bound": [{"bits": 1, "parties": 2}, {"bits": 2, "parties": 2}, {"bits": 8, "parties": 128}],
    }
