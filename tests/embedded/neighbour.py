"""A member of a run in Python: the neighbour of devices. Its options are those of examples/embedded/client.py."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np

from cloakwork.client import Client
from cloakwork.secagg import Client as Machine

IDLE_SECONDS = 240.0
LEFT = 3
# Which call answers a message.
ANSWERS = {"begin": "mask", "survivors": "acknowledge", "open": "unmask"}


def main() -> None:
    """Takes part until the run is closed."""
    parser = argparse.ArgumentParser()
    for name in ("invitation", "ca", "identity", "values"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--leave-before", choices=ANSWERS)
    parser.add_argument("--leave-round", type=int, default=1)
    given = parser.parse_args()
    if given.leave_before is not None:
        leave(ANSWERS[given.leave_before], given.leave_round)
    values = np.loadtxt(given.values, ndmin=1)
    line = given.invitation.read_text(encoding="utf-8")
    with Client.join(line, given.identity, given.values.with_suffix(".sqlite"), ca=given.ca) as client:
        client.serve(lambda _: {"values": values}, idle_seconds=IDLE_SECONDS)


def leave(method: str, number: int) -> None:
    """Ends this process where it would answer."""
    real = getattr(Machine, method)

    def leaving(machine: Machine, *arguments: object) -> object:
        if machine.state.round == number:
            os._exit(LEFT)
        return real(machine, *arguments)

    setattr(Machine, method, leaving)


if __name__ == "__main__":
    sys.exit(main())
