"""How often all parties together have each key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from cloakwork.fsc.protocols.key_union import key_union

if TYPE_CHECKING:
    from cloakwork.fsc.computation import Group


async def united(group: Group, own: Sequence[Collection[str]], agreed: Sequence[Sequence[str] | None]) -> list[list[str]]:
    """For each set of keys the union over all parties, sorted: the agreed one where there is one, else by `key_union`, all in one table.

    Args:
        group: the parties.
        own: keys of this party, a collection for each set.
        agreed: for each set the keys that all parties know already, or None; the same at all parties.
    """
    # The first byte of a key in the table says of which set it is.
    wanted = {bytes([place]) + key.encode() for place, keys in enumerate(own) if agreed[place] is None for key in keys}
    found = await key_union(group, wanted) if None in agreed else []
    unions = [[key[1:].decode() for key in found if key[0] == place] for place in range(len(own))]
    return [sorted(union) if keys is None else list(keys) for union, keys in zip(unions, agreed, strict=True)]


async def counts(group: Group, own: Counter[tuple[str, ...]], cells: Sequence[tuple[str, ...]]) -> list[int]:
    """How often all parties together have each of the cells, by one secure sum."""
    return await group.sum([own[cell] for cell in cells]) if cells else []
