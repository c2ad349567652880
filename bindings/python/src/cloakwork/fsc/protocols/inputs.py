"""What several parties put into one computation on `cloakwork.mpc`."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from cloakwork.mpc import Session, Tensor


def total(session: Session, own: NDArray[Any]) -> Tensor:
    """The secret sum, element by element, of what all parties have.

    Args:
        session: the computation; this process is one of its parties.
        own: whole numbers of 64 bits, or real ones: of the same shape and kind at all parties.
    """
    kind = float if own.dtype == np.float64 else int
    parts = [session.share(own if owner == session.index else None, owner, kind, own.shape) for owner in range(session.parties)]
    made = parts[0]
    for part in parts[1:]:
        made = made + part
    return made


def uniform_words(shape: tuple[int, ...]) -> NDArray[np.uint64]:
    """Words that the operating system draws, uniform in 0 to 2^64 - 1."""
    count = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(secrets.token_bytes(8 * count), dtype=np.uint64).reshape(shape)


def open_words(session: Session, own: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The sums modulo 2^64 of what all parties have, made known to all. Nobody learns more than these sums, in one round.

    Shares of inputs are streams that two parties have in common, and shares of outputs are masked anew (docs/mpc.md, 11), so no correlated
    randomness is needed.
    """
    opened: NDArray[np.int64] = np.asarray(total(session, own.view(np.int64)).open())
    return opened.view(np.uint64)
