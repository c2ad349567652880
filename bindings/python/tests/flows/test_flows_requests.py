"""Authentication of requests: what a stranger, a thief of old requests, and a member that breaks the rules get (protocol.md section 9)."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import httpx
import pytest
from flows_world import World

from cloakwork.controller import RunHandle
from cloakwork.errors import Status
from cloakwork.secagg import Channel, Client, Identity, public_key
from cloakwork.wire.authentication import COUNTER, MAC, PARTY, Exchange
from cloakwork.wire.problem import FlowStatus


@dataclass(frozen=True)
class Raw:
    """A request, made by hand."""

    identity: Identity
    method: str
    path: str
    counter: int
    query: str = ""
    body: bytes = b""
    run: bytes = b""


class Wire:
    """Sends requests byte by byte as a test wants them."""

    def __init__(self, world: World) -> None:
        self._http = world.http()
        self._url = world.url
        self._server = public_key(world.fingerprint)

    def mac(self, raw: Raw) -> bytes:
        exchange = Exchange(raw.method, raw.path.encode(), raw.query.encode(), raw.run, raw.counter)
        return exchange.request_mac(Channel(raw.identity, "client", self._server), hashlib.sha256(raw.body).digest())

    def send(self, raw: Raw, **changed: str) -> httpx.Response:
        headers = {PARTY: raw.identity.public_key.hex(), COUNTER: str(raw.counter), MAC: self.mac(raw).hex(), **changed}
        target = raw.path + (f"?{raw.query}" if raw.query else "")
        return self._http.request(raw.method, self._url + target, content=raw.body, headers={k: v for k, v in headers.items() if v})

    def genuine(self, raw: Raw, answer: httpx.Response) -> bool:
        """Whether the server authenticated this answer to this request."""
        exchange = Exchange(raw.method, raw.path.encode(), raw.query.encode(), raw.run, raw.counter)
        body_hash = hashlib.sha256(answer.content).digest()
        channel = Channel(raw.identity, "client", self._server)
        mac = answer.headers.get(MAC, "")
        return len(mac) == 64 and exchange.verify_response(channel, self.mac(raw), answer.status_code, body_hash, bytes.fromhex(mac))

    def close(self) -> None:
        self._http.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("requests"))
    made.start()
    yield made
    made.close()


@pytest.fixture
def wire(world: World) -> Iterator[Wire]:
    made = Wire(world)
    yield made
    made.close()


def code(answer: httpx.Response) -> int:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return int(answer.json()["code"])


def invite(world: World, wire: Wire, name: str) -> tuple[RunHandle, Client, Raw]:
    """A run whose set-up has begun, its first member, and the request that sends its fresh key."""
    handle = world.run(name, 3)
    run = handle.run
    raw = Raw(world.identity(1), "GET", f"/v1/runs/{run.run_id.hex()}/messages/1", time.time_ns(), run=run.run_id)
    answer = wire.send(raw)
    assert answer.status_code == 200
    assert wire.genuine(raw, answer)
    client = Client(run, world.identity(1))
    body = client.advertise(answer.content)
    return (
        handle,
        client,
        Raw(world.identity(1), "POST", f"/v1/runs/{run.run_id.hex()}/messages", time.time_ns(), body=body, run=run.run_id),
    )


def test_a_byte_identical_repeat_gets_the_stored_answer(world: World, wire: Wire) -> None:
    _, _, post = invite(world, wire, "repeat")
    first = wire.send(post)
    assert (first.status_code, first.json()) == (200, {"counted": True})
    second = wire.send(post)
    assert (second.content, second.headers[MAC]) == (first.content, first.headers[MAC])
    # The same message with a new counter is another request, and counts once all the same.
    anew = wire.send(replace(post, counter=post.counter + 1))
    assert anew.json() == {"counted": False}
    # What was stored was the last answer: the one before is gone.
    assert wire.send(post).status_code == 409


def test_a_repeat_outlives_the_server(world: World, wire: Wire) -> None:
    _, _, post = invite(world, wire, "outlives")
    first = wire.send(post)
    world.kill()
    world.start()
    second = wire.send(post)
    assert (second.content, second.headers[MAC]) == (first.content, first.headers[MAC])


def test_a_repeated_question_gets_the_stored_answer(world: World, wire: Wire) -> None:
    handle = world.run("question", 3)
    path = f"/v1/runs/{handle.run.run_id.hex()}"
    ask = Raw(world.identity(1), "GET", path, time.time_ns(), run=handle.run.run_id)
    first = wire.send(ask)
    handle.close()
    assert wire.send(ask).content == first.content
    assert wire.send(replace(ask, counter=ask.counter + 1)).json()["state"] == "closed"


@pytest.mark.parametrize("step", [0, -1, -1000])
def test_a_used_counter_is_refused_and_the_last_one_told(world: World, wire: Wire, step: int) -> None:
    handle, client, post = invite(world, wire, f"used{step}")
    assert wire.send(post).status_code == 200
    other = replace(post, body=b"another body", counter=post.counter + step)
    refused = wire.send(other)
    assert refused.status_code == 409
    assert code(refused) == FlowStatus.COUNTER_USED
    assert int(refused.json()["last_counter"]) == post.counter
    assert wire.genuine(other, refused)
    # Nothing of it was believed.
    assert wire.send(replace(post, counter=post.counter + 1)).json() == {"counted": False}
    assert client.state.name == "advertised"
    assert handle.about()["step"] == "advertise"


def test_strangers_are_refused(world: World, wire: Wire) -> None:
    _, _, post = invite(world, wire, "strangers")
    answer = wire.send(replace(post, identity=Identity.generate()))
    assert answer.status_code == 401
    assert code(answer) == FlowStatus.NOT_AUTHENTICATED
    assert MAC not in answer.headers
    assert wire.send(post).json() == {"counted": True}


@pytest.mark.parametrize(
    "changed",
    [
        {MAC: "0" * 64},
        {MAC: ""},
        {MAC: "g" * 64},
        {MAC: "0" * 63},
        {COUNTER: "1"},
        {COUNTER: "-1"},
        {COUNTER: "01"},
        {COUNTER: "18446744073709551616"},
        {COUNTER: ""},
        {COUNTER: "1e3"},
        {PARTY: ""},
        {PARTY: "0" * 64},
        {PARTY: "F" * 64},
    ],
)
def test_headers_that_do_not_fit_are_refused(world: World, wire: Wire, changed: dict[str, str]) -> None:
    _, _, post = invite(world, wire, f"headers {next(iter(changed.items()))}")
    answer = wire.send(post, **changed)
    assert answer.status_code == 401
    assert code(answer) == FlowStatus.NOT_AUTHENTICATED
    assert MAC not in answer.headers
    assert wire.send(post).json() == {"counted": True}


def test_every_part_of_a_request_is_under_its_mac(world: World, wire: Wire) -> None:
    handle, _, post = invite(world, wire, "parts")
    other = world.run("parts of another", 3).run.run_id
    mac = wire.mac(post).hex()
    run = handle.run.run_id.hex()
    changes = [
        replace(post, body=post.body + b"\0"),
        replace(post, counter=post.counter + 1),
        replace(post, query="wait=1"),
        replace(post, path=f"/v1/runs/{run}/setup"),
        replace(post, path=f"/v1/runs/{other.hex()}/messages"),
        replace(post, method="GET", path=f"/v1/runs/{run}/messages/1", body=b""),
        replace(post, identity=world.identity(2)),
    ]
    for changed in changes:
        assert wire.send(changed, **{MAC: mac}).status_code == 401, changed
    assert wire.send(post).json() == {"counted": True}


def test_an_answer_belongs_to_one_request(world: World, wire: Wire) -> None:
    _, _, post = invite(world, wire, "answer")
    answer = wire.send(post)
    assert wire.genuine(post, answer)
    assert not wire.genuine(replace(post, counter=post.counter + 1), answer)
    assert not wire.genuine(replace(post, body=b""), answer)


def test_members_do_not_control_and_controllers_are_no_members(world: World, wire: Wire) -> None:
    handle, _, post = invite(world, wire, "roles")
    run = handle.run.run_id
    for method, path in (("POST", "/stop"), ("PUT", "/rounds/1"), ("POST", "/rounds/1/stop")):
        raw = Raw(world.identity(1), method, f"/v1/runs/{run.hex()}{path}", time.time_ns(), run=run)
        answer = wire.send(raw)
        assert (answer.status_code, code(answer)) == (403, FlowStatus.NOT_ALLOWED)
        assert wire.genuine(raw, answer)
    raw = replace(post, identity=world.admin, counter=time.time_ns())
    assert wire.send(raw).status_code == 403
    # A member of another run is a stranger here.
    outsider = world.identity(9)
    world.controller.create(
        "of others", {"x": outsider.fingerprint, **{f"y{i}": Identity.generate().fingerprint for i in (1, 2)}}, handle.run.config
    )
    assert wire.send(replace(post, identity=outsider, counter=time.time_ns())).status_code == 401


def test_messages_of_another_run_are_refused(world: World, wire: Wire) -> None:
    _, _, post = invite(world, wire, "this run")
    handle, _, of_other = invite(world, wire, "that run")
    mixed = replace(post, body=of_other.body, counter=time.time_ns())
    answer = wire.send(mixed)
    assert (answer.status_code, code(answer)) == (409, Status.WRONG_RUN)
    assert wire.genuine(mixed, answer)
    for good in (post, of_other):
        assert wire.send(replace(good, counter=time.time_ns())).json() == {"counted": True}
    assert handle.about()["step"] == "advertise"


@pytest.mark.parametrize("body", [b"", b"\x00", b"\xff" * 100, b"{}", b"\x9f\xff", b"\x84\x01"])
def test_garbage_is_refused_with_a_stable_code(world: World, wire: Wire, body: bytes) -> None:
    _, _, post = invite(world, wire, f"garbage {body[:4].hex()}")
    bad = replace(post, body=body)
    answer = wire.send(bad)
    assert answer.status_code == 400
    assert code(answer) in {Status.MALFORMED, Status.NON_CANONICAL, Status.UNSUPPORTED, Status.UNEXPECTED_KIND}
    assert wire.genuine(bad, answer)
    assert wire.send(replace(post, counter=time.time_ns())).json() == {"counted": True}


def test_truncated_and_flipped_messages_are_refused(world: World, wire: Wire) -> None:
    """Flips in the head, the run hash and the epoch; one in the fresh key is another fresh key, and key confirmation tells it."""
    _, _, post = invite(world, wire, "flipped")
    bodies = [post.body[:-1], post.body + b"\0", *(_flipped(post.body, place) for place in range(0, 39, 3))]
    for body in bodies:
        answer = wire.send(replace(post, body=body, counter=time.time_ns()))
        assert 400 <= answer.status_code < 500, body
    assert wire.send(replace(post, counter=time.time_ns())).json() == {"counted": True}


def _flipped(body: bytes, place: int) -> bytes:
    return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]


def test_a_body_that_is_too_long_is_refused_before_it_is_read(world: World, wire: Wire) -> None:
    _, _, post = invite(world, wire, "long")
    answer = wire.send(replace(post, body=bytes(2**20)))
    assert (answer.status_code, code(answer)) == (413, FlowStatus.TOO_LARGE)
    assert wire.send(post).json() == {"counted": True}


def test_paths_that_are_not_in_the_table(world: World, wire: Wire) -> None:
    for target, status in (("/v2/runs", 404), ("/v1/runs/xyz", 400), ("/v1/runs", 401), ("/v1/status", 401), ("/page/../schema.py", 404)):
        answer = world.get(target)
        assert answer.status_code == status, target
        assert code(answer)
