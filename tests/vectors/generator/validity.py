"""Which run descriptions are refused, and with which error number (sections 2 and 11)."""

import re
from typing import Any

import cbor2

from generator.codec import encode
from generator.errors import (
    INVALID_DEGREE,
    INVALID_MECHANISM,
    INVALID_ROSTER,
    INVALID_RUN,
    INVALID_THRESHOLD,
    MALFORMED,
    NON_CANONICAL,
    UNSUPPORTED,
)
from generator.mechanism import ITEMS, KIND, Mechanism
from generator.run import FIXED_POINT, RESIDUES, Segment

LABEL = re.compile(r"[a-z0-9_.-]{1,32}", re.ASCII)
MOST_MEMBERS, LONGEST_SEGMENT, A_WEEK = 2**20, 2**31, 604800


def _uint(item: object) -> bool:
    return type(item) is int and item >= 0


def _array(item: object, length: int) -> bool:
    return type(item) is list and len(item) == length


def _bytes(item: object, length: int) -> bool:
    return type(item) is bytes and len(item) == length


def _is_known(mechanism: list[Any]) -> bool:
    return len(mechanism) == ITEMS and mechanism[0] == KIND


def _well_formed_mechanism(item: Any) -> bool:
    """Null or an array; what is in one of an unknown kind is not known either."""
    return item is None or (type(item) is list and (not _is_known(item) or all(map(_uint, item))))


def _well_formed(items: Any) -> bool:
    if not _array(items, 15) or not _array(items[4], 2) or not _array(items[5], 2) or not _array(items[11], 2):
        return False
    version, run_id, suite, mode, roster, graph, threshold, inputs, colluders, passes, rounds, limits, *rest = items
    numbers = [version, suite, mode, roster[0], graph[0], threshold, inputs, colluders, passes, rounds, *limits]
    sized = [(run_id, 16), (roster[1], 32), (graph[1], 32), (rest[2], 32)]
    return (
        all(_uint(number) for number in numbers)
        and all(_bytes(item, length) for item, length in sized)
        and _well_formed_mechanism(rest[1])
        and type(rest[0]) is list
        and all(
            _array(segment, 5) and type(segment[0]) is str and all(_uint(item) for item in segment[1:4]) and type(segment[4]) is int
            for segment in rest[0]
        )
    )


def _segment_fault(segment: Segment, parties: int) -> bool:
    if not LABEL.fullmatch(segment.label) or not 1 <= segment.bits <= 128:
        return True
    if not 1 <= segment.length <= LONGEST_SEGMENT:
        return True
    if segment.encoding == RESIDUES:
        return segment.fraction != 0
    return segment.encoding != FIXED_POINT or not -64 <= segment.fraction <= 120 or segment.bound(parties) == 0


def _honest_inputs(mode: int, degree: int, k: int, t: int, c: int, inputs: int) -> int:
    """Honest clients in every sum: the bound of section 11."""
    if mode == 1:
        return min(inputs - c, 2 * t - k - c + 1 if degree else t + 1 - c)
    return min(inputs - c, 2) if degree else inputs - c


def _mechanism_fits(mechanism: Mechanism, segments: list[Segment], honest: int) -> bool:
    return (
        mechanism.is_within_bounds()
        and len(segments) == 1
        and segments[0].encoding == RESIDUES
        and segments[0].length == mechanism.padded
        and segments[0].bits <= mechanism.most_bits
        and mechanism.honest <= honest
    )


def fault(encoded: bytes) -> int | None:
    """The error number of a description that must be refused, None where there is no fault."""
    try:
        items = cbor2.loads(encoded)
    except cbor2.CBORDecodeError:
        return MALFORMED
    if not _well_formed(items):
        return MALFORMED
    if encode(items) != encoded:
        return NON_CANONICAL
    version, _, suite, mode, (n, _), (degree, _), t, inputs, c, passes, rounds, limits, raw, mechanism, _ = items
    segments = [Segment(*segment) for segment in raw]
    k = degree or n - 1
    # In this order, since later checks divide by n and look at k.
    if version != 1 or suite not in (1, 2) or (mechanism is not None and not _is_known(mechanism)):
        return UNSUPPORTED
    if mode not in (0, 1):
        return INVALID_RUN
    if not 2 + mode <= n <= MOST_MEMBERS:
        return INVALID_ROSTER
    if degree % 2 != 0 or degree >= n:
        return INVALID_DEGREE
    if not (1 <= t <= k and 2 * t > k + c if mode else t == 0 and c + 1 <= k):
        return INVALID_THRESHOLD
    in_range = (
        (2 if mode else c + 2) <= inputs <= n,
        1 <= passes <= 255 if mode else passes == 0,
        1 <= rounds < 2**32,
        all(1 <= limit <= A_WEEK for limit in limits),
        1 <= len(segments) <= 8,
        len({segment.label for segment in segments}) == len(segments),
        not any(_segment_fault(segment, n) for segment in segments),
    )
    if not all(in_range):
        return INVALID_RUN
    if mechanism is not None and not _mechanism_fits(Mechanism.of(mechanism), segments, _honest_inputs(mode, degree, k, t, c, inputs)):
        return INVALID_MECHANISM
    return None
