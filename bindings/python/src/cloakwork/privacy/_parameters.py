"""Numbers on their way to the library, and its refusals of parameters as exceptions that say what would work."""

from __future__ import annotations

import math
from typing import Any

from cloakwork._boundary import failure
from cloakwork._native import ffi, lib
from cloakwork.errors import CloakworkError, PrivacyError, Status

_BOUNDS = {
    lib.CLOAK_BOUND_AT_LEAST: "at least",
    lib.CLOAK_BOUND_ABOVE: "above",
    lib.CLOAK_BOUND_AT_MOST: "at most",
    lib.CLOAK_BOUND_BELOW: "below",
}


def report() -> Any:  # noqa: ANN401 - a cloak_parameter_error
    """Where the library reports which parameter it refuses."""
    return ffi.new("cloak_parameter_error *")


def check(status: int, found: Any = None) -> None:  # noqa: ANN401 - a cloak_parameter_error
    """Raises the exception of a status that is not success.

    Raises:
        PrivacyError: a parameter outside its range; the message names it, what it was, its bound, and a value that works if one is known.
    """
    if status != lib.CLOAK_OK:
        raise _failure(status, found)


def _failure(status: int, found: Any) -> CloakworkError:  # noqa: ANN401 - a cloak_parameter_error
    name = None if found is None else lib.cloak_parameter_name(found.parameter)
    if status != Status.INVALID_MECHANISM or not name or found.bound_kind not in _BOUNDS:
        return failure(status)
    works = "" if math.isnan(found.works) else f"; {text(found.works)} works"
    message = f"is {text(found.given)} and must be {_BOUNDS[found.bound_kind]} {text(found.bound)}{works}"
    return PrivacyError(status, message, bound=found.bound, argument=ffi.string(name).decode("ascii"))


def text(value: float) -> str:
    """A number as people write it: whole ones without a fraction."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def real(name: str, value: float) -> float:
    """A number as a double.

    Raises:
        PrivacyError: it is none.
    """
    try:
        return float(value)
    except (TypeError, ValueError) as refused:
        raise PrivacyError(Status.INVALID_MECHANISM, f"expected a number, got {type(value).__name__}", argument=name) from refused
