"""The refused messages against the generator's own client: what is refused is refused, and the valid message is accepted after it."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from generator.cases.rounds import play
from generator.client import Client
from generator.codec import decode
from generator.replay import hand, states
from generator.transcript import Player

HERE = Path(__file__).parent
FILES = {name: json.loads((HERE / name).read_text(encoding="ascii")) for name in sorted(path.name for path in HERE.glob("refusal*.json"))}
TO_CLIENT = [(name, case) for name, file in FILES.items() for case in file["messages"] if case["to"] == "client"]
LATE = [(name, case) for name, file in FILES.items() for case in file["late_messages"] if case["to"] == "client"]


def player_of(name: str) -> Player:
    return play(Path(FILES[name]["transcript"]).stem)


def refuses(player: Player, client: Client, kind: int, data: bytes) -> bool:
    """Whether the client refuses this as a message of that kind."""
    try:
        hand(player, copy.deepcopy(client), kind, data)
    except ValueError:
        return True
    return False


def place_of(found: list[tuple[dict[str, Any], dict[str, Any], Client]], case: dict[str, Any]) -> int:
    wanted = (case["step"], case["epoch"], case["round"])
    places = [index for index, (step, _, _) in enumerate(found) if (step["step"], step["epoch"], step.get("round")) == wanted]
    assert len(places) == 1
    return places[0]


def test_every_file_is_tried() -> None:
    assert list(FILES) == ["refusal.json", "refusal_no_recovery.json", "refusal_sparse.json"]


@pytest.mark.parametrize(("name", "case"), TO_CLIENT, ids=lambda item: item if isinstance(item, str) else f"{item['name']} {item['epoch']}")
def test_the_client_refuses(name: str, case: dict[str, Any]) -> None:
    player = player_of(name)
    found = states(player, case["client"])
    _, delivery, client = found[place_of(found, case)]
    assert delivery["message"] == case["valid"]
    valid = bytes.fromhex(case["valid"])
    for invalid in case["invalid"]:
        data = valid[: invalid["at"]] + bytes.fromhex(invalid["put"]) + valid[invalid["at"] + invalid["cut"] :]
        assert refuses(player, client, case["kind"], data), invalid["name"]
    answer = hand(player, client, case["kind"], valid)
    assert (None if answer is None else answer.hex()) == delivery.get("answer")


@pytest.mark.parametrize(
    ("name", "case"), LATE, ids=lambda item: item if isinstance(item, str) else f"{item['name']}, after {item['step']}"
)
def test_the_client_refuses_what_is_late_early_or_twice(name: str, case: dict[str, Any]) -> None:
    player = player_of(name)
    found = states(player, case["client"])
    _, delivery, client = found[place_of(found, case)]
    valid, data = bytes.fromhex(delivery["message"]), bytes.fromhex(case["message"])
    hand(player, client, decode(valid)[0], valid)
    assert refuses(player, client, decode(data)[0], data)


@pytest.mark.parametrize("name", sorted({Path(file["transcript"]).stem for file in FILES.values()}))
def test_every_client_of_the_transcript_answers_as_written(name: str) -> None:
    player = play(name)
    for member in player.positions:
        assert states(player, str(member))
