"""Programs on shares among servers, over the links that they have."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from peers_world import QUICK, asked, linked, outcomes, servers, together

from cloakwork.fsc.computation import Computation, Failure, Group, Microprotocol
from cloakwork.fsc.peers.settings import Limits
from cloakwork.mpc import Session


class Products(Microprotocol):
    """The product of a number of each party, by a program on shares; the data may be what makes a program fail."""

    name = "Products"
    version = 1
    reveals = "The product."

    def read(self, computation: Computation) -> Any:
        return computation.data[0]

    async def run(self, group: Group, own: Any) -> dict[str, Any]:
        def program(session: Session) -> int:
            if own == "defect":
                raise KeyError(own)
            shared = [
                session.share(own if owner == session.index else None, owner=owner, dtype=int, shape=()) for owner in range(session.parties)
            ]
            product = shared[0]
            for one in shared[1:]:
                product = product * one
            largest = shared[0] > shared[-1]
            return [int(product.open()), bool(largest.open())]

        first = await group.compute(program)
        second = await group.compute(program)
        return {"product": first, "again": second, "sum": await group.sum([own])}


ALL = {"Products": Products()}
PATIENT = Limits(wait=10.0, step=20.0, run=60.0, connect=5.0)


def test_products_and_comparisons() -> None:
    async def run() -> None:
        async with servers(3, PATIENT, ALL) as engines:
            await linked(engines)
            # Two runs at a time: their messages go over the same links.
            found = await asyncio.gather(
                together(engines, [7, -3, 5], name="Products"), together(engines, [2, 2, 2], name="Products", session="two")
            )
            for one in found[0]:
                assert one["result"] == {"product": [-105, True], "again": [-105, True], "sum": [9]}
            for one in found[1]:
                assert one["result"] == {"product": [8, False], "again": [8, False], "sum": [6]}

    asyncio.run(run())


def test_a_program_that_fails() -> None:
    """Its data is not told to anybody; the others end at once."""

    async def run() -> None:
        async with servers(2, PATIENT, ALL) as engines:
            found = await together(engines, [4, "defect"], name="Products")
            first, second = found
            assert isinstance(first, Failure)
            assert (first.code, first.reason, first.party) == (502, "aborted", 1)
            assert "bob (party 1)" in first.message
            assert "defect" not in first.message
            assert isinstance(second, Failure)
            assert (second.code, second.reason) == (500, "internal-error")
            assert "KeyError" in second.message

    asyncio.run(run())


def test_a_client_that_goes_away_from_a_program() -> None:
    async def run() -> None:
        async with servers(2, PATIENT, ALL) as engines:
            await linked(engines)
            tasks = [
                asyncio.get_running_loop().create_task(engine.compute(asked(place, 2, name="Products", places=(0, 1))))
                for place, engine in enumerate(engines)
            ]
            await asyncio.sleep(0.05)
            tasks[0].cancel()
            await asyncio.wait(tasks, timeout=10)
            one = tasks[1].exception()
            assert isinstance(one, Failure)
            assert (one.reason, one.party) == ("cancelled", 0)

    asyncio.run(run())


def test_one_party_alone_computes_nothing_on_shares() -> None:
    async def run() -> None:
        async with servers(1, QUICK, ALL) as engines:
            found = (await outcomes(engines[0].compute(asked(0, 2, name="Products", places=(0,)))))[0]
            assert isinstance(found, Failure)
            assert found.code == 400

    asyncio.run(run())


@pytest.mark.parametrize("accepted", [True, False])
def test_leaks_are_accepted_by_the_owner(accepted: bool) -> None:
    class Leaky(Products):
        name = "Leaky"
        leak = "the sizes"
        leak_free = 2

        async def run(self, group: Group, own: Any) -> dict[str, Any]:
            return {"sum": await group.sum([own])}

    async def run() -> None:
        async with servers(3, QUICK, {"Leaky": Leaky()}) as engines:
            for engine in engines:
                engine._accepted = frozenset({"Leaky"} if accepted else ())
            found = await together(engines, [1, 2, 3], name="Leaky")
            if accepted:
                assert [one["result"]["sum"] for one in found] == [[6]] * 3
            else:
                assert all(isinstance(one, Failure) and one.reason == "leak-not-accepted" for one in found)
            pair = await outcomes(*(engines[place].compute(asked(place, 1, name="Leaky", places=(0, 1))) for place in (0, 1)))
            assert [one["result"]["sum"] for one in pair] == [[2], [2]]

    asyncio.run(run())
