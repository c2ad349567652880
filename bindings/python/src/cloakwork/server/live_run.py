"""One open run: its state machine, its steps with their time limits, its messages and its rounds.

Every method that changes something belongs into an open transaction. When that fails, `discard` throws the machine away and the
next use makes it from the database again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from cloakwork.errors import CloakworkError, Status
from cloakwork.secagg import Phase, Receipt, Run, Server, message_kind
from cloakwork.server import steps
from cloakwork.server.database import Database, id_bytes, join_ids, split_ids
from cloakwork.server.events import Events, close
from cloakwork.server.membership import Membership
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["LiveRun"]

# After a restart every member has at least this long to come back, whatever is left of the step's time.
_RESTART_SECONDS = 60.0


class LiveRun:
    """An open run.

    Args:
        database: the database.
        run: the run.
        on_change: called with the run when something changed, and whether new messages are there.
    """

    def __init__(self, database: Database, run: Run, on_change: Callable[[LiveRun], None]) -> None:
        self.run = run
        self.id = run.run_id
        self.roster = frozenset(run.members)
        self.members = Membership(database, run)
        self._database = database
        self._events = Events(database, run)
        self._on_change = on_change
        self._machine: Server | None = None

    @property
    def machine(self) -> Server:
        """The state machine. Whoever changes it says so first with `_changing`."""
        if self._machine is None:
            self._machine = self._events.replay(self._field("epoch"))
        return self._machine

    def discard(self) -> None:
        """Throws the machine away: the database is right."""
        self._machine = None

    # What members ask for.

    def message(self, member: int, number: int) -> bytes | None:
        """The message of this number for a member; None if it is still to come.

        Raises:
            FlowError: `SUPERSEDED` with the number to ask for instead.
        """
        found: bytes | None = self._database.value(
            "SELECT message FROM outbox WHERE run = ? AND party = ? AND number = ?", self.id, id_bytes(member), number
        )
        if found is not None:
            return found
        following = self._database.value(
            "SELECT min(number) FROM outbox WHERE run = ? AND party = ? AND number > ?", self.id, id_bytes(member), number
        )
        next_of_all = self._field("number") + 1
        if following is None and number != next_of_all:
            following = next_of_all
        if following is None:
            return None
        raise FlowError(FlowStatus.SUPERSEDED, f"message {number} is void or not for you; ask for {following}", next_number=following)

    def context(self, member: int, number: int) -> bytes:
        """Digest of the context that the message of this number announces to a member.

        Raises:
            FlowError: `NOT_FOUND` for a message that begins no round, or of a round that is over.
        """
        digest: bytes | None = self._database.value(
            """SELECT context FROM outbox JOIN rounds USING (run, round)
            WHERE run = ? AND party = ? AND number = ? AND begins AND state = 'open'""",
            *(self.id, id_bytes(member), number),
        )
        if digest is None:
            raise FlowError(FlowStatus.NOT_FOUND, f"message {number} begins no round, or its round is over")
        return digest

    def receive(self, member: int, message: bytes) -> Receipt:
        """Takes a message from a member.

        Raises:
            CloakworkError: the machine refused it; nothing changed.
        """
        before = self.machine.phase
        try:
            receipt = self.machine.receive(member, message)
        except CloakworkError:
            # The machine forgets the messages of set-up when a round begins; who sends one again was cut off before it had its answer.
            if self._events.has(before.epoch, member, message):
                return Receipt(message_kind(message), counted=False, payload=None)
            raise
        if receipt.counted:
            self._on_change(self)
            number = before.round if before.name in steps.ROUND else 0
            self._events.received(before.epoch, number, member, message, receipt.payload)
            self._entered(before)
            self._go_on_without_refusers()
        return receipt

    def refused(self, member: int, number: int, accused: int | None, code: int, reason: str) -> None:
        """Keeps why a member refused the message of this number, and goes on without it where nobody else is waited for."""
        row = self._database.one(
            "SELECT epoch, round FROM outbox WHERE run = ? AND party = ? AND number = ?", self.id, id_bytes(member), number
        )
        if row is None:
            raise FlowError(FlowStatus.NOT_FOUND, f"there is no message {number} for you")
        if accused is not None and accused not in self.roster:
            raise FlowError(FlowStatus.BAD_REQUEST, "the accused is no member", party=accused)
        phase = self.machine.phase
        if code == Status.NOT_CONFIRMED and row["epoch"] == phase.epoch and accused not in self.machine.confirmed():
            # Its keys are not confirmed because it is not there.
            return
        self._on_change(self)
        self.members.refused(row["epoch"], row["round"], member, accused, code, reason)
        self._go_on_without_refusers()

    def _go_on_without_refusers(self) -> None:
        """Closes the present step when everybody whom it waits for has refused."""
        phase = self.machine.phase
        refusers = self.members.refusers(phase.epoch, phase.round if phase.name in steps.ROUND else 0)
        if refusers:
            waiting = set(self.machine.waiting())
            if waiting and waiting <= refusers:
                self.close_step()

    def setup_wanted(self, member: int) -> bool:
        """A member has no keys. Returns whether a new set-up will follow; not when the present one still waits for this member."""
        phase = self.machine.phase
        if phase.name == steps.ADVERTISE and member in self.machine.waiting():
            return False
        self._on_change(self)
        self._database.change("UPDATE runs SET renew = 1 WHERE run = ?", self.id)
        return True

    def heard(self, member: int) -> None:
        """A member that was away is there."""
        if self.members.heard(member):
            self._on_change(self)

    # What controllers ask for.

    def start_round(self, number: int, wanted: list[int] | None, context: bytes) -> bool:
        """Starts a round as soon as set-up allows. Returns False for a repeat.

        Raises:
            ProtocolError: `WRONG_ROUND` with the number that is next.
            FlowError: `CONFLICT` while another round is in progress, or for a repeat with other contents.
        """
        known = self._database.one("SELECT wanted, context FROM rounds WHERE run = ? AND round = ?", self.id, number)
        chosen = None if wanted is None else join_ids(wanted)
        if known is not None:
            if (known["wanted"], known["context"]) != (chosen, context):
                raise FlowError(FlowStatus.CONFLICT, f"round {number} was started with another context or other participants")
            return False
        for member in wanted or ():
            if member not in self.roster:
                raise FlowError(FlowStatus.BAD_REQUEST, "this participant is no member", party=member)
        row = self._database.one("SELECT round, state FROM rounds WHERE run = ? ORDER BY round DESC LIMIT 1", self.id)
        last = 0 if row is None else row["round"]
        if row is not None and row["state"] != "ended":
            raise FlowError(FlowStatus.CONFLICT, f"round {last} is in progress; wait for its end or stop it")
        if number != last + 1 or number > self.run.config.max_rounds:
            raise FlowError(FlowStatus.CONFLICT, f"the next round has the number {last + 1}, and the run has {self.run.config.max_rounds}")
        self._on_change(self)
        self._database.change(
            "INSERT INTO rounds (run, round, state, wanted, context, requested) VALUES (?, ?, 'waiting', ?, ?, ?)",
            *(self.id, number, chosen, context, time.time()),
        )
        self._proceed()
        return True

    def stop_round(self, number: int) -> None:
        """Stops a round that waits or is open; one that has ended stays as it is.

        Raises:
            FlowError: `NOT_FOUND`.
        """
        state = self._database.value("SELECT state FROM rounds WHERE run = ? AND round = ?", self.id, number)
        if state is None:
            raise FlowError(FlowStatus.NOT_FOUND, f"there is no round {number}")
        if state == "ended":
            return
        self._on_change(self)
        if state == "waiting":
            self._end_round(number, int(Status.STOPPED))
            self._set_deadline(None)
            return
        before = self.machine.phase
        self.machine.stop()
        self._entered(before)

    # What time and the sum bring.

    @property
    def deadline(self) -> float | None:
        """When the present step is closed, in seconds since 1970."""
        deadline: float | None = self._field("deadline")
        return deadline

    def invite(self) -> None:
        """Begins a set-up."""
        self._on_change(self)
        before = self.machine.phase
        epoch = self.machine.invite()
        self._database.change("UPDATE runs SET epoch = ?, renew = 0 WHERE run = ?", epoch, self.id)
        self._events.forget_epochs(epoch)
        self._database.change("DELETE FROM outbox WHERE run = ?", self.id)
        self._entered(before)

    def resume(self) -> None:
        """After a restart: members get time to come back."""
        deadline = self.deadline
        if deadline is not None:
            self._set_deadline(max(deadline, time.time() + min(_RESTART_SECONDS, self._limit(self.machine.phase.name))))

    def close_if_due(self) -> None:
        """Closes the present step if its time has passed."""
        deadline = self.deadline
        if deadline is not None and time.time() >= deadline:
            self.close_step()

    def close_step(self) -> None:
        """Goes on without those who have not answered."""
        self._on_change(self)
        before = self.machine.phase
        in_round = before.name in steps.ROUND
        if in_round:
            # Who refused is there.
            self.members.missed(set(self.machine.waiting()) - self.members.refusers(before.epoch, before.round))
        close(self.machine)
        self._events.closed(before.epoch, before.round if in_round else 0)
        self._entered(before)

    def summed(self, number: int, result: bytes | None, failure: CloakworkError | None) -> None:
        """Takes the sum of a round, or why there is none. Nothing happens when the round was stopped meanwhile."""
        phase = self.machine.phase
        if phase.name != steps.SUM or phase.round != number:
            return
        self._on_change(self)
        self._database.change("UPDATE rounds SET result = ? WHERE run = ? AND round = ?", result, self.id, number)
        self.machine.finish(failure)
        self._entered(phase)

    def _entered(self, before: Phase | None) -> None:
        """Does what a new step needs: messages, a time limit, the end of a round, the next thing to do."""
        phase = self.machine.phase
        if phase == before:
            return
        if phase.name in steps.WITH_MESSAGES:
            self._hand_out(phase)
        if phase.name in steps.ROUND:
            self._set_deadline(time.time() + self._limit(phase.name))
        elif phase.name in steps.SETUP:
            self._set_deadline(time.time() + self._limit(phase.name) if self._waiting_round() else None)
        else:
            self._set_deadline(None)
        if phase.name == steps.FINISHED:
            self._end_round(phase.round, self.machine.outcome)
        elif phase.name == steps.READY:
            self._proceed()
        elif phase.name == steps.IDLE:
            self._setup_failed()

    def _hand_out(self, phase: Phase) -> None:
        number = self._field("number") + 1
        self._database.change("UPDATE runs SET number = ? WHERE run = ?", number, self.id)
        in_setup = phase.name in steps.SETUP or phase.name == steps.READY
        for member in sorted(self.roster):
            message = self.machine.message(member)
            if message is not None:
                self._database.change(
                    "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?)",
                    *(self.id, id_bytes(member), number, phase.epoch, 0 if in_setup else phase.round, phase.name == steps.MASK, message),
                )

    def _proceed(self) -> None:
        """Takes the round that waits a step further."""
        row = self._waiting_round()
        if row is None:
            return
        name = self.machine.phase.name
        if name in steps.SETUP:
            if self.deadline is None:
                self._set_deadline(time.time() + self._limit(name))
        elif name == steps.IDLE or self._field("renew"):
            self.invite()
        else:
            self._begin(row["round"], None if row["wanted"] is None else split_ids(row["wanted"]))

    def _begin(self, number: int, wanted: list[int] | None) -> None:
        machine = self.machine
        failure: CloakworkError | None = None
        for participants in self._choices(wanted):
            try:
                self._events.begin(machine, number, participants)
            except CloakworkError as error:
                failure = error
                continue
            phase = machine.phase
            # Messages of earlier rounds are void now; those of set-up may still be on their way.
            self._database.change("DELETE FROM outbox WHERE run = ? AND round > 0", self.id)
            self._events.begun(phase.epoch, number, participants)
            self._database.change(
                "UPDATE rounds SET state = 'open', begun = ?, participants = ? WHERE run = ? AND round = ?",
                *(time.time(), join_ids(participants), self.id, number),
            )
            self._entered(None)
            return
        self._end_round(number, int(Status.TOO_FEW_INPUTS) if failure is None else failure.code)

    def _choices(self, wanted: list[int] | None) -> list[list[int]]:
        """Whom to begin a round with: those the controller names; else those who are there, else all who have keys."""
        if wanted is not None:
            return [wanted]
        confirmed = self.machine.confirmed()
        left_out = self.members.left_out(self.machine.phase.epoch, confirmed)
        able = [member for member in confirmed if member not in left_out]
        away = self.members.away()
        there = [member for member in able if member not in away]
        return [there, able] if there != able else [able]

    def _end_round(self, number: int, outcome: int) -> None:
        row = self._database.one("SELECT state FROM rounds WHERE run = ? AND round = ?", self.id, number)
        survivors = join_ids(self.machine.survivors()) if row is not None and row["state"] == "open" else None
        self._database.change(
            "UPDATE rounds SET state = 'ended', outcome = ?, ended = ?, survivors = ? WHERE run = ? AND round = ?",
            *(outcome, time.time(), survivors, self.id, number),
        )
        self._events.forget_round(number)

    def _setup_failed(self) -> None:
        """Too few members took part: a waiting round ends for that, and everybody is invited again, without haste."""
        row = self._waiting_round()
        if row is not None:
            self._end_round(row["round"], int(Status.TOO_FEW_INPUTS))
        self.invite()

    def _waiting_round(self) -> Any:  # noqa: ANN401 - a row
        return self._database.one("SELECT * FROM rounds WHERE run = ? AND state = 'waiting'", self.id)

    def _limit(self, step: str) -> float:
        config = self.run.config
        return float(config.setup_seconds if step in steps.SETUP else config.step_seconds)

    def _set_deadline(self, deadline: float | None) -> None:
        self._database.change("UPDATE runs SET deadline = ? WHERE run = ?", deadline, self.id)

    def _field(self, name: str) -> Any:  # noqa: ANN401 - what the column holds
        return self._database.value(f"SELECT {name} FROM runs WHERE run = ?", self.id)  # noqa: S608 - names are ours
