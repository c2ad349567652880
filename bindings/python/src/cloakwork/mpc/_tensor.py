"""Tensors of secrets, with the operators of NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cloakwork.errors import ArgumentError, Status
from cloakwork.mpc._array import SecretArray, broadcast
from cloakwork.mpc._kind import Kind, as_kind, numbers

Array = TypeVar("Array", bound=SecretArray)


class Tensor(SecretArray):
    """A secret array: every party has a share of each element, and nobody has an element.

    It has a shape and a kind (truth values, whole numbers or real ones) and takes part in arithmetic, comparisons and indexing like an
    array of NumPy, with other tensors of its session and with public numbers. Whole numbers become real beside real ones; truth values
    become 0 and 1 where numbers are needed. Whole numbers wrap at 64 bits. Nothing tells when a real number leaves the range of its
    format: choose that for what may come.
    """

    def shares(self) -> list[NDArray[np.uint64]]:
        """The share of each party, for learners: words that add up modulo 2^64, of truth values packed bits whose exclusive or is taken."""
        self._session.run()
        return [party.shares(self._value) for party in self._session._parties]

    # Arithmetic that takes comparisons.

    def __truediv__(self, other: object) -> Tensor:
        return self._with("DIVIDE", other, None) if isinstance(other, Tensor) else self._divided(other)

    def __rtruediv__(self, other: object) -> Tensor:
        return self._tensor_of(other) / self

    def __abs__(self) -> Tensor:
        return self._alone("ABSOLUTE")

    # Comparison and logic: truth values.

    def __lt__(self, other: object) -> Tensor:
        return self._compared("LESS", other)

    def __gt__(self, other: object) -> Tensor:
        return self._tensor_of(other)._compared("LESS", self)

    def __le__(self, other: object) -> Tensor:
        return ~(self > other)

    def __ge__(self, other: object) -> Tensor:
        return ~(self < other)

    def __eq__(self, other: object) -> Tensor:  # type: ignore[override]
        return self._compared("EQUAL", other)

    def __ne__(self, other: object) -> Tensor:  # type: ignore[override]
        return ~(self == other)

    def __invert__(self) -> Tensor:
        return self._alone("NOT")

    def __and__(self, other: Tensor) -> Tensor:
        return self._with("AND", other, None)

    def __or__(self, other: Tensor) -> Tensor:
        return self._with("OR", other, None)

    def __xor__(self, other: Tensor) -> Tensor:
        return self._with("EXCLUSIVE_OR", other, None)

    # Reductions.

    def max(self, axis: int | None = None) -> Tensor:
        """The greatest over an axis, or of all."""
        return self._rows("GREATEST", axis)

    def min(self, axis: int | None = None) -> Tensor:
        """The smallest over an axis, or of all."""
        return self._rows("SMALLEST", axis)

    def argmax(self, axis: int | None = None) -> Tensor:
        """The first place of the greatest over an axis, or of all."""
        return self._place("PLACE_OF_GREATEST", axis)

    def argmin(self, axis: int | None = None) -> Tensor:
        """The first place of the smallest over an axis, or of all."""
        return self._place("PLACE_OF_SMALLEST", axis)

    def median(self, axis: int | None = None) -> Tensor:
        """The median over an axis, or of all; of an even number of elements it is real."""
        return self._rows("MEDIAN", axis)

    def sort(self, axis: int = -1) -> Tensor:
        """A copy in rising order along an axis."""
        rows, _, places = self._by_rows(axis)
        made = rows._new("SORT", [rows], rows.shape, [rows.shape[-1]])
        return made._gather(np.argsort(places.reshape(-1), kind="stable").reshape(self.shape))

    # Functions of real numbers.

    def relu(self) -> Tensor:
        """Each element where it is positive, else 0."""
        return self._alone("RECTIFY")

    def sigmoid(self) -> Tensor:
        """1 / (1 + e^-x)."""
        return self._alone("SIGMOID")

    def tanh(self) -> Tensor:
        """The hyperbolic tangent."""
        return self._alone("TANH")

    def exp(self) -> Tensor:
        """e^x."""
        return self._alone("EXPONENTIAL")

    def log(self) -> Tensor:
        """The natural logarithm, of positive numbers."""
        return self._alone("LOGARITHM")

    def sqrt(self) -> Tensor:
        """The square root, of positive numbers."""
        return self._alone("SQUARE_ROOT")

    def rsqrt(self) -> Tensor:
        """One over the square root, of positive numbers."""
        return self._alone("INVERSE_SQUARE_ROOT")

    def reciprocal(self) -> Tensor:
        """1 / x, of positive numbers."""
        return self._alone("RECIPROCAL")

    def softmax(self, axis: int = -1) -> Tensor:
        """Numbers that are to each other as e^x and add up to 1 along an axis."""
        rows, _, places = self._by_rows(axis)
        made = rows._new("SOFTMAX", [rows], rows.shape, [rows.shape[-1]])
        return made._gather(np.argsort(places.reshape(-1), kind="stable").reshape(self.shape))

    def polynomial(self, coefficients: Sequence[float]) -> Tensor:
        """coefficients[0] + coefficients[1] x + ..."""
        constants = as_kind("coefficients", coefficients, Kind.REAL)
        return self._new("POLYNOMIAL", [self], self.shape, (), constants)

    def clip(self, low: float, high: float) -> Tensor:
        """Each element, but at least `low` and at most `high`."""
        return self._new("CLAMP", [self], self.shape, (), numbers("bounds", [low, high]))

    def maximum(self, other: object) -> Tensor:
        """The greater of each two elements."""
        return self._with("MAXIMUM", other, None)

    def minimum(self, other: object) -> Tensor:
        """The smaller of each two elements."""
        return self._with("MINIMUM", other, None)

    def shuffle(self) -> Tensor:
        """Its rows, along the first axis, in an order that nobody knows."""
        columns = self.size // len(self)
        self._session._settle()
        made = [party.shuffle(self._value, columns) for party in self._session._parties]
        self._session._names.append("shuffle")
        self._session._note("shuffle", [self._value], made[:1])
        return Tensor(self._session, made[0], self.shape)

    def _compared(self, name: str, other: object) -> Tensor:
        return self._with(name, self._tensor_of(other), None)

    def _place(self, name: str, axis: int | None) -> Tensor:
        rows, shape, places = self._by_rows(axis)
        value, place = self._session._apply(name, [rows._value], [places.shape[-1]], count=2)
        Tensor(self._session, value, shape)
        return Tensor(self._session, place, shape)


def where(condition: Tensor, one: object, other: object) -> Tensor:
    """`one` where a secret truth value holds, else `other`."""
    first, second = condition._tensor_of(one), condition._tensor_of(other)
    shape = broadcast(broadcast(condition.shape, first.shape), second.shape)
    parts = [part._broadcast(shape) for part in (condition, first, second)]
    return condition._new("CHOOSE", parts, shape)


def concatenate(tensors: Sequence[Array], axis: int = 0) -> Array:
    """Tensors one after the other along an axis."""
    if not tensors:
        raise ArgumentError(Status.INVALID_LENGTH, "there is nothing to join", argument="tensors")
    first = tensors[0]
    parts = [first._tensor_of(tensor) for tensor in tensors]
    starts = np.cumsum([0, *(part.size for part in parts)])
    try:
        places = np.concatenate([part._places() + start for part, start in zip(parts, starts, strict=False)], axis)
    except ValueError as error:
        raise ArgumentError(Status.INVALID_LENGTH, str(error), argument="tensors") from error
    joined = first._new("CONCATENATE", parts, (int(starts[-1]),))
    return joined._gather(places)


def stack(tensors: Sequence[Array]) -> Array:
    """Tensors of one shape along a new first axis."""
    return concatenate([tensor.reshape(1, *tensor.shape) for tensor in tensors])
