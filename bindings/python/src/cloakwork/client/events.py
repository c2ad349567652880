"""What a client tells its owner while it takes part in a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Event", "What"]

What = Literal["set up", "began", "masked", "acknowledged", "opened", "ended", "refused", "late", "closed"]


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        what: ``"set up"``: keys are agreed; ``"began"``: a round; ``"masked"``, ``"acknowledged"``, ``"opened"``: the answer of that
            step is at the server; ``"ended"``: the round; ``"refused"``: this client refused a message or could not contribute;
            ``"late"``: the server did not take an answer any more; ``"closed"``: the run.
        epoch: of the set-up.
        round: the round; 0 in set-up.
        outcome: with ``"ended"``, 0 or the number of the error for which the round was aborted.
        text: with ``"refused"`` and ``"late"``, why.
    """

    what: What
    epoch: int
    round: int
    outcome: int = 0
    text: str = ""
