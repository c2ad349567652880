"""Messages in canonical encoding that section 7 refuses in the place of a valid one, on a complete graph with recovery."""

from typing import Any

from generator import message
from generator.cases.rounds import play
from generator.codec import bitmap, decode, split, u64le
from generator.draw import draw
from generator.errors import (
    LOW_ORDER,
    MALFORMED,
    NOT_CONFIRMED,
    NOT_IN_SET,
    NOT_NESTED,
    OUT_OF_ORDER,
    REPEATED_KEY,
    TOO_FEW_ACKNOWLEDGEMENTS,
    TOO_FEW_INPUTS,
    TOO_FEW_NEIGHBOURS,
    TOO_MANY_PASSES,
    WRONG_CONTEXT,
    WRONG_EPOCH,
    WRONG_ROUND,
    WRONG_SET,
)
from generator.field import P
from generator.message import set_hash
from generator.place import Place, another, late, refusals
from generator.substitution import delivered
from generator.transcript import Player

TRANSCRIPT, CLIENT = "five", "3"
OWN, DROPPED, LAST = 0, 1, 4
"""Positions in the transcript: the client, who drops out in round 2 of epoch 5, the last."""


def _place(player: Player, kind: int, epoch: int = 5, round_number: int = 2) -> Place:
    return Place(player, kind, CLIENT, epoch, round_number)


def _invite(player: Player) -> Place:
    place = _place(player, message.INVITE)
    place.change("the last epoch again", {"epoch": 1}, WRONG_EPOCH)
    return place


def _keys(player: Player) -> Place:
    place = _place(player, message.KEYS)
    fresh = split(place.value("fresh keys"), 32)
    own = next(entry["public"] for entry in player.epochs[1]["fresh"] if entry["id"] == CLIENT)
    statics = [member.static.public for member in player.run.members]

    def with_first(key: bytes) -> dict[str, Any]:
        return {"fresh keys": b"".join([key, *fresh[1:]])}

    few = {"members": place.members(OWN, 1, 2), "fresh keys": b"".join(fresh[:2])}
    place.change("fewer neighbours than t", few, TOO_FEW_NEIGHBOURS)
    place.change("a key too few", {"fresh keys": b"".join(fresh[:3])}, MALFORMED)
    place.change("a key too many", {"fresh keys": b"".join([*fresh, draw("one more", 31) + b"\x00"])}, MALFORMED)
    place.change("a key of low order", with_first(bytes(32)), LOW_ORDER)
    place.change("a key of low order, 1", with_first(b"\x01" + bytes(31)), LOW_ORDER)
    place.change("a key not in its canonical encoding", with_first(fresh[0][:31] + bytes([fresh[0][31] | 0x80])), MALFORMED)
    place.change("the receiver's fresh key", with_first(bytes.fromhex(own)), REPEATED_KEY)
    place.change("the receiver's static key", with_first(statics[OWN]), REPEATED_KEY)
    place.change("the sender's static key", with_first(statics[1]), REPEATED_KEY)
    place.change("another neighbour's static key", with_first(statics[LAST]), REPEATED_KEY)
    place.change("another neighbour's fresh key", with_first(fresh[1]), REPEATED_KEY)
    return place


def _confirmations(player: Player) -> Place:
    place = _place(player, message.CONFIRMATIONS)
    tags = split(place.value("tags"), 16)
    place.change("a tag too few", {"tags": b"".join(tags[:3])}, MALFORMED)
    place.change("a tag too many", {"tags": b"".join([*tags, tags[0]])}, MALFORMED)
    return place


def _begin_of_first_epoch(player: Player) -> Place:
    place = _place(player, message.BEGIN, epoch=1, round_number=1)
    place.change("a neighbour that is not confirmed", {"participants": place.everyone()}, NOT_CONFIRMED)
    place.change("round 0", {"round": 0}, MALFORMED, WRONG_ROUND)
    return place


