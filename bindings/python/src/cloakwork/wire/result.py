"""The bytes of a result: the residues of each segment in order, little-endian, in lanes of 4, 8 or 16 bytes (32, 64, 128 bits)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork.errors import EncodingError, Status
from cloakwork.secagg import Run, decode

__all__ = ["decode_sums", "encode", "size"]


def _lane(bits: int) -> int:
    return 4 if bits <= 32 else 8 if bits <= 64 else 16


def size(run: Run) -> int:
    """Bytes of a result of the run."""
    return sum(_lane(segment.bits) * segment.length for segment in run.config.segments)


def encode(run: Run, residues: dict[str, NDArray[Any]]) -> bytes:
    """The bytes of the residues by label, as `cloakwork.secagg.aggregate` gives them."""
    return b"".join(residues[segment.label].tobytes() for segment in run.config.segments)


def decode_sums(run: Run, body: bytes) -> dict[str, NDArray[Any]]:
    """The sums by label: float64 or int64 for fixed point, unsigned integers for residues.

    Raises:
        EncodingError: the bytes are no result of this run.
    """
    if len(body) != size(run):
        raise EncodingError(Status.MALFORMED, "this is no result of the run", bound=size(run))
    sums: dict[str, NDArray[Any]] = {}
    start = 0
    for segment in run.config.segments:
        lane = _lane(segment.bits)
        end = start + lane * segment.length
        shape = (segment.length, 2) if lane == 16 else (segment.length,)
        dtype = np.dtype("<u4") if lane == 4 else np.dtype("<u8")
        residues = np.frombuffer(body[start:end], dtype).reshape(shape)
        sums[segment.label] = decode(run, segment.label, residues)
        start = end
    return sums
