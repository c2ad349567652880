"""Arithmetic of 2^61 - 1 (section 1)."""

from typing import Any

from generator.codec import u64le
from generator.draw import draw_integer
from generator.field import P, inverse


def build() -> dict[str, Any]:
    edges = [0, 1, 2, 3, 2**32 - 1, 2**32, 2**32 + 1, 2**60 - 1, 2**60, 2**60 + 1, P - 2, P - 1]
    drawn = [draw_integer(f"field {number}", 61) % P for number in range(6)]
    pairs = [(a, b) for a in edges for b in edges if a <= b] + list(zip(drawn[:3], drawn[3:], strict=True))
    return {
        "about": "p = 2^61 - 1; elements are decimal strings; bytes are the u64le on the wire.",
        "operations": [
            {
                "a": str(a),
                "b": str(b),
                "sum": str((a + b) % P),
                "difference": str((a - b) % P),
                "product": str(a * b % P),
            }
            for a, b in pairs
        ],
        "inverses": [{"a": str(a), "inverse": str(inverse(a))} for a in edges[1:] + drawn],
        "bytes": [{"value": str(a), "bytes": u64le(a).hex()} for a in [*edges, drawn[0]]],
        "malformed": [{"bytes": u64le(a).hex(), "error": 301} for a in (P, P + 1, 2**61, 2**61 + 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1)],
    }