def _begin(player: Player) -> Place:
    place = _place(player, message.BEGIN)
    place.change("the last round again", {"round": 1}, WRONG_ROUND)
    place.change("above max rounds", {"round": 1001}, WRONG_ROUND)
    place.change("the receiver takes no part", {"participants": place.members(1, 2, 3, 4)}, NOT_IN_SET)
    place.change("fewer neighbours than t", {"participants": place.members(OWN, 1, 2)}, TOO_FEW_NEIGHBOURS)
    place.change("nobody else", {"participants": place.members(OWN)}, TOO_FEW_NEIGHBOURS, TOO_FEW_INPUTS)
    place.change("nobody", {"participants": place.members()}, NOT_IN_SET, TOO_FEW_NEIGHBOURS, TOO_FEW_INPUTS)
    place.change("another context", {"context": draw("another context", 32)}, WRONG_CONTEXT)
    return place


def _survivors(player: Player) -> Place:
    place = _place(player, message.SURVIVORS)
    everyone, following = place.value("previous"), place.value("next")
    place.change("pass 2 first", {"pass": 2}, OUT_OF_ORDER)
    place.change("pass above max passes", {"pass": 4}, OUT_OF_ORDER, TOO_MANY_PASSES)
    place.change("another previous set", {"previous": place.members(OWN, 1, 2, 3)}, NOT_NESTED, WRONG_SET)
    place.change("the sets swapped", {"previous": following, "next": everyone}, NOT_NESTED, WRONG_SET)
    place.change("the same set", {"next": everyone}, NOT_NESTED)
    place.change("the receiver is not in it", {"next": place.members(1, 2, 3, 4)}, NOT_IN_SET)
    place.change("fewer neighbours than t", {"next": place.members(OWN, 2, 3)}, TOO_FEW_NEIGHBOURS)
    place.change("only the receiver", {"next": place.members(OWN)}, TOO_FEW_NEIGHBOURS, TOO_FEW_INPUTS)
    return place


def _open(player: Player) -> Place:
    place = _place(player, message.OPEN)
    sealed, tags = split(place.value("sealed"), 64), split(place.value("acknowledgements"), 16)
    forged = bytes([tags[0][0] ^ 1]) + tags[0][1:]
    all_sealed = b"".join([sealed[0], *sealed])
    wider = {"set": place.everyone(), "sealed": all_sealed, "acknowledgements": b""}
    smaller = {"set": place.members(OWN, 2, 3), "sealed": b"".join(sealed[:2]), "acknowledgements": b"".join(tags[:2])}
    place.change("all participants again", wider, WRONG_SET)
    place.change("a smaller set", smaller, WRONG_SET)
    other = place.members(OWN, DROPPED, 2, 3)
    place.change("another set of that size", {"set": other}, WRONG_SET)
    place.change("without acknowledgements", {"acknowledgements": b""}, MALFORMED, TOO_FEW_ACKNOWLEDGEMENTS)
    place.change("one acknowledgement forged", {"acknowledgements": b"".join([forged, *tags[1:]])}, TOO_FEW_ACKNOWLEDGEMENTS)
    place.change("two acknowledgements swapped", {"acknowledgements": b"".join([tags[1], tags[0], *tags[2:]])}, TOO_FEW_ACKNOWLEDGEMENTS)
    own = delivered(player, message.ACKNOWLEDGE, CLIENT, 5, 2)
    reflected = split(decode(own)[7], 16)
    place.change("the receiver's own acknowledgements", {"acknowledgements": b"".join(reflected)}, TOO_FEW_ACKNOWLEDGEMENTS)
    place.change("a share too few", {"sealed": b"".join(sealed[:2])}, MALFORMED)
    place.change("an acknowledgement too few", {"acknowledgements": b"".join(tags[:2])}, MALFORMED, TOO_FEW_ACKNOWLEDGEMENTS)
    return place


