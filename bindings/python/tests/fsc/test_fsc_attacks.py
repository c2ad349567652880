"""What clients could do to the original and cannot do here: read, reach, forge, fill."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fsc_world import PATIENCE, World, network, until

from cloakwork.fsc import Settings
from cloakwork.fsc.api.authentication import allow
from cloakwork.fsc.api.settings import Bounds

SMALL = Bounds(handles=50, channels=5, computations=3, idle_seconds=100)


class Caller:
    """A client that says what it wants, byte by byte."""

    def __init__(self, url: str, token: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=PATIENCE)

    def __enter__(self) -> Caller:  # noqa: PYI034 - nobody derives from it
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def root(self, **kwargs: Any) -> str:
        return self.http.post("/representations", json={"kwargs": kwargs}).json()["uuid"]

    def ask(self, handle: str, name: str, /, **kwargs: Any) -> httpx.Response:
        found = self.http.get(f"/representation/{handle}/{name}")
        assert found.status_code == 200, found.text
        return self.http.patch(f"/representation/{found.json()['uuid']}", json={"kwargs": kwargs})

    def call(self, handle: str, name: str, /, **kwargs: Any) -> str | None:
        answer = self.ask(handle, name, **kwargs)
        assert answer.status_code == 200, answer.text
        return answer.json().get("uuid")

    def upload(self, value: Any) -> str:
        return self.http.put("/representations", json={"args": [value]}).json()["uuid"]

    def download(self, handle: str | None) -> Any:
        answer = self.http.get(f"/representation/{handle}")
        assert answer.status_code == 200, answer.text
        return answer.json()["object"]

    def refused(self, answer: httpx.Response) -> tuple[int, str]:
        return answer.status_code, answer.json()["reason"]


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    path = tmp_path_factory.mktemp("clients") / "clients"
    return path, allow(path, "ann"), allow(path, "bob")


@pytest.fixture
def two(tokens: tuple[Path, str, str]) -> Iterator[tuple[World, Caller, Caller]]:
    """Two clients of one server."""
    world = World([Settings(clients=tokens[0], bounds=SMALL)])
    with Caller(world.urls[0], tokens[1]) as ann, Caller(world.urls[0], tokens[2]) as bob:
        yield world, ann, bob
    world.close()


# What objects of Python, of the original and of this server have, and what a guess may find.
NAMES = [
    *(
        "accumulator",
        "serialize",
        "sum",
        "tofile",
        "data",
        "inputs",
        "engine",
        "plan",
        "task",
        "tasks",
        "microprotocol",
        "network",
        "nodes",
    ),
    *("holdings", "operations", "close", "call", "peer_to_peer", "storage", "arrivals", "departures", "get", "items", "keys", "name"),
    *("__class__", "__dict__", "__init__", "__globals__", "_engine", "_inputs", "_run", "_running", "_holdings", "_values", "_message"),
    *("func_globals", "mro", "im_func", "COMPUTE", "Compute", "compute.data", "compute__"),
]


def test_nothing_but_the_listed_operations_can_be_reached(two: tuple[World, Caller, Caller]) -> None:
    _, ann, _ = two
    net = {"nodes": ["http://alone"], "uuid": "alone", "myself": 0}
    simon = ann.root(protocol="Simon")
    task = ann.call(simon, "create_task", microprotocol="SecureSum", network=net)
    assert task is not None
    ann.call(task, "input", data=4711)
    barrier = ann.call(ann.root(microservice="Barrier"), "create", uuid="b")
    storage = ann.call(ann.root(microservice="KeyValueStorage"), "create")
    method = ann.http.get(f"/representation/{simon}/compute").json()["uuid"]
    result = ann.call(simon, "compute", microprotocol="SecureSum", data=1, network=net)
    for handle in (simon, task, barrier, storage, method, result, ann.upload({"a": 1}), ann.root(microservice="Broadcast")):
        for name in NAMES:
            answer = ann.http.get(f"/representation/{handle}/{name}")
            assert ann.refused(answer) == ((403, "not-public") if name.startswith("_") else (404, "unknown-attribute"))
            assert "4711" not in answer.text
    for handle in (simon, task, barrier, storage, method):
        assert ann.refused(ann.http.get(f"/representation/{handle}")) == (403, "not-readable")
    for handle in (simon, task, barrier, storage, result):
        assert ann.refused(ann.http.patch(f"/representation/{handle}", json={})) == (400, "not-callable")


def test_handles_of_another_caller_are_none(two: tuple[World, Caller, Caller]) -> None:
    """With the session known, nothing of another's task can be read, nor that it is there."""
    _, ann, bob = two
    net = {"nodes": ["http://alone"], "uuid": "known", "myself": 0}
    simon = ann.root(protocol="Simon")
    task = ann.call(simon, "create_task", microprotocol="SecureSum", network=net, task_id="known")
    assert task is not None
    ann.call(task, "input", data=4711)
    ann.call(task, "start")
    start = ann.http.get(f"/representation/{task}/result").json()["uuid"]
    result, upload = ann.call(task, "result"), ann.upload(4711)
    for handle in (task, start, result, upload):
        assert ann.http.get(f"/representation/{handle}").status_code in {200, 403}
        unknown = bob.http.get(f"/representation/{handle}")
        assert bob.refused(unknown) == (404, "unknown-handle")
        other = str(uuid4())
        assert unknown.text == bob.http.get(f"/representation/{other}").text.replace(other, str(handle))
        for method, path in (("PATCH", handle), ("DELETE", handle), ("GET", f"{handle}/result")):
            assert bob.refused(bob.http.request(method, f"/representation/{path}", json={})) == (404, "unknown-handle")
        as_data = bob.ask(
            bob.root(protocol="Simon"), "compute", microprotocol="SecureSum", data={"representation_uuid": handle}, network=net
        )
        assert bob.refused(as_data) == (404, "unknown-handle")
    assert bob.call(bob.root(protocol="Simon"), "get_task", task_id="known") is None
    assert ann.call(simon, "get_task", task_id="known") is not None
    # The message of the original that told the task's id.
    assert bob.call(bob.root(microservice="Broadcast"), "receive", uuid="known") is None
    # Releasing what is everybody's takes nothing from others.
    bob.http.delete(f"/representation/{simon}")
    assert ann.download(ann.call(task, "result"))["result"]["sum"] == 4711


