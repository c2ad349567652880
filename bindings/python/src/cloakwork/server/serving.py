"""Serving: uvicorn with the settings that the protocol needs."""

from __future__ import annotations

import socket
import ssl

import uvicorn

from cloakwork.server.application import application
from cloakwork.server.database import Database
from cloakwork.server.impatience import impatient
from cloakwork.server.memory import return_large_blocks
from cloakwork.server.service import Service
from cloakwork.server.settings import Settings

__all__ = ["serve"]

# Longer than a long poll; shorter than what the proxies between would wait for.
_IDLE_SECONDS = 75
_SHUTDOWN_SECONDS = 5


def serve(settings: Settings) -> None:
    """Serves until the process is told to end.

    Raises:
        FlowError: the identity, the list of controllers or the database cannot be used.
    """
    return_large_blocks()
    # Told in a sentence here; within the event loop it would be a stack of calls.
    Database(settings.database).close()
    made = application(settings)
    config = uvicorn.Config(
        made,
        host=settings.host,
        port=settings.port,
        ssl_certfile=None if settings.certificate is None else str(settings.certificate),
        ssl_keyfile=None if settings.key is None else str(settings.key),
        access_log=False,
        log_level="warning",
        lifespan="on",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=settings.bounds.connections,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        ws="none",
    )
    config.load()
    config.http_protocol_class = impatient(config.http_protocol_class, settings.bounds.header_seconds)
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    _Server(config, made.state.service).run()


class _Server(uvicorn.Server):
    """Ends without waiting for long polls to run out."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._service.end_waiting()
        await super().shutdown(sockets)
