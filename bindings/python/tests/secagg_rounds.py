"""Parties of a run in one process: enough of a network to take a run from its roster to a sum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from cloakwork.secagg import Client, Config, Identity, Run, Segment, Server, aggregate


class Network:
    """A run with its server and its clients; whoever is `gone` neither gets nor sends anything."""

    def __init__(self, config: Config, members: int | Iterable[int], *, beacon: bytes | None = None) -> None:
        ids = range(1, members + 1) if isinstance(members, int) else members
        self.identities = {member: Identity.generate() for member in ids}
        self.run = Run.new(config, {member: identity.public_key for member, identity in self.identities.items()}, beacon)
        self.server = Server(self.run)
        self.clients = {member: Client(self.run, identity) for member, identity in self.identities.items()}
        self.gone: set[int] = set()
        self.payloads: dict[int, bytes] = {}

    def there(self) -> list[int]:
        return [member for member in self.clients if member not in self.gone]

    def collect(self, answer: str, members: Iterable[int] | None = None) -> None:
        """Gives each member its message, and the server the answers; then the time limit passes for the others."""
        name = self.server.phase.name
        messages = {member: self.server.message(member) for member in (self.there() if members is None else members)}
        for member, message in messages.items():
            if message is not None and member not in self.gone:
                self.server.receive(member, getattr(self.clients[member], answer)(message))
        if self.server.phase.name == name and self.server.waiting():
            self.server.close_step()

    def set_up(self) -> None:
        self.server.invite()
        self.collect("advertise")
        self.collect("confirm")
        for member in self.server.confirmed():
            message = self.server.message(member)
            if message is not None and member not in self.gone:
                self.clients[member].accept(message)

    def begin(self, participants: Iterable[int] | None = None, context: bytes = b"context") -> None:
        self.server.begin(participants, context)
        self.payloads = {}
        for member in self.server.participants():
            if member not in self.gone:
                message = self.server.message(member)
                assert message is not None
                self.clients[member].begin(message, context)

    def mask(self, inputs: Mapping[int, Mapping[str, np.ndarray]]) -> None:
        """These members contribute; the time limit passes for the others."""
        for member, values in inputs.items():
            message = self.clients[member].mask(values)
            receipt = self.server.receive(member, message)
            assert receipt.payload is not None
            self.payloads[member] = message[receipt.payload]
        if self.server.phase.name == "mask":
            self.server.close_step()

    def open(self) -> None:
        """Asks for acknowledgements and shares until the round is over or due to be added up."""
        while self.server.phase.name in ("survive", "unmask"):
            self.collect("acknowledge" if self.server.phase.name == "survive" else "unmask")

    def sums(self, threads: int | None = None) -> dict[str, np.ndarray]:
        with self.server.opening() as opening:
            found = aggregate(self.run, opening, (self.payloads[member] for member in self.server.survivors()), threads)
        self.server.finish()
        return found

    def outcomes(self) -> dict[int, int]:
        """What `finished` tells each participant that is there."""
        found = {}
        for member in self.server.participants():
            message = self.server.message(member)
            if member not in self.gone and message is not None:
                found[member] = self.clients[member].finish(message)
        return found


def ring(segments: tuple[Segment, ...], members: int) -> tuple[Network, int, int]:
    """Two neighbours at the beginning of a round of a run without recovery that has `members` members, of whom nobody else is there."""
    degree = 0 if members == 2 else 2
    network = Network(Config(segments=segments, recovery=False, degree=degree, colluders=0, min_inputs=2), members)
    first, second = 1, network.run.neighbours(1)[0]
    network.gone = set(network.clients) - {first, second}
    network.set_up()
    network.begin([first, second])
    return network, first, second
