"""The Walsh-Hadamard transform of a vector, in place, and rotations by it (protocol.md section 10)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork import _arrays
from cloakwork._boundary import HASH_SIZE, check, view, whole_number
from cloakwork._native import ffi, lib

__all__ = ["rotate", "transform", "unrotate"]

_TYPES: dict[np.dtype[Any], tuple[str, int]] = {
    np.dtype(np.float32): ("float[]", lib.CLOAK_F32),
    np.dtype(np.float64): ("double[]", lib.CLOAK_F64),
    np.dtype(np.int32): ("int32_t[]", lib.CLOAK_I32),
    np.dtype(np.int64): ("int64_t[]", lib.CLOAK_I64),
}


def transform(vector: NDArray[Any], *, orthonormal: bool = True) -> None:
    """H x, or H x / sqrt(n) with `orthonormal`, for the Walsh-Hadamard matrix H in natural order.

    Args:
        vector: changed in place; 1 to 2^28 values, a power of two, float32, float64, int32 or int64 (wrapping).
        orthonormal: whether the length of the vector is kept; floats only.

    Raises:
        ArgumentError: another number of values, another dtype, or an integer vector with `orthonormal`.
    """
    kind, data = _place(vector, orthonormal=orthonormal)
    check(lib.cloak_hadamard_transform(kind, data, len(data), orthonormal), "vector")


def rotate(vector: NDArray[Any], seed: bytes, *, suite: int = 2, first: int = 0, orthonormal: bool = True) -> None:
    """H S x, with the diagonal S of random signs that the public seed gives.

    Args:
        vector: as for `transform`.
        seed: 32 bytes; whoever knows them can undo the rotation.
        suite: generator of the signs: 1 = ChaCha20, 2 = AES-128-CTR.
        first: the diagonal's element for the first value; for a vector that is rotated in blocks.
        orthonormal: as for `transform`.
    """
    kind, data = _place(vector, orthonormal=orthonormal)
    numbers = whole_number("suite", suite, 8), view("seed", seed, HASH_SIZE), whole_number("first", first)
    check(lib.cloak_hadamard_rotate(*numbers, kind, data, len(data), orthonormal), "vector")


def unrotate(vector: NDArray[Any], seed: bytes, *, suite: int = 2, first: int = 0, orthonormal: bool = True) -> None:
    """S H x: it undoes `rotate`, but for the factor n without `orthonormal`."""
    kind, data = _place(vector, orthonormal=orthonormal)
    numbers = whole_number("suite", suite, 8), view("seed", seed, HASH_SIZE), whole_number("first", first)
    check(lib.cloak_hadamard_unrotate(*numbers, kind, data, len(data), orthonormal), "vector")


def _place(vector: NDArray[Any], *, orthonormal: bool) -> tuple[int, Any]:
    array = _arrays.plain_array("vector", vector)
    if array.dtype not in _TYPES:
        _arrays.refuse_dtype("vector", array.dtype, "float32, float64, int32 or int64")
    if array.ndim != 1:
        _arrays.refuse("vector", f"has {array.ndim} dimensions, expected 1")
    if not array.flags.writeable:
        _arrays.refuse("vector", "is read-only, and it is changed in place")
    if orthonormal and array.dtype.kind == "i":
        _arrays.refuse("orthonormal", "integers have no orthonormal transform: give orthonormal=False")
    element, kind = _TYPES[array.dtype]
    return kind, ffi.from_buffer(element, array, require_writable=True)
