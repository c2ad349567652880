"""KeyValueStorage: values that a caller keeps by keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cloakwork.fsc.api import refusals
from cloakwork.fsc.api.arguments import text
from cloakwork.fsc.api.channels import Channel, Channels
from cloakwork.fsc.api.holdings import Handles, Holdings
from cloakwork.fsc.api.objects import Json, Operation, Service, Value, operations
from cloakwork.fsc.api.settings import Bounds
from cloakwork.fsc.api.shelf import Clock

__all__ = ["KeyValueStorage"]


class _Storage(Channel, Service):
    """Values by keys. Its owner's bytes are freed when it goes."""

    def __init__(self, owner: Holdings, bounds: Bounds) -> None:
        self._owner = owner
        self._most = bounds.channels
        self._values: dict[str, Value] = {}

    async def store(self, holdings: Holdings, key: Json, value: Json) -> None:
        """Keeps a value, in place of the one that was there."""
        self.use()
        name, kept = text("key", key), Value.of(value)
        if name not in self._values and len(self._values) >= self._most:
            raise refusals.busy("values in this storage", self._most)
        holdings.reserve("value", len(kept.text))
        self._drop(name)
        self._values[name] = kept

    async def retrieve(self, _holdings: Holdings, key: Json) -> Value | None:
        """The value of a key, or None."""
        self.use()
        return self._values.get(text("key", key))

    async def exists(self, _holdings: Holdings, key: Json) -> Value:
        """Whether there is a value of this key."""
        self.use()
        return Value.of(text("key", key) in self._values)

    async def delete(self, _holdings: Holdings, key: Json) -> None:
        """Deletes the value of a key, if there is one."""
        self.use()
        self._drop(text("key", key))

    def _drop(self, name: str) -> None:
        dropped = self._values.pop(name, None)
        if dropped is not None:
            self._owner.free(len(dropped.text))

    def gone(self) -> None:
        """Deletes all values."""
        for name in list(self._values):
            self._drop(name)

    operations: ClassVar[Mapping[str, Operation]] = operations(store, retrieve, exists, delete)


class KeyValueStorage(Service):
    """Storages by name. Each is its owner's: another caller finds one of its own under the same name.

    Args:
        bounds: what a caller may use.
        clock: seconds, monotonic.
        handles: looks for what is not used any more.
    """

    def __init__(self, bounds: Bounds, clock: Clock, handles: Handles) -> None:
        self._bounds = bounds
        self._storages: Channels[_Storage] = Channels("storages", bounds, clock, handles)

    async def create(self, holdings: Holdings, storage: Json = "default") -> Service:
        """The storage of this name, made if there is none."""
        name = text("storage", storage)
        found = self._storages.get(name, holdings.caller)
        if found is None:
            found = _Storage(holdings, self._bounds)
            self._storages.put(holdings.caller, name, found)
        return found

    async def delete(self, holdings: Holdings, storage: Json) -> None:
        """Deletes a storage with its values, if there is one."""
        self._storages.drop(text("storage", storage), holdings.caller)

    operations: ClassVar[Mapping[str, Operation]] = operations(create, delete)
