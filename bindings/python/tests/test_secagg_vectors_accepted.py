"""Messages that others got wrong and that are accepted all the same: what is answered, and how the round ends."""

from __future__ import annotations

from typing import Any

import pytest

from cloakwork.errors import CryptoError
from cloakwork.secagg import Run, Server, aggregate
from secagg_vectors import Player, load, numbers, round_of
from test_secagg_vectors_refusals import every_step, outcome
from test_secagg_vectors_rounds import decoded, enter

ACCEPTED = load("accepted.json")
MASKS_DID_NOT_CANCEL = 407


def label(case: dict[str, Any]) -> str:
    return case["name"].replace(" ", "-")


def is_at(case: dict[str, Any], step: dict[str, Any], member: str) -> bool:
    return (case["step"], case["epoch"], case.get("round"), case["client"]) == (step["step"], step["epoch"], step.get("round"), member)


@pytest.mark.parametrize("case", ACCEPTED["to_client"], ids=label)
def test_messages_to_clients(case: dict[str, Any]) -> None:
    transcript = load(case["transcript"])
    run = decoded(transcript)
    player = Player(run, next(entry for entry in transcript["clients"] if entry["id"] == case["client"]))
    for step in transcript["steps"]:
        for delivery in step["deliveries"]:
            if delivery["id"] != case["client"]:
                continue
            if is_at(case, step, case["client"]):
                give(player, case, transcript)
                return
            player.play(step, bytes.fromhex(delivery["message"]), transcript)
    pytest.fail("the transcript has no such step")


def give(player: Player, case: dict[str, Any], transcript: dict[str, Any]) -> None:
    """Gives the message of the case, compares the answer, and has every later message of the case refused."""
    message = bytes.fromhex(case["message"])
    if "outcome" in case:
        assert player.client.finish(message) == case["outcome"]
        return
    answer = every_step(player, message, transcript)
    assert (answer.hex() if isinstance(answer, bytes) else None) == case["answer"]
    context = bytes.fromhex(next(entry["context"] for entry in transcript["rounds"] if entry["epoch"] == case["epoch"]))
    for following in case["then"]:
        before, data = player.client.save(), bytes.fromhex(following["message"])
        found = outcome(lambda data=data: every_step(player, data, transcript, context))
        assert found in following["errors"], following["name"]
        assert player.client.save() == before, following["name"]


@pytest.mark.parametrize("case", ACCEPTED["to_server"], ids=label)
def test_answers_to_servers(case: dict[str, Any]) -> None:
    transcript = load(case["transcript"])
    run = decoded(transcript)
    server = Server(run)
    answers = {(answer["step"], answer["client"]): bytes.fromhex(answer["message"]) for answer in case["answers"]}
    payloads: dict[str, bytes] = {}
    for step in transcript["steps"]:
        enter(server, step, transcript)
        replaced = (step["epoch"], step.get("round")) == (case["epoch"], case["round"])
        if step["step"] == "begin":
            payloads = {}
        for delivery in step["deliveries"]:
            if delivery.get("answer") is None or delivery["lost"]:
                continue
            answer = bytes.fromhex(delivery["answer"])
            if replaced:
                answer = answers.pop((step["step"], delivery["id"]), answer)
            receipt = server.receive(int(delivery["id"]), answer)
            if receipt.payload is not None:
                payloads[delivery["id"]] = answer[receipt.payload]
        if any(delivery.get("lost") for delivery in step["deliveries"]) and server.phase.name != "sum":
            server.close_step()
        # Without recovery nothing is opened: the sum follows the masked vectors.
        if replaced and (step["step"] == "open" or server.phase.name == "sum"):
            assert end(run, server, payloads, round_of(transcript, step)) == case["outcome"]
            assert answers == {}
            return
        if server.phase.name == "sum":
            server.finish()
    pytest.fail("the round of the case does not end")


def end(run: Run, server: Server, payloads: dict[str, bytes], begun: dict[str, Any]) -> int:
    """How the round ends; where it ends well, with the sums of the transcript."""
    if server.phase.name != "sum":
        return server.outcome
    survivors = [str(member) for member in server.survivors()]
    try:
        sums = aggregate(run, server.opening(), [payloads[member] for member in survivors])
    except CryptoError as failure:
        assert failure.code == MASKS_DID_NOT_CANCEL
        return failure.code
    for segment, entry in zip(run.segments, begun["sums"], strict=True):
        assert numbers(segment, sums[segment.label]) == [int(number) for number in entry["residues"]]
    server.finish()
    return server.outcome


@pytest.mark.parametrize("case", ACCEPTED["repeats"], ids=lambda case: case["step"])
def test_answers_that_are_repeated(case: dict[str, Any]) -> None:
    transcript = load(case["transcript"])
    server = Server(decoded(transcript))
    for step in transcript["steps"]:
        enter(server, step, transcript)
        for delivery in step["deliveries"]:
            if delivery.get("answer") is not None and not delivery["lost"]:
                server.receive(int(delivery["id"]), bytes.fromhex(delivery["answer"]))
            if is_at(case, step, delivery["id"]):
                before = server.phase, server.waiting(), server.confirmed(), server.survivors()
                receipt = server.receive(int(case["client"]), bytes.fromhex(case["message"]))
                assert (receipt.counted, receipt.payload) == (False, None)
                assert (server.phase, server.waiting(), server.confirmed(), server.survivors()) == before
                return
        if any(delivery.get("lost") for delivery in step["deliveries"]) and server.phase.name != "sum":
            server.close_step()
        if server.phase.name == "sum":
            server.finish()
    pytest.fail("the transcript has no such answer")
