"""What the operator says of the clients' side: where it listens, who may call, what a call may cost."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from cloakwork.flow.entries import Entries
from cloakwork.web.listener import LOOPBACK, Listener, Patience
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["TABLE", "Bounds", "Settings"]

# The table of the configuration file that holds these settings.
TABLE = "clients"

_ORIGIN = re.compile(r"https?://[^/\s]+")


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
        listener: where clients reach it.
        clients: file of who may call; without one nobody is asked, so everybody on this machine may and nobody else.
        origins: of web pages that may call, such as ``"https://study.example"``; without `clients` also every page of this machine.
        bounds: what a caller may use.

    Raises:
        FlowError: it would serve other machines without TLS, or without asking who calls.
    """

    listener: Listener = field(default_factory=Listener)
    clients: Path | None = None
    origins: tuple[str, ...] = ()
    bounds: Bounds = field(default_factory=Bounds)

    def __post_init__(self) -> None:
        if self.listener.host in LOOPBACK:
            return
        if self.clients is None:
            message = f"{self.listener.host} is reached from other machines: then the server needs --config, and `file` in [{TABLE}]"
            raise FlowError(FlowStatus.CONFIGURATION, message, argument="host")
        if self.listener.certificate is None:
            raise FlowError(FlowStatus.CONFIGURATION, "is needed to serve other machines than this one", argument="certificate")

    @property
    def patience(self) -> Patience:
        """How many it listens to, and for how long."""
        return Patience(self.bounds.connections, self.bounds.header_seconds)

    @classmethod
    def configured(cls, listener: Listener, entries: Entries, folder: Path) -> Settings:
        """The settings that a configuration file has.

        Args:
            listener: where clients reach it.
            entries: what else its table `clients` holds.
            folder: where relative paths start.

        Raises:
            FlowError: an entry is unknown or wrong, or `file` is missing where other machines are served; the message names it.
        """
        file, origins = entries.take("file", str, ""), entries.take("origins", list, [])
        if not all(isinstance(origin, str) and _ORIGIN.fullmatch(origin) for origin in origins):
            raise entries.wrong("origins", 'must be a list of origins, such as "https://study.example"')
        bounds = entries.bounds(Bounds)
        entries.end()
        clients = folder / file if file else None
        return cls(listener, clients, tuple(origins), bounds)
