"""`cloakwork fsc`: servers as processes, and the official client at each of them."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from federatedsecure.client import Api
from fsc_world import network

PATIENCE = 60
PEERS = 1000


def cloakwork(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cloakwork", "fsc", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def free_ports(count: int) -> list[int]:
    """Ports that are free, and those of their peers too."""
    found: list[int] = []
    while len(found) < count:
        with socket.create_server(("127.0.0.1", 0)) as held:
            port = held.getsockname()[1]
            try:
                if port + PEERS < 2**16 and not {port - PEERS, port, port + PEERS} & set(found):
                    socket.create_server(("127.0.0.1", port + PEERS)).close()
                    found.append(port)
            except OSError:
                continue
    return found


class Server:
    """A process of `cloakwork fsc serve`."""

    def __init__(self, log: Path, *arguments: str) -> None:
        self.log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen([sys.executable, "-m", "cloakwork", "fsc", "serve", *arguments], stdout=file, stderr=file)

    def up(self, url: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            assert self.process.poll() is None, self.log.read_text()
            try:
                httpx.get(f"{url}/openapi.json")
            except httpx.TransportError:
                assert time.monotonic() < deadline, self.log.read_text()
                time.sleep(0.05)
            else:
                return

    def close(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


def secure_sum(api: Api, nodes: list[str], myself: int, data: Any, session: str = "hello") -> Any:
    microservice = api.create(protocol="Simon")
    return api.download(microservice.compute(microprotocol="SecureSum", data=data, network=network(nodes, myself, session)))


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[Server], list[str]]]:
    folder = tmp_path_factory.mktemp("tutorial")
    ports = free_ports(3)
    urls = [f"http://localhost:{port}" for port in ports]
    servers = [Server(folder / f"{port}.log", f"--port={port}") for port in ports]
    try:
        for server, url in zip(servers, urls, strict=True):
            server.up(url)
        yield servers, urls
    finally:
        for server in servers:
            server.process.kill()
            server.process.wait(PATIENCE)


def test_the_tutorial_with_servers_as_printed(tutorial: tuple[list[Server], list[str]]) -> None:
    """Again and again with one uuid, as everybody does who tries it."""
    _, urls = tutorial
    with ThreadPoolExecutor(3) as pool:
        for _ in range(3):
            outputs = pool.map(lambda place: secure_sum(Api(urls[place]), urls, place, (19, 5, 61)[place]), range(3))
            assert [str(output) for output in outputs] == ["{'inputs': 3, 'result': {'samples': 3, 'sum': 85.0}}"] * 3


def test_a_client_that_leaves_is_named_to_the_others(tutorial: tuple[list[Server], list[str]]) -> None:
    _, urls = tutorial
    with ThreadPoolExecutor(1) as pool, httpx.Client(base_url=urls[0]) as leaving:
        other = pool.submit(secure_sum, Api(urls[1]), urls, 1, 1, "leaves")
        simon = leaving.post("/representations", json={}).json()["uuid"]
        compute = leaving.get(f"/representation/{simon}/compute").json()["uuid"]
        asked = {"microprotocol": "SecureSum", "data": 1, "network": network(urls, 0, "leaves")}
        with pytest.raises(httpx.ReadTimeout):
            leaving.patch(f"/representation/{compute}", json={"kwargs": asked}, timeout=1)
        with pytest.raises(Exception, match="representation") as caught:
            other.result(PATIENCE)
    answer = json.loads(str(caught.value).split("\t")[-1])
    assert (answer["code"], answer["reason"], answer["party"]) == (502, "cancelled", 0)


def test_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    """Even while a computation waits for others, where the original has to be killed."""
    port = free_ports(1)[0]
    url = f"http://127.0.0.1:{port}"
    server = Server(tmp_path / "log", f"--port={port}")
    server.up(url)
    nodes = [url, f"http://127.0.0.1:{free_ports(1)[0]}"]
    simon = Api(url).create(protocol="Simon")
    task = simon.create_task(microprotocol="SecureSum", network={"nodes": nodes, "myself": 0})
    task.start()
    assert Api(url).download(task.progress())["state"] == "running"
    compute = simon.compute["representation_uuid"]
    waiting = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    asked = {"microprotocol": "SecureSum", "data": 1, "network": network(nodes, 0, "waits")}
    waiting.request("PATCH", f"/representation/{compute}", json.dumps({"kwargs": asked}), {"Content-Type": "application/json"})
    assert server.close() == -signal.SIGTERM
    answer = json.loads(waiting.getresponse().read())
    waiting.close()
    assert (answer["code"], answer["reason"]) == (503, "stopping")
    assert "Traceback" not in server.log.read_text()


def test_configured_servers_with_callers(tmp_path: Path) -> None:
    """`init`, `allow`, `serve`: the example with ports that are free here, and a client of each server."""
    written = cloakwork("init", str(tmp_path / "example"))
    assert written.returncode == 0, written.stderr
    paths = [Path(line) for line in written.stdout.splitlines()]
    ports = free_ports(3)
    tokens = []
    for path in paths:
        text = path.read_text()
        for place, port in enumerate(ports):
            text = text.replace(f"{55501 + place}", f"{port}").replace(f"{56501 + place}", f"{port + PEERS}")
        path.write_text(text.replace("[clients]\n", '[clients]\nfile = "clients"\norigins = ["https://study.example"]\n'))
        allowed = cloakwork("allow", "ann", "--file", str(path.parent / "clients"))
        assert allowed.returncode == 0, allowed.stderr
        tokens.append(allowed.stdout.strip())
    assert len(set(tokens)) == 3
    nodes = [f"http://127.0.0.1:{port}" for port in ports]
    servers = [Server(path.parent / "log", "--config", str(path)) for path in paths]
    try:
        for server, node in zip(servers, nodes, strict=True):
            server.up(node)
            assert httpx.get(f"{node}/representations").status_code == 401
        urls = [f"http://ann:{tokens[0]}@127.0.0.1:{ports[0]}", f"{nodes[1]}/{tokens[1]}", f"{nodes[2]}/{tokens[2]}/"]
        with ThreadPoolExecutor(3) as pool:
            outputs = list(pool.map(lambda place: secure_sum(Api(urls[place]), nodes, place, (0.1, 1, 2.2)[place]), range(3)))
        assert outputs == [{"inputs": 3, "result": {"samples": 3, "sum": 3.3}}] * 3
        # Where requests go is not for clients to say.
        with pytest.raises(Exception, match="403|400|404") as caught:
            secure_sum(Api(urls[0]), [nodes[0], "http://127.0.0.1:9"], 0, 1)
        answer = json.loads(str(caught.value).split("\t")[-1])
        assert answer["reason"] == "unknown-peer"
    finally:
        codes = [server.close() for server in servers]
    assert codes == [-signal.SIGTERM] * 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("serve", "--host", "0.0.0.0"), "reached from other machines"),
        (("serve", "--port", "65000"), "port"),
        (("serve", "--config", "nowhere.toml"), "cloakwork fsc init"),
        (("allow", "a:b"), "the name of a client"),
    ],
)
def test_mistakes_are_told_in_a_sentence(arguments: tuple[str, ...], said: str) -> None:
    result = cloakwork(*arguments)
    assert result.returncode == 1
    assert re.fullmatch(r"Error: [^\n]*\n", result.stderr)
    assert said in result.stderr
