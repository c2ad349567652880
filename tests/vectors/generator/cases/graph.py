"""The graph (section 3)."""

from typing import Any

from generator.draw import draw
from generator.graph import inverse, neighbours, permute


def _whole(n: int, beacon: bytes) -> dict[str, Any]:
    return {"n": n, "beacon": beacon.hex(), "permuted": [permute(x, n, beacon) for x in range(n)]}


def _sampled(n: int, beacon: bytes, positions: list[int]) -> dict[str, Any]:
    return {
        "n": n,
        "beacon": beacon.hex(),
        "positions": positions,
        "permuted": [permute(x, n, beacon) for x in positions],
        "inverse": [inverse(x, n, beacon) for x in positions],
    }


def _neighbours(n: int, degree: int, beacon: bytes, positions: list[int]) -> dict[str, Any]:
    return {
        "n": n,
        "degree": degree,
        "beacon": beacon.hex(),
        "positions": positions,
        "neighbours": [neighbours(position, n, degree, beacon) for position in positions],
    }


def build() -> dict[str, Any]:
    zero, drawn, other = bytes(32), draw("graph beacon", 32), draw("graph other beacon", 32)
    small = [(n, k) for n in range(3, 9) for k in range(0, n, 2)]
    return {
        "about": "permuted[i] is permute(i), or permute(positions[i]) where positions are given.",
        "permutations": [_whole(n, beacon) for beacon in (zero, drawn) for n in (*range(2, 9), 100)],
        "samples": [
            _sampled(1000, drawn, [0, 1, 2, 255, 256, 257, 511, 512, 998, 999]),
            _sampled(1000, other, [0, 1, 2, 255, 256, 257, 511, 512, 998, 999]),
            _sampled(2**16 + 1, drawn, [0, 1, 255, 256, 65535, 65536]),
            _sampled(2**20, drawn, [0, 1, 255, 256, 65535, 65536, 2**20 - 2, 2**20 - 1]),
        ],
        "neighbours": [
            *(_neighbours(n, k, drawn, list(range(n))) for n, k in small),
            _neighbours(2, 0, zero, [0, 1]),
            *(_neighbours(100, k, beacon, [0, 1, 50, 99]) for k in (2, 16, 32, 98) for beacon in (zero, drawn)),
            _neighbours(1000, 2, other, [0, 1, 500, 999]),
            _neighbours(1000, 52, other, [0, 1, 500, 999]),
            _neighbours(2**20, 6, drawn, [0, 77, 2**20 - 1]),
        ],
    }
