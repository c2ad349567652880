"""Where a server listens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["LOOPBACK", "Listener"]

# What names this machine alone.
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Listener:
    """Where a server listens, and how many it listens to.

    Attributes:
        host: address to listen on.
        port: port to listen on.
        certificate: PEM file of the certificate chain; None to serve plain HTTP.
        key: PEM file of its private key.
        connections: at the same time.
        header_seconds: how long the head of a request may take.
    """

    host: str
    port: int
    certificate: Path | None
    key: Path | None
    connections: int
    header_seconds: float
