"""Request bodies: read within a size and a time, hashed as they come, and large ones kept on disk until they are needed."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from starlette.requests import Request

from cloakwork.server.settings import Bounds
from cloakwork.web.body import Pace, chunks, stated_length
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Body", "receive"]

# Larger bodies wait on disk: many may come at the same time, and each is needed in memory for a moment only.
_IN_MEMORY = 32 * 1024


class Body:
    """A body that was received.

    Attributes:
        digest: its SHA-256.
    """

    def __init__(self, file: IO[bytes], digest: bytes) -> None:
        self._file = file
        self.digest = digest

    def read(self) -> bytes:
        """All of it."""
        self._file.seek(0)
        return self._file.read()


@asynccontextmanager
async def receive(request: Request, largest: int, bounds: Bounds, folder: Path) -> AsyncIterator[Body]:
    """Reads the body of a request.

    Args:
        request: the request.
        largest: how many bytes it may have.
        bounds: how long it may take.
        folder: where large bodies wait.

    Raises:
        FlowError: `TOO_LARGE`, `TOO_SLOW`, or `BAD_REQUEST` without a length or when the connection ends early.
    """
    pace = Pace(bounds.body_seconds, bounds.slow_bytes_per_second)
    hasher = hashlib.sha256()
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(folder)) as file:
        try:
            async for chunk in chunks(request, _length(request), largest, pace):
                hasher.update(chunk)
                file.write(chunk)
        except OSError as error:
            message = f"the server could not keep the body ({error.strerror}); send it again later"
            raise FlowError(FlowStatus.STORAGE_FAILED, message) from error
        yield Body(file, hasher.digest())


def _length(request: Request) -> int:
    stated = stated_length(request)
    if stated is not None:
        return stated
    if request.method == "GET" and "transfer-encoding" not in request.headers:
        return 0
    raise FlowError(FlowStatus.BAD_REQUEST, "the request must state the length of its body")
