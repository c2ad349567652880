"""Packing and centring (section 5)."""

from typing import Any

from generator.draw import draw_integer
from generator.ring import center, pack, packed_length

WIDTHS = (1, 2, 7, 8, 13, 16, 20, 31, 32, 33, 48, 61, 63, 64, 65, 100, 127, 128)


def _packing(bits: int, count: int) -> dict[str, Any]:
    top = (1 << bits) - 1
    values = [top, 0, 1 % (top + 1), 1 << (bits - 1)]
    values += [draw_integer(f"ring {bits} {index}", bits) for index in range(count)]
    values = values[:count]
    return {"bits": bits, "values": [str(value) for value in values], "packed": pack(bits, values).hex()}


def _centring(bits: int) -> dict[str, Any]:
    half = 1 << (bits - 1)
    residues = sorted({0, 1, half - 1, half, (half + 1) % (2 * half), 2 * half - 1})
    return {
        "bits": bits,
        "residues": [str(residue) for residue in residues],
        "centred": [str(center(residue, bits)) for residue in residues],
    }


def _malformed() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = []
    for bits, count in ((1, 7), (7, 3), (13, 1), (20, 3), (33, 1), (61, 5), (127, 1)):
        packed = pack(bits, [0] * count)
        free = 8 * len(packed) - bits * count
        for bit in sorted({8 - free, 7}):
            filled = packed[:-1] + bytes([1 << bit])
            cases.append({"bits": bits, "count": count, "packed": filled.hex(), "reason": "a fill bit is set"})
    cases.append({"bits": 20, "count": 3, "packed": bytes(7).hex(), "reason": "one byte short"})
    cases.append({"bits": 20, "count": 3, "packed": bytes(9).hex(), "reason": "one byte long"})
    return cases


def build() -> dict[str, Any]:
    return {
        "about": "Residues are decimal strings. Centring maps to -2^(b-1) + 1 ... 2^(b-1).",
        "packing": [_packing(bits, count) for bits in WIDTHS for count in (1, 3, 8, 11)],
        "lengths": [
            {"bits": bits, "count": count, "bytes": packed_length(bits, count)}
            for bits, count in (
                (1, 1),
                (1, 8),
                (1, 9),
                (20, 1_000_000),
                (61, 2**31),
                (128, 2**31 + 1),
                (127, 2**31 + 1),
            )
        ],
        "malformed": _malformed(),
        "centring": [_centring(bits) for bits in WIDTHS],
    }
