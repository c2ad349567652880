"""A server and members as processes of their own, over TLS on this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np

from cloakwork.controller import Controller, RunHandle
from cloakwork.flow import keyfile
from cloakwork.flow.certificate import self_signed
from cloakwork.secagg import Config, Identity, Segment
from cloakwork.server import folder
from cloakwork.server.settings import Settings

HERE = Path(__file__).resolve().parent
LENGTH = 100
FRACTION = 16
# How long a test waits for something that always comes.
PATIENCE = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Waits for a condition that comes true in the end."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.05)


def config(**parameters: object) -> Config:
    values = Segment("values", 40, LENGTH, "fixed", FRACTION)
    return Config(**{"segments": (values,), "settings": b"{}", "setup_seconds": 60, "step_seconds": 60, **parameters})  # type: ignore[arg-type]


def value(member: int) -> float:
    """What a member contributes: any sum tells which members are in it."""
    return float(2**member) + 0.25


def expected(members: list[int] | tuple[int, ...]) -> np.ndarray:
    return np.full(LENGTH, sum(value(member) for member in members))


class Member:
    """A member as a process."""

    def __init__(self, world: World, handle: RunHandle, number: int, *options: str) -> None:
        self.number = number
        self.log = world.root / f"member-{handle.name}-{number}-{len(world.members)}.log"
        storage = world.root / f"{handle.name}-{number}.sqlite"
        command = [sys.executable, str(HERE / "flows_member.py"), str(handle.invitation), str(world.identity_file(number))]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, str(storage), str(world.ca), str(value(number)), *options], stdout=log, stderr=subprocess.STDOUT
            )

    def lines(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines()

    def wait_for(self, beginning: str) -> None:
        """Waits for a line that begins so."""
        until(lambda: any(line.startswith(beginning) for line in self.lines()) or self._failed())

    def _failed(self) -> bool:
        code = self.process.poll()
        assert code in (None, 0), "\n".join(self.lines())
        return False

    def ended(self) -> int:
        """Waits for the end of the process and gives its code."""
        return self.process.wait(PATIENCE)

    def killed(self) -> bool:
        return self.ended() == -signal.SIGKILL


class World:
    """A server with its controller, and whatever members a test starts."""

    def __init__(self, root: Path, *, tls: bool = True) -> None:
        self.root = root
        self.folder = root / "server"
        self.url = f"{'https' if tls else 'http'}://localhost:{free_port()}"
        files = ("certificate.pem", "key.pem") if tls else None
        self.fingerprint = folder.create(self.folder, self.url, host="127.0.0.1", port=None, tls=files)
        self.ca = self.folder / "certificate.pem"
        self_signed(["localhost", "127.0.0.1"], self.ca, self.folder / "key.pem")
        self.admin = Identity.generate()
        folder.allow(self.folder, self.admin.fingerprint, "the tests")
        self.controller = Controller(self.url, self.fingerprint, self.admin, ca=self.ca, patience=PATIENCE)
        self.settings = Settings.read(self.folder)
        self.members: list[Member] = []
        self.server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.root / "server.log").open("ab") as log:
            command = [sys.executable, "-m", "cloakwork", "server", "run", "--folder", str(self.folder)]
            self.server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        until(self.ready)

    def ready(self) -> bool:
        assert self.server is not None
        assert self.server.poll() is None, (self.root / "server.log").read_text(encoding="utf-8")
        try:
            return self.get("/v1/health").status_code == 200
        except httpx.TransportError:
            return False

    def get(self, target: str, **headers: str) -> httpx.Response:
        with self.http() as http:
            return http.get(self.url + target, headers=headers)

    def http(self) -> httpx.Client:
        return httpx.Client(verify=self.controller._transport._context, timeout=PATIENCE)

    def kill(self) -> None:
        """Kills the server as a loss of power would end it, apart from the disk's cache."""
        assert self.server is not None
        self.server.kill()
        self.server.wait(PATIENCE)

    def identity_file(self, number: int) -> Path:
        return self.root / f"identity-{number}"

    def identity(self, number: int) -> Identity:
        path = self.identity_file(number)
        return keyfile.load(path) if path.exists() else keyfile.create(path)

    def run(self, name: str, members: int, **parameters: object) -> RunHandle:
        roster = {f"party {number}": self.identity(number).fingerprint for number in range(1, members + 1)}
        return self.controller.create(name, roster, config(**parameters))

    def join(self, handle: RunHandle, *numbers: int, options: tuple[str, ...] = ()) -> list[Member]:
        started = [Member(self, handle, number, *options) for number in numbers]
        self.members += started
        return started

    def step(self, handle: RunHandle) -> tuple[str, int]:
        about = handle.about()
        return about["step"], about["round"]

    def states(self, handle: RunHandle) -> dict[int, str]:
        return {int(member["id"]): member["state"] for member in handle.about()["members"]}

    def heard_from(self, handle: RunHandle, *numbers: int) -> None:
        """Waits until the server knows that these members are there."""

        def there() -> bool:
            about = handle.about()
            states = {int(member["id"]): member["state"] for member in about["members"]}
            return all(states[number] == "ready" or (states[number] == "absent" and about["new_setup_wanted"]) for number in numbers)

        until(there)

    def close(self) -> None:
        for member in self.members:
            if member.process.poll() is None:
                member.process.kill()
                member.process.wait(PATIENCE)
        if self.server is not None and self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
            try:
                self.server.wait(20)
            except subprocess.TimeoutExpired:
                os.kill(self.server.pid, signal.SIGKILL)
                self.server.wait(PATIENCE)
