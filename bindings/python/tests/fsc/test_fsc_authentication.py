"""Who may call: the ways in which unmodified clients can say who they are, and everybody else."""

from __future__ import annotations

import base64
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from federatedsecure.client import Api
from fsc_world import World

from cloakwork.errors import CloakworkError
from cloakwork.flow.entries import Entries
from cloakwork.fsc import Settings
from cloakwork.fsc.api.authentication import Clients, allow
from cloakwork.web.listener import Listener


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    path = tmp_path_factory.mktemp("clients") / "clients"
    return path, allow(path, "ann"), allow(path, "bob@study.example")


@pytest.fixture(scope="module")
def closed(tokens: tuple[Path, str, str]) -> Iterator[World]:
    made = World([Settings(clients=tokens[0])])
    yield made
    made.close()


def basic(name: str, token: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{token}'.encode()).decode()}"}


def who(url: str) -> str:
    """The whole way of the official client, and who the engine was told it is."""
    api = Api(url)
    assert len(api.list()) == 4
    net = {"nodes": ["http://alone"], "uuid": "who", "myself": 0}
    kept = api.upload([1, 2])
    result = api.create(protocol="Simon").compute(microprotocol="Parameters", data=kept, network=net)
    output = api.download(result)["result"]
    assert output["data"] == [1, 2]
    api.release(result["representation_uuid"])
    return output["caller"]


def test_unmodified_clients(closed: World, tokens: tuple[Path, str, str]) -> None:
    _, ann, bob = tokens
    place = urlsplit(closed.urls[0]).netloc
    assert who(f"http://ann:{ann}@{place}") == "ann"
    assert who(f"http://bob%40study.example:{bob}@{place}/") == "bob@study.example"
    assert who(f"http://{place}/{ann}") == "ann"
    assert who(f"http://{place}/{bob}/") == "bob@study.example"
    assert who(f"http://{place}//{bob}//") == "bob@study.example"


def test_bearer(closed: World, tokens: tuple[Path, str, str]) -> None:
    for scheme in ("Bearer", "bearer"):
        answer = httpx.get(f"{closed.urls[0]}/representations", headers={"Authorization": f"{scheme} {tokens[1]}"})
        assert answer.status_code == 200


def test_everybody_else(closed: World, tokens: tuple[Path, str, str]) -> None:
    _, ann, bob = tokens
    url = closed.urls[0]
    wrong = [
        {},
        basic("ann", bob),
        basic("ann", ""),
        basic("", ann),
        basic("nobody", ann),
        basic("ann", ann[:-1]),
        basic("ann", ann + "x"),
        {"Authorization": "Basic !"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode()},
        {"Authorization": f"Basic {base64.b64encode(ann.encode()).decode()}"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {ann.upper()}"},
        {"Authorization": f"Digest {ann}"},
        {"Authorization": ann},
    ]
    for headers in wrong:
        for method, path in (
            ("GET", "/representations"),
            ("POST", "/representations"),
            ("PATCH", "/representation/x"),
            ("GET", "/nothing"),
        ):
            answer = httpx.request(method, url + path, headers=headers, json={})
            assert answer.status_code == 401
            assert answer.json()["reason"] == "not-authenticated"
            assert answer.headers["www-authenticate"].startswith("Basic ")
    for path in (
        f"/{ann[:-1]}/representations",
        f"/x/{ann}/representations",
        f"/representations/{ann}",
        "//representations",
        f"/ui{ann}/x",
    ):
        assert httpx.get(url + path).status_code == 401


def test_the_description_is_for_everybody(closed: World, tokens: tuple[Path, str, str]) -> None:
    for path in ("/openapi.json", "/ui/", "/ui/swagger-ui.css", f"/{tokens[1]}/ui/"):
        assert httpx.get(closed.urls[0] + path).status_code == 200
    prefixed = httpx.get(f"{closed.urls[0]}/{tokens[1]}/openapi.json").json()
    assert prefixed["servers"] == [{"url": f"/{tokens[1]}"}]
    moved = httpx.get(f"{closed.urls[0]}/{tokens[1]}/ui")
    assert (moved.status_code, moved.headers["location"]) == (307, f"/{tokens[1]}/ui/")


def test_the_file_holds_no_token_and_is_read_again(closed: World, tokens: tuple[Path, str, str]) -> None:
    path = tokens[0]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not any(token in path.read_text() for token in tokens[1:])
    new = allow(path, "carol")
    url = f"{closed.urls[0]}/representations"
    assert httpx.get(url, headers=basic("carol", new)).status_code == 200
    newer = allow(path, "carol")
    assert httpx.get(url, headers=basic("carol", new)).status_code == 401
    assert httpx.get(url, headers=basic("carol", newer)).status_code == 200
    path.chmod(0o644)
    try:
        path.touch()
        # The operator is told in the log, the caller nothing.
        answer = httpx.get(url, headers=basic("carol", newer))
        assert (answer.status_code, answer.json()["reason"]) == (500, "internal-error")
        assert str(path) not in answer.text
    finally:
        path.chmod(0o600)
    assert httpx.get(url, headers=basic("carol", newer)).status_code == 200


ZEROS = "0" * 64


@pytest.mark.parametrize("line", ["ann", "ann short", f"-ann {ZEROS}", f"ann {'g' * 64}", f"ann {ZEROS} more", f"a {ZEROS}\na {'1' * 64}"])
def test_files_that_are_none(tmp_path: Path, line: str) -> None:
    path = tmp_path / "clients"
    path.write_text(f"# who\n\n{line}\n")
    path.chmod(0o600)
    with pytest.raises(CloakworkError, match="has to be a new name"):
        Clients(path)
    with pytest.raises(CloakworkError, match="has to be a new name"):
        allow(path, "ann")


def test_a_file_that_others_may_read_or_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CloakworkError, match="cloakwork fsc allow"):
        Clients(tmp_path / "clients")
    allow(tmp_path / "clients", "ann")
    (tmp_path / "clients").chmod(0o640)
    with pytest.raises(CloakworkError, match="chmod 600"):
        Clients(tmp_path / "clients")
    for name in ("", "a:b", "a b", "-a", "x" * 65, "ä"):
        with pytest.raises(CloakworkError, match="the name of a client"):
            allow(tmp_path / "others", name)


def test_settings_that_would_serve_everybody(tmp_path: Path) -> None:
    open_to_all = Listener("0.0.0.0")
    with pytest.raises(CloakworkError, match="--config"):
        Settings(open_to_all)
    with pytest.raises(CloakworkError, match="certificate"):
        Settings(open_to_all, clients=tmp_path / "clients")
    with_tls = Listener("0.0.0.0", 443, tmp_path / "chain.pem", tmp_path / "key.pem")
    with pytest.raises(CloakworkError, match="--config"):
        Settings(with_tls)
    assert Settings(with_tls, clients=tmp_path / "clients").listener == with_tls


def test_settings_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "fsc.toml"

    def read(**entries: object) -> Settings:
        return Settings.configured(Listener(port=1), Entries(path, entries, "clients"), tmp_path)

    assert read() == Settings(Listener(port=1))
    bounds = {"handles": 5, "idle_seconds": 60}
    made = read(file="who", origins=["https://study.example", "http://localhost:3000"], bounds=bounds)
    assert made.clients == tmp_path / "who"
    assert made.origins == ("https://study.example", "http://localhost:3000")
    assert (made.bounds.handles, made.bounds.idle_seconds, made.bounds.computations) == (5, 60, 256)
    for name, wrong in (
        ("file", 5),
        ("origins", "https://study.example"),
        ("origins", ["study.example"]),
        ("origins", ["https://study.example/page"]),
        ("origins", ["*"]),
        ("bounds", {"handles": 0}),
        ("bounds", {"handles": True}),
        ("bounds", {"unknown": 1}),
        ("unknown", 1),
    ):
        with pytest.raises(CloakworkError, match=f"fsc.toml.*clients.{name}"):
            read(**{name: wrong})


def test_without_authentication_this_machine_alone(world: World) -> None:
    """What a page of another site can do: send requests here, even under a name of its own that leads here."""
    url = f"{world.urls[0]}/representations"
    for host in (
        "attacker.example",
        "attacker.example:55501",
        "127.0.0.1.attacker.example",
        "10.0.0.1",
        "",
        "localhost.",
        "[::2]",
        "[::1",
        "]",
        "localhost@attacker.example",
    ):
        for method in ("GET", "POST"):
            answer = httpx.request(method, url, headers={"Host": host}, json={})
            assert (answer.status_code, answer.json()["reason"]) == (403, "not-allowed")
    for host in ("localhost", "localhost:55501", "127.0.0.1", "[::1]:55501"):
        assert httpx.get(url, headers={"Host": host}).status_code == 200
