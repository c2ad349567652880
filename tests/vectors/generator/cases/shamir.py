"""Sharing of seeds (section 5)."""

from itertools import combinations
from typing import Any

from generator.codec import u64le
from generator.draw import draw
from generator.field import (
    Coefficients,
    P,
    coefficients_from,
    element_from_bytes,
    evaluate,
    interpolate_at_zero,
    seed_of,
    share_of,
    strings_of,
)


def tape(name: str, threshold: int) -> bytes:
    """The bytes from which the coefficients are drawn."""
    return draw(name, 32 * threshold)


def _known_answer() -> dict[str, Any]:
    coefficients = [1234567890123456789, 987654321987654321, 1111111111111111111]
    shares = {x: evaluate(coefficients, x) for x in range(1, 6)}
    for chosen in combinations(shares, 3):
        assert interpolate_at_zero({x: shares[x] for x in chosen}) == coefficients[0]
    return {
        "coefficients": [str(value) for value in coefficients],
        "shares": [{"index": x, "value": str(value)} for x, value in shares.items()],
    }


def _seed(name: str, threshold: int, indices: list[int]) -> dict[str, Any]:
    drawn = tape(name, threshold)
    return _case(coefficients_from(drawn), indices) | {"rng_tape": drawn.hex()}


def _case(coefficients: Coefficients, indices: list[int]) -> dict[str, Any]:
    return {
        "threshold": len(coefficients),
        "coefficients": strings_of(coefficients),
        "seed": seed_of(coefficients).hex(),
        "shares": [{"index": index, "share": share_of(coefficients, index).hex()} for index in indices],
    }


def build() -> dict[str, Any]:
    edge = [[0, 1, P - 1, P - 2], [P - 1, P - 1, P - 1, 0], [P - 1, 0, 1, P - 1]]
    share = share_of(edge, 1)
    assert all(element_from_bytes(share[start : start + 8]) < P for start in range(0, 32, 8))
    return {
        "about": "coefficients[degree][element], the constant terms first. Any `threshold` shares give the seed.",
        "single_element": _known_answer(),
        "seeds": [
            _seed("shamir 1", 1, [1, 2]),
            _seed("shamir 2", 2, [1, 2, 3]),
            _seed("shamir 3", 3, [1, 2, 3, 4, 5]),
            _seed("shamir 3 wide", 3, [1, 2**10, 2**20 - 1, 2**20]),
            _seed("shamir 11", 11, [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 100, 144]),
            _case(edge, [1, 2, 3, 4]),
        ],
        "malformed_shares": [
            {"share": (share[:24] + u64le(P)).hex(), "error": 301},
            {"share": (u64le(2**64 - 1) + share[8:]).hex(), "error": 301},
        ],
    }
