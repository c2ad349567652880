"""Requests of a party to its server: authenticated, repeated until they are answered, and bounded in time and size."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass

from cloakwork.flow.counter import Counter
from cloakwork.flow.drive import UnreachableError
from cloakwork.flow.effects import Flow, Pause, Reply, Send
from cloakwork.secagg import Channel, Identity, public_key
from cloakwork.wire import problem
from cloakwork.wire.authentication import COUNTER, MAC, PARTY, Exchange
from cloakwork.wire.problem import FlowError, FlowStatus
from cloakwork.wire.routes import ROUTES, target

__all__ = ["Answer", "Connection"]

# An answer that is not a model, a result or a roster.
SMALL = 16 * 2**20
# Beyond the time that a long poll asks the server to wait.
SILENCE_SECONDS = 30.0
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0
# A server that refuses the caller will hardly change its mind: patience is for servers that are away.
_REFUSED_SECONDS = 5.0


@dataclass(frozen=True)
class Answer:
    """A verified answer that is no error."""

    status: int
    body: bytes


class Connection:
    """What a party knows about its server, and how it speaks to it. It makes no connections itself: see `cloakwork.flow.drive`.

    Args:
        url: base URL of the server.
        server: public key of the server, or its fingerprint: answers that it did not authenticate are not believed.
        identity: the party's own identity.
        patience: seconds for which a request is repeated while the server is away.
    """

    def __init__(self, url: str, server: bytes | str, identity: Identity, patience: float) -> None:
        self.url = url
        self.server = public_key(server) if isinstance(server, str) else server
        self.patience = patience
        self.sent_bytes = 0
        self.received_bytes = 0
        self._party = identity.public_key.hex()
        self._channel = Channel(identity, "client", self.server)
        self._counter = Counter()

    def request(
        self,
        name: str,
        body: bytes = b"",
        query: Mapping[str, str | int] | None = None,
        *,
        largest: int = SMALL,
        wait: int = 0,
        patience: float | None = None,
        run: bytes | None = None,
        **parameters: int,
    ) -> Flow[Answer]:
        """Makes a request of the route table and returns its answer.

        Args:
            name: name of the route.
            body: the body.
            query: query parameters; `wait` is added to them.
            largest: bytes of the answer that are read at most.
            wait: seconds that the server may wait before it answers 204.
            patience: as in the constructor.
            run: run id that the path names.
            **parameters: further parameters of the path.

        Raises:
            FlowError: `UNREACHABLE` after the last repeat, `UNVERIFIED_ANSWER` for an answer without the server's MAC.
            CloakworkError: what the server answered.
        """
        fields = {**(query or {}), **({"wait": wait} if wait else {})}
        named: dict[str, str | int] = {**parameters} if run is None else {"run": run.hex(), **parameters}
        path, raw_query = target(name, fields, **named)
        body_hash = hashlib.sha256(body).digest()
        started = time.monotonic()
        deadline = started + (self.patience if patience is None else patience)
        exchange = self._exchange(name, path, raw_query, run)
        pauses = 0
        while True:
            try:
                mac = exchange.request_mac(self._channel, body_hash)
                reply = yield self._send(exchange, mac, ROUTES[name].request, body, largest, wait)
                answer = self._verified(exchange, mac, reply)
            except (UnreachableError, _UnverifiedError) as failure:
                if isinstance(failure, _UnverifiedError) and failure.refused:
                    deadline = min(deadline, started + _REFUSED_SECONDS)
                if time.monotonic() >= deadline:
                    raise self._gave_up(failure) from failure
            else:
                if not isinstance(answer, problem.FlowError):
                    return answer
                if answer.code == FlowStatus.COUNTER_USED and answer.last_counter is not None:
                    self._counter.raise_above(answer.last_counter)
                    exchange = self._exchange(name, path, raw_query, run)
                    if time.monotonic() < deadline:
                        continue
                if answer.code not in {FlowStatus.STORAGE_FAILED, FlowStatus.BUSY} or time.monotonic() >= deadline:
                    raise answer
            # Full jitter, so that the parties do not come back all at once.
            pauses += 1
            longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**pauses)
            yield Pause(random.uniform(0, longest))  # noqa: S311 - spreads load, hides nothing

    def _exchange(self, name: str, path: str, query: str, run: bytes | None) -> Exchange:
        return Exchange(ROUTES[name].method, path.encode(), query.encode(), run or b"", self._counter.next())

    def _send(self, exchange: Exchange, mac: bytes, media: str | None, body: bytes, largest: int, wait: int) -> Send:
        headers = {
            PARTY: self._party,
            COUNTER: str(exchange.counter),
            MAC: mac.hex(),
            "Accept-Encoding": "identity",
        }
        if media is not None:
            headers["Content-Type"] = media
        target = exchange.path.decode() + (f"?{exchange.query.decode()}" if exchange.query else "")
        self.sent_bytes += len(body)
        return Send(exchange.method, self.url + target, headers, body, max(largest, problem.MAX_SIZE), wait + SILENCE_SECONDS)

    def _verified(self, exchange: Exchange, request_mac: bytes, reply: Reply) -> Answer | FlowError:
        """The answer, if the server authenticated it. Errors of the protocol are raised; those of the flows are returned."""
        self.received_bytes += len(reply.body)
        mac = reply.headers.get(MAC.lower(), "")
        body_hash = hashlib.sha256(reply.body).digest()
        try:
            genuine = len(mac) == 64 and exchange.verify_response(self._channel, request_mac, reply.status, body_hash, bytes.fromhex(mac))
        except ValueError:
            genuine = False
        if not genuine:
            raise _UnverifiedError(reply)
        if reply.status < 400:
            return Answer(reply.status, reply.body)
        error = problem.decode(reply.body, reply.status)
        if isinstance(error, FlowError):
            return error
        raise error

    def _gave_up(self, failure: Exception) -> FlowError:
        if isinstance(failure, _UnverifiedError):
            return failure.error()
        message = f"{self.url} did not answer for {self.patience:.0f} s ({failure}); check the URL and that the server runs"
        return FlowError(FlowStatus.UNREACHABLE, message)


class _UnverifiedError(Exception):
    """An answer without the server's MAC: of a proxy, of another server, or of one that does not know the caller."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"HTTP status {reply.status} without the server's MAC")
        self._reply = reply
        self.refused = 400 <= reply.status < 500

    def error(self) -> FlowError:
        said = problem.decode(self._reply.body, self._reply.status).message
        if self.refused:
            message = f"the server refuses the request, or is another one than the pinned server; it says, without proof: {said}"
            return FlowError(FlowStatus.NOT_AUTHENTICATED, message)
        message = f"the answer is not proven to be the pinned server's; check the URL and the server's fingerprint. It says: {said}"
        return FlowError(FlowStatus.UNVERIFIED_ANSWER, message)
