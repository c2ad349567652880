"""A limit on the time that the head of a request may take: uvicorn has none, and whoever sends it byte by byte keeps a connection."""

from __future__ import annotations

import asyncio
from typing import Any

__all__ = ["impatient"]


def impatient(protocol: Any, seconds: float) -> Any:  # noqa: ANN401 - uvicorn has two protocols and no common base
    """A protocol class that closes connections on which no request is complete within some seconds.

    Args:
        protocol: uvicorn's `H11Protocol` or `HttpToolsProtocol`.
        seconds: the limit, from the first byte that a request may begin with.
    """

    class ImpatientProtocol(protocol):  # type: ignore[misc]
        _late: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self._await_head()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._await_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop()
            super().connection_lost(exc)

        def _await_head(self) -> None:
            """The clock runs while no request is being answered. Between two requests uvicorn's own limit for idle connections applies."""
            if self.cycle is not None and not self.cycle.response_complete:
                self._stop()
            elif self._late is None:
                self._late = self.loop.call_later(seconds, self._give_up)

        def _stop(self) -> None:
            if self._late is not None:
                self._late.cancel()
                self._late = None

        def _give_up(self) -> None:
            self._late = None
            if self.cycle is None or self.cycle.response_complete:
                self.transport.close()

    return ImpatientProtocol
