"""Survival curves."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.readers import known
from cloakwork.fsc.microprotocols.survival_records import read_records, shared_width
from cloakwork.fsc.protocols.survival_table import Record, survival_table


class StatisticsKaplanMeier(Microprotocol):
    """Each party gives records [time, event]: a time from 0, and 1 for an event, 0 if it was not observed until then.

    Parameter `width`: times are rounded up to multiples of it first, so that fewer of them show. The result has `times` of events,
    `at_risk` and `events` at each, `survival` after each (E. Kaplan, P. Meier, JASA 53, 1958), its `standard_errors` (M. Greenwood, 1926),
    `median`, the first time at which survival is 0.5 or less (null if there is none), and `samples`. The standard error is null where
    survival is 0.
    """

    name = "StatisticsKaplanMeier"
    version = 1
    reveals = (
        "Every party learns the times of events of all parties together, how many are at risk and how many events there are at each, and "
        "the number of records; not whose they are."
    )

    def read(self, computation: Computation) -> list[Record]:
        """Records."""
        return read_records(computation.data, shared_width(known(computation.parameters, {"width"})), grouped=False)

    async def run(self, group: Group, own: list[Record]) -> dict[str, Any]:
        """`survival_table`, then the product."""
        table = await survival_table(group, own, grouped=False)
        survival, variance = Fraction(1), Fraction(0)
        curve, errors = [], []
        for at_risk, events in zip(table.at_risk[0], table.events[0], strict=True):
            survival *= Fraction(at_risk - events, at_risk)
            if at_risk > events:
                variance += Fraction(events, at_risk * (at_risk - events))
            curve.append(float(survival))
            errors.append(float(survival) * math.sqrt(variance) if survival else None)
        half = (time for time, part in zip(table.times, curve, strict=True) if part <= 0.5)
        return {
            "times": table.times,
            "at_risk": table.at_risk[0],
            "events": table.events[0],
            "survival": curve,
            "standard_errors": errors,
            "median": next(half, None),
            "samples": table.samples[0],
        }
