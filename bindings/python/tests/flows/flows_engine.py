"""The server's engine and real members in one process, message by message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from flows_world import LENGTH, config, expected, value

from cloakwork.errors import ProtocolError
from cloakwork.secagg import Client, Identity, Kind, Run, message_kind
from cloakwork.server.answer import Answer
from cloakwork.server.engine import Engine, Wake
from cloakwork.server.live_run import LiveRun
from cloakwork.server.summation import sum_round
from cloakwork.wire.problem import FlowError, FlowStatus
from cloakwork.wire.result import decode_sums

CONTEXT = b"model and settings"


class Party:
    """A member: its machine, the number of its next message, and what it has to send."""

    def __init__(self, run: Run, identity: Identity) -> None:
        self.machine = Client(run, identity)
        self.id = self.machine.id
        self.number = 1
        self.outgoing: bytes | None = None
        self.outcomes: list[int] = []
        self.refuses = False

    def take(self, message: bytes) -> None:
        """The answer to a message."""
        machine, kind = self.machine, message_kind(message)
        if kind == Kind.BEGIN:
            machine.begin(message, CONTEXT)
            self.outgoing = bytes(machine.mask({"values": np.full(LENGTH, value(self.id))}))
        elif kind == Kind.CONFIRMATIONS:
            machine.accept(message)
        elif kind == Kind.FINISHED:
            self.outcomes.append(machine.finish(message))
        else:
            steps: dict[Kind, Callable[[bytes], bytes]] = {
                Kind.INVITE: machine.advertise,
                Kind.KEYS: machine.confirm,
                Kind.SURVIVORS: machine.acknowledge,
                Kind.OPEN: machine.unmask,
            }
            self.outgoing = steps[kind](message)
        self.number += 1


class Study:
    """An engine with one run and all of its members."""

    def __init__(self, path: Path, members: int, name: str = "study", engine: Engine | None = None, **parameters: object) -> None:
        self.path = path
        identities = {number: Identity.generate() for number in range(1, members + 1)}
        self.run = Run.new(config(**parameters), {number: identity.public_key for number, identity in identities.items()})
        self.engine = engine or Engine(path)
        names = {number: f"party {number}" for number in identities}
        self.work(lambda: self.engine.create(self.run, name, names, b"{}", shares_results=False))
        self.parties = {number: Party(self.run, identity) for number, identity in identities.items()}
        self.keys = {number: identity.public_key for number, identity in identities.items()}

    @property
    def live(self) -> LiveRun:
        return self.engine.live(self.run.run_id)

    def work(self, action: Callable[[], Answer | None]) -> list[Wake]:
        return self.engine.work(action)[1]

    def restart(self) -> None:
        """As after a crash: everything comes from the database."""
        self.engine.close()
        self.engine = Engine(self.path)

    def fetch(self, party: Party) -> bytes | None:
        """The next message of a member."""
        while True:
            try:
                return self.engine.message(self.run.run_id, party.id, party.number)
            except FlowError as error:
                assert error.code == FlowStatus.SUPERSEDED
                assert error.next_number is not None
                assert error.next_number > party.number
                party.number = error.next_number

    def send(self, party: Party) -> bool:
        """Gives the server what a member has to send; whether it counted. That it comes too late is nothing unusual."""
        assert party.outgoing is not None
        message, counted = party.outgoing, []

        def receive() -> None:
            counted.append(self.live.receive(party.id, message).counted)

        try:
            self.work(receive)
        except ProtocolError:
            counted.append(False)
        party.outgoing = None
        return counted[0]

    def start_round(self, number: int) -> None:
        self.work(lambda: self.engine.start_round(self.run.run_id, number, None, CONTEXT))

    def settle(self, *silent: int) -> None:
        """Lets everybody but the silent take and send messages until nothing is left to do."""
        busy = True
        while busy:
            busy = False
            for party in self.parties.values():
                if party.id in silent:
                    continue
                message = self.fetch(party)
                if message is not None:
                    party.take(message)
                    busy = True
                if party.outgoing is not None:
                    busy = True
                    self.send(party)
            self.sum_up()

    def sum_up(self) -> None:
        """The sum, if it is due."""
        phase = self.live.machine.phase
        if phase.name != "sum":
            return
        due = self.engine.opening(self.run.run_id, phase.round)
        assert due is not None
        result = sum_round(self.path, *due)
        self.engine.summed(self.run.run_id, phase.round, result, None)

    def check(self, number: int, members: tuple[int, ...]) -> None:
        """The round opened the sum over these members."""
        row = self.engine.database.one("SELECT state, outcome, result FROM rounds WHERE run = ? AND round = ?", self.run.run_id, number)
        assert row is not None
        assert (row["state"], row["outcome"]) == ("ended", 0)
        body = self.engine.content(row["result"])
        assert body is not None
        np.testing.assert_array_equal(decode_sums(self.run, body)["values"], expected(members))

    def dump(self) -> list[str]:
        """The whole content of the database."""
        return list(self.engine.database._connection.iterdump())
