"""The private vector (protocol.md, "The private vector")."""

import math
from typing import Any

from generator import private
from generator.draw import draw, draw_integer
from generator.mechanism import Mechanism, real_bytes
from generator.prg import AES_128_CTR, CHACHA20
from generator.ring import NotFinite, OutOfRange

INFINITY = math.inf
NOT_FINITE, OUT_OF_RANGE = 201, 202


def _bits(value: float) -> str:
    return real_bytes(value).hex()


def _uniform(name: str, count: int, magnitude: float) -> list[float]:
    """Values in -magnitude ... magnitude."""
    return [magnitude * (draw_integer(f"{name} {place}", 53) / 2**52 - 1) for place in range(count)]


def _norm_bound(mechanism: dict[str, Any]) -> int:
    """Large enough for nearly every rounding."""
    clip, padded = (
        mechanism["clip"] / mechanism["granularity"],
        -(-mechanism["dimension"] >> mechanism["block_log2"]) << mechanism["block_log2"],
    )
    return math.floor(min((clip + math.sqrt(padded)) ** 2, clip**2 + padded / 4 + 7.45 * (clip + math.sqrt(padded) / 2)))


def _mechanism(**values: Any) -> Mechanism:
    chosen = {
        "dimension": 5,
        "block_log2": 3,
        "clamp": INFINITY,
        "clip": 1.0,
        "granularity": 2.0**-8,
        "noise": 4.5,
        "parts": 1,
        "honest": 1,
    } | values
    return Mechanism(**{"norm_bound": _norm_bound(chosen)} | chosen)


def _contribution(name: str, mechanism: Mechanism, bits: int, suite: int, parts: list[list[float]]) -> dict[str, Any]:
    rotation = draw(f"private rotation {name}", 32)
    seeds = [draw(f"private seed {name} {part}", 32) for part in range(len(parts))]
    chosen = [private.round_part(mechanism, suite, rotation, seed, values)[1] for seed, values in zip(seeds, parts, strict=True)]
    found = private.residues(mechanism, bits, suite, rotation, seeds, parts)
    return {
        "name": name,
        "mechanism": mechanism.parameters(),
        "bits": bits,
        "suite": suite,
        "rotation": rotation.hex(),
        "rng_tape": b"".join(seeds).hex(),
        "parts": [[_bits(value) for value in values] for values in parts],
        "roundings": chosen,
        "residues": [str(residue) for residue in found],
        "values": [_bits(value) for value in private.decode(mechanism, bits, suite, rotation, found)],
    }


def _cases() -> list[dict[str, Any]]:
    small = _mechanism()
    parts = _mechanism(dimension=20, block_log2=5, parts=3)
    wide = _mechanism(dimension=20, block_log2=5, granularity=2.0**-31, noise=131072.0)
    odd = _mechanism(dimension=33, block_log2=5, clip=math.pi, granularity=1 / 317, noise=3.7)
    tight = _mechanism(dimension=16, block_log2=4, norm_bound=2**16, granularity=2.0**-8)
    return [
        _contribution("within the clip", small, 16, AES_128_CTR, [[0.1, -0.2, 0.3, 0.0, -0.05]]),
        _contribution("scaled to the clip", small, 16, CHACHA20, [[10.0, -20.0, 30.0, 0.0, -5.0]]),
        _contribution("all zero", small, 16, AES_128_CTR, [[0.0, -0.0, 0.0, 0.0, 0.0]]),
        _contribution("tiny and subnormal", small, 16, AES_128_CTR, [[5e-324, -1e-300, 2.0**-60, 1e-9, -1e-5]]),
        _contribution("as large as may be", small, 16, AES_128_CTR, [[math.nextafter(2.0**400, 0), 1.0, -(2.0**399), 0.0, 3.0]]),
        _contribution("cut to the clamp", _mechanism(clamp=0.25), 16, AES_128_CTR, [[0.1, -0.9, 0.3, 1e9, -0.25]]),
        _contribution("at the clip exactly", _mechanism(dimension=1, block_log2=0), 16, AES_128_CTR, [[1.0]]),
        _contribution("one block, even", _mechanism(dimension=60, block_log2=6), 20, AES_128_CTR, [_uniform("even", 60, 0.2)]),
        _contribution("one block, odd", _mechanism(dimension=100, block_log2=7), 20, CHACHA20, [_uniform("odd", 100, 0.2)]),
        _contribution("several blocks", _mechanism(dimension=75, block_log2=5), 20, AES_128_CTR, [_uniform("blocks", 75, 0.2)]),
        _contribution("blocks of one value", _mechanism(dimension=9, block_log2=0), 20, AES_128_CTR, [_uniform("ones", 9, 0.2)]),
        _contribution("three parts", parts, 20, AES_128_CTR, [_uniform(f"part {part}", 20, 0.5) for part in range(3)]),
        *(
            _contribution(f"truncated or not {number}", tight, 20, AES_128_CTR, [_uniform(f"tight {number}", 16, 1.0)])
            for number in range(4)
        ),
        _contribution("wide lanes", wide, 58, AES_128_CTR, [_uniform("wide", 20, 1.0)]),
        _contribution("wraps", _mechanism(noise=500.0), 8, AES_128_CTR, [[0.1, -0.2, 0.3, 0.0, -0.05]]),
        _contribution("odd numbers", odd, 18, CHACHA20, [_uniform("odd numbers", 33, 2.0)]),
    ]


def _refused() -> list[dict[str, Any]]:
    cases = []
    for name, value, refusal, error in (
        ("NaN", math.nan, NotFinite, NOT_FINITE),
        ("infinity", math.inf, NotFinite, NOT_FINITE),
        ("minus infinity", -math.inf, NotFinite, NOT_FINITE),
        ("2^400", 2.0**400, OutOfRange, OUT_OF_RANGE),
        ("the largest double", -1.7976931348623157e308, OutOfRange, OUT_OF_RANGE),
    ):
        values = [0.5, value, 0.0, 1.0, -1.0]
        try:
            private.factor(_mechanism(), values)
        except refusal:
            cases.append({"name": name, "values": [_bits(value) for value in values], "error": error})
    assert len(cases) == 5
    return cases


def build() -> dict[str, Any]:
    contributions = _cases()
    roundings = {rounding for case in contributions for rounding in case["roundings"]}
    assert roundings == {"random", "truncated"}
    return {
        "about": "Parts become residues with the part seeds on the tape; values: what the residues decode to as a sum of one.",
        "contributions": contributions,
        "refused": {"mechanism": _mechanism().parameters(), "bits": 16, "values": _refused()},
    }
