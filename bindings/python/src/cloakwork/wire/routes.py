"""The route table: every request that the server answers, who may make it, and what goes in and comes out.

The server builds its router from this table, clients and controllers build their request targets from it, and the OpenAPI
document is written from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Flag, auto
from urllib.parse import urlencode

__all__ = ["BYTES", "CBOR", "JSON", "ROUTES", "Query", "Role", "Route", "target"]

JSON = "application/json"
CBOR = "application/cbor"
BYTES = "application/octet-stream"

# How long a long poll may wait, in seconds. Proxies commonly cut a silent connection after 60.
MAX_WAIT = 50


class Role(Flag):
    """Who may make a request."""

    ANYONE = auto()
    VIEWER = auto()
    MEMBER = auto()
    CONTROLLER = auto()


@dataclass(frozen=True)
class Query:
    """A query parameter."""

    name: str
    summary: str
    kind: str = "integer"


@dataclass(frozen=True)
class Route:
    """One request: its name in the code and the document, what it does, what it takes and gives."""

    name: str
    method: str
    path: str
    roles: Role
    summary: str
    response: str
    request: str | None = None
    queries: tuple[Query, ...] = ()
    statuses: tuple[int, ...] = ()

    @property
    def parameters(self) -> list[str]:
        """The names in the path."""
        return re.findall(r"\{(\w+)\}", self.path)

    @property
    def changes(self) -> bool:
        """Whether the request changes anything at the server."""
        return self.method != "GET"


WAIT = Query("wait", f"Seconds to wait for an answer before 204 is given, at most {MAX_WAIT}.")
PARTIES = Query("participants", "Ids of the members that take part, joined by commas; everybody who is there if absent.", "string")
AFTER = Query("after", "Version of the status that the caller has: the answer waits for a newer one.", "string")

_RUN = "/v1/runs/{run}"
_ROUND = _RUN + "/rounds/{round}"
_EITHER = Role.MEMBER | Role.CONTROLLER

ROUTES: dict[str, Route] = {
    route.name: route
    for route in (
        Route("page", "GET", "/", Role.ANYONE, "The page that shows runs, parties and phases.", "text/html"),
        Route("page_file", "GET", "/page/{file}", Role.ANYONE, "The style sheet and the script of the page.", "text/css"),
        Route("openapi", "GET", "/openapi.json", Role.ANYONE, "This document.", JSON),
        Route("health", "GET", "/v1/health", Role.ANYONE, "The version and fingerprint of the server, once it serves.", JSON),
        Route(
            "status",
            "GET",
            "/v1/status",
            Role.VIEWER | Role.CONTROLLER,
            "Runs, parties, phases, who is waited for, and why parties refused.",
            JSON,
            queries=(AFTER, WAIT),
            statuses=(204,),
        ),
        Route(
            "run_create",
            "PUT",
            _RUN,
            Role.CONTROLLER,
            "Creates a run from its description, roster and settings and invites its members. The same again gives the same answer.",
            JSON,
            JSON,
            statuses=(201, 409, 413, 422),
        ),
        Route("run", "GET", _RUN, _EITHER, "A run: its name, its hash, its members and its phase.", JSON),
        Route("runs", "GET", "/v1/runs", Role.CONTROLLER, "All runs.", JSON),
        Route("run_stop", "POST", _RUN + "/stop", Role.CONTROLLER, "Stops the round in progress and closes the run.", JSON),
        Route("description", "GET", _RUN + "/description", _EITHER, "The run description (protocol.md section 2).", CBOR),
        Route("roster", "GET", _RUN + "/roster", _EITHER, "The roster: 40 bytes a member (protocol.md section 2).", BYTES),
        Route("settings", "GET", _RUN + "/settings", _EITHER, "The settings whose hash the description states.", BYTES),
        Route(
            "message",
            "GET",
            _RUN + "/messages/{number}",
            Role.MEMBER,
            "The message of this number for the caller. 410 states the number to ask for instead.",
            CBOR,
            queries=(WAIT,),
            statuses=(204, 410),
        ),
        Route(
            "context",
            "GET",
            _RUN + "/messages/{number}/context",
            Role.MEMBER,
            "The model and settings that the `begin` message of this number announces.",
            BYTES,
            statuses=(410,),
        ),
        Route(
            "message_post",
            "POST",
            _RUN + "/messages",
            Role.MEMBER,
            "Takes a protocol message. The same message again gives the same answer.",
            JSON,
            CBOR,
            statuses=(403, 409, 413),
        ),
        Route(
            "refusal_post",
            "POST",
            _RUN + "/refusals",
            Role.MEMBER,
            "Tells everybody why the caller refused a message, and whom it blames.",
            JSON,
            JSON,
        ),
        Route(
            "setup_post",
            "POST",
            _RUN + "/setup",
            Role.MEMBER,
            "Asks for a new set-up before the next round: the caller arrived late or lost its keys.",
            JSON,
            JSON,
        ),
        Route(
            "round_start",
            "PUT",
            _ROUND,
            Role.CONTROLLER,
            "Starts a round; the body is the model and settings for its participants. A second request gives the same answer.",
            JSON,
            BYTES,
            queries=(PARTIES,),
            statuses=(201, 409, 413),
        ),
        Route(
            "round",
            "GET",
            _ROUND,
            _EITHER,
            "A round: its phase, its participants and its outcome. With `wait`, the answer comes when the round has ended.",
            JSON,
            queries=(WAIT,),
            statuses=(204,),
        ),
        Route("result", "GET", _ROUND + "/result", _EITHER, "The sums of a finished round.", BYTES, statuses=(403, 409)),
        Route("round_stop", "POST", _ROUND + "/stop", Role.CONTROLLER, "Stops a round; every member is told.", JSON),
    )
}


def target(name: str, query: Mapping[str, str | int] | None = None, /, **parameters: str | int) -> tuple[str, str]:
    """The path and the query of a request, as they appear in its first line.

    Args:
        name: name of the route.
        query: query parameters.
        **parameters: the parameters in the path; run ids and file names hold no character that needs escaping.
    """
    return ROUTES[name].path.format(**parameters), urlencode(query or {}, safe=",")
