"""The union of all parties' keys, without who has which."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from cloakwork.fsc.computation import Failure
from cloakwork.fsc.protocols import key_table
from cloakwork.fsc.protocols.greatest import greatest
from cloakwork.fsc.protocols.inputs import open_words

if TYPE_CHECKING:
    from cloakwork.fsc.computation import Group

# Cells of a part of the first table; each next one has four times as many.
_FIRST = 64
# Words of a table.
_LARGEST_TABLE = 1 << 23
# Bits of the length of a key.
_LENGTH_BITS = 16


async def key_union(group: Group, own: Collection[bytes]) -> list[bytes]:
    """All keys that anybody has, sorted. Nothing shows of who has a key, nor of how many do (`key_table`).

    The length of the longest key is found by `greatest`; then the sum of all parties' tables is opened, in one round. Where the union is
    too large for a table, or its keys stand in each other's way, four times as large a one follows. 192 cells hold some 100 keys; a cell
    has 8 bytes for every 4 of the longest key, and 32.

    Args:
        group: the parties.
        own: keys of at most 65,535 bytes each.

    Raises:
        Failure: 400, "too-large": the union takes a table of more than 2^23 words: some 100,000 keys of 16 bytes.
    """
    keys = sorted(set(own))
    if group.parties == 1:
        return keys
    (longest,) = await greatest(group, [max(map(len, keys)) if keys else None], _LENGTH_BITS)
    if longest is None:
        return []
    for attempt in count():
        label, part = b"cloakwork key table" + group.session + bytes([attempt]), _FIRST << (2 * attempt)
        if key_table.PARTS * part * key_table.length_in_words(longest) > _LARGEST_TABLE:
            break
        table = key_table.written(keys, label, part, longest)
        opened = await group.compute(partial(open_words, own=table))
        found = key_table.read(opened, label, longest)
        if found is not None:
            return found
    raise Failure(400, "too-large", "the parties' keys are too many together; give coarser ones")
