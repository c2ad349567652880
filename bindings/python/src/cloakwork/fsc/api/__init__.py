"""The side of clients: seven operations on handles, over three shapes of URLs, as the clients of federatedsecure send them.

Whatever a client may call is listed by name; nothing else of the program can be reached. docs/fsc-http.md describes the requests.
"""

from __future__ import annotations
