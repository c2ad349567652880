"""What the operator says of the clients' side: where it listens, who may call, what a call may cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cloakwork.flow.entries import Entries
from cloakwork.web.listener import LOOPBACK, Listener
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["TABLE", "Bounds", "Settings"]

# The table of the configuration file that holds these settings.
TABLE = "clients"


@dataclass(frozen=True)
class Bounds:
    """What a caller may use. All of it is for one caller, but for the last two.

    Attributes:
        body_bytes: of a request.
        kept_bytes: of requests in work and of all that is kept: uploads, results, inputs of tasks, messages.
        handles: the least recently used one goes when there is one more.
        channels: of messages, barriers and storages, each.
        computations: at the same time.
        idle_seconds: what is not used for so long goes.
        body_seconds: seconds that every body may take.
        slow_bytes_per_second: a body that comes slower than this, beyond `body_seconds`, is not waited for.
        header_seconds: how long the head of a request may take.
        connections: at the same time, of all callers.
    """

    body_bytes: int = 64 * 2**20
    kept_bytes: int = 256 * 2**20
    handles: int = 1000
    channels: int = 1000
    computations: int = 256
    idle_seconds: int = 3600
    body_seconds: int = 30
    slow_bytes_per_second: int = 16 * 1024
    header_seconds: int = 20
    connections: int = 4096


@dataclass(frozen=True)
class Settings:
    """The clients' side of a server.

    Attributes:
        host: address to listen on.
        port: port to listen on.
        certificate: PEM file of the certificate chain; None to serve plain HTTP on this machine.
        key: PEM file of its private key.
        clients: file of who may call; None in development: everybody on this machine may, and nobody else.
        origins: of web pages that may call, such as ``"https://study.example"``; in development also every page of this machine.
        bounds: what a caller may use.

    Raises:
        FlowError: it would serve other machines without TLS, or without asking who calls.
    """

    host: str = "127.0.0.1"
    port: int = 55501
    certificate: Path | None = None
    key: Path | None = None
    clients: Path | None = None
    origins: tuple[str, ...] = ()
    bounds: Bounds = field(default_factory=Bounds)

    def __post_init__(self) -> None:
        if self.host in LOOPBACK:
            return
        if self.clients is None:
            message = f"in development the server listens on this machine alone, not on {self.host}; for others it needs --config"
            raise FlowError(FlowStatus.CONFIGURATION, message, argument="host")
        if self.certificate is None:
            raise FlowError(FlowStatus.CONFIGURATION, "is needed to serve other machines than this one", argument="certificate")

    @property
    def development(self) -> bool:
        """Whether nobody is asked who calls."""
        return self.clients is None

    @property
    def listener(self) -> Listener:
        """Where it listens."""
        bounds = self.bounds
        return Listener(self.host, self.port, self.certificate, self.key, bounds.connections, bounds.header_seconds)

    @classmethod
    def of(cls, entries: Entries, folder: Path) -> Settings:
        """Reads the table of a configuration file.

        Args:
            entries: the table.
            folder: where relative paths start.

        Raises:
            FlowError: an entry is missing, unknown or wrong; the message names it.
        """
        certificate, key = entries.take("certificate", str, ""), entries.take("key", str, "")
        if bool(certificate) != bool(key):
            raise entries.wrong("certificate", "and key belong together: give both or none")
        origins = entries.take("origins", list, [])
        if not all(isinstance(origin, str) and origin.startswith(("https://", "http://")) and origin.count("/") == 2 for origin in origins):
            raise entries.wrong("origins", 'must be a list of origins, such as "https://study.example"')
        host, port = entries.take("host", str, "127.0.0.1"), entries.take("port", int, 55501)
        if not 0 <= port < 2**16:
            raise entries.wrong("port", "must be in 0 to 65535")
        if host not in LOOPBACK and not certificate:
            raise entries.wrong("certificate", "is needed to serve other machines than this one")
        made = cls(
            host=host,
            port=port,
            certificate=folder / certificate if certificate else None,
            key=folder / key if key else None,
            clients=folder / entries.take("file", str, None),
            origins=tuple(origins),
            bounds=entries.bounds(Bounds),
        )
        entries.end()
        return made
