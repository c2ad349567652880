"""What section 7 refuses in a run without recovery: rounds that leave no honest neighbour, shares, and everything of recovery."""

from typing import Any

from generator import message
from generator.cases.rounds import play
from generator.codec import bitmap, split
from generator.errors import (
    MALFORMED,
    OUT_OF_ORDER,
    TOO_FEW_INPUTS,
    TOO_FEW_NEIGHBOURS,
    UNEXPECTED_KIND,
)
from generator.message import set_hash
from generator.place import Place, another, late, refusals
from generator.substitution import delivered
from generator.transcript import Player

TRANSCRIPT, CLIENT, EPOCH, ROUND = "five_no_recovery_sparse", "1", 1, 1
NEIGHBOURS = (2, 3)
"""Of the client, at position 0; one of them may collude."""
FAR = (0, 1, 2, 4)
"""As many members as min inputs, but only one of the client's neighbours."""
NEAR = (0, 2, 3)
"""The client and its neighbours: one fewer than min inputs."""


def _place(player: Player, kind: int) -> Place:
    return Place(player, kind, CLIENT, EPOCH, ROUND)


def _keys(player: Player) -> Place:
    place = _place(player, message.KEYS)
    fresh = split(place.value("fresh keys"), 32)
    place.change("c neighbours", {"members": place.members(*FAR), "fresh keys": fresh[0]}, TOO_FEW_NEIGHBOURS)
    return place


def _begin(player: Player) -> Place:
    place = _place(player, message.BEGIN)
    place.change("c neighbours", {"participants": place.members(*FAR)}, TOO_FEW_NEIGHBOURS)
    place.change("fewer than min inputs", {"participants": place.members(*NEAR)}, TOO_FEW_INPUTS)
    return place


def _masked(player: Player) -> Place:
    place = _place(player, message.MASKED)
    assert place.value("salt") == place.value("sealed") == b""
    place.change("a salt", {"salt": bytes(16)}, MALFORMED)
    place.change("sealed shares", {"sealed": bytes(48 * len(NEIGHBOURS))}, MALFORMED)
    place.change("a salt and sealed shares", {"salt": bytes(16), "sealed": bytes(48 * len(NEIGHBOURS))}, MALFORMED)
    return place


def _after_masking(player: Player) -> list[dict[str, Any]]:
    """Messages of recovery, well-formed but for the mode of the run."""
    h = bytes.fromhex(player.rounds[0]["h"])
    everyone, fewer = (bitmap(player.server.n, members) for members in (set(range(5)), {0, 2, 3, 4}))
    digest = set_hash(player.run.hash, fewer)

    def made(kind: int, *items: bytes | int) -> bytes:
        return message.message(kind, player.run.hash, EPOCH, ROUND, h, *items)

    begun, masked = ((kind, CLIENT, EPOCH, ROUND) for kind in (message.BEGIN, message.MASKED))
    sealed, tags = bytes(64 * len(NEIGHBOURS)), bytes(16 * len(NEIGHBOURS))
    acknowledged = made(message.ACKNOWLEDGE, digest, b"", tags)
    unmasked = made(message.UNMASK, set_hash(player.run.hash, everyone), b"\x03", bytes(32 * len(NEIGHBOURS)))
    return [
        late(begun, "survivors without recovery", made(message.SURVIVORS, 1, everyone, fewer), OUT_OF_ORDER),
        late(begun, "open without recovery", made(message.OPEN, everyone, sealed, b""), OUT_OF_ORDER),
        late(masked, "acknowledge without recovery", acknowledged, UNEXPECTED_KIND, OUT_OF_ORDER),
        late(masked, "unmask without recovery", unmasked, UNEXPECTED_KIND, OUT_OF_ORDER),
        another(player, *masked),
    ]


def _after_finishing(player: Player) -> list[dict[str, Any]]:
    """What would open a second sum over the same inputs."""
    finished = (message.FINISHED, CLIENT, EPOCH, ROUND)
    return [late(finished, "finished again", delivered(player, *finished), OUT_OF_ORDER)]


def build() -> dict[str, Any]:
    player = play(TRANSCRIPT)
    description = player.run.description
    assert tuple(player.clients[0].neighbours) == NEIGHBOURS
    assert description.min_inputs == len(FAR) > len(NEAR)
    assert description.colluders == len(set(FAR) & set(NEIGHBOURS)) < len(set(NEAR) & set(NEIGHBOURS))
    places = [place(player) for place in (_keys, _begin, _masked)]
    return refusals(player, places, _after_masking(player) + _after_finishing(player))
