"""The official Python client, unmodified, over HTTP: the tutorial, every operation, every error."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from federatedsecure.client import Api
from fsc_world import PATIENCE, World, network, until


def tutorial(world: World, myself: int, data: Any, session: str, microprotocol: str = "SecureSum") -> Any:
    """As the tutorial prints it."""
    api = Api(world.urls[myself])
    microservice = api.create(protocol="Simon")
    result = microservice.compute(microprotocol=microprotocol, data=data, network=network(world.urls, myself, session))
    return api.download(result)


def together(world: World, inputs: list[Any], session: str | None = None) -> list[Any]:
    session = session or str(uuid4())
    with ThreadPoolExecutor(len(inputs)) as pool:
        return list(pool.map(lambda party: tutorial(world, party, inputs[party], session), range(len(inputs))))


def refused(call: Any) -> dict[str, Any]:
    """The error of the client, which has the answer at the end of its line."""
    with pytest.raises(Exception, match="representation") as caught:
        call()
    *_, status, _reason, body = str(caught.value).split("\t")
    answer = json.loads(body or "null") if body != "-" else {}
    return {"status": int(status), **answer}


def test_the_tutorial_as_printed(world: World) -> None:
    outputs = together(world, [19, 5, 61])
    assert [str(output) for output in outputs] == ["{'inputs': 3, 'result': {'samples': 3, 'sum': 85.0}}"] * 3
