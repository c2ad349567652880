"""What section 7 refuses on a sparse graph: large sets with too few neighbours, small sets with enough."""

from typing import Any

from generator import message
from generator.cases.rounds import play
from generator.codec import split
from generator.errors import MALFORMED, TOO_FEW_ACKNOWLEDGEMENTS, TOO_FEW_INPUTS, TOO_FEW_NEIGHBOURS
from generator.place import Place, another, refusals
from generator.transcript import Player

TRANSCRIPT, CLIENT, EPOCH, ROUND = "eight_sparse", "105", 2, 2
NEIGHBOURS = (0, 1, 5, 7)
"""Of the client, at position 4. Position 6, which drops out, is none of them, so one more than the threshold of 3 is left."""
FAR = (0, 1, 2, 3, 4, 6)
"""As many members as min inputs, but only two of the client's neighbours."""
NEAR = (0, 1, 4, 5, 7)
"""The client and all its neighbours: one fewer than min inputs."""


def _place(player: Player, kind: int) -> Place:
    return Place(player, kind, CLIENT, EPOCH, ROUND)


def _keys(player: Player) -> Place:
    place = _place(player, message.KEYS)
    fresh = split(place.value("fresh keys"), 32)
    others = [bytes.fromhex(entry["public"]) for entry in player.epochs[1]["fresh"] if entry["id"] != CLIENT]
    place.change("fewer neighbours than t", {"members": place.members(*FAR), "fresh keys": b"".join(fresh[:2])}, TOO_FEW_NEIGHBOURS)
    place.change("the keys of everyone", {"fresh keys": b"".join(others)}, MALFORMED)
    return place


def _begin(player: Player) -> Place:
    place = _place(player, message.BEGIN)
    place.change("fewer neighbours than t", {"participants": place.members(*FAR)}, TOO_FEW_NEIGHBOURS)
    place.change("fewer than min inputs", {"participants": place.members(*NEAR)}, TOO_FEW_INPUTS)
    return place


def _survivors(player: Player) -> Place:
    place = _place(player, message.SURVIVORS)
    place.change("fewer neighbours than t", {"next": place.members(*FAR)}, TOO_FEW_NEIGHBOURS)
    place.change("fewer than min inputs", {"next": place.members(*NEAR)}, TOO_FEW_INPUTS)
    return place


def _open(player: Player) -> Place:
    place = _place(player, message.OPEN)
    tags = split(place.value("acknowledgements"), 16)
    forged = [bytes([tag[0] ^ 1]) + tag[1:] for tag in tags]
    place.change("t - 1 valid acknowledgements", {"acknowledgements": b"".join([*forged[:2], *tags[2:]])}, TOO_FEW_ACKNOWLEDGEMENTS)
    twice = {"acknowledgements": b"".join([tags[0], tags[0], tags[0], tags[0]])}
    place.change("one acknowledgement for all", twice, TOO_FEW_ACKNOWLEDGEMENTS)
    return place


def _masked(player: Player) -> Place:
    place = _place(player, message.MASKED)
    sealed = place.value("sealed")
    place.change("a share for everyone", {"sealed": sealed + sealed[: 3 * 48]}, MALFORMED)
    return place


def _acknowledge(player: Player) -> Place:
    place = _place(player, message.ACKNOWLEDGE)
    assert place.value("mask keys") == b""
    place.change("a mask key though no neighbour dropped out", {"mask keys": bytes(32)}, MALFORMED)
    return place


def build() -> dict[str, Any]:
    player = play(TRANSCRIPT)
    own = player.clients[player.positions[int(CLIENT)]]
    assert tuple(own.neighbours) == NEIGHBOURS
    assert player.run.description.min_inputs == len(FAR) > len(NEAR)
    places = [place(player) for place in (_keys, _begin, _survivors, _open, _masked, _acknowledge)]
    return refusals(player, places, [another(player, message.ACKNOWLEDGE, CLIENT, EPOCH, ROUND)])
