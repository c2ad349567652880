"""What the checks of the examples play with: programs in C++ and parties in Python, over TLS on this machine."""

from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from cloakwork.client import Client, Round
from cloakwork.flow import keyfile
from cloakwork.flow.certificate import self_signed
from cloakwork.secagg import Channel, Identity, public_key
from cloakwork.server import folder as folders
from cloakwork.wire.authentication import COUNTER, MAC, PARTY, Exchange

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "hosts"))

from process import Process, free_port

LENGTH = 40
FRACTION = 20
SECONDS = 60.0


class Failure(Exception):
    """A check did not hold."""


def require(condition: object, what: object) -> None:
    """Fails unless the condition holds."""
    if not condition:
        raise Failure(str(what))


class Program(Process):
    """A program whose lines and whose end have to come in time."""

    def told(self) -> dict[str, Any]:
        """Its next line."""
        found = self.line(SECONDS)
        if found is None:
            raise Failure(f"{self.name} told nothing: {self.said()}")
        return found

    def ended(self) -> int:
        """Its status."""
        status = self.end(SECONDS)
        if status is None:
            raise Failure(f"{self.name} has not ended: {self.said()}")
        return status


class PythonMember(threading.Thread):
    """A member in Python that gives the same values in every round."""

    def __init__(self, world: World, number: int) -> None:
        super().__init__(daemon=True)
        self._world, self._number = world, number
        self.rounds = 0
        self.failure: Exception | None = None

    def run(self) -> None:
        """Takes part until the run is closed."""
        try:
            deadline = time.monotonic() + SECONDS
            while not self._world.invitation.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            line = self._world.invitation.read_text(encoding="utf-8")
            identity, storage = self._world.file("identity", self._number), self._world.file("state", self._number)
            with Client.join(line, identity, storage, ca=self._world.ca, patience=SECONDS) as joined:
                self.rounds = joined.serve(self._contribute, idle_seconds=2 * SECONDS)
        except Exception as failure:  # noqa: BLE001 - told where the thread is joined
            self.failure = failure

    def _contribute(self, this: Round) -> dict[str, object]:
        return {this.run.segments[0].label: self._world.values(self._number)}

    def ended(self) -> int:
        """How many rounds it lived through."""
        self.join(SECONDS)
        require(not self.is_alive(), "a member in Python has not ended")
        if self.failure is not None:
            raise Failure(f"a member in Python: {self.failure}")
        return self.rounds


class World:
    """A folder with a certificate, identities and values, and the programs that use them."""

    def __init__(self, programs: Path, root: Path, members: int, length: int) -> None:
        self._programs = programs
        self.root = root
        self.members = members
        self.length = length
        self.folder = root / "server"
        self.folder.mkdir()
        self.ca = self.folder / "certificate.pem"
        self_signed(["localhost", "127.0.0.1"], self.ca, self.folder / "key.pem")
        self.invitation = root / "invitation"
        self.office = keyfile.create(root / "office")
        self.started: list[Program] = []
        listed = []
        for number in range(1, members + 1):
            # Half of the identities are made by the program in C++: both write the same file.
            path = self.file("identity", number)
            made = self.output("client", "--new-identity", path).strip() if number % 2 else keyfile.create(path).fingerprint
            require(keyfile.load(path).fingerprint == made, "the file of an identity")
            listed.append(f"member {number} {made}\n")
            self.file("values", number).write_text("".join(f"{value:.17g}\n" for value in self.values(number)), encoding="ascii")
        (root / "members").write_text("".join(listed), encoding="ascii")

    def file(self, what: str, number: int) -> Path:
        """A file of a member."""
        return self.root / f"{what}-{number}"

    def values(self, number: int) -> np.ndarray:
        """What a member contributes."""
        return np.sin(np.arange(self.length) + 100.0 * number)

    def output(self, program: str, *options: str | Path) -> str:
        """What a program says that ends by itself."""
        words = [str(self._programs / program), *map(str, options)]
        result = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
        require(result.returncode == 0, f"{program} ended with {result.returncode}: {result.stderr}")
        return result.stdout

    def start(self, program: str | Path, *options: str | Path, folder: Path | None = None) -> Program:
        """Starts a program in C++, or another one by its path."""
        path = self._programs / program if isinstance(program, str) else program
        started = Program(f"{path.name}-{len(self.started)}", [path, *options], folder or self.root)
        self.started.append(started)
        return started

    def server(self) -> Program:
        """The server in C++."""
        program = self.start("server", "--folder", self.folder, "--port", "0", "--controller", self.office.fingerprint)
        line = program.told()
        self.url, self.fingerprint = str(line["url"]), str(line["fingerprint"])
        return program

    def python_server(self) -> Program:
        """The server of the Python package."""
        self.url = f"https://localhost:{free_port()}"
        self.fingerprint = folders.create(self.folder, self.url, host="127.0.0.1", port=None, tls=("certificate.pem", "key.pem"))
        folders.allow(self.folder, self.office.fingerprint, "the checks")
        program = self.start(Path(sys.executable), "-m", "cloakwork", "server", "run", "--folder", self.folder)
        deadline = time.monotonic() + SECONDS
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/v1/health", verify=str(self.ca)).status_code == 200:
                    return program
            require(time.monotonic() < deadline, f"the Python server does not answer: {program.said()}")
            time.sleep(0.05)

    def controller(self, *options: str | Path) -> Program:
        """The controller in C++."""
        known = ("--url", self.url, "--server", self.fingerprint, "--ca", self.ca, "--identity", self.root / "office")
        rest = ("--members", self.root / "members", "--length", str(self.length), "--invitation", self.invitation)
        return self.start("controller", *known, *rest, *options)

    def client(self, number: int, *options: str | Path) -> Program:
        """A member in C++."""
        known = ("--invitation", self.invitation, "--ca", self.ca, "--identity", self.file("identity", number))
        return self.start("client", *known, "--values", self.file("values", number), *options)

    def python_client(self, number: int) -> PythonMember:
        """A member in Python."""
        member = PythonMember(self, number)
        member.start()
        return member

    def check_sum(self, survivors: list[int], found: object) -> None:
        """A sum has these members in it and nothing else; each value was rounded to a multiple of 2^-20 once."""
        expected = sum(self.values(member) for member in survivors)
        worst = float(np.abs(np.array(found) - expected).max())
        require(worst <= len(survivors) * 2.0 ** -(FRACTION + 1) * (1 + 1e-6), f"the sum of {survivors} is off by {worst}")

    def check_line(self, line: dict[str, object], number: int, survivors: list[int]) -> None:
        """What a controller says of a round."""
        require((line["round"], line["outcome"]) == (number, 0), line)
        require(line["survivors"] == [str(member) for member in survivors], line)
        self.check_sum(survivors, line["sum"])


