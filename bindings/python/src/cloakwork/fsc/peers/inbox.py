"""Messages of one peer in one run, put together from pieces and checked: right run, right order, bounded."""

from __future__ import annotations

from collections import deque

from cloakwork.fsc.peers.frame import PIECE_HEAD
from cloakwork.fsc.peers.garbage import GarbageError, OtherRunError

__all__ = ["RUN_SIZE", "Inbox"]

RUN_SIZE = 32
# Every round takes a message of each, so a peer that keeps to the protocol is one message ahead of a slow party at most.
_AHEAD = 2


class Inbox:
    """What a peer has sent for one run and nobody has read.

    Args:
        limit: bytes of a message.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._messages: deque[bytes] = deque()
        self._pieces: list[bytes] = []
        self._next = 0
        self._remaining = 0
        self._run: bytes | None = None

    def __bool__(self) -> bool:
        return bool(self._messages)

    def bind(self, run: bytes) -> bool:
        """Says which run it is, once this side knows; whether what came before is of the same."""
        same = self._run in {None, run}
        self._run = run
        return same

    def take(self) -> bytes:
        """The oldest message."""
        return self._messages.popleft()

    def piece(self, sequence: int, payload: bytes) -> bool:
        """Takes the next piece; whether it ends a message.

        Raises:
            OtherRunError: it is of another run.
            GarbageError: it is out of order, more than a message may have, or more than a peer has to say now.
        """
        if len(payload) < PIECE_HEAD.size:
            raise GarbageError("a piece without its head")
        run, remaining = PIECE_HEAD.unpack_from(payload)
        content = payload[PIECE_HEAD.size :]
        if self._run is None:
            self._run = run
        if run != self._run:
            raise OtherRunError
        if sequence != self._next:
            raise GarbageError(f"piece {sequence} of a run where {self._next} is due: repeated, lost or out of order")
        if len(self._messages) >= _AHEAD:
            raise GarbageError("more messages than its part of the rounds")
        if not self._pieces:
            if remaining + len(content) > self._limit:
                raise GarbageError(f"a message of {remaining + len(content)} bytes, more than the {self._limit} of the configuration")
        elif remaining != self._remaining - len(content):
            raise GarbageError("pieces that are no message together")
        if remaining and not content:
            raise GarbageError("an empty piece")
        self._next += 1
        self._remaining = remaining
        self._pieces.append(content)
        if remaining:
            return False
        self._messages.append(self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces))
        self._pieces.clear()
        return True
