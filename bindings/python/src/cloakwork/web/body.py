"""Request bodies as they come: within a size and a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import anyio
from starlette.requests import ClientDisconnect, Request

from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Pace", "chunks", "stated_length"]


@dataclass(frozen=True)
class Pace:
    """How long a body may take.

    Attributes:
        seconds: that every body may take.
        bytes_per_second: a body that comes slower than this, beyond these seconds, is not waited for.
    """

    seconds: float
    bytes_per_second: float


def stated_length(request: Request) -> int | None:
    """The length that a request states, or None if it states none.

    Raises:
        FlowError: `BAD_REQUEST`, it is no number.
    """
    text = request.headers.get("content-length")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise FlowError(FlowStatus.BAD_REQUEST, "the length of the body is no number")
    return int(text)


async def chunks(request: Request, expected: int | None, largest: int, pace: Pace) -> AsyncIterator[bytes]:
    """The pieces of the body of a request.

    Args:
        request: the request.
        expected: the length that it states.
        largest: how many bytes it may have.
        pace: how long it may take.

    Raises:
        FlowError: `TOO_LARGE`, `TOO_SLOW`, or `BAD_REQUEST` when the connection ends early.
    """
    if expected is not None and expected > largest:
        raise FlowError(FlowStatus.TOO_LARGE, "the body is longer than this request may have", bound=largest)
    stream = aiter(request.stream())
    began, received = anyio.current_time(), 0
    while True:
        awaited = received if expected is None else expected
        try:
            with anyio.fail_after(began + pace.seconds + awaited / pace.bytes_per_second - anyio.current_time()):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise FlowError(FlowStatus.TOO_SLOW, "the body did not come in time") from None
        except ClientDisconnect:
            raise FlowError(FlowStatus.BAD_REQUEST, "the connection ended within the body") from None
        if chunk is None:
            return
        received += len(chunk)
        if expected is not None and received > expected:
            raise FlowError(FlowStatus.TOO_LARGE, "the body is longer than it said", bound=expected)
        if received > largest:
            raise FlowError(FlowStatus.TOO_LARGE, "the body is longer than this request may have", bound=largest)
        yield chunk
