"""What a request may cost: time for its head and its body, size, number; and what the server keeps."""

from __future__ import annotations

import http.client
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flows_engine import Study
from flows_world import PATIENCE, World, expected, until

from cloakwork.client import Client
from cloakwork.client.storage import Joined, Storage
from cloakwork.controller import Controller
from cloakwork.errors import Status
from cloakwork.secagg import Identity
from cloakwork.server import folder
from cloakwork.server.settings import Settings
from cloakwork.wire.authentication import COUNTER, MAC, PARTY
from cloakwork.wire.invitation import Invitation
from cloakwork.wire.problem import FlowError, FlowStatus

BOUNDS = """
[bounds]
header_seconds = 1
body_seconds = 3
slow_bytes_per_second = 1000000
uploads = 2
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("bounds"))
    with (made.folder / "server.toml").open("a", encoding="utf-8") as file:
        file.write(BOUNDS)
    made.settings = Settings.read(made.folder)
    made.start()
    yield made
    made.close()


class Line:
    """A TLS connection, byte by byte."""

    def __init__(self, world: World) -> None:
        plain = socket.create_connection(("localhost", world.settings.port), timeout=PATIENCE)
        self.socket = ssl.create_default_context(cafile=world.ca).wrap_socket(plain, server_hostname="localhost")

    def closed(self) -> bool:
        """Whether the server closes the connection; it waits for that or for an answer."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def answer(self) -> int:
        response = http.client.HTTPResponse(self.socket)
        response.begin()
        response.read()
        return response.status

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def line(world: World) -> Iterator[Line]:
    made = Line(world)
    yield made
    made.close()


def head(world: World, *more: str, length: int | None = 10) -> bytes:
    """The head of a post of a member; its MAC is of no interest, since it is looked at after the body."""
    if not (world.root / "run").exists():
        (world.root / "run").write_text(world.run("bounds", 3).run.run_id.hex(), encoding="ascii")
    run = (world.root / "run").read_text(encoding="ascii")
    lines = [
        f"POST /v1/runs/{run}/messages HTTP/1.1",
        "Host: localhost",
        f"{PARTY}: {world.identity(1).public_key.hex()}",
        f"{COUNTER}: {time.time_ns()}",
        f"{MAC}: {'0' * 64}",
        *([] if length is None else [f"Content-Length: {length}"]),
        *more,
        "",
        "",
    ]
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize("sent", [b"", b"GET", b"GET / HTTP/1.1\r\nHost: localhost\r\n"])
def test_a_head_that_does_not_come_ends_the_connection(line: Line, sent: bytes) -> None:
    line.socket.sendall(sent)
    assert line.closed()


def test_a_second_head_that_does_not_come_ends_the_connection(line: Line) -> None:
    line.socket.sendall(b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert line.answer() == 200
    line.socket.sendall(b"GET /v1/hea")
    assert line.closed()


def test_a_body_that_does_not_come_is_not_waited_for(world: World, line: Line) -> None:
    line.socket.sendall(head(world) + b"12345")
    assert line.answer() == 408


def test_a_body_needs_a_length(world: World, line: Line) -> None:
    line.socket.sendall(head(world, "Transfer-Encoding: chunked", length=None) + b"0\r\n\r\n")
    assert line.answer() == 400


def test_a_complete_body_with_a_wrong_mac(world: World, line: Line) -> None:
    line.socket.sendall(head(world) + bytes(10))
    assert line.answer() == 401


def test_a_party_sends_few_bodies_at_a_time(world: World) -> None:
    def whole() -> int:
        """The answer to a body that comes at once, with a wrong MAC."""
        line = Line(world)
        line.socket.sendall(head(world) + bytes(10))
        status = line.answer()
        line.close()
        return status

    lines = [Line(world) for _ in range(2)]
    for line in lines:
        line.socket.sendall(head(world))
    # The two are counted once their heads are read.
    until(lambda: whole() == 503)
    for line in lines:
        assert line.answer() == 408
        line.close()
    until(lambda: whole() == 401)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("unknown = 1", "unknown is no entry"),
        ("port = 'x'", "port"),
        ("[bounds]\nmembers = 0", "bounds.members"),
        ("[bounds]\nanything = 1", "bounds.anything"),
        ("certificate = 'a.pem'", "belong together"),
        ("host = '0.0.0.0'", "is needed to serve other machines"),
        ("view_token = 1", "view_token must be of type str"),
        ("url = 'http://a.example'", "https"),
        ("=", "cannot be read"),
    ],
)
def test_wrong_entries_of_the_configuration_are_named(tmp_path: Path, entry: str, reason: str) -> None:
    folder.create(tmp_path, "http://127.0.0.1:1", host="127.0.0.1", port=None, tls=None)
    path = tmp_path / "server.toml"
    name = entry.split("=")[0].strip()
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not (name and line.startswith(f"{name} ="))]
    path.write_text("\n".join([*lines, entry]), encoding="utf-8")
    with pytest.raises(FlowError, match=reason) as caught:
        Settings.read(tmp_path)
    assert caught.value.code == FlowStatus.CONFIGURATION


