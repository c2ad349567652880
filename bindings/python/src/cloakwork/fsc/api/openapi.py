"""The OpenAPI document of the clients' side."""

from __future__ import annotations

from typing import Any

from cloakwork import __version__

__all__ = ["document"]

_DESCRIPTION = """Federated Secure Computing: parties compute together on data that nobody shows.

A client creates a root object, asks for one of its operations, calls that, and downloads what it returned; each of them is a handle.
A call of `compute` is answered when the computation of all parties has ended."""

_REASONS = {
    400: "The body or an argument is wrong; the message names it.",
    401: "The caller is not known.",
    403: "Not for this caller, or nothing that can be read or called.",
    404: "There is no such handle, operation or root object, or no longer.",
    408: "The body did not come in time.",
    409: "It does not fit the state of the task, or the parties do not agree.",
    413: "The body, or what this caller keeps, is too large.",
    415: "The body is not application/json.",
    500: "The server failed; its operator finds the reason in the log.",
    501: "There is no such microprotocol here.",
    502: "Another party failed; the message names it.",
    503: "This caller has too much in work.",
    504: "Another party did not answer in time; the message names it.",
}

_HANDLE = {"type": "string", "format": "uuid"}

_ARGUMENTS: dict[str, Any] = {
    "type": "object",
    "description": "Arguments. An argument by name that is an object with `representation_uuid` stands for the value of that handle.",
    "properties": {
        "args": {"description": "Arguments by place: a list. A single value stands for a list of one, null for none."},
        "kwargs": {"description": "Arguments by name.", "type": ["object", "array", "null"], "maxItems": 0},
    },
    "additionalProperties": True,
}

_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["code", "message", "reason"],
    "properties": {
        "code": {"type": "integer", "description": "The HTTP status."},
        "message": {"type": "string", "description": "What happened, at which party, and what to do."},
        "reason": {"type": "string", "description": "A stable word for programs."},
        "party": {"type": "integer", "minimum": 0, "description": "The number of the party at fault."},
    },
}

_DESCRIPTIONS: dict[str, Any] = {
    "type": "object",
    "required": ["type", "list"],
    "properties": {
        "type": {"const": "list"},
        "list": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}},
    },
}


def _typed(name: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - a schema
    return {"type": "object", "required": ["type", *properties], "properties": {"type": {"const": name}, **properties}}


_NONE = _typed("none")
_UUID = _typed("uuid", uuid=_HANDLE)
_OBJECT = _typed("object", object={"description": "Whatever JSON can say."})


def document(url: str) -> dict[str, Any]:
    """The document (OpenAPI 3.1).

    Args:
        url: where the application is, relative to its server.
    """
    handle = {"name": "representation_uuid", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    name = {"name": "attribute_name", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    paths = {
        "/representations": {
            "get": _operation("list_representations", "List the root objects.", _DESCRIPTIONS, set()),
            "post": _operation(
                "create_representation", "Get the handle of a root object by what its description holds.", _UUID, {404}, body=True
            ),
            "put": _operation("upload_representation", "Keep the first argument on the server.", _UUID, set(), body=True),
        },
        "/representation/{representation_uuid}": {
            "parameters": [handle],
            "get": _operation("download_representation", "Read a value: an upload, a result or an invitation.", _OBJECT, {403, 404}),
            "patch": _operation(
                "call_representation",
                "Call an operation; the answer comes when it has ended.",
                {"oneOf": [_UUID, _NONE]},
                {403, 404, 409, 500, 501, 502, 503, 504},
                body=True,
            ),
            "delete": _operation("release_representation", "Give up a handle.", _NONE, {404}),
        },
        "/representation/{representation_uuid}/{attribute_name}": {
            "parameters": [handle, name],
            "get": _operation("create_attribute", "Get a handle of an operation of an object.", _UUID, {403, 404}),
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cloakwork: Federated Secure Computing", "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": url or "/"}],
        "security": [{}, {"basic": []}, {"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": {"ArgsKwargs": _ARGUMENTS, "Error": _ERROR},
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic", "description": "The name of a client, and its token."},
                "bearer": {"type": "http", "scheme": "bearer", "description": "The token of a client."},
            },
        },
    }


def _operation(identifier: str, summary: str, response: dict[str, Any], statuses: set[int], *, body: bool = False) -> dict[str, Any]:
    taken = {400, 401, 403, 408, 413} | statuses | ({415} if body else set())
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    responses: dict[str, Any] = {"200": {"description": "OK.", "content": {"application/json": {"schema": response}}}}
    responses |= {str(status): {"description": _REASONS[status], "content": error} for status in sorted(taken)}
    operation = {"operationId": identifier, "summary": summary, "responses": responses}
    if body:
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/ArgsKwargs"}}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation
