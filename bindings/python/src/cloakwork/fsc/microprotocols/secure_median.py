"""The median."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.readers import exact, known, numbers
from cloakwork.fsc.protocols.order_key import WIDTH, number_of, order_key
from cloakwork.fsc.protocols.order_statistics import order_statistics


class SecureMedian(Microprotocol):
    """Each party gives numbers. The result has their `median`, a float: the mean of the two middle ones where their number is even.

    It is exact: the middle ones are found without rounding, and their mean, taken in decimals, is rounded once. Null if there are none.
    """

    name = "SecureMedian"
    version = 1
    reveals = (
        "Every party learns the number of all parties' values together and the median; where that number is even, both middle values. "
        "No count and no other value."
    )

    def read(self, computation: Computation) -> list[float]:
        """Numbers."""
        known(computation.parameters, ())
        return numbers(computation.data)

    async def run(self, group: Group, own: list[float]) -> dict[str, Any]:
        """The number of values by a secure sum, then `order_statistics`."""
        (samples,) = await group.sum([len(own)])
        if not samples:
            return {"median": None}
        ranks = sorted({(samples + 1) // 2, samples // 2 + 1})
        keys = await order_statistics(group, [order_key(value) for value in own], ranks, WIDTH)
        return {"median": float(sum((exact(number_of(key)) for key in keys), Fraction(0)) / len(keys))}
