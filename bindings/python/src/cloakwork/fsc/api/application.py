"""The ASGI application: three shapes of URLs, the document that describes them, and the page that shows it."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cloakwork.fsc.api import body, page
from cloakwork.fsc.api.answers import answer, refusal
from cloakwork.fsc.api.authentication import Clients
from cloakwork.fsc.api.door import LOCAL_ORIGIN, Door, caller
from cloakwork.fsc.api.holdings import Handles, Holdings
from cloakwork.fsc.api.openapi import document
from cloakwork.fsc.api.representations import Representations
from cloakwork.fsc.api.roots import Roots
from cloakwork.fsc.api.settings import Bounds, Settings
from cloakwork.fsc.api.shelf import Clock
from cloakwork.fsc.computation import Engine, Failure

__all__ = ["application"]

_LOG = logging.getLogger(__name__)

_PREFLIGHT_SECONDS = 600

_Action = Callable[[Request, Holdings], Awaitable[bytes]]


def application(settings: Settings, engine: Engine, clock: Clock = time.monotonic) -> Starlette:
    """The application that serves clients. It can be mounted in others, under any path.

    Args:
        settings: who may call, and what a call may cost. Where it listens is for others to say.
        engine: what carries out computations; who made it opens and closes it.
        clock: seconds, monotonic.

    Raises:
        FlowError: the file of clients cannot be used.
    """
    handles = Handles(settings.bounds, clock)
    roots = Roots(engine, settings.bounds, clock, handles)
    endpoints = _Endpoints(Representations(roots), handles, settings.bounds)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await roots.stop()
            handles.stop()

    routes = [
        Route("/representations", endpoints.representations, methods=["GET", "POST", "PUT"]),
        Route("/representation/{representation_uuid}", endpoints.representation, methods=["GET", "PATCH", "DELETE"]),
        Route("/representation/{representation_uuid}/{attribute_name}", endpoints.attribute, methods=["GET"]),
        Route("/openapi.json", _openapi, methods=["GET"]),
        Route("/ui", page.to_index, methods=["GET"]),
        Route("/ui/", page.index, methods=["GET"]),
        Route("/ui/{file}", page.file, methods=["GET"]),
    ]
    pages = Middleware(
        CORSMiddleware,
        allow_origins=settings.origins,
        allow_origin_regex=LOCAL_ORIGIN if settings.clients is None else None,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type"],
        max_age=_PREFLIGHT_SECONDS,
    )
    door = Middleware(Door, settings=settings, clients=None if settings.clients is None else Clients(settings.clients))
    handlers = {HTTPException: _no_such_request, Exception: _defect}
    made = Starlette(routes=routes, middleware=[pages, door], exception_handlers=handlers, lifespan=lifespan)
    # The door has taken away the slashes that clients add; nothing else is a request.
    made.router.redirect_slashes = False
    made.state.handles = handles
    made.state.end_waiting = endpoints.end_waiting
    return made


class _Endpoints:
    """The three shapes of URLs."""

    def __init__(self, representations: Representations, handles: Handles, bounds: Bounds) -> None:
        self._representations = representations
        self._handles = handles
        self._bounds = bounds
        self._ending = asyncio.Event()

    def end_waiting(self) -> None:
        """Answers all calls that wait for a computation, because the server ends."""
        self._ending.set()

    async def representations(self, request: Request) -> Response:
        """`/representations`."""
        return await self._answered(request, {"GET": self._list, "POST": self._create, "PUT": self._upload})

    async def representation(self, request: Request) -> Response:
        """`/representation/{representation_uuid}`."""
        return await self._answered(request, {"GET": self._download, "PATCH": self._call, "DELETE": self._release})

    async def attribute(self, request: Request) -> Response:
        """`/representation/{representation_uuid}/{attribute_name}`."""
        return await self._answered(request, {"GET": self._attribute})

    async def _answered(self, request: Request, by_method: Mapping[str, _Action]) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        try:
            return answer(await by_method[method](request, self._handles.of(caller(request.scope))))
        except Failure as failure:
            return refusal(failure)
        except Exception as error:  # noqa: BLE001 - told here, so that the headers for web pages are on the answer
            return await _defect(request, error)

    async def _list(self, request: Request, _holdings: Holdings) -> bytes:
        await body.discard(request, self._bounds)
        return self._representations.list()

    async def _create(self, request: Request, holdings: Holdings) -> bytes:
        async with body.receive(request, holdings, self._bounds) as arguments:
            return self._representations.create(arguments)

    async def _upload(self, request: Request, holdings: Holdings) -> bytes:
        async with body.receive(request, holdings, self._bounds) as arguments:
            return self._representations.upload(holdings, arguments)

    async def _call(self, request: Request, holdings: Holdings) -> bytes:
        async with body.receive(request, holdings, self._bounds) as arguments:
            return await self._while_there(request, self._representations.call(holdings, _handle(request), arguments))

    async def _download(self, request: Request, holdings: Holdings) -> bytes:
        await body.discard(request, self._bounds)
        return self._representations.download(holdings, _handle(request))

    async def _release(self, request: Request, holdings: Holdings) -> bytes:
        await body.discard(request, self._bounds)
        return self._representations.release(holdings, _handle(request))

    async def _attribute(self, request: Request, holdings: Holdings) -> bytes:
        await body.discard(request, self._bounds)
        return self._representations.attribute(holdings, _handle(request), request.path_params["attribute_name"])

    async def _while_there(self, request: Request, work: Coroutine[Any, Any, bytes]) -> bytes:
        """Does what a client waits for, and stops when it does not wait any more, or the server ends.

        Raises:
            Failure: what the work raises; the server ends; or the client has gone, which it will not hear.
        """
        working = asyncio.ensure_future(work)
        leaving, ending = asyncio.ensure_future(_left(request)), asyncio.ensure_future(self._ending.wait())
        try:
            await asyncio.wait({working, leaving, ending}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                return working.result()
            if ending.done():
                raise Failure(503, "stopping", "the server ends, and so does this computation; ask again when it is back")
            raise Failure(408, "client-gone", "the client ended the connection before there was a result")
        finally:
            working.cancel()
            leaving.cancel()
            ending.cancel()
            await asyncio.gather(working, leaving, ending, return_exceptions=True)


def _handle(request: Request) -> str:
    found: str = request.path_params["representation_uuid"]
    return found


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _openapi(request: Request) -> Response:
    return answer(json.dumps(document(request.scope.get("root_path", "")), separators=(",", ":")).encode())


async def _no_such_request(request: Request, error: Exception) -> Response:
    """Paths and methods that are not in the table."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    if status != 405:
        return refusal(Failure(status, "not-found", "there is no such request; see /openapi.json"), headers)
    allowed = (headers or {}).get("Allow", "")
    if request.method == "OPTIONS":
        return answer(b'{"type":"none"}', 200, {"Allow": f"{allowed}, OPTIONS"})
    return refusal(Failure(405, "method-not-allowed", f"this URL takes {allowed}"), headers)


async def _defect(_request: Request, error: Exception) -> Response:
    """A defect of this program: logged where the operator sees it; the caller learns nothing of it."""
    _LOG.error("a request failed", exc_info=error)
    return refusal(Failure(500, "internal-error", "the server failed at this request; its operator finds the reason in the log"))
