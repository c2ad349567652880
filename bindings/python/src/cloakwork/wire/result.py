"""The bytes of a result: the residues of each segment in order, little-endian, in lanes of 4, 8 or 16 bytes (32, 64, 128 bits).

In a run with a mechanism the rotation seed of the round comes first: 32 bytes, public, without which the residues mean nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork.errors import ArgumentError, EncodingError, Status
from cloakwork.secagg import Run, decode, decode_private

__all__ = ["decode_sums", "encode", "size"]

_SEED_SIZE = 32


def _lane(bits: int) -> int:
    return 4 if bits <= 32 else 8 if bits <= 64 else 16


def _head(run: Run) -> int:
    return 0 if run.config.mechanism is None else _SEED_SIZE


def size(run: Run) -> int:
    """Bytes of a result of the run."""
    return _head(run) + sum(_lane(segment.bits) * segment.length for segment in run.config.segments)


def encode(run: Run, residues: dict[str, NDArray[Any]], rotation_seed: bytes | None = None) -> bytes:
    """The bytes of the residues by label, as `cloakwork.secagg.aggregate` gives them.

    Args:
        run: the run.
        residues: the residues by label.
        rotation_seed: of the round, in a run with a mechanism; None in others.

    Raises:
        ArgumentError: a seed where there is no rotation, or none where there is one.
    """
    head = b"" if rotation_seed is None else rotation_seed
    if len(head) != _head(run):
        raise ArgumentError(Status.INVALID_LENGTH, f"has {len(head)} bytes, expected {_head(run)}", argument="rotation_seed")
    return head + b"".join(residues[segment.label].tobytes() for segment in run.config.segments)


def decode_sums(run: Run, body: bytes) -> dict[str, NDArray[Any]]:
    """The sums by label: float64 or int64 for fixed point, unsigned integers for residues, the float64 vector in a run with a mechanism.

    Raises:
        EncodingError: the bytes are no result of this run.
    """
    if len(body) != size(run):
        raise EncodingError(Status.MALFORMED, "this is no result of the run", bound=size(run))
    sums: dict[str, NDArray[Any]] = {}
    start = _head(run)
    seed = body[:start]
    for segment in run.config.segments:
        lane = _lane(segment.bits)
        end = start + lane * segment.length
        shape = (segment.length, 2) if lane == 16 else (segment.length,)
        dtype = np.dtype("<u4") if lane == 4 else np.dtype("<u8")
        residues = np.frombuffer(body[start:end], dtype).reshape(shape)
        sums[segment.label] = decode_private(run, seed, residues) if seed else decode(run, segment.label, residues)
        start = end
    return sums
