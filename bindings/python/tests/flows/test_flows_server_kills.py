"""The server is killed (SIGKILL) at each step of set-up and of a round, and at any moment; started again, it finishes the round."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import numpy as np
import pytest
from flows_world import World, expected, until

from cloakwork.controller import RoundResult, RunHandle

STEP_SECONDS = 10

# By the kind of the message that a member holds back, the step in which the server is then.
STEPS = {"advertise": "advertise", "confirm": "confirm", "masked": "mask", "acknowledge": "survive", "unmask": "unmask"}


class Background:
    """A round that is waited for in a thread."""

    def __init__(self, handle: RunHandle) -> None:
        self._handle = handle
        self._found: RoundResult | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._found = self._handle.round()
        except BaseException as error:  # noqa: BLE001 - for the test to raise
            self._error = error

    def result(self) -> RoundResult:
        self._thread.join(180)
        if self._error is not None:
            raise self._error
        assert self._found is not None
        return self._found


@pytest.mark.parametrize("kind", STEPS)
def test_server_killed_in_a_step(world: World, tmp_path: Path, kind: str) -> None:
    """One member holds the step open, the server is killed and started again, then the member goes on."""
    release = tmp_path / "release"
    drops_out = kind == "acknowledge"
    handle = world.run("study", 7 if drops_out else 5, step_seconds=STEP_SECONDS if drops_out else 60)
    # Shares of enough neighbours open a sum without the last one: only if two hold them back is the step still open.
    holding = (4, 5) if kind == "unmask" else (5,)
    rest = [number for number in (1, 2, 3, 4) if number not in holding]
    world.join(handle, *rest, *((6,) if drops_out else ()))
    if drops_out:
        (victim,) = world.join(handle, 7, options=("--die", "before", "masked"))
    holders = world.join(handle, *holding, options=("--hold", kind, str(release)))
    found = Background(handle)
    if drops_out:
        assert victim.killed()
    for holder in holders:
        holder.wait_for(f"holds {kind}")
    # Every other answer is at the server: what it waits for is what is held back.
    until(lambda: {member for member, state in world.states(handle).items() if state == "waited for"} == set(holding))
    assert world.step(handle)[0] == STEPS[kind]
    world.kill()
    world.start()
    assert world.step(handle)[0] == STEPS[kind]
    release.touch()
    result = found.result()
    assert result.members == ((1, 2, 3, 4, 5, 6) if drops_out else (1, 2, 3, 4, 5))
    np.testing.assert_array_equal(result.sums["values"], expected(result.members))
    # The next round needs nothing anew.
    again = handle.round()
    np.testing.assert_array_equal(again.sums["values"], expected(again.members))
    assert handle.about()["epoch"] == 1


def test_server_killed_at_any_moment(world: World) -> None:
    handle = world.run("study", 5)
    world.join(handle, 1, 2, 3, 4, 5)
    chance = random.Random(20260717)
    for number in range(1, 7):
        found = Background(handle)
        # From before the round is known at the server until after it has ended.
        threading.Event().wait(chance.uniform(0, 0.8))
        world.kill()
        world.start()
        result = found.result()
        assert result.number == number
        assert result.members == (1, 2, 3, 4, 5)
        np.testing.assert_array_equal(result.sums["values"], expected(result.members))
    assert handle.about()["epoch"] == 1
