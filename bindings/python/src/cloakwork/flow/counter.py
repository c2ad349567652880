"""The counter of a party's requests: it rises with each new request, also over restarts, without being stored."""

from __future__ import annotations

import threading
import time

__all__ = ["Counter"]


class Counter:
    """Counters from the clock: nanoseconds since 1970, or one more than the last where that is higher.

    Two processes of one party on one machine thus share a rising sequence. Where the clock went back, or two machines of one party have
    clocks that differ, the server's refusal states the last counter and `raise_above` goes past it.
    """

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self) -> int:
        """A counter above all that were given before."""
        with self._lock:
            self._last = max(self._last + 1, time.time_ns())
            return self._last

    def raise_above(self, last: int) -> None:
        """Makes the next counter higher than `last`."""
        with self._lock:
            self._last = max(self._last, last)
