"""The official Python client, unmodified, over HTTP: the tutorial, every operation, every error."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
from federatedsecure.client import Api
from fsc_world import PATIENCE, World, network, until


def tutorial(world: World, myself: int, data: Any, session: str, microprotocol: str = "SecureSum") -> Any:
    """As the tutorial has it."""
    api = Api(world.urls[myself])
    microservice = api.create(protocol="Simon")
    result = microservice.compute(microprotocol=microprotocol, data=data, network=network(world.urls, myself, session))
    return api.download(result)


def together(world: World, inputs: list[Any], session: str | None = None) -> list[Any]:
    session = session or str(uuid4())
    with ThreadPoolExecutor(len(inputs)) as pool:
        return list(pool.map(lambda party: tutorial(world, party, inputs[party], session), range(len(inputs))))


def refused(call: Any) -> dict[str, Any]:
    """What the server said: the client raises a line, whose last field is the body."""
    with pytest.raises(Exception, match="representation") as caught:
        call()
    fields = str(caught.value).split("\t")
    answer = json.loads(fields[-1])
    assert set(answer) in ({"code", "message", "reason"}, {"code", "message", "reason", "party"})
    assert int(fields[4]) == answer["code"]
    return answer


def test_the_tutorial_as_printed(world: World) -> None:
    outputs = together(world, [19, 5, 61])
    assert [str(output) for output in outputs] == ["{'inputs': 3, 'result': {'samples': 3, 'sum': 85.0}}"] * 3


def test_outputs_of_the_original(world: World) -> None:
    for inputs, total in (([[1, 2, 3], [4, 5], [6.5]], 21.5), ([-19, 5, 0.1], -13.9), ([[], 0, []], 0.0), ([10**15, 0.5, -1], 1e15 - 0.5)):
        for output in together(world, inputs):
            assert output == {"inputs": 3, "result": {"samples": 3, "sum": total}}


def test_one_session_again_and_again(world: World) -> None:
    """Every example of the original has a fixed uuid: each run is new, and none holds an old input."""
    for run in range(3):
        assert together(world, [100 * run, 1, 2], session="fixed")[0]["result"]["sum"] == 100 * run + 3


def test_many_at_a_time(world: World) -> None:
    """The original stops for ever at eight."""
    with ThreadPoolExecutor(96) as pool:
        sessions = [str(uuid4()) for _ in range(32)]
        made = [pool.submit(tutorial, world, party, number, session) for number, session in enumerate(sessions) for party in range(3)]
        totals = [future.result(PATIENCE * 3)["result"]["sum"] for future in made]
    assert totals == [3.0 * number for number in range(32) for _ in range(3)]
    until(world, lambda: all(engine.running == 0 for engine in world.engines))


def test_list(world: World) -> None:
    common = {"namespace": "federatedsecure", "version": "0.6.0"}
    assert Api(world.urls[0]).list() == [
        {**common, "protocol": "Simon"},
        {**common, "plugin": "Sync", "microservice": "Barrier"},
        {**common, "plugin": "Sync", "microservice": "Broadcast"},
        {**common, "plugin": "Util", "microservice": "KeyValueStorage"},
    ]


def test_create_by_part_of_a_description(world: World) -> None:
    api, other = Api(world.urls[0]), Api(world.urls[0])
    simon = api.create(protocol="Simon")
    assert simon == other.create() == api.create(namespace="federatedsecure", version="0.6.0") == other.create("ignored")
    assert api.create(plugin="Sync") == api.create(microservice="Barrier") != simon
    # The same again after it was released: it is everybody's.
    api.release(simon["representation_uuid"])
    assert api.create(protocol="Simon") == simon
    assert simon.get_task(task_id="none") is None
    answer = refused(lambda: api.create(protocol="Nope"))
    assert (answer["code"], answer["reason"]) == (404, "unknown-root")
    assert answer["message"].startswith("root object not available: {'protocol': 'Nope'}")
    assert refused(lambda: api.create(protocol="Simon", plugin="Sync"))["code"] == 404


def test_upload_download_release(world: World) -> None:
    api = Api(world.urls[0])
    for value in ([1, 2.5, -3], {"b": [None, True], "a": "ä\u2028\U0001f600"}, 10**60, "", None, 0.1, []):
        kept = api.upload(value, "ignored", ignored=1)
        assert api.download(kept) == value
        assert type(api.download(kept)) is type(value)
        api.release(kept["representation_uuid"])
        answer = refused(lambda kept=kept: api.download(kept))
        assert (answer["code"], answer["reason"]) == (404, "unknown-handle")
        assert answer["message"].startswith(f"invalid identifier: representation_uuid = {kept['representation_uuid']}")
        assert refused(lambda kept=kept: api.release(kept["representation_uuid"]))["code"] == 404
    assert refused(api.upload)["message"] == "missing parameter: args[0]"


def test_an_upload_as_data(world: World) -> None:
    apis = [Api(url) for url in world.urls]
    session = str(uuid4())

    def party(myself: int) -> Any:
        api = apis[myself]
        kept = api.upload([1, 2, 3 + myself])
        again = api.upload(kept)
        net = api.upload(network(world.urls, myself, session))
        given = {"microprotocol": "SecureSum", "data": again if myself else kept, "network": net}
        return api.download(api.create(protocol="Simon").compute(**given))

    with ThreadPoolExecutor(3) as pool:
        assert [output["result"]["sum"] for output in pool.map(party, range(3))] == [21.0] * 3


def test_what_is_asked_for_reaches_the_engine_as_it_was_given(world: World) -> None:
    output = together_parameters(world, [{"x": [1]}, [1, [2], "c"], None])
    assert [party["result"]["data"] for party in output] == [[{"x": [1]}], [1, [2], "c"], [None]]
    assert [party["result"]["myself"] for party in output] == [0, 1, 2]
    assert all(party["result"]["nodes"] == world.urls and party["result"]["parameters"] == {} for party in output)
    assert all(party["result"]["caller"] == "" and party["result"]["session"] == "as given" for party in output)


def together_parameters(world: World, inputs: list[Any]) -> list[Any]:
    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(lambda party: tutorial(world, party, inputs[party], "as given", "Parameters"), range(3)))


def test_operations_from_another_connection(world: World) -> None:
    """A handle is its caller's, not its connection's."""
    compute = Api(world.urls[0]).create(protocol="Simon").get_task["representation_uuid"]
    assert Api(world.urls[0]).call(compute, task_id="none") is None
    assert Api(world.urls[0]).call(compute, "none") is None


def test_tasks(world: World) -> None:
    apis = [Api(url) for url in world.urls]
    simons = [api.create(protocol="Simon") for api in apis]
    nodes = {"nodes": world.urls}
    first = simons[0].create_task(microprotocol="SecureSum", network={**nodes, "myself": 0}, parameters={"digits": 2})
    invitation = apis[0].download(first.invite())
    assert invitation.pop("task_id")
    assert invitation == {"microprotocol": "SecureSum", "invitation_id": None, "parameters": {"digits": 2}, "parent": None}
    invitation = apis[0].download(first.invite())
    tasks = [first] + [simons[place].join_task(invitation=invitation, network={**nodes, "myself": place}) for place in (1, 2)]
    assert refused(first.result)["reason"] == "not-started"
    for place, task in enumerate(tasks):
        assert apis[place].download(task.progress())["state"] == "open"
        task.input(data=[1, 2])
        task.input(data=10 * place)
        task.input([0.5])
    for task in tasks[:2]:
        task.start()
    assert tasks[0].result() is None
    assert apis[0].download(tasks[0].progress())["state"] == "running"
    tasks[2].start()
    for place, task in enumerate(tasks):
        until(world, lambda place=place: world.engines[place].running == 0)
        task.start()
        assert apis[place].download(task.result()) == {"inputs": 3, "result": {"samples": 3, "sum": 40.5}}
        assert apis[place].download(task.progress())["state"] == "done"
        answer = refused(lambda task=task: task.input(data=1))
        assert (answer["code"], answer["reason"]) == (409, "already-started")
        found = simons[place].get_task(task_id=invitation["task_id"])
        assert apis[place].download(found.result())["result"]["sum"] == 40.5


def test_a_task_that_fails_says_why_every_time(world: World) -> None:
    simon = Api(world.urls[0]).create(protocol="Simon")
    for microprotocol, code, reason in (("Nope", 501, "not-available"), ("Defect", 500, "internal-error")):
        task = simon.create_task(microprotocol=microprotocol, network={"nodes": world.urls, "myself": 0}, task_id=f"task of {reason}")
        task.input(data=1)
        task.start()
        until(world, lambda: world.engines[0].running == 0)
        for _ in range(2):
            answer = refused(task.result)
            assert (answer["code"], answer["reason"]) == (code, reason)
        assert "secret" not in answer["message"]


def test_errors_of_computations(world: World) -> None:
    simon = Api(world.urls[0]).create(protocol="Simon")
    net = network(world.urls, 0, "errors")
    answer = refused(lambda: simon.compute(microprotocol="Nope", data=1, network=net))
    assert (answer["code"], answer["reason"]) == (501, "not-available")
    assert answer["message"] == "not implemented / not available: Nope"
    answer = refused(lambda: simon.compute(microprotocol="SecureSum", data=[1, "x"], network=net))
    assert (answer["code"], answer["reason"], answer["party"]) == (400, "invalid-input", 0)
    answer = refused(lambda: simon.compute(microprotocol="Defect", data=4711, network=net))
    assert (answer["code"], answer["reason"]) == (500, "internal-error")
    assert "secret" not in answer["message"]
    assert "4711" not in answer["message"]


@pytest.mark.parametrize(
    ("changed", "reason", "named"),
    [
        ({"microprotocol": None}, "invalid-parameter", "microprotocol"),
        ({"microprotocol": 1.5}, "invalid-parameter", "microprotocol"),
        ({"microprotocol": "x" * 1001}, "invalid-parameter", "microprotocol"),
        ({"network": 5}, "invalid-parameter", "network"),
        ({"network": {"nodes": ["a"], "myself": 0}}, "missing-parameter", "network.uuid"),
        ({"network": {"nodes": ["a"], "uuid": "s"}}, "missing-parameter", "network.myself"),
        ({"network": {"uuid": "s", "myself": 0}}, "missing-parameter", "network.nodes"),
        ({"network": {"nodes": [], "uuid": "s", "myself": 0}}, "invalid-parameter", "network.nodes"),
        ({"network": {"nodes": ["a", "b", "a"], "uuid": "s", "myself": 0}}, "invalid-parameter", "network.nodes[2]"),
        ({"network": {"nodes": ["a", 5], "uuid": "s", "myself": 0}}, "invalid-parameter", "network.nodes[1]"),
        ({"network": {"nodes": ["a"], "uuid": "s", "myself": 1}}, "invalid-parameter", "network.myself"),
        ({"network": {"nodes": ["a"], "uuid": "s", "myself": -1}}, "invalid-parameter", "network.myself"),
        ({"network": {"nodes": ["a"], "uuid": "s", "myself": True}}, "invalid-parameter", "network.myself"),
        ({"network": {"nodes": ["a"], "uuid": {}, "myself": 0}}, "invalid-parameter", "network.uuid"),
        ({"another": 1}, "invalid-parameter", "another"),
        ({"data": {"representation_uuid": "unknown"}}, "unknown-handle", "data.representation_uuid"),
    ],
)
def test_arguments_that_are_none(world: World, changed: dict[str, Any], reason: str, named: str) -> None:
    simon = Api(world.urls[0]).create(protocol="Simon")
    given = {"microprotocol": "SecureSum", "data": 1, "network": network(world.urls, 0, "arguments"), **changed}
    answer = refused(lambda: simon.compute(**given))
    assert answer["reason"] == reason
    assert answer["code"] == (404 if reason == "unknown-handle" else 400)
    assert f": {named}" in answer["message"]
    assert all(engine.running == 0 for engine in world.engines)


def test_arguments_that_are_missing(world: World) -> None:
    simon = Api(world.urls[0]).create(protocol="Simon")
    assert refused(lambda: simon.compute(microprotocol="SecureSum", data=1))["message"] == "missing parameter: network"
    assert refused(lambda: simon.compute("SecureSum", 1, 2, 3))["reason"] == "invalid-parameter"
    assert refused(lambda: simon.compute("SecureSum", microprotocol="SecureSum"))["message"].endswith("is given in args and in kwargs")
    assert refused(lambda: simon.join_task(invitation=5, network=6))["reason"] == "invalid-parameter"
    invitation = {"task_id": "t", "microprotocol": "SecureSum"}
    net = {"nodes": world.urls, "myself": 0}
    assert simon.join_task(invitation=invitation, network=net)
    for wrong in ({"task_id": "t"}, {**invitation, "parent": {"parent_id": "p"}}, {**invitation, "parameters": 5}):
        assert refused(lambda wrong=wrong: simon.join_task(invitation=wrong, network=net))["code"] == 400


def test_a_party_that_asks_for_something_else(world: World) -> None:
    session = str(uuid4())

    def party(myself: int) -> dict[str, Any]:
        return refused(lambda: tutorial(world, myself, 1, session, "SecureSum" if myself else "Parameters"))

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(party, range(3)))
    assert [(answer["code"], answer["reason"]) for answer in answers] == [(409, "disagreement")] * 3
    assert [answer["party"] for answer in answers[1:]] == [0, 0]


def test_a_client_that_goes_away_ends_its_part(world: World) -> None:
    """The others are told who left; nothing is left in work."""
    session = str(uuid4())
    leaving = httpx.Client(base_url=world.urls[0])
    simon = leaving.post("/representations", json={"kwargs": {"protocol": "Simon"}}).json()["uuid"]
    compute = leaving.get(f"/representation/{simon}/compute").json()["uuid"]
    others: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: others.append(refused(lambda: tutorial(world, 1, 5, session))))
    thread.start()
    until(world, lambda: world.engines[1].running == 1)
    asked = {"kwargs": {"microprotocol": "SecureSum", "data": 1, "network": network(world.urls, 0, session)}}
    before = len(world.lobby.cancelled)
    with pytest.raises(httpx.ReadTimeout):
        leaving.patch(f"/representation/{compute}", json=asked, timeout=0.3)
    leaving.close()
    thread.join(PATIENCE)
    until(world, lambda: all(engine.running == 0 for engine in world.engines))
    assert [computation.myself for computation in world.lobby.cancelled[before:]] == [0]
    assert (others[0]["code"], others[0]["reason"], others[0]["party"]) == (502, "peer-lost", 0)
