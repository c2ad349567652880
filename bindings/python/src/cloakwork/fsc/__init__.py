"""Federated Secure Computing: servers that compute together for the clients of federatedsecure in Python, R and JavaScript.

`application` makes the ASGI application that serves clients, to be served by itself or mounted in another; `cloakwork fsc serve` serves it.
The clients' side is in `api`, what computations are in `computation`.
"""

from __future__ import annotations

from cloakwork.fsc.api.application import application
from cloakwork.fsc.api.settings import Settings
from cloakwork.fsc.computation import Computation, Engine, Failure

__all__ = ["Computation", "Engine", "Failure", "Settings", "application"]
