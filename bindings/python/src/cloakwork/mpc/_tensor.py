"""Tensors of secrets, with the operators of NumPy."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np
from numpy.typing import NDArray

from cloakwork.errors import ArgumentError, ArgumentTypeError, CloakworkError, Status
from cloakwork.mpc._kind import Kind, Numbers, as_kind, numbers

if TYPE_CHECKING:
    from cloakwork.mpc._session import Session

Shape = tuple[int, ...]


class Tensor:
    """A secret array: every party has a share of each element, and nobody has an element.

    It has a shape and a kind (truth values, whole numbers or real ones) and takes part in arithmetic, comparisons and indexing like an
    array of NumPy, with other tensors of its session and with public numbers. Whole numbers become real beside real ones; truth values
    become 0 and 1 where numbers are needed. Whole numbers wrap at 64 bits. Nothing tells when a real number leaves the range of its
    format: choose that for what may come.
    """

    # NumPy's operators leave the work to ours.
    __array_ufunc__: ClassVar[None] = None
    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __init__(self, session: Session, value: int, shape: Shape) -> None:
        self._session = session
        self._value = value
        self.shape = shape

    def __del__(self) -> None:
        session = getattr(self, "_session", None)
        if session is not None:
            with contextlib.suppress(CloakworkError):
                for party in session._parties:
                    party.forget(self._value)

    # What it is.

    @property
    def session(self) -> Session:
        """The session that it belongs to."""
        return self._session

    @property
    def kind(self) -> Kind:
        """What its elements are."""
        return self._session._parties[0].form(self._value)[0]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the array that opening it gives."""
        return self.kind.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a tensor without axes has no length")
        return self.shape[0]

    def __repr__(self) -> str:
        return f"<secret {self.kind.name.lower()} tensor of shape {self.shape}, shared among {self._session.parties}>"

    def __bool__(self) -> NoReturn:
        raise TypeError("nobody knows whether a secret holds; use `where`, or open it")

    def __float__(self) -> NoReturn:
        raise TypeError("a secret has no value here; open it")

    __int__ = __index__ = __float__

    # What comes out.

    def open(self, to: int | Sequence[int] | None = None) -> Any:  # noqa: ANN401 - an array, or a list of what each party learns
        """Makes it known.

        Args:
            to: the party or parties that are to learn it; everybody, if not given.

        Returns:
            An array. If it is for some parties only, a list with an array for each of them and None for the others; in a session over a
            network that of this party.
        """
        everybody = range(self._session.parties)
        receivers = list(everybody) if to is None else sorted({to} if isinstance(to, int) else set(to))
        kind = self.kind
        found = self._session._open(self._value, kind, receivers)
        arrays = [None if one is None else one.astype(kind.dtype).reshape(self.shape)[()] for one in found]
        return arrays[0] if to is None or self._session.index is not None else arrays

    def shares(self) -> list[NDArray[np.uint64]]:
        """The share of each party, for learners: words that add up modulo 2^64, of truth values packed bits whose exclusive or is taken."""
        self._session.run()
        return [party.shares(self._value) for party in self._session._parties]

    # Shapes: local, and free.

    def reshape(self, *shape: int | Sequence[int]) -> Tensor:
        """The same elements in another shape."""
        wanted = tuple(shape[0]) if len(shape) == 1 and not isinstance(shape[0], int) else shape
        return self._gather(self._places().reshape(wanted))

    @property
    def T(self) -> Tensor:  # noqa: N802 - as NumPy calls it
        """Its axes in reverse order."""
        return self._gather(self._places().T)

    def transpose(self, *axes: int) -> Tensor:
        """Its axes in another order; reversed, if none is given."""
        return self._gather(self._places().transpose(*axes))

    def ravel(self) -> Tensor:
        """Its elements in one axis."""
        return self.reshape(-1)

    def __getitem__(self, index: Any) -> Tensor:  # noqa: ANN401 - whatever NumPy takes
        if isinstance(index, Tensor) or (isinstance(index, tuple) and any(isinstance(part, Tensor) for part in index)):
            raise ArgumentTypeError(
                Status.INVALID_ARGUMENT, "a secret place would have to be known to be looked at; use `where`", argument="index"
            )
        return self._gather(np.asarray(self._places()[index]))

    def __iter__(self) -> Any:  # noqa: ANN401 - an iterator of tensors
        return (self[place] for place in range(len(self)))

    def _places(self) -> NDArray[np.int64]:
        return np.arange(self.size).reshape(self.shape)

    def _gather(self, places: NDArray[Any]) -> Tensor:
        return self._new("GATHER", [self], places.shape, places.reshape(-1))

    def _broadcast(self, shape: Shape) -> Tensor:
        return self if self.shape == shape else self._gather(np.broadcast_to(self._places(), shape))

    # Arithmetic.

    def __add__(self, other: object) -> Tensor:
        return self._with("ADD", other, "ADD_PUBLIC")

    __radd__ = __add__

    def __neg__(self) -> Tensor:
        return self._alone("NEGATE")

    def __pos__(self) -> Tensor:
        return self

    def __sub__(self, other: object) -> Tensor:
        return self._with("SUBTRACT", other, None) if isinstance(other, Tensor) else self + -numbers("other", other)

    def __rsub__(self, other: object) -> Tensor:
        return -self + other

    def __mul__(self, other: object) -> Tensor:
        return self.square() if other is self else self._with("MULTIPLY", other, "MULTIPLY_PUBLIC")

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Tensor:
        if isinstance(other, Tensor):
            return self._with("DIVIDE", other, None)
        divisor = numbers("divisor", other)
        if not divisor.all():
            raise ZeroDivisionError("division by a public zero")
        return self * (1.0 / divisor)

    def __rtruediv__(self, other: object) -> Tensor:
        return self._session.public(other) / self

    def __pow__(self, exponent: object) -> Tensor:
        if isinstance(exponent, bool) or not isinstance(exponent, int | np.integer) or exponent < 0:
            raise ArgumentTypeError(Status.INVALID_ARGUMENT, "an exponent is a public integer from 0", argument="exponent")
        return self._new("POWER", [self], self.shape, [int(exponent)])

    def __matmul__(self, other: object) -> Tensor:
        return _matrix_product(self, self._tensor_of(other))

    def __rmatmul__(self, other: object) -> Tensor:
        return _matrix_product(self._tensor_of(other), self)

    def __abs__(self) -> Tensor:
        return self._alone("ABSOLUTE")

    def square(self) -> Tensor:
        """Each element times itself."""
        return self._alone("SQUARE")

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

    def sum(self, axis: int | None = None) -> Tensor:
        """The sum over an axis, or of all."""
        return self._rows("SUM", axis)

    def mean(self, axis: int | None = None) -> Tensor:
        """The mean over an axis, or of all."""
        return self.sum(axis) / float(self.size if axis is None else self.shape[axis])

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

    def astype(self, dtype: type) -> Tensor:
        """The same numbers as `int` or `float`; truth values become either, whole numbers real."""
        wanted = Kind.of(dtype)
        if wanted is None or wanted < self.kind:
            raise ArgumentError(
                Status.INVALID_ARGUMENT, f"{self.kind.name.lower()} numbers do not become {dtype.__name__}", argument="dtype"
            )
        return self._new("CONVERT", [self], self.shape, [int(wanted)])

    def shuffle(self) -> Tensor:
        """Its rows, along the first axis, in an order that nobody knows."""
        columns = self.size // len(self)
        self._session._settle()
        made = [party.shuffle(self._value, columns) for party in self._session._parties]
        self._session._names.append("shuffle")
        self._session._note("shuffle", [self._value], made[:1])
        return Tensor(self._session, made[0], self.shape)

    # How these are asked for.

    def _new(
        self, name: str, inputs: Sequence[Tensor], shape: Shape, sizes: Sequence[int] | NDArray[Any] = (), constants: Numbers | None = None
    ) -> Tensor:
        made = self._session._apply(name, [tensor._value for tensor in inputs], sizes, constants)
        return Tensor(self._session, made[0], tuple(shape))

    def _alone(self, name: str) -> Tensor:
        return self._new(name, [self], self.shape)

    def _tensor_of(self, other: object) -> Tensor:
        if not isinstance(other, Tensor):
            return self._session.public(other)
        if other._session is not self._session:
            raise ArgumentError(Status.INVALID_ARGUMENT, "tensors of different sessions do not meet", argument="other")
        return other

    def _with(self, name: str, other: object, public: str | None) -> Tensor:
        if isinstance(other, Tensor) or public is None:
            peer = self._tensor_of(other)
            shape = _shape(self.shape, peer.shape)
            return self._new(name, [self._broadcast(shape), peer._broadcast(shape)], shape)
        constants = numbers("other", other)
        shape = _shape(self.shape, constants.shape)
        if constants.size != 1:
            constants = numbers("other", np.broadcast_to(constants, shape))
        return self._new(public, [self._broadcast(shape)], shape, (), constants)

    def _compared(self, name: str, other: object) -> Tensor:
        return self._with(name, self._tensor_of(other), None)

    def _by_rows(self, axis: int | None) -> tuple[Tensor, Shape, NDArray[np.int64]]:
        """Itself with an axis last, the shape without it, and which element went where."""
        places = self._places()
        if axis is None:
            return self._broadcast(self.shape), (), places.reshape(1, -1)
        try:
            moved = np.ascontiguousarray(np.moveaxis(places, axis, -1))
        except np.exceptions.AxisError as error:
            raise ArgumentError(Status.INVALID_ARGUMENT, str(error), argument="axis", bound=self.ndim) from error
        in_order = np.array_equal(moved.reshape(-1), places.reshape(-1))
        return (self if in_order else self._gather(moved)), moved.shape[:-1], moved

    def _rows(self, name: str, axis: int | None) -> Tensor:
        rows, shape, places = self._by_rows(axis)
        return rows._new(name, [rows], shape, [places.shape[-1]])

    def _place(self, name: str, axis: int | None) -> Tensor:
        rows, shape, places = self._by_rows(axis)
        value, place = self._session._apply(name, [rows._value], [places.shape[-1]], count=2)
        Tensor(self._session, value, shape)
        return Tensor(self._session, place, shape)


