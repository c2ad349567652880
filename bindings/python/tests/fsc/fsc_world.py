"""Servers over real loopback HTTP, all in one event loop of a thread."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine, Sequence
from typing import Any

import httpx
import uvicorn
from fsc_engine import Lobby, LocalEngine

from cloakwork.fsc import Settings, application
from cloakwork.web.serving import configuration

PATIENCE = 20


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class World:
    """Servers, one for each of the settings."""

    def __init__(self, settings: Sequence[Settings], patience: float = PATIENCE) -> None:
        self.lobby = Lobby(patience)
        self.clock = Clock()
        self.engines = [LocalEngine(self.lobby) for _ in settings]
        self.sockets = [_listening() for _ in settings]
        self.urls = [f"http://127.0.0.1:{listening.getsockname()[1]}" for listening in self.sockets]
        self.applications = [application(one, engine, self.clock) for one, engine in zip(settings, self.engines, strict=True)]
        configurations = [configuration(app, one.listener, one.patience) for app, one in zip(self.applications, settings, strict=True)]
        self._servers = [uvicorn.Server(made) for made in configurations]
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        for url in self.urls:
            httpx.get(f"{url}/openapi.json", timeout=PATIENCE)

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        serving = (server.serve([listening]) for server, listening in zip(self._servers, self.sockets, strict=True))
        with_all = asyncio.gather(*serving)
        self.loop.run_until_complete(with_all)
        self.loop.close()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Runs something where the servers run."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    def close(self) -> None:
        for server in self._servers:
            server.should_exit = True
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


def _listening() -> socket.socket:
    # With the protocol named, as uvicorn's own: asyncio looks at it before it turns off Nagle's algorithm.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.bind(("127.0.0.1", 0))
    made.listen()
    return made


def network(urls: Sequence[str], myself: int, session: str) -> dict[str, Any]:
    return {"nodes": list(urls), "uuid": session, "myself": myself}


def until(world: World, there: Any) -> None:
    """Waits until something holds where the servers run."""

    async def wait() -> None:
        async with asyncio.timeout(PATIENCE):
            while not there():
                await asyncio.sleep(0.005)

    world.do(wait())
