"""The engine among clocks and connections: its thread, the time limits of steps, the sums, and those who wait for something to change."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from cloakwork.errors import CloakworkError
from cloakwork.secagg import Run
from cloakwork.server.answer import Answer
from cloakwork.server.engine import Change, Engine, Wake
from cloakwork.server.summation import sum_round
from cloakwork.server.views import Views
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Service"]

T = TypeVar("T")

_LOG = logging.getLogger(__name__)

# After a failure of storage, a step or a sum that is due is tried again.
_AGAIN_SECONDS = 5.0


class Service:
    """A running server without its HTTP side.

    Args:
        path: the database.
        results: of how many rounds a run keeps the result.
    """

    def __init__(self, path: Path, results: int) -> None:
        self.path = path
        self._results = results
        self.version = time.time_ns()
        self._thread = ThreadPoolExecutor(1, "engine")
        self._timers: dict[bytes, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sums: set[tuple[bytes, int]] = set()
        self._stamps: dict[bytes, tuple[object, ...]] = {}
        self._waiters: dict[bytes | None, set[asyncio.Future[None]]] = {}
        self._ending = False
        self._content: tuple[bytes, bytes] | None = None
        self._content_lock = asyncio.Lock()
        self._engine: Engine | None = None
        self._views: Views | None = None

    async def start(self) -> None:
        """Opens the database and goes on with every open run."""

        def begin() -> list[Wake]:
            self._engine = Engine(self.path, self._results)
            self._views = Views(self._engine)
            return self._engine.resume()

        self._wake(await self._in_thread(begin))

    async def stop(self) -> None:
        """Ends; what was committed stays."""
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.cancel()
        if self._engine is not None:
            await self._in_thread(self._engine.close)
        self._thread.shutdown()

    @property
    def ready(self) -> bool:
        """Whether it has started."""
        return self._views is not None

    def run(self, run: bytes) -> Run | None:
        """An open run."""
        return self._running().runs.get(run)

    def member(self, run: bytes, key: bytes) -> int | None:
        """The id under which a key is in the roster of a run."""
        return self._running().keys.get(run, {}).get(key)

    def knows(self, key: bytes) -> bool:
        """Whether a key is in the roster of any run."""
        return any(key in keys for keys in self._running().keys.values())

    async def change(self, change: Change, action: Callable[[Engine], Answer]) -> Answer:
        """Performs a request that changes something, once.

        Raises:
            FlowError: `COUNTER_USED` or `STORAGE_FAILED`.
        """

        def perform() -> tuple[Answer, list[Wake]]:
            engine = self._running()
            return engine.change(change, lambda: action(engine))

        answer, wakes = await self._in_thread(perform)
        self._wake(wakes)
        return answer

    async def read(self, action: Callable[[Engine, Views], T]) -> T:
        """Reads the engine."""
        return await self._in_thread(lambda: action(self._running(), self._view()))

    async def heard(self, run: bytes, member: int) -> None:
        """A member is there: it takes part in the next round, even if it missed a step before."""

        def note() -> list[Wake]:
            return self._running().heard(run, member)

        self._wake(await self._in_thread(note))

    async def content(self, digest: bytes) -> bytes | None:
        """The content with this SHA-256, if it is still kept. The last one stays in memory: every participant asks for the same model."""
        async with self._content_lock:
            if self._content is None or self._content[0] != digest:
                content = await self.read(lambda engine, _: engine.content(digest))
                if content is None:
                    return None
                self._content = digest, content
            return self._content[1]

    async def wait(self, run: bytes | None, read: Callable[[Engine, Views], T | None], seconds: float) -> T | None:
        """Reads until there is something to give, at most for some seconds.

        Args:
            run: what has to change before another look is worthwhile: a run, or anything for None.
            read: what to read; None to wait on.
            seconds: how long.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            # Registered before the look: a change between look and wait would be lost otherwise.
            waiter = asyncio.get_running_loop().create_future()
            waiters = self._waiters.setdefault(run, set())
            waiters.add(waiter)
            try:
                found = await self.read(read)
                left = deadline - asyncio.get_running_loop().time()
                if found is not None or left <= 0 or self._ending:
                    return found
                await asyncio.wait_for(waiter, left)
            except asyncio.TimeoutError:
                return None
            finally:
                waiters.discard(waiter)

    def _wake(self, wakes: list[Wake]) -> None:
        """Sets the clocks of what changed and tells those who wait."""
        loop = asyncio.get_running_loop()
        for wake in wakes:
            timer = self._timers.pop(wake.run, None)
            if timer is not None:
                timer.cancel()
            if wake.deadline is not None:
                delay = max(0.0, wake.deadline - time.time())
                self._timers[wake.run] = loop.call_later(delay, self._spawn, self._close, wake.run)
            if wake.sum_due is not None and (wake.run, wake.sum_due) not in self._sums:
                self._sums.add((wake.run, wake.sum_due))
                self._spawn(self._sum, wake.run, wake.sum_due)
            # Members wait for messages, of which a step brings one; a look for each message that another member sends would be wasted.
            if self._stamps.get(wake.run) != wake.stamp:
                self._stamps[wake.run] = wake.stamp
                self._notify(wake.run)
        if wakes:
            self.version += 1
            self._notify(None)

    def end_waiting(self) -> None:
        """Answers those who wait at once: the server is about to end."""
        self._ending = True
        for run in list(self._waiters):
            self._notify(run)

    def _notify(self, run: bytes | None) -> None:
        for waiter in self._waiters.pop(run, set()):
            if not waiter.done():
                waiter.set_result(None)

    def _spawn(self, function: Callable[..., Awaitable[None]], *arguments: object) -> None:
        async def task() -> None:
            await function(*arguments)

        running = asyncio.get_running_loop().create_task(task())
        self._tasks.add(running)
        running.add_done_callback(self._tasks.discard)

    async def _close(self, run: bytes) -> None:
        """Closes a step whose time has passed."""
        try:
            self._wake(await self._in_thread(lambda: self._running().close_if_due(run)))
        except FlowError as error:
            _LOG.error("a step could not be closed: %s", error)
            self._timers[run] = asyncio.get_running_loop().call_later(_AGAIN_SECONDS, self._spawn, self._close, run)

    async def _sum(self, run: bytes, number: int) -> None:
        """Adds up a round, in a thread of its own beside the engine's."""
        try:
            wakes = await self._try_sum(run, number)
        except FlowError as error:
            _LOG.error("a sum could not be stored: %s", error)
            await asyncio.sleep(_AGAIN_SECONDS)
            self._spawn(self._sum, run, number)
            return
        self._sums.discard((run, number))
        self._wake(wakes)

    async def _try_sum(self, run: bytes, number: int) -> list[Wake]:
        due = await self._in_thread(lambda: self._running().opening(run, number))
        if due is None:
            return []
        description, opening, survivors = due
        result: bytes | None = None
        failure: CloakworkError | None = None
        if isinstance(opening, CloakworkError):
            failure = opening
        else:
            try:
                result = await asyncio.to_thread(sum_round, self.path, description, opening, survivors)
            except FlowError:
                raise
            except CloakworkError as error:
                failure = error
        return await self._in_thread(lambda: self._running().summed(run, number, result, failure))

    async def _in_thread(self, function: Callable[[], T]) -> T:
        # Shielded: a caller that goes away must not leave a transaction half observed.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, function))

    def _running(self) -> Engine:
        if self._engine is None:
            raise FlowError(FlowStatus.BUSY, "the server is starting")
        return self._engine

    def _view(self) -> Views:
        if self._views is None:
            raise FlowError(FlowStatus.BUSY, "the server is starting")
        return self._views
