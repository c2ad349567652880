"""Runs between servers: agreement, the same uuid again and again, and every way in which a party fails the others."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from typing import Any

import pytest
from peers_rogue import surrounded, task_of
from peers_world import MICROPROTOCOLS, QUICK, asked, linked, outcomes, servers, settings, together, until, url

from cloakwork.fsc.computation import Computation, Failure, Group
from cloakwork.fsc.microprotocols.secure_sum import SecureSum
from cloakwork.fsc.peers.description import Offer, run_id
from cloakwork.fsc.peers.engine import PeerEngine
from cloakwork.fsc.peers.frame import LARGEST_PAYLOAD, Frame, Kind


def failures(found: list[Any], reason: str) -> list[Failure]:
    """All of them failures for one reason."""
    for one in found:
        assert isinstance(one, Failure), one
        assert one.reason == reason, f"{one.reason}: {one.message}"
    return found


def test_rounds_reach_whom_they_are_meant_for() -> None:
    async def run() -> None:
        async with servers(4) as engines:
            found = await together(engines, [3] * 4, name="Rounds")
            assert len({one["result"]["session"] for one in found}) == 1
            for place, one in enumerate(found):
                for number, seen in enumerate(one["result"]["seen"]):
                    assert seen == ["" if sender == place else f"{number}:{sender}>{place}" for sender in range(4)]

    asyncio.run(run())


def test_servers_may_start_and_ask_in_any_order() -> None:
    async def run() -> None:
        made = [PeerEngine.configured(one, MICROPROTOCOLS) for one in settings(3)]
        tasks = []
        for place in (2, 0, 1):
            await made[place].open()
            tasks.append(await task_of(made[place], asked(place, place + 1)))
            await asyncio.sleep(0.1)
        assert [one["result"]["sum"] for one in await asyncio.gather(*tasks)] == [6.0] * 3
        for engine in made:
            await engine.close()

    asyncio.run(run())


def test_one_uuid_again_and_again_at_the_same_time() -> None:
    """64 sums under one uuid, and as many under others: each finds its own partners, first with first."""

    async def run() -> None:
        async with servers(3) as engines:
            await linked(engines)
            tasks = [
                engine.compute(asked(place, number, session="one" if number < 64 else str(number)))
                for number in range(128)
                for place, engine in enumerate(engines)
            ]
            found = await asyncio.gather(*tasks)
            for number in range(128):
                assert [one["result"]["sum"] for one in found[3 * number : 3 * number + 3]] == [3.0 * number] * 3
            assert [engine.runs() for engine in engines] == [0, 0, 0]

    asyncio.run(run())


def test_each_run_is_new() -> None:
    async def run() -> None:
        async with servers(2) as engines:
            first, second = [(await together(engines, [1, 1], name="Rounds"))[0]["result"]["session"] for _ in range(2)]
            assert first != second

    asyncio.run(run())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "SecureMean"}, "the microprotocol"),
        ({"parameters": {"digits_after": 3}}, "the parameters"),
        ({"places": (2, 1, 0)}, "the node list"),
        ({"places": (1, 2)}, "the node list"),
    ],
)
def test_who_asks_for_something_else(change: dict[str, Any], words: str) -> None:
    """The one that differs and both others are told, all by name, at once."""

    async def run() -> None:
        async with servers(3) as engines:
            await linked(engines)
            asks = [asked(0, 1), asked(1, 1), asked(2, 1, **change)]
            found = await outcomes(*(engine.compute(one) for engine, one in zip(engines, asks, strict=True)))
            for one in failures(found, "disagreement"):
                assert words in one.message
                assert one.code == 409
            assert found[2].party in {0, 1, 2}
            # Nothing of it is left: the same session works at once.
            assert [one["result"]["sum"] for one in await together(engines, [1, 2, 3])] == [6.0] * 3

    asyncio.run(run())


def test_who_is_missing_is_named() -> None:
    async def run() -> None:
        async with servers(3) as engines:
            await linked(engines)
            found = await outcomes(engines[0].compute(asked(0, 1)), engines[1].compute(asked(1, 1)))
            for one in failures(found, "timeout"):
                assert one.code == 504
                assert "carol (party 2) has not asked for it" in one.message
                assert one.party == 2

    asyncio.run(run())


def test_a_server_that_is_not_there_is_named() -> None:
    async def run() -> None:
        made = [PeerEngine.configured(one, MICROPROTOCOLS) for one in settings(3)[:2]]
        async with made[0], made[1]:
            found = await outcomes(made[0].compute(asked(0, 1)), made[1].compute(asked(1, 1)))
            for one in failures(found, "timeout"):
                assert "carol (party 2)" in one.message

    asyncio.run(run())


def test_nodes_are_configured_peers_only() -> None:
    """No request goes anywhere else, and none waits."""

    async def run() -> None:
        async with servers(2) as engines:

            async def refused(nodes: tuple[str, ...], myself: int = 0) -> Failure:
                found = await outcomes(engines[0].compute(Computation("SecureSum", (1,), {}, nodes, "s", myself, "")))
                assert isinstance(found[0], Failure)
                return found[0]

            one = await refused((url(0), "http://169.254.169.254"))
            assert (one.code, one.reason, one.party) == (403, "unknown-peer", 1)
            assert (await refused((url(0), url(2)))).reason == "unknown-peer"
            for nodes, myself, word in [
                ((url(0), url(0)), 0, "same server"),
                ((url(0), url(1)), 1, "network.myself"),
                ((url(0), url(1)), 2, "network.myself"),
                ((url(0), "file:///etc/passwd"), 0, "base URL"),
                ((url(1),), 0, "none of them"),
            ]:
                one = await refused(nodes, myself)
                assert (one.code, one.reason) == (400, "invalid-input")
                assert word in one.message
            # The same URL, otherwise written.
            spelt = (url(0).upper().replace("HTTP", "http") + "/", url(1))
            found = await outcomes(
                engines[0].compute(Computation("SecureSum", (1,), {}, spelt, "s", 0, "")),
                engines[1].compute(asked(1, 1, places=(0, 1), session="s")),
            )
            assert [one["result"]["sum"] for one in found] == [2.0, 2.0]

    asyncio.run(run())


def test_what_is_not_there_and_who_is_too_few() -> None:
    async def run() -> None:
        async with servers(2) as engines:
            for ask, code, word in [
                (asked(0, 1, name="Nope", places=(0, 1)), 501, "not implemented / not available: Nope"),
                (asked(0, 1, places=(0, 1), parameters={"digits_after": {1, 2}}), 400, "digits_after"),
                (asked(0, 1, name="Rounds", places=(0, 1), parameters={"x": b""}), 400, "no JSON"),
                (asked(0, 1, name="Rounds", places=(0, 1), parameters={"x": "y" * LARGEST_PAYLOAD}), 400, "parameters"),
                (asked(0, 1, places=(0, 1), session="s" * 2000), 400, "uuid"),
            ]:
                found = (await outcomes(engines[0].compute(ask)))[0]
                assert isinstance(found, Failure)
                assert found.code == code
                assert word in found.message

    asyncio.run(run())


def test_links_that_break_before_all_agree() -> None:
    """Two parties wait for the third; all links break, and are there again; the third comes."""

    async def run() -> None:
        async with servers(3) as engines:
            await linked(engines)
            tasks = [await task_of(engines[place], asked(place, place + 1)) for place in (0, 1)]
            await asyncio.sleep(0.1)
            for engine in engines:
                for link in list(engine._links._links.values()):
                    link.close()
            await until(lambda: not all(engines[0].health().values()))
            await linked(engines)
            tasks.append(await task_of(engines[2], asked(2, 3)))
            assert [one["result"]["sum"] for one in await asyncio.gather(*tasks)] == [6.0] * 3

    asyncio.run(run())


def test_a_defect_of_a_microprotocol() -> None:
    """It is told as one, before anything is sent or after, and the others end at once."""

    class Broken(SecureSum):
        name = "Broken"

        def read(self, computation: Computation) -> Any:
            if computation.data == (0,):
                raise ZeroDivisionError
            return super().read(computation)

        async def run(self, group: Group, own: Any) -> dict[str, Any]:
            await super().run(group, own)
            if group.index == 1:
                raise ZeroDivisionError
            await group.broadcast(b"")
            return {}

    async def run() -> None:
        async with servers(2, QUICK, {"Broken": Broken()}) as engines:
            early = (await outcomes(engines[0].compute(asked(0, 0, name="Broken", places=(0, 1)))))[0]
            late = await together(engines, [1, 2], name="Broken")
            for one in (early, late[1]):
                assert isinstance(one, Failure)
                assert (one.code, one.reason) == (500, "internal-error")
                assert "ZeroDivisionError" in one.message
            assert isinstance(late[0], Failure)
            assert (late[0].reason, late[0].party) == ("aborted", 1)

    asyncio.run(run())


def test_a_client_that_goes_away() -> None:
    """The others fail at once, whether all had agreed or not; a cancelled run does not meet the next one."""

    async def run() -> None:
        async with servers(3) as engines:
            await linked(engines)
            tasks = [await task_of(engines[place], asked(place, 1)) for place in (0, 1)]
            await asyncio.sleep(0.1)
            tasks[0].cancel()
            await asyncio.wait(tasks, timeout=1)
            one = tasks[1].exception()
            assert isinstance(one, Failure)
            assert (one.reason, one.party) == ("cancelled", 0)
            assert "alice (party 0)" in one.message
            assert [one["result"]["sum"] for one in await together(engines, [1, 2, 3])] == [6.0] * 3

    asyncio.run(run())


def test_a_server_that_dies_and_comes_back() -> None:
    async def run() -> None:
        about = settings(3)
        made = [PeerEngine.configured(one, MICROPROTOCOLS) for one in about]
        for engine in made:
            await engine.open()
        await linked(made)
        tasks = [await task_of(engine, asked(place, 100_000, name="Rounds")) for place, engine in enumerate(made)]
        await asyncio.sleep(0.3)
        await made[2].close()
        for task in tasks[:2]:
            await asyncio.wait([task], timeout=5)
            one = task.exception()
            assert isinstance(one, Failure)
            assert (one.code, one.reason, one.party) == (502, "peer-lost", 2)
            assert "carol" in one.message
        tasks[2].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        made[2] = PeerEngine.configured(about[2], MICROPROTOCOLS)
        await made[2].open()
        assert [one["result"]["sum"] for one in await together(made, [1, 2, 3])] == [6.0] * 3
        for engine in made:
            await engine.close()

    asyncio.run(run())


def test_a_party_that_is_silent_is_named() -> None:
    async def run() -> None:
        async with surrounded() as (engines, rogue):
            tasks = [await task_of(engines[place], asked(place, 1)) for place in (0, 1)]
            for name in ("alice", "bob"):
                await rogue.answer(name)
            found = failures(await asyncio.gather(*tasks, return_exceptions=True), "timeout")
            assert all(one.party == 2 for one in found)
            assert any("carol (party 2) is silent" in one.message for one in found)

    asyncio.run(run())


@pytest.mark.parametrize("what", ["foreign", "order", "repeated", "oversized", "empty", "ahead", "short", "headless"])
def test_garbage_ends_its_run_and_no_other(what: str) -> None:
    """A peer sends what its run does not allow: that run ends with its name at both others, while another run of those two goes on."""

    async def run() -> None:
        async with surrounded() as (engines, rogue):
            other = [await task_of(engines[place], asked(place, 200, name="Rounds", places=(0, 1), session="other")) for place in (0, 1)]
            tasks = [await task_of(engines[place], asked(place, 3, name="Rounds")) for place in (0, 1)]
            _, payload = await rogue.frame("alice", Kind.OFFER)
            alice = Offer.decode(payload)
            link, stream, own = await rogue.answer("alice")
            bob = Offer.decode((await rogue.frame("bob", Kind.OFFER))[1])
            identity = run_id(alice.description, [alice.nonce, bob.nonce, own.nonce])
            if what == "foreign":
                rogue.piece(link, stream, 0, bytes(32), 0, b"x")
            elif what == "order":
                rogue.piece(link, stream, 1, identity, 0, b"x")
            elif what == "repeated":
                rogue.piece(link, stream, 0, identity, 0, b"x")
                rogue.piece(link, stream, 0, identity, 0, b"x")
            elif what == "oversized":
                rogue.piece(link, stream, 0, identity, 1 << 40, b"x")
            elif what == "empty":
                rogue.piece(link, stream, 0, identity, 5, b"")
            elif what == "ahead":
                for number in range(9):
                    rogue.piece(link, stream, number, identity, 0, b"x")
            elif what == "short":
                rogue.piece(link, stream, 0, identity, 5, b"x")
                rogue.piece(link, stream, 1, identity, 5, b"x")
            else:
                link.send_raw(Frame(Kind.PIECE, stream, 0, 3), b"abc")
            await rogue.answer("bob")
            found = failures(await asyncio.gather(*tasks, return_exceptions=True), "protocol-violation")
            # A message of another run may be another party's doing.
            assert all(one.party == (None if what == "foreign" else 2) for one in found)
            assert all("carol (party 2)" in one.message for one in found)
            assert all(len(one["result"]["seen"]) == 200 for one in await asyncio.gather(*other))
            assert set(rogue.links) == {"alice", "bob"}

    asyncio.run(run())


def test_frames_that_belong_to_nothing() -> None:
    """Offers again, of strangers' runs or without sense, pieces and ends of nothing: refused, and the next run is not disturbed.

    Bytes that are no frame end the link of their sender alone.
    """

    async def run() -> None:
        async with surrounded() as (engines, rogue):
            link = rogue.links["alice"]
            first = [await task_of(engines[place], asked(place, 1, places=(0, 1), session="first")) for place in (0, 1)]
            await asyncio.gather(*first)
            for stream, payload in [(5, b""), (6, b"x" * 100), (7, bytes(64) + b"{}"), (8, bytes(64) + b"[1]"), (6, b"again")]:
                link.send(Kind.OFFER, stream, payload)
            link.send(Kind.PIECE, 99, b"x" * 50)
            link.send(Kind.ABORT, 99, b"x")
            link.send(Kind.ABORT, 5, b"x")
            link.send(Kind.REFUSE, 1234, b"x")
            await until(lambda: sum(kind == Kind.REFUSE for _, frame, _ in rogue.frames for kind in [frame.kind]) >= 4)
            assert "alice" in rogue.links
            link._write((b"GET / HTTP/1.1\r\n\r\n", b""))
            await until(lambda: "alice" in rogue.ends)
            assert [
                one["result"]["sum"]
                for one in await outcomes(*(engines[place].compute(asked(place, 2, places=(0, 1))) for place in (0, 1)))
            ] == [4.0] * 2

    asyncio.run(run())


def test_a_party_that_lies_about_the_nodes() -> None:
    async def run() -> None:
        async with surrounded() as (engines, rogue):
            tasks = [await task_of(engines[place], asked(place, 1)) for place in (0, 1)]
            _, payload = await rogue.frame("alice", Kind.OFFER)
            parties = list(Offer.decode(payload).description.parties)
            await rogue.answer("alice", parties=[parties[0], parties[2]])
            await rogue.answer("bob")
            found = failures(await asyncio.gather(*tasks, return_exceptions=True), "disagreement")
            assert all(one.party == 2 and "the node list" in one.message for one in found)

    asyncio.run(run())


def test_a_party_that_tells_parties_different_things() -> None:
    """Different nonces make different runs of what should be one, so nothing of it fits."""

    async def run() -> None:
        async with surrounded() as (engines, rogue):
            tasks = [await task_of(engines[place], asked(place, 1)) for place in (0, 1)]
            await rogue.answer("alice")
            rogue.nonce = bytes(32)
            await rogue.answer("bob")
            found = failures(await asyncio.gather(*tasks, return_exceptions=True), "protocol-violation")
            # Alice and Bob are not blamed for what each sends the other.
            assert all("different" in one.message and one.party is None for one in found)

    asyncio.run(run())


def test_offers_that_nobody_asked_for_are_bounded() -> None:
    async def run() -> None:
        async with surrounded(1) as ((alice,), rogue):
            task = await task_of(alice, asked(0, 1, places=(0, 1)))
            link, _, offer = await rogue.answer("alice", session="other")
            for _ in range(QUICK.pending + 50):
                link.send(Kind.OFFER, link.next_stream(), offer.encode())
            _, payload = await rogue.frame("alice", Kind.REFUSE)
            assert b"busy" in payload
            await until(lambda: alice._sessions.pending() == QUICK.pending)
            link.close()
            await until(lambda: alice._sessions.pending() == 0)
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


def test_nothing_grows() -> None:
    """Memory after 250 sums is what it was after 50, but for 64 KiB."""

    async def run() -> None:
        async with servers(2) as engines:
            await linked(engines)

            async def sums(count: int) -> int:
                for _ in range(count):
                    await together(engines, [1, 2])
                gc.collect()
                return tracemalloc.get_traced_memory()[0]

            await sums(20)
            tracemalloc.start()
            first = await sums(50)
            grown = await sums(200) - first
            tracemalloc.stop()
            assert grown < 64 * 1024, grown

    asyncio.run(run())
