"""Messages that are refused: in the place of a valid one, or late. The refusal has its number and changes nothing."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from cloakwork.errors import CloakworkError
from cloakwork.secagg import Run, Server
from secagg_vectors import Player, load, round_of

FILES = ("canonical.json", "refusal.json", "refusal_sparse.json", "refusal_no_recovery.json")

Key = tuple[str, str, int, int | None, str]


def outcome(call: Any) -> int | None:
    """The number of the exception that a call raises; None if it raises none."""
    try:
        call()
    except CloakworkError as failure:
        assert failure.name in str(failure)
        return failure.code
    return None


class Refusals:
    """The refused messages by their place in the transcript, and a count of those that were tried."""

    def __init__(self, vectors: dict[str, Any], to: str) -> None:
        self.instead: dict[Key, list[tuple[str, bytes, list[int]]]] = defaultdict(list)
        self.late: dict[Key, list[tuple[str, bytes, list[int]]]] = defaultdict(list)
        for entry in vectors["messages"]:
            if entry["to"] != to:
                continue
            valid = bytes.fromhex(entry["valid"])
            for wrong in entry["invalid"]:
                data = valid[: wrong["at"]] + bytes.fromhex(wrong["put"]) + valid[wrong["at"] + wrong["cut"] :]
                self.instead[self.key(entry)].append((wrong["name"], data, wrong["errors"]))
        for entry in vectors.get("late_messages", []):
            if entry["to"] == to:
                self.late[self.key(entry)].append((entry["name"], bytes.fromhex(entry["message"]), entry["errors"]))
        self.count = sum(map(len, self.instead.values())) + sum(map(len, self.late.values()))
        self.tried = 0
        self.wrong: list[tuple[str, str, list[int], int | None]] = []

    @staticmethod
    def key(entry: dict[str, Any], client: str | None = None) -> Key:
        return entry["step"], str(entry["epoch"]), entry.get("round"), client or entry["client"]

    def try_all(self, where: dict[Key, list[Any]], step: dict[str, Any], member: str, give: Any, state: Any) -> None:
        for name, data, errors in where.get(self.key(step, member), []):
            before = state()
            found = outcome(lambda data=data: give(data))
            if found not in errors or state() != before:
                self.wrong.append((step["step"], name, errors, found))
            self.tried += 1

    def check(self) -> None:
        """All were tried, and refused as they should be."""
        assert self.wrong == []
        assert self.tried == self.count > 0


@pytest.mark.parametrize("name", FILES)
def test_clients(name: str) -> None:
    vectors = load(name)
    transcript = load(vectors["transcript"])
    refusals = Refusals(vectors, "client")
    run = Run.decode(bytes.fromhex(transcript["description"]), bytes.fromhex(transcript["roster"]))
    players = {entry["id"]: Player(run, entry) for entry in transcript["clients"]}
    for step in transcript["steps"]:
        for delivery in step["deliveries"]:
            member = delivery["id"]
            player = players[member]

            def give(data: bytes, player: Player = player, step: dict[str, Any] = step) -> Any:
                return player.play(step, data, transcript)

            def late(data: bytes, player: Player = player) -> Any:
                return every_step(player, data, transcript)

            refusals.try_all(refusals.instead, step, member, give, player.client.save)
            answer = give(bytes.fromhex(delivery["message"]))
            assert (answer.hex() if answer else None) == delivery.get("answer")
            refusals.try_all(refusals.late, step, member, late, player.client.save)
    refusals.check()


def every_step(player: Player, message: bytes, transcript: dict[str, Any], context: bytes = b"") -> Any:
    """Gives a message to the step that its kind is for; `context` is that of a round which the message begins."""
    kinds = {16: "invite", 17: "keys", 18: "confirmations", 19: "begin", 20: "survivors", 21: "open", 22: "finished"}
    client = player.client
    if kinds[message[1]] == "begin":
        return client.begin(message, context)
    return player.play({"step": kinds[message[1]]}, message, transcript)


@pytest.mark.parametrize("name", FILES)
def test_the_server(name: str) -> None:
    vectors = load(name)
    transcript = load(vectors["transcript"])
    refusals = Refusals(vectors, "server")
    run = Run.decode(bytes.fromhex(transcript["description"]), bytes.fromhex(transcript["roster"]))
    server = Server(run)

    def state() -> Any:
        return server.phase, server.waiting(), server.confirmed(), server.survivors()

    for step in transcript["steps"]:
        if step["step"] == "invite":
            while server.phase.epoch < step["epoch"]:
                server.invite()
        elif step["step"] == "begin":
            begun = round_of(transcript, step)
            while server.phase.round < step["round"] - 1:
                server.begin(None, b"")
                server.stop()
            server.begin([int(member) for member in begun["participants"]], bytes.fromhex(begun["context"]))
        for delivery in step["deliveries"]:
            member = delivery["id"]

            def give(data: bytes, member: str = member) -> Any:
                return server.receive(int(member), data)

            refusals.try_all(refusals.instead, step, member, give, state)
            if delivery.get("answer") is not None and not delivery["lost"]:
                give(bytes.fromhex(delivery["answer"]))
            refusals.try_all(refusals.late, step, member, give, state)
        if any(delivery.get("lost") for delivery in step["deliveries"]) and server.phase.name != "sum":
            server.close_step()
        if server.phase.name == "sum":
            server.finish()
    refusals.check()
