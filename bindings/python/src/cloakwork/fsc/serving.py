"""Serving clients: uvicorn, until the process is told to end."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Protocol

import uvicorn

from cloakwork.fsc.api.application import application
from cloakwork.fsc.api.settings import Settings
from cloakwork.fsc.computation import Engine
from cloakwork.web.memory import return_large_blocks
from cloakwork.web.serving import configuration

__all__ = ["serve"]


class _Opened(Engine, Protocol):
    """An engine that has to be opened in the event loop that it works in."""

    async def __aenter__(self) -> object: ...

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /) -> object: ...


def serve(settings: Settings, engine: _Opened) -> None:
    """Serves until the process is told to end.

    Requests that wait for a computation then have some seconds to end; after that their computations are cancelled, and the other parties
    told.

    Args:
        settings: where it listens, who may call, what a call may cost.
        engine: what carries out computations; it is opened and closed.

    Raises:
        FlowError: the file of clients cannot be used, or the engine cannot be opened.
    """
    return_large_blocks()
    _Server(configuration(application(settings, engine), settings.listener, settings.patience), engine).run()


class _Server(uvicorn.Server):
    """Has the engine open while it serves."""

    def __init__(self, config: uvicorn.Config, engine: _Opened) -> None:
        super().__init__(config)
        self._engine = engine

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        async with self._engine:
            await super().serve(sockets)
