"""The client's and the controller's conversations with the server, written once for sync and async callers.

A conversation is a generator: it yields what has to happen outside (send a request, wait, call the user's function) and is resumed
with the outcome. `drive` and `drive_async` make it happen with httpx.
"""

from __future__ import annotations
