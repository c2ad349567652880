"""accepted.json: what the answers say, read without the generator's client and server where that is possible."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from generator import message
from generator.cases.rounds import play
from generator.codec import bit_of, decode, split
from generator.field import P
from generator.replay import hand, is_at, outcome_of, states
from generator.transcript import Player

VECTORS = json.loads((Path(__file__).parent / "accepted.json").read_text(encoding="ascii"))
KIND_OF = {name: kind for kind, name in message.NAMES.items()}
OPENED = [case for case in VECTORS["to_client"] if case["step"] == "open"]


def player_of(case: dict[str, Any]) -> Player:
    return play(Path(case["transcript"]).stem)


def original(case: dict[str, Any]) -> tuple[bytes, bytes | None]:
    """Message and answer of the transcript at that place."""
    for step, delivery, _ in states(player_of(case), case["client"]):
        if is_at(step, KIND_OF[case["step"]], case["epoch"], case["round"]):
            return bytes.fromhex(delivery["message"]), bytes.fromhex(delivery["answer"]) if "answer" in delivery else None
    raise LookupError(case["name"])


@pytest.mark.parametrize("case", VECTORS["to_client"], ids=lambda case: str(case["name"]))
def test_the_client_answers_as_written_and_refuses_what_follows(case: dict[str, Any]) -> None:
    player, kind, data = player_of(case), KIND_OF[case["step"]], bytes.fromhex(case["message"])
    client = next(client for step, _, client in states(player, case["client"]) if is_at(step, kind, case["epoch"], case["round"]))
    answer = hand(player, client, kind, data)
    assert (None if answer is None else answer.hex()) == case["answer"]
    for late in case["then"]:
        refused = bytes.fromhex(late["message"])
        with pytest.raises(ValueError, match=r".+"):
            hand(player, copy.deepcopy(client), decode(refused)[0], refused)


@pytest.mark.parametrize("case", OPENED, ids=lambda case: str(case["name"]))
def test_shares_that_did_not_decrypt_are_left_out_and_the_others_are_those_of_the_transcript(case: dict[str, Any]) -> None:
    (valid, expected), (given, answer) = original(case), (bytes.fromhex(case["message"]), bytes.fromhex(case["answer"]))
    assert expected is not None
    before, after = (split(decode(data)[6], 64) for data in (valid, given))
    all_shares, answered = split(decode(expected)[7], 32), decode(answer)
    assert answered[:6] == decode(expected)[:6]
    left = iter(split(answered[7], 32))
    for number, (old, new, share) in enumerate(zip(before, after, all_shares, strict=True)):
        if old == new:
            assert bit_of(answered[6], number)
        if bit_of(answered[6], number):
            found = next(left)
            assert all(int.from_bytes(element, "little") < P for element in split(found, 8))
            assert (found == share) == (old == new)
    assert next(left, None) is None


def test_both_sides_of_the_bound_on_elements_occur() -> None:
    counts = {case["name"]: int.from_bytes(decode(bytes.fromhex(case["answer"]))[6], "little").bit_count() for case in OPENED}
    assert counts["a share whose elements are p - 1"] == 4
    assert counts["a share whose first element is p"] == counts["a share whose last element is p"] == 3
    assert counts["no share decrypts"] == 0


@pytest.mark.parametrize("case", VECTORS["to_server"], ids=lambda case: str(case["name"]))
def test_the_round_ends_as_written(case: dict[str, Any]) -> None:
    changed = {(answer["step"], answer["client"]): bytes.fromhex(answer["message"]) for answer in case["answers"]}
    assert outcome_of(player_of(case), case["epoch"], case["round"], changed) == case["outcome"]
    assert outcome_of(player_of(case), case["epoch"], case["round"], {}) == 0


@pytest.mark.parametrize("case", VECTORS["repeats"], ids=lambda case: str(case["step"]))
def test_a_repeat_is_what_the_transcript_has(case: dict[str, Any]) -> None:
    assert original(case)[1] == bytes.fromhex(case["message"])
