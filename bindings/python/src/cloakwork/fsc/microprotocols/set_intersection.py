"""The items that all parties have."""

from __future__ import annotations

from typing import Any

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.item_sets import ItemSet, read_item_set
from cloakwork.fsc.protocols.intersection import intersection


class SetIntersection(Microprotocol):
    """Each party gives a list of sets, each a list of strings; what all of its own sets hold is its set.

    Parameter `padded_size`: a size that no party's set exceeds, and that hides sizes. The result has the `intersection`, sorted by code
    points, and `size_intersection`.
    """

    name = "SetIntersection"
    version = 1
    fewest = 2
    most = 64
    reveals = (
        "Every party learns the items that all parties hold. Party 0 learns the size of each other party's set, rounded up to a multiple "
        "of 16, and the others that of party 0; no sizes with padded_size. No party by itself learns which or how many items some of the "
        "parties have in common; party 0 together with others learns which of its items the remaining ones all hold."
    )

    def read(self, computation: Computation) -> ItemSet:
        """Sets of strings."""
        return read_item_set(computation)

    async def run(self, group: Group, own: ItemSet) -> dict[str, Any]:
        """Private set intersection (docs/psi.md)."""
        found = await intersection(group, own.items, own.padded_size)
        return {"intersection": found, "size_intersection": len(found)}
