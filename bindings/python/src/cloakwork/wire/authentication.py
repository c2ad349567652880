"""The MAC of requests and responses (protocol.md section 9): which headers carry it and which bytes it covers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cloakwork.secagg import Channel
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["COUNTER", "MAC", "MAX_COUNTER", "PARTY", "Credentials", "Exchange", "credentials"]

PARTY = "Cloakwork-Party"
COUNTER = "Cloakwork-Counter"
MAC = "Cloakwork-Mac"

MAX_COUNTER = 2**64 - 1

_REQUEST = 0
_RESPONSE = 1
_KEY = re.compile(r"[0-9a-f]{64}")
# No sign, no leading zero: one counter has one form.
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,19}")


@dataclass(frozen=True)
class Credentials:
    """What a request claims about its sender; nothing of it is believed before the MAC is verified."""

    party: bytes
    counter: int
    mac: bytes


@dataclass(frozen=True)
class Exchange:
    """What a request and its response have in common under the MAC.

    Attributes:
        method: the HTTP method in capitals.
        path: the path of the request target, raw.
        query: the query of the request target, raw, without the question mark.
        run: the run id that the path names, or nothing.
        counter: the counter of the request.
    """

    method: str
    path: bytes
    query: bytes
    run: bytes
    counter: int

    def request_mac(self, channel: Channel, body_hash: bytes) -> bytes:
        """The MAC of the request whose body has this SHA-256."""
        return channel.mac(_REQUEST, self.method, self.path, self.query, body_hash, self.run, self.counter)

    def verify_request(self, channel: Channel, body_hash: bytes, mac: bytes) -> bool:
        """Whether this is the MAC of the request."""
        return channel.verify(mac, _REQUEST, self.method, self.path, self.query, body_hash, self.run, self.counter)

    def response_mac(self, channel: Channel, request_mac: bytes, status: int, body_hash: bytes) -> bytes:
        """The MAC of the response with this status whose body has this SHA-256, to the request with this MAC."""
        return channel.mac(_RESPONSE, _status_line(status, request_mac), self.path, self.query, body_hash, self.run, self.counter)

    def verify_response(self, channel: Channel, request_mac: bytes, status: int, body_hash: bytes, mac: bytes) -> bool:
        """Whether this is the MAC of the response."""
        method = _status_line(status, request_mac)
        return channel.verify(mac, _RESPONSE, method, self.path, self.query, body_hash, self.run, self.counter)

    def digest(self, party: bytes, body_hash: bytes) -> bytes:
        """Tells byte-identical requests of a party from all others. It never leaves the server."""
        hasher = hashlib.sha256()
        for part in (party, self.method.encode(), self.path, self.query, self.run, body_hash, self.counter.to_bytes(8, "little")):
            hasher.update(len(part).to_bytes(4, "little"))
            hasher.update(part)
        return hasher.digest()


def _status_line(status: int, request_mac: bytes) -> str:
    """What takes the place of the method in a response: an answer belongs to one request."""
    return f"{status:03} {request_mac.hex()}"


def credentials(headers: Mapping[str, str]) -> Credentials:
    """Reads the headers of a request.

    Raises:
        FlowError: `NOT_AUTHENTICATED` when one is absent or has another form.
    """
    party, counter, mac = headers.get(PARTY, ""), headers.get(COUNTER, ""), headers.get(MAC, "")
    if not (_KEY.fullmatch(party) and _KEY.fullmatch(mac) and _DECIMAL.fullmatch(counter) and int(counter) <= MAX_COUNTER):
        message = f"the request needs the headers {PARTY}, {COUNTER} and {MAC} as docs/protocol.md section 9 states them"
        raise FlowError(FlowStatus.NOT_AUTHENTICATED, message)
    return Credentials(bytes.fromhex(party), int(counter), bytes.fromhex(mac))
