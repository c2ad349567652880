"""What a controller says to its server, written once for sync and async callers."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from cloakwork.errors import error_class
from cloakwork.flow.connection import Connection
from cloakwork.flow.effects import Flow
from cloakwork.secagg import Config, Run, public_key
from cloakwork.wire import result
from cloakwork.wire.parse import base64_text
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["RoundResult", "create", "define", "follow", "read_result", "read_run", "start_round"]

_WAIT_SECONDS = 25
_LARGEST_ROSTER = 40 * 2**20
_SETTINGS = 16 * 2**20


@dataclass(frozen=True)
class RoundResult:
    """What came of a round.

    Attributes:
        number: number of the round.
        sums: by label of a segment: float64 or int64 for fixed point, unsigned integers for residues; in a run with a mechanism the float64
            vector, with its noise.
        members: ids of the parties in the sums.
        names: their names.
        seconds: from the first message to the sum.
    """

    number: int
    sums: dict[str, NDArray[Any]]
    members: tuple[int, ...]
    names: tuple[str, ...]
    seconds: float


def define(members: Mapping[str, str | bytes], config: Config) -> tuple[Run, dict[int, str]]:
    """Defines a run over named members, with ids from 1 in the order given, a random id and a random beacon.

    Args:
        members: fingerprint (or public key) of each member by name.
        config: the parameters of the run.

    Raises:
        CloakworkError: the parameters or the keys do not fit.
    """
    keys = {name: public_key(given) if isinstance(given, str) else given for name, given in members.items()}
    names = dict(enumerate(keys, 1))
    run = Run.new(config, {member: keys[name] for member, name in names.items()}, run_id=secrets.token_bytes(16))
    return run, names


def create(connection: Connection, run: Run, name: str, names: dict[int, str], *, shares_results: bool) -> Flow[None]:
    """Gives a run to the server, which invites the members."""
    body = {
        "name": name,
        "names": {str(member): known for member, known in names.items()},
        "description": base64_text(run.description),
        "roster": base64_text(run.roster),
        "settings": base64_text(run.config.settings or b""),
        "shares_results": shares_results,
    }
    yield from connection.request("run_create", json.dumps(body).encode(), run=run.run_id)


def read_run(connection: Connection, run_id: bytes, run_hash: bytes | None) -> Flow[tuple[Run, str, dict[int, str]]]:
    """A run with its name and the names of its members, from the server.

    Args:
        connection: the connection.
        run_id: which run.
        run_hash: the hash that it must have; None to take the server's word for it.

    Raises:
        FlowError: `CONFLICT`: the server has another run under this id.
    """
    about = json.loads((yield from connection.request("run", run=run_id, largest=_LARGEST_ROSTER)).body)
    description = yield from connection.request("description", run=run_id)
    roster = yield from connection.request("roster", run=run_id, largest=_LARGEST_ROSTER)
    settings = yield from connection.request("settings", run=run_id, largest=_SETTINGS)
    run = Run.decode(description.body, roster.body, settings.body)
    if run_hash is not None and run.hash != run_hash:
        raise FlowError(FlowStatus.CONFLICT, "the server has another run under this id than the one that was created")
    return run, about["name"], {int(member["id"]): member["name"] for member in about["members"]}


def about_run(connection: Connection, run_id: bytes) -> Flow[dict[str, Any]]:
    """What the server shows of a run: step, members and their states."""
    answer = yield from connection.request("run", run=run_id, largest=_LARGEST_ROSTER)
    shown: dict[str, Any] = json.loads(answer.body)
    return shown


def about_runs(connection: Connection) -> Flow[list[dict[str, Any]]]:
    """All runs of the server, in short."""
    answer = yield from connection.request("runs")
    shown: list[dict[str, Any]] = json.loads(answer.body)["runs"]
    return shown


def start_round(
    connection: Connection,
    run: Run,
    context: bytes,
    number: int | None,
    participants: list[int] | None,
    charge: Callable[[int], object] | None = None,
) -> Flow[int]:
    """Starts a round and returns its number.

    Args:
        connection: the connection.
        run: the run.
        context: model and settings for every participant.
        number: number of the round; the one after the last if None.
        participants: ids of those who take part; everybody who is there if None.
        charge: charges the round with this number, before the request leaves that starts it; it refuses by raising.
    """
    if number is None:
        number = (yield from about_run(connection, run.run_id))["last_round"] + 1
    if charge is not None:
        charge(number)
    query = {} if participants is None else {"participants": ",".join(map(str, participants))}
    yield from connection.request("round_start", context, run=run.run_id, query=query, round=number)
    return number


def watch(connection: Connection, after: str | None) -> Flow[dict[str, Any] | None]:
    """The status of the server, as soon as its version is another than `after`; None when nothing changed for a while."""
    query = {} if after is None else {"after": after}
    answer = yield from connection.request("status", query=query, wait=_WAIT_SECONDS)
    if answer.status == 204:
        return None
    shown: dict[str, Any] = json.loads(answer.body)
    return shown


def follow(connection: Connection, run: Run, number: int, seconds: float) -> Flow[dict[str, Any]]:
    """Waits for the end of a round and returns what the server shows of it.

    Raises:
        FlowError: `TOO_SLOW` when it has not ended after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while True:
        left = max(1, min(_WAIT_SECONDS, int(deadline - time.monotonic())))
        answer = yield from connection.request("round", run=run.run_id, wait=left, round=number)
        if answer.status != 204:
            shown: dict[str, Any] = json.loads(answer.body)
            return shown
        if time.monotonic() >= deadline:
            raise FlowError(FlowStatus.TOO_SLOW, f"round {number} has not ended after {seconds:.0f} s")


def read_result(connection: Connection, run: Run, names: Mapping[int, str], number: int, seconds: float) -> Flow[RoundResult]:
    """Waits for the end of a round and reads its sums.

    Raises:
        CloakworkError: the round was aborted; the code says why.
    """
    shown = yield from follow(connection, run, number, seconds)
    if shown["outcome"] != 0:
        code = int(shown["outcome"])
        raise error_class(code)(code, f"round {number} was aborted: {shown['reason']}")
    answer = yield from connection.request("result", run=run.run_id, largest=result.size(run), round=number)
    members = tuple(int(member) for member in shown["survivors"])
    elapsed = shown["ended"] - shown["begun"]
    return RoundResult(number, result.decode_sums(run, answer.body), members, tuple(names[member] for member in members), elapsed)


def stop_round(connection: Connection, run: Run, number: int) -> Flow[None]:
    """Stops a round."""
    yield from connection.request("round_stop", run=run.run_id, round=number)


def close_run(connection: Connection, run: Run) -> Flow[None]:
    """Closes a run."""
    yield from connection.request("run_stop", run=run.run_id)


def round_seconds(run: Run) -> float:
    """How long a round can take at most: set-up, every step, and every shrinking of the surviving set, and the sum."""
    config = run.config
    return 2.0 * config.setup_seconds + (2.0 + config.max_passes) * config.step_seconds + 600.0
