"""The server: an ASGI application that brings the members of runs together and opens sums, and nothing else.

`application` makes the application from a `Settings`; `cloakwork server run` serves it. All state is in one SQLite database: a
server that is killed at any moment goes on where it stopped.
"""

from __future__ import annotations
