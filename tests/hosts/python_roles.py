"""The roles of the Python package under the command line that all hosts have in these tests; `tests/hosts/README.md` describes it.

People use `cloakwork`: this is for the program that plays rounds between hosts.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

from cloakwork.client import Client, Event, Round
from cloakwork.controller import Controller, RoundResult, RunHandle
from cloakwork.errors import CloakworkError
from cloakwork.flow import keyfile
from cloakwork.ledger import Budget, Ledger
from cloakwork.privacy import Neighbours, Unit, choose
from cloakwork.secagg import Client as Machine
from cloakwork.secagg import Config, Segment
from cloakwork.server import folder as folders
from cloakwork.server.serving import serve
from cloakwork.server.settings import Settings

LABEL, BITS, FRACTION = "values", 40, 20
FILE_SECONDS = 60.0
# A participant that hears nothing for so long has been forgotten by the test.
IDLE_SECONDS = 180.0
LEFT = 3
# Which call answers a message.
ANSWERS = {"begin": "mask", "survivors": "acknowledge", "open": "unmask"}
DATASET = "values"
_FILE = click.Path(path_type=Path)


@click.group()
def roles() -> None:
    """Play a role."""


def say(**fields: object) -> None:
    """One line for the program that plays."""
    print(json.dumps(fields), flush=True)


@roles.command()
@click.option("--folder", type=_FILE, required=True)
@click.option("--port", type=click.IntRange(0, 65535), required=True)
@click.option("--controller", "controllers", multiple=True, required=True)
def server(folder: Path, port: int, controllers: tuple[str, ...]) -> None:
    """Serve until told to end."""
    if port == 0:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
    url = f"https://localhost:{port}"
    fingerprint = folders.create(folder, url, host="127.0.0.1", port=port, tls=("certificate.pem", "key.pem"))
    for controller in controllers:
        folders.allow(folder, controller, "")
    threading.Thread(target=_announce, args=(port, url, fingerprint), daemon=True).start()
    serve(Settings.read(folder))


def _announce(port: int, url: str, fingerprint: str) -> None:
    deadline = time.monotonic() + FILE_SECONDS
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                say(url=url, fingerprint=fingerprint)
                return
        except OSError:
            time.sleep(0.05)


@roles.command()
@click.option("--url", required=True)
@click.option("--server", "fingerprint", required=True)
@click.option("--ca", type=_FILE, required=True)
@click.option("--identity", type=_FILE, required=True)
@click.option("--members", type=_FILE, required=True)
@click.option("--invitation", type=_FILE, required=True)
@click.option("--length", type=int, required=True)
@click.option("--rounds", type=int, required=True)
@click.option("--suite", type=int, default=1)
@click.option("--min-inputs", type=int)
@click.option("--threshold", type=int)
@click.option("--step-seconds", type=int, default=60)
@click.option("--epsilon", type=float)
@click.option("--delta", type=float)
@click.option("--clip", type=float)
def controller(
    url: str,
    fingerprint: str,
    ca: Path,
    identity: Path,
    members: Path,
    invitation: Path,
    length: int,
    rounds: int,
    suite: int,
    min_inputs: int | None,
    threshold: int | None,
    step_seconds: int,
    epsilon: float | None,
    delta: float | None,
    clip: float | None,
) -> None:
    """Define a run, play its rounds and close it."""
    listed = dict(line.split() for line in members.read_text(encoding="utf-8").splitlines())
    shared: dict[str, Any] = {
        "suite": suite,
        "min_inputs": min_inputs,
        "threshold": threshold,
        "setup_seconds": step_seconds,
        "step_seconds": step_seconds,
        "max_rounds": rounds,
    }
    unit = Unit.client()
    if epsilon is None or delta is None or clip is None:
        config = Config(segments=(Segment(LABEL, BITS, length, "fixed", FRACTION),), **shared)
        label = LABEL
    else:
        honest = Config(segments=(), **shared).honest_for(len(listed))
        plan = choose(
            clients=len(listed), dimension=length, clip=clip, epsilon=epsilon, delta=delta, rounds=rounds, unit=unit, honest=honest
        )
        config = Config.private(plan.mechanism, plan.bits, **shared)
        label = "vector"
    charged: dict[str, Any] = {}
    with Ledger(invitation.with_suffix(".ledger")) as ledger:
        if config.mechanism is not None:
            ledger.open_dataset(DATASET, Budget(epsilon or 0, delta or 0, "client", Neighbours.REPLACE_ONE))
            charged = {"dataset": DATASET, "unit": unit}
        office = Controller(url, fingerprint, identity, ca=ca, ledger=ledger)
        handle = office.create(f"run of {len(listed)}", listed, config, **charged)
        aside = invitation.with_suffix(".new")
        aside.write_text(f"{handle.invitation}\n", encoding="utf-8")
        aside.replace(invitation)
        for number in range(1, rounds + 1):
            _play(handle, number, label)
        handle.close()


def _play(handle: RunHandle, number: int, label: str) -> None:
    found: RoundResult | CloakworkError
    try:
        handle.start_round(number.to_bytes(4, "little"), number=number)
        found = handle.result(number)
    except CloakworkError as error:
        say(round=number, outcome=error.code, participants=[], survivors=[])
        return
    ids = [str(member) for member in found.members]
    say(round=number, outcome=0, participants=ids, survivors=ids, sum=[float(value) for value in found.sums[label]])


@roles.command()
@click.option("--invitation", type=_FILE)
@click.option("--ca", type=_FILE)
@click.option("--identity", type=_FILE)
@click.option("--values", type=_FILE)
@click.option("--leave-before", type=click.Choice(list(ANSWERS)))
@click.option("--leave-round", type=int, default=1)
@click.option("--new-identity", type=_FILE)
def client(
    invitation: Path | None,
    ca: Path | None,
    identity: Path | None,
    values: Path | None,
    leave_before: str | None,
    leave_round: int,
    new_identity: Path | None,
) -> None:
    """Take part until the run is closed."""
    if new_identity is not None:
        print(keyfile.create(new_identity).fingerprint)
        return
    if invitation is None or ca is None or identity is None or values is None:
        raise click.UsageError("a client needs --invitation, --ca, --identity and --values")
    vector = np.loadtxt(values, dtype=np.float64, ndmin=1)
    line = _awaited(invitation)
    if leave_before is not None:
        _leave(ANSWERS[leave_before], leave_round)
    charged: dict[str, Any] = {}
    if Client.look(line, identity, ca=ca)[1].config.mechanism is not None:
        ledger = Ledger(values.with_suffix(".ledger"))
        # What these parties may lose is not what is tested here: the run states its own promise.
        ledger.open_dataset(DATASET, Budget(64, 1e-2, "client", Neighbours.REPLACE_ONE))
        charged = {"ledger": ledger, "dataset": DATASET, "unit": Unit.client()}
    with Client.join(line, identity, values.with_suffix(".sqlite"), ca=ca, **charged) as joined:
        label = joined.run.config.segments[0].label

        def contribute(this: Round) -> Any:
            if this.context != this.number.to_bytes(4, "little"):
                raise click.ClickException("the context is not the number of the round")
            return vector if this.run.config.mechanism is not None else {label: vector}

        def tell(event: Event) -> None:
            if event.what == "ended":
                say(round=event.round, outcome=event.outcome)

        joined.serve(contribute, idle_seconds=IDLE_SECONDS, listener=tell)


def _awaited(path: Path) -> str:
    deadline = time.monotonic() + FILE_SECONDS
    while not path.exists():
        if time.monotonic() > deadline:
            raise click.ClickException(f"{path} did not appear within {FILE_SECONDS:.0f} s; is the controller running?")
        time.sleep(0.05)
    return path.read_text(encoding="utf-8").strip()


def _leave(method: str, number: int) -> None:
    """Ends this process where it would answer."""
    real: Callable[..., Any] = getattr(Machine, method)

    def leaving(machine: Machine, *arguments: Any, **named: Any) -> Any:
        if machine.state.round == number:
            os._exit(LEFT)
        return real(machine, *arguments, **named)

    setattr(Machine, method, leaving)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        roles(standalone_mode=True)
    except CloakworkError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
