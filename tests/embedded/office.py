"""A server over TLS with its controller, and the members of a run on devices and in Python, each a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from round import serve

from cloakwork.controller import Controller, RoundResult, RunHandle
from cloakwork.flow import keyfile
from cloakwork.ledger import Budget, Ledger
from cloakwork.privacy import Neighbours, Unit
from cloakwork.secagg import Config, Identity, Segment

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
CLIENT = ROOT / "examples" / "embedded" / "client.py"
END_SECONDS = 30.0
ROUND_SECONDS = 240.0
FRACTION = 20
DATASET = "values"


class Failure(Exception):
    """A check did not hold."""


@dataclass(frozen=True)
class Office:
    """A server that serves, and who controls it."""

    folder: Path
    ca: Path
    controller: Controller

    def config(self, length: int, rounds: int, **others: Any) -> Config:
        """A run of one vector in fixed point, as devices take it."""
        segments = (Segment("values", 40, length, "fixed", FRACTION),)
        return Config(**{"segments": segments, "suite": 1, "max_rounds": rounds, "setup_seconds": 120, "step_seconds": 120, **others})

    def invite(self, name: str, identities: dict[str, Identity], config: Config) -> tuple[RunHandle, Path]:
        """Makes a run and the file of its invitation."""
        fingerprints = {member: identity.fingerprint for member, identity in identities.items()}
        private = {} if config.mechanism is None else {"dataset": DATASET, "unit": Unit.client()}
        handle = self.controller.create(name, fingerprints, config, **private)
        path = self.folder / f"{name}.invitation"
        aside = path.with_suffix(".new")
        aside.write_text(f"{handle.invitation}\n", encoding="utf-8")
        aside.replace(path)
        return handle, path


@contextmanager
def office(folder: Path) -> Iterator[Office]:
    """Serves on this machine until left."""
    with serve(folder) as (url, fingerprint, ca):
        ledger = Ledger(folder / "ledger")
        ledger.open_dataset(DATASET, Budget(64, 1e-2, "client", Neighbours.REPLACE_ONE))
        yield Office(folder, ca, Controller(url, fingerprint, folder / "controller", ca=ca, ledger=ledger))


@dataclass(frozen=True)
class Member:
    """A member of a run.

    Attributes:
        firmware: which firmware plays it, or None for Python.
        leaves: the message of the second round before which its power is cut, if any.
        options: further options of the program.
        ends: the exit status that is expected of it.
        says: what its error stream is expected to hold.
    """

    firmware: str | None = None
    leaves: str | None = None
    options: tuple[str, ...] = ()
    ends: int = 0
    says: str = ""


@dataclass
class Played:
    """What came of a run: the results by round, the values, and what each device that counted told of its rounds."""

    results: list[RoundResult]
    values: NDArray[np.float64]
    costs: dict[int, dict[str, Any]]


def _command(at: Office, member: Member, invitation: Path, key: Path, values: Path) -> list[str]:
    shared = ["--invitation", str(invitation), "--ca", str(at.ca), "--identity", str(key), "--values", str(values)]
    leaving = [] if member.leaves is None else ["--leave-before", member.leaves, "--leave-round", "2"]
    if member.firmware is None:
        return [sys.executable, str(HERE / "neighbour.py"), *shared, *leaving, *member.options]
    return [sys.executable, str(CLIENT), "--firmware", member.firmware, *shared, *leaving, *member.options]


def play(
    at: Office,
    name: str,
    members: list[Member],
    length: int,
    rounds: int,
    generator: np.random.Generator,
    crowd: int = 0,
    pause: float = 0.0,
    **others: Any,
) -> Played:
    """Plays a run; a member that ends otherwise than expected is a failure.

    `crowd` more members give zeros. After each round there is a pause, in which slow members hear of its end.
    """
    folder = at.folder / name
    folder.mkdir()
    identities = {f"member-{index}": keyfile.create(folder / f"member-{index}") for index in range(len(members))}
    identities |= {f"crowd-{index}": keyfile.create(folder / str(index)) for index in range(crowd)}
    handle, invitation = at.invite(name, identities, at.config(length, rounds, **others))
    values = generator.uniform(-100, 100, (len(members), length))
    processes: list[subprocess.Popen[str]] = []
    logs = []
    try:
        for index, member in enumerate(members):
            path = folder / f"member-{index}.values"
            path.write_text("".join(f"{value:.17g}\n" for value in values[index]), encoding="ascii")
            logs.append(folder / f"member-{index}.err")
            with logs[-1].open("w") as errors:
                command = _command(at, member, invitation, folder / f"member-{index}", path)
                processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors, text=True, start_new_session=True))
        if crowd:
            command = [sys.executable, str(HERE / "crowd.py"), str(invitation), str(at.ca), str(folder), str(crowd), str(length)]
            processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, text=True, start_new_session=True))
        results = []
        for number in range(1, rounds + 1):
            handle.start_round(number.to_bytes(4, "little"), number=number)
            results.append(handle.result(number, seconds=ROUND_SECONDS))
            time.sleep(pause)
        handle.close()
        ends = [process.wait(timeout=END_SECONDS) for process in processes]
    except Exception as error:
        said = "; ".join(log.read_text() for log in logs if log.read_text())
        raise Failure(f"{name}: {error}; {said}") from error
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    for index, member in enumerate(members):
        said = logs[index].read_text(encoding="utf-8")
        if ends[index] != member.ends or member.says not in said:
            raise Failure(f"{name}: member {index} ended with {ends[index]}, expected {member.ends} and {member.says!r}: {said}")
    costs = {index: json.loads(path.read_text()) for index in range(len(members)) if (path := folder / f"member-{index}.costs").is_file()}
    return Played(results, values, costs)


def check_sums(played: Played, present: list[list[int]]) -> None:
    """The sums are those of the members with these indices, to the last bit: each value is rounded to a multiple of 2^-20."""
    for number, (result, indices) in enumerate(zip(played.results, present, strict=True), 1):
        words = np.rint(played.values[indices] * 2.0**FRACTION).sum(axis=0) / 2.0**FRACTION
        if not np.array_equal(result.sums["values"], words):
            worst = float(np.abs(result.sums["values"] - words).max())
            raise Failure(f"round {number}: the sum is off by {worst:g}")
