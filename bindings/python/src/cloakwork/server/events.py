"""What a run's state machine was given, in order, and the machine made from it."""

from __future__ import annotations

from cloakwork.errors import CloakworkError, Status
from cloakwork.secagg import Run, Server
from cloakwork.server import steps
from cloakwork.server.database import Database, id_bytes, id_number, join_ids, split_ids

__all__ = ["Events"]


class Events:
    """The events of one run. Every method that records belongs into an open transaction."""

    def __init__(self, database: Database, run: Run) -> None:
        self._database = database
        self._run = run
        self._id = run.run_id

    def received(self, epoch: int, number: int, party: int, message: bytes, payload: slice | None) -> None:
        """Records a message that the machine took."""
        if payload is None:
            self._add(epoch, number, "receive", id_bytes(party), message)
            return
        values = memoryview(message)
        self._add(epoch, number, "receive", id_bytes(party), values[: payload.start], masked=True)
        self._database.store_payload(self._id, id_bytes(party), values[payload])

    def has(self, epoch: int, party: int, message: bytes) -> bool:
        """Whether this message of set-up was taken before."""
        known = "SELECT 1 FROM events WHERE run = ? AND epoch = ? AND round = 0 AND party = ? AND message = ?"
        return self._database.one(known, self._id, epoch, id_bytes(party), message) is not None

    def closed(self, epoch: int, number: int) -> None:
        """Records that a step was closed."""
        self._add(epoch, number, "close")

    def begun(self, epoch: int, number: int, participants: list[int]) -> None:
        """Records the beginning of a round."""
        self._add(epoch, number, "begin", message=join_ids(participants))

    def forget_round(self, number: int) -> None:
        """Deletes what only a round in progress needs."""
        self._database.change("DELETE FROM events WHERE run = ? AND round = ?", self._id, number)
        self._database.change("DELETE FROM payloads WHERE run = ?", self._id)

    def forget_epochs(self, before: int) -> None:
        """Deletes the events of earlier set-ups."""
        self._database.change("DELETE FROM events WHERE run = ? AND epoch < ?", self._id, before)

    def replay(self, epoch: int) -> Server:
        """The machine in the state that the events of this epoch lead to."""
        machine = Server(self._run)
        for _ in range(epoch):
            machine.invite()
        for event in self._database.rows("SELECT * FROM events WHERE run = ? AND epoch = ? ORDER BY sequence", self._id, epoch):
            if event["action"] == "receive":
                machine.receive(id_number(event["party"]), self._message(event["party"], event["message"], event["masked"]))
            elif event["action"] == "close":
                close(machine)
            else:
                self.begin(machine, event["round"], split_ids(event["message"]))
        return machine

    def begin(self, machine: Server, number: int, participants: list[int]) -> None:
        """Begins a round with this number.

        The machine counts its rounds by itself; rounds that it did not live through, because it was made anew, pass empty.
        """
        digest = self._database.value("SELECT context FROM rounds WHERE run = ? AND round = ?", self._id, number)
        context = self._database.content(digest) or b""
        while machine.phase.round < number - 1:
            machine.begin(None, b"")
            machine.stop()
        machine.begin(participants, context)

    def _message(self, party: bytes, stored: bytes, masked: int) -> bytes:
        if not masked:
            return stored
        return stored + self._database.payload(self._id, party)

    def _add(
        self,
        epoch: int,
        number: int,
        action: str,
        party: bytes | None = None,
        message: bytes | memoryview | None = None,
        *,
        masked: bool = False,
    ) -> None:
        self._database.change(
            """INSERT INTO events (run, sequence, epoch, round, action, party, message, masked)
            SELECT ?, coalesce(max(sequence), 0) + 1, ?, ?, ?, ?, ?, ? FROM events WHERE run = ?""",
            *(self._id, epoch, number, action, party, message, masked, self._id),
        )


def close(machine: Server) -> None:
    """Closes the present step. A set-up that fails for want of members takes the machine back to idle; that is no error here."""
    try:
        machine.close_step()
    except CloakworkError as error:
        if error.code != Status.TOO_FEW_INPUTS or machine.phase.name != steps.IDLE:
            raise
