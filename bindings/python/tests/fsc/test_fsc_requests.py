"""Requests byte for byte: as the R and JavaScript clients send them, and as nobody should."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx
import pytest
from fsc_world import PATIENCE, World

from cloakwork.fsc import Settings
from cloakwork.fsc.api.settings import Bounds

JSON = {"Content-Type": "application/json"}
# httr and fetch.
R = {
    "Accept": "application/json, text/xml, application/xml, */*",
    "Content-Type": "application/json",
    "User-Agent": "libcurl/7.88.1 r-curl/5.0.0 httr/1.4.5",
}
JAVASCRIPT = {"Accept": "application/json", "Content-Type": "application/json"}


@pytest.fixture
def http(world: World) -> Any:
    with httpx.Client(base_url=world.urls[0], timeout=PATIENCE) as made:
        yield made


def body(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    content = answer.json()
    if status != 200:
        assert content["code"] == status
        assert content["message"]
        assert content["reason"]
    return content


def alone(session: str = "alone") -> dict[str, Any]:
    return {"nodes": ["http://alone"], "uuid": session, "myself": 0}


def test_as_r_sends_it(http: httpx.Client) -> None:
    """Empty arguments are left out, vectors of one are scalars, GET has no body and DELETE has one that says nothing."""
    assert len(body(http.get("/representations", headers={"Accept": R["Accept"]}))["list"]) == 4
    simon = body(http.post("/representations", content=b'{"kwargs":{"protocol":"Simon"}}', headers=R))
    assert simon["type"] == "uuid"
    compute = body(http.get(f"/representation/{simon['uuid']}/compute"))["uuid"]
    asked = b'{"kwargs":{"microprotocol":"SecureSum","data":5,"network":{"nodes":"http://alone","uuid":"alone","myself":0}}}'
    result = body(http.patch(f"/representation/{compute}", content=asked, headers=R))["uuid"]
    assert body(http.get(f"/representation/{result}")) == {"type": "object", "object": {"inputs": 1, "result": {"samples": 1, "sum": 5.0}}}
    released = http.request("DELETE", f"/representation/{result}", content=b'{"ignore":"R compatibility issues"}', headers=R)
    assert body(released) == {"type": "none"}
    assert body(http.get(f"/representation/{result}"), 404)["reason"] == "unknown-handle"
    kept = body(http.put("/representations", content=b'{"args":5}', headers=R))["uuid"]
    assert body(http.get(f"/representation/{kept}"))["object"] == 5
    assert body(http.post("/representations", content=b"{}", headers=R))["uuid"] == simon["uuid"]
    invite = body(http.get(f"/representation/{simon['uuid']}/get_task"))["uuid"]
    assert body(http.patch(f"/representation/{invite}", content=b'{"args":"unknown"}', headers=R)) == {"type": "none"}


def test_as_javascript_sends_it(http: httpx.Client) -> None:
    """GET and DELETE have no body; what is undefined is left out."""
    simon = body(http.post("/representations", content=b'{"args":[],"kwargs":{"protocol":"Simon"}}', headers=JAVASCRIPT))["uuid"]
    compute = body(http.get(f"/representation/{simon}/compute"))["uuid"]
    asked = json.dumps({"kwargs": {"microprotocol": "SecureSum", "data": [1, 2.5], "network": alone()}}).encode()
    result = body(http.patch(f"/representation/{compute}", content=asked, headers=JAVASCRIPT))["uuid"]
    assert body(http.get(f"/representation/{result}"))["object"]["result"]["sum"] == 3.5
    assert body(http.delete(f"/representation/{result}")) == {"type": "none"}


def test_as_python_sends_it(http: httpx.Client) -> None:
    """Every request has a body, those that need none as well."""
    assert body(http.request("GET", "/representations", content=b"{}", headers=JSON))["type"] == "list"
    simon = body(http.post("/representations", content=b'{"args": [], "kwargs": {"protocol": "Simon"}}', headers=JSON))["uuid"]
    create = body(http.request("GET", f"/representation/{simon}/create_task", content=b"{}", headers=JSON))["uuid"]
    assert body(http.request("DELETE", f"/representation/{create}", content=b"{}", headers=JSON)) == {"type": "none"}


@pytest.mark.parametrize(
    "sent",
    [
        b"{}",
        b'{"args":[]}',
        b'{"args":{}}',
        b'{"args":null}',
        b'{"kwargs":{}}',
        b'{"kwargs":[]}',
        b'{"kwargs":null}',
        b'{"args":{},"kwargs":[]}',
        b'{"args":[1,2],"kwargs":{"protocol":"Simon"}}',
        b'{"kwargs":{"protocol":["Simon"]}}',
        b'{"additional":1,"kwargs":{"protocol":"Simon","version":"0.6.0"}}',
        b' \n {"kwargs":{"namespace":"federatedsecure"}} ',
    ],
)
def test_arguments_that_are_understood(http: httpx.Client, sent: bytes) -> None:
    wanted = body(http.post("/representations", content=b'{"kwargs":{"protocol":"Simon"}}', headers=JSON))
    assert body(http.post("/representations", content=sent, headers=JSON)) == wanted
    with_charset = {"Content-Type": "application/json; charset=utf-8"}
    assert body(http.post("/representations", content=sent, headers=with_charset)) == wanted


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "missing-body"),
        (b"  ", "missing-body"),
        (b"no json", "invalid-body"),
        (b"[]", "invalid-body"),
        (b"5", "invalid-body"),
        (b"null", "invalid-body"),
        (b'{"args":[1}', "invalid-body"),
        (b'{"args":["\xff"]}', "invalid-body"),
        (b'{"args":["\\ud800"]}', "invalid-body"),
        (b'{"args":[NaN]}', "invalid-body"),
        (b'{"args":[-Infinity]}', "invalid-body"),
        (b'{"args":[1e999]}', "invalid-body"),
        (b'{"args":[' + b"9" * 5000 + b"]}", "invalid-body"),
        (b'{"args":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "invalid-body"),
        (b'{"args":{"a":1}}', "invalid-parameter"),
        (b'{"kwargs":[1]}', "invalid-parameter"),
        (b'{"kwargs":"a"}', "invalid-parameter"),
    ],
)
def test_bodies_that_are_none(http: httpx.Client, sent: bytes, reason: str) -> None:
    for method, path in (("POST", "/representations"), ("PUT", "/representations"), ("PATCH", "/representation/unknown")):
        assert body(http.request(method, path, content=sent, headers=JSON), 400)["reason"] == reason


def test_media_types(http: httpx.Client) -> None:
    """A page of another site can send these without asking; JSON it cannot."""
    for media in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""):
        answer = http.post("/representations", content=b"{}", headers={"Content-Type": media} if media else {})
        assert body(answer, 415)["reason"] == "media-type"


def test_slashes(world: World) -> None:
    for base in (f"{world.urls[0]}/", f"{world.urls[0]}//"):
        for path in ("/representations", "/representations/", "representations//"):
            assert body(httpx.get(base + path))["type"] == "list"
    simon = body(httpx.post(f"{world.urls[0]}//representations/", json={}))["uuid"]
    assert body(httpx.get(f"{world.urls[0]}//representation//{simon}/compute/"))["type"] == "uuid"


@pytest.mark.parametrize("path", ["/", "/nothing", "/representation", "/representation/a/b/c", "/representations/b", "/.env", "/%2e%2e/x"])
def test_paths_that_are_none(http: httpx.Client, path: str) -> None:
    assert body(http.get(path), 404)["reason"] == "not-found"
    assert body(http.patch(path, json={}), 404)["reason"] == "not-found"


def test_methods(http: httpx.Client) -> None:
    for path, allowed in (
        ("/representations", {"GET", "HEAD", "POST", "PUT"}),
        ("/representation/a", {"GET", "HEAD", "PATCH", "DELETE"}),
        ("/representation/a/b", {"GET", "HEAD"}),
    ):
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - allowed:
            answer = http.request(method, path, json={})
            assert body(answer, 405)["reason"] == "method-not-allowed"
            assert set(answer.headers["allow"].split(", ")) == allowed
        answer = http.options(path)
        assert body(answer) == {"type": "none"}
        assert set(answer.headers["allow"].split(", ")) == {*allowed, "OPTIONS"}
    answer = http.head("/representations")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 100
    assert http.head("/representation/unknown").status_code == 404


def test_handles_that_are_none(http: httpx.Client) -> None:
    for identifier in ("not-a-uuid", "00000000-0000-4000-8000-000000000000", "None", "1", "__class__"):
        assert body(http.get(f"/representation/{identifier}"), 404)["reason"] == "unknown-handle"
        assert body(http.patch(f"/representation/{identifier}", json={}), 404)["reason"] == "unknown-handle"
        assert body(http.delete(f"/representation/{identifier}"), 404)["reason"] == "unknown-handle"
        assert body(http.get(f"/representation/{identifier}/compute"), 404)["reason"] == "unknown-handle"


def test_sizes() -> None:
    world = World([Settings(bounds=Bounds(body_bytes=2000, kept_bytes=5000))])
    try:
        with httpx.Client(base_url=world.urls[0]) as http:
            assert body(http.put("/representations", json={"args": ["x" * 3000]}), 413)["reason"] == "too-large"
            # Without a stated length, byte by byte.
            answer = http.put("/representations", content=iter([b"x" * 1500] * 2), headers=JSON)
            assert body(answer, 413)["reason"] == "too-large"
            answer = http.put("/representations", content=iter([b'{"args":', b"[1]}"]), headers=JSON)
            assert body(answer)["type"] == "uuid"
            assert body(http.request("GET", "/representations", content=b"x" * 100_000), 413)["reason"] == "too-large"
            kept = [body(http.put("/representations", json={"args": ["x" * 1900]}))["uuid"] for _ in range(5)]
            found = [http.get(f"/representation/{one}").status_code for one in kept]
            # The oldest made room; the bytes of a request count while it is in work.
            assert found == [404, 404, 404, 404, 200] or found == [404, 404, 404, 200, 200]
    finally:
        world.close()


def test_a_slow_body_is_not_waited_for() -> None:
    world = World([Settings(bounds=Bounds(body_seconds=1))])
    try:
        with socket.create_connection(("127.0.0.1", int(world.urls[0].rpartition(":")[2])), PATIENCE) as slow:
            head = "POST /representations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
            slow.sendall(head.encode())
            answer = b""
            while not answer.endswith(b"}"):
                answer += slow.recv(65536)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"reason":"too-slow"' in answer
    finally:
        world.close()


def test_a_large_input(http: httpx.Client) -> None:
    """Read in a thread, so that others need not wait."""
    numbers = [place / 8 for place in range(50_000)]
    simon = body(http.post("/representations", json={}))["uuid"]
    compute = body(http.get(f"/representation/{simon}/compute"))["uuid"]
    asked = {"microprotocol": "SecureSum", "data": numbers, "network": alone("large")}
    result = body(http.patch(f"/representation/{compute}", json={"kwargs": asked}))["uuid"]
    assert body(http.get(f"/representation/{result}"))["object"]["result"]["sum"] == sum(numbers)
