"""Tensors of verified mode: the operations that are checked, and why the others are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from cloakwork.errors import NotVerifiedError, Status
from cloakwork.mpc._array import SecretArray
from cloakwork.mpc._tensor import Tensor

WHY = "it takes bits, which have no MACs, so a lie in it would not be noticed; open its arguments, or take a session that is not verified"


class VerifiedTensor(SecretArray):
    """A secret array of a session in verified mode, in which a party that lies is caught before anything opens.

    It has sums, differences, products, squares, matrix products, whole powers, division by public numbers, reductions to sums and means,
    shapes, places and openings. Comparisons, divisions by secrets and what is made of them have no verified form.
    """

    def __truediv__(self, other: object) -> VerifiedTensor:
        if isinstance(other, SecretArray):
            _refuse("division by a secret")
        return self._divided(other)

    def __rtruediv__(self, other: object) -> NoReturn:
        _refuse("division by a secret")

    def __abs__(self) -> NoReturn:
        _refuse("abs")

    def __lt__(self, other: object) -> NoReturn:
        _refuse("comparison")

    __le__ = __gt__ = __ge__ = __lt__

    def __eq__(self, other: object) -> NoReturn:
        _refuse("comparison")

    __ne__ = __eq__

    def __and__(self, other: object) -> NoReturn:
        _refuse("logic")

    __or__ = __xor__ = __rand__ = __ror__ = __rxor__ = __and__

    def __invert__(self) -> NoReturn:
        _refuse("logic")

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - it gives nothing
            if not name.startswith("_") and hasattr(Tensor, name):
                _refuse(f"`{name}`")
            message = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=self)


def _refuse(what: str) -> NoReturn:
    message = f"{what} has no verified form: {WHY}"
    raise NotVerifiedError(Status.NOT_VERIFIED, message)
