"""What other parties may do wrong without a message being refused, and what comes of it (sections 6 and 7)."""

from collections.abc import Callable
from typing import Any

from generator import message
from generator.agreement import seal
from generator.cases.rounds import play
from generator.codec import decode, encode, split, u64le
from generator.errors import DID_NOT_CANCEL, NOT_CONFIRMED, STOPPED, TOO_FEW_INPUTS, TOO_FEW_SHARES, TOO_MANY_PASSES
from generator.field import P
from generator.replay import client_before, hand, outcome_of
from generator.substitution import FIELDS, STEP_OF, delivered, of_round
from generator.transcript import Player

ABOUT = (
    "to_client: message comes in the place of the one of the transcript, is accepted and answered with `answer` (null: nothing to answer); "
    "then each message of `then` is refused. to_server: the round with other answers than those of the transcript; the server sends what "
    "the transcript says until the round ends with `outcome`, with the sums of the transcript where that is 0. "
    "repeats: an answer that the server has accepted comes again; it is not refused, not counted, and changes nothing."
)
CLIENT, EPOCH = "3", 5
ALL_LEFT, ONE_LESS = 7, 2
"""Rounds of the transcript five: all five take part; one drops out, so that each has as many neighbours left as shares are needed."""

Changes = dict[str, bytes]
"""New values of fields, by name."""


class Accepted:
    """A message to one client in the place of the one that the transcript has."""

    def __init__(self, name: str, kind: int, client: str = CLIENT, epoch: int = EPOCH, round_number: int = ALL_LEFT) -> None:
        self.player, self.place = play(name), (kind, client, epoch, round_number)
        self.items = decode(delivered(self.player, *self.place))
        self.client = client_before(self.player, *self.place)

    def value(self, name: str) -> Any:
        return self.items[FIELDS[self.items[0]].index(name) + 1]

    def case(self, name: str, changes: dict[str, Any], *then: tuple[str, bytes, list[int]]) -> dict[str, Any]:
        kind, client, epoch, round_number = self.place
        items = list(self.items)
        for field, value in changes.items():
            items[FIELDS[kind].index(field) + 1] = value
        data = encode(items)
        assert data != delivered(self.player, *self.place)
        answer = hand(self.player, client_before(self.player, *self.place), kind, data)
        return {
            "name": name,
            "transcript": f"round/{self.player.name}.json",
            "step": STEP_OF[kind],
            "epoch": epoch,
            "round": round_number if of_round(kind) else None,
            "client": client,
            "message": data.hex(),
            "answer": None if answer is None else answer.hex(),
            "then": [{"name": refused, "message": late.hex(), "errors": errors} for refused, late, errors in then],
        }


