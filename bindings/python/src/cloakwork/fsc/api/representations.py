"""The seven operations on handles, for one caller at a time, apart from HTTP."""

from __future__ import annotations

import json

from cloakwork.fsc.api import refusals
from cloakwork.fsc.api.arguments import Arguments
from cloakwork.fsc.api.holdings import Holdings
from cloakwork.fsc.api.objects import Bound, Held, Service, Value
from cloakwork.fsc.api.roots import DESCRIPTIONS, Roots
from cloakwork.fsc.computation import Failure

__all__ = ["Representations"]

_NONE = b'{"type":"none"}'


class Representations:
    """What callers may do. Every answer is the JSON of the original.

    Args:
        roots: the root objects.
    """

    def __init__(self, roots: Roots) -> None:
        self._roots = roots

    def list(self) -> bytes:
        """Lists the descriptions of the root objects."""
        return json.dumps({"type": "list", "list": DESCRIPTIONS}, separators=(",", ":"), sort_keys=True).encode()

    def create(self, arguments: Arguments) -> bytes:
        """Gives the handle of a root object by what its description has to hold.

        Raises:
            Failure: 404.
        """
        return _uuid(self._roots.handle(arguments.named))

    def upload(self, holdings: Holdings, arguments: Arguments) -> bytes:
        """Keeps the first argument.

        Raises:
            Failure: there is none, or it is too large.
        """
        if not arguments.positional:
            raise refusals.missing_parameter("args[0]")
        return _uuid(holdings.add(Value.of(arguments.positional[0])))

    async def call(self, holdings: Holdings, identifier: str, arguments: Arguments) -> bytes:
        """Calls an operation, and waits until it returns.

        Raises:
            Failure: there is no such handle, the arguments are wrong, or the operation failed.
        """
        held = self._find(holdings, identifier)
        if not isinstance(held, Bound):
            message = "this handle cannot be called: it is of a value or an object; ask for an operation of the object first"
            raise Failure(400, "not-callable", message)
        returned = await held.call(holdings, arguments.match(held.operation, holdings))
        return _NONE if returned is None else _uuid(holdings.add(returned))

    def download(self, holdings: Holdings, identifier: str) -> bytes:
        """The value of a handle: an upload of this caller, a result, an invitation. Nothing else can be read.

        Raises:
            Failure: there is no such handle, or it is of something else.
        """
        held = self._find(holdings, identifier)
        if not isinstance(held, Value):
            raise Failure(403, "not-readable", "this handle cannot be downloaded: it is of an object or an operation, not of a value")
        return b'{"object":' + held.text + b',"type":"object"}'

    def release(self, holdings: Holdings, identifier: str) -> bytes:
        """Gives up a handle. Those of root objects stay, because all callers have the same.

        Raises:
            Failure: there is no such handle.
        """
        if self._roots.find(identifier) is None and not holdings.release(identifier):
            raise refusals.invalid_identifier("representation_uuid", identifier)
        return _NONE

    def attribute(self, holdings: Holdings, identifier: str, name: str) -> bytes:
        """A new handle of an operation of an object.

        Raises:
            Failure: there is no such handle, or no such operation.
        """
        held = self._find(holdings, identifier)
        if name.startswith("_"):
            raise refusals.attribute_not_public(name)
        operations = held.operations if isinstance(held, Service) else {}
        if name not in operations:
            raise refusals.attribute_not_available(name, list(operations))
        assert isinstance(held, Service)  # noqa: S101 - nothing else has operations
        return _uuid(holdings.add(Bound(held, operations[name])))

    def _find(self, holdings: Holdings, identifier: str) -> Held:
        held = self._roots.find(identifier) or holdings.find(identifier)
        if held is None:
            raise refusals.invalid_identifier("representation_uuid", identifier)
        return held


def _uuid(identifier: str) -> bytes:
    return json.dumps({"type": "uuid", "uuid": identifier}, separators=(",", ":")).encode()
