"""Request bodies: read within a size and a time, hashed as they come, and large ones kept on disk until they are needed."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

import anyio
from starlette.requests import ClientDisconnect, Request

from cloakwork.server.settings import Bounds
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
    expected = _length(request)
    if expected > largest:
        raise FlowError(FlowStatus.TOO_LARGE, "the body is longer than this request may have", bound=largest)
    hasher = hashlib.sha256()
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(folder)) as file:
        received = 0
        try:
            with anyio.fail_after(bounds.body_seconds + expected / bounds.slow_bytes_per_second):
                async for chunk in request.stream():
                    received += len(chunk)
                    if received > expected:
                        raise FlowError(FlowStatus.TOO_LARGE, "the body is longer than it said", bound=expected)
                    hasher.update(chunk)
                    file.write(chunk)
        except TimeoutError:
            raise FlowError(FlowStatus.TOO_SLOW, "the body did not come in time") from None
        except ClientDisconnect:
            raise FlowError(FlowStatus.BAD_REQUEST, "the connection ended within the body") from None
        except OSError as error:
            message = f"the server could not keep the body ({error.strerror}); send it again later"
            raise FlowError(FlowStatus.STORAGE_FAILED, message) from error
        yield Body(file, hasher.digest())


def _length(request: Request) -> int:
    text = request.headers.get("content-length")
    if text is None:
        if request.method == "GET" and "transfer-encoding" not in request.headers:
            return 0
        raise FlowError(FlowStatus.BAD_REQUEST, "the request must state the length of its body")
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise FlowError(FlowStatus.BAD_REQUEST, "the length of the body is no number")
    return int(text)
