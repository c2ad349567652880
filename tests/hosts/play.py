"""Plays a run: a server, a controller and clients, each a process of its own on some host, over TLS on this machine."""

from __future__ import annotations

import math
import os
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from hosts import Host
from numpy.typing import NDArray
from process import END_SECONDS, Process, free_port

from cloakwork.controller import Controller
from cloakwork.flow import keyfile
from cloakwork.flow.certificate import self_signed

FRACTION = 20
LEFT = 3
START_SECONDS = 60.0
# Root mean square error of a private sum beside the one that the plan states: see `judge`.
EPSILON, DELTA, CLIP = 4.0, 1e-5, 8.0


@dataclass(frozen=True)
class Player:
    """A client: its host, and before which message of which round it leaves."""

    host: Host
    leave_before: str | None = None
    leave_round: int = 1

    def leaves(self, number: int) -> bool:
        """Whether its values are missing in this round."""
        return self.leave_before is not None and number >= self.leave_round and (self.leave_before == "begin" or number > self.leave_round)


@dataclass(frozen=True)
class Game:
    """Who plays what."""

    name: str
    server: Host
    controller: Host
    players: tuple[Player, ...]
    rounds: int = 1
    length: int = 20
    suite: int = 1
    step_seconds: int = 20
    private: bool = False


@dataclass
class Outcome:
    """What came of a game: per round what the controller printed, and what is wrong."""

    rounds: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


Tell = Callable[[str], None]


def start(host: Host, role: str, name: str, folder: Path, *options: str | Path) -> Process:
    """Starts a program of a host."""
    return Process(f"{name} ({host.name})", [*host.commands[role], *options], folder, host.environment)


def play(game: Game, folder: Path, generator: np.random.Generator, tell: Tell = lambda _: None) -> Outcome:
    """Plays a game and judges its sums."""
    folder.mkdir(parents=True)
    outcome = Outcome()
    processes: list[Process] = []
    try:
        _play(game, folder, generator, tell, outcome, processes)
    except Failure as failure:
        outcome.problems.append(str(failure))
    finally:
        for process in processes:
            process.kill()
    if outcome.problems:
        outcome.problems += [f"{process.name} said: {process.said().strip()[-2000:]}" for process in processes if process.said()]
    return outcome


class Failure(Exception):
    """A game could not go on."""


def _play(game: Game, folder: Path, generator: np.random.Generator, tell: Tell, outcome: Outcome, processes: list[Process]) -> None:
    home = folder / "server"
    home.mkdir()
    self_signed(["localhost", "127.0.0.1"], home / "certificate.pem", home / "key.pem")
    ca = home / "certificate.pem"
    office = identity(game.controller, folder / "office")
    server = start(game.server, "server", "server", folder, "--folder", home, "--port", str(free_port()), "--controller", office)
    processes.append(server)
    listening = server.line(START_SECONDS)
    if listening is None:
        raise Failure(f"{server.name} did not begin to serve")
    tell(f"{game.server.name} serves at {listening['url']}, as {listening['fingerprint'][:16]}...")

    values = generator.uniform(-1, 1, (len(game.players), game.length))
    invitation = folder / "invitation"
    clients = []
    listed = []
    for number, player in enumerate(game.players, 1):
        name = f"member-{number}"
        listed.append(f"{name} {identity(player.host, folder / name)}")
        (folder / f"{name}.txt").write_text("".join(f"{value:.17g}\n" for value in values[number - 1]), encoding="ascii")
    (folder / "members").write_text("\n".join(listed) + "\n", encoding="ascii")
    for number, player in enumerate(game.players, 1):
        name = f"member-{number}"
        options: list[str | Path] = [
            "--invitation",
            invitation,
            "--ca",
            ca,
            "--identity",
            folder / name,
            "--values",
            folder / f"{name}.txt",
        ]
        if player.leave_before is not None:
            options += ["--leave-before", player.leave_before, "--leave-round", str(player.leave_round)]
        clients.append(start(player.host, "client", name, folder, *options))
    processes += clients

    options = ["--url", listening["url"], "--server", listening["fingerprint"], "--ca", ca, "--identity", folder / "office"]
    options += ["--members", folder / "members", "--length", str(game.length), "--rounds", str(game.rounds), "--suite", str(game.suite)]
    options += ["--step-seconds", str(game.step_seconds), "--invitation", invitation]
    if game.private:
        options += ["--epsilon", str(EPSILON), "--delta", str(DELTA), "--clip", str(CLIP)]
    controller = start(game.controller, "controller", "controller", folder, *options)
    processes.append(controller)
    tell(f"{game.controller.name} controls a run of {', '.join(player.host.name for player in game.players)}")
    for number in range(1, game.rounds + 1):
        # Each step that somebody has left waits for its limit, and set-up has three steps.
        line = controller.line(START_SECONDS + 8 * game.step_seconds)
        if line is None:
            raise Failure(f"{controller.name} told nothing of round {number}")
        outcome.rounds.append(line)
        outcome.problems += judge(game, number, line, values)
        tell(describe(line, game))
    if (status := controller.end(END_SECONDS)) != 0:
        outcome.problems.append(f"{controller.name} ended with {status}")
    with closing(Controller(listening["url"], listening["fingerprint"], keyfile.load(folder / "office"), ca=ca)) as watching:
        outcome.problems += shown(game, watching.watch())
    _end(game, outcome, server, clients)


