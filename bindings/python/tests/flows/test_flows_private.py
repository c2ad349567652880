"""Private runs over TLS: charged on both sides before anything leaves, noised, and refused where a budget ends."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flows_world import World, until

from cloakwork.client import AsyncClient, Client, Event
from cloakwork.client.storage import Storage
from cloakwork.controller import AsyncController, Controller, RunHandle
from cloakwork.errors import ArgumentError, ArgumentTypeError, CloakworkError, EncodingError, PrivacyError, ProtocolError, Status
from cloakwork.ledger import Budget, Ledger
from cloakwork.privacy import Accountant, Plan, Unit, choose
from cloakwork.secagg import Config, Identity, Kind, message_kind
from cloakwork.wire import result
from cloakwork.wire.problem import FlowError, FlowStatus

DIMENSION, CLIP, DELTA = 50, 4.0, 1e-6
MEMBERS = 5
HONEST = 3
CLIENT = Unit.client()
# A value of the noise is beyond 6 deviations with a probability of at most 2 exp(-18) (it is subgaussian): false alarms of the 1,000 or so
# values in this file are below 4e-5.
FAR = 6.0


def plan(parts: int = 1) -> Plan:
    return choose(clients=MEMBERS, dimension=DIMENSION, clip=CLIP, epsilon=8, delta=DELTA, unit=CLIENT, honest=HONEST, parts=parts, bits=24)


PLAN = plan()


def loss(rounds: int, found: Plan = PLAN) -> float:
    with Accountant() as accountant:
        accountant.add(found.mechanism, CLIENT, rounds=rounds)
        return accountant.epsilon(DELTA)


def vector(member: int) -> np.ndarray:
    """What a member contributes: of a norm below the clip."""
    return np.sin(np.arange(DIMENSION) * member) * (CLIP / math.sqrt(DIMENSION))


def deviation(found: Plan, parties: int) -> float:
    """Standard deviation of a value of the sum."""
    mechanism = found.mechanism
    return mechanism.granularity * math.sqrt(parties * mechanism.parts * (mechanism.noise**2 + 0.25))


def check_sum(found: np.ndarray, members: tuple[int, ...], used: Plan = PLAN) -> None:
    """The sum is that of these members' vectors, with noise and not without."""
    parts = used.mechanism.parts
    wrong = found - parts * sum(vector(member) for member in members)
    assert np.abs(wrong).max() < FAR * deviation(used, len(members))
    # The sum of 50 squared standard normal values is below 8 with a probability of at most (0.16 exp(0.84))^25 < 2e-11 (Chernoff).
    assert (wrong**2).sum() > 8 * deviation(used, len(members)) ** 2


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("private"))
    made.start()
    yield made
    made.close()


class Study:
    """A private run with its members as threads, each with a ledger of its own."""

    def __init__(self, world: World, name: str, *, rounds: int = 10, found: Plan = PLAN) -> None:
        self.world, self.name, self.found = world, name, found
        self.folder = world.root / name
        self.folder.mkdir()
        self.ledger = Ledger(self.folder / "controller.sqlite")
        self.ledger.open_dataset("all", Budget(loss(rounds, found), DELTA, "client"))
        self.controller = Controller(world.url, world.fingerprint, world.admin, ca=world.ca, ledger=self.ledger)
        self.identities = {number: Identity.generate() for number in range(1, MEMBERS + 1)}
        roster = {f"party {number}": identity.fingerprint for number, identity in self.identities.items()}
        config = Config.private(found.mechanism, found.bits, step_seconds=60, setup_seconds=60)
        self.handle: RunHandle = self.controller.create(name, roster, config, dataset="all")
        self.members: dict[int, Served] = {}

    def join(self, *numbers: int, rounds: int = 10, handler: Callable[[Any], Any] | None = None) -> None:
        for number in numbers:
            self.members[number] = Served(self, number, rounds, handler)

    def spent(self, number: int) -> int:
        """Rounds in a member's ledger."""
        with Ledger(self.folder / f"ledger-{number}.sqlite") as ledger:
            return ledger.spent("ward").rounds

    def refusals(self) -> list[tuple[int, int]]:
        status = self.controller.watch()
        assert status is not None
        shown = next(run for run in status["runs"] if run["name"] == self.name)
        return sorted((int(refusal["member"]), refusal["code"]) for refusal in shown["refusals"])

    def close(self) -> None:
        self.handle.close()
        for served in self.members.values():
            served.thread.join(120)
            assert not served.thread.is_alive()
        self.ledger.close()


