"""Whether a thing holds for anybody, without saying for whom or for how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cloakwork.fsc.protocols.inputs import open_words, uniform_words

if TYPE_CHECKING:
    from cloakwork.mpc import Session


def disjunction(session: Session, own: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each of the things holds for at least one party. One round, 8 bytes a thing to each other party.

    Where a thing holds for a party it gives a uniform word, else 0, and the sums modulo 2^64 are opened. A sum is 0 where the thing holds
    for nobody. Elsewhere it is uniform, whoever and however many gave words, so that it tells nothing else; but for one case in 2^64, in
    which it is 0 as well and the answer is wrong.

    Args:
        session: the computation.
        own: of the same shape at all parties.
    """
    opened = open_words(session, uniform_words(own.shape) * own.astype(np.uint64))
    return np.not_equal(opened, 0)
