"""A server as a configuration file says, or in development without one: what serves clients, and the engine behind it."""

from __future__ import annotations

from pathlib import Path

from cloakwork.flow.entries import Entries
from cloakwork.fsc.api.settings import TABLE, Settings
from cloakwork.fsc.microprotocols.registry import MICROPROTOCOLS
from cloakwork.fsc.peers.engine import PeerEngine
from cloakwork.fsc.peers.settings import Settings as PeerSide
from cloakwork.web.listener import Listener

__all__ = ["configured", "development"]


def configured(path: Path) -> tuple[Settings, PeerEngine]:
    """A server as a file says that `cloakwork fsc init` writes.

    Args:
        path: the file; paths in it start at its folder.

    Raises:
        FlowError: an entry is missing, unknown or wrong; the message names it.
    """
    read = PeerSide.read(path)
    settings = Settings.configured(read.clients, Entries(path, read.api, TABLE), path.parent)
    return settings, PeerEngine.configured(read, MICROPROTOCOLS)


def development(host: str, port: int) -> tuple[Settings, PeerEngine]:
    """A server for tutorials and trials, on this machine alone.

    Args:
        host: address to listen on, one of this machine alone.
        port: port of the clients; peers are served at the port 1000 above.

    Raises:
        FlowError: the address is reached from other machines, or the port leaves no room for that of the peers.
    """
    return Settings(Listener(host, port)), PeerEngine.development(port, MICROPROTOCOLS)
