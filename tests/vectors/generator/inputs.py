"""What members give to the rounds of a transcript: residues, and what the vectors say of them."""

import math
from typing import Any

from generator import private
from generator.draw import draw_integer
from generator.mechanism import Mechanism, real_bytes
from generator.ring import contribution_bound, encode_fixed
from generator.run import FIXED_POINT, Description, Run, Segment

Input = tuple[list[list[int]], dict[str, Any]]


def _values(name: str, segment: Segment, parties: int) -> list[Any]:
    """Multiples of 2^-(f + 2) within the bound for fixed point, any residues otherwise."""
    bound = contribution_bound(segment.bits, parties)
    values: list[Any] = []
    for j in range(segment.length):
        if segment.encoding == FIXED_POINT:
            quarters = draw_integer(f"{name} {j}", 64) % (8 * min(bound, 2**40) + 1) - 4 * min(bound, 2**40)
            values.append(quarters / 2.0 ** (segment.fraction + 2))
        else:
            values.append(draw_integer(f"{name} {j}", segment.bits))
    return values


def _residues(segment: Segment, values: list[Any], parties: int) -> list[int]:
    if segment.encoding != FIXED_POINT:
        return values
    return [encode_fixed(value, segment.bits, segment.fraction, parties) for value in values]


def _written(values: list[Any] | None, residues: list[int]) -> dict[str, Any]:
    return {"values": values, "residues": [str(residue) for residue in residues]}


def plain_input(name: str, run: Run, member: int, round_number: int) -> Input:
    """Values of each segment; those of fixed point are written down."""
    segments, parties = run.description.segments, len(run.members)
    values = [_values(f"{name} value {member} {round_number} {index}", segment, parties) for index, segment in enumerate(segments)]
    residues = [_residues(segment, own, parties) for segment, own in zip(segments, values, strict=True)]
    written = [
        _written(own if segment.encoding == FIXED_POINT else None, encoded)
        for segment, own, encoded in zip(segments, values, residues, strict=True)
    ]
    return residues, {"segments": written}


def _part(name: str, mechanism: Mechanism) -> list[float]:
    """Of a norm between about a quarter and four times the clip; of its values one is beyond a finite clamp."""
    largest = mechanism.clip * (1 + draw_integer(f"{name} size", 4)) / (2 * mechanism.dimension**0.5)
    values = [largest * (draw_integer(f"{name} {j}", 53) / 2**52 - 1) for j in range(mechanism.dimension)]
    return values if math.isinf(mechanism.clamp) else [1.5 * mechanism.clamp, *values[1:]]


def private_input(name: str, description: Description, mechanism: Mechanism, rotation: bytes, seeds: list[bytes]) -> Input:
    """The noised sum of a member's parts, each with its seed."""
    parts = [_part(f"{name} part {number}", mechanism) for number in range(len(seeds))]
    suite, bits = description.suite, description.segments[0].bits
    residues = private.residues(mechanism, bits, suite, rotation, seeds, parts)
    return [residues], {
        "parts": [[real_bytes(value).hex() for value in part] for part in parts],
        "part_seeds": [seed.hex() for seed in seeds],
        "roundings": [private.round_part(mechanism, suite, rotation, seed, part)[1] for seed, part in zip(seeds, parts, strict=True)],
        "segments": [_written(None, residues)],
    }
