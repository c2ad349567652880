"""The gate: authenticates each request, admits it once, and authenticates the answer (protocol.md section 9)."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from cloakwork.errors import CloakworkError
from cloakwork.secagg import Channel, Identity
from cloakwork.server import response
from cloakwork.server.answer import Answer
from cloakwork.server.body import Body, receive
from cloakwork.server.engine import Change, Engine
from cloakwork.server.service import Service
from cloakwork.server.settings import Controllers, Settings
from cloakwork.wire.authentication import Credentials, Exchange, credentials
from cloakwork.wire.problem import FlowError, FlowStatus
from cloakwork.wire.routes import Role, Route

__all__ = ["Call", "Gate"]

_CHANNELS = 4096


@dataclass(frozen=True)
class Call:
    """An authenticated request.

    Attributes:
        party: public key of the caller.
        member: its id in the run that the path names, if it is in the roster.
        controls: whether it is a controller.
        run: that run, or nothing.
        parameters: the other parameters of the path.
        query: query parameters.
        body: the body.
    """

    party: bytes
    member: int | None
    controls: bool
    run: bytes
    parameters: dict[str, str]
    query: dict[str, str]
    body: Body

    def number(self, name: str) -> int:
        """A whole number from the path.

        Raises:
            FlowError: it is none, or has more than 63 bits.
        """
        return _whole_number(name, self.parameters[name])

    def wait(self, most: int) -> int:
        """The seconds that the caller wants to wait, at most `most`."""
        return min(most, _whole_number("wait", self.query.get("wait", "0")))


Changing = Callable[[Call, Engine], Answer]
Reading = Callable[[Call], Awaitable[Answer]]


class Gate:
    """Authentication for a service.

    Args:
        service: the service.
        identity: the server's identity.
        settings: its configuration.
    """

    def __init__(self, service: Service, identity: Identity, settings: Settings) -> None:
        self._service = service
        self._settings = settings
        self._controllers = Controllers(settings)
        # An agreement costs far more than a MAC, and a party comes back often.
        self._channel = lru_cache(maxsize=_CHANNELS)(lambda party: Channel(identity, "server", party))
        self._uploads: Tally[bytes] = Tally()
        self._pending: dict[tuple[bytes, int], tuple[bytes, asyncio.Future[Answer]]] = {}

    async def change(self, route: Route, request: Request, action: Changing, largest: int) -> Response:
        """Answers a request that changes something."""

        async def once(call: Call, change: Change) -> Answer:
            return await self._service.change(change, lambda engine: action(call, engine))

        return await self._pass(route, request, once, largest)

    async def read(self, route: Route, request: Request, action: Reading) -> Response:
        """Answers a request that only reads."""

        async def once(call: Call, change: Change) -> Answer:
            return await self._read_once(call, change, action)

        return await self._pass(route, request, once, 0)

    async def _pass(self, route: Route, request: Request, once: Callable[[Call, Change], Awaitable[Answer]], largest: int) -> Response:
        try:
            run = _run_id(request)
            claim = credentials(request.headers)
            channel, roles = self._known(claim, run)
            with self._upload(claim.party, largest):
                async with receive(request, largest, self._settings.bounds, self._settings.folder) as body:
                    exchange = _exchange(request, run, claim)
                    if not exchange.verify_request(channel, body.digest, claim.mac):
                        raise FlowError(FlowStatus.NOT_AUTHENTICATED, "the MAC is not that of this request under this party's key")
                    answer = await self._answer(route, request, claim, roles, exchange, body, run, once)
        except CloakworkError as error:
            # Nothing in here is authenticated, so neither is the answer.
            return response.plain(Answer.of(error))
        return await self._respond(answer, channel, exchange, claim.mac)

    async def _answer(
        self,
        route: Route,
        request: Request,
        claim: Credentials,
        roles: Role,
        exchange: Exchange,
        body: Body,
        run: bytes,
        once: Callable[[Call, Change], Awaitable[Answer]],
    ) -> Answer:
        change = Change(claim.party, claim.counter, exchange.digest(claim.party, body.digest))
        parameters = {name: value for name, value in request.path_params.items() if name != "run"}
        member = self._service.member(run, claim.party) if run else None
        call = Call(claim.party, member, Role.CONTROLLER in roles, run, parameters, dict(request.query_params), body)
        try:
            if not roles & route.roles:
                raise FlowError(FlowStatus.NOT_ALLOWED, "this request is not for your role")
            return await once(call, change)
        except CloakworkError as error:
            return Answer.of(error)

    @contextmanager
    def _upload(self, party: bytes, largest: int) -> Iterator[None]:
        """Counts the bodies that a party is sending."""
        if not largest:
            yield
            return
        if self._uploads[party] >= self._settings.bounds.uploads:
            raise FlowError(FlowStatus.BUSY, "this party sends several bodies already; send this one after them")
        self._uploads[party] += 1
        try:
            yield
        finally:
            self._uploads[party] -= 1
            if not self._uploads[party]:
                del self._uploads[party]

    def _known(self, claim: Credentials, run: bytes) -> tuple[Channel, Role]:
        """The channel with the party that the request names, and its roles; what they are for is verified later."""
        roles = Role(0)
        if claim.party in self._controllers.read():
            roles |= Role.CONTROLLER
        if self._service.member(run, claim.party) is not None if run else self._service.knows(claim.party):
            roles |= Role.MEMBER
        if not roles:
            raise FlowError(FlowStatus.NOT_AUTHENTICATED, "this party is neither a member of the run nor a controller")
        return self._channel(claim.party), roles

    async def _read_once(self, call: Call, change: Change, action: Reading) -> Answer:
        """Answers a reading request once; a repeat that comes meanwhile waits for the same answer."""
        key = (change.party, change.counter)
        pending = self._pending.get(key)
        if pending is not None:
            if pending[0] != change.request:
                message = f"the counter {change.counter} came with another request; use a higher one"
                raise FlowError(FlowStatus.COUNTER_USED, message, last_counter=change.counter)
            return await asyncio.shield(pending[1])

        def admit(engine: Engine) -> Answer | None:
            kept = engine.counters.repeat(change.party, change.counter, change.request)
            if kept is None:
                engine.counters.admit(change.party, change.counter)
            return kept

        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._pending[key] = change.request, future
        try:
            answer = await self._service.read(lambda engine, _: admit(engine))
            if answer is None:
                try:
                    answer = await action(call)
                except CloakworkError as error:
                    answer = Answer.of(error)
                await self._service.read(lambda engine, _: engine.keep(change, answer))
        except BaseException as error:
            future.cancel()
            if isinstance(error, CloakworkError):
                return Answer.of(error)
            raise
        else:
            future.set_result(answer)
            return answer
        finally:
            self._pending.pop(key, None)

    async def _respond(self, answer: Answer, channel: Channel, exchange: Exchange, request_mac: bytes) -> Response:
        content: bytes | None = None
        if answer.content is not None:
            content = await self._service.content(answer.content)
            if content is None:
                answer = Answer.of(FlowError(FlowStatus.SUPERSEDED, "what this answer held is not kept any more; ask anew"))
        digest = hashlib.sha256(answer.body).digest() if content is None else answer.content or b""
        mac = exchange.response_mac(channel, request_mac, answer.status, digest)
        return response.authenticated(answer, answer.body if content is None else content, mac)


def _exchange(request: Request, run: bytes, claim: Credentials) -> Exchange:
    # The raw path: what was signed, before anything was unescaped.
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return Exchange(request.method, path, query, run, claim.counter)


def _run_id(request: Request) -> bytes:
    text = request.path_params.get("run", "")
    if not text:
        return b""
    if len(text) != 32 or text.strip("0123456789abcdef"):
        raise FlowError(FlowStatus.BAD_REQUEST, "a run id has 32 lower-case hex digits", argument="run")
    return bytes.fromhex(text)


def _whole_number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 19 or int(text) >= 2**63:
        raise FlowError(FlowStatus.BAD_REQUEST, "must be a whole number below 2^63", argument=name)
    return int(text)
