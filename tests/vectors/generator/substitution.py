"""Messages that take the place of a valid one in a transcript and are refused."""

from dataclasses import dataclass
from typing import Any

from generator import message
from generator.deviation import splice
from generator.transcript import Player

ABOUT = (
    "valid is the message to, or the answer of, `client` in that step of the transcript. An invalid one is valid with the `cut` bytes "
    "from `at` on replaced by `put`. Given instead of valid it is refused with one of its errors and changes nothing: valid is accepted "
    "afterwards."
)

STEP_OF = {
    message.INVITE: "invite",
    message.ADVERTISE: "invite",
    message.KEYS: "keys",
    message.CONFIRM: "keys",
    message.CONFIRMATIONS: "confirmations",
    message.BEGIN: "begin",
    message.MASKED: "begin",
    message.SURVIVORS: "survivors",
    message.ACKNOWLEDGE: "survivors",
    message.OPEN: "open",
    message.UNMASK: "open",
    message.FINISHED: "finished",
}
"""The step of a transcript whose message or answer is of the kind."""

FIELDS = {
    message.INVITE: ["run", "epoch"],
    message.ADVERTISE: ["run", "epoch", "fresh key"],
    message.KEYS: ["run", "epoch", "members", "fresh keys"],
    message.CONFIRM: ["run", "epoch", "tags"],
    message.CONFIRMATIONS: ["run", "epoch", "confirmed", "tags"],
    message.BEGIN: ["run", "epoch", "round", "participants", "context"],
    message.MASKED: ["run", "epoch", "round", "h", "salt", "sealed", "payload"],
    message.SURVIVORS: ["run", "epoch", "round", "h", "pass", "previous", "next"],
    message.ACKNOWLEDGE: ["run", "epoch", "round", "h", "set hash", "mask keys", "acknowledgements"],
    message.OPEN: ["run", "epoch", "round", "h", "set", "sealed", "acknowledgements"],
    message.UNMASK: ["run", "epoch", "round", "h", "set hash", "decrypted", "shares"],
    message.FINISHED: ["run", "epoch", "round", "outcome"],
}


@dataclass(frozen=True)
class Refused:
    """Why, what, and the numbers of the errors that are right."""

    name: str
    data: bytes
    errors: list[int]


def to_client(kind: int) -> bool:
    return kind >= message.INVITE


def of_round(kind: int) -> bool:
    return "round" in FIELDS[kind]


def of_recovery(kind: int) -> bool:
    """Whether runs without recovery never see the kind."""
    return STEP_OF[kind] in ("survivors", "open")


def delivered(player: Player, kind: int, client: str, epoch: int, round_number: int) -> bytes:
    """The message of this kind that the client got or sent."""
    step = next(
        step
        for step in player.steps
        if step["step"] == STEP_OF[kind] and step["epoch"] == epoch and (not of_round(kind) or step["round"] == round_number)
    )
    delivery = next(delivery for delivery in step["deliveries"] if delivery["id"] == client)
    return bytes.fromhex(delivery["message" if to_client(kind) else "answer"])


def _json(valid: bytes, refused: Refused) -> dict[str, Any]:
    at, cut, put = splice(valid, refused.data)
    assert valid != refused.data
    assert valid[:at] + put + valid[at + cut :] == refused.data
    return {"name": refused.name, "at": at, "cut": cut, "put": put.hex(), "errors": refused.errors}


def case(player: Player, kind: int, client: str, epoch: int, round_number: int, refused: list[Refused]) -> dict[str, Any]:
    valid = delivered(player, kind, client, epoch, round_number)
    return {
        "kind": kind,
        "name": message.NAMES[kind],
        "to": "client" if to_client(kind) else "server",
        "step": STEP_OF[kind],
        "epoch": epoch,
        "round": round_number if of_round(kind) else None,
        "client": client,
        "valid": valid.hex(),
        "invalid": [_json(valid, one) for one in refused],
    }
