"""Checks of the arrays that callers hand in: every refusal names the argument, and nothing is converted silently."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from cloakwork.errors import ArgumentError, ArgumentTypeError, NumberError, Status

FLOATS = (np.dtype(np.float64), np.dtype(np.float32))
SIGNED = (np.dtype(np.int64), np.dtype(np.int32))
SMALL_INTEGERS = tuple(np.dtype(kind) for kind in (np.int8, np.int16, np.uint8, np.uint16, np.uint32, np.bool_))


def plain_array(name: str, value: object) -> NDArray[Any]:
    """`value` as a C-contiguous array in native byte order, without a copy.

    Raises:
        ArgumentTypeError: it is no NumPy array, is a masked array, is not C-contiguous or has foreign byte order.
    """
    if not isinstance(value, np.ndarray):
        refuse_type(name, f"expected a NumPy array, got {type(value).__name__}; convert it with numpy.asarray")
    if isinstance(value, np.ma.MaskedArray):
        refuse_type(name, "masked arrays are refused: the mask would be lost; fill it first")
    if not value.dtype.isnative:
        refuse_type(name, f"dtype {value.dtype} has foreign byte order; use array.astype(array.dtype.newbyteorder('='))")
    if not value.flags.c_contiguous:
        refuse_type(name, "the array is not C-contiguous; use numpy.ascontiguousarray")
    return value


def refuse_dtype(name: str, dtype: np.dtype[Any], accepted: str) -> NoReturn:
    """Refuses a dtype and says what would do."""
    hint = "; array.astype(numpy.float32) is exact" if dtype == np.float16 else ""
    refuse_type(name, f"dtype {dtype} is refused: expected {accepted}{hint}")


def refuse_type(name: str, message: str) -> NoReturn:
    """Refuses an argument for its type, dtype or memory layout."""
    raise ArgumentTypeError(Status.INVALID_ARGUMENT, message, argument=name)


def refuse(name: str, message: str, bound: float | None = None) -> NoReturn:
    """Refuses an argument for its value."""
    raise ArgumentError(Status.INVALID_ARGUMENT, message, argument=name, bound=bound)


def check_shape(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    """Refuses an array of another shape."""
    if array.shape != shape:
        raise ArgumentError(Status.INVALID_LENGTH, f"shape {array.shape}, expected {shape}", argument=name)


def check_magnitude(name: str, array: NDArray[Any], bound: float) -> None:
    """Refuses an array with an entry that is NaN, infinite or of larger magnitude than `bound`. It makes no copy of the array.

    The message states the position of the first such entry, never its value.
    """
    # Python's numbers: NumPy would round the bound to float32, and the magnitude of the smallest int64 is no int64.
    # A NaN fails every comparison.
    if -bound <= array.min().item() and array.max().item() <= bound:
        return
    if array.dtype.kind == "f":
        finite = np.isfinite(array)
        if not finite.all():
            where = _first(~finite)
            raise NumberError(Status.NOT_FINITE, f"the value {where} is NaN or infinite", argument=name)
        array = array.astype(np.float64)
    where = _first((array > bound) | (array < -bound))
    raise NumberError(Status.OUT_OF_RANGE, f"the value {where} is outside -{bound} to {bound}", argument=name, bound=bound)


def _first(wrong: NDArray[np.bool_]) -> str:
    position = np.unravel_index(int(wrong.argmax()), wrong.shape)
    return f"at index {', '.join(str(int(i)) for i in position)}" if position else "given"
