"""The ASGI application: the route table, each route with its gate."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from cloakwork import __version__
from cloakwork.flow import keyfile
from cloakwork.secagg import Run
from cloakwork.server import page, response
from cloakwork.server.answer import Answer
from cloakwork.server.endpoints import CHANGING, Reader, body_limit
from cloakwork.server.gate import Gate
from cloakwork.server.service import Service
from cloakwork.server.settings import Settings
from cloakwork.wire.authentication import PARTY
from cloakwork.wire.openapi import document
from cloakwork.wire.problem import FlowError, FlowStatus
from cloakwork.wire.routes import JSON, MAX_WAIT, ROUTES, Route

__all__ = ["application"]

_LOG = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


def application(settings: Settings) -> Starlette:
    """The application of a server.

    Raises:
        FlowError: the identity or the list of controllers cannot be read.
    """
    identity = keyfile.load(settings.identity)
    service = Service(settings.database, settings.bounds.results)
    endpoints = _Endpoints(service, Gate(service, identity, settings), settings, identity.fingerprint)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await service.start()
        try:
            yield
        finally:
            await service.stop()

    routes = [StarletteRoute(route.path, endpoints.of(route), methods=[route.method], name=name) for name, route in ROUTES.items()]
    handlers = {HTTPException: _http_problem, Exception: _defect}
    made = Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)
    made.state.service = service
    return made


class _Endpoints:
    def __init__(self, service: Service, gate: Gate, settings: Settings, fingerprint: str) -> None:
        self._service = service
        self._gate = gate
        self._settings = settings
        self._fingerprint = fingerprint
        self._reader = Reader(service)
        self._reading = self._reader.actions()
        self._document = json.dumps(document(settings.url)).encode()

    def of(self, route: Route) -> Endpoint:
        """What answers a route."""
        if route.name == "status":
            return self._status
        if route.name in self._reading:
            return self._read(route)
        if route.name in CHANGING:
            return self._change(route)
        return {"page": page.index, "page_file": page.file, "openapi": self._openapi, "health": self._health}[route.name]

    def _read(self, route: Route) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            return await self._gate.read(route, request, self._reading[route.name])

        return endpoint

    def _change(self, route: Route) -> Endpoint:
        action = CHANGING[route.name](self._settings.bounds)

        async def endpoint(request: Request) -> Response:
            run = self._run(request) if route.name == "message_post" else None
            return await self._gate.change(route, request, action, body_limit(route.name, run, self._settings.bounds))

        return endpoint

    def _run(self, request: Request) -> Run | None:
        try:
            return self._service.run(bytes.fromhex(request.path_params["run"]))
        except ValueError:
            return None

    async def _status(self, request: Request) -> Response:
        """For controllers by their MAC; for the page by the token, in a header that no other site can make a browser send."""
        if PARTY in request.headers:
            return await self._gate.read(ROUTES["status"], request, self._reader.status)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._settings.view_token and not hmac.compare_digest(token.encode(), self._settings.view_token.encode()):
            message = "the status needs the server's view token; open the page by the address that `cloakwork server run` prints"
            return response.plain(Answer.of(FlowError(FlowStatus.NOT_AUTHENTICATED, message)))
        wait = request.query_params.get("wait", "0")
        seconds = min(int(wait), MAX_WAIT) if wait.isascii() and wait.isdecimal() and len(wait) < 4 else 0
        return response.plain(await self._reader.status_after(request.query_params.get("after"), seconds))

    async def _openapi(self, _request: Request) -> Response:
        return response.plain(Answer(200, JSON, self._document))

    async def _health(self, _request: Request) -> Response:
        ready = self._service.ready
        return response.plain(
            Answer.json({"version": __version__, "fingerprint": self._fingerprint, "ready": ready}, 200 if ready else 503)
        )


async def _http_problem(_request: Request, error: Exception) -> Response:
    """Paths and methods that are not in the table."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = FlowStatus.NOT_FOUND if status == 404 else FlowStatus.BAD_REQUEST
    answer = Answer.of(FlowError(code, "there is no such request; see /openapi.json"))
    return response.plain(Answer(status, answer.media, answer.body))


async def _defect(_request: Request, error: Exception) -> Response:
    """A defect of this program: logged where the operator sees it; the caller learns nothing of it."""
    _LOG.error("a request failed", exc_info=error)
    answer = Answer.of(FlowError(FlowStatus.BUSY, "the server failed at this request; its operator finds the reason in the log"))
    return response.plain(Answer(500, answer.media, answer.body))
