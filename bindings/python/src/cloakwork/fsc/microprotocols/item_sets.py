"""Sets of texts, as clients give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloakwork.fsc.computation import Computation
from cloakwork.fsc.microprotocols.readers import known, refused, row, whole

# Items of a set: what `cloakwork.psi` takes.
MOST_ITEMS = 1 << 20


@dataclass(frozen=True)
class ItemSet:
    """What a party gives into an intersection, and the size to which all sets are filled up, if they are."""

    items: list[str]
    padded_size: int | None


def read_item_set(computation: Computation) -> ItemSet:
    """The items that all of the party's own sets hold; each set is a list of strings."""
    padded_size = padded(known(computation.parameters, {"padded_size"}))
    if not computation.data:
        raise refused("data is empty; give a list of sets, each a list of strings")
    alone = len(computation.data) == 1 and isinstance(computation.data[0], str)
    # A set of one string, as R writes it.
    data = [list(computation.data)] if alone else computation.data
    sets = [_set(given, f"data[{place}]") for place, given in enumerate(data)]
    items = sorted(set.intersection(*sets))
    bound = MOST_ITEMS if padded_size is None else padded_size
    if len(items) > bound:
        raise refused(f"data has {len(items)} items; give at most {bound}")
    return ItemSet(items, padded_size)


def padded(parameters: Mapping[str, Any]) -> int | None:
    """The size to which sets are filled up, if one is asked for."""
    if parameters.get("padded_size") is None:
        return None
    size = whole(parameters["padded_size"], "parameters.padded_size", 1)
    if size > MOST_ITEMS:
        raise refused(f"parameters.padded_size is {size}; give at most {MOST_ITEMS}")
    return size


def _set(given: object, where: str) -> set[str]:
    if isinstance(given, str):
        raise refused(f"{where} is a string; give a list of sets: the strings in one more list")
    items = row(given, where)
    for place, item in enumerate(items):
        if not isinstance(item, str):
            raise refused(f"{where}[{place}] is no string; write numbers as strings, all parties in the same way")
        try:
            item.encode()
        except UnicodeEncodeError as error:
            raise refused(f"{where}[{place}] is no text: it has half a surrogate pair") from error
    return set(items)