def _open_of_all(player: Player) -> Place:
    place = _place(player, message.OPEN, round_number=7)
    tags = split(decode(_sent(player, message.ACKNOWLEDGE))[7], 16)
    place.change("acknowledgements of the set of all participants", {"acknowledgements": b"".join([tags[0], *tags])}, MALFORMED)
    return place


def _finished(player: Player) -> Place:
    return _place(player, message.FINISHED)


def _advertise(player: Player) -> Place:
    place = _place(player, message.ADVERTISE)
    key = place.value("fresh key")
    place.change("a key of low order", {"fresh key": bytes(32)}, LOW_ORDER)
    place.change("a key not in its canonical encoding", {"fresh key": key[:31] + bytes([key[31] | 0x80])}, MALFORMED)
    return place


def _confirm(player: Player) -> Place:
    place = _place(player, message.CONFIRM)
    tags = split(place.value("tags"), 16)
    place.change("a tag too few", {"tags": b"".join(tags[1:])}, MALFORMED)
    place.change("a tag too many", {"tags": b"".join([*tags, tags[0]])}, MALFORMED)
    return place


def _masked(player: Player) -> Place:
    place = _place(player, message.MASKED)
    sealed = split(place.value("sealed"), 48)
    place.change("a share too few", {"sealed": b"".join(sealed[1:])}, MALFORMED)
    place.change("a share too many", {"sealed": b"".join([*sealed, sealed[0]])}, MALFORMED)
    return place


def _other_sets(place: Place) -> None:
    everyone = set_hash(place.player.run.hash, place.everyone())
    place.change("the hash of all participants", {"set hash": everyone}, WRONG_SET)
    place.change("the hash of no set", {"set hash": bytes(32)}, WRONG_SET)


def _acknowledge(player: Player) -> Place:
    place = _place(player, message.ACKNOWLEDGE)
    keys, tags = split(place.value("mask keys"), 32), split(place.value("acknowledgements"), 16)
    _other_sets(place)
    place.change("a mask key too few", {"mask keys": b"".join(keys[1:])}, MALFORMED)
    place.change("a mask key too many", {"mask keys": b"".join([*keys, keys[0]])}, MALFORMED)
    place.change("an acknowledgement too few", {"acknowledgements": b"".join(tags[1:])}, MALFORMED)
    return place


def _unmask(player: Player) -> Place:
    place = _place(player, message.UNMASK)
    shares = split(place.value("shares"), 32)
    _other_sets(place)
    place.change("a share too few", {"shares": b"".join(shares[1:])}, MALFORMED)
    place.change("a share too many", {"shares": b"".join([*shares, shares[0]])}, MALFORMED)
    place.change("fewer bits than shares", {"decrypted": b"\x03"}, MALFORMED)
    place.change("more bits than shares", {"shares": b"".join(shares[:2])}, MALFORMED)
    place.change("an element of p", {"shares": b"".join([u64le(P) + shares[0][8:], *shares[1:]])}, MALFORMED)
    place.change("an element of 2^64 - 1", {"shares": b"".join([*shares[:2], shares[2][:24] + u64le(2**64 - 1)])}, MALFORMED)
    return place


