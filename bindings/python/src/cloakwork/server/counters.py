"""Each party's last counter, and its answer for a byte-identical repeat (protocol.md section 9)."""

from __future__ import annotations

from cloakwork.server.answer import Answer
from cloakwork.server.database import Database
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Counters"]


class Counters:
    """Decides whether a request is new, a repeat or too late.

    A request that changes something is recorded with its answer in the transaction of the change. A request that only reads, and may wait
    for long, is admitted when it comes and recorded when it is answered; what is admitted is remembered in memory, since a
    request that was cut off by a crash had no effect.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._admitted: dict[bytes, int] = {}

    def repeat(self, party: bytes, counter: int, request: bytes) -> Answer | None:
        """The stored answer to a byte-identical repeat of the last request; None for a new request.

        Raises:
            FlowError: `COUNTER_USED` when the counter is not above the last one; `SUPERSEDED` when the stored answer's content is gone.
        """
        row = self._database.one("SELECT * FROM answers WHERE party = ?", party)
        stored = 0 if row is None else int.from_bytes(row["counter"], "big")
        last = max(stored, self._admitted.get(party, 0))
        if counter > last:
            return None
        if row is None or counter != stored or request != row["request"]:
            message = f"the counter {counter} is not above the last one, {last}, or comes with another request; use a higher one"
            raise FlowError(FlowStatus.COUNTER_USED, message, last_counter=last)
        return Answer(row["status"], row["media"], row["body"] or b"", row["content"])

    def admit(self, party: bytes, counter: int) -> None:
        """Remembers the counter of a request that will be answered later."""
        self._admitted[party] = max(counter, self._admitted.get(party, 0))

    def keep(self, party: bytes, counter: int, request: bytes, answer: Answer) -> None:
        """Records the answer to a request, within a transaction; the answer to one before the last request is not kept."""
        body = None if answer.content is not None else answer.body
        self._database.change(
            """INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (party) DO UPDATE SET counter = excluded.counter,
            request = excluded.request, status = excluded.status, media = excluded.media, body = excluded.body, content = excluded.content
            WHERE excluded.counter > answers.counter""",
            *(party, counter.to_bytes(8, "big"), request, answer.status, answer.media, body, answer.content),
        )
