"""MACs of requests and responses, and counters (section 9)."""

import hashlib
from dataclasses import dataclass
from typing import Any

from generator.agreement import KeyPair, channel_key, request_mac
from generator.draw import draw

REQUEST, RESPONSE = 0, 1

COUNTERS = [0, 1, 9, 10, 2**32, 2**53 + 1, 2**64 - 1]
NOT_COUNTERS = [
    *("", "00", "01", "007", "+1", "-1", "-0", " 1", "1 ", "1,2", "1.0", "1e3", "0x1", "1_000", "one"),
    *("18446744073709551616", "018446744073709551615", "99999999999999999999"),
]
"""A sign, a space, a leading zero or a separator, which some parsers of integers take, or above 2^64 - 1."""


@dataclass(frozen=True)
class Request:
    method: bytes
    path: bytes
    query: bytes
    body: bytes
    run: bytes
    counter: int


class Channel:
    """One client and its server."""

    def __init__(self) -> None:
        self.client, self.server = (KeyPair.of(draw(f"channel {side}", 32)) for side in ("client", "server"))
        self.key = channel_key(self.client.secret, self.client.public, self.server.public)
        assert self.key == channel_key(self.server.secret, self.client.public, self.server.public)

    def _json(self, direction: int, of: Request) -> dict[str, Any]:
        digest = hashlib.sha256(of.body).digest()
        return {
            "direction": direction,
            "method": of.method.decode("ascii"),
            "path": of.path.decode("ascii"),
            "query": of.query.decode("ascii"),
            "body": of.body.hex(),
            "body_sha256": digest.hex(),
            "run": of.run.hex(),
            "counter": str(of.counter),
            "mac": request_mac(self.key, direction, of.method, of.path, of.query, digest, of.run, of.counter).hex(),
        }

    def request(self, request: Request) -> dict[str, Any]:
        return self._json(REQUEST, request)

    def response(self, request: Request, status: int, body: bytes) -> dict[str, Any]:
        """Of this request: the status and the request's MAC stand in the place of the method."""
        method = f"{status} {self.request(request)['mac']}".encode("ascii")
        return self._json(RESPONSE, Request(method, request.path, request.query, body, request.run, request.counter))


def build() -> dict[str, Any]:
    channel, run = Channel(), draw("channel run", 16)
    body, answer, path = draw("channel body", 100), draw("channel answer", 60), b"/v1/runs/" + run.hex().encode() + b"/messages"
    root = Request(b"GET", b"/", b"", b"", b"", 0)
    listing = Request(b"GET", b"/v1/runs", b"after=3&wait=30", b"", b"", 1)
    sent = Request(b"POST", path, b"", body, run, 2)
    counted = Request(b"POST", path, b"", body, run, 3)
    longer_path = Request(b"POST", path + b"?", b"", body, run, 2)
    other_body = Request(b"POST", path, b"", body[1:], run, 2)
    query = Request(b"POST", path, b"a=%2Fb&c=", body, run, 2**32)
    last = Request(b"POST", path, b"", body, run, 2**64 - 1)
    return {
        "about": "method, path and query are ASCII. The method of a response is its status, a space and the MAC of its request in hex.",
        "client_secret": channel.client.secret.hex(),
        "client_public": channel.client.public.hex(),
        "server_secret": channel.server.secret.hex(),
        "server_public": channel.server.public.hex(),
        "channel_key": channel.key.hex(),
        "macs": [channel.request(request) for request in (root, listing, sent, counted, longer_path, other_body, query, last)]
        + [
            channel.response(root, 200, answer),
            channel.response(sent, 200, answer),
            channel.response(sent, 204, b""),
            # The same answer at the same place and counter, but to another request.
            channel.response(other_body, 200, answer),
            channel.response(counted, 204, b""),
            channel.response(listing, 409, draw("channel refusal", 8)),
            channel.response(query, 500, b""),
            channel.response(last, 200, answer),
        ],
        "counters": {
            "valid": [{"text": str(counter), "counter": str(counter)} for counter in COUNTERS],
            "invalid": NOT_COUNTERS,
        },
    }
