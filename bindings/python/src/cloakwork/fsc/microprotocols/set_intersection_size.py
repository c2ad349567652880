"""How many items all parties have."""

from __future__ import annotations

from typing import Any

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.item_sets import ItemSet, read_item_set
from cloakwork.fsc.protocols.intersection import intersection_sizes


class SetIntersectionSize(Microprotocol):
    """Each party gives a list of sets, as for SetIntersection, with the same parameter. The result has `size_intersection`."""

    name = "SetIntersectionSize"
    version = 1
    fewest = 2
    most = 64
    reveals = (
        "Every party learns how many items all parties hold. Party 0 learns the size of each other party's set, rounded up to a multiple "
        "of 16, and the others that of party 0; no sizes with padded_size. No party by itself learns anything of the items, or of what "
        "some of the parties have in common; party 0 together with others learns which of its items the remaining ones all hold."
    )

    def read(self, computation: Computation) -> ItemSet:
        """Sets of strings."""
        return read_item_set(computation)

    async def run(self, group: Group, own: ItemSet) -> dict[str, Any]:
        """Private set intersection (docs/psi.md)."""
        (size,) = await intersection_sizes(group, [own.items], own.padded_size)
        return {"size_intersection": size}
