"""Messages in canonical encoding that section 7 refuses in the place of a valid one."""

from typing import Any

from generator import message
from generator.cases.rounds import play
from generator.codec import bitmap, decode, encode, split
from generator.draw import draw
from generator.message import set_hash
from generator.substitution import ABOUT, FIELDS, STEP_OF, Refused, case, delivered, of_round
from generator.transcript import Player

TRANSCRIPT, CLIENT = "five", "3"
OWN, DROPPED, UNCONFIRMED, LAST = 0, 1, 3, 4
"""Positions in the transcript: the client, who drops out in round 2 of epoch 5, who does not confirm in epoch 1, the last."""

MALFORMED, UNEXPECTED_KIND, LOW_ORDER, REPEATED, UNCONFIRMED_KEYS = 301, 304, 402, 403, 406
OUT_OF_ORDER, RUN, EPOCH, ROUND, CONTEXT, NOT_NESTED, NOT_IN_SET = 501, 502, 503, 504, 505, 506, 507
FEW_NEIGHBOURS, FEW_INPUTS, PASSES, SET, ACKNOWLEDGEMENTS = 508, 509, 510, 511, 512
DUPLICATE = 514
OTHER_ROUND = [ROUND, CONTEXT, SET]
"""What another h may be called: it is another round, another context and another set at once."""

Change = tuple[str, dict[str, Any], list[int]]
"""Name, new values of fields, errors."""


class Place:
    """One message of the transcript and the changes that are tried in its place."""

    def __init__(self, player: Player, kind: int, epoch: int = 5, round_number: int = 2) -> None:
        self.player, self.kind, self.epoch, self.round = player, kind, epoch, round_number
        self.items = decode(delivered(player, kind, CLIENT, epoch, round_number))
        self.refused: list[Refused] = []
        self.n = player.server.n
        self._common()

    def value(self, name: str) -> Any:
        return self.items[FIELDS[self.kind].index(name) + 1]

    def change(self, name: str, values: dict[str, Any], *errors: int) -> None:
        items = list(self.items)
        for changed, value in values.items():
            items[FIELDS[self.kind].index(changed) + 1] = value
        self.refused.append(Refused(name, encode(items), list(errors)))

    def members(self, *positions: int) -> bytes:
        return bitmap(self.n, set(positions))

    def _common(self) -> None:
        """What every message can have wrong."""
        self.change("another run", {"run": draw("another run", 32)}, RUN)
        if self.kind != message.INVITE:
            self.change("epoch before", {"epoch": self.epoch - 1}, *([MALFORMED, EPOCH] if self.epoch == 1 else [EPOCH]))
            self.change("epoch after", {"epoch": self.epoch + 1}, EPOCH)
        if "round" in FIELDS[self.kind] and self.kind != message.BEGIN:
            self.change("round before", {"round": self.round - 1}, *([MALFORMED, ROUND] if self.round == 1 else [ROUND]))
            self.change("round after", {"round": self.round + 1}, ROUND)
        if "h" in FIELDS[self.kind]:
            self.change("another h", {"h": draw("another h", 32)}, *OTHER_ROUND)
        other = message.FINISHED if self.kind == message.INVITE else message.INVITE
        if self.kind < message.INVITE:
            other = message.CONFIRM if self.kind == message.ADVERTISE else message.ADVERTISE
        epoch, round_number = (1, 1) if other == message.INVITE or self.epoch == 1 else (self.epoch, self.round)
        wrong_kind = delivered(self.player, other, CLIENT, epoch, round_number)
        self.refused.append(Refused(f"a message of kind {other}", wrong_kind, [UNEXPECTED_KIND, OUT_OF_ORDER, EPOCH, ROUND]))

    def json(self) -> dict[str, Any]:
        return case(self.player, self.kind, CLIENT, self.epoch, self.round, self.refused)


def _invite(player: Player) -> Place:
    place = Place(player, message.INVITE)
    place.change("the last epoch again", {"epoch": 1}, EPOCH)
    return place


