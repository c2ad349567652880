"""The members of a run: their names, who is away, and who is left out because of keys that did not confirm."""

from __future__ import annotations

import time
from collections.abc import Iterable

from cloakwork.errors import Status
from cloakwork.secagg import Run
from cloakwork.server.database import Database, id_bytes, id_number

__all__ = ["Membership"]


class Membership:
    """The members of one run. Every method that changes something belongs into an open transaction."""

    def __init__(self, database: Database, run: Run) -> None:
        self._database = database
        self._run = run
        self._id = run.run_id

    def away(self) -> set[int]:
        """Who missed a step and was not heard from since."""
        rows = self._database.rows("SELECT id FROM members WHERE run = ? AND away", self._id)
        return {id_number(row["id"]) for row in rows}

    def missed(self, members: Iterable[int]) -> None:
        """These did not answer in time."""
        for member in members:
            self._database.change("UPDATE members SET away = 1 WHERE run = ? AND id = ?", self._id, id_bytes(member))

    def heard(self, member: int) -> bool:
        """This one is there. Returns whether it was away."""
        return self._database.change("UPDATE members SET away = 0 WHERE run = ? AND id = ? AND away", self._id, id_bytes(member)) > 0

    def refused(self, epoch: int, number: int, member: int, accused: int | None, code: int, reason: str) -> None:
        """Keeps why a member refused a message: once for each neighbour that it may blame, and once more."""
        told = self._database.value(
            "SELECT count(*) FROM refusals WHERE run = ? AND epoch = ? AND round = ? AND party = ?",
            self._id,
            epoch,
            number,
            id_bytes(member),
        )
        if told > self._run.degree:
            return
        self._database.change(
            "INSERT INTO refusals (run, epoch, round, party, accused, code, reason, time) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(self._id, epoch, number, id_bytes(member), None if accused is None else id_bytes(accused), code, reason, time.time()),
        )

    def refusers(self, epoch: int, number: int) -> set[int]:
        """Who refused a message of this set-up (round 0) or round."""
        rows = self._database.rows("SELECT party FROM refusals WHERE run = ? AND epoch = ? AND round = ?", self._id, epoch, number)
        return {id_number(row["party"]) for row in rows}

    def left_out(self, epoch: int, confirmed: Iterable[int]) -> set[int]:
        """Who takes part in no round of this epoch.

        A member whose keys were not confirmed to more than half of its neighbours is left out; an accusation that fewer
        share falls back on the accuser (threat-model.md section 5). Only members with confirmed keys are accused or accuse.
        """
        there = set(confirmed)
        accusers: dict[int, set[int]] = {}
        rows = self._database.rows(
            "SELECT party, accused FROM refusals WHERE run = ? AND epoch = ? AND code = ? AND accused IS NOT NULL",
            *(self._id, epoch, int(Status.NOT_CONFIRMED)),
        )
        for row in rows:
            accuser, accused = id_number(row["party"]), id_number(row["accused"])
            if {accuser, accused} <= there and accuser in self._run.neighbours(accused):
                accusers.setdefault(accused, set()).add(accuser)
        left_out: set[int] = set()
        for accused, by in accusers.items():
            neighbours = there & set(self._run.neighbours(accused))
            left_out |= {accused} if 2 * len(by) > len(neighbours) else by
        return left_out
