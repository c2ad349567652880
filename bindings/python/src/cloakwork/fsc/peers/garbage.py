"""What no server that keeps to the protocol sends."""

from __future__ import annotations

__all__ = ["GarbageError", "OtherRunError"]


class GarbageError(Exception):
    """Bytes of a peer that mean nothing here; the text says what is wrong, and never what they hold."""


class OtherRunError(GarbageError):
    """A message of another run than the one that this side knows.

    Whoever offers different parties different runs makes them send such messages to each other, so it says nothing of its sender.
    """

    def __init__(self) -> None:
        super().__init__("a message of another run")
