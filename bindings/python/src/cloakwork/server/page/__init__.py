"""The page: static files, and headers that let them load nothing else and be framed by nobody."""

from __future__ import annotations

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from cloakwork.server import response
from cloakwork.server.answer import Answer
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["file", "index"]

_MEDIA = {"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml"}

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


async def index(_request: Request) -> Response:
    """The page."""
    return _static("page.html", "text/html; charset=utf-8")


async def file(request: Request) -> Response:
    """A file that the page loads."""
    name = request.path_params["file"]
    media = _MEDIA.get(name)
    if media is None:
        return response.plain(Answer.of(FlowError(FlowStatus.NOT_FOUND, "the page has no such file")))
    return _static(name, media)


def _static(name: str, media: str) -> Response:
    content = files(__name__).joinpath(name).read_bytes()
    return Response(content, 200, {**_HEADERS, "Content-Type": media})
