"""Broadcast: a message that one client leaves and others fetch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cloakwork.fsc.api.arguments import text
from cloakwork.fsc.api.channels import Channel, Channels
from cloakwork.fsc.api.holdings import Handles, Holdings
from cloakwork.fsc.api.objects import Json, Operation, Service, Value, operations
from cloakwork.fsc.api.settings import Bounds
from cloakwork.fsc.api.shelf import Clock
from cloakwork.fsc.computation import Failure

__all__ = ["Broadcast"]


class _Slot(Channel):
    """A place for a message. It belongs to the first who sends: nobody else can put another message into its place."""

    def __init__(self) -> None:
        self._message = Value.of(None)
        self._sender: Holdings | None = None

    def send(self, sender: Holdings, message: Value) -> None:
        self.check(sender)
        sender.reserve("message", len(message.text))
        self.gone()
        self._sender, self._message = sender, message

    def check(self, caller: Holdings) -> None:
        if self._sender is not None and self._sender.caller != caller.caller:
            raise Failure(403, "not-allowed", "the message of this uuid is another caller's; take another uuid")

    def message(self) -> Value | None:
        return None if self._message.load() is None else self._message

    def gone(self) -> None:
        if self._sender is not None:
            self._sender.free(len(self._message.text))
        self._sender = None


class Broadcast(Service):
    """Messages by uuid, each kept until it is overwritten, deleted, or not fetched for long.

    Args:
        bounds: what a caller may use.
        clock: seconds, monotonic.
        handles: looks for what is not used any more.
    """

    def __init__(self, bounds: Bounds, clock: Clock, handles: Handles) -> None:
        self._slots: Channels[_Slot] = Channels("messages", bounds, clock, handles)

    async def create(self, holdings: Holdings, uuid: Json) -> None:
        """Makes a place for a message."""
        self._slot(holdings, text("uuid", uuid))

    async def send(self, holdings: Holdings, uuid: Json, message: Json) -> None:
        """Leaves a message, in place of the own one that was there."""
        self._slot(holdings, text("uuid", uuid)).send(holdings, Value.of(message))

    async def receive(self, _holdings: Holdings, uuid: Json) -> Value | None:
        """The message, or None if there is none; it stays."""
        slot = self._slots.get(text("uuid", uuid))
        return None if slot is None else slot.message()

    async def delete(self, holdings: Holdings, uuid: Json) -> None:
        """Deletes the own message and its place, if there is one."""
        name = text("uuid", uuid)
        slot = self._slots.get(name)
        if slot is not None:
            slot.check(holdings)
            self._slots.drop(name)

    def _slot(self, holdings: Holdings, name: str) -> _Slot:
        found = self._slots.get(name)
        if found is None:
            found = _Slot()
            self._slots.put(holdings.caller, name, found)
        return found

    operations: ClassVar[Mapping[str, Operation]] = operations(create, send, receive, delete)
