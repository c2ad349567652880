"""Signed integers as residues mod 2^bits, in the memory that the library adds up, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork.secagg import _lanes

__all__ = ["of_integers", "to_integers"]

_BYTES = 16


def of_integers(values: Sequence[int], bits: int) -> NDArray[Any]:
    """Residues of integers."""
    vector, largest = _lanes.allocate(bits, len(values)), (1 << bits) - 1
    if bits > 64:
        content = b"".join([(value & largest).to_bytes(_BYTES, "little") for value in values])
        vector[:] = np.frombuffer(content, dtype="<u8").reshape(-1, 2)
    else:
        vector[:] = [value & largest for value in values]
    return vector


def to_integers(vector: NDArray[Any], bits: int) -> list[int]:
    """The integers in -2^(bits-1) to 2^(bits-1) - 1 that residues stand for."""
    half, whole = 1 << (bits - 1), 1 << bits
    if bits > 64:
        content = memoryview(np.ascontiguousarray(vector, dtype="<u8").tobytes())
        found = [int.from_bytes(content[start : start + _BYTES], "little") for start in range(0, len(content), _BYTES)]
    else:
        found = vector.tolist()
    return [value - whole if value >= half else value for value in found]
