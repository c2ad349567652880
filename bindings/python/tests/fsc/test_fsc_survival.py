"""Survival curves and the log-rank test against SciPy and by their definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats
from linked_group import failure, result

from cloakwork.fsc.microprotocols.statistics_log_rank import upper_tail

RNG = np.random.default_rng(41)


def _records(count: int, late: float) -> list[list[Any]]:
    """Times with ties, some censored."""
    times = np.ceil(RNG.exponential(10 * late, count)) / 2
    return [[float(time), int(event)] for time, event in zip(times, RNG.random(count) < 0.7, strict=True)]


FIRST, SECOND, THIRD = _records(40, 1.0), _records(50, 1.6), _records(30, 0.5)


def _censored(records: list[list[Any]]) -> scipy.stats.CensoredData:
    happened = [time for time, event, *_ in records if event]
    return scipy.stats.CensoredData(uncensored=happened, right=[time for time, event, *_ in records if not event])


def test_survival_curves() -> None:
    found, pooled = result("StatisticsKaplanMeier", FIRST, [], SECOND), FIRST + SECOND
    assert found["times"] == sorted({time for time, event in pooled if event})
    assert found["at_risk"] == [sum(other >= time for other, _ in pooled) for time in found["times"]]
    assert found["events"] == [sum(other == time and event for other, event in pooled) for time in found["times"]]
    expected = scipy.stats.ecdf(_censored(pooled)).sf
    assert found["survival"] == pytest.approx(expected.evaluate(found["times"]).tolist(), rel=1e-14)
    # SciPy's variances are those of Greenwood as well, but private.
    terms = [d / (n * (n - d)) for n, d in zip(found["at_risk"], found["events"], strict=True) if n > d]
    errors = found["survival"][: len(terms)] * np.sqrt(np.cumsum(terms))
    assert found["standard_errors"][: len(terms)] == pytest.approx(errors.tolist(), rel=1e-12)
    assert found["median"] == next(time for time, part in zip(found["times"], found["survival"], strict=True) if part <= 0.5)
    assert found["samples"] == 90


def test_curves_without_events_or_survivors() -> None:
    nothing = result("StatisticsKaplanMeier", [], [])
    assert nothing == {
        "times": [],
        "at_risk": [],
        "events": [],
        "survival": [],
        "standard_errors": [],
        "median": None,
        "samples": 0,
    }
    assert result("StatisticsKaplanMeier", [[3, 0]], [[4, False]])["median"] is None
    everybody = result("StatisticsKaplanMeier", [[0, 1]], [[0.0, True]])
    assert (everybody["times"], everybody["survival"], everybody["standard_errors"]) == ([0.0], [0.0], [None])


def test_times_on_a_grid() -> None:
    found = result("StatisticsKaplanMeier", [[0.3, 1], [0.31, 1]], [[1.1, 1], [1.0, 0]], parameters={"width": 0.1})
    assert found["times"] == [0.3, 0.4, 1.1]
    assert found["at_risk"] == [4, 3, 1]


def test_two_groups_against_scipy() -> None:
    parties = [
        [[*one, "treated"] for one in FIRST[:10]] + [[*one, "control"] for one in SECOND[:30]],
        [[*one, "treated"] for one in FIRST[10:]] + [[*one, "control"] for one in SECOND[30:]],
    ]
    found, expected = result("StatisticsLogRank", *parties), scipy.stats.logrank(_censored(FIRST), _censored(SECOND))
    assert found["statistic"] == pytest.approx(expected.statistic**2, rel=1e-10)
    assert found["p_value"] == pytest.approx(expected.pvalue, rel=1e-10)
    assert found["degrees_of_freedom"] == 1
    assert {name: one["samples"] for name, one in found["groups"].items()} == {"control": 50, "treated": 40}
    observed, wanted = (sum(one[name] for one in found["groups"].values()) for name in ("observed", "expected"))
    assert wanted == pytest.approx(observed)


def test_three_groups_by_definition() -> None:
    groups = {"a": FIRST, "b": SECOND, "c": THIRD}
    found = result("StatisticsLogRank", *[[[*one, name] for one in records] for name, records in groups.items()])
    pooled = [(time, event, name) for name, records in groups.items() for time, event in records]
    excess, covariance = np.zeros(3), np.zeros((3, 3))
    for moment in sorted({time for time, event, _ in pooled if event}):
        at_risk = np.array([sum(time >= moment and name == group for time, _, name in pooled) for group in groups])
        events = np.array([sum(time == moment and event and name == group for time, event, name in pooled) for group in groups])
        total, happened = at_risk.sum(), events.sum()
        parts = at_risk / total
        excess += events - happened * parts
        if total > 1:
            covariance += happened * (total - happened) / (total - 1) * (np.diag(parts) - np.outer(parts, parts))
    expected = excess[:2] @ np.linalg.solve(covariance[:2, :2], excess[:2])
    assert found["statistic"] == pytest.approx(expected, rel=1e-10)
    assert found["degrees_of_freedom"] == 2
    assert found["p_value"] == pytest.approx(scipy.stats.chi2.sf(expected, 2), rel=1e-10)


def test_a_test_without_two_groups_at_risk_is_null() -> None:
    for data in ([[], []], [[[1, 1, "a"]], [[2, 1, "a"]]], [[[1, 0, "a"]], [[2, 0, "b"]]]):
        found = result("StatisticsLogRank", *data)
        assert (found["statistic"], found["p_value"], found["degrees_of_freedom"]) == (None, None, None)


@pytest.mark.parametrize("freedom", range(1, 12))
def test_the_chi_squared_distribution(freedom: int) -> None:
    values = [0.0, 1e-9, 0.5, 3.0, 20.0, 200.0]
    assert [upper_tail(value, freedom) for value in values] == pytest.approx(scipy.stats.chi2.sf(values, freedom).tolist(), rel=1e-12)


def test_negative_times_are_refused() -> None:
    with pytest.raises(Exception, match=r"data\[0\]\[0\]: a time is 0 or more"):
        failure("StatisticsKaplanMeier", [[-1, 1]], [])
