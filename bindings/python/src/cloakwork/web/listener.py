"""Where a server listens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["LOOPBACK", "Listener", "Patience"]

# What names this machine alone.
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Listener:
    """Where a server listens.

    Attributes:
        host: address to listen on.
        port: port to listen on.
        certificate: PEM file of the certificate chain; None to serve plain HTTP on this machine.
        key: PEM file of its private key.
    """

    host: str = "127.0.0.1"
    port: int = 55501
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True)
class Patience:
    """How many a server listens to, and for how long.

    Attributes:
        connections: at the same time.
        header_seconds: how long the head of a request may take.
    """

    connections: int
    header_seconds: float
