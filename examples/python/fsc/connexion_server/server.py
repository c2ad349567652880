"""A Connexion server, and under /fsc the server for clients of Federated Secure Computing.

    cloakwork fsc init example        # writes three configurations; in one of them, and in what the others say of it,
                                      # let the url end with /fsc, as in http://127.0.0.1:55501/fsc
    CLOAKWORK_FSC=example/alice/fsc.toml uvicorn --port 55501 server:application

Clients then name http://127.0.0.1:55501/fsc, to `Api` and in `nodes`. Connexion answers everything else, by hospital.yaml.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import connexion
from starlette.applications import Starlette
from starlette.routing import Mount

from cloakwork import fsc
from cloakwork.fsc.configured import configured


def health() -> dict[str, str]:
    """Says that the server is there."""
    return {"server": "hospital"}


hospital = connexion.AsyncApp(__name__, specification_dir=str(Path(__file__).parent))
hospital.add_api("hospital.yaml")

settings, engine = configured(Path(os.environ["CLOAKWORK_FSC"]))
clients = fsc.application(settings, engine)


@asynccontextmanager
async def _lifespan(_: Starlette) -> AsyncIterator[None]:
    """Peers can reach the engine as long as the server is there."""
    async with engine, clients.router.lifespan_context(clients):
        yield


application = Starlette(routes=[Mount("/fsc", clients), Mount("/", hospital)], lifespan=_lifespan)
