"""Serving: until the process is told to end, without waiting for long polls."""

from __future__ import annotations

import socket

import uvicorn

from cloakwork.server.application import application
from cloakwork.server.database import Database
from cloakwork.server.service import Service
from cloakwork.server.settings import Settings
from cloakwork.web.listener import Listener, Patience
from cloakwork.web.memory import return_large_blocks
from cloakwork.web.serving import configuration

__all__ = ["serve"]


def serve(settings: Settings) -> None:
    """Serves until the process is told to end.

    Raises:
        FlowError: the identity, the list of controllers or the database cannot be used.
    """
    return_large_blocks()
    # Told in a sentence here; within the event loop it would be a stack of calls.
    Database(settings.database).close()
    made = application(settings)
    listener = Listener(settings.host, settings.port, settings.certificate, settings.key)
    config = configuration(made, listener, Patience(settings.bounds.connections, settings.bounds.header_seconds))
    _Server(config, made.state.service).run()


class _Server(uvicorn.Server):
    """Ends without waiting for long polls to run out."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._service.end_waiting()
        await super().shutdown(sockets)
