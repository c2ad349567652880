"""What each route does once its caller is authenticated."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cloakwork.errors import ProtocolError, Status
from cloakwork.secagg import Run
from cloakwork.server.answer import Answer
from cloakwork.server.engine import Engine
from cloakwork.server.gate import Call, Changing, Reading
from cloakwork.server.service import Service
from cloakwork.server.settings import Bounds
from cloakwork.server.views import Views
from cloakwork.wire.parse import Fields, member_id
from cloakwork.wire.problem import FlowError, FlowStatus
from cloakwork.wire.routes import BYTES, CBOR, MAX_WAIT

__all__ = ["CHANGING", "Reader", "body_limit"]

_SMALL_BODY = 4096
_LARGEST_NAME = 100
_LARGEST_REASON = 500
# Changes that come close together are shown together.
_STATUS_PAUSE = 0.25


def run_create(call: Call, engine: Engine, bounds: Bounds) -> Answer:
    """Creates a run."""
    fields = Fields(call.body.read())
    settings = fields.bytes("settings")
    run = Run.decode(fields.bytes("description"), fields.bytes("roster"))
    if run.run_id != call.run:
        raise FlowError(FlowStatus.BAD_REQUEST, "the description is of another run than the path")
    if run.payload_size > bounds.payload_bytes:
        raise FlowError(FlowStatus.TOO_LARGE, "this server takes no vector as long as this run's", bound=bounds.payload_bytes)
    if len(run.members) > bounds.members:
        raise FlowError(FlowStatus.TOO_LARGE, "this server takes no roster as large as this run's", bound=bounds.members)
    names = {member_id(key, "names"): _name(value, "names") for key, value in fields.take("names", dict).items()}
    shares = fields.take("shares_results", bool, default=False)
    return engine.create(run, _name(fields.take("name", str), "name"), names, settings, shares_results=shares)


def run_stop(call: Call, engine: Engine) -> Answer:
    """Closes a run."""
    return engine.stop(call.run)


def round_start(call: Call, engine: Engine) -> Answer:
    """Starts a round."""
    listed = call.query.get("participants")
    wanted = None if listed is None else sorted({member_id(text, "participants") for text in listed.split(",")})
    return engine.start_round(call.run, call.number("round"), wanted, call.body.read())


def round_stop(call: Call, engine: Engine) -> Answer:
    """Stops a round."""
    engine.live(call.run).stop_round(call.number("round"))
    return Answer.json({"stopped": True})


def message_post(call: Call, engine: Engine) -> Answer:
    """Takes a protocol message."""
    live = engine.live(call.run)
    member = _member(call)
    receipt = live.receive(member, call.body.read())
    live.heard(member)
    return Answer.json({"counted": receipt.counted})


def refusal_post(call: Call, engine: Engine) -> Answer:
    """Keeps why a member refused a message."""
    fields = Fields(call.body.read())
    accused = member_id(fields.take("accused", str), "accused") if fields.has("accused") else None
    reason = "".join(c if c.isprintable() else " " for c in fields.take("reason", str))[:_LARGEST_REASON]
    code = fields.take("code", int)
    if not 0 < code < 1000:
        raise FlowError(FlowStatus.BAD_REQUEST, "must be the number of an error", argument="code")
    engine.live(call.run).refused(_member(call), fields.take("number", int), accused, code, reason)
    return Answer.json({"noted": True})


def setup_post(call: Call, engine: Engine) -> Answer:
    """Notes that a member needs new keys."""
    return Answer.json({"new_setup": engine.live(call.run).setup_wanted(_member(call))})


CHANGING: dict[str, Callable[[Bounds], Changing]] = {
    "run_create": lambda bounds: lambda call, engine: run_create(call, engine, bounds),
    "run_stop": lambda _: run_stop,
    "round_start": lambda _: round_start,
    "round_stop": lambda _: round_stop,
    "message_post": lambda _: message_post,
    "refusal_post": lambda _: refusal_post,
    "setup_post": lambda _: setup_post,
}


def body_limit(name: str, run: Run | None, bounds: Bounds) -> int:
    """Bytes that the body of a request may have."""
    if name == "run_create":
        # Description, settings and a roster in base64, and names of members in JSON.
        return 2**20 + bounds.members * (64 + 4 * _LARGEST_NAME)
    if name == "round_start":
        return bounds.context_bytes
    if name == "message_post":
        # Besides the payload: at most 48 bytes a neighbour in any message, the bitmap of the set of a run, and a head.
        return _SMALL_BODY if run is None else run.payload_size + 64 * run.degree + _SMALL_BODY
    return _SMALL_BODY


class Reader:
    """The routes that only read.

    Args:
        service: the service.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def actions(self) -> dict[str, Reading]:
        """By name of the route."""
        return {
            "runs": self.runs,
            "run": self.run,
            "description": lambda call: self._column(call, "description", CBOR),
            "roster": lambda call: self._column(call, "roster", BYTES),
            "settings": lambda call: self._column(call, "settings", BYTES),
            "message": self.message,
            "context": self.context,
            "round": self.round,
            "result": self.result,
            "status": self.status,
        }

    async def runs(self, _call: Call) -> Answer:
        """All runs."""
        return Answer.json({"runs": await self._service.read(lambda _, views: views.runs())})

    async def run(self, call: Call) -> Answer:
        """A run."""
        return Answer.json(await self._service.read(lambda _, views: views.run(call.run)))

    async def _column(self, call: Call, name: str, media: str) -> Answer:
        def read(engine: Engine, _: Views) -> bytes:
            found: bytes | None = engine.database.value(f"SELECT {name} FROM runs WHERE run = ?", call.run)  # noqa: S608 - names are ours
            if found is None:
                raise FlowError(FlowStatus.NOT_FOUND, f"there is no run {call.run.hex()}")
            return found

        return Answer(200, media, await self._service.read(read))

    async def message(self, call: Call) -> Answer:
        """The next message for a member, as soon as it is there."""
        member, number = _member(call), call.number("number")

        def read(engine: Engine, _: Views) -> bytes | None:
            return engine.message(call.run, member, number)

        await self._service.heard(call.run, member)
        found = await self._service.wait(call.run, read, call.wait(MAX_WAIT))
        return Answer(204) if found is None else Answer(200, CBOR, found)

    async def context(self, call: Call) -> Answer:
        """The model and settings that a message announces."""
        member, number = _member(call), call.number("number")
        digest = await self._service.read(lambda engine, _: engine.live(call.run).context(member, number))
        return Answer(200, BYTES, content=digest)

    async def round(self, call: Call) -> Answer:
        """A round; with a wait, once it has ended."""
        number, seconds = call.number("round"), call.wait(MAX_WAIT)

        def read(_: Engine, views: Views) -> dict[str, object] | None:
            shown = views.round(call.run, number)
            return shown if not seconds or shown["state"] == "ended" else None

        found = await self._service.wait(call.run, read, seconds)
        return Answer(204) if found is None else Answer.json(found)

    async def result(self, call: Call) -> Answer:
        """The sums of a round."""
        member = call.member is not None and not call.controls
        digest = await self._service.read(lambda _, views: views.result(call.run, call.number("round"), member=member))
        return Answer(200, BYTES, content=digest)

    async def status(self, call: Call) -> Answer:
        """Everything, as soon as it has changed."""
        return await self.status_after(call.query.get("after"), call.wait(MAX_WAIT))

    async def status_after(self, after: str | None, seconds: int) -> Answer:
        """The status, once its version is another than `after`; 204 when nothing changes in time."""
        service = self._service
        if after is not None and after == str(service.version):
            await service.wait(None, lambda _, __: str(service.version) if str(service.version) != after else None, seconds)
            if after == str(service.version):
                return Answer(204)
            await asyncio.sleep(_STATUS_PAUSE)
        version = str(service.version)
        shown = await service.read(lambda _, views: views.status())
        return Answer.json({"version": version, **shown})


def _member(call: Call) -> int:
    if call.member is None:
        raise ProtocolError(Status.UNKNOWN_PARTY, "the caller is not in the roster of this run")
    return call.member


def _name(value: object, argument: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _LARGEST_NAME or not value.isprintable():
        message = f"a name is printable text of 1 to {_LARGEST_NAME} characters"
        raise FlowError(FlowStatus.BAD_REQUEST, message, argument=argument)
    return value
