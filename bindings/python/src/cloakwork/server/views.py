"""What the server shows of its state, as JSON: runs, rounds, and the status of everything for the page and for controllers."""

from __future__ import annotations

import time
from typing import Any

from cloakwork.secagg import Run, fingerprint
from cloakwork.server import steps
from cloakwork.server.database import id_number, split_ids
from cloakwork.server.engine import Engine
from cloakwork.server.live_run import LiveRun
from cloakwork.wire.problem import FlowError, FlowStatus, outcome_text

__all__ = ["Views"]

_ROUNDS_SHOWN = 50
_REFUSALS_SHOWN = 20


class Views:
    """Reads the engine; it changes nothing.

    Args:
        engine: the engine, in whose thread every method is called.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._database = engine.database

    def runs(self) -> list[dict[str, Any]]:
        """All runs, newest first, in short."""
        rows = self._database.rows("SELECT run, name, hash, created, closed FROM runs ORDER BY created DESC").fetchall()
        return [
            {
                "run": row["run"].hex(),
                "name": row["name"],
                "hash": row["hash"].hex(),
                "created": row["created"],
                "state": "open" if row["closed"] is None else "closed",
                "rounds": self._database.value("SELECT count(*) FROM rounds WHERE run = ?", row["run"]),
            }
            for row in rows
        ]

    def run(self, run: bytes) -> dict[str, Any]:
        """A run with its members, its step and who is waited for.

        Raises:
            FlowError: `NOT_FOUND`.
        """
        row = self._database.one("SELECT * FROM runs WHERE run = ?", run)
        if row is None:
            raise FlowError(FlowStatus.NOT_FOUND, f"there is no run {run.hex()}")
        shown: dict[str, Any] = {
            "run": run.hex(),
            "name": row["name"],
            "hash": row["hash"].hex(),
            "created": row["created"],
            "state": "open" if row["closed"] is None else "closed",
            "shares_results": bool(row["shares_results"]),
            "last_round": self._database.value("SELECT coalesce(max(round), 0) FROM rounds WHERE run = ?", run),
            "seconds_left": None if row["deadline"] is None else max(0.0, row["deadline"] - time.time()),
            "new_setup_wanted": bool(row["renew"]),
        }
        live = self._engine.live(run) if row["closed"] is None else None
        if live is not None:
            phase = live.machine.phase
            begun = self._database.value("SELECT coalesce(max(round), 0) FROM rounds WHERE run = ? AND begun IS NOT NULL", run)
            shown |= {"step": phase.name, "epoch": phase.epoch, "round": begun, "passes": phase.passes, "noise": _noise(live.run)}
        states = self._member_states(live) if live is not None else {}
        members = self._database.rows("SELECT id, name, key FROM members WHERE run = ? ORDER BY id", run)
        shown["members"] = [
            {
                "id": str(id_number(member["id"])),
                "name": member["name"],
                "fingerprint": fingerprint(member["key"]),
                "state": states.get(id_number(member["id"]), "closed"),
            }
            for member in members
        ]
        return shown

    def _member_states(self, live: LiveRun) -> dict[int, str]:
        """What each member is doing, in one word."""
        machine = live.machine
        phase = machine.phase
        waiting, confirmed = set(machine.waiting()), set(machine.confirmed())
        left_out = live.members.left_out(phase.epoch, confirmed)
        away = live.members.away()
        in_round = phase.name in steps.ROUND or phase.name == steps.SUM
        participants, survivors = set(machine.participants()), set(machine.survivors())
        states: dict[int, str] = {}
        for member in live.roster:
            if member in waiting:
                state = "waited for"
            elif in_round and member in survivors:
                state = "answered"
            elif member in left_out:
                state = "left out"
            elif in_round and member in participants:
                state = "dropped out"
            elif phase.name in steps.SETUP:
                state = "answered" if phase.name == steps.ADVERTISE or member in confirmed else "absent"
            elif member not in confirmed:
                state = "absent"
            else:
                state = "away" if member in away else "ready"
            states[member] = state
        return states

    def round(self, run: bytes, number: int) -> dict[str, Any]:
        """A round.

        Raises:
            FlowError: `NOT_FOUND`.
        """
        row = self._database.one("SELECT * FROM rounds WHERE run = ? AND round = ?", run, number)
        if row is None:
            raise FlowError(FlowStatus.NOT_FOUND, f"there is no round {number}")
        return self._round(row)

    def _round(self, row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row
        def ids(stored: bytes | None) -> list[str] | None:
            return None if stored is None else [str(member) for member in split_ids(stored)]

        return {
            "round": row["round"],
            "state": row["state"],
            "participants": ids(row["participants"]),
            "survivors": ids(row["survivors"]),
            "outcome": row["outcome"],
            "reason": outcome_text(row["outcome"]),
            "requested": row["requested"],
            "begun": row["begun"],
            "ended": row["ended"],
        }

    def result(self, run: bytes, number: int, *, member: bool) -> bytes:
        """Digest of the result of a round.

        Raises:
            FlowError: `NOT_FOUND`, `NOT_ALLOWED` for a member where results are not shared, `CONFLICT` while there is none.
        """
        if member and not self._database.value("SELECT shares_results FROM runs WHERE run = ?", run):
            raise FlowError(FlowStatus.NOT_ALLOWED, "the results of this run are for its controller")
        row = self._database.one("SELECT state, outcome, result FROM rounds WHERE run = ? AND round = ?", run, number)
        if row is None:
            raise FlowError(FlowStatus.NOT_FOUND, f"there is no round {number}")
        if row["result"] is None:
            reason = "it has not ended" if row["outcome"] is None else outcome_text(row["outcome"])
            if row["outcome"] == 0:
                reason = "it is too long ago"
            raise FlowError(FlowStatus.CONFLICT, f"round {number} has no result: {reason}")
        digest: bytes = row["result"]
        return digest

    def status(self) -> dict[str, Any]:
        """Everything that the page shows."""
        shown: list[dict[str, Any]] = []
        for row in self._database.rows("SELECT run FROM runs ORDER BY closed IS NOT NULL, created DESC").fetchall():
            run = self.run(row["run"])
            rounds = self._database.rows("SELECT * FROM rounds WHERE run = ? ORDER BY round DESC LIMIT ?", row["run"], _ROUNDS_SHOWN)
            run["rounds"] = [_in_short(self._round(entry)) for entry in rounds]
            run["refusals"] = self._refusals(row["run"])
            shown.append(run)
        return {"time": time.time(), "runs": shown}

    def _refusals(self, run: bytes) -> list[dict[str, Any]]:
        rows = self._database.rows("SELECT * FROM refusals WHERE run = ? ORDER BY sequence DESC LIMIT ?", run, _REFUSALS_SHOWN)
        return [
            {
                "epoch": row["epoch"],
                "round": row["round"],
                "member": str(id_number(row["party"])),
                "accused": None if row["accused"] is None else str(id_number(row["accused"])),
                "code": row["code"],
                "reason": row["reason"],
                "time": row["time"],
            }
            for row in rows
        ]


def _noise(run: Run) -> dict[str, Any] | None:
    """What hides single records in the sums of a run: each member's noise, and how many honest members have theirs in every sum."""
    mechanism = run.config.mechanism
    if mechanism is None:
        return None
    return {
        "deviation": mechanism.sigma * mechanism.parts**0.5,
        "clip": mechanism.clip,
        "parts": mechanism.parts,
        "honest": mechanism.honest,
    }


def _in_short(shown: dict[str, Any]) -> dict[str, Any]:
    """A round with the numbers of its parties instead of their ids."""
    return shown | {name: None if shown[name] is None else len(shown[name]) for name in ("participants", "survivors")}
