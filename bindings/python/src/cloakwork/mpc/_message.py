"""Messages between the parties of a computation."""

from __future__ import annotations

from dataclasses import dataclass

from cloakwork.mpc._party import Part


@dataclass(frozen=True)
class Message:
    """A message that went from one party to another.

    Attributes:
        round: which round, from 0.
        sender: the party that sent it.
        receiver: the party that got it, or somebody who is no party.
        content: its bytes: eight that count the round, and the parts.
        parts: what it is made of, where somebody traces it.
        modulus: what shares of words in it add up modulo; None for two to their bits.
    """

    round: int
    sender: int
    receiver: object
    content: bytes
    parts: tuple[Part, ...] = ()
    modulus: int | None = None
