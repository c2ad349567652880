"""The OpenAPI document of the server, written from the route table."""

from __future__ import annotations

from typing import Any

from cloakwork import __version__
from cloakwork.wire import problem
from cloakwork.wire.authentication import COUNTER, MAC, PARTY
from cloakwork.wire.routes import JSON, ROUTES, Role, Route

__all__ = ["document"]

_DESCRIPTION = f"""Secure aggregation: the server learns the sum of its clients' vectors and nothing else.

Requests of members and controllers carry `{PARTY}`, `{COUNTER}` and `{MAC}`, and answers to them `{MAC}`, as section 9 of docs/protocol.md
states. Protocol messages are opaque here: docs/protocol.cddl describes them."""

_PARAMETERS: dict[str, dict[str, Any]] = {
    "run": {"description": "Run id.", "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"}},
    "number": {"description": "Number of a message of the run.", "schema": {"type": "integer", "minimum": 1}},
    "round": {"description": "Number of a round, from 1.", "schema": {"type": "integer", "minimum": 1}},
    "file": {"description": "Name of a file.", "schema": {"type": "string"}},
}

_REASONS = {
    201: "Created.",
    204: "Nothing within the seconds to wait; ask again.",
    400: "The request is malformed.",
    401: "Unknown party or wrong MAC.",
    403: "Not for this caller.",
    409: "It does not fit the present state, or the counter is not above the last one.",
    410: "Void; `next` states the message to ask for, or the run is closed.",
    413: "The body is too large.",
    422: "The parameters do not fit together.",
    503: "Nothing was changed; send it again later.",
}

_ID = {"type": "string", "pattern": "^[0-9]{1,20}$", "description": "A member's id, a 64-bit number in decimal."}
_BASE64 = {"type": "string", "contentEncoding": "base64"}

_BODIES: dict[str, dict[str, Any]] = {
    "run_create": {
        "type": "object",
        "required": ["name", "names", "description", "roster", "settings"],
        "properties": {
            "name": {"type": "string", "maxLength": 100},
            "names": {"type": "object", "description": "Names of the members by id.", "additionalProperties": {"type": "string"}},
            "description": _BASE64,
            "roster": _BASE64,
            "settings": _BASE64,
            "shares_results": {"type": "boolean", "default": False, "description": "Members may read the results."},
        },
    },
    "refusal_post": {
        "type": "object",
        "required": ["number", "code", "reason"],
        "properties": {
            "number": {"type": "integer", "description": "Number of the message that was refused."},
            "code": {"type": "integer", "description": "Number of the error."},
            "reason": {"type": "string", "maxLength": 500},
            "accused": _ID,
        },
    },
    "setup_post": {"type": "object"},
}

_PROBLEM = {
    "type": "object",
    "required": ["title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "Name of the error."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened and what to do."},
        "code": {"type": "integer", "description": "Stable number of the error: those of cloakwork.h, and 800 to 899 for requests."},
        "party": _ID,
        "bound": {"type": "number", "description": "The bound that was missed."},
        "argument": {"type": "string", "description": "The field or argument at fault."},
        "next": {"type": "integer", "description": "Number of the message to ask for."},
        "last_counter": {"type": "string", "description": "The highest counter that came from this party."},
    },
}


def document(url: str) -> dict[str, Any]:
    """The document (OpenAPI 3.1).

    Args:
        url: base URL of the server.
    """
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES.values():
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cloakwork server", "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": url}],
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM},
            "securitySchemes": {
                "party": {"type": "apiKey", "in": "header", "name": PARTY, "description": "The caller's public key, 64 hex digits."},
                "counter": {"type": "apiKey", "in": "header", "name": COUNTER, "description": "Rises with each new request of the caller."},
                "mac": {"type": "apiKey", "in": "header", "name": MAC, "description": "MAC of the request, 64 hex digits."},
                "view": {"type": "http", "scheme": "bearer", "description": "The view token of the server."},
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": [{"name": name, "in": "path", "required": True, **_PARAMETERS[name]} for name in route.parameters]
        + [{"name": query.name, "in": "query", "description": query.summary, "schema": {"type": query.kind}} for query in route.queries],
        "responses": {"200": {"description": "OK.", "content": {route.response: {}}}},
    }
    for status in _statuses(route):
        told = {} if status < 400 else {"content": {problem.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
        if status == 201:
            told = {"content": {JSON: {}}}
        operation["responses"][str(status)] = {"description": _REASONS[status], **told}
    if route.request is not None:
        schema = _BODIES.get(route.name)
        operation["requestBody"] = {"required": True, "content": {route.request: {} if schema is None else {"schema": schema}}}
    security: list[dict[str, list[str]]] = []
    if route.roles & (Role.MEMBER | Role.CONTROLLER):
        security.append({"party": [], "counter": [], "mac": []})
    if Role.VIEWER in route.roles:
        security.append({"view": []})
    return {**operation, "security": security} if security else operation


def _statuses(route: Route) -> list[int]:
    common: set[int] = set()
    if Role.ANYONE not in route.roles:
        common = {400, 401, 403, 409}
    if route.changes:
        common |= {503}
    return sorted(common | set(route.statuses))