def _keys(player: Player) -> Place:
    place = Place(player, message.KEYS)
    fresh = split(place.value("fresh keys"), 32)
    own = next(entry["public"] for entry in player.epochs[1]["fresh"] if entry["id"] == CLIENT)
    statics = [member.static.public for member in player.run.members]

    def with_first(key: bytes) -> dict[str, Any]:
        return {"fresh keys": b"".join([key, *fresh[1:]])}

    few = {"members": place.members(OWN, 1, 2), "fresh keys": b"".join(fresh[:2])}
    place.change("fewer neighbours than t", few, FEW_NEIGHBOURS)
    place.change("a key too few", {"fresh keys": b"".join(fresh[:3])}, MALFORMED)
    place.change("a key too many", {"fresh keys": b"".join([*fresh, draw("one more", 31) + b"\x00"])}, MALFORMED)
    place.change("a key of low order", with_first(bytes(32)), LOW_ORDER)
    place.change("a key of low order, 1", with_first(b"\x01" + bytes(31)), LOW_ORDER)
    place.change("a key not in its canonical encoding", with_first(fresh[0][:31] + bytes([fresh[0][31] | 0x80])), MALFORMED)
    place.change("the receiver's fresh key", with_first(bytes.fromhex(own)), REPEATED)
    place.change("the receiver's static key", with_first(statics[OWN]), REPEATED)
    place.change("the sender's static key", with_first(statics[1]), REPEATED)
    place.change("another neighbour's static key", with_first(statics[LAST]), REPEATED)
    place.change("another neighbour's fresh key", with_first(fresh[1]), REPEATED)
    return place


def _confirmations(player: Player) -> Place:
    place = Place(player, message.CONFIRMATIONS)
    tags = split(place.value("tags"), 16)
    place.change("a tag too few", {"tags": b"".join(tags[:3])}, MALFORMED)
    place.change("a tag too many", {"tags": b"".join([*tags, tags[0]])}, MALFORMED)
    return place


def _begin_of_first_epoch(player: Player) -> Place:
    place = Place(player, message.BEGIN, epoch=1, round_number=1)
    everyone = place.members(*range(place.n))
    place.change("a neighbour that is not confirmed", {"participants": everyone}, UNCONFIRMED_KEYS)
    place.change("round 0", {"round": 0}, MALFORMED, ROUND)
    return place


def _begin(player: Player) -> Place:
    place = Place(player, message.BEGIN)
    place.change("the last round again", {"round": 1}, ROUND)
    place.change("above max rounds", {"round": 1001}, ROUND)
    place.change("the receiver takes no part", {"participants": place.members(1, 2, 3, 4)}, NOT_IN_SET)
    place.change("fewer neighbours than t", {"participants": place.members(OWN, 1, 2)}, FEW_NEIGHBOURS)
    place.change("nobody else", {"participants": place.members(OWN)}, FEW_NEIGHBOURS, FEW_INPUTS)
    place.change("nobody", {"participants": place.members()}, NOT_IN_SET, FEW_NEIGHBOURS, FEW_INPUTS)
    place.change("another context", {"context": draw("another context", 32)}, CONTEXT)
    return place


def _survivors(player: Player) -> Place:
    place = Place(player, message.SURVIVORS)
    everyone, following = place.value("previous"), place.value("next")
    place.change("pass 2 first", {"pass": 2}, OUT_OF_ORDER, PASSES)
    place.change("pass above max passes", {"pass": 4}, OUT_OF_ORDER, PASSES)
    place.change("another previous set", {"previous": place.members(OWN, 1, 2, 3)}, NOT_NESTED, SET)
    place.change("the sets swapped", {"previous": following, "next": everyone}, NOT_NESTED, SET)
    place.change("the same set", {"next": everyone}, NOT_NESTED)
    place.change("the receiver is not in it", {"next": place.members(1, 2, 3, 4)}, NOT_IN_SET)
    place.change("fewer neighbours than t", {"next": place.members(OWN, 2, 3)}, FEW_NEIGHBOURS)
    place.change("only the receiver", {"next": place.members(OWN)}, FEW_NEIGHBOURS, FEW_INPUTS)
    return place


def _open(player: Player) -> Place:
    place = Place(player, message.OPEN)
    sealed, tags = split(place.value("sealed"), 64), split(place.value("acknowledgements"), 16)
    forged = bytes([tags[0][0] ^ 1]) + tags[0][1:]
    all_sealed = b"".join([sealed[0], *sealed])
    wider = {"set": place.members(*range(place.n)), "sealed": all_sealed, "acknowledgements": b""}
    smaller = {"set": place.members(OWN, 2, 3), "sealed": b"".join(sealed[:2]), "acknowledgements": b"".join(tags[:2])}
    place.change("all participants again", wider, SET)
    place.change("a smaller set", smaller, SET)
    other = place.members(OWN, DROPPED, 2, 3)
    place.change("another set of that size", {"set": other}, SET)
    place.change("without acknowledgements", {"acknowledgements": b""}, MALFORMED, ACKNOWLEDGEMENTS)
    place.change("one acknowledgement forged", {"acknowledgements": b"".join([forged, *tags[1:]])}, ACKNOWLEDGEMENTS)
    place.change("two acknowledgements swapped", {"acknowledgements": b"".join([tags[1], tags[0], *tags[2:]])}, ACKNOWLEDGEMENTS)
    own = delivered(player, message.ACKNOWLEDGE, CLIENT, 5, 2)
    reflected = split(decode(own)[7], 16)
    place.change("the receiver's own acknowledgements", {"acknowledgements": b"".join(reflected)}, ACKNOWLEDGEMENTS)
    place.change("a share too few", {"sealed": b"".join(sealed[:2])}, MALFORMED)
    place.change("an acknowledgement too few", {"acknowledgements": b"".join(tags[:2])}, MALFORMED, ACKNOWLEDGEMENTS)
    return place


