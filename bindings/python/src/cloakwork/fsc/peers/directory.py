"""Who the servers are that this one computes with, by the URLs that clients write."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from cloakwork.fsc.computation import Failure
from cloakwork.fsc.peers.address import Address, node
from cloakwork.fsc.peers.credentials import Credentials, certificate_of, shown
from cloakwork.fsc.peers.settings import Settings
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Configured", "Directory", "Peer"]


@dataclass(frozen=True)
class Peer:
    """A server.

    Attributes:
        name: what people call it.
        key: what servers call it among themselves: the same at each of them. Of two, the one with the lower key calls the other.
        address: where its peers reach it.
    """

    name: str
    key: str
    address: Address


class Directory(ABC):
    """The servers that there are.

    Attributes:
        own: this server.
        listen: where it listens for peers.
        credentials: what it shows them.
        standing: links to these peers, which are there whether or not somebody computes.
    """

    own: Peer
    listen: Address
    credentials: Credentials
    standing: tuple[Peer, ...] = ()

    @abstractmethod
    def find(self, url: str) -> Peer | None:
        """The server with a base URL in the spelling of `node`; None for an unknown one."""

    @abstractmethod
    def certificate(self, peer: Peer) -> bytes | None:
        """The certificate that a peer is known by; None while it is not known."""

    @abstractmethod
    def accepted(self) -> list[bytes]:
        """The certificates of all peers that may call."""

    @abstractmethod
    def who(self, certificate: bytes) -> Peer | None:
        """The peer with a certificate."""

    def parties(self, nodes: Sequence[str], myself: int) -> tuple[Peer, ...]:
        """The parties of a run, this server among them.

        Raises:
            Failure: a node is no known server, is there twice, or `myself` is not the place of this one.
        """
        found: list[Peer] = []
        for place, url in enumerate(nodes):
            try:
                peer = self.find(node(url))
            except ValueError as error:
                raise Failure(400, "invalid-input", f"network.nodes[{place}] {error}") from None
            if peer is None:
                message = f"network.nodes[{place}] is {url}, which is no peer of {self.own.name}; its owner adds it to the configuration"
                raise Failure(403, "unknown-peer", message, place)
            if peer in found:
                raise Failure(400, "invalid-input", f"network.nodes[{place}] is the same server as network.nodes[{found.index(peer)}]")
            found.append(peer)
        if not 0 <= myself < len(found):
            raise Failure(400, "invalid-input", f"network.myself is {myself}; the {len(found)} nodes have the places from 0")
        if found[myself] != self.own:
            actual = f"{self.own.name} has the place {found.index(self.own)}" if self.own in found else f"{self.own.name} is none of them"
            message = f"network.myself is {myself}, the place of {found[myself].name}; {actual}"
            raise Failure(400, "invalid-input", message)
        return tuple(found)


class Configured(Directory):
    """The servers of a configuration, each known by its certificate.

    Raises:
        FlowError: a certificate cannot be read, or two servers have the same.
    """

    def __init__(self, settings: Settings) -> None:
        self.credentials = Credentials.load(settings.certificate, settings.key)
        self.listen = settings.listen
        self.own = Peer(settings.name, shown(self.credentials.content), settings.listen)
        self._certificates: dict[Peer, bytes] = {}
        self._nodes = {node(settings.url): self.own}
        for about in settings.peers:
            certificate = certificate_of(about.certificate)
            peer = Peer(about.name, shown(certificate), about.address)
            self._certificates[peer] = certificate
            self._nodes[node(about.url)] = peer
        self._by_certificate = {certificate: peer for peer, certificate in self._certificates.items()}
        if len({self.credentials.content, *self._by_certificate}) <= len(settings.peers):
            message = "is the certificate of two servers; each has its own"
            raise FlowError(FlowStatus.CONFIGURATION, message, argument=", ".join(str(peer.certificate) for peer in settings.peers))
        self.standing = tuple(self._certificates)

    def find(self, url: str) -> Peer | None:
        """The server of this URL in the configuration."""
        return self._nodes.get(url)

    def certificate(self, peer: Peer) -> bytes | None:
        """Its certificate in the configuration."""
        return self._certificates.get(peer)

    def accepted(self) -> list[bytes]:
        """The certificates of all peers."""
        return list(self._by_certificate)

    def who(self, certificate: bytes) -> Peer | None:
        """The peer with this certificate in the configuration."""
        return self._by_certificate.get(certificate)
