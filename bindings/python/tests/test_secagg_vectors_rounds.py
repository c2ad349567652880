"""Whole conversations from the vectors, replayed byte by byte: every answer of a client and every message of a server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cloakwork.errors import CryptoError
from cloakwork.secagg import Run, Server, aggregate, decode, decode_private, message_kind
from secagg_vectors import TRANSCRIPTS, Player, config, load, members, numbers, reals, round_of

_KINDS = {"invite": 16, "keys": 17, "confirmations": 18, "begin": 19, "survivors": 20, "open": 21, "finished": 22}
ALL = pytest.mark.parametrize("name", TRANSCRIPTS)


def decoded(transcript: dict[str, Any]) -> Run:
    return Run.decode(bytes.fromhex(transcript["description"]), bytes.fromhex(transcript["roster"]))


@ALL
def test_the_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    transcript = load(f"round/{name}.json")
    run, parameters = decoded(transcript), transcript["parameters"]
    assert run.config == config(parameters)
    assert run.hash.hex() == transcript["run_hash"]
    assert run.settings_hash.hex() == parameters["settings"]
    for entry in transcript["clients"]:
        assert run.neighbours(int(entry["id"])) == sorted(int(neighbour) for neighbour in entry["neighbours"])
        assert run.members[int(entry["id"])].hex() == entry["static_public"]
    # The settings are not known, only their hash.
    monkeypatch.setattr("cloakwork.secagg._run.sha256", lambda _: bytes.fromhex(parameters["settings"]))
    beacon, run_id = bytes.fromhex(parameters["beacon"]), bytes.fromhex(parameters["run_id"])
    made = Run.new(replace(config(parameters), settings=b""), members(run.roster), beacon, run_id=run_id)
    assert made.description == run.description
    assert made == run


@pytest.mark.parametrize("restarts", [False, True], ids=["one process", "restarted before each message"])
@ALL
def test_the_clients(name: str, restarts: bool) -> None:
    transcript = load(f"round/{name}.json")
    run = decoded(transcript)
    players = {entry["id"]: Player(run, entry) for entry in transcript["clients"]}
    answers = 0
    for step in transcript["steps"]:
        for delivery in step["deliveries"]:
            player, message = players[delivery["id"]], bytes.fromhex(delivery["message"])
            assert message_kind(message) == _KINDS[step["step"]]
            if restarts:
                player.restart()
            answer = player.play(step, message, transcript)
            expected = delivery.get("answer")
            assert answer == (None if expected is None else bytes.fromhex(expected)), (step["step"], delivery["id"])
            answers += answer is not None
    assert answers > 0
    assert all(not player.tape.rest for player in players.values())


@ALL
def test_the_server(name: str) -> None:
    transcript = load(f"round/{name}.json")
    run = decoded(transcript)
    server = Server(run)
    payloads: dict[str, bytes] = {}
    for step in transcript["steps"]:
        enter(server, step, transcript)
        if step["step"] == "begin":
            payloads = {}
        deliveries = step["deliveries"]
        told = {delivery["id"]: server.message(int(delivery["id"])) for delivery in deliveries}
        assert {member: message.hex() if message else None for member, message in told.items()} == {
            delivery["id"]: delivery["message"] for delivery in deliveries
        }
        # `finished` is for all participants; the transcript tells those who were still there.
        involved = server.participants() if step["step"] == "finished" else [int(delivery["id"]) for delivery in deliveries]
        for member in set(run.members) - set(involved):
            assert server.message(member) is None
        for delivery in deliveries:
            if delivery.get("answer") is None or delivery["lost"]:
                continue
            answer = bytes.fromhex(delivery["answer"])
            receipt = server.receive(int(delivery["id"]), answer)
            if receipt.payload is not None:
                payloads[delivery["id"]] = answer[receipt.payload]
        if any(delivery.get("lost") for delivery in deliveries) and server.phase.name != "sum":
            server.close_step()
        if server.phase.name == "sum":
            check_sums(run, server, payloads, round_of(transcript, step))


def enter(server: Server, step: dict[str, Any], transcript: dict[str, Any]) -> None:
    """Takes the server to a step that the transcript begins by itself."""
    if step["step"] == "invite":
        while server.phase.epoch < step["epoch"]:
            server.invite()
    elif step["step"] == "begin":
        begun = round_of(transcript, step)
        while server.phase.round < step["round"] - 1:
            server.begin(None, b"")
            server.stop()
        assert server.begin([int(member) for member in begun["participants"]], bytes.fromhex(begun["context"])) == step["round"]


def check_sums(run: Run, server: Server, payloads: dict[str, bytes], begun: dict[str, Any]) -> None:
    """Adds up, and compares with the sums of the transcript."""
    survivors = [str(member) for member in server.survivors()]
    assert survivors == begun["survivors"]
    opening = server.opening()
    seed = opening.rotation_seed
    sums = aggregate(run, opening, [payloads[member] for member in survivors], threads=2)
    for segment, entry in zip(run.segments, begun["sums"], strict=True):
        assert entry["label"] == segment.label
        assert numbers(segment, sums[segment.label]) == [int(number) for number in entry["residues"]]
        if entry["values"] is not None:
            assert decode(run, segment.label, sums[segment.label], "float64").tolist() == entry["values"]
    assert (run.config.mechanism is not None) == ("decoded" in begun)
    if run.config.mechanism is not None:
        assert seed.hex() == begun["rotation_seed"]
        assert decode_private(run, seed, sums[run.segments[0].label]).tobytes() == reals(begun["decoded"]).tobytes()
    with pytest.raises(CryptoError, match="MASKS_DID_NOT_CANCEL"):
        aggregate(run, opening, [payloads[member] for member in survivors[1:]])
    server.finish()
    assert server.outcome == begun["outcome"]
