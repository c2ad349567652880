"""A server's configuration: who it is, who the others are, what they may cost it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from cloakwork.fsc.peers.address import Address, node
from cloakwork.web.listener import LOOPBACK, Listener
from cloakwork.wire.problem import FlowError, FlowStatus

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Limits", "PeerSettings", "Settings"]

_HIGHEST_PORT = 2**16


@dataclass(frozen=True)
class Limits:
    """What runs may cost. Every wait has a limit, and so has what a peer can make a server keep.

    Attributes:
        wait: seconds until all parties of a run are there and agree.
        step: seconds until the message of each other party has come, once all are there.
        run: seconds that a run may take.
        connect: seconds that a link may take to come about.
        runs: runs at a time.
        message: bytes of a message.
        pending: runs that a peer may offer and nobody here has asked for yet.
    """

    wait: float = 120.0
    step: float = 60.0
    run: float = 3600.0
    connect: float = 10.0
    runs: int = 1024
    message: int = 1 << 28
    pending: int = 1024


@dataclass(frozen=True)
class PeerSettings:
    """Another server.

    Attributes:
        name: what people call it.
        url: its base URL, as clients write it in `nodes`.
        address: where its peers reach it.
        certificate: PEM file of the one certificate that it is known by.
    """

    name: str
    url: str
    address: Address
    certificate: Path


@dataclass(frozen=True)
class Settings:
    """A server and its peers.

    Attributes:
        name: what people call this server.
        url: its own base URL, as clients write it in `nodes`.
        listen: where it listens for peers.
        certificate: PEM file of its own certificate, which its peers know it by.
        key: PEM file of the private key.
        peers: the other servers.
        clients: where clients reach it.
        limits: of runs.
        accepted_leaks: microprotocols that reveal more than their result, and that the owner allows all the same.
        api: the other entries about clients, which the client side reads.
    """

    name: str
    url: str
    listen: Address
    certificate: Path
    key: Path
    peers: tuple[PeerSettings, ...]
    clients: Listener = field(default_factory=Listener)
    limits: Limits = field(default_factory=Limits)
    accepted_leaks: frozenset[str] = frozenset()
    api: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Settings:
        """Reads a configuration, as `cloakwork fsc init` writes it. Paths in it start at its folder.

        Raises:
            FlowError: it cannot be read, or an entry is missing, unknown or not what it has to be; the message names file and entry.
        """
        try:
            with path.open("rb") as file:
                content = tomllib.load(file)
        except FileNotFoundError:
            message = "there is no configuration; make an example with: cloakwork fsc init FOLDER"
            raise FlowError(FlowStatus.CONFIGURATION, message, argument=str(path)) from None
        except (OSError, ValueError) as error:
            raise FlowError(FlowStatus.CONFIGURATION, f"cannot be read: {error}", argument=str(path)) from error
        return _Table(path, "", content).settings()


class _Table:
    """A table of the file, whose entries are taken out one by one and checked."""

    def __init__(self, path: Path, prefix: str, content: dict[str, Any]) -> None:
        self._path = path
        self._prefix = prefix
        self._content = content

    def settings(self) -> Settings:
        own = self._inner("server")
        clients = self._inner("clients", {})
        peers = self._take("peers", list)
        made = Settings(
            name=own._take("name", str),
            url=own._url("url"),
            listen=own._address("listen"),
            certificate=own._file("certificate"),
            key=own._file("key"),
            peers=tuple(self._peer(place, entry) for place, entry in enumerate(peers)),
            clients=clients._listener(),
            limits=self._inner("limits", {})._limits(),
            accepted_leaks=frozenset(own._texts("accepted_leaks")),
            api=clients._content,
        )
        own._end()
        self._end()
        self._distinct("name", [made.name, *(peer.name for peer in made.peers)])
        self._distinct("url", [node(made.url), *(node(peer.url) for peer in made.peers)])
        return made

    def _peer(self, place: int, entry: object) -> PeerSettings:
        if not isinstance(entry, dict):
            raise self._wrong("peers", "must be tables: [[peers]]")
        table = _Table(self._path, f"peers[{place}].", entry)
        made = PeerSettings(table._take("name", str), table._url("url"), table._address("address"), table._file("certificate"))
        table._end()
        return made

    def _listener(self) -> Listener:
        host, port = self._take("host", str, Listener.host), self._take("port", int, Listener.port)
        certificate = self._file("certificate") if "certificate" in self._content else None
        key = self._file("key") if "key" in self._content else None
        if (certificate is None) != (key is None):
            raise self._wrong("certificate", "and key belong together: give both or none")
        if not 0 <= port < _HIGHEST_PORT:
            raise self._wrong("port", "must be in 0 to 65535")
        if certificate is None and host not in LOOPBACK:
            raise self._wrong("certificate", "is needed to serve clients on other machines than this one")
        return Listener(host, port, certificate, key)

    def _limits(self) -> Limits:
        known: dict[str, type] = {one.name: type(one.default) for one in fields(Limits)}
        given: dict[str, Any] = {}
        for name, value in self._content.items():
            whole = known.get(name) is int
            if name not in known or isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not value > 0:
                raise self._wrong(name, f"must be one of {', '.join(known)}, and a number above 0")
            given[name] = value
        return Limits(**given)

    def _inner(self, name: str, default: dict[str, Any] | None = None) -> _Table:
        return _Table(self._path, f"{self._prefix}{name}.", self._take(name, dict, default))

    def _texts(self, name: str) -> list[str]:
        found = self._take(name, list, [])
        if not all(isinstance(entry, str) for entry in found):
            raise self._wrong(name, "must be a list of texts")
        return list(found)

    def _url(self, name: str) -> str:
        url: str = self._take(name, str)
        try:
            node(url)
        except ValueError as error:
            raise self._wrong(name, str(error)) from None
        return url

    def _address(self, name: str) -> Address:
        try:
            return Address.parse(self._take(name, str))
        except ValueError as error:
            raise self._wrong(name, str(error)) from None

    def _file(self, name: str) -> Path:
        found: Path = self._path.parent / self._take(name, str)
        if not found.is_file():
            raise self._wrong(name, f"names a file that is not there: {found}")
        return found

    def _take(self, name: str, kind: type, default: Any = None) -> Any:  # noqa: ANN401 - of the kind asked for
        value = self._content.pop(name, default)
        if value is None:
            raise self._wrong(name, "is missing")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self._wrong(name, f"must be of type {kind.__name__}")
        return value

    def _end(self) -> None:
        if self._content:
            raise self._wrong(sorted(self._content)[0], "is no entry that this version knows")

    def _distinct(self, name: str, values: list[str]) -> None:
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise self._wrong(f"peers.{name}", f"{twice[0]!r} is there more than once")

    def _wrong(self, name: str, message: str) -> FlowError:
        return FlowError(FlowStatus.CONFIGURATION, f"{self._prefix}{name} {message}", argument=str(self._path))
