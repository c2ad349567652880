"""The server's configuration: one TOML file, and the list of controllers beside it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from cloakwork.errors import CloakworkError
from cloakwork.flow.entries import Entries
from cloakwork.secagg import public_key
from cloakwork.web.listener import LOOPBACK
from cloakwork.wire.invitation import base_url
from cloakwork.wire.problem import FlowError, FlowStatus

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["CONFIG_FILE", "CONTROLLERS_FILE", "Bounds", "Controllers", "Settings"]

CONFIG_FILE = "server.toml"
CONTROLLERS_FILE = "controllers"


@dataclass(frozen=True)
class Bounds:
    """What a request may cost.

    Attributes:
        context_bytes: largest model and settings of a round.
        payload_bytes: largest masked vector that a run may ask for.
        members: largest roster.
        slow_bytes_per_second: a body that comes slower than this, beyond `body_seconds`, is not waited for.
        body_seconds: seconds that every body may take.
        uploads: bodies that one party may send at the same time.
        connections: connections at the same time.
        header_seconds: how long the head of a request may take.
        results: of how many rounds a run keeps the result.
    """

    context_bytes: int = 256 * 2**20
    payload_bytes: int = 1024 * 2**20
    members: int = 10_000
    slow_bytes_per_second: int = 16 * 1024
    body_seconds: int = 30
    uploads: int = 4
    connections: int = 4096
    header_seconds: int = 20
    results: int = 100


@dataclass(frozen=True)
class Settings:
    """How a server is reached, what it keeps, and who controls it.

    Attributes:
        folder: where the files are; relative paths in the configuration start here.
        url: base URL under which clients reach the server.
        host: address to listen on.
        port: port to listen on.
        certificate: PEM file of the certificate chain; None to serve plain HTTP on this machine.
        key: PEM file of its private key.
        view_token: whoever has it may see the status page; empty to let everybody see it.
        bounds: what a request may cost.
    """

    folder: Path
    url: str
    host: str
    port: int
    certificate: Path | None
    key: Path | None
    view_token: str
    bounds: Bounds = field(default_factory=Bounds)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "server.sqlite"

    @property
    def identity(self) -> Path:
        """The file of the server's identity."""
        return self.folder / "identity"

    @classmethod
    def read(cls, folder: Path) -> Settings:
        """Reads the configuration in a folder.

        Raises:
            FlowError: it is not there, or something in it is wrong; the message names the entry.
        """
        path = folder / CONFIG_FILE
        try:
            with path.open("rb") as file:
                content = tomllib.load(file)
        except FileNotFoundError:
            message = f"there is no configuration; make one with: cloakwork server init --folder {folder}"
            raise FlowError(FlowStatus.CONFIGURATION, message, argument=str(path)) from None
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise FlowError(FlowStatus.CONFIGURATION, f"cannot be read: {error}", argument=str(path)) from error
        return _settings(Entries(path, content), folder)


class Controllers:
    """The keys of the controllers: a fingerprint a line, and after it whatever is to be remembered of it.

    The file is read again when it changes.

    Args:
        settings: the configuration; the file is beside it.

    Raises:
        FlowError: a line begins with no fingerprint.
    """

    def __init__(self, settings: Settings) -> None:
        self._path = settings.folder / CONTROLLERS_FILE
        self._read_at: int | None = None
        self._known: frozenset[bytes] = frozenset()
        self.read()

    def read(self) -> frozenset[bytes]:
        """The public keys."""
        try:
            changed = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return frozenset()
        if changed != self._read_at:
            self._known, self._read_at = self._parse(), changed
        return self._known

    def _parse(self) -> frozenset[bytes]:
        keys: set[bytes] = set()
        for number, line in enumerate(self._path.read_text(encoding="utf-8").splitlines(), 1):
            words = line.split(maxsplit=1)
            if not words or words[0].startswith("#"):
                continue
            try:
                keys.add(public_key(words[0]))
            except CloakworkError as error:
                raise FlowError(FlowStatus.CONFIGURATION, f"line {number} begins with no fingerprint", argument=str(self._path)) from error
        return frozenset(keys)


def _settings(entries: Entries, folder: Path) -> Settings:
    certificate, key = entries.take("certificate", str, ""), entries.take("key", str, "")
    if bool(certificate) != bool(key):
        raise entries.wrong("certificate", "and key belong together: give both or none")
    settings = Settings(
        folder=folder,
        url=base_url(entries.take("url", str, None)),
        host=entries.take("host", str, "127.0.0.1"),
        port=entries.take("port", int, 8443),
        certificate=folder / certificate if certificate else None,
        key=folder / key if key else None,
        view_token=entries.take("view_token", str, None),
        bounds=entries.bounds(Bounds),
    )
    entries.end()
    if not 0 <= settings.port < 2**16:
        raise entries.wrong("port", "must be in 0 to 65535")
    if settings.certificate is None and settings.host not in LOOPBACK:
        raise entries.wrong("certificate", "is needed to serve other machines than this one")
    return settings
