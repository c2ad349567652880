"""The gateway: it carries bytes between a device on a serial line and the server.

It makes no MAC and knows no key. It sends what the device wrote, byte for byte, again and again until the server answers or its patience
ends, and hands the answer back. It sees what the server sees, so it is trusted as the server is, and no further: a device believes no
answer that the server did not authenticate.
"""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import httpx
from device import Device, Frame

from cloakwork.flow.drive import Transport, UnreachableError, drive
from cloakwork.flow.effects import Flow, Pause, Reply, Send
from cloakwork.secagg import Kind
from cloakwork.wire import problem
from cloakwork.wire.authentication import COUNTER, MAC, PARTY
from cloakwork.wire.problem import FlowError, FlowStatus
from cloakwork.wire.routes import CBOR, JSON, MAX_WAIT

__all__ = ["Cost", "Gateway", "Told", "What"]

_METHODS = ("GET", "POST", "POST")
_REPEAT = 2
_MEDIA = (None, CBOR, JSON)
# The longest answer: the model and settings of a round, which the device hashes piece by piece.
_LARGEST_ANSWER = 256 * 2**20
_LARGEST_BODY = 64 * 2**20
_SILENCE_SECONDS = 30.0
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0
# Codes of an error after which the same bytes may go well.
_AGAIN = {FlowStatus.TOO_SLOW, FlowStatus.STORAGE_FAILED, FlowStatus.BUSY}


class What(IntEnum):
    """What a device tells; `enum told` of c/line.h."""

    MESSAGE = 1
    FINISHED = 2
    REFUSED = 3
    LATE = 4
    CLOSED = 5
    STOPPED = 6


@dataclass(frozen=True)
class Told:
    """Something that a device told.

    Attributes:
        what: what happened.
        kind: the message that it is about, or 0.
        code: number of the error or of the outcome, or 0.
        round: the round, or 0.
    """

    what: What
    kind: int
    code: int
    round: int

    @property
    def message(self) -> str:
        """The name of the message."""
        return Kind(self.kind).name.lower() if self.kind in Kind.__members__.values() else "no message"


@dataclass(frozen=True)
class Cost:
    """What a round cost a device: bytes of its stack that were in use, and ticks of its clock in set-up, masking and the rest of it."""

    round: int
    stack: int
    setup: int
    mask: int
    rest: int


class Gateway:
    """Carries bytes for one device.

    Args:
        device: the device.
        url: base URL of the server.
        ca: PEM file of the authorities to trust.
        patience: seconds for which a request is repeated while the server does not answer.
        quiet: seconds within which a device that computes has to say something.
    """

    def __init__(self, device: Device, url: str, ca: str | None, *, patience: float = 60.0, quiet: float = 120.0) -> None:
        self._device = device
        self._url = url
        self._transport = Transport(ca)
        self._patience = patience
        self._quiet = quiet
        self._party = ""
        self._body = bytearray()
        self._sent = b""
        self._answer = b""

    def serve(self, told: Callable[[Told], bool], measured: Callable[[Cost], object] = lambda _: None) -> Told:
        """Serves the device until it leaves or stops, or `told` cuts its power by returning False; returns what it told last.

        Raises:
            LineError: the device fell silent.
            FlowError: it sent what is no request.
        """
        with self._transport.sync() as http:
            while True:
                kind, payload = self._device.take(self._quiet)
                if kind == Frame.HELLO:
                    self._party = payload.hex()
                    self._device.give(Frame.GO)
                elif kind == Frame.BODY:
                    self._body += payload
                    if len(self._body) > _LARGEST_BODY:
                        raise FlowError(FlowStatus.TOO_LARGE, "the device sends a body without end", bound=_LARGEST_BODY)
                elif kind == Frame.REQUEST:
                    self._device.give(Frame.ANSWER, self._request(http, payload))
                elif kind == Frame.READ:
                    first, count = struct.unpack("<IH", payload)
                    self._device.give(Frame.DATA, self._answer[first : first + count])
                elif kind == Frame.MEASURED:
                    measured(Cost(*struct.unpack("<5I", payload)))
                    self._device.give(Frame.GO)
                elif kind == Frame.TOLD:
                    what, message, code, number, _ = struct.unpack("<BBHIQ", payload)
                    event = Told(What(what), message, code, number)
                    if not told(event) or event.what in {What.CLOSED, What.STOPPED}:
                        return event
                    self._device.give(Frame.GO)
                else:
                    raise FlowError(FlowStatus.BAD_REQUEST, f"the device sent a frame of kind {kind.name}")

    def _request(self, http: httpx.Client, payload: bytes) -> bytes:
        """Sends what the device asks for and returns the frame of the answer."""
        method, media, counter = struct.unpack_from("<BBQ", payload)
        mac, path_length, target = payload[10:42], payload[42], payload[43:]
        if method != _REPEAT:
            self._sent, self._body = bytes(self._body), bytearray()
        headers = {PARTY: self._party, COUNTER: str(counter), MAC: mac.hex(), "Accept-Encoding": "identity"}
        if _MEDIA[media] is not None:
            headers["Content-Type"] = str(_MEDIA[media])
        path, query = target[:path_length].decode("ascii"), target[path_length:].decode("ascii")
        url = f"{self._url}{path}" + (f"?{query}" if query else "")
        send = Send(_METHODS[method], url, headers, self._sent, _LARGEST_ANSWER, MAX_WAIT + _SILENCE_SECONDS)
        reply = drive(self._answered(send), http)
        if reply is None:
            self._answer = b""
            return struct.pack("<H32sIHQ", 0, bytes(32), 0, 0, 0)
        self._answer = self.carried(reply.body)
        code, number = 0, 0
        if reply.status >= 400:
            error = problem.decode(reply.body, reply.status)
            code = error.code
            if isinstance(error, FlowError):
                number = error.next_number or error.last_counter or 0
        return struct.pack("<H32sIHQ", reply.status, _proof(reply), len(self._answer), code, number)

    def _answered(self, send: Send) -> Flow[Reply | None]:
        """The answer to a request, which is sent until there is one; None when patience has ended."""
        deadline = time.monotonic() + self._patience
        longest = _FIRST_PAUSE
        while True:
            try:
                reply: Reply = yield send
                away = reply.status >= 500 and MAC.lower() not in reply.headers
                if not away and (reply.status < 400 or problem.decode(reply.body, reply.status).code not in _AGAIN):
                    return reply
            except UnreachableError:
                pass
            if time.monotonic() >= deadline:
                return None
            # Full jitter, so that gateways do not come back all at once.
            yield Pause(random.uniform(0, longest))  # noqa: S311 - spreads load, hides nothing
            longest = min(_LONGEST_PAUSE, 2.0 * longest)

    def carried(self, body: bytes) -> bytes:
        """The body of an answer on its way to the device."""
        return body


def _proof(reply: Reply) -> bytes:
    """The MAC of an answer; zeros, which prove nothing, where there is none."""
    try:
        mac = bytes.fromhex(reply.headers.get(MAC.lower(), ""))
    except ValueError:
        mac = b""
    return mac[:32].ljust(32, b"\0")