class Served:
    """A member in a thread of the test."""

    def __init__(self, study: Study, number: int, rounds: int, handler: Callable[[Any], Any] | None) -> None:
        self.events: list[Event] = []
        self.error: BaseException | None = None
        self._study, self._number = study, number
        self._handler = handler or (lambda _: vector(number))
        self._ledger = study.folder / f"ledger-{number}.sqlite"
        with Ledger(self._ledger) as ledger:
            ledger.open_dataset("ward", Budget(loss(rounds, study.found), DELTA, "client"))
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        study, number = self._study, self._number
        try:
            with Client.join(
                study.handle.invitation,
                study.identities[number],
                study.folder / f"state-{number}.sqlite",
                ca=study.world.ca,
                ledger=self._ledger,
                dataset="ward",
            ) as client:
                client.serve(self._handler, listener=self.events.append)
        except BaseException as error:  # noqa: BLE001 - for the test to look at
            self.error = error

    def told(self, what: str) -> list[Event]:
        return [event for event in self.events if event.what == what]


def test_rounds_are_noised_and_charged_on_both_sides(world: World) -> None:
    study = Study(world, "both sides")
    study.join(1, 2, 3, 4, 5)
    for number in (1, 2, 3):
        found = study.handle.round(f"context {number}".encode())
        assert found.members == (1, 2, 3, 4, 5)
        check_sum(found.sums["vector"], found.members)
        assert study.ledger.spent("all").epsilon == loss(number)
        assert [study.spent(member) for member in study.identities] == [number] * 5
    # Each round has noise and a rotation of its own.
    seeds = set()
    for member in study.identities:
        with Ledger(study.folder / f"ledger-{member}.sqlite") as ledger:
            entries = ledger.entries("ward")
            assert [(entry.run, entry.round, entry.member) for entry in entries] == [
                (study.handle.run.hash, number, member) for number in (1, 2, 3)
            ]
            seeds.add(tuple(entry.rotation_seed for entry in entries))
    assert len(seeds) == 1
    assert len(set(seeds.pop())) == 3
    sums = [study.handle.result(number).sums["vector"] for number in (1, 2)]
    assert np.abs(sums[0] - sums[1]).max() > 0
    study.close()
    assert all(served.error is None for served in study.members.values())


def test_a_controller_whose_budget_is_spent_starts_nothing(world: World) -> None:
    study = Study(world, "spent", rounds=1)
    study.join(1, 2, 3, 4, 5)
    check_sum(study.handle.round().sums["vector"], (1, 2, 3, 4, 5))
    for number in (None, 2):
        with pytest.raises(PrivacyError) as caught:
            study.handle.start_round(number=number)
        assert caught.value.code == Status.BUDGET_SPENT
        assert "'all'" in caught.value.message
    about = study.handle.about()
    assert about["last_round"] == 1
    # Round 1 again is the same round.
    assert study.handle.start_round(number=1) == 1
    assert study.ledger.spent("all").rounds == 1
    study.ledger.raise_budget("all", epsilon=loss(2))
    check_sum(study.handle.round().sums["vector"], (1, 2, 3, 4, 5))
    study.close()


def test_a_refused_round_is_refused_before_any_request(world: World, tmp_path: Path) -> None:
    """There is no server at all."""
    study = Study(world, "offline", rounds=1)
    nowhere = Controller("https://localhost:1", world.fingerprint, world.admin, ca=world.ca, patience=0.1, ledger=study.ledger)
    study.handle._connection = nowhere._connection
    study.handle._do = nowhere._do
    with pytest.raises(FlowError) as caught:
        study.handle.start_round(number=1)
    assert caught.value.code == FlowStatus.UNREACHABLE
    # Charged before it left, and kept although it never arrived; the repeat is the same round.
    assert study.ledger.spent("all").rounds == 1
    with pytest.raises(PrivacyError) as refused:
        study.handle.start_round(number=2)
    assert refused.value.code == Status.BUDGET_SPENT
    with pytest.raises(FlowError) as caught:
        study.handle.start_round(number=1)
    assert caught.value.code == FlowStatus.UNREACHABLE
    assert study.ledger.spent("all").rounds == 1
    study.ledger.close()