def test_the_engine_hears_who_asked(two: tuple[World, Caller, Caller]) -> None:
    _, ann, bob = two
    for caller, name in ((ann, "ann"), (bob, "bob")):
        net = {"nodes": ["http://alone"], "uuid": "who", "myself": 0}
        result = caller.call(caller.root(protocol="Simon"), "compute", microprotocol="Parameters", data=[], network=net)
        assert caller.download(result)["result"]["caller"] == name


def test_messages_cannot_be_forged(two: tuple[World, Caller, Caller]) -> None:
    """A message is its sender's; others read it, which is what it is for."""
    _, ann, bob = two
    for_ann, for_bob = ann.root(microservice="Broadcast"), bob.root(microservice="Broadcast")
    bob.call(for_bob, "create", uuid="m")
    ann.call(for_ann, "send", uuid="m", message={"genuine": True})
    assert bob.download(bob.call(for_bob, "receive", uuid="m")) == {"genuine": True}
    assert bob.refused(bob.ask(for_bob, "send", uuid="m", message="forged")) == (403, "not-allowed")
    assert bob.refused(bob.ask(for_bob, "delete", uuid="m")) == (403, "not-allowed")
    ann.call(for_ann, "send", uuid="m", message=[2])
    assert bob.download(bob.call(for_bob, "receive", uuid="m")) == [2]
    ann.call(for_ann, "delete", uuid="m")
    assert bob.call(for_bob, "receive", uuid="m") is None


def test_storages_are_their_owners(two: tuple[World, Caller, Caller]) -> None:
    _, ann, bob = two
    storages = [caller.call(caller.root(plugin="Util"), "create") for caller in (ann, bob)]
    assert None not in storages
    ann.call(str(storages[0]), "store", key="k", value="of ann")
    assert bob.call(str(storages[1]), "retrieve", key="k") is None
    bob.call(bob.root(plugin="Util"), "delete", storage="default")
    assert ann.download(ann.call(str(storages[0]), "retrieve", key="k")) == "of ann"


def test_handles_are_bounded_and_the_oldest_goes(two: tuple[World, Caller, Caller]) -> None:
    """No caller can take the room of another, and whoever never releases anything goes on."""
    _, ann, bob = two
    kept = bob.upload("kept")
    first, used = ann.upload(1), ann.upload(2)
    for number in range(3 * SMALL.handles):
        last = ann.upload(number)
        assert ann.download(used) == 2
    assert ann.refused(ann.http.get(f"/representation/{first}")) == (404, "unknown-handle")
    assert ann.download(last) == 3 * SMALL.handles - 1
    assert bob.download(kept) == "kept"


def test_channels_are_bounded(two: tuple[World, Caller, Caller]) -> None:
    _, ann, bob = two
    for root, name, more in (("Broadcast", "send", {"message": 1}), ("Barrier", "create", {})):
        for number in range(SMALL.channels):
            ann.call(ann.root(microservice=root), name, uuid=f"{number}", **more)
        assert ann.refused(ann.ask(ann.root(microservice=root), name, uuid="one more", **more)) == (503, "busy")
        ann.call(ann.root(microservice=root), name, uuid="0", **more)
        bob.call(bob.root(microservice=root), name, uuid="one more", **more)
    storage = ann.call(ann.root(plugin="Util"), "create")
    for number in range(SMALL.channels):
        ann.call(str(storage), "store", key=number, value=number)
    assert ann.refused(ann.ask(str(storage), "store", key="more", value=1)) == (503, "busy")
    for number in range(1, SMALL.channels):
        ann.call(ann.root(plugin="Util"), "create", storage=number)
    assert ann.refused(ann.ask(ann.root(plugin="Util"), "create", storage="more")) == (503, "busy")


