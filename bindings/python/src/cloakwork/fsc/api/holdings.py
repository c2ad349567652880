"""What a caller holds: handles, the bytes behind them, and computations in work. All of it is bounded, and goes when it is not used."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from cloakwork.fsc.api import refusals
from cloakwork.fsc.api.objects import Bound, Held, Service, Value
from cloakwork.fsc.api.settings import Bounds
from cloakwork.fsc.api.shelf import Clock, Shelf

__all__ = ["Handles", "Holdings"]

# Between two looks for what is not used any more, at most.
_SWEEP_SECONDS = 60


class Holdings:
    """What one caller holds.

    Args:
        caller: who, as authenticated.
        bounds: what a caller may use.
        clock: seconds, monotonic.

    Attributes:
        caller: who.
    """

    def __init__(self, caller: str, bounds: Bounds, clock: Clock) -> None:
        self.caller = caller
        self._bounds = bounds
        self._handles: Shelf[Held] = Shelf(bounds.idle_seconds, clock, self._dropped)
        self._references: Counter[Service] = Counter()
        self._kept = 0
        self._computing = 0

    @property
    def kept_bytes(self) -> int:
        """Bytes that are kept for this caller, or in work."""
        return self._kept

    def __len__(self) -> int:
        return len(self._handles)

    def __iter__(self) -> Iterator[Held]:
        """What its handles stand for, the most recently used first."""
        return iter(self._handles)

    def add(self, thing: Held) -> str:
        """A new handle.

        Raises:
            Failure: "too-large".
        """
        if isinstance(thing, Value):
            self.reserve("the value", len(thing.text))
        else:
            self._references[_service(thing)] += 1
        while len(self._handles) >= self._bounds.handles:
            self._handles.drop_oldest()
        identifier = str(uuid4())
        self._handles.put(identifier, thing)
        return identifier

    def find(self, identifier: str) -> Held | None:
        """What a handle stands for, or None if this caller has no such handle."""
        return self._handles.get(identifier)

    def release(self, identifier: str) -> bool:
        """Gives up a handle; whether there was one."""
        return self._handles.drop(identifier)

    def reserve(self, name: str, size: int) -> None:
        """Takes bytes; handles that were not used for long make room.

        Args:
            name: of what needs them, for a message.
            size: how many.

        Raises:
            Failure: "too-large", there is not so much room.
        """
        if size > self._bounds.kept_bytes:
            raise refusals.too_large(name, self._bounds.kept_bytes)
        while self._kept + size > self._bounds.kept_bytes:
            if not self._handles.drop_oldest():
                raise refusals.too_large(name, self._bounds.kept_bytes)
        self._kept += size

    def free(self, size: int) -> None:
        """Gives back bytes."""
        self._kept -= size

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Counts a computation.

        Raises:
            Failure: "busy".
        """
        if self._computing >= self._bounds.computations:
            raise refusals.busy("computations", self._bounds.computations)
        self._computing += 1
        try:
            yield
        finally:
            self._computing -= 1

    def sweep(self) -> None:
        """Drops what was not used for too long."""
        self._handles.sweep()

    def _dropped(self, thing: Held) -> None:
        if isinstance(thing, Value):
            self.free(len(thing.text))
            return
        service = _service(thing)
        self._references[service] -= 1
        if self._references[service] == 0:
            del self._references[service]
            service.close()


def _service(thing: Service | Bound) -> Service:
    return thing.service if isinstance(thing, Bound) else thing


class Handles:
    """What all callers hold.

    Args:
        bounds: what a caller may use.
        clock: seconds, monotonic.
    """

    def __init__(self, bounds: Bounds, clock: Clock) -> None:
        self._bounds = bounds
        self._clock = clock
        self._of: dict[str, Holdings] = {}
        self._swept: list[Callable[[], None]] = []
        self._sweeping: tuple[asyncio.AbstractEventLoop, asyncio.TimerHandle] | None = None

    def of(self, caller: str) -> Holdings:
        """What a caller holds."""
        self._watch()
        found = self._of.get(caller)
        if found is None:
            found = self._of[caller] = Holdings(caller, self._bounds, self._clock)
            self._swept.append(found.sweep)
        return found

    def also_sweep(self, sweep: Callable[[], None]) -> None:
        """Calls this too when it looks for what is not used any more."""
        self._swept.append(sweep)

    def stop(self) -> None:
        """Looks no more."""
        if self._sweeping is not None:
            self._sweeping[1].cancel()
            self._sweeping = None

    def _watch(self) -> None:
        """Has what is not used go in time, even if no request comes any more."""
        loop = asyncio.get_running_loop()
        if self._sweeping is None or self._sweeping[0] is not loop:
            self._sweeping = loop, loop.call_later(min(_SWEEP_SECONDS, self._bounds.idle_seconds), self._sweep)

    def _sweep(self) -> None:
        self._sweeping = None
        for sweep in self._swept:
            sweep()
        self._watch()
