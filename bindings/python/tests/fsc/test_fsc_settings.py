"""Configurations, the example, certificates, and servers without configuration."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from peers_world import MICROPROTOCOLS, QUICK, asked, certificate, free_ports, linked, outcomes, servers, settings, together

from cloakwork.flow.certificate import self_signed
from cloakwork.fsc.computation import Computation, Failure
from cloakwork.fsc.peers.address import Address, node
from cloakwork.fsc.peers.credentials import Credentials, peer_context
from cloakwork.fsc.peers.development import PORT_OFFSET, shared_folder
from cloakwork.fsc.peers.engine import PeerEngine
from cloakwork.fsc.peers.example import create
from cloakwork.fsc.peers.settings import Settings
from cloakwork.wire.problem import FlowError


def test_the_example_runs_as_it_is(tmp_path: Path) -> None:
    paths = create(tmp_path / "example")
    for path in paths:
        assert (path.parent / "key.pem").stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    # The ports of the example may be taken here.
    ports = free_ports(3)
    for path in paths:
        text = path.read_text(encoding="utf-8")
        for place, port in enumerate(ports):
            text = text.replace(f"127.0.0.1:{56501 + place}", f"127.0.0.1:{port}")
        path.write_text(text, encoding="utf-8")

    async def run() -> None:
        async with contextlib.AsyncExitStack() as stack:
            made = [await stack.enter_async_context(PeerEngine.configured(Settings.read(path), MICROPROTOCOLS)) for path in paths]
            nodes = tuple(f"http://127.0.0.1:{55501 + place}" for place in range(3))
            asks = [Computation("SecureSum", (value,), {}, nodes, "uuid", place, "") for place, value in enumerate((19, 5, 61))]
            found = await outcomes(*(engine.compute(one) for engine, one in zip(made, asks, strict=True)))
            assert found == [{"inputs": 3, "result": {"samples": 3, "sum": 85.0}}] * 3

    asyncio.run(run())
    with pytest.raises(FlowError, match="already"):
        create(tmp_path / "example")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('name = "alice"', "", ["server.name", "missing"]),
        ('name = "alice"', "name = 3", ["server.name", "str"]),
        ('name = "bob"', 'name = "carol"', ["peers.name", "carol"]),
        ("http://127.0.0.1:55502", "http://127.0.0.1:55503", ["peers.url"]),
        ("http://127.0.0.1:55501", "ftp://x", ["server.url", "base URL"]),
        ('"127.0.0.1:56502"', '"bob"', ["peers[0].address", "clinic.example:56501"]),
        ("peers/bob.pem", "peers/eve.pem", ["peers[0].certificate", "not there"]),
        ('host = "127.0.0.1"', 'host = "0.0.0.0"', ["clients.certificate"]),
        ("port = 55501", "port = 70000", ["clients.port"]),
        ("# [limits]\n# wait = 120 ", "[limits]\nwait = 0 ", ["limits.wait"]),
        ("# [limits]\n# wait = 120 ", "[limits]\nwaiting = 1 ", ["limits.waiting"]),
        ("[server]", "other = 1\n[server]", ["other", "no entry"]),
        ("[server]", "[server]\nother = 1", ["server.other", "no entry"]),
        ("# accepted_leaks = []", "accepted_leaks = [1]", ["server.accepted_leaks"]),
        ("[server]", "[server", ["cannot be read"]),
    ],
)
def test_entries_that_are_refused(tmp_path: Path, before: str, after: str, words: list[str]) -> None:
    path = create(tmp_path / "example")[0]
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(FlowError) as refused:
        Settings.read(path)
    assert all(word in str(refused.value) for word in (*words, "fsc.toml")), str(refused.value)


def test_files_that_are_no_certificates(tmp_path: Path) -> None:
    path = create(tmp_path / "example")[0]
    with pytest.raises(FlowError, match="no configuration"):
        Settings.read(tmp_path / "nothing.toml")
    (path.parent / "peers" / "bob.pem").write_text("nothing", encoding="ascii")
    with pytest.raises(FlowError, match="no certificate"):
        PeerEngine.configured(Settings.read(path), MICROPROTOCOLS)
    (path.parent / "peers" / "bob.pem").write_bytes((path.parent / "peers" / "carol.pem").read_bytes())
    with pytest.raises(FlowError, match="two servers"):
        PeerEngine.configured(Settings.read(path), MICROPROTOCOLS)
    (path.parent / "key.pem").write_bytes((tmp_path / "example" / "bob" / "key.pem").read_bytes())
    with pytest.raises(FlowError, match="private key"):
        PeerEngine.configured(Settings.read(path), MICROPROTOCOLS)


def test_addresses() -> None:
    assert Address.parse("clinic.example:7000") == Address("clinic.example", 7000)
    assert Address.parse("[::1]:7000") == Address("::1", 7000)
    for text in ("clinic.example", "7000", ":7000", "a:b", "a:70000", "a:1/x", "u@a:1"):
        with pytest.raises(ValueError, match="address"):
            Address.parse(text)
    assert node("HTTPS://Clinic.Example/") == "https://clinic.example:443"
    assert node("http://user:secret@127.0.0.1:5/a/") == "http://127.0.0.1:5/a"
    assert node("http://[::1]:5") == "http://[::1]:5"
    for text in ("clinic.example", "ftp://x", "http://", "http://x:y", "http://x?a", ""):
        with pytest.raises(ValueError, match="base URL"):
            node(text)


async def _first_byte(listen: Address, context: ssl.SSLContext) -> bytes:
    reader, writer = await asyncio.open_connection(listen.host, listen.port, ssl=context)
    try:
        writer.write(b"x" * 17)
        return await reader.readexactly(1)
    finally:
        writer.close()


def test_who_shows_another_certificate_gets_nowhere() -> None:
    """Without a certificate or with a stranger's the handshake fails, or the connection ends before anything is read."""

    async def run() -> None:
        about = settings(2)
        async with servers(2) as engines:
            await linked(engines)
            listen = engines[0]._directory.listen
            for name in ("mallory", None):
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                context.set_alpn_protocols(["cloakwork-fsc/1"])
                if name is not None:
                    context.load_cert_chain(*certificate(name))
                with pytest.raises((ssl.SSLError, OSError, asyncio.IncompleteReadError)):
                    await _first_byte(listen, context)
            # A peer that is to wait for the call, or that speaks another version, is sent away.
            for protocol in ("cloakwork-fsc/2", "cloakwork-fsc/1"):
                names = [one.name for one in about]
                context = peer_context(
                    Credentials.load(*certificate(names[1])), [Credentials.load(*certificate(names[0])).content], server=False
                )
                context.set_alpn_protocols([protocol])
                with contextlib.suppress(ssl.SSLError, OSError, asyncio.IncompleteReadError):
                    await _first_byte(listen, context)
            await linked(engines)
            found = await together(engines, [1, 2])
            assert [one["result"]["sum"] for one in found] == [3.0, 3.0]

    asyncio.run(run())


