"""NumPy vectors as the library takes them: values that a client contributes, and residues that a server adds up."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork import _arrays
from cloakwork._native import ffi, lib
from cloakwork.secagg._config import Segment

# Residues above 64 bits are rows of two numbers, the low one first: the memory of a little-endian 128-bit integer.
_WIDE = 2
_ALIGNMENT = 16

_TYPES: dict[np.dtype[Any], int] = {
    np.dtype(np.float64): lib.CLOAK_F64,
    np.dtype(np.float32): lib.CLOAK_F32,
    np.dtype(np.int64): lib.CLOAK_I64,
    np.dtype(np.int32): lib.CLOAK_I32,
    np.dtype(np.uint32): lib.CLOAK_U32,
    np.dtype(np.uint64): lib.CLOAK_U64,
}


def _widened(to: type[np.generic], *kinds: type[np.generic]) -> dict[np.dtype[Any], np.dtype[Any]]:
    return {np.dtype(kind): np.dtype(to) for kind in kinds}


# What segments take, and as what; every widening is exact.
_RESIDUES = {
    **_widened(np.uint32, np.bool_, np.uint8, np.uint16, np.uint32),
    **_widened(np.uint64, np.uint64),
}
_NUMBERS = {
    **_widened(np.int32, np.bool_, np.int8, np.uint8, np.int16, np.uint16, np.int32),
    **_widened(np.int64, np.uint32, np.int64),
    **_widened(np.float32, np.float32),
    **_widened(np.float64, np.float64),
}
_SIGNED = "float64, float32, integers but uint64, or booleans"
_UNSIGNED = "unsigned integers"


def lane_dtype(bits: int) -> np.dtype[Any]:
    """The dtype of a residue of this width: uint32 to 32 bits, uint64 above; beyond 64 bits a residue is a row of two."""
    return np.dtype(np.uint32 if bits <= 32 else np.uint64)


def shape_of(bits: int, count: int) -> tuple[int, ...]:
    """The shape of this many residues."""
    return (count, _WIDE) if bits > 64 else (count,)


def allocate(bits: int, count: int) -> NDArray[Any]:
    """Zeros for this many residues, aligned for the library."""
    dtype, shape = lane_dtype(bits), shape_of(bits, count)
    size = int(np.prod(shape)) * dtype.itemsize
    memory = np.zeros(size + _ALIGNMENT, dtype=np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + size].view(dtype).reshape(shape)


def residues(name: str, array: object, bits: int, *, writable: bool = False) -> NDArray[Any]:
    """Checks a vector of residues of this width. One above 64 bits that is not aligned to 16 bytes is copied, unless it is to be written.

    Raises:
        ArgumentTypeError: another dtype, shape or memory layout, or not writable where it has to be.
    """
    found = _arrays.plain_array(name, array)
    dtype = lane_dtype(bits)
    if found.dtype != dtype:
        _arrays.refuse_dtype(name, found.dtype, f"{dtype}")
    if found.shape != shape_of(bits, len(found) if found.ndim else 0):
        _arrays.refuse_type(name, f"shape {found.shape}, expected residues of {bits} bits as {shape_of(bits, -1)}".replace("-1", "n"))
    if writable and not found.flags.writeable:
        _arrays.refuse_type(name, "the array is read-only")
    if bits > 64 and found.ctypes.data % _ALIGNMENT:
        if writable:
            _arrays.refuse_type(name, "residues above 64 bits have to be aligned to 16 bytes")
        aligned = allocate(bits, len(found))
        aligned[:] = found
        return aligned
    return found


def structure(kind: str, array: NDArray[Any], bits: int) -> Any:  # noqa: ANN401 - a cloak_lanes or cloak_values
    """Residues as the C structure `kind`, which does not keep them alive."""
    place = ffi.new(f"{kind} *")
    place.type = lib.CLOAK_U128 if bits > 64 else _TYPES[array.dtype]
    place.data = ffi.cast("void *", array.ctypes.data)
    place.length = len(array)
    return place


def contribution(segment: Segment, array: object) -> NDArray[Any]:
    """The values of a segment in a type that the library takes; small integers and booleans (0 and 1) are widened, which is exact.

    Raises:
        ArgumentTypeError: a dtype that the segment does not take, or another memory layout.
        ArgumentError: another length.
    """
    found = _arrays.plain_array(segment.label, array)
    unsigned = segment.encoding == "residues"
    if segment.bits > 64 and unsigned and found.ndim == _WIDE:
        _arrays.check_shape(segment.label, found, (segment.length, _WIDE))
        return residues(segment.label, found, segment.bits)
    _arrays.check_shape(segment.label, found, (segment.length,))
    taken = (_RESIDUES if unsigned else _NUMBERS).get(found.dtype)
    if taken is None:
        _arrays.refuse_dtype(segment.label, found.dtype, _UNSIGNED if unsigned else _SIGNED)
    return found.astype(taken, copy=False)


def write_values(place: Any, segment: Segment, array: NDArray[Any]) -> None:  # noqa: ANN401 - a cloak_values
    """Fills the C structure of a segment's values, which does not keep them alive."""
    place.type = lib.CLOAK_U128 if array.ndim == _WIDE and segment.encoding == "residues" else _TYPES[array.dtype]
    place.data = ffi.cast("void *", array.ctypes.data)
    place.length = len(array)
