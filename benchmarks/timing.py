"""Repeated timing of a call: what is reported is the median, with the range beside it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Samples", "measure"]


@dataclass(frozen=True)
class Samples:
    """Seconds of each repetition."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.seconds)

    @property
    def fastest(self) -> float:
        """The smallest one."""
        return min(self.seconds)

    @property
    def slowest(self) -> float:
        """The largest one."""
        return max(self.seconds)


def measure(work: Callable[[], object], repeats: int) -> Samples:
    """Calls `work` once to warm up if it is to be repeated, then `repeats` times under the clock."""
    if repeats > 1:
        work()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return Samples(tuple(seconds))
