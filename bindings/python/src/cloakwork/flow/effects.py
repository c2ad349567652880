"""What a conversation asks of the outside world."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = ["Call", "Effect", "Flow", "Pause", "Reply", "Send"]

T = TypeVar("T")


@dataclass(frozen=True)
class Send:
    """Send a request. Resumed with a `Reply`, or with `UnreachableError` thrown in.

    Attributes:
        method: HTTP method.
        url: absolute URL.
        headers: headers besides those of every request.
        body: the body.
        largest: bytes of the reply that are read at most; a longer one is a failure.
        seconds: how long the server may stay silent.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    largest: int
    seconds: float


@dataclass(frozen=True)
class Reply:
    """The answer to a request."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Pause:
    """Wait for some seconds."""

    seconds: float


@dataclass(frozen=True)
class Call:
    """Call a function of the user; an awaitable that it returns is awaited by an async driver. Resumed with what it returns or raises."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]


Effect = Send | Pause | Call
Flow = Generator[Effect, Any, T]
