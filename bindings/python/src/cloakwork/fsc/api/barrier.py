"""Barrier: clients that wait until enough of them have come."""

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

__all__ = ["Barrier"]

_MOST_PARTIES = 1000


class _Meeting(Channel, Service):
    """Parties that have arrived and departed. Who does so again still counts once."""

    def __init__(self) -> None:
        self._arrived: set[str] = set()
        self._departed: set[str] = set()

    async def arrive(self, _holdings: Holdings, party: Json) -> None:
        """Counts a party as arrived; nobody counts as departed any more."""
        self._add(self._arrived, party)
        self._departed.clear()

    async def arrived(self, _holdings: Holdings) -> Value:
        """How many have arrived."""
        self.use()
        return Value.of(len(self._arrived))

    async def depart(self, _holdings: Holdings, party: Json) -> None:
        """Counts a party as departed."""
        self._add(self._departed, party)

    async def departed(self, _holdings: Holdings) -> Value:
        """How many have departed."""
        self.use()
        return Value.of(len(self._departed))

    async def reset(self, _holdings: Holdings) -> None:
        """Counts nobody as arrived any more. Departures count until the next arrival, for those who still ask."""
        self.use()
        self._arrived.clear()

    def _add(self, parties: set[str], party: Json) -> None:
        self.use()
        name = text("party", party)
        if name not in parties and len(parties) >= _MOST_PARTIES:
            raise refusals.busy("parties at this barrier", _MOST_PARTIES)
        parties.add(name)

    operations: ClassVar[Mapping[str, Operation]] = operations(arrive, arrived, depart, departed, reset)


class Barrier(Service):
    """Barriers by uuid: the same one for all who name it.

    Args:
        bounds: what a caller may use.
        clock: seconds, monotonic.
        handles: looks for what is not used any more.
    """

    def __init__(self, bounds: Bounds, clock: Clock, handles: Handles) -> None:
        self._meetings: Channels[_Meeting] = Channels("barriers", bounds, clock, handles)

    async def create(self, holdings: Holdings, uuid: Json) -> Service:
        """The barrier of this uuid, made if there is none."""
        name = text("uuid", uuid)
        found = self._meetings.get(name)
        if found is None:
            found = _Meeting()
            self._meetings.put(holdings.caller, name, found)
        return found

    async def delete(self, _holdings: Holdings, uuid: Json) -> None:
        """Has the next who names this uuid begin anew."""
        self._meetings.drop(text("uuid", uuid))

    operations: ClassVar[Mapping[str, Operation]] = operations(create, delete)
