"""JSON that came from outside: read strictly, every fault named."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, TypeVar

from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Fields", "base64_text", "member_id"]

T = TypeVar("T", bool, int, float, str, dict[str, Any], list[Any])

_MAX_ID = 2**64 - 1


def base64_text(content: bytes) -> str:
    """Bytes as they travel in JSON."""
    return base64.b64encode(content).decode("ascii")


def member_id(text: object, argument: str) -> int:
    """A member's id from its decimal form: ids may exceed what JSON numbers hold exactly."""
    if isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) <= 20 and int(text) <= _MAX_ID:
        return int(text)
    raise FlowError(FlowStatus.BAD_REQUEST, "a member's id is a string of decimal digits, below 2^64", argument=argument)


class Fields:
    """The fields of a JSON object.

    Raises:
        FlowError: `BAD_REQUEST`: the bytes are no JSON object.
    """

    def __init__(self, body: bytes) -> None:
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise FlowError(FlowStatus.BAD_REQUEST, "the body is no JSON object")
        self._content: dict[str, Any] = content

    def take(self, name: str, kind: type[T], default: T | None = None) -> T:
        """A field of this type; the default where it is absent.

        Raises:
            FlowError: it is absent without a default, or of another type.
        """
        value = self._content.get(name, default)
        # bool is a kind of int in Python, not in JSON.
        if value is None or not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise FlowError(FlowStatus.BAD_REQUEST, f"must be there, and of type {kind.__name__}", argument=name)
        return value

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._content.get(name) is not None

    def bytes(self, name: str) -> bytes:
        """A field of bytes in base64."""
        try:
            return base64.b64decode(self.take(name, str), validate=True)
        except binascii.Error:
            raise FlowError(FlowStatus.BAD_REQUEST, "must be base64", argument=name) from None
