"""The example that `cloakwork fsc init` writes: three servers on this machine, ready to run, with words on what to change."""

from __future__ import annotations

import json
from pathlib import Path

from cloakwork.flow.certificate import self_signed
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["CONFIG_FILE", "NAMES", "create"]

CONFIG_FILE = "fsc.toml"
NAMES = ("alice", "bob", "carol")
_FIRST_CLIENT_PORT = 55501
_FIRST_PEER_PORT = 56501
_DAYS = 365

_SERVER = """# The server of {name} for Federated Secure Computing: cloakwork fsc serve --config {file}
# Three such servers run on one machine as they are. For machines of their own change what is marked with (*), at every party alike, and
# give each party its own folder only: the key in it is secret, the certificates are for all.

[server]
name = {name_text}
# (*) Its base URL, as clients write it in `nodes`; behind it clients reach the server.
url = {url}
# (*) Where it listens for the other servers, such as "0.0.0.0:{peer_port}".
listen = "127.0.0.1:{peer_port}"
# What the others know it by. They have the same certificate, byte by byte; `cloakwork fsc init` has made it for {days} days.
certificate = "certificate.pem"
key = "key.pem"
# Microprotocols that tell parties more than their result, and that {name} allows all the same; docs/fsc.md says what.
# accepted_leaks = []

# Where clients reach it. Other machines than this one are served over TLS only: host = "0.0.0.0", and a certificate that clients trust.
[clients]
host = "127.0.0.1"
port = {client_port}
# certificate = "chain.pem"
# key = "chain.key"
# Who may call: cloakwork fsc allow NAME --file clients. Without this entry everybody on this machine may, and nobody else.
# file = "clients"
# Web pages that may call.
# origins = ["https://study.example"]
{peers}
# What runs may cost; the values are the defaults.
# [limits]
# wait = 120          # seconds until all parties of a run are there and agree
# step = 60           # seconds until the next message of each has come
# run = 3600          # seconds of a run
# connect = 10        # seconds until a link has come about
# runs = 1024         # runs at a time
# message = 268435456 # bytes of a message
# pending = 1024      # runs that a peer may offer before a client here asks for them
"""

_PEER = """
[[peers]]
name = {name_text}
# (*) As clients write it in `nodes`.
url = {url}
# (*) Where it listens for this server.
address = "127.0.0.1:{peer_port}"
certificate = "peers/{name}.pem"
"""


def create(folder: Path) -> list[Path]:
    """Writes the example: a folder for each server, with its configuration, certificate and key, and the certificates of the others.

    Args:
        folder: where to; it may exist, but holds no example.

    Returns:
        The configurations.

    Raises:
        FlowError: a server's folder is there already, or cannot be written.
    """
    made: list[Path] = []
    try:
        for place, name in enumerate(NAMES):
            home = folder / name
            home.mkdir(parents=True)
            home.chmod(0o700)
            (home / "peers").mkdir()
            self_signed([f"{name}.example", "127.0.0.1"], home / "certificate.pem", home / "key.pem", _DAYS, mutual=True)
            path = home / CONFIG_FILE
            path.write_text(_configuration(place, path), encoding="utf-8")
            made.append(path)
        for name in NAMES:
            for other in NAMES:
                if other != name:
                    (folder / name / "peers" / f"{other}.pem").write_bytes((folder / other / "certificate.pem").read_bytes())
    except FileExistsError as error:
        message = "is there already; the example overwrites nothing: name another folder"
        raise FlowError(FlowStatus.CONFLICT, message, argument=str(error.filename)) from None
    except OSError as error:
        raise FlowError(FlowStatus.STORAGE_FAILED, f"cannot be written: {error.strerror}", argument=str(folder)) from error
    return made


def _configuration(place: int, path: Path) -> str:
    peers = "".join(_PEER.format(**_about(other)) for other in range(len(NAMES)) if other != place)
    return _SERVER.format(file=path.name, peers=peers, days=_DAYS, **_about(place))


def _about(place: int) -> dict[str, object]:
    name = NAMES[place]
    client, peer = _FIRST_CLIENT_PORT + place, _FIRST_PEER_PORT + place
    return {
        "name": name,
        "name_text": json.dumps(name),
        "url": json.dumps(f"http://127.0.0.1:{client}"),
        "client_port": client,
        "peer_port": peer,
    }
