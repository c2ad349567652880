"""Simon: the root object of computations."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import ClassVar
from uuid import uuid4

from cloakwork.fsc.api import refusals
from cloakwork.fsc.api.arguments import optional_mapping, text
from cloakwork.fsc.api.holdings import Holdings
from cloakwork.fsc.api.network import Network
from cloakwork.fsc.api.objects import Json, Operation, Service, Value, operations
from cloakwork.fsc.api.tasks import Plan, Task, elements
from cloakwork.fsc.computation import Computation, Engine

__all__ = ["Simon"]


class Simon(Service):
    """Computations with other parties.

    Args:
        engine: what carries them out.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._running: set[asyncio.Task[None]] = set()

    async def compute(self, holdings: Holdings, microprotocol: Json, data: Json, network: Json) -> Value:
        """Computes, and returns when there is a result."""
        who = Network.read(network)
        asked = Computation(text("microprotocol", microprotocol), elements(data), {}, who.nodes, who.session, who.myself, holdings.caller)
        with holdings.computing():
            return Value.of(await self._engine.compute(asked))

    async def create_task(
        self,
        holdings: Holdings,
        microprotocol: Json,
        network: Json,
        parameters: Json = None,
        task_id: Json = None,
        parent: Json = None,
    ) -> Task:
        """A task to which others can be invited."""
        _no_parent("parent", parent)
        identifier = str(uuid4()) if task_id is None else text("task_id", task_id)
        return self._task(holdings, identifier, microprotocol, parameters, network)

    async def join_task(self, holdings: Holdings, invitation: Json, network: Json) -> Task:
        """The own side of a task, by the invitation to it."""
        if not isinstance(invitation, dict):
            raise refusals.invalid_parameter("invitation", "has to be what invite returned at the party that created the task")
        for name in ("task_id", "microprotocol"):
            if invitation.get(name) is None:
                raise refusals.missing_parameter(f"invitation.{name}")
        _no_parent("invitation.parent", invitation.get("parent"))
        identifier = text("invitation.task_id", invitation["task_id"])
        return self._task(holdings, identifier, invitation["microprotocol"], invitation.get("parameters"), network)

    async def get_task(self, holdings: Holdings, task_id: Json) -> Task | None:
        """The caller's own task of this id, or None."""
        wanted = text("task_id", task_id)
        return next((held for held in holdings if isinstance(held, Task) and held.plan.identifier == wanted), None)

    async def stop(self) -> None:
        """Ends the tasks in work; the engine tells the other parties."""
        working = list(self._running)
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)

    def _task(self, holdings: Holdings, identifier: str, microprotocol: Json, parameters: Json, network: Json) -> Task:
        plan = Plan(identifier, text("microprotocol", microprotocol), optional_mapping("parameters", parameters), Network.read(network))
        return Task(plan, self._engine, holdings, self._running)

    operations: ClassVar[Mapping[str, Operation]] = operations(compute, create_task, join_task, get_task)


def _no_parent(name: str, given: Json) -> None:
    if given is not None:
        raise refusals.invalid_parameter(name, "has to be null: servers start what a computation consists of by themselves")