PLACES = (
    *(_invite, _keys, _confirmations, _begin_of_first_epoch, _begin, _survivors, _open, _open_of_all, _finished),
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
    """After which message of which round in epoch 5, what comes too late, too early or twice, errors."""
    first, later = _sent(player, message.BEGIN, 1, 1), _sent(player, message.BEGIN)
    keys, confirmations = _sent(player, message.KEYS), _sent(player, message.CONFIRMATIONS)
    survivors, opening, finished = (_sent(player, kind) for kind in (message.SURVIVORS, message.OPEN, message.FINISHED))
    tried: list[tuple[int, int, str, bytes, list[int]]] = [
        (message.INVITE, 2, "invite again", _sent(player, message.INVITE), [WRONG_EPOCH]),
        (message.INVITE, 2, "invite of the epoch before", _sent(player, message.INVITE, 1), [WRONG_EPOCH]),
        (message.INVITE, 2, "keys of the epoch before", _sent(player, message.KEYS, 1), [WRONG_EPOCH]),
        (message.INVITE, 2, "begin of the epoch before", first, [WRONG_EPOCH, OUT_OF_ORDER]),
        (message.INVITE, 2, "confirmations before keys", confirmations, [OUT_OF_ORDER]),
        (message.INVITE, 2, "begin before keys", later, [OUT_OF_ORDER]),
        (message.KEYS, 2, "keys again", keys, [OUT_OF_ORDER]),
        (message.KEYS, 2, "begin before confirmations", later, [OUT_OF_ORDER]),
        (message.CONFIRMATIONS, 2, "keys again", keys, [OUT_OF_ORDER]),
        (message.CONFIRMATIONS, 2, "confirmations again", confirmations, [OUT_OF_ORDER]),
        (message.CONFIRMATIONS, 2, "survivors before begin", survivors, [OUT_OF_ORDER, WRONG_ROUND]),
        (message.CONFIRMATIONS, 2, "open before begin", opening, [OUT_OF_ORDER, WRONG_ROUND]),
        (message.CONFIRMATIONS, 2, "finished before begin", finished, [OUT_OF_ORDER, WRONG_ROUND]),
        (message.BEGIN, 2, "begin again", later, [WRONG_ROUND]),
        (message.BEGIN, 2, "begin of the epoch before", first, [WRONG_EPOCH]),
        (message.BEGIN, 2, "keys after begin", keys, [OUT_OF_ORDER]),
        (message.BEGIN, 2, "open of the smaller set before it is acknowledged", opening, [WRONG_SET]),
        (message.SURVIVORS, 2, "survivors again", survivors, [OUT_OF_ORDER]),
        (message.SURVIVORS, 2, "begin again", later, [WRONG_ROUND]),
        (message.OPEN, 2, "open again", opening, [OUT_OF_ORDER]),
        (message.OPEN, 2, "survivors after open", survivors, [OUT_OF_ORDER]),
        (message.OPEN, 2, "begin again", later, [WRONG_ROUND]),
        (message.OPEN, 7, "survivors after open of all participants", _shrunk(player, 5, 7), [OUT_OF_ORDER]),
        (message.OPEN, 7, "open again", _sent(player, message.OPEN, 5, 7), [OUT_OF_ORDER]),
        (message.FINISHED, 2, "finished again", finished, [OUT_OF_ORDER]),
        (message.FINISHED, 2, "open after finished", opening, [OUT_OF_ORDER]),
        (message.FINISHED, 2, "survivors after finished", survivors, [OUT_OF_ORDER]),
        (message.FINISHED, 2, "begin again", later, [WRONG_ROUND]),
        (message.FINISHED, 7, "survivors after finished", _shrunk(player, 5, 7), [OUT_OF_ORDER]),
        (message.BEGIN, 3, "survivors of the round before", survivors, [WRONG_ROUND]),
        (message.BEGIN, 3, "open of the round before", opening, [WRONG_ROUND]),
        (message.BEGIN, 3, "finished of the round before", finished, [WRONG_ROUND]),
    ]
    return [late((kind, CLIENT, 5, number), name, data, *errors) for kind, number, name, data, errors in tried]


def _late_to_server(player: Player) -> list[dict[str, Any]]:
    kinds = (message.ADVERTISE, message.CONFIRM, message.MASKED, message.ACKNOWLEDGE, message.UNMASK)
    return [another(player, kind, CLIENT, 5, 2) for kind in kinds]


def build() -> dict[str, Any]:
    player = play(TRANSCRIPT)
    return refusals(player, [place(player) for place in PLACES], _late_to_client(player) + _late_to_server(player))
