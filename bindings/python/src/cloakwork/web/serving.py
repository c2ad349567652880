"""Serving: uvicorn with the limits that every server of this package has."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn

from cloakwork.web.impatience import impatient
from cloakwork.web.listener import Listener, Patience

__all__ = ["Application", "configuration"]

# Longer than a long poll; shorter than what the proxies between would wait for.
_IDLE_SECONDS = 75
_SHUTDOWN_SECONDS = 5

Application = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[MutableMapping[str, Any]]], Callable[[MutableMapping[str, Any]], Awaitable[None]]],
    Awaitable[None],
]


def configuration(application: Application, listener: Listener, patience: Patience) -> uvicorn.Config:
    """A configuration of uvicorn, loaded.

    Args:
        application: what is served.
        listener: where.
        patience: how many it listens to, and for how long.
    """
    config = uvicorn.Config(
        application,
        host=listener.host,
        port=listener.port,
        ssl_certfile=None if listener.certificate is None else str(listener.certificate),
        ssl_keyfile=None if listener.key is None else str(listener.key),
        access_log=False,
        log_level="warning",
        lifespan="on",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=patience.connections,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        ws="none",
    )
    config.load()
    config.http_protocol_class = impatient(config.http_protocol_class, patience.header_seconds)
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    return config
