"""Secure aggregation: a server learns the sum of its clients' vectors and nothing else.

The state machines of both sides, without any I/O: they take the bytes of a message and return those of the answer (docs/protocol.md).
`cloakwork.client` and `cloakwork.server` carry those bytes over HTTPS.

Threads: `Identity`, `Channel`, `Run` and `Opening` never change and may be shared. The calls of a `Client` or `Server` take turns;
different ones are independent. The library works without the interpreter lock, so threads that mask or add up run side by side.

Secrets live in memory of the library and are wiped when their owner is closed or collected; no `repr` and no exception shows one.
"""

from __future__ import annotations

from cloakwork.secagg._aggregate import aggregate, decode, decode_private
from cloakwork.secagg._channel import Channel, sha256
from cloakwork.secagg._client import Client, ClientState
from cloakwork.secagg._config import Config, Encoding, Segment
from cloakwork.secagg._identity import Identity, fingerprint, public_key
from cloakwork.secagg._message import Kind, message_kind
from cloakwork.secagg._opening import Opening
from cloakwork.secagg._plan import Adversary, Plan, plan
from cloakwork.secagg._run import Run
from cloakwork.secagg._server import Phase, Receipt, Server

__all__ = [
    "Adversary",
    "Channel",
    "Client",
    "ClientState",
    "Config",
    "Encoding",
    "Identity",
    "Kind",
    "Opening",
    "Phase",
    "Plan",
    "Receipt",
    "Run",
    "Segment",
    "Server",
    "aggregate",
    "decode",
    "decode_private",
    "fingerprint",
    "message_kind",
    "plan",
    "public_key",
    "sha256",
]