def test_controllers_are_read_again_when_their_list_changes(world: World) -> None:
    other = Identity.generate()
    controller = Controller(world.url, world.fingerprint, other, ca=world.ca, patience=1)
    with pytest.raises(FlowError) as caught:
        controller.runs()
    assert caught.value.code == FlowStatus.NOT_AUTHENTICATED
    folder.allow(world.folder, other.fingerprint, "another one")
    assert isinstance(controller.runs(), list)


def test_a_member_tells_few_refusals(tmp_path: Path) -> None:
    study = Study(tmp_path / "server.sqlite", 5)
    study.settle()
    number = study.engine.database.value("SELECT max(number) FROM outbox")
    for attempt in range(50):
        study.work(lambda text=f"attempt {attempt}": study.live.refused(1, number, None, int(Status.MALFORMED), text))
    assert study.engine.database.value("SELECT count(*) FROM refusals") == 5
    study.engine.close()


def test_old_results_are_not_kept(tmp_path: Path) -> None:
    study = Study(tmp_path / "server.sqlite", 3)
    study.engine._results = 2
    for number in range(1, 6):
        study.start_round(number)
        study.settle()
        study.check(number, (1, 2, 3))
    kept = study.engine.database.rows("SELECT round FROM rounds WHERE result IS NOT NULL").fetchall()
    assert [row["round"] for row in kept] == [3, 4, 5]
    # All members contributed the same in each round, so one result is kept once; and one context.
    assert study.engine.database.value("SELECT count(*) FROM contents") == 2
    study.engine.close()


def test_a_client_whose_disk_is_full_sends_nothing(tmp_path: Path) -> None:
    invitation = Invitation("https://localhost:1", bytes(31) + b"\x01", bytes(16), bytes(32))
    with Storage(tmp_path / "state.sqlite") as storage:
        storage.join(Joined(invitation, "study", b"description", b"roster", b"settings"))
        storage.advance(2, b"state", b"outgoing")
        before = storage.progress()
        pages = storage._database.execute("PRAGMA page_count").fetchone()[0]
        storage._database.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(FlowError, match="full") as caught:
            storage.advance(3, bytes(10**6), bytes(10**6))
        assert caught.value.code == FlowStatus.STORAGE_FAILED
        assert storage.progress() == before
        storage._database.execute("PRAGMA max_page_count = 1000000")
        storage.advance(3, bytes(10**6), None)
        assert storage.progress().number == 3


def test_files_of_other_versions_are_refused(tmp_path: Path) -> None:
    for name, make in (("client", lambda path: Storage(path).close()), ("server", lambda path: Study(path, 3).engine.close())):
        path = tmp_path / name
        make(path)
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version = 99")
        connection.close()
        with pytest.raises(FlowError, match="another version"):
            make(path)


def test_plain_http_serves_this_machine(tmp_path: Path) -> None:
    made = World(tmp_path, tls=False)
    try:
        made.start()
        handle = made.run("plain", 3)
        made.join(handle, 1, 2, 3)
        np.testing.assert_array_equal(handle.round().sums["values"], expected((1, 2, 3)))
    finally:
        made.close()


@pytest.mark.parametrize("package", ["click", "httpx", "rich"])
def test_a_missing_package_is_named(package: str) -> None:
    script = f"import sys; sys.modules[{package!r}] = None; from cloakwork.cli import main; main()"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert found.returncode == 1
    assert f"needs the package {package}" in found.stderr
    assert "pip install" in found.stderr


def test_a_client_is_told_when_nothing_happens(world: World) -> None:
    handle = world.run("quiet", 3)
    with Client.join(handle.invitation, world.identity(1), world.root / "quiet.sqlite", ca=world.ca) as client:
        with pytest.raises(FlowError) as caught:
            client.serve(lambda _: {}, idle_seconds=0)
        assert caught.value.code == FlowStatus.TOO_SLOW
        until(lambda: world.states(handle)[1] == "answered")
