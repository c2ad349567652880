"""Broadcast, Barrier and KeyValueStorage, by the official client."""

from __future__ import annotations

import pytest
from federatedsecure.client import Api
from fsc_world import World


@pytest.fixture
def api(world: World) -> Api:
    return Api(world.urls[0])


def test_broadcast(api: Api) -> None:
    broadcast = api.create(plugin="Sync", microservice="Broadcast")
    assert broadcast.receive(uuid="u") is None
    assert broadcast.create(uuid="u") is None
    assert broadcast.receive(uuid="u") is None
    for message in ({"task_id": "t", "parameters": {}}, [1, 2.5], "text", 0, False):
        assert broadcast.send(uuid="u", message=message) is None
        for _ in range(2):
            assert api.download(broadcast.receive(uuid="u")) == message
    # Null is no message.
    broadcast.send(uuid="u", message=None)
    assert broadcast.receive(uuid="u") is None
    broadcast.send(uuid="u", message=1)
    assert broadcast.receive(uuid="another") is None
    assert broadcast.delete(uuid="u") is None
    assert broadcast.receive(uuid="u") is None
    assert broadcast.delete(uuid="u") is None
    kept = api.upload({"secret": [1]})
    broadcast.send(uuid=5, message=kept)
    assert api.download(broadcast.receive(uuid="5")) == {"secret": [1]}


def test_barrier(api: Api) -> None:
    barriers = api.create(microservice="Barrier")
    one, same, other = barriers.create(uuid="b"), barriers.create(uuid="b"), barriers.create(uuid="c")

    def counts() -> list[int]:
        found = [api.download(one.arrived()), api.download(same.departed())]
        assert all(type(count) is int for count in found)
        return found

    assert counts() == [0, 0]
    one.arrive(party=0)
    same.arrive(party=1)
    one.arrive(party=1)
    assert counts() == [2, 0]
    one.depart(party=0)
    assert counts() == [2, 1]
    one.reset()
    assert counts() == [0, 1]
    one.arrive(party="name")
    assert counts() == [1, 0]
    assert api.download(other.arrived()) == 0
    barriers.delete(uuid="b")
    assert api.download(barriers.create(uuid="b").arrived()) == 0


def test_storage(api: Api) -> None:
    storages = api.create(microservice="KeyValueStorage")
    for storage in (storages.create(), storages.create(storage="named")):
        assert storage.retrieve(key="k") is None
        assert api.download(storage.exists(key="k")) is False
        for value in ([1, {"a": None}], 0.1, "x"):
            storage.store(key="k", value=value)
            assert api.download(storage.retrieve(key="k")) == value
        assert api.download(storage.exists(key="k")) is True
        assert storage.retrieve(key="another") is None
        storage.delete(key="k")
        storage.delete(key="k")
        assert api.download(storage.exists(key="k")) is False
    storages.create(storage="named").store(key="k", value=1)
    assert api.download(storages.create(storage="named").retrieve(key="k")) == 1
    assert storages.create(storage="default").retrieve(key="k") is None
    storages.delete(storage="named")
    assert storages.create(storage="named").retrieve(key="k") is None