def test_a_member_whose_budget_is_spent_is_left_out_and_says_why(world: World) -> None:
    study = Study(world, "left out")
    study.join(1, 2, 3, 4)
    study.join(5, rounds=1)
    assert study.handle.round().members == (1, 2, 3, 4, 5)
    found = study.handle.round()
    assert found.members == (1, 2, 3, 4)
    check_sum(found.sums["vector"], found.members)
    assert study.refusals() == [(5, Status.BUDGET_SPENT)]
    (told,) = study.members[5].told("refused")
    assert "'ward'" in told.text
    assert "BUDGET_SPENT" in told.text
    assert study.spent(5) == 1
    # Others are told that, and no more.
    status = study.controller.watch()
    assert status is not None
    assert "ward" not in str(status)
    # It is still there: with a larger budget it takes part again.
    with Ledger(study.folder / "ledger-5.sqlite") as ledger:
        ledger.raise_budget("ward", epsilon=loss(2))
    until(lambda: {member["id"]: member["state"] for member in study.handle.about()["members"]}["5"] == "ready")
    assert study.handle.round().members == (1, 2, 3, 4, 5)
    study.close()
    assert all(served.error is None for served in study.members.values())


def test_an_aborted_round_is_not_given_back(world: World) -> None:
    release = threading.Event()
    study = Study(world, "aborted")
    study.join(1, 2, 3)

    def late(_round: Any) -> np.ndarray:
        release.wait(120)
        return vector(4)

    study.join(4, 5, handler=late)
    number = study.handle.start_round()
    until(lambda: all(study.members[member].told("masked") for member in (1, 2, 3)))
    study.handle.stop_round(number)
    release.set()
    with pytest.raises(ProtocolError) as caught:
        study.handle.result(number)
    assert caught.value.code == Status.STOPPED
    assert study.ledger.spent("all").rounds == 1
    assert [study.spent(member) for member in (1, 2, 3)] == [1, 1, 1]
    until(lambda: all(served.told("ended") for served in study.members.values()))
    assert study.handle.round().members == (1, 2, 3, 4, 5)
    assert study.ledger.spent("all").rounds == 2
    assert [study.spent(member) for member in (1, 2, 3)] == [2, 2, 2]
    study.close()


class Died(BaseException):
    """What ends a process without a word."""


def test_a_member_that_dies_after_its_charge_is_charged_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    study = Study(world, "died")
    study.join(1, 2, 3, 4)
    advance = Storage.advance

    def deadly(self: Storage, number: int, state: bytes | None = None, outgoing: bytes | None = None) -> None:
        if outgoing is not None and message_kind(outgoing) == Kind.MASKED and "state-5" in self.path.name and not died.is_set():
            died.set()
            raise Died
        advance(self, number, state, outgoing)

    died = threading.Event()
    monkeypatch.setattr(Storage, "advance", deadly)
    study.join(5)
    number = study.handle.start_round()
    assert died.wait(60)
    study.members[5].thread.join(60)
    assert isinstance(study.members[5].error, Died)
    # Charged, and nothing has left.
    assert study.spent(5) == 1
    study.join(5)
    found = study.handle.result(number)
    assert found.members == (1, 2, 3, 4, 5)
    check_sum(found.sums["vector"], found.members)
    assert study.spent(5) == 1
    study.close()


