"""Errors that travel: the failures of the flows themselves, and the JSON body (RFC 9457) that carries any failure to the other side."""

from __future__ import annotations

import json
from enum import IntEnum
from typing import Any

from cloakwork._boundary import failure
from cloakwork.errors import CloakworkError, Status, error_class

__all__ = ["MEDIA_TYPE", "FlowError", "FlowStatus", "decode", "encode", "http_status", "outcome_text"]

MEDIA_TYPE = "application/problem+json"

# A problem body is small; whoever reads one stops here.
MAX_SIZE = 64 * 1024


class FlowStatus(IntEnum):
    """What went wrong around the protocol: requests, storage, configuration. The numbers continue those of `Status` and never change."""

    BAD_REQUEST = 801
    NOT_AUTHENTICATED = 802
    NOT_ALLOWED = 803
    NOT_FOUND = 804
    CONFLICT = 805
    COUNTER_USED = 806
    TOO_LARGE = 807
    TOO_SLOW = 808
    SUPERSEDED = 809
    STORAGE_FAILED = 810
    BUSY = 811
    UNREACHABLE = 812
    UNVERIFIED_ANSWER = 813
    CONFIGURATION = 814
    TASK = 815
    RUN_CLOSED = 816


class FlowError(CloakworkError):
    """A failure of the flows (800 to 899): of a request, of storage, of configuration or of a task.

    Attributes:
        next_number: with `SUPERSEDED`, the number of the message to ask for instead.
        last_counter: with `COUNTER_USED`, the highest counter that the server has seen from this party.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        party: int | None = None,
        bound: float | None = None,
        argument: str | None = None,
        next_number: int | None = None,
        last_counter: int | None = None,
    ) -> None:
        super().__init__(code, message, party=party, bound=bound, argument=argument)
        self.next_number = next_number
        self.last_counter = last_counter

    @property
    def name(self) -> str:
        """The name of the number."""
        try:
            return FlowStatus(self.code).name
        except ValueError:
            return f"STATUS_{self.code}"


_HTTP: dict[int, int] = {
    FlowStatus.BAD_REQUEST: 400,
    FlowStatus.NOT_AUTHENTICATED: 401,
    FlowStatus.NOT_ALLOWED: 403,
    FlowStatus.NOT_FOUND: 404,
    FlowStatus.CONFLICT: 409,
    FlowStatus.COUNTER_USED: 409,
    FlowStatus.TOO_LARGE: 413,
    FlowStatus.TOO_SLOW: 408,
    FlowStatus.SUPERSEDED: 410,
    FlowStatus.RUN_CLOSED: 410,
    FlowStatus.STORAGE_FAILED: 503,
    FlowStatus.BUSY: 503,
    Status.UNKNOWN_PARTY: 403,
    Status.NOT_IN_SET: 403,
}
# Arguments, numbers, encodings and cryptography blame the request; the protocol, its present state; parameters and privacy, their values.
_HTTP_OF_GROUP = {1: 400, 2: 400, 3: 400, 4: 400, 5: 409, 6: 422, 7: 422}


def http_status(error: CloakworkError) -> int:
    """The HTTP status under which an error travels."""
    return _HTTP.get(error.code, _HTTP_OF_GROUP.get(error.code // 100, 500))


def encode(error: CloakworkError) -> bytes:
    """The JSON body of an error. Numbers that may exceed 2^53 (parties, counters) travel as strings."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.name,
        "status": http_status(error),
        "detail": error.message,
        "code": error.code,
    }
    if error.argument is not None:
        body["argument"] = error.argument
    if error.party is not None:
        body["party"] = str(error.party)
    if error.bound is not None:
        body["bound"] = error.bound
    if isinstance(error, FlowError):
        if error.next_number is not None:
            body["next"] = error.next_number
        if error.last_counter is not None:
            body["last_counter"] = str(error.last_counter)
    return json.dumps(body, separators=(",", ":")).encode()


def decode(body: bytes, status: int) -> CloakworkError:
    """The error in a body; a body that is none gives a `FlowError` that states the HTTP status."""
    try:
        fields = json.loads(body)
        code = int(fields["code"])
        message = str(fields["detail"])
        party = None if fields.get("party") is None else int(fields["party"])
        bound = fields.get("bound")
        argument = None if fields.get("argument") is None else str(fields["argument"])
        following = None if fields.get("next") is None else int(fields["next"])
        counter = None if fields.get("last_counter") is None else int(fields["last_counter"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return FlowError(FlowStatus.BAD_REQUEST, f"the server answered with HTTP status {status} and no readable reason")
    if not isinstance(bound, (int, float)):
        bound = None
    if code // 100 == FlowStatus.BAD_REQUEST // 100:
        return FlowError(code, message, party=party, bound=bound, argument=argument, next_number=following, last_counter=counter)
    return error_class(code)(code, message, party=party, bound=bound, argument=argument)


def outcome_text(outcome: int | None) -> str | None:
    """What the outcome of a round means, for people; None while it has none."""
    if outcome is None:
        return None
    return "the sum was opened" if outcome == 0 else failure(outcome).message
