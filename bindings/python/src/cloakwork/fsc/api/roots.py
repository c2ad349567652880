"""The root objects: what a client can create by description, and so where everything begins."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from cloakwork.fsc.api import refusals
from cloakwork.fsc.api.barrier import Barrier
from cloakwork.fsc.api.broadcast import Broadcast
from cloakwork.fsc.api.holdings import Handles
from cloakwork.fsc.api.objects import Json, Service
from cloakwork.fsc.api.settings import Bounds
from cloakwork.fsc.api.shelf import Clock
from cloakwork.fsc.api.simon import Simon
from cloakwork.fsc.api.storage import KeyValueStorage
from cloakwork.fsc.computation import Engine

__all__ = ["DESCRIPTIONS", "Roots"]

# The version is what the clients know it by: it has stayed so through all releases of the original.
_COMMON = {"namespace": "federatedsecure", "version": "0.6.0"}

DESCRIPTIONS: tuple[Mapping[str, str], ...] = (
    {**_COMMON, "protocol": "Simon"},
    {**_COMMON, "plugin": "Sync", "microservice": "Barrier"},
    {**_COMMON, "plugin": "Sync", "microservice": "Broadcast"},
    {**_COMMON, "plugin": "Util", "microservice": "KeyValueStorage"},
)


class Roots:
    """The root objects. Each has one handle, the same for all callers, as long as the program runs.

    Args:
        engine: what carries out computations.
        bounds: what a caller may use.
        clock: seconds, monotonic.
        handles: what callers hold.
    """

    def __init__(self, engine: Engine, bounds: Bounds, clock: Clock, handles: Handles) -> None:
        given = bounds, clock, handles
        self._simon = Simon(engine)
        services = self._simon, Barrier(*given), Broadcast(*given), KeyValueStorage(*given)
        self._by_handle: dict[str, Service] = {str(uuid4()): service for service in services}

    def handle(self, requirements: Mapping[str, Json]) -> str:
        """The handle of the first root object that has all that is required.

        Raises:
            Failure: 404, none has.
        """
        for identifier, description in zip(self._by_handle, DESCRIPTIONS, strict=True):
            if all(description.get(name) == _single(value) for name, value in requirements.items()):
                return identifier
        raise refusals.root_not_available(dict(requirements))

    def find(self, identifier: str) -> Service | None:
        """The root object of a handle, or None."""
        return self._by_handle.get(identifier)

    async def stop(self) -> None:
        """Ends the tasks in work."""
        await self._simon.stop()


def _single(value: Json) -> Json:
    """What R may have written as a list of one."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value
