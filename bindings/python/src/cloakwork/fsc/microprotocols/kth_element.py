"""The element of a rank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.readers import known, numbers, refused, row, single, whole
from cloakwork.fsc.protocols.order_key import WIDTH, number_of, order_key
from cloakwork.fsc.protocols.order_statistics import order_statistics


@dataclass(frozen=True)
class Input:
    """What a party gives, and the bounds that hold for all of them, if they are given."""

    values: list[float]
    rank: int
    bounds: tuple[int, int] | None


class KthElement(Microprotocol):
    """Each party gives ``{"array": [...], "rank": k, "lower_bound": lo, "upper_bound": hi}`` with the same k and bounds.

    The result has the k-th smallest `item` of all arrays together, counted from 1, and `samples`, how many elements they have. With bounds
    elements are integers from lo to hi, and the range sets the number of rounds; without them they are any numbers, and the item is of the
    type that it was given with.
    """

    name = "KthElement"
    version = 1
    reveals = "Every party learns the element of that rank and the number of all parties' elements together; no count and no other element."

    def read(self, computation: Computation) -> Input:
        """One object."""
        known(computation.parameters, ())
        given = single(computation.data, 'an object {"array": [...], "rank": k, "lower_bound": lo, "upper_bound": hi}')
        if not isinstance(given, dict) or not {"array", "rank"} <= set(given) <= {"array", "rank", "lower_bound", "upper_bound"}:
            raise refused('data[0]: give an object with "array" and "rank", and "lower_bound" and "upper_bound" if there are bounds')
        values = numbers(row(given["array"], "data[0].array"), "data[0].array")
        bounds = self._bounds(given, values)
        return Input(values, whole(given["rank"], "data[0].rank", 1), bounds)

    @staticmethod
    def _bounds(given: Mapping[str, Any], values: list[float]) -> tuple[int, int] | None:
        ends = [whole(given[name], f"data[0].{name}") for name in ("lower_bound", "upper_bound") if given.get(name) is not None]
        if not ends:
            return None
        if len(ends) == 1 or ends[0] > ends[1]:
            raise refused("data[0]: give both bounds, the lower one first, or none")
        for place, value in enumerate(values):
            if whole(value, f"data[0].array[{place}]") < ends[0] or value > ends[1]:
                raise refused(f"data[0].array[{place}] is outside of the bounds; give bounds that hold for all elements")
        return ends[0], ends[1]

    def shape(self, own: Input) -> bytes:
        """Rank and bounds."""
        return repr((own.rank, own.bounds)).encode()

    async def run(self, group: Group, own: Input) -> dict[str, Any]:
        """The number of elements by a secure sum, then `order_statistics`."""
        (samples,) = await group.sum([len(own.values)])
        if own.rank > samples:
            raise refused(f"data[0].rank is {own.rank}, and the parties have {samples} elements together; give at most that")
        if own.bounds is None:
            (key,) = await order_statistics(group, [order_key(value) for value in own.values], [own.rank], WIDTH)
            return {"item": number_of(key), "samples": samples}
        low, high = own.bounds
        (key,) = await order_statistics(group, [int(value) - low for value in own.values], [own.rank], (high - low).bit_length())
        return {"item": low + key, "samples": samples}
