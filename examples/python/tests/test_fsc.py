"""The server for clients of Federated Secure Computing inside a Django project and a Connexion server, with one that stands alone."""

# ruff: noqa: S101, D103 - assertions are what tests are made of, and names say what they show.

from __future__ import annotations

import os
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

from cloakwork.fsc.peers.example import create

FOLDER = Path(__file__).resolve().parent.parent / "fsc"
LIMIT_SECONDS = 60
# Below the port of each server; Django's and Connexion's own pages are beside it.
PATHS = ("/fsc", "/fsc", "")


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def await_answer(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        try:
            httpx.get(url)
        except httpx.TransportError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The example of `cloakwork fsc init`, with ports that are free here and the paths under which the applications are mounted."""
    folder = tmp_path_factory.mktemp("fsc")
    ports = free_ports(6)
    clients, peers = ports[:3], ports[3:]
    urls = [f"http://127.0.0.1:{port}{path}" for port, path in zip(clients, PATHS, strict=True)]
    configurations = create(folder / "example")
    for path in configurations:
        text = path.read_text()
        for place in range(3):
            text = text.replace(f"http://127.0.0.1:{55501 + place}", urls[place])
            text = text.replace(f"port = {55501 + place}", f"port = {clients[place]}").replace(f"{56501 + place}", f"{peers[place]}")
        path.write_text(text)
    commands = [
        ("uvicorn", "--port", f"{clients[0]}", "hospital.asgi:application"),
        ("uvicorn", "--port", f"{clients[1]}", "server:application"),
        ("cloakwork", "fsc", "serve", "--config", str(configurations[2])),
    ]
    folders = (FOLDER / "django_project", FOLDER / "connexion_server", folder)
    processes = []
    for place, (command, where) in enumerate(zip(commands, folders, strict=True)):
        variables = {**os.environ, "CLOAKWORK_FSC": str(configurations[place]), "PYTHONDONTWRITEBYTECODE": "1"}
        with (folder / f"{place}.log").open("wb") as log:
            processes.append(subprocess.Popen([sys.executable, "-m", *command], cwd=where, env=variables, stdout=log, stderr=log))
    try:
        for place, process in enumerate(processes):
            await_answer(process, f"{urls[place]}/openapi.json", folder / f"{place}.log")
        yield urls
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(LIMIT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def secure_sum(nodes: list[str], myself: int, data: float) -> dict[str, Any]:
    api = Api(nodes[myself])
    network = {"nodes": nodes, "uuid": "examples", "myself": myself}
    output: dict[str, Any] = api.download(api.create(protocol="Simon").compute(microprotocol="SecureSum", data=data, network=network))
    return output


def test_they_compute_together(nodes: list[str]) -> None:
    with ThreadPoolExecutor(3) as pool:
        outputs = list(pool.map(lambda place: secure_sum(nodes, place, (19, 5, 61)[place]), range(3)))
    assert outputs == [{"inputs": 3, "result": {"samples": 3, "sum": 85.0}}] * 3


def test_their_own_pages_are_there(nodes: list[str]) -> None:
    django, connexion, alone = (node.removesuffix("/fsc") for node in nodes)
    assert httpx.get(f"{django}/health").json() == {"project": "hospital"}
    assert httpx.get(f"{connexion}/health").json() == {"server": "hospital"}
    assert httpx.get(f"{alone}/health").status_code == 404
    for outer in (django, connexion):
        assert httpx.get(f"{outer}/representations").status_code == 404


@pytest.mark.parametrize("place", range(3))
def test_what_is_mounted_is_whole(nodes: list[str], place: int) -> None:
    url = nodes[place]
    assert len(httpx.get(f"{url}//representations/").json()["list"]) == 4
    refused = httpx.get(f"{url}/representation/unknown")
    assert (refused.status_code, refused.json()["reason"]) == (404, "unknown-handle")
    assert httpx.get(f"{url}/openapi.json").json()["servers"] == [{"url": PATHS[place] or "/"}]
    page = httpx.get(f"{url}/ui", follow_redirects=True)
    assert (page.status_code, page.url.path) == (200, f"{PATHS[place]}/ui/")
    assert httpx.get(f"{url}/ui/swagger-ui.css").status_code == 200
    origin = "http://localhost:3000"
    asked = {"Origin": origin, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "content-type"}
    assert httpx.options(f"{url}/representation/x", headers=asked).headers["access-control-allow-origin"] == origin
    assert httpx.get(f"{url}/representations", headers={"Host": "attacker.example"}).status_code in {400, 403}
