"""Intersections of the parties' sets, several of them at a time."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from cloakwork.fsc.computation import Failure
from cloakwork.psi import Party
from cloakwork.secagg import sha256

if TYPE_CHECKING:
    from cloakwork.fsc.computation import Group

# Threads that share the exponentiations, and items from which on that is worth it.
_THREADS = min(4, os.cpu_count() or 1)
_MANY = 256
_LENGTH = struct.Struct("<I")


async def intersection(group: Group, own: Collection[str], padded_size: int | None) -> list[str]:
    """The items that all parties' sets hold, sorted: docs/psi.md.

    Args:
        group: the parties, two or more.
        own: the set of this party.
        padded_size: to which all sets are filled up, so that no size shows; the same at all parties, or None.
    """
    party = _party(group, 0, own, padded_size, size_only=False)
    await _run(group, [party])
    # All items are text here.
    return sorted(map(str, party.common))


async def intersection_sizes(group: Group, own: Sequence[Collection[str]], padded_size: int | None) -> list[int]:
    """How many items all parties' sets hold, for several sets of each party side by side in the same rounds.

    Args:
        group: the parties, two or more.
        own: the sets of this party; equally many of each party.
        padded_size: to which all sets are filled up, so that no size shows; the same at all parties, or None.
    """
    parties = [_party(group, place, items, padded_size, size_only=True) for place, items in enumerate(own)]
    await _run(group, parties)
    return [party.size for party in parties]


def _party(group: Group, place: int, items: Collection[str], padded_size: int | None, *, size_only: bool) -> Party:
    run = sha256(b"cloakwork intersection" + group.session + place.to_bytes(4, "little"))
    return Party(run, parties=group.parties, index=group.index, items=items, size_only=size_only, padded_size=padded_size)


async def _run(group: Group, parties: Sequence[Party]) -> None:
    """Plays all runs; those of one group have equally many rounds."""
    while parties and not parties[0].finished:
        await asyncio.to_thread(_work, parties)
        mine = [party.messages() for party in parties]
        joined = [None if other == group.index else _joined([one[other] for one in mine]) for other in range(group.parties)]
        found = await group.exchange(joined)
        theirs = [[b""] * len(parties) if sender == group.index else _parted(one, len(parties), sender) for sender, one in enumerate(found)]
        await asyncio.to_thread(_receive, parties, theirs)


def _work(parties: Sequence[Party]) -> None:
    for party in parties:
        party.work(threads=_THREADS if party.pending > _MANY else 1)


def _receive(parties: Sequence[Party], theirs: Sequence[Sequence[bytes]]) -> None:
    for place, party in enumerate(parties):
        party.receive([messages[place] for messages in theirs])


def _joined(messages: Sequence[bytes]) -> bytes:
    """Messages of several runs, each after its length."""
    return b"".join(_LENGTH.pack(len(message)) + message for message in messages)


def _parted(joined: bytes, count: int, sender: int) -> list[bytes]:
    found, place = [], 0
    for _ in range(count):
        if len(joined) - place < _LENGTH.size:
            raise _garbage(sender)
        (length,) = _LENGTH.unpack_from(joined, place)
        place += _LENGTH.size
        found.append(joined[place : place + length])
        place += length
    if place != len(joined):
        raise _garbage(sender)
    return found


def _garbage(sender: int) -> Failure:
    return Failure(502, "garbage", "the messages of an intersection cannot be parted; the server of that party is broken", sender)
