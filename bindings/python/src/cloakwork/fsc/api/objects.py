"""What a handle may stand for: a value, an object with operations, or one of those operations. There is nothing else."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

if TYPE_CHECKING:
    from cloakwork.fsc.api.holdings import Holdings

__all__ = ["Bound", "Held", "Json", "Operation", "Service", "Value", "operations"]

# Whatever JSON can say.
Json: TypeAlias = Any


@dataclass(frozen=True)
class Value:
    """What JSON can say, in its text: an upload, a result, an invitation."""

    text: bytes

    @classmethod
    def of(cls, value: Json) -> Value:
        """The value of an object. Keys are in order, as the original has them.

        Raises:
            ValueError: JSON cannot say it.
        """
        return cls(json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False).encode())

    def load(self) -> Json:
        """The object, made anew: nobody can change what others hold."""
        return json.loads(self.text)


@dataclass(frozen=True)
class Operation:
    """What clients may call.

    Attributes:
        function: takes the service, the holdings of the caller, and the arguments.
        parameters: names of the arguments, in order.
        optional: those that may be left out.
    """

    function: Callable[..., Awaitable[Service | Value | None]]
    parameters: tuple[str, ...]
    optional: frozenset[str]


class Service:
    """An object with operations.

    Attributes:
        operations: all that clients may call, by name.
    """

    operations: ClassVar[Mapping[str, Operation]]

    def close(self) -> None:
        """Called when nobody has a handle to it any more."""


@dataclass(frozen=True)
class Bound:
    """An operation of one service.

    Attributes:
        service: the service.
        operation: the operation.
    """

    service: Service
    operation: Operation

    async def call(self, holdings: Holdings, arguments: Mapping[str, Json]) -> Service | Value | None:
        """Calls it with arguments that were matched with its parameters."""
        return await self.operation.function(self.service, holdings, **arguments)


Held = Value | Service | Bound


def operations(*functions: Callable[..., Awaitable[Service | Value | None]]) -> Mapping[str, Operation]:
    """The table of operations of a service.

    Args:
        functions: methods; after the service and the holdings of the caller they take what clients give, by these names.
    """
    table: dict[str, Operation] = {}
    for function in functions:
        given = list(inspect.signature(function).parameters.values())[2:]
        optional = frozenset(one.name for one in given if one.default is not one.empty)
        table[function.__name__] = Operation(function, tuple(one.name for one in given), optional)
    return table
