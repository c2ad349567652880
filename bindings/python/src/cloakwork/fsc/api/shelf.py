"""A shelf: things by their keys, until they are not used for long."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

__all__ = ["Clock", "Shelf"]

T = TypeVar("T")

Clock = Callable[[], float]


class Shelf(Generic[T]):
    """Things by their keys, the least recently used first.

    Args:
        idle: seconds after which a thing that is not used is dropped.
        clock: seconds, monotonic.
        dropped: called with each thing that goes, for whatever reason.
    """

    def __init__(self, idle: float, clock: Clock, dropped: Callable[[T], None]) -> None:
        self._idle = idle
        self._clock = clock
        self._dropped = dropped
        self._things: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._things)

    def __iter__(self) -> Iterator[T]:
        """The things, the most recently used first; that does not count as use."""
        return iter([thing for _, thing in reversed(self._things.values())])

    def put(self, key: str, thing: T) -> None:
        """Puts a thing; one that was under the same key is dropped."""
        self.drop(key)
        self._things[key] = self._clock(), thing

    def get(self, key: str) -> T | None:
        """The thing under a key, which is thereby used, or None."""
        self.sweep()
        found = self._things.get(key)
        if found is None:
            return None
        self._things[key] = self._clock(), found[1]
        self._things.move_to_end(key)
        return found[1]

    def drop(self, key: str) -> bool:
        """Drops the thing under a key; whether there was one."""
        found = self._things.pop(key, None)
        if found is not None:
            self._dropped(found[1])
        return found is not None

    def drop_oldest(self) -> bool:
        """Drops what was not used for the longest time; whether there was anything."""
        return bool(self._things) and self.drop(next(iter(self._things)))

    def sweep(self) -> None:
        """Drops what was not used for too long."""
        latest = self._clock() - self._idle
        while self._things and next(iter(self._things.values()))[0] < latest:
            self.drop_oldest()
