"""The page that describes the requests and tries them: Swagger UI from its package, of which nothing is loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import swagger_ui_bundle
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cloakwork.fsc.api.answers import SECURITY, refusal
from cloakwork.fsc.computation import Failure

__all__ = ["file", "index", "to_index"]

_BUNDLED: Mapping[str, str] = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
}
_OWN: Mapping[str, str] = {"index.html": "text/html; charset=utf-8", "start.js": "text/javascript; charset=utf-8"}

# Swagger UI writes style attributes, and pictures into its style sheet.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {**SECURITY, "Content-Security-Policy": _POLICY, "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-cache"}


async def to_index(request: Request) -> Response:
    """Where the page is: its files are beside it."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/ui/", headers=SECURITY)


async def index(_request: Request) -> Response:
    """The page."""
    return _own("index.html")


async def file(request: Request) -> Response:
    """A file that the page loads."""
    name = request.path_params["file"]
    if name in _OWN:
        return _own(name)
    if name in _BUNDLED:
        return Response(Path(swagger_ui_bundle.swagger_ui_path, name).read_bytes(), 200, {**_HEADERS, "Content-Type": _BUNDLED[name]})
    return refusal(Failure(404, "not-found", "the page has no such file"))


def _own(name: str) -> Response:
    return Response(files(__name__).joinpath(name).read_bytes(), 200, {**_HEADERS, "Content-Type": _OWN[name]})
