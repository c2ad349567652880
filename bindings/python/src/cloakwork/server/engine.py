"""Everything that the server does, one transaction at a time.

The engine lives in one thread: transactions never wait for each other, and no two requests see a run between two of its states. It
knows nothing of HTTP connections, waiting or clocks other than the time of day; `cloakwork.server.service` brings those.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cloakwork.errors import CloakworkError, ParameterError, Status
from cloakwork.secagg import Opening, Run
from cloakwork.server import steps
from cloakwork.server.answer import Answer
from cloakwork.server.counters import Counters
from cloakwork.server.database import Database, id_bytes, id_number
from cloakwork.server.live_run import LiveRun
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Change", "Engine", "Wake"]


@dataclass(frozen=True)
class Wake:
    """What a transaction changed, for those who wait.

    Attributes:
        run: the run.
        stamp: changes when there is something new for members or about a round.
        deadline: when the present step is closed, in seconds since 1970.
        sum_due: the round whose sum is due.
    """

    run: bytes
    stamp: tuple[object, ...]
    deadline: float | None
    sum_due: int | None


@dataclass(frozen=True)
class Change:
    """An authenticated request that changes something: whose, and how it is told from others."""

    party: bytes
    counter: int
    request: bytes


class Engine:
    """The state of a server.

    Args:
        path: the database.
        results: of how many rounds a run keeps the result.

    Attributes:
        keys: by run, the id of each member's key; replaced as a whole when a run is created.
        runs: the open runs; replaced as a whole when one is created or closed.

    Raises:
        FlowError: the database cannot be used.
    """

    def __init__(self, path: Path, results: int = 100) -> None:
        self.database = Database(path)
        self._results = results
        self.counters = Counters(self.database)
        self._live: dict[bytes, LiveRun] = {}
        self._changed: dict[bytes, LiveRun] = {}
        for row in self.database.rows("SELECT run, description, roster FROM runs WHERE closed IS NULL").fetchall():
            self._live[row["run"]] = self._live_run(Run.decode(row["description"], row["roster"]))
        self.keys = self._keys()
        self.runs = {run: live.run for run, live in self._live.items()}

    def close(self) -> None:
        """Ends the use of the database."""
        self.database.close()

    def resume(self) -> list[Wake]:
        """After a start: gives the members of each run time to come back."""
        wakes: list[Wake] = []
        for live in self._live.values():
            wakes += self.work(live.resume)[1]
            wakes.append(self._wake(live))
        return wakes

    def _keys(self) -> dict[bytes, dict[bytes, int]]:
        found: dict[bytes, dict[bytes, int]] = {}
        for row in self.database.rows("SELECT run, key, id FROM members"):
            found.setdefault(row["run"], {})[row["key"]] = id_number(row["id"])
        return found

    # Transactions.

    def change(self, change: Change, action: Callable[[], Answer]) -> tuple[Answer, list[Wake]]:
        """Performs a request that changes something and keeps its answer, or gives the answer that was kept.

        A refusal is an answer as well: what the action did is taken back, the answer is kept.

        Raises:
            FlowError: `COUNTER_USED`, or `STORAGE_FAILED`; nothing was changed.
        """

        def perform() -> Answer:
            kept = self.counters.repeat(change.party, change.counter, change.request)
            if kept is not None:
                return kept
            try:
                with self.database.savepoint():
                    answer = action()
            except FlowError as error:
                if error.code == FlowStatus.STORAGE_FAILED:
                    raise
                answer = self._refused(error)
            except CloakworkError as error:
                answer = self._refused(error)
            self.counters.keep(change.party, change.counter, change.request, answer)
            return answer

        return self.work(perform)

    def work(self, action: Callable[[], Answer | None]) -> tuple[Answer, list[Wake]]:
        """Performs an action in a transaction."""
        try:
            with self.database.transaction():
                answer = action()
        except BaseException:
            self._discard()
            raise
        changed = list(self._changed.values())
        self._changed.clear()
        if self.runs.keys() != self._live.keys():
            self.keys = self._keys()
            self.runs = {run: live.run for run, live in self._live.items()}
        return answer or Answer(204), [self._wake(live) for live in changed]

    def keep(self, change: Change, answer: Answer) -> None:
        """Keeps the answer to a request that only read."""
        with suppress(FlowError), self.database.transaction(durable=False):
            self.counters.keep(change.party, change.counter, change.request, answer)

    def _refused(self, error: CloakworkError) -> Answer:
        self._discard()
        return Answer.of(error)

    def _discard(self) -> None:
        """What was changed in a transaction that failed is taken from the database again at its next use."""
        for run, live in self._changed.items():
            live.discard()
            if self.database.one("SELECT 1 FROM runs WHERE run = ? AND closed IS NULL", run):
                self._live[run] = live
            else:
                self._live.pop(run, None)
        self._changed.clear()

    def _live_run(self, run: Run) -> LiveRun:
        def changed(live: LiveRun) -> None:
            self._changed[live.id] = live

        return LiveRun(self.database, run, changed)

    def _wake(self, live: LiveRun) -> Wake:
        ended = self.database.value("SELECT count(*) FROM rounds WHERE run = ? AND state = 'ended'", live.id)
        row = self.database.one("SELECT number, deadline, closed FROM runs WHERE run = ?", live.id)
        if row is None or row["closed"] is not None:
            return Wake(live.id, (ended,), None, None)
        phase = live.machine.phase
        return Wake(live.id, (ended, row["number"]), row["deadline"], phase.round if phase.name == steps.SUM else None)

    # Runs.

    def live(self, run: bytes) -> LiveRun:
        """A run that is open.

        Raises:
            FlowError: `RUN_CLOSED` or `NOT_FOUND`.
        """
        live = self._live.get(run)
        if live is not None:
            return live
        if self.database.one("SELECT 1 FROM runs WHERE run = ?", run):
            raise FlowError(FlowStatus.RUN_CLOSED, "the run is closed")
        raise FlowError(FlowStatus.NOT_FOUND, f"there is no run {run.hex()}")

    def create(self, run: Run, name: str, names: dict[int, str], settings: bytes, *, shares_results: bool) -> Answer:
        """Creates a run and invites its members.

        Raises:
            FlowError: `CONFLICT` when the run id or the name is taken by another run.
            ParameterError: the names do not fit the roster, or the settings are not those of the description.
        """
        answer = {"run": run.run_id.hex(), "hash": run.hash.hex()}
        known = self.database.one("SELECT hash, name, settings FROM runs WHERE run = ?", run.run_id)
        if known is not None:
            if (known["hash"], known["name"], known["settings"]) != (run.hash, name, settings):
                raise FlowError(FlowStatus.CONFLICT, "there is another run with this id")
            return Answer.json(answer)
        if self.database.one("SELECT 1 FROM runs WHERE name = ?", name):
            raise FlowError(FlowStatus.CONFLICT, f"there is a run named {name!r}; choose another name", argument="name")
        if set(names) != set(run.members) or len(set(names.values())) != len(names):
            raise ParameterError(Status.INVALID_ROSTER, "every member needs a name, and no two may share one", argument="names")
        if hashlib.sha256(settings).digest() != run.settings_hash:
            raise ParameterError(Status.INVALID_RUN, "these are not the settings whose hash the description states", argument="settings")
        live = self._live_run(run)
        self._changed[run.run_id] = live
        self.database.change(
            "INSERT INTO runs (run, name, hash, description, roster, settings, shares_results, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(run.run_id, name, run.hash, run.description, run.roster, settings, shares_results, time.time()),
        )
        for member, key in run.members.items():
            self.database.change(
                "INSERT INTO members (run, id, name, key) VALUES (?, ?, ?, ?)", run.run_id, id_bytes(member), names[member], key
            )
        self._live[run.run_id] = live
        live.invite()
        return Answer.json(answer, 201)

    def stop(self, run: bytes) -> Answer:
        """Stops the round in progress and closes a run."""
        if self.database.value("SELECT closed FROM runs WHERE run = ?", run) is not None:
            return Answer.json({"closed": True})
        live = self.live(run)
        number = self.database.value("SELECT round FROM rounds WHERE run = ? AND state != 'ended'", run)
        if number is not None:
            live.stop_round(number)
        self._changed[run] = live
        self.database.change("UPDATE runs SET closed = ?, deadline = NULL WHERE run = ?", time.time(), run)
        del self._live[run]
        return Answer.json({"closed": True})

    def message(self, run: bytes, member: int, number: int) -> bytes | None:
        """The message of this number for a member; None if it is still to come.

        Raises:
            FlowError: `SUPERSEDED` with the number to ask for instead; `RUN_CLOSED` when the member has had the last one.
        """
        if run in self._live:
            return self._live[run].message(member, number)
        # How the last round ended.
        found: bytes | None = self.database.value(
            "SELECT message FROM outbox WHERE run = ? AND party = ? AND number = ?", run, id_bytes(member), number
        )
        if found is None:
            self.live(run)
        return found

    # Rounds.

    def start_round(self, run: bytes, number: int, wanted: list[int] | None, context: bytes) -> Answer:
        """Starts a round over the model and settings in `context`."""
        digest = hashlib.sha256(context).digest()
        live = self.live(run)
        self.database.store_content(digest, context)
        new = live.start_round(number, wanted, digest)
        self.database.change("UPDATE rounds SET result = NULL WHERE run = ? AND round < ?", run, number - self._results)
        # Models of rounds that have ended are not asked for any more.
        self.database.change(
            """DELETE FROM contents WHERE digest NOT IN (SELECT context FROM rounds WHERE state != 'ended')
            AND digest NOT IN (SELECT result FROM rounds WHERE result IS NOT NULL)"""
        )
        return Answer.json({"round": number}, 201 if new else 200)

    def opening(self, run: bytes, number: int) -> tuple[Run, Opening | CloakworkError, list[int]] | None:
        """What the sum of a round needs: the run, the masks to remove, and whose payloads to add. None when no sum is due any more."""
        live = self._live.get(run)
        if live is None or live.machine.phase.name != steps.SUM or live.machine.phase.round != number:
            return None
        try:
            opening: Opening | CloakworkError = live.machine.opening()
        except CloakworkError as error:
            opening = error
        return live.run, opening, live.machine.survivors()

    def summed(self, run: bytes, number: int, result: bytes | None, failure: CloakworkError | None) -> list[Wake]:
        """Takes the sum of a round, or why there is none."""

        def perform() -> None:
            live = self._live.get(run)
            if live is None:
                return
            digest = None
            if result is not None:
                digest = hashlib.sha256(result).digest()
                self.database.store_content(digest, result)
            live.summed(number, digest, failure)

        return self.work(perform)[1]

    def heard(self, run: bytes, member: int) -> list[Wake]:
        """A member is there."""
        live = self._live.get(run)
        # Looked at first: a transaction for each look of each member would be one too many.
        return [] if live is None or member not in live.members.away() else self.work(lambda: live.heard(member))[1]

    def content(self, digest: bytes) -> bytes | None:
        """The content with this SHA-256."""
        return self.database.content(digest)

    def close_if_due(self, run: bytes) -> list[Wake]:
        """Closes the present step of a run if its time has passed."""
        live = self._live.get(run)
        if live is None:
            return []
        # A clock that was set back, or a timer that came a moment early: the limit is still ahead.
        return self.work(live.close_if_due)[1] or [self._wake(live)]
