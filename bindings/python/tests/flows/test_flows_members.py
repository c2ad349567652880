"""What happens to members: they lose their state, contribute what cannot be, are told lies, are in two runs, or live in one event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flows_world import LENGTH, World, expected, until, value

from cloakwork.client import AsyncClient, Client, Event, Round
from cloakwork.controller import AsyncController
from cloakwork.errors import NumberError
from cloakwork.flow.certificate import self_signed
from cloakwork.secagg import Identity
from cloakwork.wire.invitation import Invitation
from cloakwork.wire.problem import FlowError, FlowStatus


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("members"))
    made.start()
    yield made
    made.close()


def test_a_member_that_lost_its_state_gets_new_keys(world: World) -> None:
    handle = world.run("lost state", 5)
    members = world.join(handle, 1, 2, 3, 4, 5)
    assert handle.round().members == (1, 2, 3, 4, 5)
    members[2].process.kill()
    assert members[2].killed()
    (world.root / f"{handle.name}-3.sqlite").unlink()
    world.join(handle, 3)
    until(lambda: handle.about()["new_setup_wanted"])
    found = handle.round()
    assert found.members == (1, 2, 3, 4, 5)
    np.testing.assert_array_equal(found.sums["values"], expected(found.members))
    assert handle.about()["epoch"] == 2
    handle.close()


def test_two_runs_of_the_same_members_do_not_mix(world: World) -> None:
    handles = [world.run(f"side by side {index}", 3) for index in (1, 2)]
    for handle in handles:
        world.join(handle, 1, 2, 3)
    results: dict[str, list[np.ndarray]] = {}

    def rounds(index: int) -> None:
        handle = handles[index]
        results[handle.name] = [handle.round(f"{index} {number}".encode()).sums["values"] for number in range(4)]

    threads = [threading.Thread(target=rounds, args=(index,)) for index in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(180)
    for handle in handles:
        assert len(results[handle.name]) == 4
        for sums in results[handle.name]:
            np.testing.assert_array_equal(sums, expected((1, 2, 3)))
        handle.close()


class Served:
    """A client in a thread of the test."""

    def __init__(self, world: World, handle, number: int, contribution: np.ndarray) -> None:
        self.events: list[Event] = []
        self.error: BaseException | None = None
        self.rounds: int | None = None
        self._open = lambda: Client.join(
            handle.invitation, world.identity(number), world.root / f"{handle.name}-{number}.sqlite", ca=world.ca
        )
        self._contribution = contribution
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        try:
            with self._open() as client:
                self.rounds = client.serve(lambda _: {"values": self._contribution}, listener=self.events.append)
        except BaseException as error:  # noqa: BLE001 - for the test to look at
            self.error = error

    def join(self) -> None:
        self._thread.join(120)
        assert not self._thread.is_alive()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_a_contribution_that_cannot_be_is_refused_by_the_member_itself(world: World, bad: float) -> None:
    """The round goes on at once without it, everybody sees why, and it takes part in the next one with values that can be."""
    handle = world.run(f"bad value {bad}", 5)
    wrong = np.full(LENGTH, 1.0)
    wrong[17] = bad
    served = [Served(world, handle, number, np.full(LENGTH, value(number))) for number in (1, 2, 3, 4)]
    failing = Served(world, handle, 5, wrong)
    np.testing.assert_array_equal(handle.round().sums["values"], expected((1, 2, 3, 4)))
    failing.join()
    assert isinstance(failing.error, NumberError)
    assert failing.error.argument == "values"
    assert "17" in failing.error.message
    status = world.controller.watch()
    assert status is not None
    shown = next(run for run in status["runs"] if run["name"] == handle.name)
    assert [(refusal["member"], refusal["code"]) for refusal in shown["refusals"]] == [("5", FlowStatus.TASK)]
    served.append(Served(world, handle, 5, np.full(LENGTH, value(5))))
    world.heard_from(handle, 5)
    np.testing.assert_array_equal(handle.round().sums["values"], expected((1, 2, 3, 4, 5)))
    handle.close()
    for client in served:
        client.join()
        assert client.error is None


def test_sync_and_async_clients_and_controllers_do_the_same(world: World) -> None:
    async def study() -> None:
        controller = AsyncController(world.url, world.fingerprint, world.admin, ca=world.ca)
        identities = [Identity.generate() for _ in range(3)]
        run = await controller.create("async", {f"p{i}": identity.fingerprint for i, identity in enumerate(identities, 1)}, handle_config)
        contexts: list[bytes] = []

        async def contribute(member: int, round_: Round) -> dict[str, np.ndarray]:
            contexts.append(round_.context)
            await asyncio.sleep(0)
            return {"values": np.full(LENGTH, value(member))}

        async def serve(member: int) -> int:
            path = world.root / f"async-{member}.sqlite"
            async with await AsyncClient.join(run.invitation, identities[member - 1], path, ca=world.ca) as client:
                return await client.serve(lambda round_: contribute(member, round_))

        tasks = [asyncio.create_task(serve(member)) for member in (1, 2, 3)]
        found = await run.round(b"async context")
        np.testing.assert_array_equal(found.sums["values"], expected((1, 2, 3)))
        assert contexts == [b"async context"] * 3
        assert (await run.about())["last_round"] == 1
        assert any(entry["name"] == "async" for entry in await controller.runs())
        again = await (await controller.find(run.run.run_id, run.run.hash)).result(1)
        np.testing.assert_array_equal(again.sums["values"], expected((1, 2, 3)))
        await run.close()
        assert await asyncio.gather(*tasks) == [1, 1, 1]

    handle_config = world.run("for its parameters", 3).run.config
    asyncio.run(study())


def test_a_cancelled_async_client_goes_on(world: World) -> None:
    async def study() -> None:
        handle = world.run("cancelled", 3)
        paths = {member: world.root / f"cancelled-{member}.sqlite" for member in (1, 2, 3)}
        clients = {
            member: await AsyncClient.join(handle.invitation, world.identity(member), path, ca=world.ca) for member, path in paths.items()
        }
        tasks = {
            member: asyncio.create_task(client.serve(lambda _, member=member: {"values": np.full(LENGTH, value(member))}))
            for member, client in clients.items()
        }
        await asyncio.to_thread(handle.round)
        tasks[2].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks[2]
        tasks[2] = asyncio.create_task(clients[2].serve(lambda _: {"values": np.full(LENGTH, value(2))}))
        found = await asyncio.to_thread(handle.round)
        np.testing.assert_array_equal(found.sums["values"], expected((1, 2, 3)))
        await asyncio.to_thread(handle.close)
        await asyncio.gather(*tasks.values())
        for client in clients.values():
            client.close()

    asyncio.run(study())


def test_results_are_for_the_controller_unless_they_are_shared(world: World) -> None:
    for shares in (False, True):
        roster = {f"party {number}": world.identity(number).fingerprint for number in (1, 2, 3)}
        handle = world.controller.create(f"shares {shares}", roster, world.run(f"parameters {shares}", 3).run.config, shares_results=shares)
        served = [Served(world, handle, number, np.full(LENGTH, value(number))) for number in (1, 2, 3)]
        handle.round()
        handle.close()
        for client in served:
            client.join()
        with Client.open(world.identity(1), world.root / f"{handle.name}-1.sqlite", ca=world.ca) as client:
            if shares:
                np.testing.assert_array_equal(client.result(1)["values"], expected((1, 2, 3)))
            else:
                with pytest.raises(FlowError) as caught:
                    client.result(1)
                assert caught.value.code == FlowStatus.NOT_ALLOWED


def join(world: World, invitation: Invitation, number: int, path: Path, **changed: object) -> None:
    arguments = {"ca": world.ca, "patience": 1.0, **changed}
    with Client.join(invitation, world.identity(number), path, **arguments):  # type: ignore[arg-type]
        pass


def test_what_an_invitation_pins(world: World, tmp_path: Path) -> None:
    handle = world.run("pins", 3)
    other = world.run("another run", 3)
    invitation = handle.invitation
    file = tmp_path / "state.sqlite"
    cases: list[tuple[Invitation, int, int]] = [
        (replace(invitation, run_hash=bytes(32)), 1, FlowStatus.CONFIGURATION),
        (replace(invitation, run_hash=other.invitation.run_hash), 1, FlowStatus.CONFIGURATION),
        (replace(invitation, run=other.invitation.run), 1, FlowStatus.CONFIGURATION),
        (replace(invitation, server=Identity.generate().public_key), 1, FlowStatus.NOT_AUTHENTICATED),
        (replace(invitation, run=bytes(16)), 1, FlowStatus.NOT_AUTHENTICATED),
        (invitation, 8, FlowStatus.NOT_AUTHENTICATED),
        (replace(invitation, url="https://localhost:9"), 1, FlowStatus.UNREACHABLE),
    ]
    for changed, number, code in cases:
        with pytest.raises(FlowError) as caught:
            join(world, changed, number, file)
        assert caught.value.code == code, changed
    self_signed(["localhost"], tmp_path / "other.pem", tmp_path / "other-key.pem")
    with pytest.raises(FlowError) as caught:
        join(world, invitation, 1, file, ca=tmp_path / "other.pem", patience=60.0)
    assert caught.value.code == FlowStatus.UNVERIFIED_ANSWER
    join(world, invitation, 1, file)
    # The file belongs to this run now.
    with pytest.raises(FlowError) as caught:
        join(world, other.invitation, 1, file)
    assert caught.value.code == FlowStatus.CONFLICT
    assert Invitation.parse(str(invitation)) == invitation


def test_a_file_serves_one_process_at_a_time_and_its_owner_alone(world: World, tmp_path: Path) -> None:
    handle = world.run("one file", 3)
    file = tmp_path / "state.sqlite"
    with Client.join(handle.invitation, world.identity(1), file, ca=world.ca):
        assert file.stat().st_mode & 0o077 == 0
        with pytest.raises(FlowError) as caught:
            Client.open(world.identity(1), file, ca=world.ca)
        assert caught.value.code == FlowStatus.CONFLICT
    with Client.open(world.identity(1), file, ca=world.ca) as client:
        assert client.member == 1
    file.chmod(0o640)
    with pytest.raises(FlowError) as caught:
        Client.open(world.identity(1), file, ca=world.ca)
    assert caught.value.code == FlowStatus.CONFIGURATION


def test_a_member_set_back_to_an_earlier_set_up_gets_new_keys(world: World) -> None:
    """As when a backup was restored, which nobody should do."""
    handle = world.run("set back", 3)
    served = {number: Served(world, handle, number, np.full(LENGTH, value(number))) for number in (1, 2)}
    (member,) = world.join(handle, 3)
    handle.round()
    member.wait_for("ended 1 1 0")
    member.process.kill()
    assert member.killed()
    file = world.root / f"{handle.name}-3.sqlite"
    backup = file.read_bytes()
    file.unlink()
    (member,) = world.join(handle, 3)
    until(lambda: handle.about()["new_setup_wanted"])
    handle.round()
    member.wait_for("ended 2 2 0")
    member.process.kill()
    assert member.killed()
    file.write_bytes(backup)
    world.join(handle, 3)
    # Its keys are those of the first set-up: it cannot take part in a round of the second.
    until(lambda: handle.about()["new_setup_wanted"])
    np.testing.assert_array_equal(handle.round().sums["values"], expected((1, 2, 3)))
    assert handle.about()["epoch"] == 3
    handle.close()
    for client in served.values():
        client.join()
        assert client.error is None