def _shape(one: Shape, other: Shape) -> Shape:
    try:
        return np.broadcast_shapes(one, other)
    except ValueError as error:
        raise ArgumentError(Status.INVALID_LENGTH, f"shapes {one} and {other} do not fit", argument="shape") from error


def _matrix_product(left: Tensor, right: Tensor) -> Tensor:
    """The matrix product of two tensors of one or two axes."""
    if left.ndim not in {1, 2} or right.ndim not in {1, 2} or left.shape[-1] != right.shape[0]:
        raise ArgumentError(Status.INVALID_LENGTH, f"shapes {left.shape} and {right.shape} have no matrix product", argument="shape")
    rows, columns = left.size // left.shape[-1], right.size // right.shape[0]
    shape = left.shape[:-1] + right.shape[1:]
    return left._new("MATRIX_PRODUCT", [left, right], shape, [rows, left.shape[-1], columns])


def where(condition: Tensor, one: object, other: object) -> Tensor:
    """`one` where a secret truth value holds, else `other`."""
    first, second = condition._tensor_of(one), condition._tensor_of(other)
    shape = _shape(_shape(condition.shape, first.shape), second.shape)
    parts = [part._broadcast(shape) for part in (condition, first, second)]
    return condition._new("CHOOSE", parts, shape)


def concatenate(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
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


def stack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors of one shape along a new first axis."""
    return concatenate([tensor.reshape(1, *tensor.shape) for tensor in tensors])
