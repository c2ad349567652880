"""The test of equal survival."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.readers import known
from cloakwork.fsc.microprotocols.survival_records import read_records, shared_width
from cloakwork.fsc.protocols.linear_algebra import quadratic_form
from cloakwork.fsc.protocols.survival_table import Record, SurvivalTable, survival_table

# Of the sums over times.
UNIT = 1 << 128


@dataclass(frozen=True)
class _Test:
    statistic: float
    freedom: int


class StatisticsLogRank(Microprotocol):
    """Each party gives records [time, event, group]: as for StatisticsKaplanMeier, and the key of a group.

    The result has the `statistic` of the log-rank test that survival is equal in all groups (N. Mantel, Cancer Chemotherapy Reports 50,
    1966; with the covariance of the hypergeometric distribution for ties), `degrees_of_freedom`, `p_value` by the chi-squared distribution,
    and for each of `groups` its `samples`, `observed` and `expected` events; `samples` of all. Statistic and p-value are null where fewer
    than two groups are at risk at the time of an event.
    """

    name = "StatisticsLogRank"
    version = 1
    reveals = (
        "Every party learns the times of events and the groups of all parties together, and of each group the number of records, how many "
        "are at risk and how many events there are at each time; not whose they are."
    )

    def read(self, computation: Computation) -> list[Record]:
        """Records with groups."""
        return read_records(computation.data, shared_width(known(computation.parameters, {"width"})), grouped=True)

    async def run(self, group: Group, own: list[Record]) -> dict[str, Any]:
        """`survival_table`, then the test."""
        table = await survival_table(group, own, grouped=True)
        observed = [sum(row) for row in table.events]
        expected, test = _tested(table)
        groups = {
            name: {"samples": table.samples[place], "observed": observed[place], "expected": expected[place]}
            for place, name in enumerate(table.groups)
        }
        return {
            "statistic": None if test is None else test.statistic,
            "degrees_of_freedom": None if test is None else test.freedom,
            "p_value": None if test is None else upper_tail(test.statistic, test.freedom),
            "groups": groups,
            "samples": sum(table.samples),
        }


def _tested(table: SurvivalTable) -> tuple[list[float], _Test | None]:
    """Events that are expected in each group, and the test, in integers as far as it goes: the same bits for all parties."""
    size = len(table.groups)
    expected, covariance = [0] * size, [[0] * size for _ in range(size)]
    for at_risk, events in zip(zip(*table.at_risk, strict=True), zip(*table.events, strict=True), strict=True):
        total, happened = sum(at_risk), sum(events)
        spread = happened * (total - happened)
        for one in range(size):
            expected[one] += _quotient(at_risk[one] * happened, total)
            # Of the events of a time, each group's number is hypergeometric.
            for other in range(size if spread else 0):
                common = at_risk[one] * (total * (one == other) - at_risk[other])
                covariance[one][other] += _quotient(spread * common, (total - 1) * total**2)
    found = [Fraction(one, UNIT) for one in expected]
    excess = [sum(events) - one for events, one in zip(table.events, found, strict=True)]
    # All groups together have no excess, so one of them tells nothing more; nor does one that was never at risk beside others.
    statistic, freedom = quadratic_form([[Fraction(one, UNIT) for one in row] for row in covariance], excess, Fraction(1, 1 << 64))
    return [float(one) for one in found], _Test(float(statistic), freedom) if freedom else None


def _quotient(numerator: int, denominator: int) -> int:
    """A quotient in units of 1 / UNIT, to the nearest."""
    return (2 * numerator * UNIT + denominator) // (2 * denominator)


def upper_tail(statistic: float, freedom: int) -> float:
    """The probability that a chi-squared variable is above a value, by the finite sums for whole degrees of freedom.

    M. Abramowitz, I. Stegun, Handbook of Mathematical Functions, 26.4.4 and 26.4.5.
    """
    half = statistic / 2
    if freedom % 2:
        total, term = math.erfc(math.sqrt(half)), math.exp(-half) * math.sqrt(half) / math.gamma(1.5)
        for k in range(1, freedom // 2 + 1):
            total, term = total + term, term * half / (k + 0.5)
    else:
        total, term = 0.0, math.exp(-half)
        for k in range(1, freedom // 2 + 1):
            total, term = total + term, term * half / k
    return min(total, 1.0)
