"""Our secure aggregation through the Python package, binding included: a whole round in one process, its parts timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from timing import Samples, measure

from cloakwork.secagg import Client, Config, Identity, Run, Segment, Server, aggregate

BITS = 20
FRACTION = 8
CONTEXT = b"benchmark"


@dataclass
class Group:
    """A server and its clients, set up and ready for rounds."""

    run: Run
    server: Server
    clients: list[Client]
    payloads: dict[int, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, members: int, length: int, *, suite: int = 2) -> Group:
        """A group on the complete graph with t = 2n/3, as Flower's default."""
        threshold = 2 * members // 3 + 1
        config = Config(
            segments=[Segment("values", BITS, length, "fixed", FRACTION)],
            suite=suite,
            threshold=threshold,
            min_inputs=threshold,
            colluders=2 * threshold - members,
            max_rounds=1_000_000,
        )
        return cls.with_config(config, members)

    @classmethod
    def with_config(cls, config: Config, members: int) -> Group:
        """A group with these parameters."""
        identities = {number: Identity.generate() for number in range(1, members + 1)}
        run = Run.new(config, {number: identity.public_key for number, identity in identities.items()})
        group = cls(run, Server(run), [Client(run, identity) for identity in identities.values()])
        group._set_up()
        return group

    def _set_up(self) -> None:
        self.server.invite()
        for client in self.clients:
            self.server.receive(client.id, client.advertise(self._message(client)))
        for client in self.clients:
            self.server.receive(client.id, client.confirm(self._message(client)))
        for client in self.clients:
            client.accept(self._message(client))

    def _message(self, client: Client) -> bytes:
        message = self.server.message(client.id)
        if message is None:
            raise RuntimeError(f"nothing is due for client {client.id}")
        return message

    def play(self, values: np.ndarray, dropped: int) -> None:
        """Plays a round until the sum is due; the last `dropped` clients leave before their masked message."""
        self.payloads.clear()
        self.server.begin(None, CONTEXT)
        staying = self.clients[: len(self.clients) - dropped]
        for client in staying:
            client.begin(self._message(client), CONTEXT)
            message = client.mask({"values": values})
            receipt = self.server.receive(client.id, message)
            self.payloads[client.id] = bytes(memoryview(message)[receipt.payload])
        if dropped:
            self.server.close_step()
            for client in staying:
                self.server.receive(client.id, client.acknowledge(self._message(client)))
        for client in staying:
            self.server.receive(client.id, client.unmask(self._message(client)))

    def client(self, values: np.ndarray, repeats: int) -> Samples:
        """One client's masking: quantise, self mask, one mask a neighbour, pack."""
        return self.timed(lambda client: client.mask({"values": values}), repeats)

    def timed(self, work: Callable[[Client], object], repeats: int) -> Samples:
        """What one client does in a round that has begun, in a fresh round each time."""
        client = self.clients[len(self.clients) // 2]

        def begin() -> None:
            self.server.begin(None, CONTEXT)
            client.begin(self._message(client), CONTEXT)

        seconds: list[float] = []
        for _ in range(repeats + 1):
            begin()
            seconds += measure(lambda: work(client), 1).seconds
            self.server.stop()
        return Samples(tuple(seconds[1:]))

    def unmask(self, repeats: int, threads: int) -> Samples:
        """The server's part after the last message: seeds from shares, adding all payloads, removing all masks."""
        survivors = self.server.survivors()
        payloads = [self.payloads[number] for number in survivors]
        return measure(lambda: aggregate(self.run, self.server.opening(), payloads, threads=threads), repeats)

    def bytes_per_value(self, length: int) -> float:
        """Uplink bytes of a masked message for each value."""
        return max(len(payload) for payload in self.payloads.values()) / length
