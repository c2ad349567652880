"""Secret arrays: what tensors of both modes have in common."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np
from numpy.typing import NDArray

from cloakwork.errors import ArgumentError, ArgumentTypeError, CloakworkError, Status
from cloakwork.mpc._kind import Kind, Numbers, numbers

if TYPE_CHECKING:
    from typing_extensions import Self

    from cloakwork.mpc._session import Session

Shape = tuple[int, ...]


class SecretArray:
    """A secret array: every party has a share of each element, and nobody has an element.

    It has a shape and a kind and takes part in arithmetic and indexing like an array of NumPy, with others of its session and with public
    numbers. Whole numbers become real beside real ones, and wrap at 64 bits. Nothing tells when a real number leaves the range of its
    format: choose that for what may come.
    """

    # NumPy's operators leave the work to ours.
    __array_ufunc__: ClassVar[None] = None
    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __init__(self, session: Session[Any], value: int, shape: Shape) -> None:
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
    def session(self) -> Session[Any]:
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

    # Shapes: local, and free.

    def reshape(self, *shape: int | Sequence[int]) -> Self:
        """The same elements in another shape."""
        wanted = tuple(shape[0]) if len(shape) == 1 and not isinstance(shape[0], int) else shape
        return self._gather(self._places().reshape(wanted))

    @property
    def T(self) -> Self:  # noqa: N802 - as NumPy calls it
        """Its axes in reverse order."""
        return self._gather(self._places().T)

    def transpose(self, *axes: int) -> Self:
        """Its axes in another order; reversed, if none is given."""
        return self._gather(self._places().transpose(*axes))

    def ravel(self) -> Self:
        """Its elements in one axis."""
        return self.reshape(-1)

    def __getitem__(self, index: Any) -> Self:  # noqa: ANN401 - whatever NumPy takes
        if isinstance(index, SecretArray) or (isinstance(index, tuple) and any(isinstance(part, SecretArray) for part in index)):
            raise ArgumentTypeError(
                Status.INVALID_ARGUMENT, "a secret place would have to be known to be looked at; use `where`", argument="index"
            )
        return self._gather(np.asarray(self._places()[index]))

    def __iter__(self) -> Any:  # noqa: ANN401 - an iterator of tensors
        return (self[place] for place in range(len(self)))

    def _places(self) -> NDArray[np.int64]:
        return np.arange(self.size).reshape(self.shape)

    def _gather(self, places: NDArray[Any]) -> Self:
        return self._new("GATHER", [self], places.shape, places.reshape(-1))

    def _broadcast(self, shape: Shape) -> Self:
        return self if self.shape == shape else self._gather(np.broadcast_to(self._places(), shape))

    # Arithmetic.

    def __add__(self, other: object) -> Self:
        return self._with("ADD", other, "ADD_PUBLIC")

    __radd__ = __add__

    def __neg__(self) -> Self:
        return self._alone("NEGATE")

    def __pos__(self) -> Self:
        return self

    def __sub__(self, other: object) -> Self:
        return self._with("SUBTRACT", other, None) if isinstance(other, SecretArray) else self + -numbers("other", other)

    def __rsub__(self, other: object) -> Self:
        return -self + other

    def __mul__(self, other: object) -> Self:
        return self.square() if other is self else self._with("MULTIPLY", other, "MULTIPLY_PUBLIC")

    __rmul__ = __mul__

    def _divided(self, divisor: object) -> Self:
        """Over public numbers."""
        given = numbers("divisor", divisor)
        if not given.all():
            raise ZeroDivisionError("division by a public zero")
        return self * (1.0 / given)

    def __pow__(self, exponent: object) -> Self:
        if isinstance(exponent, bool) or not isinstance(exponent, int | np.integer) or exponent < 0:
            raise ArgumentTypeError(Status.INVALID_ARGUMENT, "an exponent is a public integer from 0", argument="exponent")
        return self._new("POWER", [self], self.shape, [int(exponent)])

    def __matmul__(self, other: object) -> Self:
        return self._matrix_product(self, self._tensor_of(other))

    def __rmatmul__(self, other: object) -> Self:
        return self._matrix_product(self._tensor_of(other), self)

    def square(self) -> Self:
        """Each element times itself."""
        return self._alone("SQUARE")

    # Reductions.

    def sum(self, axis: int | None = None) -> Self:
        """The sum over an axis, or of all."""
        return self._rows("SUM", axis)

    def mean(self, axis: int | None = None) -> Self:
        """The mean over an axis, or of all."""
        return self.sum(axis)._divided(float(self.size if axis is None else self.shape[axis]))

    def astype(self, dtype: type) -> Self:
        """The same numbers as `int` or `float`; truth values become either, whole numbers real."""
        wanted = Kind.of(dtype)
        if wanted is None or wanted < self.kind:
            raise ArgumentError(
                Status.INVALID_ARGUMENT, f"{self.kind.name.lower()} numbers do not become {dtype.__name__}", argument="dtype"
            )
        return self._new("CONVERT", [self], self.shape, [int(wanted)])

    # How these are asked for.

    def _new(
        self,
        name: str,
        inputs: Sequence[SecretArray],
        shape: Shape,
        sizes: Sequence[int] | NDArray[Any] = (),
        constants: Numbers | None = None,
    ) -> Self:
        made = self._session._apply(name, [array._value for array in inputs], sizes, constants)
        return type(self)(self._session, made[0], tuple(shape))

    def _alone(self, name: str) -> Self:
        return self._new(name, [self], self.shape)

    def _tensor_of(self, other: object) -> Self:
        if not isinstance(other, SecretArray):
            public: Self = self._session.public(other)
            return public
        if other._session is not self._session:
            raise ArgumentError(Status.INVALID_ARGUMENT, "tensors of different sessions do not meet", argument="other")
        return other  # type: ignore[return-value]  # a session has tensors of one class

    def _with(self, name: str, other: object, public: str | None) -> Self:
        if isinstance(other, SecretArray) or public is None:
            peer = self._tensor_of(other)
            shape = broadcast(self.shape, peer.shape)
            return self._new(name, [self._broadcast(shape), peer._broadcast(shape)], shape)
        constants = numbers("other", other)
        shape = broadcast(self.shape, constants.shape)
        if constants.size != 1:
            constants = numbers("other", np.broadcast_to(constants, shape))
        return self._new(public, [self._broadcast(shape)], shape, (), constants)

    def _by_rows(self, axis: int | None) -> tuple[Self, Shape, NDArray[np.int64]]:
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

    def _rows(self, name: str, axis: int | None) -> Self:
        rows, shape, places = self._by_rows(axis)
        return rows._new(name, [rows], shape, [places.shape[-1]])

    def _matrix_product(self, left: Self, right: Self) -> Self:
        """The matrix product of two of one or two axes."""
        if left.ndim not in {1, 2} or right.ndim not in {1, 2} or left.shape[-1] != right.shape[0]:
            raise ArgumentError(Status.INVALID_LENGTH, f"shapes {left.shape} and {right.shape} have no matrix product", argument="shape")
        rows, columns = left.size // left.shape[-1], right.size // right.shape[0]
        shape = left.shape[:-1] + right.shape[1:]
        return left._new("MATRIX_PRODUCT", [left, right], shape, [rows, left.shape[-1], columns])


def broadcast(one: Shape, other: Shape) -> Shape:
    """The shape of what comes of two, by NumPy's rules.

    Raises:
        ArgumentError: they do not fit.
    """
    try:
        return np.broadcast_shapes(one, other)
    except ValueError as error:
        raise ArgumentError(Status.INVALID_LENGTH, f"shapes {one} and {other} do not fit", argument="shape") from error