def _finished(player: Player) -> Place:
    return Place(player, message.FINISHED)


def _advertise(player: Player) -> Place:
    place = Place(player, message.ADVERTISE)
    key = place.value("fresh key")
    place.change("a key of low order", {"fresh key": bytes(32)}, LOW_ORDER)
    place.change("a key not in its canonical encoding", {"fresh key": key[:31] + bytes([key[31] | 0x80])}, MALFORMED)
    return place


def _confirm(player: Player) -> Place:
    place = Place(player, message.CONFIRM)
    tags = split(place.value("tags"), 16)
    place.change("a tag too few", {"tags": b"".join(tags[1:])}, MALFORMED)
    place.change("a tag too many", {"tags": b"".join([*tags, tags[0]])}, MALFORMED)
    return place


def _masked(player: Player) -> Place:
    place = Place(player, message.MASKED)
    sealed = split(place.value("sealed"), 48)
    place.change("a share too few", {"sealed": b"".join(sealed[1:])}, MALFORMED)
    place.change("a share too many", {"sealed": b"".join([*sealed, sealed[0]])}, MALFORMED)
    return place


def _other_sets(place: Place) -> None:
    everyone = set_hash(place.player.run.hash, place.members(*range(place.n)))
    place.change("the hash of all participants", {"set hash": everyone}, SET)
    place.change("the hash of no set", {"set hash": bytes(32)}, SET)


def _acknowledge(player: Player) -> Place:
    place = Place(player, message.ACKNOWLEDGE)
    keys, tags = split(place.value("mask keys"), 32), split(place.value("acknowledgements"), 16)
    _other_sets(place)
    place.change("a mask key too few", {"mask keys": b"".join(keys[1:])}, MALFORMED)
    place.change("a mask key too many", {"mask keys": b"".join([*keys, keys[0]])}, MALFORMED)
    place.change("an acknowledgement too few", {"acknowledgements": b"".join(tags[1:])}, MALFORMED)
    return place


def _unmask(player: Player) -> Place:
    place = Place(player, message.UNMASK)
    shares = split(place.value("shares"), 32)
    _other_sets(place)
    place.change("a share too few", {"shares": b"".join(shares[1:])}, MALFORMED)
    place.change("a share too many", {"shares": b"".join([*shares, shares[0]])}, MALFORMED)
    place.change("fewer bits than shares", {"decrypted": b"\x03"}, MALFORMED)
    return place


PLACES = (
    *(_invite, _keys, _confirmations, _begin_of_first_epoch, _begin, _survivors, _open, _finished),
    *(_advertise, _confirm, _masked, _acknowledge, _unmask),
)


def _sent(player: Player, kind: int, epoch: int = 5, round_number: int = 2) -> bytes:
    return delivered(player, kind, CLIENT, epoch, round_number)


def _shrunk(player: Player, epoch: int, round_number: int) -> bytes:
    """A first shrinking of a round in which nobody is missing."""
    record = next(record for record in player.rounds if (record["epoch"], record["round"]) == (epoch, round_number))
    everyone = set(range(player.server.n))
    sets = (bitmap(player.server.n, members) for members in (everyone, everyone - {DROPPED}))
    return message.message(message.SURVIVORS, player.run.hash, epoch, round_number, bytes.fromhex(record["h"]), 1, *sets)


