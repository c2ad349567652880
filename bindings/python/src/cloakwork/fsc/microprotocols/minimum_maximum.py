"""The least minimum and the greatest maximum."""

from __future__ import annotations

from typing import Any

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.readers import known, number, refused
from cloakwork.fsc.protocols.extremes import extremes

Input = list[tuple[float, float]]


class MinimumMaximum(Microprotocol):
    """Each party gives ranges, ``{"minimum": a, "maximum": b}``.

    The result has the least `minimum`, the greatest `maximum`, each as it was given, integer or float, and `samples`, the number of ranges.
    Without any range the first two are null.
    """

    name = "MinimumMaximum"
    version = 1
    reveals = (
        "Every party learns the least minimum, the greatest maximum and the number of ranges of all parties together, not who gave them."
    )

    def read(self, computation: Computation) -> Input:
        """Objects with two numbers, of which the first is not the greater one."""
        known(computation.parameters, ())
        return [self._range(given, f"data[{place}]") for place, given in enumerate(computation.data)]

    @staticmethod
    def _range(given: object, where: str) -> tuple[float, float]:
        if not isinstance(given, dict) or set(given) != {"minimum", "maximum"}:
            raise refused(f'{where}: give an object {{"minimum": number, "maximum": number}}')
        low, high = (number(given[name], f"{where}.{name}") for name in ("minimum", "maximum"))
        if low > high:
            raise refused(f"{where}: the minimum is above the maximum; exchange them")
        return low, high

    async def run(self, group: Group, own: Input) -> dict[str, Any]:
        """Both ends by `extremes`, their number by a secure sum."""
        (samples,) = await group.sum([len(own)])
        found = await extremes(group, [low for low, _ in own], [high for _, high in own])
        low, high = (None, None) if found is None else found
        return {"maximum": high, "minimum": low, "samples": samples}