def test_a_peer_whose_certificate_changed_is_named() -> None:
    async def run() -> None:
        about = settings(2)
        other_certificate, other_key = certificate("mallory")
        stranger = replace(about[1], certificate=other_certificate, key=other_key)
        async with PeerEngine.configured(about[0], MICROPROTOCOLS) as honest, PeerEngine.configured(stranger, MICROPROTOCOLS) as other:
            found = await outcomes(honest.compute(asked(0, 1, places=(0, 1))), other.compute(asked(1, 1, places=(0, 1))))
            assert all(isinstance(one, Failure) and one.reason == "timeout" for one in found)
            assert not any(honest.health().values())

    asyncio.run(run())


def test_a_certificate_that_has_expired_is_named(tmp_path: Path) -> None:
    self_signed(["127.0.0.1"], tmp_path / "old.pem", tmp_path / "old.key", 0, mutual=True)
    time.sleep(1.1)

    async def run() -> None:
        first, second = settings(2)
        old = {"certificate": tmp_path / "old.pem"}
        first = replace(first, peers=(replace(first.peers[0], **old),))
        second = replace(second, **old, key=tmp_path / "old.key")
        async with PeerEngine.configured(first, MICROPROTOCOLS) as one, PeerEngine.configured(second, MICROPROTOCOLS) as other:
            found = await outcomes(one.compute(asked(0, 1, places=(0, 1))), other.compute(asked(1, 1, places=(0, 1))))
            assert all(isinstance(one, Failure) and one.reason == "timeout" for one in found)
            assert "its certificate has expired" in found[0].message
            assert "the certificate of this server has expired" in found[1].message

    asyncio.run(run())


