"""A place in a transcript and the messages that are tried there (sections 6 and 7)."""

from typing import Any

from generator import message
from generator.codec import bitmap, decode, encode
from generator.draw import draw
from generator.errors import DUPLICATE, MALFORMED, OUT_OF_ORDER, UNEXPECTED_KIND, WRONG_CONTEXT, WRONG_EPOCH, WRONG_ROUND, WRONG_RUN
from generator.substitution import ABOUT, FIELDS, STEP_OF, Refused, case, delivered, of_recovery, of_round, to_client
from generator.transcript import Player

OTHER_KIND = {
    message.INVITE: message.FINISHED,
    message.ADVERTISE: message.CONFIRM,
    message.CONFIRM: message.MASKED,
    message.MASKED: message.ACKNOWLEDGE,
    message.ACKNOWLEDGE: message.UNMASK,
    message.UNMASK: message.MASKED,
}
"""What is tried in the place of a kind; `invite` in the place of the others."""


class Place:
    """One message of the transcript and the changes that are tried in its place."""

    def __init__(self, player: Player, kind: int, client: str, epoch: int, round_number: int) -> None:
        self.player, self.kind, self.client, self.epoch, self.round = player, kind, client, epoch, round_number
        self.items = decode(delivered(player, kind, client, epoch, round_number))
        self.refused: list[Refused] = []
        self.n = player.server.n
        self._common()

    def value(self, name: str) -> Any:
        return self.items[FIELDS[self.kind].index(name) + 1]

    def changed(self, values: dict[str, Any]) -> bytes:
        """The message with other values of these fields."""
        items = list(self.items)
        for name, value in values.items():
            items[FIELDS[self.kind].index(name) + 1] = value
        return encode(items)

    def change(self, name: str, values: dict[str, Any], *errors: int) -> None:
        self.refused.append(Refused(name, self.changed(values), list(errors)))

    def members(self, *positions: int) -> bytes:
        return bitmap(self.n, set(positions))

    def everyone(self) -> bytes:
        return self.members(*range(self.n))

    def _common(self) -> None:
        """What every message can have wrong."""
        self.change("another run", {"run": draw("another run", 32)}, WRONG_RUN)
        if self.kind != message.INVITE:
            self.change("epoch before", {"epoch": self.epoch - 1}, *([MALFORMED, WRONG_EPOCH] if self.epoch == 1 else [WRONG_EPOCH]))
            self.change("epoch after", {"epoch": self.epoch + 1}, WRONG_EPOCH)
        if "round" in FIELDS[self.kind] and self.kind != message.BEGIN:
            self.change("round before", {"round": self.round - 1}, *([MALFORMED, WRONG_ROUND] if self.round == 1 else [WRONG_ROUND]))
            self.change("round after", {"round": self.round + 1}, WRONG_ROUND)
        if "h" in FIELDS[self.kind]:
            self.change("another h", {"h": draw("another h", 32)}, WRONG_CONTEXT)
        self._other_kind()

    def _other_kind(self) -> None:
        """A message of another kind: at the server one that has not come yet or, in the last step, has come with other content."""
        other = OTHER_KIND.get(self.kind, message.INVITE)
        if of_recovery(other) and self.player.run.description.mode == 0:
            other = message.INVITE
        errors = [UNEXPECTED_KIND, OUT_OF_ORDER, WRONG_EPOCH, WRONG_ROUND]
        if other == message.INVITE:
            data = delivered(self.player, other, self.client, self.player.epochs[0]["epoch"], self.round)
        else:
            data = delivered(self.player, other, self.client, self.epoch, self.round)
        if self.kind == message.UNMASK:
            data, errors = with_last_field_changed(data), [*errors, DUPLICATE]
        self.refused.append(Refused(f"a message of kind {other}", data, errors))

    def json(self) -> dict[str, Any]:
        return case(self.player, self.kind, self.client, self.epoch, self.round, self.refused)


def late(place: tuple[int, str, int, int], name: str, data: bytes, *errors: int) -> dict[str, Any]:
    """A message that comes after the one of this kind, client, epoch and round, and is refused."""
    kind, client, epoch, round_number = place
    return {
        "name": name,
        "to": "client" if to_client(kind) else "server",
        "step": STEP_OF[kind],
        "epoch": epoch,
        "round": round_number if of_round(kind) else None,
        "client": client,
        "message": data.hex(),
        "errors": sorted(errors),
    }


def with_last_field_changed(data: bytes) -> bytes:
    items = decode(data)
    items[-1] = bytes([items[-1][0] ^ 1]) + items[-1][1:]
    return encode(items)


def another(player: Player, kind: int, client: str, epoch: int, round_number: int) -> dict[str, Any]:
    """A second answer of a client that differs from its first in one bit of its last field."""
    data = with_last_field_changed(delivered(player, kind, client, epoch, round_number))
    return late((kind, client, epoch, round_number), f"another {message.NAMES[kind]} after the first", data, DUPLICATE)


def refusals(player: Player, places: list[Place], late_messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The content of a file."""
    return {
        "about": ABOUT,
        "late": "message comes when the valid message of that step was delivered to `client`, or its answer to the server.",
        "transcript": f"round/{player.name}.json",
        "messages": [place.json() for place in places],
        "late_messages": late_messages,
    }
