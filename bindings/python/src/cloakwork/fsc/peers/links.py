"""The links of a server: one to each peer, made by the one of the two with the lower key, and made again when it breaks."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Coroutine
from typing import Any

from cloakwork.fsc.peers.credentials import PROTOCOL, in_time, peer_context
from cloakwork.fsc.peers.directory import Directory, Peer
from cloakwork.fsc.peers.frame import Frame
from cloakwork.fsc.peers.link import Link, Receiver, tls_words
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Links"]

# Seconds between attempts to call a peer that does not answer: the first pause, and the longest.
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 5.0
_READING = 1 << 20


class Links:
    """Listens for peers, calls them, and hands what they send to a receiver.

    Args:
        directory: who the peers are.
        connect: seconds that a link may take to come about.
        receiver: takes what comes.
    """

    def __init__(self, directory: Directory, connect: float, receiver: Receiver) -> None:
        self._directory = directory
        self._connect = connect
        self._receiver = receiver
        self._links: dict[Peer, Link] = {}
        self._callers: dict[Peer, _Caller] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._why: dict[Peer, str] = {}
        self._open = False

    async def open(self) -> None:
        """Listens, and calls the peers that are always to be linked.

        Raises:
            FlowError: the address is taken or is none of this machine.
        """
        context = peer_context(self._directory.credentials, self._directory.accepted(), server=True)

        def refresh(*_: object) -> None:
            for certificate in self._directory.accepted():
                context.load_verify_locations(cadata=certificate)

        # Certificates of peers may have come since the last call.
        context.sni_callback = refresh
        listen = self._directory.listen
        try:
            self._server = await asyncio.start_server(
                self._called, listen.host, listen.port, ssl=context, ssl_handshake_timeout=self._connect, limit=_READING
            )
        except OSError as error:
            message = f"cannot listen for peers at {listen.host}:{listen.port}: {error.strerror or error}"
            raise FlowError(FlowStatus.CONFIGURATION, message, argument="listen") from error
        self._open = True
        for peer in self._directory.standing:
            self.want(peer)

    async def close(self) -> None:
        """Ends all links."""
        self._open = False
        if self._server is not None:
            self._server.close()
        for link in list(self._links.values()):
            link.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._server.wait_closed()

    def get(self, peer: Peer) -> Link | None:
        """The link to a peer, if there is one now."""
        return self._links.get(peer)

    def want(self, peer: Peer) -> None:
        """Sees to it that there will be a link to a peer: calls it now, if it is this side's part."""
        if peer in self._links or not self._open or self._directory.own.key > peer.key:
            return
        caller = self._callers.get(peer)
        if caller is None:
            caller = self._callers[peer] = _Caller()
            self._start(self._call(peer, caller))
        caller.wanted = True
        caller.again.set()

    def release(self, peer: Peer) -> None:
        """Gives up calling a peer that nobody waits for any more, unless it is always to be linked."""
        if peer not in self._directory.standing and peer in self._callers:
            self._callers[peer].wanted = False

    def trouble(self, peer: Peer) -> str:
        """Why there is no link to a peer, in words that follow its name."""
        if not in_time(self._directory.credentials.content):
            return "is not linked: the certificate of this server has expired or is not valid yet"
        certificate = self._directory.certificate(peer)
        if certificate is not None and not in_time(certificate):
            return "is not linked: its certificate has expired or is not valid yet"
        if self._directory.own.key > peer.key:
            return self._why.get(peer, "has not called")
        return self._why.get(peer, "has not been called")

    def health(self) -> dict[str, bool]:
        """The peers that are known by now, and whether there is a link to each."""
        known = {*self._directory.standing, *self._callers, *self._links}
        return {peer.name: peer in self._links for peer in sorted(known, key=lambda peer: peer.name)}

    # What happens on links goes to the receiver once, whichever side made them.

    def linked(self, link: Link) -> None:
        """Takes the place of an older link to the same peer: its certificate says that it is the same."""
        older = self._links.pop(link.peer, None)
        if older is not None:
            older.close()
            self._receiver.unlinked(older, "it connected anew")
        self._links[link.peer] = link
        self._why.pop(link.peer, None)
        self._receiver.linked(link)

    def unlinked(self, link: Link, why: str) -> None:
        """The end of a link."""
        if self._links.get(link.peer) is link:
            del self._links[link.peer]
            self._why[link.peer] = f"is not there any more: {why}"
            self._receiver.unlinked(link, why)

    def received(self, link: Link, frame: Frame, payload: bytes) -> None:
        """A frame; what comes over a link that was replaced is not for anybody."""
        if self._links.get(link.peer) is link:
            self._receiver.received(link, frame, payload)

    def _start(self, running: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(running)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection came; TLS has checked that the other side has the key of a certificate that is accepted."""
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        peer = self._shown(writer)
        if peer is None or peer.key > self._directory.own.key or not self._open:
            # One that was accepted once, or that has to wait for the call of this side.
            writer.close()
            return
        with contextlib.suppress(asyncio.CancelledError):
            await Link(peer, reader, writer).carry(self)

    async def _call(self, peer: Peer, caller: _Caller) -> None:
        """Calls a peer again and again, and carries its link while there is one."""
        loop, pause = asyncio.get_running_loop(), _FIRST_PAUSE
        try:
            while self._open and caller.wanted:
                caller.again.clear()
                link = await self._attempt(peer)
                if link is not None and not self._open:
                    # `wait_for` of older Pythons lets a result win over the cancellation that came with it.
                    link.close()
                elif link is not None:
                    began = loop.time()
                    await link.carry(self)
                    # One that ends at once, as where the other side refuses the certificate, is no reason to hurry.
                    pause = _FIRST_PAUSE if loop.time() - began > _LONGEST_PAUSE else pause
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(caller.again.wait(), pause)
                    pause = _FIRST_PAUSE
                pause = min(2 * pause, _LONGEST_PAUSE)
        finally:
            self._callers.pop(peer, None)

    async def _attempt(self, peer: Peer) -> Link | None:
        certificate = self._directory.certificate(peer)
        if certificate is None:
            self._why[peer] = "has not started"
            return None
        context = peer_context(self._directory.credentials, [certificate], server=False)
        address = peer.address
        try:
            reader, writer = await asyncio.wait_for(
                asyncio.open_connection(address.host, address.port, ssl=context, limit=_READING), self._connect
            )
        except ssl.SSLError as error:
            self._why[peer] = f"is refused at {address.host}:{address.port}: {_reason(error)}"
            return None
        except (OSError, asyncio.TimeoutError) as error:
            why = "no answer" if isinstance(error, asyncio.TimeoutError) else str(error.strerror or error)
            self._why[peer] = f"cannot be reached at {address.host}:{address.port}: {why}"
            return None
        if self._shown(writer) != peer:
            self._why[peer] = f"is refused at {address.host}:{address.port}: another certificate or version"
            writer.close()
            return None
        return Link(peer, reader, writer)

    def _shown(self, writer: asyncio.StreamWriter) -> Peer | None:
        """The peer whose certificate the other side has shown, if it speaks this version."""
        about = writer.get_extra_info("ssl_object")
        certificate = about.getpeercert(binary_form=True)
        if certificate is None or about.selected_alpn_protocol() != PROTOCOL:
            return None
        return self._directory.who(certificate)


class _Caller:
    """That a peer is being called."""

    def __init__(self) -> None:
        self.again = asyncio.Event()
        self.wanted = True


def _reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "it shows another certificate than the one that is configured"
    return tls_words(error)
