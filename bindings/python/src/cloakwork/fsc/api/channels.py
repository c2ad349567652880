"""Things that clients name themselves, each made by one caller; callers share those whose names they tell each other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from cloakwork.fsc.api import refusals
from cloakwork.fsc.api.holdings import Handles
from cloakwork.fsc.api.settings import Bounds
from cloakwork.fsc.api.shelf import Clock, Shelf
from cloakwork.fsc.computation import Failure

__all__ = ["Channel", "Channels"]


class Channel:
    """A thing that has a name."""

    _look: Callable[[], object]

    def placed(self, look: Callable[[], object]) -> None:
        """Called when it has a name, with what finds it there and counts as use."""
        self._look = look

    def use(self) -> None:
        """Counts as use: what clients have handles of need not be named again.

        Raises:
            Failure: 404, it has no name any more.
        """
        if self._look() is not self:
            raise Failure(404, "unknown-handle", "it was deleted, or not used for long; create it again")

    def gone(self) -> None:
        """Called when it has no name any more."""


T = TypeVar("T", bound=Channel)


class Channels(Generic[T]):
    """Things by name.

    The name of a shared thing is what callers agree on among themselves: whoever knows it may take part, so it should be hard to guess.
    Nobody can push out what is another caller's, because each has a bounded number.

    Args:
        kind: what they are called, for messages.
        bounds: what a caller may use.
        clock: seconds, monotonic.
        handles: looks for what is not used any more.
    """

    def __init__(self, kind: str, bounds: Bounds, clock: Clock, handles: Handles) -> None:
        self._kind = kind
        self._bounds = bounds
        self._clock = clock
        self._of: dict[str, Shelf[T]] = {}
        handles.also_sweep(self._sweep)

    def get(self, name: str, caller: str | None = None) -> T | None:
        """The thing of a name, or None.

        Args:
            name: its name.
            caller: whose it has to be; whoever made it if None.
        """
        found = (shelf.get(name) for shelf in self._shelves(caller))
        return next((thing for thing in found if thing is not None), None)

    def put(self, caller: str, name: str, thing: T) -> None:
        """Adds a thing whose name is free.

        Raises:
            Failure: "busy", the caller has too many.
        """
        shelf = self._of.setdefault(caller, Shelf(self._bounds.idle_seconds, self._clock, _gone))
        shelf.sweep()
        if len(shelf) >= self._bounds.channels:
            raise refusals.busy(self._kind, self._bounds.channels)
        shelf.put(name, thing)
        thing.placed(partial(shelf.get, name))

    def drop(self, name: str, caller: str | None = None) -> None:
        """Drops the thing of a name, if there is one.

        Args:
            name: its name.
            caller: whose it has to be; whoever made it if None.
        """
        for shelf in self._shelves(caller):
            shelf.drop(name)

    def _shelves(self, caller: str | None) -> list[Shelf[T]]:
        return [shelf for owner, shelf in self._of.items() if caller in {None, owner}]

    def _sweep(self) -> None:
        for shelf in self._of.values():
            shelf.sweep()


def _gone(thing: Channel) -> None:
    thing.gone()
