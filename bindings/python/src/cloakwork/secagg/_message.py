"""Messages: which one it is (protocol.md section 6)."""

from __future__ import annotations

from enum import IntEnum

from cloakwork._boundary import check, view
from cloakwork._native import ffi, lib


class Kind(IntEnum):
    """The messages of the protocol, by the numbers that they carry: below 16 to the server, the others to a client."""

    ADVERTISE = 1
    CONFIRM = 2
    MASKED = 3
    ACKNOWLEDGE = 4
    UNMASK = 5
    INVITE = 16
    KEYS = 17
    CONFIRMATIONS = 18
    BEGIN = 19
    SURVIVORS = 20
    OPEN = 21
    FINISHED = 22


def message_kind(message: bytes) -> Kind:
    """The kind of a message, from its head; the rest is not looked at.

    Raises:
        EncodingError: it is no message (`MALFORMED`), or of a kind that this version does not know (`UNSUPPORTED`).
    """
    data = view("message", message)
    kind = ffi.new("int32_t *")
    check(lib.cloak_message_kind(data, len(data), kind), "message")
    return Kind(kind[0])
