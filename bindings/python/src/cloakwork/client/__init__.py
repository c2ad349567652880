"""The client: a party of a run, over HTTPS.

    client = Client.join(invitation, identity="identity", storage="study.sqlite")
    client.serve(lambda round: layout.flatten({"age": ages.mean()}, weight=len(ages)))

`Client` is for sync callers, `AsyncClient` for async ones; both keep their state in a file, so that a process that is killed at any
moment goes on where it stopped: the same bytes are sent again, nothing is masked twice.
"""

from __future__ import annotations

from cloakwork.client.api import AsyncClient, Client
from cloakwork.client.events import Event
from cloakwork.client.participation import Round

__all__ = ["AsyncClient", "Client", "Event", "Round"]
