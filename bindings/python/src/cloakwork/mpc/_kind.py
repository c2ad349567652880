"""What the elements of a secret are, and what goes in and out as NumPy arrays."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork._native import ffi, lib
from cloakwork.errors import ArgumentError, ArgumentTypeError, NumberError, Status

Numbers = NDArray[np.int64] | NDArray[np.float64]


class Kind(IntEnum):
    """What the elements of a tensor are."""

    BIT = lib.CLOAK_MPC_BIT
    INTEGER = lib.CLOAK_MPC_INTEGER
    REAL = lib.CLOAK_MPC_REAL

    @classmethod
    def of(cls, dtype: type | None) -> Kind | None:
        """The kind of `int` or `float`; None if none is given.

        Raises:
            ArgumentError: it is neither.
        """
        if dtype is None:
            return None
        if dtype not in {int, float}:
            raise ArgumentError(Status.INVALID_ARGUMENT, f"numbers are int or float, not {dtype.__name__}", argument="dtype")
        return cls.INTEGER if dtype is int else cls.REAL

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of what is opened."""
        return np.dtype({Kind.BIT: np.bool_, Kind.INTEGER: np.int64, Kind.REAL: np.float64}[self])


def numbers(name: str, values: object) -> Numbers:
    """Numbers as 64-bit integers or doubles, whichever they are.

    Raises:
        ArgumentTypeError: they are neither.
        NumberError: an integer does not fit 64 bits with a sign, or a number is NaN or infinite.
    """
    array = np.asarray(values)
    if array.dtype.kind in "bi" or (array.dtype.kind == "u" and array.dtype.itemsize < 8):
        return np.ascontiguousarray(array, dtype=np.int64).reshape(array.shape)
    if array.dtype.kind == "u" or (array.dtype.kind == "O" and all(isinstance(value, int) for value in array.flat)):
        limits = np.iinfo(np.int64)
        wrong = [value for value in array.flat if not limits.min <= int(value) <= limits.max]
        if wrong:
            raise NumberError(Status.OUT_OF_RANGE, f"{wrong[0]} does not fit 64 bits with a sign", argument=name)
        return np.ascontiguousarray(array, dtype=np.int64).reshape(array.shape)
    if array.dtype.kind == "f":
        array = np.ascontiguousarray(array, dtype=np.float64).reshape(array.shape)
        if not np.isfinite(array).all():
            raise NumberError(Status.NOT_FINITE, "holds NaN or an infinity", argument=name)
        return array
    raise ArgumentTypeError(Status.INVALID_ARGUMENT, f"expected numbers, got {array.dtype}", argument=name)


def as_kind(name: str, values: object, kind: Kind | None) -> Numbers:
    """Numbers of a kind, or of the one that they have.

    Raises:
        ArgumentError: whole numbers were asked for, and one is not whole.
    """
    array = numbers(name, values)
    if kind is None or kind == (Kind.REAL if array.dtype == np.float64 else Kind.INTEGER):
        return array
    if kind == Kind.REAL:
        return array.astype(np.float64)
    whole = np.rint(array)
    if kind != Kind.INTEGER or not np.array_equal(whole, array) or (np.abs(whole) >= 2.0**63).any():
        raise ArgumentError(Status.INVALID_ARGUMENT, "whole numbers were asked for, and a value is none", argument=name)
    return whole.astype(np.int64)


def c_values(array: Numbers) -> tuple[Any, Any]:
    """A `cloak_values` of an array, and what keeps it alive."""
    flat = np.ascontiguousarray(array).reshape(-1)
    data = ffi.from_buffer(flat) if flat.size else ffi.NULL
    code = lib.CLOAK_F64 if flat.dtype == np.float64 else lib.CLOAK_I64
    return ffi.new("cloak_values *", {"type": code, "data": data, "length": flat.size}), (flat, data)
