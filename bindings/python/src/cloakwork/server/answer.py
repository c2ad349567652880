"""What the server answers, before it becomes an HTTP response."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from cloakwork.errors import CloakworkError
from cloakwork.wire import problem
from cloakwork.wire.routes import JSON

__all__ = ["Answer"]


@dataclass(frozen=True)
class Answer:
    """A status and a body. The body is given, or is the content with a SHA-256 in the database.

    Attributes:
        status: HTTP status.
        media: media type of the body.
        body: the body, unless `content` is given.
        content: digest of the content that is the body.
    """

    status: int
    media: str = JSON
    body: bytes = b""
    content: bytes | None = None

    @classmethod
    def json(cls, value: Any, status: int = 200) -> Answer:  # noqa: ANN401 - whatever JSON holds
        """An answer in JSON."""
        return cls(status, JSON, json.dumps(value, separators=(",", ":"), allow_nan=False).encode())

    @classmethod
    def of(cls, error: CloakworkError) -> Answer:
        """The answer that reports an error."""
        return cls(problem.http_status(error), problem.MEDIA_TYPE, problem.encode(error))
