"""Whole rounds with members in processes of their own."""

from __future__ import annotations

import numpy as np
from flows_world import World, expected


def test_rounds_give_the_exact_sum(world: World) -> None:
    handle = world.run("study", 5)
    members = world.join(handle, 1, 2, 3, 4, 5)
    for number in (1, 2, 3):
        found = handle.round(f"context {number}".encode())
        assert found.number == number
        assert found.members == (1, 2, 3, 4, 5)
        np.testing.assert_array_equal(found.sums["values"], expected(found.members))
    again = handle.result(2)
    np.testing.assert_array_equal(again.sums["values"], expected((1, 2, 3, 4, 5)))
    handle.close()
    for member in members:
        assert member.ended() == 0
        assert member.lines()[-2:] == ["ended 1 3 0 ", "closed 1 3 0 "]
