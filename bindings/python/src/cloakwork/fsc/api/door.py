"""The door: which requests come in, from where, and whose they are."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from cloakwork.fsc.api.answers import refusal
from cloakwork.fsc.api.authentication import Clients
from cloakwork.fsc.api.settings import Settings
from cloakwork.fsc.computation import Failure
from cloakwork.web.listener import LOOPBACK

__all__ = ["LOCAL_ORIGIN", "Door", "caller"]

# Pages that this machine itself serves.
LOCAL_ORIGIN = r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?"

_CALLER = "cloakwork.fsc.caller"
_OWN = frozenset({"representations", "representation", "ui", "openapi.json"})
# What everybody may read: it says nothing of anybody's data.
_OPEN = re.compile(r"/ui(?:/.*)?|/openapi\.json")


def caller(scope: Scope) -> str:
    """Who sent a request that came in."""
    found: str = scope[_CALLER]
    return found


class Door:
    """Middleware that refuses what must not come in, and finds out whose the rest is.

    Where nobody is asked who calls, only this machine may, and no page of another site: such a page cannot forge the address that it
    comes from, nor the name under which it reaches this machine, nor its origin.

    Args:
        app: what is behind.
        settings: from where calls may come.
        clients: who may call; None if nobody is asked.
    """

    def __init__(self, app: ASGIApp, settings: Settings, clients: Clients | None) -> None:
        self._application = app
        self._settings = settings
        self._clients = clients

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves as the ASGI application."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        entered = dict(scope)
        headers = Headers(scope=scope)
        try:
            self._check_origin(headers)
            if self._clients is None:
                self._check_local(scope, headers)
                _place(entered, _route(scope))
                entered[_CALLER] = ""
            else:
                self._identify(entered, headers, self._clients)
        except Failure as failure:
            await refusal(failure)(scope, receive, send)
            return
        await self._application(entered, receive, send)

    def _check_origin(self, headers: Headers) -> None:
        origin = headers.get("origin")
        if origin is None or origin in self._settings.origins or origin == _own_origin(headers):
            return
        if self._clients is None and re.fullmatch(LOCAL_ORIGIN, origin):
            return
        raise Failure(403, "not-allowed", "pages of this origin may not call this server; its operator can list it in origins")

    @staticmethod
    def _check_local(scope: Scope, headers: Headers) -> None:
        address = scope.get("client")
        name = _host(f"//{headers.get('host', '')}")
        if (address is None or address[0] in LOOPBACK) and name in LOOPBACK:
            return
        message = "this server asks nobody who calls, so it serves the machine that it runs on, as localhost or 127.0.0.1, and no other"
        raise Failure(403, "not-allowed", message)

    def _identify(self, scope: MutableMapping[str, Any], headers: Headers, clients: Clients) -> None:
        path = _route(scope)
        found = clients.by_authorization(headers.get("authorization", ""))
        first, _, rest = path[1:].partition("/")
        if first not in _OWN:
            # It may be a token: then what follows is the path.
            by_path = clients.by_token(first)
            if by_path is not None:
                found, path = by_path, f"/{rest}"
                scope["root_path"] = f"{scope.get('root_path', '')}/{first}"
        if found is None and not _OPEN.fullmatch(_tidy(path)):
            message = (
                "the caller is not known: put name and token into the URL, as user and password, or the token as first part of its path"
            )
            raise Failure(401, "not-authenticated", message)
        _place(scope, path)
        scope[_CALLER] = found


def _own_origin(headers: Headers) -> str:
    """The origin of this server's own page, as its reader's browser names it; another site cannot have it."""
    origin, host = headers.get("origin", ""), headers.get("host", "")
    return origin if host and origin in {f"https://{host}", f"http://{host}"} else ""


def _host(url: str) -> str | None:
    """The host that a URL names; whoever sends it may send anything."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _route(scope: MutableMapping[str, Any]) -> str:
    """The path below the place where the application is mounted, without the slashes that a base URL with one at its end leaves in it."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    below = path[len(root) :] if root and f"{path}/".startswith(f"{root}/") else path
    return re.sub("/{2,}", "/", f"/{below}")


def _tidy(path: str) -> str:
    """The path without a slash at its end, but for the page: that is a folder."""
    return path if path.startswith("/ui/") else path.rstrip("/") or "/"


def _place(scope: MutableMapping[str, Any], path: str) -> None:
    scope["path"] = f"{scope.get('root_path', '')}{_tidy(path)}"
    # No longer what was sent.
    scope.pop("raw_path", None)
