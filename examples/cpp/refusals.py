"""What the server in C++ and a client in C++ must not accept, and with which number they say so."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from pathlib import Path

import httpx
from world import LENGTH, Caller, Program, World, require, world

from cloakwork.errors import CloakworkError
from cloakwork.flow import keyfile
from cloakwork.flow.certificate import self_signed
from cloakwork.secagg import Config, Identity, Run, Segment, fingerprint, public_key
from cloakwork.wire.invitation import Invitation
from cloakwork.wire.parse import base64_text


def defined(here: World, name: str, **parameters: object) -> tuple[Run, dict[str, object]]:
    """A run over the members of a world, and the body that creates it."""
    keys = {number: keyfile.load(here.file("identity", number)).public_key for number in range(1, here.members + 1)}
    run = Run.new(Config((Segment("values", 40, LENGTH, "fixed", 20),), **parameters), keys)  # type: ignore[arg-type]
    body: dict[str, object] = {
        "name": name,
        "names": {str(number): f"member {number}" for number in keys},
        "description": base64_text(run.description),
        "roster": base64_text(run.roster),
        "settings": base64_text(b""),
    }
    return run, body


def server_refusals(programs: Path, root: Path) -> None:
    """Requests that are wrong in one way each."""
    with world(programs, root, members=3) as here:
        server = here.server()
        office, first = Caller(here, here.office), Caller(here, keyfile.load(here.file("identity", 1)))
        run, body = defined(here, "refusals")
        path = f"/v1/runs/{run.run_id.hex()}"
        creating(office, run, body, path)
        authenticating(here, office, first, run, path)
        counting(office, first, run, path)
        messages(office, first, run, path)
        watching(office, first, run, path)
        unfinished_requests(here, first, run, path)
        closing(office, first, run, path)
        require(server.stop() == 0 and server.said() == "", server.said())


def creating(office: Caller, run: Run, body: dict[str, object], path: str) -> None:
    """A run is created once, and only whole."""
    own = {"run": run.run_id}
    office.refused(804, "GET", path, **own)
    for fields, argument in (
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"names": {"1": "one", "2": "two"}}, "names"),
        ({"names": {"1": "one", "2": "one", "3": "two"}}, "names"),
        ({"names": {"1": "one", "2": "two", "x": "three"}}, "names"),
        ({"settings": base64_text(b"others")}, "settings"),
        ({"settings": "***"}, "settings"),
        ({"description": None}, "description"),
        ({"shares_results": 1}, "shares_results"),
    ):
        status, answer, proven = office.ask("PUT", path, json.dumps({**body, **fields}).encode(), **own)
        require(proven and status in {400, 422} and json.loads(answer)["argument"] == argument, f"{fields}: {status} {answer!r}")
    office.refused(801, "PUT", path, b"[1]", **own)
    office.refused(801, "PUT", path, b"\xff", **own)
    office.refused(301, "PUT", path, json.dumps({**body, "description": base64_text(b"\x81")}).encode(), **own)
    office.refused(801, "PUT", f"/v1/runs/{'0' * 32}", json.dumps(body).encode(), run=bytes(16))
    created = json.loads(office.given("PUT", path, json.dumps(body).encode(), **own))
    require(created == {"run": run.run_id.hex(), "hash": run.hash.hex()}, created)
    require(json.loads(office.given("PUT", path, json.dumps(body).encode(), **own)) == created, "the same again")
    office.refused(805, "PUT", path, json.dumps({**body, "name": "another"}).encode(), **own)
    shown = json.loads(office.given("GET", path, **own))
    require(shown["step"] == "advertise" and [member["state"] for member in shown["members"]] == ["waited for"] * 3, shown)
    require([entry["name"] for entry in json.loads(office.given("GET", "/v1/runs"))["runs"]] == ["refusals"], "the list of runs")
    require(office.given("GET", f"{path}/roster", **own) == run.roster, "the roster")


def authenticating(here: World, office: Caller, first: Caller, run: Run, path: str) -> None:
    """Who is not known, or not allowed, or claims another body."""
    own = {"run": run.run_id}
    stranger = Caller(here, Identity.generate())
    stranger.refused(802, "GET", path, proven=False, **own)
    stranger.refused(802, "GET", "/v1/runs", proven=False)
    first.refused(802, "POST", f"{path}/setup", b"{}", signed=b"{ }", proven=False, **own)
    first.refused(802, "GET", path, run=bytes(16), proven=False)
    for headers in ({"Cloakwork-Mac": "00" * 32}, {"Cloakwork-Mac": ""}, {"Cloakwork-Counter": "01"}, {"Cloakwork-Party": "XY" * 32}):
        first.refused(802, "GET", path, headers=headers, proven=False, **own)
    first.refused(803, "GET", "/v1/runs")
    first.refused(803, "POST", f"{path}/stop", **own)
    office.refused(803, "POST", f"{path}/setup", b"{}", **own)
    first.refused(804, "GET", "/v1/nothing", proven=False)
    first.refused(801, "GET", "/v1/runs/XY", proven=False)
    health = json.loads(httpx.get(f"{here.url}/v1/health", verify=str(here.ca)).content)
    require(health["fingerprint"] == here.fingerprint and health["ready"] is True, health)
    old = ssl.create_default_context(cafile=str(here.ca))
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        httpx.get(f"{here.url}/v1/health", verify=old)
    except httpx.TransportError:
        return
    raise CloakworkError(0, "the server speaks TLS 1.2")


def counting(office: Caller, first: Caller, run: Run, path: str) -> None:
    """A repeat has the same answer; a counter is used once."""
    own = {"run": run.run_id}
    wanted = ("POST", f"{path}/setup", b"{}")
    once = first.given(*wanted, **own)
    require(first.given(*wanted, counter=first.counter, **own) == once, "a repeat")
    last = first.counter
    problem = first.refused(806, "POST", f"{path}/setup", b'{"a":1}', counter=last - 1, **own)
    require(problem["last_counter"] == str(last), problem)
    first.refused(806, "POST", f"{path}/setup", b'{"a":1}', counter=last, **own)
    first.refused(806, "GET", f"{path}/messages/1", counter=last, **own)
    first.counter = last + 10
    reading = first.given("GET", f"{path}/messages/1", **own)
    require(reading == first.given("GET", f"{path}/messages/1", counter=first.counter, **own), "a repeat of a look")
    # Nothing comes: the poll ends when its time has passed, and a repeat while it waits gets the same answer.
    started = time.monotonic()
    answers: list[tuple[int, bytes, bool]] = []
    waiting = first.counter + 1
    poll = threading.Thread(target=lambda: answers.append(first.ask("GET", f"{path}/messages/2?wait=2", counter=waiting, **own)))
    poll.start()
    time.sleep(0.5)
    repeat = Caller.ask(first, "GET", f"{path}/messages/2?wait=2", counter=waiting, **own)
    poll.join()
    require(answers == [repeat] == [(204, b"", True)] and time.monotonic() - started >= 1.5, f"{answers} {repeat}")
    first.counter = max(first.counter, waiting)
    require(first.ask("GET", f"{path}/rounds/1?wait=1", **own)[0] == 404, "a round that is not there")
    require(office.given("GET", f"{path}/settings", **own) == b"", "settings without a byte")


def messages(office: Caller, first: Caller, run: Run, path: str) -> None:
    """What is wrong about messages, refusals and rounds."""
    own = {"run": run.run_id}
    require(first.refused(809, "GET", f"{path}/messages/7", **own)["next"] == 2, "the next number")
    first.refused(804, "GET", f"{path}/messages/1/context", **own)
    first.refused(801, "GET", f"{path}/messages/{2**63}", **own)
    first.refused(801, "GET", f"{path}/messages/01", **own)
    first.refused(301, "POST", f"{path}/messages", b"\xff", **own)
    first.refused(803, "POST", f"{path}/rounds/1/stop", **own)
    largest = run.payload_size + 64 * run.degree + 4096
    for size in (largest + 1, largest + 2**20, largest + 40 * 2**20):
        problem = first.refused(807, "POST", f"{path}/messages", bytes(size), proven=False, **own) if size < 2**25 else {"bound": largest}
        require(problem["bound"] == largest, problem)
    first.refused(807, "POST", f"{path}/setup", bytes(4097), proven=False, **own)
    refusal = {"number": 1, "code": 404, "reason": "because"}
    for fields in ({"code": 0}, {"code": 1000}, {"accused": "9" * 30}, {"accused": 2}, {"reason": 1}, {"number": -1}):
        first.refused(801, "POST", f"{path}/refusals", json.dumps({**refusal, **fields}).encode(), **own)
    first.refused(804, "POST", f"{path}/refusals", json.dumps({**refusal, "number": 3}).encode(), **own)
    first.refused(801, "POST", f"{path}/refusals", json.dumps({**refusal, "accused": "77"}).encode(), **own)
    office.refused(805, "PUT", f"{path}/rounds/2", b"", **own)
    office.refused(801, "PUT", f"{path}/rounds/1?participants=1,9", b"", **own)
    office.refused(801, "PUT", f"{path}/rounds/1?participants=", b"", **own)
    office.refused(804, "POST", f"{path}/rounds/1/stop", **own)
    office.given("PUT", f"{path}/rounds/1", b"model", **own)
    office.given("PUT", f"{path}/rounds/1", b"model", **own)
    office.refused(805, "PUT", f"{path}/rounds/1", b"another model", **own)
    office.refused(805, "PUT", f"{path}/rounds/2", b"", **own)
    office.refused(805, "GET", f"{path}/rounds/1/result", **own)
    first.refused(803, "GET", f"{path}/rounds/1/result", **own)
    require(json.loads(office.given("GET", f"{path}/rounds/1", **own))["state"] == "waiting", "the round waits for set-up")
    office.given("POST", f"{path}/rounds/1/stop", **own)
    ended = json.loads(office.given("GET", f"{path}/rounds/1?wait=20", **own))
    require((ended["state"], ended["outcome"], ended["participants"]) == ("ended", 517, None), ended)


def watching(office: Caller, first: Caller, run: Run, path: str) -> None:
    """A controller sees everything, and waits for changes."""
    first.refused(803, "GET", "/v1/status")
    shown = json.loads(office.given("GET", "/v1/status"))
    (entry,) = shown["runs"]
    require((entry["name"], entry["step"], entry["noise"]) == ("refusals", "advertise", None), entry)
    require([(one["round"], one["outcome"], one["participants"]) for one in entry["rounds"]] == [(1, 517, None)], entry)
    require(entry["refusals"] == [], entry)
    newer = f"/v1/status?after={shown['version']}&wait="
    require(office.ask("GET", newer + "1")[0] == 204, "nothing has changed")
    answers: list[bytes] = []
    poll = threading.Thread(target=lambda: answers.append(office.given("GET", newer + "20")))
    poll.start()
    time.sleep(0.3)
    refusal = {"number": 1, "code": 404, "reason": "because\tof \u00e9" + "x" * 600, "accused": "2"}
    first.given("POST", f"{path}/refusals", json.dumps(refusal).encode(), run=run.run_id)
    poll.join()
    (told,) = json.loads(answers[0])["runs"][0]["refusals"]
    require(told.pop("time") > time.time() - 60, told)
    reason = ("because of \u00e9" + "x" * 600)[:500]
    require(told == {"epoch": 1, "round": 0, "member": "1", "accused": "2", "code": 404, "reason": reason}, told)


def unfinished_requests(here: World, first: Caller, run: Run, path: str) -> None:
    """Bodies that do not end, requests that are none: each is answered or cut off, and the server goes on."""
    address = ("127.0.0.1", int(here.url.rsplit(":", 1)[1]))
    context = ssl.create_default_context(cafile=str(here.ca))
    for text in (
        b"POST " + path.encode() + b"/setup HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{}",
        b"POST " + path.encode() + b"/setup HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET " + b"/" * 9000 + b" HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01" + bytes(100),
    ):
        with socket.create_connection(address, timeout=30) as plain, context.wrap_socket(plain, server_hostname="localhost") as channel:
            channel.sendall(text)
    with socket.create_connection(address, timeout=30) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
    chunked = httpx.post(f"{here.url}{path}/setup", content=iter([b"{}"]), verify=str(here.ca))
    require(chunked.status_code == 401, chunked.text)
    first.given("GET", path, run=run.run_id)


def closing(office: Caller, first: Caller, run: Run, path: str) -> None:
    """Nothing happens in a run that is closed."""
    own = {"run": run.run_id}
    office.given("POST", f"{path}/stop", **own)
    require(json.loads(office.given("POST", f"{path}/stop", **own)) == {"closed": True}, "closing it again")
    first.refused(816, "GET", f"{path}/messages/2?wait=20", **own)
    first.refused(816, "POST", f"{path}/messages", b"\xff", **own)
    office.refused(816, "PUT", f"{path}/rounds/2", b"", **own)
    require(json.loads(office.given("GET", path, **own))["state"] == "closed", "its state")
    require(json.loads(office.given("GET", f"{path}/rounds/1", **own))["outcome"] == 517, "its rounds stay")


def client_refusals(programs: Path, root: Path) -> None:
    """Servers and invitations that a client must not believe, and files that it must not use."""
    with world(programs, root, members=3) as here:
        here.server()
        run, body = defined(here, "suspicious")
        office = Caller(here, here.office)
        office.given("PUT", f"/v1/runs/{run.run_id.hex()}", json.dumps(body).encode(), run=run.run_id)
        right = str(Invitation(here.url, public_key(here.fingerprint), run.run_id, run.hash))
        awaited: list[tuple[Program, int, str]] = []

        def fails(line: str, code: int, words: str, **files: Path) -> None:
            """Started at once, because a client is patient with a server that refuses it."""
            invitation = here.file("invitation", len(awaited))
            invitation.write_text(f"{line}\n", encoding="utf-8")
            given = {
                "invitation": invitation,
                "ca": here.ca,
                "identity": here.file("identity", 1),
                "values": here.file("values", 1),
                **files,
            }
            awaited.append((here.start("client", *(word for name, path in given.items() for word in (f"--{name}", path))), code, words))

        other = root / "other.pem"
        self_signed(["localhost"], other, root / "other.key")
        fails(right, 813, "certificate", ca=other)
        fails(right, 814, "ca", ca=root / "nothing.pem")
        fails(right.replace(here.url, elsewhere(here)), 813, "certificate", ca=root / "named" / "certificate.pem")
        fails(right.replace(here.fingerprint, fingerprint(Identity.generate().public_key)), 802, "pinned")
        fails(right.replace(run.hash.hex(), "00" * 32), 814, "another run")
        fails("hello", 814, "invitation")
        fails(right.replace(run.run_id.hex(), "ab" * 16), 802, "member")
        stranger, readable, empty = root / "stranger", root / "readable", root / "empty"
        keyfile.create(stranger)
        fails(right, 802, "member", identity=stranger)
        readable.write_bytes(stranger.read_bytes())
        readable.chmod(0o644)
        fails(right, 814, "chmod 600", identity=readable)
        empty.write_text("nothing\n", encoding="ascii")
        empty.chmod(0o600)
        fails(right, 814, "no identity", identity=empty)
        for program, code, words in awaited:
            require(program.ended() == 1, f"expected {code}, {words}: it ended otherwise")
            said = program.said()
            require(f"({code}" in said and words in said and said.count("\n") == 1, f"expected {code}, {words}: {said}")
        made = here.start("client", "--new-identity", here.file("identity", 1))
        require(made.ended() == 1 and "(805" in made.said(), made.said())


def elsewhere(here: World) -> str:
    """The URL of a server whose certificate is for another host."""
    folder = here.root / "named"
    folder.mkdir()
    self_signed(["elsewhere.example"], folder / "certificate.pem", folder / "key.pem")
    program = here.start("server", "--folder", folder, "--port", "0", "--controller", here.office.fingerprint)
    return str(program.told()["url"])
