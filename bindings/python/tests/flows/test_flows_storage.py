"""A server process whose disk is full or whose database is held by another process: an error, no half step, and the round goes on."""

from __future__ import annotations

import resource
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from flows_world import World, expected

from cloakwork.wire.problem import FlowError, FlowStatus


def limit_files(world: World, size: int) -> None:
    """Lets no file of the server grow beyond this size."""
    assert world.server is not None
    _, hard = resource.prlimit(world.server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(world.server.pid, resource.RLIMIT_FSIZE, (size, hard))


def sizes(world: World) -> int:
    return max(Path(f"{world.settings.database}{end}").stat().st_size for end in ("", "-wal"))


def test_a_full_disk(world: World) -> None:
    handle = world.run("study", 5)
    members = world.join(handle, 1, 2, 3, 4, 5)
    np.testing.assert_array_equal(handle.round().sums["values"], expected((1, 2, 3, 4, 5)))
    limit_files(world, sizes(world))
    handle._connection.patience = 2
    with pytest.raises(FlowError) as caught:
        handle.round(bytes(2**20))
    assert caught.value.code in {FlowStatus.STORAGE_FAILED, FlowStatus.NOT_AUTHENTICATED, FlowStatus.UNVERIFIED_ANSWER}
    assert handle.about()["last_round"] == 1
    limit_files(world, resource.RLIM_INFINITY)
    handle._connection.patience = 60
    found = handle.round(bytes(2**20))
    assert found.number == 2
    np.testing.assert_array_equal(found.sums["values"], expected((1, 2, 3, 4, 5)))
    assert all(member.process.poll() is None for member in members)


def test_a_full_disk_in_a_round(world: World, tmp_path: Path) -> None:
    """Members repeat what the server could not keep until it can."""
    release = tmp_path / "release"
    handle = world.run("study", 5)
    world.join(handle, 1, 2, 3)
    holders = world.join(handle, 4, 5, options=("--hold", "masked", str(release)))
    number = handle.start_round()
    for holder in holders:
        holder.wait_for("holds masked")
    limit_files(world, sizes(world))
    release.touch()
    with pytest.raises(FlowError) as caught:
        handle.result(number, seconds=4)
    assert caught.value.code == FlowStatus.TOO_SLOW
    limit_files(world, resource.RLIM_INFINITY)
    np.testing.assert_array_equal(handle.result(number).sums["values"], expected((1, 2, 3, 4, 5)))


def test_a_locked_database(world: World) -> None:
    handle = world.run("study", 3)
    world.join(handle, 1, 2, 3)
    np.testing.assert_array_equal(handle.round().sums["values"], expected((1, 2, 3)))
    other = sqlite3.connect(world.settings.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    handle._connection.patience = 1
    with pytest.raises(FlowError) as caught:
        handle.round()
    assert caught.value.code == FlowStatus.STORAGE_FAILED
    other.execute("ROLLBACK")
    other.close()
    handle._connection.patience = 60
    found = handle.round()
    assert found.number == 2
    np.testing.assert_array_equal(found.sums["values"], expected((1, 2, 3)))
