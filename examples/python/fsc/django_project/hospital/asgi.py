"""The project, and under /fsc the server for clients of Federated Secure Computing.

    cloakwork fsc init example        # writes three configurations; in one of them, and in what the others say of it,
                                      # let the url end with /fsc, as in http://127.0.0.1:55501/fsc
    CLOAKWORK_FSC=example/alice/fsc.toml uvicorn --port 55501 hospital.asgi:application

Clients then name http://127.0.0.1:55501/fsc, to `Api` and in `nodes`. Django answers everything else.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from django.core.asgi import get_asgi_application
from starlette.applications import Starlette
from starlette.routing import Mount

from cloakwork import fsc
from cloakwork.fsc.configured import configured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hospital.settings")

settings, engine = configured(Path(os.environ["CLOAKWORK_FSC"]))
clients = fsc.application(settings, engine)


@asynccontextmanager
async def _lifespan(_: Starlette) -> AsyncIterator[None]:
    """Peers can reach the engine as long as the project is served."""
    async with engine, clients.router.lifespan_context(clients):
        yield


application = Starlette(routes=[Mount("/fsc", clients), Mount("/", get_asgi_application())], lifespan=_lifespan)
