"""From payloads to numbers: the sum of a round, on all processors, in little memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from cloakwork import _arrays, privacy
from cloakwork._boundary import check, view
from cloakwork._native import ffi, lib
from cloakwork.errors import ArgumentError, Status
from cloakwork.secagg import _lanes
from cloakwork.secagg._opening import Opening
from cloakwork.secagg._run import Run

# Elements of a range: its accumulator fits the second-level cache of a processor, and the cost of a call is lost in it.
_RANGE = 1 << 17


class _Range(NamedTuple):
    segment: int
    first: int
    accumulator: NDArray[Any]


def aggregate(run: Run, opening: Opening, payloads: Iterable[bytes | bytearray], threads: int | None = None) -> dict[str, NDArray[Any]]:
    """The sums of a round as residues, by label.

    Memory: one vector of residues for each segment, and one payload at a time.

    Args:
        run: the run.
        opening: from `Server.opening`.
        payloads: the payloads of all survivors, in any order, bytes-like; they are taken from the iterable one at a time.
        threads: how many threads work, 1 or more; one for each processor if None.

    Returns:
        Residues mod 2^bits: uint32 for segments of up to 32 bits, uint64 up to 64, rows of two uint64 (low half first) above. `decode`
        makes numbers of them.

    Raises:
        ArgumentError: a payload of another size.
        CryptoError: the masks did not cancel (`MASKS_DID_NOT_CANCEL`): there is no sum. Tell `Server.finish`.
    """
    workers = _threads(threads)
    sums = [_lanes.allocate(segment.bits, segment.length + _zeros(run, index)) for index, segment in enumerate(run.segments)]
    ranges = [
        _Range(index, first, total[first : first + _RANGE]) for index, total in enumerate(sums) for first in range(0, len(total), _RANGE)
    ]
    with ThreadPoolExecutor(workers) as pool:
        for payload in _checked(run, payloads):
            _all(pool.map(partial(_add, opening, payload), ranges))
        _all(pool.map(lambda place: opening.unmask(*place), ranges))
    for index, (segment, total) in enumerate(zip(run.segments, sums, strict=True)):
        opening.check_zeros(index, total[segment.length :])
    return {segment.label: total[: segment.length] for segment, total in zip(run.segments, sums, strict=True)}


def decode(run: Run, label: str, residues: NDArray[Any], dtype: DTypeLike | None = None) -> NDArray[Any]:
    """The numbers that the residues of a sum stand for.

    Args:
        run: the run.
        label: of the segment.
        residues: as `aggregate` gives them, or any range of them.
        dtype: float64 or int64; None for int64 where the segment has no fraction bits and at most 64 bits, else float64. A segment of
            residues has no other numbers: they come back as they are.

    Returns:
        float64, each rounded to nearest, or int64, rounded to the nearest integer, ties to even.

    Raises:
        ArgumentError: no such segment, residues of another dtype, or a dtype that it has not.
        NumberError: an integer does not fit int64 (`OUT_OF_RANGE`).
    """
    index = run.segment_index(label)
    segment = run.segments[index]
    array = _lanes.residues(label, residues, segment.bits)
    if segment.encoding == "residues":
        if dtype is not None:
            _arrays.refuse("dtype", "a segment of residues has no other numbers")
        return array
    whole = np.int64 if segment.fraction == 0 and segment.bits <= 64 else np.float64
    kind = np.dtype(whole if dtype is None else dtype)
    if kind not in (np.float64, np.int64):
        _arrays.refuse("dtype", f"is {kind}, expected float64 or int64")
    call, element = (lib.cloak_run_to_f64, "double[]") if kind == np.float64 else (lib.cloak_run_to_i64, "int64_t[]")
    numbers = np.empty(len(array), dtype=kind)
    out = ffi.from_buffer(element, numbers, require_writable=True)
    check(call(run._open(), index, _lanes.structure("cloak_values", array, segment.bits), out, len(numbers)), label)
    return numbers


def decode_private(run: Run, rotation_seed: bytes, residues: NDArray[Any]) -> NDArray[np.float64]:
    """The vector that the residues of a private run's sum stand for: the sum of all clipped parts, with their noise.

    Args:
        run: a run with a mechanism.
        rotation_seed: that of the round, from `Opening.rotation_seed`.
        residues: of the only segment, as `aggregate` gives them.

    Raises:
        ArgumentError: the run has no mechanism, or residues of another length or dtype.
    """
    config = run.config
    if config.mechanism is None:
        _arrays.refuse("run", "has no mechanism: use decode")
    return privacy.decode(config.mechanism, config.segments[0].bits, rotation_seed, residues, config.suite)


def _zeros(run: Run, index: int) -> int:
    """How many zero coordinates follow the values of a segment."""
    layout = ffi.new("cloak_layout *")
    check(lib.cloak_run_layout(run._open(), index, layout))
    return int(layout.zeros)


def _threads(given: int | None) -> int:
    if given is None:
        return os.cpu_count() or 1
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        _arrays.refuse("threads", "must be a whole number above 0")
    return given


def _checked(run: Run, payloads: Iterable[bytes | bytearray]) -> Iterator[bytes | bytearray]:
    """The payloads one at a time, each of the right size."""
    for payload in payloads:
        length = len(view("payloads", payload))
        if length != run.payload_size:
            message = f"a payload has {length} bytes, expected {run.payload_size}"
            raise ArgumentError(Status.INVALID_LENGTH, message, argument="payloads", bound=run.payload_size)
        yield payload


def _add(opening: Opening, payload: bytes | bytearray, place: _Range) -> None:
    opening.add(place.segment, place.first, payload, place.accumulator)


def _all(results: Iterator[None]) -> None:
    """Waits for all, and raises what one of them raised."""
    for _ in results:
        pass