class Caller:
    """Makes requests by hand, right or wrong ones."""

    def __init__(self, world: World, identity: Identity) -> None:
        self._world = world
        self._party = identity.public_key
        self._channel = Channel(identity, "client", public_key(world.fingerprint))
        self._http = httpx.Client(verify=str(world.ca), timeout=SECONDS)
        self.counter = time.time_ns()

    def ask(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        run: bytes = b"",
        counter: int | None = None,
        signed: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes, bool]:
        """Status and body of an answer, and whether the server has authenticated it.

        Args:
            method: of the request.
            target: path and query.
            body: what is sent.
            run: the run that the path names.
            counter: of the request; a new one if None.
            signed: the body that the MAC covers, if that is another one.
            headers: instead of those that are right.
        """
        if counter is None:
            self.counter += 1
        path, _, query = target.partition("?")
        exchange = Exchange(method, path.encode(), query.encode(), run, self.counter if counter is None else counter)
        mac = exchange.request_mac(self._channel, hashlib.sha256(body if signed is None else signed).digest())
        right = {PARTY: self._party.hex(), COUNTER: str(exchange.counter), MAC: mac.hex(), "Accept-Encoding": "gzip, br"}
        answer = self._http.request(method, self._world.url + target, content=body, headers={**right, **(headers or {})})
        require("content-encoding" not in answer.headers, "the MAC covers the body as it travels: it must not be compressed")
        if MAC not in answer.headers:
            return answer.status_code, answer.content, False
        digest = hashlib.sha256(answer.content).digest()
        genuine = exchange.verify_response(self._channel, mac, answer.status_code, digest, bytes.fromhex(answer.headers[MAC]))
        require(genuine, f"the MAC of the answer {answer.status_code} {answer.content!r}")
        return answer.status_code, answer.content, True

    def given(self, *arguments: object, **named: object) -> bytes:
        """The body of an answer that is no error."""
        status, body, proven = self.ask(*arguments, **named)  # type: ignore[arg-type]
        require(status in {200, 201, 204} and proven, f"{status} {body!r}")
        return body

    def refused(self, code: int, *arguments: object, proven: bool = True, **named: object) -> dict[str, object]:
        """The problem document of a request that has to fail with this number."""
        status, body, authenticated = self.ask(*arguments, **named)  # type: ignore[arg-type]
        problem: dict[str, object] = json.loads(body)
        require(problem["code"] == code and status == problem["status"] and problem["detail"], f"expected {code}: {status} {body!r}")
        require(authenticated == proven, f"{code}: the answer has {'a' if authenticated else 'no'} MAC")
        return problem


@contextlib.contextmanager
def world(programs: Path, root: Path, members: int, length: int = LENGTH) -> Iterator[World]:
    """A world; what still runs at its end is ended."""
    root.mkdir()
    made = World(programs, root, members, length)
    try:
        yield made
    finally:
        for program in made.started:
            program.kill()
