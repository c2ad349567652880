"""A link between two servers: one TLS connection over which frames of many runs go, each run getting its turn."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Iterator
from typing import Protocol

from cloakwork.fsc.peers.directory import Peer
from cloakwork.fsc.peers.frame import HEAD_SIZE, LARGEST_PAYLOAD, PIECE_HEAD, Frame, Kind, read_head
from cloakwork.fsc.peers.garbage import GarbageError

__all__ = ["Link", "Receiver", "tls_words"]

# Bytes that wait for the socket, before runs have to wait for each other.
_ROOM = 1 << 20
# Seconds without an answer of the other machine after which a connection is given up, where the system can do that.
_SILENCE = 30
_Piece = tuple[bytes, bytes | memoryview]


class Receiver(Protocol):
    """Who takes what comes over links."""

    def linked(self, link: Link) -> None:
        """A link to a peer is there."""

    def unlinked(self, link: Link, why: str) -> None:
        """It is gone."""

    def received(self, link: Link, frame: Frame, payload: bytes) -> None:
        """A frame came. Whatever is wrong with it concerns its stream: the link goes on."""


class Link:
    """A connection to a peer whose certificate was checked.

    Attributes:
        peer: the other side.
        streams: how many streams this side has begun.
        highest: the highest stream that the other side has begun.
    """

    def __init__(self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peer = peer
        self.streams = 0
        self.highest = 0
        self._reader = reader
        self._writer = writer
        self._waiting: deque[tuple[int, Iterator[_Piece]]] = deque()
        self._wake = asyncio.Event()
        self._closed = False
        writer.transport.set_write_buffer_limits(high=_ROOM)
        notice_silence(writer.get_extra_info("socket"))

    def next_stream(self) -> int:
        """The number of a new stream of this side."""
        self.streams += 1
        return self.streams

    def send(self, kind: Kind, stream: int, payload: bytes) -> None:
        """Sends a frame that is no piece. It does not wait: what is sent is bounded by what a run may send."""
        self._enqueue(stream, iter([(Frame(kind, stream, 0, len(payload)).head(), payload)]))

    def send_message(self, stream: int, run: bytes, sequence: int, message: bytes) -> int:
        """Sends a message of a run in pieces, of which the first has this number; the number after the last."""
        count = max(1, -(-len(message) // LARGEST_PAYLOAD))
        self._enqueue(stream, _pieces(stream, run, sequence, message))
        return sequence + count

    def close(self) -> None:
        """Ends the link; `carry` returns."""
        self._closed = True
        self._waiting.clear()
        self._writer.close()

    async def carry(self, receiver: Receiver) -> None:
        """Carries frames until the connection ends, one way or another."""
        receiver.linked(self)
        why = "the connection ended"
        pump = asyncio.get_running_loop().create_task(self._pump())
        try:
            while True:
                frame = read_head(await self._reader.readexactly(HEAD_SIZE))
                receiver.received(self, frame, await self._reader.readexactly(frame.size))
        except GarbageError as error:
            why = f"it sent what no server sends: {error}"
        except ssl.SSLError as error:
            why = f"the other side ended it: {tls_words(error)}"
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            pump.cancel()
            self.close()
            receiver.unlinked(self, why)

    def _enqueue(self, stream: int, pieces: Iterator[_Piece]) -> None:
        if self._closed:
            return
        if not self._waiting and self._writer.transport.get_write_buffer_size() < _ROOM:
            # The usual case, without a change of tasks: the first piece goes at once, and most messages have no other.
            self._write(next(pieces))
            following = next(pieces, None)
            if following is None:
                return
            pieces = _before(following, pieces)
        self._waiting.append((stream, pieces))
        self._wake.set()

    async def _pump(self) -> None:
        """Sends what waits, a piece of each message in turn."""
        try:
            while True:
                while self._waiting:
                    stream, pieces = self._waiting.popleft()
                    piece = next(pieces, None)
                    if piece is not None:
                        # Messages of one stream keep their order.
                        later = any(other == stream for other, _ in self._waiting)
                        self._write(piece)
                        (self._waiting.appendleft if later else self._waiting.append)((stream, pieces))
                    await self._writer.drain()
                self._wake.clear()
                await self._wake.wait()
        except OSError:
            # The reading side notices as well, and ends the link.
            self._writer.close()

    def _write(self, piece: _Piece) -> None:
        self._writer.writelines(piece)


def tls_words(error: ssl.SSLError) -> str:
    """What OpenSSL says, such as ``sslv3 alert certificate expired``."""
    return (error.reason or "TLS failed").replace("_", " ").lower()


def notice_silence(connection: socket.socket) -> None:
    """Lets the system end a connection whose other end does not answer any more, where it can."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", _SILENCE), ("TCP_KEEPINTVL", _SILENCE // 3), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * _SILENCE)


def _pieces(stream: int, run: bytes, sequence: int, message: bytes) -> Iterator[_Piece]:
    view = memoryview(message)
    start = 0
    while True:
        content = view[start : start + LARGEST_PAYLOAD]
        start += len(content)
        head = Frame(Kind.PIECE, stream, sequence, PIECE_HEAD.size + len(content)).head()
        yield head + PIECE_HEAD.pack(run, len(message) - start), content
        sequence += 1
        if start >= len(message):
            return


def _before(first: _Piece, rest: Iterator[_Piece]) -> Iterator[_Piece]:
    yield first
    yield from rest
