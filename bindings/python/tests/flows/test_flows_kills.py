"""A member is killed at each step in turn, in a process of its own, and comes back. The scenarios run side by side: they mostly wait."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from flows_world import World, expected, until

from cloakwork.controller import RunHandle
from cloakwork.errors import ProtocolError, Status

# Long enough for every member that lives to answer on a machine that is busy with other scenarios, and with other tests.
STEP_SECONDS = 40
SIDE_BY_SIDE = 4
# A process that is killed loses no file, wherever it is: in memory its storage does not wait for the disk of a busy machine.
MEMORY = Path("/dev/shm")

Scenario = Callable[[World, str], None]


def check(handle: RunHandle, members: tuple[int, ...]) -> None:
    """The next round opens the sum over these members."""
    found = handle.round()
    assert found.members == members
    np.testing.assert_array_equal(found.sums["values"], expected(members))


def killed_in_a_round(moment: str, kind: str, *, counted: bool) -> Scenario:
    def scenario(world: World, name: str) -> None:
        handle = world.run(name, 5, step_seconds=STEP_SECONDS)
        world.join(handle, 1, 2, 3, 4)
        (victim,) = world.join(handle, 5, options=("--die", moment, kind))
        # A step is for answers, not for the start of processes on a busy machine.
        world.heard_from(handle, 1, 2, 3, 4, 5)
        check(handle, (1, 2, 3, 4, 5) if counted else (1, 2, 3, 4))
        assert victim.killed()
        check(handle, (1, 2, 3, 4))
        world.join(handle, 5)
        world.heard_from(handle, 5)
        check(handle, (1, 2, 3, 4, 5))
        # The keys of the first set-up still serve.
        assert handle.about()["epoch"] == 1

    return scenario


def killed_while_acknowledging(moment: str) -> Scenario:
    def scenario(world: World, name: str) -> None:
        handle = world.run(name, 7, step_seconds=STEP_SECONDS)
        world.join(handle, 1, 2, 3, 4, 5)
        victims = world.join(handle, 6, options=("--die", "before", "masked"))
        victims += world.join(handle, 7, options=("--die", moment, "acknowledge"))
        world.heard_from(handle, 1, 2, 3, 4, 5, 6, 7)
        # Who acknowledged stays in the set, even if it does not answer the last question.
        check(handle, (1, 2, 3, 4, 5) if moment == "before" else (1, 2, 3, 4, 5, 7))
        assert all(victim.killed() for victim in victims)

    return scenario


def killed_in_setup(moment: str, kind: str, *, epochs: int) -> Scenario:
    def scenario(world: World, name: str) -> None:
        handle = world.run(name, 5, setup_seconds=STEP_SECONDS, step_seconds=STEP_SECONDS)
        world.join(handle, 1, 2, 3, 4)
        (victim,) = world.join(handle, 5, options=("--die", moment, kind))
        assert victim.killed()
        # The time of set-up runs from the first round on.
        until(lambda: all(state != "waited for" for member, state in world.states(handle).items() if member < 5))
        check(handle, (1, 2, 3, 4))
        world.join(handle, 5)
        world.heard_from(handle, 5)
        check(handle, (1, 2, 3, 4, 5))
        assert handle.about()["epoch"] == epochs

    return scenario


def too_few_survivors(world: World, name: str) -> None:
    """The round aborts with a reason at every party, and the next one succeeds."""
    handle = world.run(name, 5, step_seconds=STEP_SECONDS)
    members = world.join(handle, 1, 2, 3)
    victims = world.join(handle, 4, 5, options=("--die", "before", "masked"))
    world.heard_from(handle, 1, 2, 3, 4, 5)
    with pytest.raises(ProtocolError) as caught:
        handle.round()
    assert caught.value.code == Status.TOO_FEW_INPUTS
    assert all(victim.killed() for victim in victims)
    for member in members:
        member.wait_for(f"ended 1 1 {int(Status.TOO_FEW_INPUTS)}")
    world.join(handle, 4, 5)
    world.heard_from(handle, 4, 5)
    check(handle, (1, 2, 3, 4, 5))


def no_recovery(world: World, name: str) -> None:
    """Without recovery a round needs everybody, and says so."""
    handle = world.run(name, 3, recovery=False, min_inputs=3, step_seconds=STEP_SECONDS)
    world.join(handle, 1, 2)
    (victim,) = world.join(handle, 3, options=("--die", "before", "masked"))
    world.heard_from(handle, 1, 2, 3)
    with pytest.raises(ProtocolError) as caught:
        handle.round()
    assert caught.value.code == Status.NO_RECOVERY
    assert victim.killed()
    world.join(handle, 3)
    world.heard_from(handle, 3)
    check(handle, (1, 2, 3))


SCENARIOS: dict[str, Scenario] = {
    "before-advertise": killed_in_setup("before", "advertise", epochs=2),
    "after-advertise": killed_in_setup("after", "advertise", epochs=2),
    "before-confirm": killed_in_setup("before", "confirm", epochs=2),
    # A member that confirmed has the keys of this set-up.
    "after-confirm": killed_in_setup("after", "confirm", epochs=1),
    "before-masked": killed_in_a_round("before", "masked", counted=False),
    "after-masked": killed_in_a_round("after", "masked", counted=True),
    "before-acknowledge": killed_while_acknowledging("before"),
    "after-acknowledge": killed_while_acknowledging("after"),
    "before-unmask": killed_in_a_round("before", "unmask", counted=True),
    "after-unmask": killed_in_a_round("after", "unmask", counted=True),
    "too-few-survivors": too_few_survivors,
    "no-recovery": no_recovery,
}


@pytest.fixture(scope="module")
def outcomes() -> Iterator[dict[str, Future[None]]]:
    with TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        world = World(Path(folder))
        world.start()
        for number in range(1, 8):
            world.identity(number)
        pool = ThreadPoolExecutor(SIDE_BY_SIDE)
        try:
            yield {name: pool.submit(scenario, world, name) for name, scenario in SCENARIOS.items()}
        finally:
            pool.shutdown(cancel_futures=True)
            world.close()


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed(outcomes: dict[str, Future[None]], name: str) -> None:
    outcomes[name].result()
