"""Arguments of a request: read as tolerantly as the clients need, and matched with what an operation takes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from cloakwork.fsc.api import refusals
from cloakwork.fsc.api.holdings import Holdings
from cloakwork.fsc.api.objects import Json, Operation, Value
from cloakwork.fsc.computation import Failure

__all__ = ["HANDLE", "Arguments", "optional_mapping", "read", "text", "whole_number"]

# An argument that is an object with this key stands for what the handle of this id holds.
HANDLE = "representation_uuid"

_LONGEST_TEXT = 1000


@dataclass(frozen=True)
class Arguments:
    """The arguments of a request.

    Attributes:
        positional: `args`.
        named: `kwargs`.
    """

    positional: tuple[Json, ...]
    named: Mapping[str, Json]

    def match(self, operation: Operation, holdings: Holdings) -> dict[str, Json]:
        """The arguments by the names of an operation's parameters; handles are replaced by the values that they stand for.

        Raises:
            Failure: one is missing, unknown, given twice, or an unknown handle.
        """
        if len(self.positional) > len(operation.parameters):
            raise refusals.invalid_parameter("args", f"has more than the {len(operation.parameters)} arguments that this operation takes")
        given = dict(zip(operation.parameters, self.positional, strict=False))
        for name, value in self.named.items():
            if name not in operation.parameters:
                known = ", ".join(operation.parameters) or "no arguments"
                raise refusals.invalid_parameter(name, f"is none of this operation's: it takes {known}")
            if name in given:
                raise refusals.invalid_parameter(name, "is given in args and in kwargs")
            given[name] = value
        for name in operation.parameters:
            if name not in given and name not in operation.optional:
                raise refusals.missing_parameter(name)
        return {name: _resolved(name, value, holdings) for name, value in given.items()}


def _resolved(name: str, value: Json, holdings: Holdings) -> Json:
    # An upload may be a handle itself. It was there before: the chain ends.
    while isinstance(value, dict) and HANDLE in value:
        found = holdings.find(str(value[HANDLE]))
        if found is None:
            raise refusals.invalid_identifier(f"{name}.{HANDLE}", value[HANDLE])
        if not isinstance(found, Value):
            raise refusals.invalid_parameter(name, "is a handle of an object or an operation, not of a value")
        value = found.load()
    return value


def read(body: bytes) -> Arguments:
    """Reads the body of a request: `{"args": [...], "kwargs": {...}}`, each of which may be missing or empty.

    A single value takes the place of a list of one: R writes it so. Numbers keep all their digits where they are whole, and are doubles
    otherwise.

    Raises:
        Failure: 400, it is no such thing.
    """
    if not body.strip():
        raise Failure(400, "missing-body", "RequestBody is required: a JSON object with args and kwargs")
    try:
        content = json.loads(body, parse_constant=_no_number, parse_float=_finite)
        if rb"\u" in body:
            # Half of a character is valid JSON and no text.
            json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        # UnicodeError is a ValueError. The words of the parser quote no content.
        why = "is nested too deeply" if isinstance(error, RecursionError) else f"is no JSON: {_place(error)}"
        raise Failure(400, "invalid-body", f"the body {why}") from None
    if not isinstance(content, dict):
        raise Failure(400, "invalid-body", "the body is not of type 'object'; it has to be an object with args and kwargs")
    return Arguments(_positional(content.get("args")), optional_mapping("kwargs", content.get("kwargs")))


def _place(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return str(error) if isinstance(error, _NotFiniteError) else "it is not UTF-8, or holds a number of too many digits"


class _NotFiniteError(ValueError):
    """A number that no double is."""


def _no_number(name: str) -> float:
    message = f"{name} is no number of JSON"
    raise _NotFiniteError(message)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _NotFiniteError("a number is too large for a double")
    return number


def _positional(given: Json) -> tuple[Json, ...]:
    if given is None or given == {}:
        return ()
    if isinstance(given, list):
        return tuple(given)
    if isinstance(given, dict):
        raise refusals.invalid_parameter("args", "is an object; it has to be a list, and named arguments belong into kwargs")
    return (given,)


def optional_mapping(name: str, given: Json) -> dict[str, Json]:
    """An object that may be left out, null or an empty list.

    Raises:
        Failure: it is something else.
    """
    if given is None or given == []:
        return {}
    if not isinstance(given, dict):
        raise refusals.invalid_parameter(name, "has to be an object")
    return given


def text(name: str, given: Json) -> str:
    """A text. A whole number is taken for its digits, a list of one text for the text: R and users write such.

    Raises:
        Failure: it is something else, empty, or longer than 1000 characters.
    """
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    if isinstance(given, int) and not isinstance(given, bool) and abs(given) < 10**18:
        given = str(given)
    if not isinstance(given, str) or not 0 < len(given) <= _LONGEST_TEXT:
        raise refusals.invalid_parameter(name, f"has to be a text of 1 to {_LONGEST_TEXT} characters")
    return given


def whole_number(name: str, given: Json, below: int) -> int:
    """A whole number from 0; R may write it as 1.0, or as a list of one.

    Raises:
        Failure: it is something else, or not below the bound.
    """
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given < below:
        raise refusals.invalid_parameter(name, f"has to be a whole number from 0 to {below - 1}")
    return given