def _flipped(data: bytes, at: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _sealed_by(holder: Accepted, number: int, share: bytes) -> bytes:
    """Salt and encrypted share as the owner with this number in the holder's list makes them of any 32 bytes."""
    owner = holder.client.around(holder.client.survivors)[number]
    _, client, epoch, round_number = holder.place
    salt = split(holder.value("sealed"), 64)[number][:16]
    sealing = client_before(holder.player, message.OPEN, str(holder.player.run.members[owner].id), epoch, round_number)
    return salt + seal(sealing.share_key_of(owner, holder.player.positions[int(client)], salt), share)


def _opened(round_number: int, cases: Callable[[Accepted, list[bytes]], dict[str, dict[int, bytes]]]) -> list[dict[str, Any]]:
    """Cases in which some of the sealed shares, by their number in the list, are others."""
    holder = Accepted("five", message.OPEN, round_number=round_number)
    sealed = split(holder.value("sealed"), 64)
    return [
        holder.case(name, {"sealed": b"".join(others.get(number, item) for number, item in enumerate(sealed))})
        for name, others in cases(holder, sealed).items()
    ]


def _with_all_left(holder: Accepted, sealed: list[bytes]) -> dict[str, dict[int, bytes]]:
    low, high = u64le(P - 1), u64le(P)
    of_before = split(decode(delivered(holder.player, message.OPEN, CLIENT, EPOCH, ONE_LESS))[FIELDS[message.OPEN].index("sealed") + 1], 64)
    return {
        "a share whose elements are p - 1": {0: _sealed_by(holder, 0, 4 * low)},
        "a share whose first element is p": {0: _sealed_by(holder, 0, high + 3 * low)},
        "a share whose last element is p": {1: _sealed_by(holder, 1, 3 * low + high)},
        "a share whose elements are 2^64 - 1": {3: _sealed_by(holder, 3, bytes([255]) * 32)},
        "a share that is not authentic": {2: _flipped(sealed[2], -1)},
        "a ciphertext that is altered": {2: _flipped(sealed[2], 16)},
        "another salt": {0: _flipped(sealed[0], 0)},
        "the share of an earlier round": {3: of_before[2]},
        "the shares of two neighbours swapped": {1: sealed[2], 2: sealed[1]},
        "no share decrypts": {number: _flipped(item, 20) for number, item in enumerate(sealed)},
        "an element of p and a forgery": {0: _sealed_by(holder, 0, 3 * low + high), 3: _flipped(sealed[3], 63)},
    }


def _with_one_less(holder: Accepted, _: list[bytes]) -> dict[str, dict[int, bytes]]:
    return {"a share with an element of p, of a smaller set": {1: _sealed_by(holder, 1, u64le(P) + bytes(24))}}


def _acknowledged() -> list[dict[str, Any]]:
    """One acknowledgement more than the threshold came."""
    receiver = Accepted("eight_sparse", message.OPEN, "105", 2, 2)
    tags = split(receiver.value("acknowledgements"), 16)
    return [
        receiver.case(
            f"t valid acknowledgements, number {number} forged",
            {"acknowledgements": b"".join([*tags[:number], forged, *tags[number + 1 :]])},
        )
        for number, forged in ((0, _flipped(tags[0], 0)), (3, _flipped(tags[3], 15)))
    ]


def _confirmed() -> list[dict[str, Any]]:
    """Keys that were swapped on the way show in the tags; the round with that neighbour is what the client refuses."""
    receiver = Accepted("five", message.CONFIRMATIONS)
    tags = split(receiver.value("tags"), 16)
    own = split(decode(delivered(receiver.player, message.CONFIRM, CLIENT, EPOCH, ONE_LESS))[3], 16)
    begin = ("begin with that neighbour", delivered(receiver.player, message.BEGIN, CLIENT, EPOCH, ONE_LESS), [NOT_CONFIRMED])
    return [
        receiver.case("a confirmation tag that is wrong", {"tags": b"".join([*tags[:3], _flipped(tags[3], 0)])}, begin),
        receiver.case("the receiver's own confirmation tag", {"tags": b"".join([own[0], *tags[1:]])}, begin),
        receiver.case("the tag of another neighbour", {"tags": b"".join([tags[1], *tags[1:]])}, begin),
    ]


def _finished() -> list[dict[str, Any]]:
    """The client reports what it is told, whatever it saw of the round."""
    receiver = Accepted("five", message.FINISHED)
    outcomes = (DID_NOT_CANCEL, TOO_FEW_INPUTS, TOO_MANY_PASSES, TOO_FEW_SHARES, STOPPED)
    return [receiver.case(f"outcome {outcome}", {"outcome": outcome}) | {"outcome": outcome} for outcome in outcomes]


class Spoiled:
    """A round of a transcript in which some answers are others."""

    def __init__(self, name: str, epoch: int, round_number: int) -> None:
        self.player, self.epoch, self.round = play(name), epoch, round_number
        self.changed: dict[tuple[int, str], bytes] = {}

    def items(self, kind: int, client: str) -> list[Any]:
        items: list[Any] = decode(delivered(self.player, kind, client, self.epoch, self.round))
        return items

    def change(self, kind: int, client: str, **fields: bytes) -> "Spoiled":
        items = self.items(kind, client)
        for field, value in fields.items():
            items[FIELDS[kind].index(field.replace("_", " ")) + 1] = value
        self.changed[kind, client] = encode(items)
        return self

    def json(self, name: str, outcome: int) -> dict[str, Any]:
        changed = {(STEP_OF[kind], client): data for (kind, client), data in self.changed.items()}
        assert outcome_of(self.player, self.epoch, self.round, changed) == outcome
        return {
            "name": name,
            "transcript": f"round/{self.player.name}.json",
            "epoch": self.epoch,
            "round": self.round,
            "answers": [{"step": step, "client": client, "message": data.hex()} for (step, client), data in changed.items()],
            "outcome": outcome,
        }

    def without_share(self, client: str, number: int) -> "Spoiled":
        """As an honest holder answers where that share did not decrypt."""
        shares = split(self.items(message.UNMASK, client)[7], 32)
        bits = (1 << len(shares)) - 1 - (1 << number)
        return self.change(message.UNMASK, client, decrypted=bytes([bits]), shares=b"".join(shares[:number] + shares[number + 1 :]))

    def with_other_share(self, client: str) -> "Spoiled":
        return self.change(message.UNMASK, client, shares=_flipped(self.items(message.UNMASK, client)[7], 0))

    def with_other_mask_key(self, client: str) -> "Spoiled":
        return self.change(message.ACKNOWLEDGE, client, mask_keys=_flipped(self.items(message.ACKNOWLEDGE, client)[6], 31))

    def with_other_zero(self, client: str) -> "Spoiled":
        """The last zero coordinate of the first segment is another."""
        segment = self.player.run.description.segments[0]
        payload = int.from_bytes(self.items(message.MASKED, client)[7], "little")
        payload ^= 1 << segment.bits * segment.padded_length - 1
        return self.change(message.MASKED, client, payload=payload.to_bytes(len(self.items(message.MASKED, client)[7]), "little"))


def _spoiled() -> list[dict[str, Any]]:
    def all_left() -> Spoiled:
        return Spoiled("five", EPOCH, ALL_LEFT)

    def one_less() -> Spoiled:
        return Spoiled("five", EPOCH, ONE_LESS)

    return [
        all_left().without_share(CLIENT, 0).json("one share did not decrypt, t are left", 0),
        all_left().without_share(CLIENT, 3).without_share("24", 2).json("one share each of two members did not decrypt", 0),
        all_left().without_share(CLIENT, 3).without_share("24", 3).json("two shares of one member did not decrypt", TOO_FEW_SHARES),
        one_less().without_share(CLIENT, 1).json("one share did not decrypt, t - 1 are left", TOO_FEW_SHARES),
        one_less().with_other_share(CLIENT).json("a share is another", DID_NOT_CANCEL),
        one_less().with_other_mask_key(CLIENT).json("a mask key is another", DID_NOT_CANCEL),
        all_left().with_other_zero(CLIENT).json("a zero coordinate is another", DID_NOT_CANCEL),
        Spoiled("five_no_recovery_sparse", 1, 1)
        .with_other_zero("4")
        .json("a zero coordinate is another, without recovery", DID_NOT_CANCEL),
    ]


def _repeats(player: Player) -> list[dict[str, Any]]:
    return [
        {
            "transcript": f"round/{player.name}.json",
            "step": STEP_OF[kind],
            "epoch": EPOCH,
            "round": ONE_LESS if of_round(kind) else None,
            "client": CLIENT,
            "message": delivered(player, kind, CLIENT, EPOCH, ONE_LESS).hex(),
        }
        for kind in (message.ADVERTISE, message.CONFIRM, message.MASKED, message.ACKNOWLEDGE, message.UNMASK)
    ]


def build() -> dict[str, Any]:
    opened = _opened(ALL_LEFT, _with_all_left) + _opened(ONE_LESS, _with_one_less)
    return {
        "about": ABOUT,
        "to_client": [*_confirmed(), *opened, *_acknowledged(), *_finished()],
        "to_server": _spoiled(),
        "repeats": _repeats(play("five")),
    }
