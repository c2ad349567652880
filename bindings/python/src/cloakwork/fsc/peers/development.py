"""Servers of one user on one machine, without configuration: for tutorials and trials.

Each makes a certificate for as long as it runs and lays it into a folder that belongs to the user alone, under the port of its clients. So
servers know each other's certificates as they would by configuration, and another user of the machine can take nobody's place. Who can act
as this user can; and clients are not asked who they are. Peers are called at the loopback address only, whatever clients ask for.
"""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from cloakwork.flow.certificate import self_signed
from cloakwork.fsc.peers.address import Address
from cloakwork.fsc.peers.credentials import Credentials, certificate_of
from cloakwork.fsc.peers.directory import Directory, Peer
from cloakwork.web.listener import LOOPBACK
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["PORT_OFFSET", "Development", "shared_folder"]

# The peer listener is that far above the port of the clients.
PORT_OFFSET = 1000
_HIGHEST = 2**16 - 1 - PORT_OFFSET
_HOST = "127.0.0.1"
_DAYS = 30


def shared_folder() -> Path:
    """The folder of this user's certificates; it is made if it is not there.

    Raises:
        FlowError: somebody else has a hand in it.
    """
    folder = Path(tempfile.gettempdir()) / f"cloakwork-fsc-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    about = folder.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o077:
        message = "must be a folder of this user alone: development mode keeps certificates in it; remove it"
        raise FlowError(FlowStatus.CONFIGURATION, message, argument=str(folder))
    return folder


class Development(Directory):
    """The servers of this user on this machine.

    Args:
        port: where this one listens for clients.
        folder: what the servers share.

    Raises:
        FlowError: the port leaves no room for that of the peers.
    """

    def __init__(self, port: int, folder: Path) -> None:
        if not 0 < port <= _HIGHEST:
            raise FlowError(
                FlowStatus.CONFIGURATION, f"must be in 1 to {_HIGHEST}: peers are served at the port {PORT_OFFSET} above", argument="port"
            )
        self._folder = folder
        self._private = tempfile.TemporaryDirectory(prefix="own-", dir=folder)
        own = Path(self._private.name)
        self_signed([_HOST], own / "certificate.pem", own / "key.pem", _DAYS, mutual=True)
        self.credentials = Credentials.load(own / "certificate.pem", own / "key.pem")
        self.own = _peer(port)
        self.listen = self.own.address
        pinned = own / "pinned.pem"
        pinned.write_bytes((own / "certificate.pem").read_bytes())
        pinned.replace(self._pin(self.own))

    def close(self) -> None:
        """Takes the certificate out of the folder, unless another server has laid its own there."""
        if self.certificate(self.own) == self.credentials.content:
            self._pin(self.own).unlink(missing_ok=True)
        self._private.cleanup()

    def find(self, url: str) -> Peer | None:
        """A server on this machine, whether it runs or not."""
        parts = urlsplit(url)
        port = parts.port or 0
        if parts.hostname not in LOOPBACK or parts.path or not 0 < port <= _HIGHEST:
            return None
        return _peer(port)

    def certificate(self, peer: Peer) -> bytes | None:
        """What it has laid into the folder."""
        try:
            return certificate_of(self._pin(peer))
        except FlowError:
            return None

    def accepted(self) -> list[bytes]:
        """All that is in the folder."""
        return [certificate for certificate in map(self.certificate, self._known()) if certificate is not None]

    def who(self, certificate: bytes) -> Peer | None:
        """Who has laid this certificate into the folder."""
        return next((peer for peer in self._known() if self.certificate(peer) == certificate), None)

    def _known(self) -> list[Peer]:
        ports = [path.stem for path in self._folder.glob("*.pem") if path.stem.isdecimal()]
        return [peer for peer in map(_peer, map(int, ports)) if peer != self.own]

    def _pin(self, peer: Peer) -> Path:
        return self._folder / f"{peer.key}.pem"


def _peer(port: int) -> Peer:
    return Peer(f"http://{_HOST}:{port}", f"{port:05}", Address(_HOST, port + PORT_OFFSET))