def test_what_cannot_be_charged_does_not_leave(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process holds the ledger when the vector is computed."""
    monkeypatch.setattr("cloakwork.ledger.database._WAIT_SECONDS", 0.2)
    study = Study(world, "in use")
    study.join(1, 2, 3, 4)

    def handler(_round: Any) -> np.ndarray:
        holder.execute("BEGIN EXCLUSIVE")
        return vector(5)

    study.join(5, handler=handler)
    holder = sqlite3.connect(study.folder / "ledger-5.sqlite", isolation_level=None, check_same_thread=False)
    found = study.handle.round()
    assert found.members == (1, 2, 3, 4)
    holder.execute("ROLLBACK")
    holder.close()
    study.close()
    error = study.members[5].error
    assert isinstance(error, FlowError)
    assert error.code == FlowStatus.BUSY
    assert study.spent(5) == 0
    assert study.refusals() == [(5, FlowStatus.TASK)]


def test_a_private_result_has_its_rotation_seed(world: World) -> None:
    study = Study(world, "bytes")
    run = study.handle.run
    residues = {"vector": np.zeros(PLAN.mechanism.padded, dtype=np.uint32)}
    residues["vector"][0] = 2**PLAN.bits - 1
    body = result.encode(run, residues, bytes(range(32)))
    assert len(body) == result.size(run) == 32 + 4 * PLAN.mechanism.padded
    assert body[:32] == bytes(range(32))
    found = result.decode_sums(run, body)["vector"]
    assert found.shape == (DIMENSION,)
    # -1 in the first residue is -1 or 1 unit over the root of the block in every value: H has the entry 1 there.
    np.testing.assert_allclose(np.abs(found), PLAN.mechanism.granularity / math.sqrt(PLAN.mechanism.block), rtol=1e-12)
    assert not np.array_equal(found, result.decode_sums(run, bytes(32) + body[32:])["vector"])
    with pytest.raises(EncodingError):
        result.decode_sums(run, body[32:])
    for seed in (None, b"", bytes(31)):
        with pytest.raises(ArgumentError):
            result.encode(run, residues, seed)
    study.close()


def test_parts_are_streamed_one_at_a_time(world: World) -> None:
    used = plan(parts=3)
    study = Study(world, "parts", found=used)
    alive: list[int] = []
    most: list[int] = []

    class Part(np.ndarray):
        """An array that says when it is gone."""

        def __del__(self) -> None:
            alive.pop()

    def parts(member: int) -> Callable[[Any], Iterator[np.ndarray]]:
        def handler(_round: Any) -> Iterator[np.ndarray]:
            for _ in range(3):
                yield vector(member)

        return handler

    def watched(_round: Any) -> Iterator[np.ndarray]:
        def stream() -> Iterator[np.ndarray]:
            for _ in range(3):
                part = vector(1).view(Part)
                alive.append(1)
                most.append(len(alive))
                yield part
                del part

        return stream()

    study.join(1, handler=watched)
    for member in (2, 3, 4, 5):
        study.join(member, handler=parts(member))
    found = study.handle.round()
    assert found.members == (1, 2, 3, 4, 5)
    check_sum(found.sums["vector"], found.members, used)
    assert len(most) == 3
    # The one that is made, and the one before, which the loop lets go of when it has the next.
    assert max(most) <= 2
    assert not alive
    study.close()
    assert all(served.error is None for served in study.members.values())


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"vector": np.zeros(DIMENSION)}, ArgumentTypeError),
        (1.0, ArgumentTypeError),
        ("vector", ArgumentTypeError),
        ([], ArgumentError),
        ([np.zeros(DIMENSION)] * 2, CloakworkError),
        (np.zeros(DIMENSION + 1), ArgumentError),
        (np.full(DIMENSION, np.nan), ArgumentError),
        (np.zeros(DIMENSION, dtype=np.int64), ArgumentError),
    ],
)
def test_nothing_but_the_private_vector_leaves(
    world: World, request: pytest.FixtureRequest, given: object, kind: type[CloakworkError]
) -> None:
    study = Study(world, f"plain {request.node.name[-30:]}")
    study.join(1, 2, 3, 4)
    study.join(5, handler=lambda _: given)
    found = study.handle.round()
    assert found.members == (1, 2, 3, 4)
    study.close()
    assert isinstance(study.members[5].error, kind)
    # Nothing left, so nothing was charged.
    assert study.spent(5) == 0


def test_a_private_run_needs_a_ledger_on_both_sides(world: World, tmp_path: Path) -> None:
    study = Study(world, "needs")
    plain = Controller(world.url, world.fingerprint, world.admin, ca=world.ca)
    roster = {f"party {number}": identity.fingerprint for number, identity in study.identities.items()}
    config = Config.private(PLAN.mechanism, PLAN.bits)
    for controller, named, argument in (
        (plain, {}, "ledger"),
        (plain, {"dataset": "all"}, "ledger"),
        (study.controller, {}, "dataset"),
        (study.controller, {"dataset": "absent"}, "dataset"),
        (study.controller, {"dataset": "all", "unit": Unit.record(1.0)}, "unit"),
    ):
        with pytest.raises(CloakworkError) as caught:
            controller.create("refused", roster, config, **named)  # type: ignore[arg-type]
        assert caught.value.argument == argument
    assert "refused" not in {run["name"] for run in plain.runs()}
    # One that finds the run reads its results, and starts nothing.
    found = plain.find(study.handle.run.run_id, study.handle.run.hash)
    with pytest.raises(FlowError) as refused:
        found.start_round()
    assert (refused.value.code, refused.value.argument) == (FlowStatus.CONFIGURATION, "ledger")
    # The ledger knows the run's data set.
    again = study.controller.find(study.handle.run.run_id, study.handle.run.hash)
    assert again.account is not None
    assert again.account.dataset == "all"

    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.open_dataset("ward", Budget(1, DELTA, "client"))
    ledger.open_dataset("rows", Budget(1, DELTA, "record"))
    file = tmp_path / "state.sqlite"

    def join(**named: Any) -> Client:
        return Client.join(study.handle.invitation, study.identities[1], file, ca=world.ca, **named)

    for named, argument in (
        ({}, "ledger"),
        ({"ledger": ledger}, "dataset"),
        ({"ledger": ledger, "dataset": "absent"}, "dataset"),
        ({"ledger": ledger, "dataset": "ward", "unit": Unit.part()}, "unit"),
        ({"ledger": ledger, "dataset": "rows"}, "unit"),
    ):
        with pytest.raises(CloakworkError) as caught:
            join(**named)
        assert caught.value.argument == argument
        with pytest.raises(FlowError):
            Client.open(study.identities[1], file, ca=world.ca)
    with join(ledger=ledger, dataset="ward") as client:
        assert client.account is not None
        assert client.account.rounds_left() == 0
    with pytest.raises(FlowError, match="once and for all"):
        join(ledger=ledger, dataset="rows", unit=Unit.record(1.0))
    with pytest.raises(FlowError) as refused:
        Client.open(study.identities[1], file, ca=world.ca)
    assert refused.value.argument == "ledger"
    with Client.open(study.identities[1], file, ca=world.ca, ledger=ledger) as client:
        assert client.account is not None
        assert client.account.dataset == "ward"
    # And a run without noise has nothing to charge.
    bare = world.run("bare", 3)
    with pytest.raises(FlowError) as refused:
        Client.join(bare.invitation, world.identity(1), tmp_path / "bare.sqlite", ca=world.ca, ledger=ledger, dataset="ward")
    assert refused.value.argument == "dataset"
    ledger.close()
    study.close()


def test_async_clients_and_controllers_charge_alike(world: World, tmp_path: Path) -> None:
    async def study() -> None:
        ledgers = {number: Ledger(tmp_path / f"{number}.sqlite") for number in range(MEMBERS + 1)}
        for ledger in ledgers.values():
            ledger.open_dataset("data", Budget(loss(1), DELTA, "client"))
        controller = AsyncController(world.url, world.fingerprint, world.admin, ca=world.ca, ledger=ledgers[0])
        identities = {number: Identity.generate() for number in range(1, MEMBERS + 1)}
        roster = {f"p{number}": identity.fingerprint for number, identity in identities.items()}
        run = await controller.create("private async", roster, Config.private(PLAN.mechanism, PLAN.bits), dataset="data")

        async def serve(member: int) -> int:
            async def contribute(_round: Any) -> np.ndarray:
                await asyncio.sleep(0)
                return vector(member)

            path = tmp_path / f"state-{member}.sqlite"
            async with await AsyncClient.join(
                run.invitation, identities[member], path, ca=world.ca, ledger=ledgers[member], dataset="data"
            ) as client:
                return await client.serve(contribute)

        tasks = [asyncio.create_task(serve(member)) for member in identities]
        found = await run.round()
        check_sum(found.sums["vector"], (1, 2, 3, 4, 5))
        with pytest.raises(PrivacyError):
            await run.round()
        await run.close()
        assert await asyncio.gather(*tasks) == [1] * MEMBERS
        assert [ledger.spent("data").rounds for ledger in ledgers.values()] == [1] * (MEMBERS + 1)
        for ledger in ledgers.values():
            ledger.close()

    asyncio.run(asyncio.wait_for(study(), 120))
