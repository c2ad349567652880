"""Serving clients: uvicorn, until the process is told to end."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Protocol

import uvicorn

from cloakwork.fsc.api.application import application
from cloakwork.fsc.api.settings import Settings
from cloakwork.fsc.computation import Engine
from cloakwork.web.memory import return_large_blocks
from cloakwork.web.serving import configuration

__all__ = ["serve"]


class _Opened(Engine, AbstractAsyncContextManager[object, None], Protocol):
    """An engine that has to be opened in the event loop that it works in."""


def serve(settings: Settings, engine: _Opened) -> None:
    """Serves until the process is told to end.

    Computations that are in work then end: who waits for one is told, and so are the other parties.

    Args:
        settings: where it listens, who may call, what a call may cost.
        engine: what carries out computations; it is opened and closed.

    Raises:
        FlowError: the file of clients cannot be used, or the engine cannot be opened.
    """
    return_large_blocks()
    made = application(settings, engine)
    _Server(configuration(made, settings.listener, settings.patience), engine, made.state.end_waiting).run()


class _Server(uvicorn.Server):
    """Has the engine open while it serves, and ends without waiting for computations."""

    def __init__(self, config: uvicorn.Config, engine: _Opened, end_waiting: Callable[[], None]) -> None:
        super().__init__(config)
        self._engine = engine
        self._end_waiting = end_waiting

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        async with AsyncExitStack() as self._open:
            await self._open.enter_async_context(self._engine)
            await super().serve(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_waiting()
        await super().shutdown(sockets)
        # After this uvicorn raises the signal again that told it to end.
        await self._open.aclose()
