"""A party whose messages somebody else carries: links that are there already, and serve other purposes, too."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cloakwork.mpc._party import Format, Party

# One message for each other party, None in the own place; what came from each.
Exchange = Callable[[Sequence[bytes | None]], Sequence[bytes]]


class CarriedParty(Party):
    """One party of a computation over links of its caller.

    Args:
        index: its place, from 0.
        parties: how many there are.
        format: of real numbers.
        name: 32 bytes that all parties use for this one computation.
        exchange: carries the messages of a round.
    """

    def __init__(self, index: int, parties: int, format: Format, name: bytes, exchange: Exchange) -> None:  # noqa: A002
        super().__init__(index, parties, format, name)
        self._parties = parties
        self._exchange = exchange

    def run(self) -> None:
        """Runs what was asked for, with all rounds."""
        while self.advance():
            messages = [None if to == self.index else self.message(to) for to in range(self._parties)]
            for sender, message in enumerate(self._exchange(messages)):
                if sender != self.index:
                    self.receive(sender, message)

    def leave(self, why: str | None) -> None:
        """The links belong to the caller, who tells the others why they end."""
