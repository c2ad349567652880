"""What exactly the library refused: its statuses name the kind of failure, people want the field, the segment and the position.

The library decides; this is only asked once it has refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork.errors import CloakworkError, NumberError, ParameterError, PrivacyError, Status
from cloakwork.privacy import Mechanism
from cloakwork.secagg._config import Config, Segment

_LABEL = re.compile(r"[a-z0-9_.-]{1,32}")
_WEEK = 604_800
_FRACTIONS = range(-64, 121)


def refused_values(vectors: Iterable[tuple[Segment, NDArray[Any]]], members: int) -> CloakworkError | None:
    """The exception that names the segment and the position of the first value that is refused; never the value itself."""
    for segment, vector in vectors:
        if vector.dtype.kind == "f":
            finite = np.isfinite(vector)
            if not finite.all():
                message = f"the value at index {int(finite.argmin())} is NaN or infinite"
                return NumberError(Status.NOT_FINITE, message, argument=segment.label)
        limit = segment.limit(members)
        index = _first_residue(segment, vector) if limit is None else _first_beyond(vector, limit, segment.fraction)
        if index is not None:
            largest = Fraction((1 << segment.bits) - 1) if limit is None else Fraction(limit) / Fraction(2) ** segment.fraction
            bound = int(largest) if largest.denominator == 1 else float(largest)
            message = f"the value at index {index} is too large, so the sum could wrap; clip it or plan the run with more bits"
            return NumberError(Status.OUT_OF_RANGE, message, argument=segment.label, bound=bound)
    return None


def _first_residue(segment: Segment, vector: NDArray[Any]) -> int | None:
    """The index of the first number that is no residue of the segment's width."""
    bits = segment.bits
    if vector.ndim == 2:
        vector, bits = vector[:, 1], bits - 64
    if bits >= 8 * vector.dtype.itemsize:
        return None
    wrong = vector >> vector.dtype.type(bits) != 0
    return int(wrong.argmax()) if wrong.any() else None


def _first_beyond(vector: NDArray[Any], limit: int, fraction: int) -> int | None:
    """The index of the first value that becomes an integer of magnitude above `limit`: estimated first, then exactly."""
    with np.errstate(over="ignore"):
        estimate = np.abs(np.ldexp(vector.astype(np.float64), fraction))
    for index in np.flatnonzero(estimate >= limit * (1 - 2.0**-40)):
        if abs(round(Fraction(vector[index].item()) * Fraction(2) ** fraction)) > limit:
            return int(index)
    return None


def refused_config(config: Config, members: int) -> CloakworkError | None:
    """The exception that names the first parameter outside its bounds (protocol.md section 2), with the bound."""
    ranges = {
        "segments": (len(config.segments), 1, Segment.MOST),
        "min_inputs": (config.min_inputs_for(members), 2 if config.recovery else config.colluders + 2, members),
        "colluders": (config.colluders, 0, members - 1),
        "max_passes": (config.max_passes if config.recovery else 1, 1, 255),
        "max_rounds": (config.max_rounds, 1, 2**32 - 1),
        "setup_seconds": (config.setup_seconds, 1, _WEEK),
        "step_seconds": (config.step_seconds, 1, _WEEK),
    }
    for name, (value, lowest, highest) in ranges.items():
        if not lowest <= value <= highest:
            return _parameter(name, f"is outside {lowest} to {highest}", lowest if value < lowest else highest)
    seen: set[str] = set()
    for segment in config.segments:
        failure = _refused_segment(segment, members)
        if failure is None and segment.label in seen:
            failure = _parameter(f"segment {segment.label!r}", "two segments have this label")
        if failure is not None:
            return failure
        seen.add(segment.label)
    return None if config.mechanism is None else _refused_mechanism(config, config.mechanism, members)


def _refused_mechanism(config: Config, mechanism: Mechanism, members: int) -> CloakworkError | None:
    """What of a run does not fit its mechanism."""
    code = Status.INVALID_MECHANISM
    if len(config.segments) != 1 or config.segments[0].encoding != "residues" or config.segments[0].length != mechanism.padded:
        message = f"a mechanism needs one segment, of {mechanism.padded} residues: use Config.private"
        return PrivacyError(code, message, bound=mechanism.padded, argument="segments")
    bits = config.segments[0].bits
    if bits > mechanism.max_bits:
        message = f"is {bits} and must be at most {mechanism.max_bits}; {mechanism.max_bits} works"
        return PrivacyError(code, message, bound=mechanism.max_bits, argument="bits")
    honest = config.honest_for(members)
    if mechanism.honest > honest:
        hint = f"; {honest} works" if honest > 0 else ""
        message = f"is {mechanism.honest} and must be at most {honest}, or min_inputs and threshold larger{hint}"
        return PrivacyError(code, message, bound=honest, argument="honest")
    return None


def _refused_segment(segment: Segment, members: int) -> CloakworkError | None:
    name = f"segment {segment.label!r}"
    if not _LABEL.fullmatch(segment.label):
        return _parameter(name, "a label has 1 to 32 characters of a-z 0-9 _ . -")
    if not 1 <= segment.bits <= 128:
        return NumberError(Status.INVALID_WIDTH, "the bit width is outside 1 to 128", argument=name, bound=128)
    if not 1 <= segment.length <= Segment.LONGEST:
        return _parameter(name, f"the length is outside 1 to {Segment.LONGEST}", Segment.LONGEST)
    if segment.encoding == "residues":
        return _parameter(name, "residues have no fraction bits") if segment.fraction else None
    if segment.fraction not in _FRACTIONS:
        return _parameter(name, "the fraction bits are outside -64 to 120")
    if segment.limit(members) == 0:
        return _parameter(name, f"{segment.bits} bits are too few for the sum of {members} members")
    return None


def _parameter(name: str, message: str, bound: float | None = None) -> ParameterError:
    return ParameterError(Status.INVALID_RUN, message, argument=name, bound=bound)
