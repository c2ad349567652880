"""Tasks: computations that clients start and come back for."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from cloakwork.fsc.api.holdings import Holdings
from cloakwork.fsc.api.network import Network
from cloakwork.fsc.api.objects import Json, Operation, Service, Value, operations
from cloakwork.fsc.computation import Computation, Engine, Failure

__all__ = ["Plan", "Task", "elements"]

_LOG = logging.getLogger(__name__)


def elements(data: Json) -> tuple[Json, ...]:
    """What is fed to the accumulator: a list element by element, anything else once."""
    return tuple(data) if isinstance(data, list) else (data,)


@dataclass(frozen=True)
class Plan:
    """What a task is to compute.

    Attributes:
        identifier: of the task, the same for all parties.
        microprotocol: its name.
        parameters: by name.
        network: who computes together.
    """

    identifier: str
    microprotocol: str
    parameters: Mapping[str, Json]
    network: Network


class Task(Service):
    """A computation that is fed, started, and asked for its result.

    Inputs are kept until the computation ends, and no longer.

    Args:
        plan: what it is to compute.
        engine: what carries it out.
        holdings: of its owner.
        running: keeps computations in work alive.
    """

    def __init__(self, plan: Plan, engine: Engine, holdings: Holdings, running: set[asyncio.Task[None]]) -> None:
        self.plan = plan
        self._engine = engine
        self._holdings = holdings
        self._running = running
        self._inputs: list[Json] = []
        self._bytes = 0
        self._state = "open"
        self._began = 0.0
        self._result: Value | None = None
        self._failure: Failure | None = None

    async def invite(self, _holdings: Holdings) -> Value:
        """What the other parties join by."""
        about = {"task_id": self.plan.identifier, "microprotocol": self.plan.microprotocol, "parameters": dict(self.plan.parameters)}
        return Value.of({**about, "invitation_id": None, "parent": None})

    async def input(self, _holdings: Holdings, data: Json) -> None:
        """Adds to the inputs."""
        if self._state != "open":
            raise Failure(409, "already-started", "the task has started: its inputs cannot change any more; create another one")
        size = len(Value.of(data).text)
        self._holdings.reserve("data", size)
        self._bytes += size
        self._inputs.extend(elements(data))

    async def start(self, _holdings: Holdings) -> None:
        """Starts; what has started goes on."""
        if self._state == "open":
            self._state, self._began = "running", time.monotonic()
            task = asyncio.get_running_loop().create_task(self._run())
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def result(self, _holdings: Holdings) -> Value | None:
        """The result, or None while it is computed."""
        if self._state == "open":
            raise Failure(409, "not-started", "the task has not started; call start first")
        if self._failure is not None:
            raise self._failure
        return self._result

    async def progress(self, _holdings: Holdings) -> Value:
        """How far it is: its state, and the seconds since it started."""
        seconds = 0.0 if self._state == "open" else round(time.monotonic() - self._began, 3)
        return Value.of({"state": self._state, "seconds": seconds})

    def close(self) -> None:
        """Forgets the inputs; a computation in work goes on, for the sake of the other parties."""
        if self._state != "running":
            self._forget()

    def _forget(self) -> None:
        self._inputs.clear()
        self._holdings.free(self._bytes)
        self._bytes = 0

    async def _run(self) -> None:
        plan = self.plan
        asked = Computation(
            plan.microprotocol,
            tuple(self._inputs),
            plan.parameters,
            plan.network.nodes,
            plan.identifier,
            plan.network.myself,
            self._holdings.caller,
        )
        try:
            with self._holdings.computing():
                self._result = Value.of(await self._engine.compute(asked))
            self._state = "done"
        except Failure as failure:
            self._state, self._failure = "failed", failure
        except Exception:  # noqa: BLE001 - a defect must not leave its owner waiting
            _LOG.exception("a task failed")
            self._state = "failed"
            self._failure = Failure(500, "internal-error", "the server failed at this task; its operator finds the reason in the log")
        finally:
            self._forget()

    operations: ClassVar[Mapping[str, Operation]] = operations(invite, input, start, result, progress)  # noqa: A003 - the original's name
