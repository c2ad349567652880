"""Channels: the MACs of requests between a client and its server (protocol.md section 9)."""

from __future__ import annotations

from typing import Any, Literal

from cloakwork._boundary import HASH_SIZE, KEY_SIZE, Handle, check, fixed, view, whole_number
from cloakwork._native import ffi, lib
from cloakwork.errors import ArgumentError, ArgumentTypeError, Status
from cloakwork.secagg._identity import Identity, fingerprint

MAC_SIZE: int = lib.CLOAK_MAC_SIZE
RUN_ID_SIZE: int = lib.CLOAK_RUN_ID_SIZE

_SIDES = {"client": lib.CLOAK_SIDE_CLIENT, "server": lib.CLOAK_SIDE_SERVER}
_DIRECTIONS = (lib.CLOAK_DIRECTION_REQUEST, lib.CLOAK_DIRECTION_RESPONSE)


class Channel(Handle):
    """The secret that a client and its server share for the MACs of their requests. It never changes, so threads may share it.

    Args:
        identity: the own identity; it may be closed while the channel lives.
        side: what the own identity is, ``"client"`` or ``"server"``.
        peer: the pinned public key of the other side, 32 bytes.

    Raises:
        CryptoError: `peer` has low order (`LOW_ORDER_KEY`) or is the own key (`REPEATED_KEY`).
        EncodingError: `peer` is not a canonical public key.
    """

    FREE = "cloak_channel_free"

    def __init__(self, identity: Identity, side: Literal["client", "server"], peer: bytes) -> None:
        if side not in _SIDES:
            raise ArgumentError(Status.INVALID_ARGUMENT, f"is neither 'client' nor 'server' but {side!r}", argument="side")
        data = view("peer", peer, KEY_SIZE)
        out = ffi.new("cloak_channel **")
        check(lib.cloak_channel_new(identity._open(), _SIDES[side], data, out), "peer")
        self._own(out[0])
        self._about = f"{side}, {fingerprint(peer)}"

    def mac(self, direction: int, method: str, path: bytes, query: bytes, body_hash: bytes, run: bytes, counter: int) -> bytes:
        """The MAC of a request or response, 32 bytes.

        Args:
            direction: 0 for a request, 1 for its response.
            method: the method in capitals; in a response the three digits of the status, a space and the MAC of the request as 64
                lower-case hex digits, so that the answer belongs to that request.
            path: raw bytes of the request target's path.
            query: raw bytes of its query, without the question mark.
            body_hash: SHA-256 of the body, 32 bytes.
            run: the run id that the path names, 16 bytes, or nothing.
            counter: rises with each request of the client, 0 to 2^64 - 1.

        Raises:
            ArgumentError: an argument of a wrong type or length.
        """
        pointer = self._open()
        request, _keep = _request(direction, method, path, query, body_hash, run, counter)
        return fixed(MAC_SIZE, lambda out: lib.cloak_channel_mac(pointer, request, out))

    def verify(
        self, mac: bytes, direction: int, method: str, path: bytes, query: bytes, body_hash: bytes, run: bytes, counter: int
    ) -> bool:
        """Whether `mac` is the MAC of this request or response, in time that does not depend on where it differs."""
        pointer = self._open()
        request, _keep = _request(direction, method, path, query, body_hash, run, counter)
        status = lib.cloak_channel_verify(pointer, request, view("mac", mac, MAC_SIZE))
        if status == lib.CLOAK_ERR_NOT_AUTHENTIC:
            return False
        check(status)
        return True

    def __repr__(self) -> str:
        return f"Channel({self._about})"


def _request(
    direction: int, method: str, path: bytes, query: bytes, body_hash: bytes, run: bytes, counter: int
) -> tuple[Any, tuple[Any, ...]]:
    """The C structure, and the buffers that it points to."""
    if direction not in _DIRECTIONS:
        raise ArgumentError(Status.INVALID_ARGUMENT, f"is neither 0 nor 1 but {direction!r}", argument="direction")
    request = ffi.new("cloak_request *")
    request.counter = whole_number("counter", counter)
    if not isinstance(method, str) or not method.isascii():
        raise ArgumentTypeError(Status.INVALID_ARGUMENT, "expected ASCII text", argument="method")
    method_bytes, path_bytes, query_bytes = view("method", method.encode("ascii")), view("path", path), view("query", query)
    request.method, request.method_length = method_bytes, len(method_bytes)
    request.path, request.path_length = path_bytes, len(path_bytes)
    request.query, request.query_length = query_bytes, len(query_bytes)
    run_bytes = view("run", run, RUN_ID_SIZE if len(run) else 0)
    request.run = run_bytes if len(run) else ffi.NULL
    ffi.memmove(request.body_hash, view("body_hash", body_hash, HASH_SIZE), HASH_SIZE)
    request.direction = direction
    return request, (method_bytes, path_bytes, query_bytes, run_bytes)


def sha256(data: bytes) -> bytes:
    """SHA-256 (FIPS 180-4) of bytes-like `data`, 32 bytes: what names a body, a context and settings."""
    content = view("data", data)
    return fixed(HASH_SIZE, lambda out: lib.cloak_sha256(content, len(content), out))
