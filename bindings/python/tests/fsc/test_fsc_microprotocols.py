"""Every microprotocol among servers that are linked over TLS."""

from __future__ import annotations

import asyncio
from typing import Any

from peers_world import asked, servers

from cloakwork.fsc.computation import Failure
from cloakwork.fsc.microprotocols.registry import MICROPROTOCOLS
from cloakwork.fsc.peers.settings import Limits

PATIENT = Limits(wait=20.0, step=20.0, run=60.0, connect=10.0)
BOUNDS = {"rank": 3, "lower_bound": 0, "upper_bound": 30}

# What each party gives, and a part of the result.
CASES: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "KthElement": ([{"array": one, **BOUNDS} for one in ([1, 5, 9], [2, 8], [20])], {"item": 5, "samples": 6}),
    "MinimumMaximum": ([[{"minimum": one, "maximum": one + 0.5}] for one in (3, -1, 7)], {"minimum": -1, "maximum": 7.5, "samples": 3}),
    "SecureMatrixMultiplication": ([[[[1, 0.5]]], [[[2], [4]]]], {"product": [[4.0]]}),
    "SecureMean": ([[1, 2], [], 6], {"mean": 3.0, "samples": 3}),
    "SecureMedian": ([[0, 2, 9, 3], [4, 5], [7, 1, 1]], {"median": 3.0}),
    "SecureSum": ([19, 5, 61], {"sum": 85.0, "samples": 3}),
    "SecureVectorSum": ([[1, 2], [3, 4], [0.5, 0.25]], {"sum": [4.5, 6.25]}),
    "SetIntersection": ([[["A", "B", "C"]], [["C", "A"]], [["A", "C", "D"]]], {"intersection": ["A", "C"], "size_intersection": 2}),
    "SetIntersectionSize": ([[["A", "B", "C"]], [["C", "A"]], [["A", "C", "D"]]], {"size_intersection": 2}),
    "StatisticsBivariate": ([[[1, 2], [3, 5]], [[2, 3]], [[4, 4.5]]], {"covariance_mle": 1.1875, "regression_interceipt": 1.25}),
    "StatisticsContingency": ([[["a_b", "c"]], [["a", "b_c"]], []], {"mode": ["a", "b_c"]}),
    "StatisticsContingencyVertical": ([[["1", "a"], ["2", "b"]], [["1", "x"], ["3", "x"]]], {"table": {"a": {"x": 1}, "b": {"x": 0}}}),
    "StatisticsFrequency": ([["A", "B"], ["B"], []], {"histogram": {"A": 1.0, "B": 2.0}, "mode": "B"}),
    "StatisticsKaplanMeier": ([[[1, 1]], [[2, 1]], [[2, 0], [3, 0]]], {"survival": [0.75, 0.5], "median": 2.0}),
    "StatisticsLogRank": ([[[1, 1, "a"]], [[2, 1, "b"]], []], {"statistic": 1.0, "degrees_of_freedom": 1}),
    "StatisticsQuantiles": ([[1, 2], [3, 4], [5]], {"quantiles": [2.0, 3.0, 4.0]}),
    "StatisticsRegressionLogistic": ([[[1, 0], [2, 1]], [[1, 1], [2, 0]], [[3, 1], [3, 0]]], {"samples": 6}),
    "StatisticsRegressionOLSHorizontal": ([[[1, 3]], [[2, 5]], [[3, 7]]], {"coefficients": [2.0], "intercept": 1.0}),
    "StatisticsRegressionOLSVertical": ([[[[1, 1], [1, 2], [1, 3], [1, 4]]], [[3.1, 4.8, 7.2, 9.1]]], {"mle": [[0.95], [2.04]]}),
    "StatisticsUnivariate": ([[1, 2, 3], [4, 5], [6, 7, 8, 9, 10]], {"mean": 5.5, "variance_mle": 8.25, "maximum": 10}),
}


def test_every_microprotocol_is_here() -> None:
    assert CASES.keys() == MICROPROTOCOLS.keys()


def test_every_microprotocol_at_once() -> None:
    """All of them run side by side on the same links."""

    async def run() -> dict[str, list[dict[str, Any]]]:
        async with servers(3, PATIENT, MICROPROTOCOLS) as made:

            async def one(name: str) -> list[dict[str, Any]]:
                inputs = CASES[name][0]
                places = range(len(inputs))
                computations = [asked(place, inputs[place], name=name, places=places, session=name) for place in places]
                return list(await asyncio.gather(*(made[place].compute(computations[place]) for place in places)))

            return dict(zip(CASES, await asyncio.gather(*map(one, CASES)), strict=True))

    for name, answers in asyncio.run(run()).items():
        inputs, expected = CASES[name]
        assert len(answers) == len(inputs)
        for answer in answers:
            assert repr(answer) == repr(answers[0])
            assert answer["inputs"] == len(inputs)
            found = {field: answer["result"][field] for field in expected}
            assert found == expected, name


def test_what_all_must_have_alike_is_agreed_on_before() -> None:
    async def run() -> list[Any]:
        async with servers(2, PATIENT, MICROPROTOCOLS) as made:
            given = [{"array": [1, 2], **BOUNDS, "rank": rank} for rank in (1, 2)]
            running = [made[place].compute(asked(place, given[place], name="KthElement", places=(0, 1))) for place in range(2)]
            return list(await asyncio.gather(*running, return_exceptions=True))

    for found in asyncio.run(run()):
        assert isinstance(found, Failure)
        assert found.reason == "disagreement"