def test_an_address_that_is_taken() -> None:
    async def run() -> None:
        about = settings(2)[0]
        with socket.create_server((about.listen.host, about.listen.port)), pytest.raises(FlowError, match="cannot listen"):
            await PeerEngine.configured(about, MICROPROTOCOLS).open()

    asyncio.run(run())


def development_ports(count: int) -> list[int]:
    """Ports for clients whose peer ports are free as well."""
    found: list[int] = []
    while len(found) < count:
        port = free_ports(1)[0] - PORT_OFFSET
        with contextlib.suppress(OSError), socket.socket() as one:
            one.bind(("127.0.0.1", port))
            found += [port] if port not in found else []
    return found


def test_servers_without_configuration(tmp_path: Path) -> None:
    """They find each other by the nodes alone; one that starts anew has another certificate, and is found all the same."""

    async def run() -> None:
        ports = development_ports(3)
        nodes = tuple(f"http://{host}:{port}" for host, port in zip(("127.0.0.1", "localhost", "127.0.0.1"), ports, strict=True))

        def ask(place: int, **about: Any) -> Computation:
            return Computation("SecureSum", (place + 1,), {}, about.get("nodes", nodes), "uuid", place, "")

        made = [PeerEngine.development(port, MICROPROTOCOLS, folder=tmp_path, limits=QUICK) for port in ports]
        for engine in made:
            await engine.open()
        for _ in range(2):
            found = await outcomes(*(engine.compute(ask(place)) for place, engine in enumerate(made)))
            assert [one["result"]["sum"] for one in found] == [6.0] * 3
            await made[1].close()
            made[1] = PeerEngine.development(ports[1], MICROPROTOCOLS, folder=tmp_path, limits=QUICK)
            await made[1].open()
        other = (await outcomes(made[0].compute(ask(0, nodes=(nodes[0], "http://10.0.0.1:55502")))))[0]
        assert isinstance(other, Failure)
        assert other.reason == "unknown-peer"
        for engine in made:
            await engine.close()
        assert not list(tmp_path.iterdir())

    asyncio.run(run())


def test_the_folder_of_development_belongs_to_one_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    folder = shared_folder()
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o755)
    with pytest.raises(FlowError, match="this user alone"):
        shared_folder()
    with pytest.raises(FlowError, match="port"):
        PeerEngine.development(65000, MICROPROTOCOLS, folder=tmp_path)


_PROCESS = """
import asyncio, json, sys
from pathlib import Path
from cloakwork.flow.certificate import self_signed
from cloakwork.fsc.computation import Computation, Failure
from cloakwork.fsc.microprotocols.secure_sum import SecureSum
from cloakwork.fsc.peers.engine import PeerEngine
from cloakwork.fsc.peers.settings import Limits

async def run(place, ports, folder, rounds):
    nodes = tuple(f"http://127.0.0.1:{port}" for port in ports)
    limits = Limits(wait=30.0, step=10.0)
    async with PeerEngine.development(ports[place], {"SecureSum": SecureSum()}, folder=folder, limits=limits) as engine:
        for number in range(rounds):
            try:
                found = await engine.compute(Computation("SecureSum", (number,), {}, nodes, "uuid", place, ""))
            except Failure as failure:
                print(json.dumps([failure.reason, failure.party]))
                return
            print(json.dumps(found), flush=True)

asyncio.run(run(int(sys.argv[1]), json.loads(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])))
"""


def test_servers_in_processes_of_their_own(tmp_path: Path) -> None:
    """Three sums; then one process is killed, and the others name it."""
    ports = development_ports(3)

    def start(place: int) -> subprocess.Popen[str]:
        arguments = [str(place), json.dumps(ports), str(tmp_path), "1000000"]
        return subprocess.Popen([sys.executable, "-c", _PROCESS, *arguments], stdout=subprocess.PIPE, text=True)

    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(start(place)) for place in range(3)]
        for process in made:
            stack.callback(process.kill)
        for number in range(3):
            for process in made:
                assert process.stdout is not None
                assert json.loads(process.stdout.readline()) == {"inputs": 3, "result": {"samples": 3, "sum": 3.0 * number}}
        made[2].kill()
        for process in made[:2]:
            assert process.stdout is not None
            lines = process.stdout.read().splitlines()
            # In a computation the link breaks; before it began they wait for who is not there.
            reason, party = json.loads(lines[-1])
            assert reason in {"peer-lost", "timeout"}
            assert party == 2