def _end(game: Game, outcome: Outcome, server: Process, clients: list[Process]) -> None:
    for player, client in zip(game.players, clients, strict=True):
        expected = 0 if player.leave_before is None else LEFT
        if (status := client.end(END_SECONDS)) != expected:
            outcome.problems.append(f"{client.name} ended with {status}, expected {expected}")
    if (status := server.stop()) != 0:
        outcome.problems.append(f"{server.name} ended with {status}")


def identity(host: Host, path: Path) -> str:
    """Makes an identity with the program of a host and gives its fingerprint."""
    words = [*host.commands["client"], "--new-identity", str(path)]
    result = subprocess.run(
        words, capture_output=True, text=True, timeout=START_SECONDS, check=False, env={**os.environ, **host.environment}
    )
    if result.returncode != 0:
        raise Failure(f"{host.name} made no identity: {result.stderr}")
    return result.stdout.strip()


def judge(game: Game, number: int, line: dict[str, Any], values: NDArray[np.float64]) -> list[str]:
    """What is wrong with the result of a round."""
    where = f"round {number}"
    if line.get("round") != number or line.get("outcome") != 0:
        return [f"{where}: {line}"]
    there = [member for member, player in enumerate(game.players, 1) if not player.leaves(number)]
    if line["survivors"] != [str(member) for member in there]:
        return [f"{where}: the sum has the members {line['survivors']}, expected {there}"]
    found = np.array(line["sum"])
    plain = values[[member - 1 for member in there]].sum(axis=0)
    if found.shape != plain.shape:
        return [f"{where}: {found.size} values, expected {plain.size}"]
    error = np.abs(found - plain)
    if not game.private:
        # Each vector is rounded to multiples of 2^-20; the sums of doubles are exact beside that.
        bound = len(there) * 0.5 * 2.0**-FRACTION * (1 + 1e-9)
        return [] if error.max() <= bound else [f"{where}: off by {error.max():.3g}, at most {bound:.3g} is due to rounding"]
    # For these numbers plans have noise of one to ten clips. The sum of 20 squared normal values is below a hundredth of its mean or above
    # ten times its mean with a probability under 1e-16 (Chernoff).
    size = math.sqrt(float((error**2).mean()))
    return [] if CLIP / 10 < size < CLIP * 32 else [f"{where}: an error of {size:.3g} is not that of noise for a clip of {CLIP:g}"]


def shown(game: Game, status: dict[str, Any] | None) -> list[str]:
    """What is wrong with the status of a server that has had this game, and closed its run."""
    if status is None or set(status) != {"version", "time", "runs"} or len(status["runs"]) != 1:
        return [f"the status is {status}"]
    (run,) = status["runs"]
    members = len(game.players)
    rounds = [[entry[name] for name in ("round", "state", "outcome", "survivors")] for entry in run["rounds"]]
    there = {number: sum(not player.leaves(number) for player in game.players) for number in range(game.rounds, 0, -1)}
    right = (run["state"], len(run["members"]), run["refusals"]) == ("closed", members, [])
    right &= rounds == [[number, "ended", 0, survivors] for number, survivors in there.items()]
    # Who was away before a round is not among its participants.
    right &= all(entry["survivors"] <= entry["participants"] <= members for entry in run["rounds"])
    return [] if right else [f"the status shows {run}"]


def describe(line: dict[str, Any], game: Game) -> str:
    """A round, for people."""
    if line["outcome"] != 0:
        return f"round {line['round']}: aborted, {line['outcome']}"
    first = ", ".join(f"{value:.6f}" for value in line["sum"][:3])
    noise = ", with noise" if game.private else ""
    return f"round {line['round']}: {len(line['survivors'])} of {len(game.players)} members in the sum, which begins {first}{noise}"
