"""refusal.json against the generator's own client: what is refused is refused, and the valid message is accepted after it."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from generator import message
from generator.cases.rounds import play
from generator.client import Client
from generator.codec import decode
from generator.field import coefficients_from

HERE = Path(__file__).parent
VECTORS = json.loads((HERE / "refusal.json").read_text(encoding="ascii"))
TO_CLIENT = [case for case in VECTORS["messages"] if case["to"] == "client"]
LATE = [case for case in VECTORS["late_messages"] if case["to"] == "client"]
PLAYER = play("five")


def answer(client: Client, step: dict[str, Any], data: bytes) -> bytes | None:
    """Hands a message to the client, with the random values and the inputs of the transcript."""
    member = str(client.member.id)
    if step["step"] == "invite":
        epoch = next(epoch for epoch in PLAYER.epochs if epoch["epoch"] == step["epoch"])
        return client.advertise(data, next(bytes.fromhex(entry["secret"]) for entry in epoch["fresh"] if entry["id"] == member))
    if step["step"] == "begin":
        record = next(record for record in PLAYER.rounds if record["round"] == step["round"])
        given = next(entry for entry in record["inputs"] if entry["id"] == member)
        client.begin(data, bytes.fromhex(record["context_hash"]))
        residues = [[int(residue) for residue in segment["residues"]] for segment in given["segments"]]
        joined = b"".join(int(value).to_bytes(8, "little") for degree in given["coefficients"] for value in degree)
        return client.masked(residues, coefficients_from(joined), bytes.fromhex(given["salt"]))
    if step["step"] == "confirmations":
        client.accept(data)
    elif step["step"] == "finished":
        client.finish(data)
    else:
        return {"keys": client.confirm, "survivors": client.acknowledge, "open": client.unmask}[step["step"]](data)
    return None


def refuses(client: Client, step: dict[str, Any], data: bytes) -> bool:
    try:
        answer(copy.deepcopy(client), step, data)
    except ValueError:
        return True
    return False


def states(member: str) -> list[tuple[dict[str, Any], dict[str, Any], Client]]:
    """Every step of one client with its delivery and the client's state before it."""
    client = Client(PLAYER.run, PLAYER.positions[int(member)])
    found = []
    for step in PLAYER.steps:
        for delivery in step["deliveries"]:
            if delivery["id"] == member:
                found.append((step, delivery, copy.deepcopy(client)))
                given = answer(client, step, bytes.fromhex(delivery["message"]))
                assert (None if given is None else given.hex()) == delivery.get("answer")
    return found


@pytest.mark.parametrize("case", TO_CLIENT, ids=lambda case: f"{case['name']} of epoch {case['epoch']}")
def test_the_client_refuses(case: dict[str, Any]) -> None:
    reached = [
        (step, delivery, client)
        for step, delivery, client in states(case["client"])
        if (step["step"], step["epoch"], step.get("round")) == (case["step"], case["epoch"], case["round"])
    ]
    assert len(reached) == 1
    step, delivery, client = reached[0]
    assert delivery["message"] == case["valid"]
    valid = bytes.fromhex(case["valid"])
    for invalid in case["invalid"]:
        data = valid[: invalid["at"]] + bytes.fromhex(invalid["put"]) + valid[invalid["at"] + invalid["cut"] :]
        assert refuses(client, step, data), invalid["name"]


@pytest.mark.parametrize("case", LATE, ids=lambda case: f"{case['name']}, after {case['step']} {case['round']}")
def test_the_client_refuses_what_is_late_early_or_twice(case: dict[str, Any]) -> None:
    found = states(case["client"])
    place = next(
        index
        for index, (step, _, _) in enumerate(found)
        if (step["step"], step["epoch"], step.get("round")) == (case["step"], case["epoch"], case["round"])
    )
    after = copy.deepcopy(found[place][2])
    answer(after, found[place][0], bytes.fromhex(found[place][1]["message"]))
    data = bytes.fromhex(case["message"])
    kind, _, epoch, *rest = decode(data)
    named = {"step": message.NAMES[kind], "epoch": epoch, "round": rest[0] if rest else None}
    assert refuses(after, named, data)


@pytest.mark.parametrize("member", PLAYER.positions)
def test_every_client_of_the_transcript_answers_as_written(member: int) -> None:
    assert states(str(member))
