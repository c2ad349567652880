"""The body of a request of a client: read in memory, within what its sender may use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from cloakwork.fsc.api.arguments import Arguments, read
from cloakwork.fsc.api.holdings import Holdings
from cloakwork.fsc.api.settings import Bounds
from cloakwork.fsc.computation import Failure
from cloakwork.web.body import Pace, chunks, stated_length
from cloakwork.wire.problem import FlowError, http_status

__all__ = ["discard", "receive"]

# Longer ones are read in a thread, so that others need not wait for it.
_QUICK_BYTES = 256 * 1024
# Clients send a few bytes where no body belongs.
_LARGEST_IGNORED = 64 * 1024


@asynccontextmanager
async def receive(request: Request, holdings: Holdings, bounds: Bounds) -> AsyncIterator[Arguments]:
    """Reads the arguments of a request. The bytes count as its sender's until the request is done.

    Raises:
        Failure: it is too large, too slow, or holds no arguments.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise Failure(415, "media-type", "the content type has to be application/json")
    body = bytearray()
    try:
        async for chunk in _chunks(request, bounds.body_bytes, bounds):
            holdings.reserve("the request", len(chunk))
            body += chunk
        if len(body) <= _QUICK_BYTES:
            yield read(bytes(body))
        else:
            yield await asyncio.to_thread(read, bytes(body))
    finally:
        holdings.free(len(body))


async def discard(request: Request, bounds: Bounds) -> None:
    """Reads a body that says nothing.

    Raises:
        Failure: it is too large, or too slow.
    """
    async for _ in _chunks(request, _LARGEST_IGNORED, bounds):
        pass


async def _chunks(request: Request, largest: int, bounds: Bounds) -> AsyncIterator[bytes]:
    try:
        async for chunk in chunks(request, stated_length(request), largest, Pace(bounds.body_seconds, bounds.slow_bytes_per_second)):
            yield chunk
    except FlowError as error:
        reason = error.name.lower().replace("_", "-")
        raise Failure(http_status(error), reason, str(error)) from None
