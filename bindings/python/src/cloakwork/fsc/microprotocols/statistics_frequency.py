"""Histograms."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.readers import key, keys, known, refused
from cloakwork.fsc.protocols.counts import counts, united


@dataclass(frozen=True)
class Input:
    """What a party gives, and the keys that all know already, if they do."""

    counts: Counter[tuple[str, ...]]
    keys: list[str] | None


class StatisticsFrequency(Microprotocol):
    """Each party gives keys, strings or numbers; parameter `keys`, a list, if all keys are agreed beforehand.

    The result has a `histogram`, for each key how often all parties together have it, as a float, and the `mode`, the most frequent key; of
    equally frequent ones the first in the order of code points, for all parties alike, and null without keys. Numbers become text. Without
    `keys` the union of all parties' keys is built privately.
    """

    name = "StatisticsFrequency"
    version = 1
    reveals = "Every party learns each key that anybody has, and how often all parties together have it; not who has it, nor how many do."

    def read(self, computation: Computation) -> Input:
        """Keys, each of which is agreed if any are."""
        asked = known(computation.parameters, {"keys"}).get("keys")
        agreed = None if asked is None else keys(asked, "parameters.keys")
        own = [key(value, f"data[{place}]") for place, value in enumerate(computation.data)]
        for place, one in enumerate(own):
            if agreed is not None and one not in agreed:
                raise refused(f"data[{place}] is none of parameters.keys; leave it out, or agree on it")
        return Input(Counter((one,) for one in own), agreed)

    async def run(self, group: Group, own: Input) -> dict[str, Any]:
        """The union of keys, then a secure sum."""
        (found,) = await united(group, [[one for (one,) in own.counts]], [own.keys])
        numbers = await counts(group, own.counts, [(one,) for one in found])
        histogram = {one: float(count) for one, count in zip(found, numbers, strict=True)}
        # The first of equal ones, in sorted order.
        return {"histogram": histogram, "mode": max(histogram, key=histogram.__getitem__, default=None)}
