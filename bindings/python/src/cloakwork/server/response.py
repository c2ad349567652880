"""HTTP responses: headers that every answer has, and the MAC of those that go to an authenticated party."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from cloakwork.server.answer import Answer
from cloakwork.wire.authentication import MAC

__all__ = ["authenticated", "plain"]

# Larger bodies are written piece by piece, so that a slow reader does not make the server hold a copy of its own.
_PIECE = 64 * 1024

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def plain(answer: Answer) -> Response:
    """An answer that nobody authenticated."""
    return Response(answer.body, answer.status, {**_HEADERS, "Content-Type": answer.media})


def authenticated(answer: Answer, body: bytes, mac: bytes) -> Response:
    """An answer with its MAC."""
    headers = {**_HEADERS, "Content-Type": answer.media, MAC: mac.hex()}
    if len(body) <= _PIECE:
        return Response(body, answer.status, headers)
    return StreamingResponse(_pieces(body), answer.status, {**headers, "Content-Length": str(len(body))})


async def _pieces(body: bytes) -> AsyncIterator[memoryview]:
    view = memoryview(body)
    for start in range(0, len(view), _PIECE):
        yield view[start : start + _PIECE]
