"""HTTP answers: JSON, with headers that let no page and no cache make anything else of it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.responses import Response

from cloakwork.fsc.computation import Failure

__all__ = ["SECURITY", "answer", "refusal"]

SECURITY: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_CHALLENGE = 'Basic realm="cloakwork", charset="UTF-8", Bearer realm="cloakwork"'


def answer(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(body, status, {**SECURITY, **(headers or {})}, "application/json")


def refusal(failure: Failure, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that reports a failure. It always has a body: clients parse it whatever the status is."""
    about: dict[str, object] = {"code": failure.code, "message": failure.message, "reason": failure.reason}
    if failure.party is not None:
        about["party"] = failure.party
    challenge = {"WWW-Authenticate": _CHALLENGE} if failure.code == 401 else {}
    return answer(json.dumps(about, separators=(",", ":")).encode(), failure.code, {**challenge, **(headers or {})})
