"""Serving: uvicorn with the settings that the protocol needs."""

from __future__ import annotations

import ssl

import uvicorn

from cloakwork.server.application import application
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
    config = uvicorn.Config(
        application(settings),
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
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    uvicorn.Server(config).run()
