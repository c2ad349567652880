"""A member of a run whose part a microcontroller plays: QEMU with the firmware, and the gateway beside it.

    client.py --firmware c|rust|c-m0|rust-m0 --invitation FILE --ca PEM --identity FILE --values FILE
              [--leave-before MESSAGE --leave-round R]
    client.py --new-identity FILE

Identity and values go into the flash of the device; this process then only carries its bytes. One JSON line tells of each finished
round. The status is 0 once the run is closed, 3 after --leave-before, 1 after an error, which one line on standard error names, and 2 for
a wrong command line.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import firmware
from device import Device, LineError
from gateway import Cost, Gateway, Told, What
from provisioning import Provisioning, scaled

from cloakwork.errors import CloakworkError, Status
from cloakwork.flow import keyfile
from cloakwork.secagg import Identity
from cloakwork.wire.invitation import Invitation
from cloakwork.wire.problem import FlowStatus

_INVITATION_SECONDS = 60.0
_LEFT = 3
_MESSAGES = ("begin", "survivors", "open")


class Failure(Exception):
    """Something that the caller can mend: one line says what."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A member of a run whose part a microcontroller plays, under QEMU.")
    parser.add_argument("--new-identity", type=Path, metavar="FILE", help="make an identity, print its fingerprint, and end")
    parser.add_argument("--firmware", choices=sorted(firmware.CLIENTS), default="c", help="which program runs on which board")
    parser.add_argument("--invitation", type=Path, metavar="FILE", help="file with the invitation, waited for")
    parser.add_argument("--ca", metavar="PEM", help="certificates to trust instead of the system's")
    parser.add_argument("--identity", type=Path, metavar="FILE", help="file of the device's identity")
    parser.add_argument("--values", type=Path, metavar="FILE", help="file of the device's values, one a line")
    parser.add_argument("--leave-before", choices=_MESSAGES, help="cut the device's power when it has this message")
    parser.add_argument("--leave-round", type=int, default=1, metavar="R", help="in this round")
    parser.add_argument("--entropy", default="/dev/urandom", metavar="FILE", help="random bytes of a board that has no generator")
    parser.add_argument("--costs", type=Path, metavar="FILE", help="count instructions, and write what each round cost")
    arguments = parser.parse_args()
    missing = [name for name in ("invitation", "identity", "values") if getattr(arguments, name) is None]
    if arguments.new_identity is None and missing:
        parser.error(f"--{missing[0]} is missing")
    return arguments


def _invitation(path: Path) -> Invitation:
    """The invitation, once its file is there."""
    deadline = time.monotonic() + _INVITATION_SECONDS
    while not path.is_file():
        if time.monotonic() >= deadline:
            raise Failure(f"--invitation: {path} did not appear within {_INVITATION_SECONDS:.0f} s; is the controller running?")
        time.sleep(0.1)
    return Invitation.parse(path.read_text(encoding="utf-8"))


def _values(path: Path) -> list[int]:
    try:
        return scaled([float(line) for line in path.read_text(encoding="ascii").split()])
    except (OSError, ValueError) as error:
        raise Failure(f"--values: {path}: {error}") from error


def _provisioning(arguments: argparse.Namespace, identity: Identity, invitation: Invitation) -> Provisioning:
    return Provisioning(
        secret=identity.export(),
        server=invitation.server,
        run=invitation.run,
        run_hash=invitation.run_hash,
        counter=time.time_ns(),
        entropy=arguments.entropy,
        words=_values(arguments.values),
    )


def name(code: int) -> str:
    """The name of an error's number."""
    for names in (Status, FlowStatus):
        if code in names.__members__.values():
            return f"{names(code).name} ({code})"
    return f"error {code}"


def _listener(arguments: argparse.Namespace) -> Callable[[Told], bool]:
    """Prints what happens; False when the power is to be cut."""

    def told(event: Told) -> bool:
        if event.what == What.FINISHED:
            print(json.dumps({"round": event.round, "outcome": event.code}), flush=True)
        elif event.what in {What.REFUSED, What.LATE}:
            what = "refused" if event.what == What.REFUSED else "was late with its answer to"
            print(f"the device {what} {event.message} of round {event.round}: {name(event.code)}", file=sys.stderr, flush=True)
        leaves = event.what == What.MESSAGE and event.message == arguments.leave_before and event.round == arguments.leave_round
        return not leaves

    return told


def _serve(arguments: argparse.Namespace) -> int:
    client = firmware.CLIENTS[arguments.firmware]
    identity = keyfile.load(arguments.identity)
    words = _values(arguments.values)
    image = client.image()
    invitation = _invitation(arguments.invitation)
    costs: list[Cost] = []
    counting = arguments.costs is not None
    with Device(client.board, image, _provisioning(arguments, identity, invitation), counting=counting) as device:
        last = Gateway(device, invitation.url, arguments.ca).serve(_listener(arguments), costs.append)
    if arguments.costs is not None:
        scale = client.board.instructions
        rounds = [
            {"round": c.round, "stack": c.stack, **{part: round(getattr(c, part) * scale) for part in ("setup", "mask", "rest")}}
            for c in costs
        ]
        arguments.costs.write_text(json.dumps({"values": len(words), "rounds": rounds}) + "\n", encoding="utf-8")
    if last.what == What.STOPPED:
        where = f" on {last.message}" if last.kind else ""
        raise Failure(f"the device stopped{where}: {name(last.code)}")
    return 0 if last.what == What.CLOSED else _LEFT


def main() -> int:
    """Runs the command line."""
    arguments = _arguments()
    try:
        if arguments.new_identity is not None:
            print(keyfile.create(arguments.new_identity).fingerprint)
            return 0
        return _serve(arguments)
    except (Failure, CloakworkError, LineError, ValueError, OSError) as error:
        print(f"client: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
