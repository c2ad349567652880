"""The k-th smallest of all parties' keys, without any other key and without counts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cloakwork.fsc.computation import Failure
from cloakwork.fsc.protocols.inputs import total

if TYPE_CHECKING:
    from cloakwork.fsc.computation import Group
    from cloakwork.mpc import Session

# Bits of a key that are found at a time, with 2^DIGIT - 1 comparisons side by side.
DIGIT = 8


async def order_statistics(group: Group, own: Sequence[int], ranks: Sequence[int], width: int) -> list[int]:
    """The keys of the given ranks among all parties' keys.

    The digits of an answer are found one after the other, from the highest. Once the first ones are known, the key of rank k is at least
    the threshold t exactly where fewer than k keys are below t. Each party counts its own keys below each threshold of the next digit; the
    counts are shared, added and compared with k in secret (docs/mpc.md, 6), and only the bits are opened. They follow from the answer, so
    nobody learns a count, a key that is no answer, or how many keys another party has (G. Aggarwal, N. Mishra, B. Pinkas, EUROCRYPT 2004,
    section 3, with thresholds that do not depend on data).

    About 10 rounds for each 8 bits of the width; 255 comparisons of the bits of the session's format for each of them and each rank.

    Args:
        group: the parties.
        own: the keys of this party, from 0 to 2^width - 1; together there are below 2^30 (for a format of 32 bits).
        ranks: from 1 to the number of all keys, which is for the caller to check.
        width: bits of a key.
    """
    keys = sorted(own)
    if group.parties == 1:
        return [keys[rank - 1] for rank in ranks]
    return await group.compute(lambda session: _descend(session, keys, ranks, width))


def _descend(session: Session, keys: Sequence[int], ranks: Sequence[int], width: int) -> list[int]:
    # Counts are words of the session's real numbers, which compare fewer bits than whole numbers do.
    unit, largest = 2.0**-session.format.fraction, 1 << (session.format.bits - 2)
    if len(keys) >= largest:
        raise Failure(400, "invalid-input", f"data: {len(keys)} values are too many; {largest - 1} can be compared", session.index)
    found = [0] * len(ranks)
    wanted = np.array(ranks, dtype=np.float64)[:, None] * unit
    for shift in range((width - 1) // DIGIT * DIGIT, -1, -DIGIT):
        steps = range(1, 1 << min(DIGIT, width - shift))
        below = [[bisect_left(keys, ((known << DIGIT) | step) << shift) for step in steps] for known in found]
        answers = (total(session, np.array(below, dtype=np.float64) * unit) < wanted).open()
        found = [(known << DIGIT) | int(np.count_nonzero(row)) for known, row in zip(found, answers, strict=True)]
    return found