def _late_to_client(player: Player) -> list[dict[str, Any]]:
    """After which message of which epoch and round, what comes too late, too early or twice, errors."""
    first, later = _sent(player, message.BEGIN, 1, 1), _sent(player, message.BEGIN)
    keys, confirmations = _sent(player, message.KEYS), _sent(player, message.CONFIRMATIONS)
    survivors, opening, finished = (_sent(player, kind) for kind in (message.SURVIVORS, message.OPEN, message.FINISHED))
    again = [OUT_OF_ORDER, NOT_NESTED, SET, PASSES]
    tried: list[tuple[int, int, str, bytes, list[int]]] = [
        (message.INVITE, 2, "invite again", _sent(player, message.INVITE), [EPOCH]),
        (message.INVITE, 2, "invite of the epoch before", _sent(player, message.INVITE, 1), [EPOCH]),
        (message.INVITE, 2, "keys of the epoch before", _sent(player, message.KEYS, 1), [EPOCH]),
        (message.INVITE, 2, "begin of the epoch before", first, [EPOCH, OUT_OF_ORDER]),
        (message.INVITE, 2, "confirmations before keys", confirmations, [OUT_OF_ORDER]),
        (message.INVITE, 2, "begin before keys", later, [OUT_OF_ORDER]),
        (message.KEYS, 2, "keys again", keys, [OUT_OF_ORDER]),
        (message.KEYS, 2, "begin before confirmations", later, [OUT_OF_ORDER]),
        (message.CONFIRMATIONS, 2, "keys again", keys, [OUT_OF_ORDER]),
        (message.CONFIRMATIONS, 2, "confirmations again", confirmations, [OUT_OF_ORDER]),
        (message.CONFIRMATIONS, 2, "survivors before begin", survivors, [OUT_OF_ORDER, *OTHER_ROUND]),
        (message.CONFIRMATIONS, 2, "open before begin", opening, [OUT_OF_ORDER, *OTHER_ROUND]),
        (message.BEGIN, 2, "begin again", later, [ROUND]),
        (message.BEGIN, 2, "begin of the epoch before", first, [EPOCH]),
        (message.BEGIN, 2, "keys after begin", keys, [OUT_OF_ORDER]),
        (message.BEGIN, 2, "open of the smaller set before it is acknowledged", opening, [SET]),
        (message.SURVIVORS, 2, "the same survivors again", survivors, again),
        (message.SURVIVORS, 2, "begin again", later, [ROUND]),
        (message.OPEN, 2, "open again", opening, [OUT_OF_ORDER]),
        (message.OPEN, 2, "survivors after open", survivors, again),
        (message.OPEN, 7, "survivors after open of all participants", _shrunk(player, 5, 7), [OUT_OF_ORDER]),
        (message.OPEN, 7, "open again", _sent(player, message.OPEN, 5, 7), [OUT_OF_ORDER]),
        (message.FINISHED, 2, "open after finished", opening, [OUT_OF_ORDER]),
        (message.FINISHED, 2, "survivors after finished", survivors, again),
        (message.FINISHED, 2, "begin again", later, [ROUND]),
        (message.FINISHED, 7, "survivors after finished", _shrunk(player, 5, 7), [OUT_OF_ORDER]),
        (message.BEGIN, 3, "survivors of the round before", survivors, [ROUND, *OTHER_ROUND]),
        (message.BEGIN, 3, "open of the round before", opening, [ROUND, *OTHER_ROUND]),
        (message.BEGIN, 3, "finished of the round before", finished, [ROUND]),
    ]
    return [_late(kind, round_number, name, data, errors) for kind, round_number, name, data, errors in tried]


def _late(kind: int, round_number: int, name: str, data: bytes, errors: list[int]) -> dict[str, Any]:
    return {
        "name": name,
        "to": "client" if kind >= message.INVITE else "server",
        "step": STEP_OF[kind],
        "epoch": 5,
        "round": round_number if of_round(kind) else None,
        "client": CLIENT,
        "message": data.hex(),
        "errors": sorted(set(errors)),
    }


def _late_to_server(player: Player) -> list[dict[str, Any]]:
    """Second answers of a client that differ from its first in one byte of their content."""
    found = []
    for kind in (message.ADVERTISE, message.CONFIRM, message.MASKED, message.ACKNOWLEDGE, message.UNMASK):
        items = decode(_sent(player, kind))
        items[-1] = bytes([items[-1][0] ^ 1]) + items[-1][1:]
        name = f"another {message.NAMES[kind]} after the first"
        found.append(_late(kind, 2, name, encode(items), [DUPLICATE, OUT_OF_ORDER]))
    return found


def build() -> dict[str, Any]:
    player = play(TRANSCRIPT)
    return {
        "about": ABOUT,
        "late": "message comes when the valid message of that step was delivered to `client`, or its answer to the server.",
        "transcript": f"round/{TRANSCRIPT}.json",
        "messages": [place(player).json() for place in PLACES],
        "late_messages": _late_to_client(player) + _late_to_server(player),
    }
