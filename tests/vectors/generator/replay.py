"""One client of a transcript, brought to a place in it, and the server through one round of it."""

import copy
from collections.abc import Mapping
from typing import Any

from generator import message
from generator.client import Client
from generator.codec import decode
from generator.field import coefficients_from
from generator.server import AbortError, Answers, Server
from generator.substitution import STEP_OF, of_round
from generator.transcript import Player


def _input(player: Player, round_number: int, client: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The record of a round and what the client gives in it."""
    record = next(record for record in player.rounds if record["round"] == round_number)
    return record, next(entry for entry in record["inputs"] if entry["id"] == client)


def hand(player: Player, client: Client, kind: int, data: bytes) -> bytes | None:
    """Gives a message to the client as one of this kind; its answer, from the random values and the inputs of the transcript."""
    _, epoch, *rest = message.items_of(kind, data)
    member = str(client.member.id)
    if kind == message.INVITE:
        drawn = next((record for record in player.epochs if record["epoch"] == epoch), player.epochs[-1])
        return client.advertise(data, next(bytes.fromhex(entry["secret"]) for entry in drawn["fresh"] if entry["id"] == member))
    if kind == message.BEGIN:
        number = rest[0] if any(record["round"] == rest[0] for record in player.rounds) else player.rounds[-1]["round"]
        record, given = _input(player, number, member)
        client.begin(data, bytes.fromhex(record["context_hash"]))
        residues = [[int(residue) for residue in segment["residues"]] for segment in given["segments"]]
        joined = b"".join(int(value).to_bytes(8, "little") for degree in given.get("coefficients", []) for value in degree)
        return client.masked(residues, coefficients_from(joined), bytes.fromhex(given.get("salt", "")))
    if kind == message.CONFIRMATIONS:
        client.accept(data)
    elif kind == message.FINISHED:
        client.finish(data)
    else:
        return {message.KEYS: client.confirm, message.SURVIVORS: client.acknowledge, message.OPEN: client.unmask}[kind](data)
    return None


def is_at(step: dict[str, Any], kind: int, epoch: int, round_number: int | None) -> bool:
    """Whether messages of this kind travel in the step."""
    return bool(step["step"] == STEP_OF[kind] and step["epoch"] == epoch and (not of_round(kind) or step["round"] == round_number))


def states(player: Player, member: str) -> list[tuple[dict[str, Any], dict[str, Any], Client]]:
    """Every step of one client with its delivery and the client's state before it."""
    client = Client(player.run, player.positions[int(member)])
    found = []
    for step in player.steps:
        for delivery in step["deliveries"]:
            if delivery["id"] == member:
                found.append((step, delivery, copy.deepcopy(client)))
                data = bytes.fromhex(delivery["message"])
                given = hand(player, client, decode(data)[0], data)
                assert (None if given is None else given.hex()) == delivery.get("answer")
    return found


def client_before(player: Player, kind: int, member: str, epoch: int, round_number: int) -> Client:
    """The client as it is when it gets the message of this kind."""
    return next(client for step, _, client in states(player, member) if is_at(step, kind, epoch, round_number))


def _answers(player: Player, step: dict[str, Any], changed: Mapping[tuple[str, str], bytes]) -> Answers:
    return {
        player.positions[int(delivery["id"])]: changed.get((step["step"], delivery["id"]), bytes.fromhex(delivery["answer"]))
        for delivery in step["deliveries"]
        if not delivery["lost"]
    }


def outcome_of(player: Player, epoch: int, round_number: int, changed: Mapping[tuple[str, str], bytes]) -> int:
    """How the round ends where these answers, by step and client, come in the place of the ones in the transcript."""
    server, record = Server(player.run, epoch), next(record for record in player.rounds if record["round"] == round_number)
    steps = [step for step in player.steps if (step["epoch"], step.get("round")) == (epoch, round_number)]
    participants = {player.positions[int(member)] for member in record["participants"]}
    server.begin(round_number, participants, bytes.fromhex(record["context_hash"]))
    unmasked: Answers = {}
    try:
        for step in steps:
            sent = {player.positions[int(delivery["id"])]: bytes.fromhex(delivery["message"]) for delivery in step["deliveries"]}
            if step["step"] == "begin":
                answers = _answers(player, step, changed)
                server.receive_masked(answers)
            elif step["step"] == "survivors":
                announced = server.announce(server.shrink(set(answers)))
                assert set(sent.values()) == {announced}
                answers = _answers(player, step, changed)
                server.receive_acknowledgements(answers)
            elif step["step"] == "open":
                assert server.opens() == sent
                unmasked = _answers(player, step, changed)
        sums = server.sums(unmasked)
    except AbortError as abort:
        return abort.outcome
    assert [[str(residue) for residue in total] for total in sums] == [entry["residues"] for entry in record["sums"]]
    return 0
