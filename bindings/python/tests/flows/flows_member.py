"""A member as a process: contributes one number to every round, and fails as it is told.

    flows_member.py INVITATION IDENTITY STORAGE CA VALUE [--die before|after KIND] [--hold KIND FILE]

`--die` kills the process as soon as the answer of this kind is stored, before it leaves or after the server has it. `--hold` keeps the
answer back until a file exists.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from pathlib import Path

import numpy as np
from flows_world import LENGTH

from cloakwork.client import Client, Event, Round
from cloakwork.client.participation import Participation
from cloakwork.flow.drive import drive
from cloakwork.flow.effects import Effect, Flow, Send
from cloakwork.secagg import message_kind


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kind_of(effect: Effect) -> str | None:
    """The kind of the protocol message that is being sent."""
    if isinstance(effect, Send) and effect.method == "POST" and effect.url.endswith("/messages"):
        return message_kind(effect.body).name.lower()
    return None


def faulty(flow: Flow[int], arguments: argparse.Namespace) -> Flow[int]:
    """The same conversation, with what goes wrong outside of it."""
    effect = next(flow)
    while True:
        kind = kind_of(effect)
        if arguments.die == ["before", kind]:
            die()
        if arguments.hold and arguments.hold[0] == kind:
            print(f"holds {kind}", flush=True)
            while not Path(arguments.hold[1]).exists():
                time.sleep(0.02)
        try:
            outcome = yield effect
        except Exception as error:  # noqa: BLE001 - for the conversation to handle
            step = lambda error=error: flow.throw(error)  # noqa: E731
        else:
            step = lambda outcome=outcome: flow.send(outcome)  # noqa: E731
            if arguments.die == ["after", kind]:
                die()
        try:
            effect = step()
        except StopIteration as end:
            return end.value


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("invitation", "identity", "storage", "ca"):
        parser.add_argument(name)
    parser.add_argument("value", type=float)
    parser.add_argument("--die", nargs=2)
    parser.add_argument("--hold", nargs=2)
    arguments = parser.parse_args()

    def contribute(_round: Round) -> dict[str, np.ndarray]:
        return {"values": np.full(LENGTH, arguments.value)}

    def tell(event: Event) -> None:
        print(event.what, event.epoch, event.round, event.outcome, event.text, flush=True)

    client = Client.join(arguments.invitation, arguments.identity, arguments.storage, ca=arguments.ca)
    with client, client._transport.sync() as http:
        participation = Participation(client._connection, client._storage, client.run, client._identity, contribute, tell)
        drive(faulty(participation.serve(None, 600), arguments), http)


if __name__ == "__main__":
    main()
