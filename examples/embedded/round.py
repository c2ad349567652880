"""One round, all on this machine: a server over TLS, its controller, two members in Python and three on microcontrollers.

    python round.py [--firmware c --firmware rust ...]

Every key and every value is drawn anew.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import firmware
import numpy as np
from provisioning import FRACTION, scaled

from cloakwork.client import Client
from cloakwork.controller import Controller, RunHandle
from cloakwork.flow import keyfile
from cloakwork.flow.certificate import self_signed
from cloakwork.secagg import Config, Segment
from cloakwork.server import folder as folders

__all__ = ["serve"]

_HERE = Path(__file__).resolve().parent
_SERVER = """import sys
from pathlib import Path
from cloakwork.server.serving import serve
from cloakwork.server.settings import Settings
serve(Settings.read(Path(sys.argv[1])))"""
_START_SECONDS = 60.0
_END_SECONDS = 30.0
_IDLE_SECONDS = 240.0
_LENGTH = 100


@contextmanager
def serve(folder: Path) -> Iterator[tuple[str, str, Path]]:
    """A server on this machine until left: its URL, its fingerprint and the certificate that its clients trust.

    `folder` gets the identity `controller`.

    Raises:
        RuntimeError: it does not serve.
    """
    home = folder / "server"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"https://localhost:{port}"
    fingerprint = folders.create(home, url, host="127.0.0.1", port=port, tls=("certificate.pem", "key.pem"))
    self_signed(["localhost", "127.0.0.1"], home / "certificate.pem", home / "key.pem")
    folders.allow(home, keyfile.create(folder / "controller").fingerprint, "")
    process = subprocess.Popen([sys.executable, "-c", _SERVER, str(home)])
    try:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError("the server does not serve") from None
                time.sleep(0.05)
        yield url, fingerprint, home / "certificate.pem"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _member(handle: RunHandle, ca: Path, key: Path, values: list[float]) -> None:
    with Client.join(handle.invitation, key, key.with_suffix(".sqlite"), ca=ca) as client:
        client.serve(lambda _: {"values": np.array(values)}, idle_seconds=_IDLE_SECONDS)


def _device(kind: str, handle: RunHandle, ca: Path, key: Path, values: list[float]) -> subprocess.Popen[bytes]:
    invitation, file = key.with_suffix(".invitation"), key.with_suffix(".values")
    invitation.write_text(f"{handle.invitation}\n", encoding="utf-8")
    file.write_text("".join(f"{value:.17g}\n" for value in values), encoding="ascii")
    command = [sys.executable, str(_HERE / "client.py"), "--firmware", kind, "--invitation", str(invitation), "--ca", str(ca)]
    # A group of its own, which ends as a whole, the emulator included.
    return subprocess.Popen([*command, "--identity", str(key), "--values", str(file)], stdout=subprocess.DEVNULL, start_new_session=True)


def main() -> int:
    """Plays the round and checks its sum."""
    parser = argparse.ArgumentParser(description="A round of devices, under QEMU, and two members in Python.")
    parser.add_argument("--firmware", action="append", choices=sorted(firmware.CLIENTS), help="a device; may be given again")
    kinds = parser.parse_args().firmware or ["c", "rust", "c-m0"]
    for kind in set(kinds):
        print(f"{kind}: {firmware.CLIENTS[kind].image().name} is built", flush=True)
    who = [*kinds, "python", "python"]
    values = [[random.uniform(-100, 100) for _ in range(_LENGTH)] for _ in who]  # noqa: S311 - an example's data
    with tempfile.TemporaryDirectory(prefix="cloakwork-round-") as name, serve(Path(name)) as (url, fingerprint, ca):
        controller = Controller(url, fingerprint, Path(name) / "controller", ca=ca)
        keys = [Path(name) / f"{index}-{kind}" for index, kind in enumerate(who)]
        fingerprints = {key.name: keyfile.create(key).fingerprint for key in keys}
        config = Config(segments=(Segment("values", 40, _LENGTH, "fixed", FRACTION),), suite=1, max_rounds=1)
        handle = controller.create("a round with devices", fingerprints, config)
        devices = [_device(kind, handle, ca, key, vector) for kind, key, vector in zip(kinds, keys, values, strict=False)]
        try:
            threads = [threading.Thread(target=_member, args=(handle, ca, keys[index], values[index]), daemon=True) for index in (-2, -1)]
            for thread in threads:
                thread.start()
            result = handle.round(b"", seconds=_IDLE_SECONDS)
            handle.close()
            for thread in threads:
                thread.join(_END_SECONDS)
            ends = [device.wait(_END_SECONDS) for device in devices]
        finally:
            for device in devices:
                if device.poll() is None:
                    os.killpg(device.pid, signal.SIGKILL)
                    device.wait()
    expected = np.array([scaled(vector) for vector in values]).sum(axis=0) / 2.0**FRACTION
    right = np.array_equal(result.sums["values"], expected) and not any(ends)
    print(f"{', '.join(who)}: the sum of {len(who)} vectors begins {', '.join(f'{value:.6f}' for value in expected[:3])}")
    print("the sum is right" if right else "the sum is wrong")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
