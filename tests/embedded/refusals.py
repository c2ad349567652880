"""What a device refuses: altered answers and those of another server, other runs than the invitation's, no random bytes."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from device import Device
from firmware import CLIENTS
from gateway import Gateway, Told, What
from office import Failure, Office
from provisioning import Provisioning

from cloakwork.errors import Status
from cloakwork.flow import keyfile
from cloakwork.privacy import Mechanism
from cloakwork.secagg import Config, Identity, Segment
from cloakwork.wire.invitation import Invitation
from cloakwork.wire.problem import FlowStatus

__all__ = ["refusals"]

Change = Callable[[Provisioning], Provisioning]
VALUES = 24


class Altering(Gateway):
    """A gateway that changes one bit of the answer with this number."""

    def __init__(self, *arguments: object, answer: int, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]
        self._left = answer

    def carried(self, body: bytes) -> bytes:
        self._left -= 1
        if self._left != 0:
            return body
        return bytes([body[0] ^ 1]) + body[1:] if body else b"\0"


class Case:
    """A device, a run and an expectation."""

    def __init__(
        self, name: str, code: int, *, config: Config | None = None, change: Change = lambda given: given, answer: int = 0
    ) -> None:
        self.name, self.code, self.config, self.change, self.answer = name, code, config, change, answer


def _cases(at: Office) -> list[Case]:
    def wide(given: Config, bits: int) -> Config:
        return dataclasses.replace(given, segments=(Segment("values", bits, VALUES, "fixed", 20),))

    plain = at.config(VALUES, 1)
    mechanism = Mechanism(dimension=VALUES, block_log2=3, clip=1.0, granularity=0.01, noise=2.0, norm_bound=10_200, honest=1)
    stranger = Identity.generate().public_key
    return [
        # Answers: description, roster and settings, in the order of the firmware.
        Case("an altered description", FlowStatus.UNVERIFIED_ANSWER, answer=1),
        Case("an altered roster", FlowStatus.UNVERIFIED_ANSWER, answer=2),
        Case("altered settings", FlowStatus.UNVERIFIED_ANSWER, answer=3),
        Case("an altered message", FlowStatus.UNVERIFIED_ANSWER, answer=4),
        Case("another server's key", FlowStatus.UNVERIFIED_ANSWER, change=lambda given: dataclasses.replace(given, server=stranger)),
        Case("another run hash", FlowStatus.CONFIGURATION, change=lambda given: dataclasses.replace(given, run_hash=bytes(32))),
        Case("another number of values", FlowStatus.CONFIGURATION, change=lambda given: dataclasses.replace(given, words=given.words[1:])),
        Case(
            "another scale",
            FlowStatus.CONFIGURATION,
            config=dataclasses.replace(plain, segments=(Segment("values", 40, VALUES, "fixed", 16),)),
        ),
        Case("suite 2", Status.UNSUPPORTED, config=dataclasses.replace(plain, suite=2)),
        Case("more than 64 bits", Status.UNSUPPORTED, config=wide(plain, 65)),
        Case("a mechanism", Status.UNSUPPORTED, config=Config.private(mechanism, 20, suite=1, max_rounds=1)),
        Case("no random bytes", Status.RANDOMNESS, change=lambda given: dataclasses.replace(given, entropy="/dev/null")),
        Case("a generator that is stuck", Status.RANDOMNESS, change=lambda given: dataclasses.replace(given, entropy="/dev/zero")),
        Case("no file of random bytes", Status.RANDOMNESS, change=lambda given: dataclasses.replace(given, entropy="/dev/null/none")),
    ]


def refusals(at: Office, name: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """The cases for a firmware, each with its check."""
    for number, case in enumerate(_cases(at)):
        yield f"{name} refuses {case.name}", lambda case=case, number=number: _refuse(at, name, case, f"{name}-{number}")


def _refuse(at: Office, name: str, case: Case, label: str) -> None:
    folder = at.folder / f"refusal-{label}"
    folder.mkdir()
    identities = {f"member-{index}": keyfile.create(folder / str(index)) for index in range(4)}
    handle, _ = at.invite(f"refusal-{label}", identities, case.config or at.config(VALUES, 1))
    given = _provisioning(identities["member-0"], handle.invitation)
    client = CLIENTS[name]
    events: list[Told] = []

    def told(event: Told) -> bool:
        events.append(event)
        return True

    with Device(client.board, client.path, case.change(given)) as device:
        made = Altering(device, handle.invitation.url, str(at.ca), patience=10.0, quiet=60.0, answer=case.answer)
        last = made.serve(told)
    handle.close()
    if (last.what, last.code) != (What.STOPPED, case.code):
        raise Failure(f"the device ended with {last.what.name} and {last.code}, expected {case.code}")


def _provisioning(identity: Identity, invitation: Invitation) -> Provisioning:
    return Provisioning(
        secret=identity.export(),
        server=invitation.server,
        run=invitation.run,
        run_hash=invitation.run_hash,
        counter=time.time_ns(),
        entropy=str(Path("/dev/urandom")),
        words=list(range(VALUES)),
    )
