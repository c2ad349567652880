"""Secure aggregation: sums, statistics and models over data that nobody shows.

`cloakwork.secagg` holds the protocol: identities, runs, the client and server state machines. `cloakwork.layout` turns named arrays into
the segments of a contribution and sums back into arrays. `cloakwork.errors` holds the exceptions.
"""

from __future__ import annotations

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("cloakwork")
