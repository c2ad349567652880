"""MACs of requests and responses (section 9)."""

import hashlib
from typing import Any

from generator.agreement import KeyPair, channel_key, request_mac
from generator.draw import draw

REQUEST, RESPONSE = 0, 1


def build() -> dict[str, Any]:
    client, server = (KeyPair.of(draw(f"channel {side}", 32)) for side in ("client", "server"))
    key = channel_key(client.secret, client.public, server.public)
    assert key == channel_key(server.secret, client.public, server.public)
    run = draw("channel run", 16)

    def case(direction: int, method: bytes, path: bytes, query: bytes, body: bytes, run: bytes, counter: int) -> dict[str, Any]:
        digest = hashlib.sha256(body).digest()
        return {
            "direction": direction,
            "method": method.decode("ascii"),
            "path": path.decode("ascii"),
            "query": query.decode("ascii"),
            "body": body.hex(),
            "body_sha256": digest.hex(),
            "run": run.hex(),
            "counter": str(counter),
            "mac": request_mac(key, direction, method, path, query, digest, run, counter).hex(),
        }

    body, path = draw("channel body", 100), b"/v1/runs/" + run.hex().encode() + b"/messages"
    return {
        "about": "method, path and query are ASCII; the method of a response is its status.",
        "client_secret": client.secret.hex(),
        "client_public": client.public.hex(),
        "server_secret": server.secret.hex(),
        "server_public": server.public.hex(),
        "channel_key": key.hex(),
        "macs": [
            case(REQUEST, b"GET", b"/", b"", b"", b"", 0),
            case(REQUEST, b"GET", b"/v1/runs", b"after=3&wait=30", b"", b"", 1),
            case(REQUEST, b"POST", path, b"", body, run, 2),
            case(REQUEST, b"POST", path, b"", body, run, 3),
            case(REQUEST, b"POST", path + b"?", b"", body, run, 2),
            case(REQUEST, b"POST", path, b"a=%2Fb&c=", body, run, 2**32),
            case(REQUEST, b"POST", path, b"", body, run, 2**64 - 1),
            case(RESPONSE, b"200", path, b"", draw("channel answer", 60), run, 2),
            case(RESPONSE, b"204", path, b"", b"", run, 3),
            case(RESPONSE, b"409", b"/v1/runs", b"after=3&wait=30", b"", b"", 1),
        ],
    }