def test_computations_are_bounded(two: tuple[World, Caller, Caller]) -> None:
    world, ann, bob = two
    simon = ann.root(protocol="Simon")
    net = {"nodes": ["http://here", "http://nobody"], "uuid": "waits", "myself": 0}
    tasks = []
    for _ in range(SMALL.computations):
        task = ann.call(simon, "create_task", microprotocol="SecureSum", network=net)
        assert task is not None
        ann.call(task, "start")
        tasks.append(task)
    until(world, lambda: world.engines[0].running == SMALL.computations)
    asked = {"microprotocol": "SecureSum", "data": 1, "network": {"nodes": ["http://alone"], "uuid": "x", "myself": 0}}
    assert ann.refused(ann.ask(simon, "compute", **asked)) == (503, "busy")
    assert bob.call(simon, "compute", **asked) is not None


def test_what_is_not_used_goes(two: tuple[World, Caller, Caller]) -> None:
    """Handles, inputs, messages, barriers and storages; what is used stays."""
    world, ann, _ = two
    simon, broadcast = ann.root(protocol="Simon"), ann.root(microservice="Broadcast")
    task = ann.call(simon, "create_task", microprotocol="SecureSum", network={"nodes": ["http://alone"], "myself": 0}, task_id="t")
    assert task is not None
    ann.call(task, "input", data="x" * 1000)
    ann.call(broadcast, "send", uuid="m", message="x" * 1000)
    storage = ann.call(ann.root(plugin="Util"), "create", storage="s")
    ann.call(str(storage), "store", key="k", value="x" * 1000)
    upload, used = ann.upload("x" * 1000), ann.upload("used")
    compute = ann.http.get(f"/representation/{simon}/compute").json()["uuid"]
    for _ in range(2):
        world.clock.now += 0.6 * SMALL.idle_seconds
        assert ann.download(used) == "used"
    for handle in (task, storage, upload, compute):
        assert ann.refused(ann.http.get(f"/representation/{handle}")) == (404, "unknown-handle")
    assert ann.call(simon, "get_task", task_id="t") is None
    assert ann.call(broadcast, "receive", uuid="m") is None
    fresh = ann.call(ann.root(plugin="Util"), "create", storage="s")
    assert ann.call(str(fresh), "retrieve", key="k") is None
    # The root objects stay.
    assert ann.root(protocol="Simon") == simon


def test_what_is_not_used_goes_although_nobody_asks() -> None:
    """No request comes any more, and the upload goes all the same."""
    world = World([Settings(bounds=Bounds(idle_seconds=1))])
    try:
        with Caller(world.urls[0]) as caller:
            caller.upload("x" * 1000)
        holdings = world.do(held(world.applications[0].state.handles))
        assert holdings.kept_bytes > 1000
        world.clock.now += 2
        until(world, lambda: holdings.kept_bytes == 0)
        assert len(holdings) == 0
    finally:
        world.close()


def test_what_was_deleted_cannot_be_used_by_an_old_handle(two: tuple[World, Caller, Caller]) -> None:
    _, ann, _ = two
    storages, barriers = ann.root(plugin="Util"), ann.root(microservice="Barrier")
    storage, barrier = ann.call(storages, "create", storage="s"), ann.call(barriers, "create", uuid="b")
    ann.call(storages, "delete", storage="s")
    ann.call(barriers, "delete", uuid="b")
    assert ann.refused(ann.ask(str(storage), "store", key=1, value=1)) == (404, "unknown-handle")
    assert ann.refused(ann.ask(str(barrier), "arrived")) == (404, "unknown-handle")


def test_nothing_is_kept_of_a_hundred_computations() -> None:
    """Inputs go when the computation has ended, results when there are newer ones."""
    world = World([Settings(bounds=Bounds(handles=20))] * 3)
    try:

        def party(myself: int) -> None:
            with Caller(world.urls[myself]) as caller:
                simon = caller.root(protocol="Simon")
                for number in range(100):
                    net = network(world.urls, myself, str(number))
                    caller.download(caller.call(simon, "compute", microprotocol="SecureSum", data=[4711] * 100, network=net))

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(party, range(3)))
        for app in world.applications:
            assert world.do(held(app.state.handles)).kept_bytes < 20 * 100
    finally:
        world.close()


async def held(handles: Any) -> Any:
    return handles.of("")
