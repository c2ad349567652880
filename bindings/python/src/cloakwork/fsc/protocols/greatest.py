"""The greatest of all parties' keys, without what any other key is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cloakwork.fsc.protocols.disjunction import disjunction

if TYPE_CHECKING:
    from cloakwork.fsc.computation import Group
    from cloakwork.mpc import Session

# Bits of a key that are found in one round, with 2^DIGIT things to ask about.
DIGIT = 8


async def greatest(group: Group, own: Sequence[int | None], width: int) -> list[int | None]:
    """The greatest key of all parties in each column; None where nobody has one.

    The digits of the answer are found one after the other, from the highest. Once the first ones are known, a party says for each possible
    value of the next whether its key begins with those and has at least that value there; what holds for anybody (`disjunction`) follows
    from the answer alone, and so nothing else shows. ceil(width / 8) rounds; 2 kilobytes a round and column.

    Args:
        group: the parties.
        own: the greatest key of this party in each column, from 0 to 2^width - 1, or None; equally many of each party.
        width: bits of a key.
    """
    if group.parties == 1:
        return list(own)
    return await group.compute(lambda session: _descend(session, own, width))


def _descend(session: Session, own: Sequence[int | None], width: int) -> list[int | None]:
    found: list[int | None] = [0] * len(own)
    for shift in range((width - 1) // DIGIT * DIGIT, -1, -DIGIT):
        values = np.arange(1 << min(DIGIT, width - shift))
        digits = np.array([_digit(key, known, shift) for key, known in zip(own, found, strict=True)])
        holds = disjunction(session, digits[:, None] >= values)
        for column, answers in enumerate(holds):
            known = found[column]
            if known is not None:
                found[column] = (known << DIGIT) | (int(np.count_nonzero(answers)) - 1) if answers[0] else None
    return found


def _digit(key: int | None, known: int | None, shift: int) -> int:
    """The digit of a key at a place; -1 if it is none or does not begin with the digits that are known."""
    if key is None or known is None or key >> (shift + DIGIT) != known:
        return -1
    return (key >> shift) & ((1 << DIGIT) - 1)
