"""A column of every party's table."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Column"]


@dataclass(frozen=True)
class Column:
    """A column of every party's table.

    Attributes:
        name: its name.
        low: the smallest value that may occur; a smaller one is refused before anything leaves the party.
        high: the largest.
    """

    name: str
    low: float
    high: float

    def __post_init__(self) -> None:
        """Checks the range."""
        if not self.name or not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            message = "a column has a name and a range of two numbers, the smaller one first: NAME:LOW:HIGH"
            raise FlowError(FlowStatus.TASK, message, argument=self.name or "column")

    @property
    def middle(self) -> float:
        """The middle of the range."""
        return self.low / 2 + self.high / 2

    @property
    def half(self) -> float:
        """Half of its width."""
        return self.high / 2 - self.low / 2
