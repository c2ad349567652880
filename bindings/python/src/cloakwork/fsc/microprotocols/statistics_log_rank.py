"""The test of equal survival."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.readers import known
from cloakwork.fsc.microprotocols.survival_records import read_records, shared_width
from cloakwork.fsc.protocols.survival_table import Record, SurvivalTable, survival_table


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
    """Events that are expected in each group, and the test."""
    size = len(table.groups)
    at_risk, events = (np.array(one, dtype=np.float64).reshape(size, len(table.times)) for one in (table.at_risk, table.events))
    everybody, happened = at_risk.sum(axis=0), events.sum(axis=0)
    parts = at_risk / everybody
    expected = parts * happened
    # Of the events of a time, each group's number is hypergeometric.
    factors = np.where(everybody > 1, happened * (everybody - happened) / np.maximum(everybody - 1, 1), 0.0)
    covariance = np.diag((parts * factors).sum(axis=1)) - (parts * factors) @ parts.T
    freedom = int(np.linalg.matrix_rank(covariance)) if size else 0
    found: list[float] = expected.sum(axis=1).tolist()
    if not freedom:
        return found, None
    excess = (events - expected).sum(axis=1)
    # All groups together have no excess: one of them tells nothing more, and the pseudo-inverse leaves it out.
    return found, _Test(float(excess @ np.linalg.pinv(covariance, hermitian=True) @ excess), freedom)


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
