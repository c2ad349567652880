"""Joining a run: what the server says of it is checked against the invitation before anything is kept."""

from __future__ import annotations

import json
from pathlib import Path

from cloakwork.client.storage import Joined
from cloakwork.errors import CloakworkError
from cloakwork.flow.connection import Connection
from cloakwork.flow.drive import Transport, drive
from cloakwork.flow.effects import Flow
from cloakwork.secagg import Identity, Run
from cloakwork.wire.invitation import Invitation
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["decode", "join", "look"]

_LARGEST_ROSTER = 40 * 2**20


def join(connection: Connection, invitation: Invitation, own_key: bytes) -> Flow[Joined]:
    """Asks the server for a run and checks that it is the one of the invitation and that this party is in it.

    Raises:
        FlowError: `CONFIGURATION` when the run is another one than the invitation's or this party is not in its roster.
    """
    about = yield from connection.request("run", run=invitation.run)
    description = yield from connection.request("description", run=invitation.run)
    roster = yield from connection.request("roster", run=invitation.run, largest=_LARGEST_ROSTER)
    settings = yield from connection.request("settings", run=invitation.run)
    name = str(json.loads(about.body).get("name", ""))
    joined = Joined(invitation, name, description.body, roster.body, settings.body)
    if own_key not in decode(joined).members.values():
        raise FlowError(
            FlowStatus.CONFIGURATION, "this identity is not in the roster; send your fingerprint to the controller", argument="identity"
        )
    return joined


def look(invitation: Invitation, identity: Identity, ca: str | Path | None, patience: float) -> tuple[str, Run]:
    """The name of a run and the run, without joining it; the arguments are those of `Client.join`.

    Raises:
        FlowError: as `Client.join`.
    """
    connection = Connection(invitation.url, invitation.server, identity, patience)
    with Transport(ca).sync() as http:
        joined = drive(join(connection, invitation, identity.public_key), http)
    return joined.name, decode(joined)


def decode(joined: Joined) -> Run:
    """The run, if it is the one that the invitation pins.

    Raises:
        FlowError: `CONFIGURATION`: it is another one, and nothing about it can be trusted.
    """
    try:
        run = Run.decode(joined.description, joined.roster, joined.settings)
    except CloakworkError as error:
        raise FlowError(
            FlowStatus.CONFIGURATION, f"the server's description of the run cannot be used: {error}", argument="invitation"
        ) from error
    if run.hash != joined.invitation.run_hash:
        message = "the server describes another run than the invitation pins: ask the controller, by another way, which one is right"
        raise FlowError(FlowStatus.CONFIGURATION, message, argument="invitation")
    return run
