"""The play: who is started when, who is killed, and what everybody reports."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, Self

from observation import stored_payload
from private import EPSILONS
from processes import Actor, Failure, Inbox
from record import Observed, PrivateTraining, Record, Round, Traffic
from rows import Rows

from cloakwork.wire.invitation import Invitation

__all__ = ["Play", "Plot", "Screen"]

_START_SECONDS = 120
OBSERVED = "north"


@dataclass(frozen=True)
class Plot:
    """What is to happen.

    Attributes:
        rounds: of training.
        private_rounds: of each private training.
        killed: the hospital that is killed.
        killed_in: the training round in whose middle that happens.
        away: how many rounds pass after that one before it is started again.
        step_seconds: time limit of each step of a round: how long the others wait for the killed one.
        seconds: how long everything may take.
    """

    rounds: int
    private_rounds: int
    killed: str
    killed_in: int
    away: int
    step_seconds: int
    seconds: float


class Screen(Protocol):
    """Who shows what happens."""

    def happened(self, text: str) -> None:
        """Something worth a line."""

    def party(self, name: str, text: str) -> None:
        """What a party is doing."""

    def round(self, entry: Round) -> None:
        """A round has ended with a sum."""


class Play:
    """A play in a folder. Use it as a context manager: it ends its processes.

    Args:
        folder: an empty folder.
        parts: the rows of each hospital.
        plot: what is to happen.
        screen: who shows it.
    """

    def __init__(self, folder: Path, parts: dict[str, Rows], plot: Plot, screen: Screen) -> None:
        self._folder = folder
        self._parts = parts
        self._plot = plot
        self._screen = screen
        self._inbox = Inbox(plot.seconds)
        self._actors: list[Actor] = []
        self._hospitals: dict[str, Actor] = {}
        self._fingerprints: dict[str, str] = {}
        self._invited: dict[str, Any] = {}
        self._members: dict[str, int] = {}
        self._there: set[str] = set()
        self._at: dict[str, tuple[str, int]] = {}
        self._sent: dict[int, int] = {}
        self._in_round: dict[str, int] = {}
        self._computing = False
        self._trained = 0
        self._closed = False
        self._spent: dict[float, dict[str, float]] = {}
        self.record = Record(plot.killed, plot.killed_in, traffic={name: Traffic() for name in parts})

    def __enter__(self) -> Self:
        """The play, with nobody on stage yet."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Ends all processes."""
        for actor in self._actors:
            actor.ask_to_end()
        for actor in self._actors:
            actor.ended()

    def run(self) -> Record:
        """Plays it.

        Raises:
            Failure: something did not happen, or a process ended that should not.
        """
        started = time.monotonic()
        office = self._start()
        office.tell(do="statistics")
        self._until(lambda: bool(self.record.statistics), "the joint statistics")
        self._train(office)
        office.tell(do="close")
        self._until(lambda: self._closed, "the end of the training")
        office.tell(do="private")
        self._until(self._everybody_is_through, "the private trainings")
        self.record.seconds = time.monotonic() - started
        return self.record

    def _start(self) -> Actor:
        for name, rows in self._parts.items():
            (self._folder / name).mkdir()
            rows.save(self._folder / name / "rows.npz")
            self._hospitals[name] = self._act(Actor.script(name, "hospital.py", self._folder / name, self._inbox))
        (self._folder / "office").mkdir()
        office = self._act(Actor.script("office", "office.py", self._folder / "office", self._inbox))
        self._until(lambda: len(self._fingerprints) == len(self._parts) + 1, "the fingerprints of all parties")
        url, server = self._start_server(self._fingerprints["office"])
        ca = str(self._folder / "server" / "certificate.pem")
        members = {name: self._fingerprints[name] for name in self._parts}
        limits = {"step_seconds": self._plot.step_seconds, "private_rounds": self._plot.private_rounds}
        office.tell(do="create", url=url, server=server, ca=ca, members=members, **limits)
        self._until(lambda: bool(self._invited), "the invitations")
        self._screen.happened(f"server {url}, TLS 1.3; every hospital pins the server and the run by its invitation")
        self._invited = {"ca": ca, "invitations": self._invited, "slow_round": None}
        for name, hospital in self._hospitals.items():
            slow = self._plot.killed_in if name == self._plot.killed else None
            hospital.tell(**{**self._invited, "slow_round": slow})
        return office

    def _start_server(self, controller: str) -> tuple[str, str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            url = f"https://localhost:{probe.getsockname()[1]}"
        folder = self._folder / "server"
        command = [sys.executable, "-m", "cloakwork", "server", "init", "--folder", str(folder), "--url", url, "--host", "127.0.0.1"]
        command += ["--self-signed", "--controller", controller]
        try:
            made = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=_START_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise Failure(f"the server's folder was not made within {_START_SECONDS} s") from None
        if made.returncode != 0:
            raise Failure(f"the server's folder could not be made:\n{made.stderr}")
        self._act(Actor("server", ["-m", "cloakwork", "server", "run", "--folder", folder], folder, self._inbox))
        return url, made.stdout.strip()

    def _act(self, actor: Actor) -> Actor:
        self._actors.append(actor)
        return actor

    def _train(self, office: Actor) -> None:
        away_until: int | None = None
        while self._trained < self._plot.rounds:
            if away_until is not None and self._trained == away_until:
                self._bring_back(office)
            done = self._trained
            office.tell(do="train")
            self._until(lambda done=done: self._computing or self._trained > done, "a training round")  # type: ignore[misc]
            if self._computing:
                self._kill()
                self._until(lambda done=done: self._trained > done, "the round that lost a hospital")  # type: ignore[misc]
                away_until = self._trained + self._plot.away
        if not self.record.back_in:
            raise Failure(f"{self._plot.killed} was not killed and brought back: it missed its round")

    def _kill(self) -> None:
        """Kills a hospital after its round began and before its masked vector left, and looks at what the server has meanwhile."""
        name, number = self._plot.killed, self._plot.killed_in
        victim = self._hospitals[name]
        victim.kill()
        self._computing = False
        self._screen.party(name, f"killed in round {number}")
        self._screen.happened(
            f"{name} (process {victim.pid}) killed in the middle of round {number}: the others wait {self._plot.step_seconds} s for it"
        )
        self._until(lambda: self._at.get(OBSERVED) == ("masked", number), f"the masked vector of {OBSERVED}")
        run = Invitation.parse(self._invited["invitations"]["training"]).run
        payload = stored_payload(self._folder / "server" / "server.sqlite", run, self._members[OBSERVED])
        if payload is None:
            raise Failure(f"the server has no masked vector of {OBSERVED}")
        self.record.observed = Observed(OBSERVED, number, payload.hex())

    def _bring_back(self, office: Actor) -> None:
        name = self._plot.killed
        again = self._act(Actor.script(name, "hospital.py", self._folder / name, self._inbox))
        self._hospitals[name] = again
        again.tell(**self._invited)
        office.tell(do="expect", member=name)
        self._until(lambda: name in self._there, f"the return of {name}")
        self._screen.party(name, "back, as a new process")
        self._screen.happened(f"{name} is back as process {again.pid}, with the keys and the state that it stored before")

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        """Takes messages until a condition holds.

        Raises:
            Failure: a process ended, or the time is over.
        """
        while not condition():
            actor, message = self._inbox.next(what)
            if message is not None:
                self._take(actor, message)
            elif not actor.expected_to_end:
                raise Failure(actor.ending())

    def _take(self, actor: Actor, message: dict[str, Any]) -> None:
        event = message.pop("event")
        getattr(self, f"_on_{event}")(actor, message)

    def _on_ready(self, actor: Actor, message: dict[str, Any]) -> None:
        self._fingerprints[actor.name] = message["fingerprint"]
        self._screen.party(actor.name, "ready")

    def _on_invites(self, _actor: Actor, message: dict[str, Any]) -> None:
        self._invited = message["invitations"]
        self._members = {name: int(member) for member, name in message["members"].items()}
        self.record.tolerated = message["tolerated_dropouts"]

    def _on_step(self, actor: Actor, message: dict[str, Any]) -> None:
        name, what, traffic = actor.name, message["what"], self.record.traffic[actor.name]
        before = self._sent.get(actor.pid, 0)
        # The counters of a process begin at 0 for each of its runs.
        sent = message["sent"] - before if message["sent"] >= before else message["sent"]
        self._sent[actor.pid] = message["sent"]
        traffic.sent += sent
        if what == "masked":
            traffic.masked = max(traffic.masked, sent)
        if message["run"] == "training":
            self._in_round[name] = self._in_round.get(name, 0) + sent
            if what == "ended":
                traffic.rounds.append(self._in_round.pop(name))
            elif what in {"set up", "began"} and message["round"] == 0:
                self._in_round.pop(name)
        self._at[name] = (what, message["round"]) if message["run"] == "training" else ("", 0)
        self._screen.party(name, what if what != "refused" else f"refused: {message['text']}")

    def _on_computing(self, _actor: Actor, _message: dict[str, Any]) -> None:
        self._computing = True

    def _on_began(self, _actor: Actor, _message: dict[str, Any]) -> None:
        pass

    def _on_aborted(self, _actor: Actor, message: dict[str, Any]) -> None:
        self.record.aborted.append(message["text"])
        self._screen.happened(f"{message['run']}: {message['text']}; starting it again")

    def _on_ended(self, _actor: Actor, message: dict[str, Any]) -> None:
        number = message.pop("round")
        entry = Round(**message, number=number)
        self.record.rounds.append(entry)
        if entry.run == "training" and self._plot.killed in self._there and not self.record.back_in:
            self.record.back_in = number
        for name in entry.members:
            self.record.traffic[name].contributed += 1
        self._screen.round(entry)

    def _on_statistics(self, _actor: Actor, message: dict[str, Any]) -> None:
        self.record.statistics = message

    def _on_trained(self, _actor: Actor, message: dict[str, Any]) -> None:
        self.record.coefficients = message["coefficients"]
        self._trained += 1

    def _on_there(self, _actor: Actor, message: dict[str, Any]) -> None:
        self.record.epochs = message["epoch"]
        self._there.add(message["member"])

    def _on_private(self, _actor: Actor, message: dict[str, Any]) -> None:
        self.record.private.append(PrivateTraining(**message))

    def _on_spent(self, actor: Actor, message: dict[str, Any]) -> None:
        self._spent.setdefault(message["epsilon"], {})[actor.name] = message["spent"]
        actor.expected_to_end = message["epsilon"] == EPSILONS[-1]

    def _everybody_is_through(self) -> bool:
        """Whether all private trainings are done and every hospital has told what its ledger says; keeps that."""
        if len(self.record.private) < len(EPSILONS) or any(len(self._spent.get(epsilon, {})) < len(self._parts) for epsilon in EPSILONS):
            return False
        self.record.private = [replace(found, spent={**found.spent, **self._spent[found.epsilon]}) for found in self.record.private]
        return True

    def _on_closed(self, _actor: Actor, _message: dict[str, Any]) -> None:
        self._closed = True
