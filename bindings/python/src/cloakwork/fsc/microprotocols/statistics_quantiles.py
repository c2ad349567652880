"""Quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.readers import exact, known, number, numbers, refused, row
from cloakwork.fsc.protocols.order_key import WIDTH, number_of, order_key
from cloakwork.fsc.protocols.order_statistics import order_statistics

QUARTILES = [0.25, 0.5, 0.75]
MOST = 32


@dataclass(frozen=True)
class Input:
    """What a party gives, and what all ask for."""

    values: list[float]
    probabilities: list[float]


class StatisticsQuantiles(Microprotocol):
    """Each party gives numbers; parameter `probabilities`, from 0 to 1 (the quartiles, if not given).

    The result has `samples` and `quantiles`, a float for each probability: linear between the order statistics on both sides of
    (N - 1) p + 1 (R. J. Hyndman, Y. Fan, The American Statistician 50, 1996, definition 7), in exact decimals and rounded once. They are
    null if there are no numbers.
    """

    name = "StatisticsQuantiles"
    version = 1
    reveals = (
        "Every party learns the number of all parties' values together and, for each quantile, the one or two values between which it "
        "lies; no count and no other value."
    )

    def read(self, computation: Computation) -> Input:
        """Numbers and probabilities."""
        asked = row(known(computation.parameters, {"probabilities"}).get("probabilities", QUARTILES), "parameters.probabilities")
        probabilities = numbers(asked, "parameters.probabilities")
        if not 1 <= len(probabilities) <= MOST:
            raise refused(f"parameters.probabilities has {len(probabilities)} elements; give 1 to {MOST}")
        for place, one in enumerate(probabilities):
            if not 0 <= number(one, "") <= 1:
                raise refused(f"parameters.probabilities[{place}] is {one}; give 0 to 1")
        return Input(numbers(computation.data), probabilities)

    async def run(self, group: Group, own: Input) -> dict[str, Any]:
        """The number of values by a secure sum, then `order_statistics`, each rank once."""
        (samples,) = await group.sum([len(own.values)])
        if not samples:
            return {"quantiles": [None] * len(own.probabilities), "samples": 0}
        places = [exact(one) * (samples - 1) for one in own.probabilities]
        ranks = sorted({rank for place in places for rank in (int(place) + 1, -int(-place // 1) + 1)})
        keys = await order_statistics(group, [order_key(value) for value in own.values], ranks, WIDTH)
        found = {rank: exact(number_of(key)) for rank, key in zip(ranks, keys, strict=True)}
        return {"quantiles": [float(self._between(found, place)) for place in places], "samples": samples}

    @staticmethod
    def _between(found: dict[int, Fraction], place: Fraction) -> Fraction:
        low, high = found[int(place) + 1], found[-int(-place // 1) + 1]
        return low + (place - int(place)) * (high - low)
