"""What microprotocols refuse, before anything is sent, and the words in which they do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from linked_group import computation

from cloakwork.fsc.computation import Failure, Microprotocol
from cloakwork.fsc.microprotocols.registry import MICROPROTOCOLS

NAN, INFINITY = float("nan"), float("inf")
BOUNDS = {"lower_bound": 0, "upper_bound": 9}

# Microprotocol, data, parameters, and a part of the message.
REFUSED: list[tuple[str, Any, dict[str, Any], str]] = [
    ("SecureMedian", [1, "2"], {}, "data[1] is a string of length 1; give a number"),
    ("SecureMedian", [1, None], {}, "data[1] is null"),
    ("SecureMedian", [NAN], {}, "data[0] is nan; give a finite number"),
    ("SecureMedian", [[1, 2]], {}, "data[0] is a list of length 2"),
    ("SecureMedian", [2**64 + 1], {}, "data[0] is an integer of more than 64 bits"),
    ("SecureMedian", [1], {"digits": 2}, "parameters: 'digits' is unknown; there are none"),
    ("StatisticsUnivariate", [0, -INFINITY], {}, "data[1] is -inf"),
    ("StatisticsUnivariate", "12", {}, "data[0] is a string of length 2"),
    ("StatisticsBivariate", [[1, 2], [1, 2, 3]], {}, "data[1] is a list of length 3; give a list of 2 elements"),
    ("StatisticsBivariate", [[1, {}]], {}, "data[0][1] is an object of length 0"),
    ("MinimumMaximum", [{"minimum": 1}], {}, 'data[0]: give an object {"minimum": number, "maximum": number}'),
    ("MinimumMaximum", [{"minimum": 2, "maximum": 1}], {}, "data[0]: the minimum is above the maximum"),
    ("MinimumMaximum", [{"minimum": 2, "maximum": NAN}], {}, "data[0].maximum is nan"),
    ("MinimumMaximum", [3], {}, "data[0]: give an object"),
    ("KthElement", [1, 2], {}, "data has 2 elements; give one"),
    ("KthElement", {"array": [1]}, {}, 'data[0]: give an object with "array" and "rank"'),
    ("KthElement", {"array": [1], "rank": 0, **BOUNDS}, {}, "data[0].rank is an integer; give a whole number, 1 or more"),
    ("KthElement", {"array": [1], "rank": 1.5, **BOUNDS}, {}, "data[0].rank is a float; give a whole number"),
    ("KthElement", {"array": [1], "rank": 1, "lower_bound": 0}, {}, "data[0]: give both bounds"),
    ("KthElement", {"array": [1], "rank": 1, "lower_bound": 3, "upper_bound": 2}, {}, "data[0]: give both bounds, the lower one first"),
    ("KthElement", {"array": [1, 10], "rank": 1, **BOUNDS}, {}, "data[0].array[1] is outside of the bounds"),
    ("KthElement", {"array": [0.5], "rank": 1, **BOUNDS}, {}, "data[0].array[0] is a float; give a whole number"),
    ("StatisticsQuantiles", [1], {"probabilities": [1.5]}, "parameters.probabilities[0] is 1.5; give 0 to 1"),
    ("StatisticsQuantiles", [1], {"probabilities": []}, "parameters.probabilities has 0 elements"),
    ("StatisticsFrequency", [["a"]], {}, "data[0] is a list of length 1; give a string or a number"),
    ("StatisticsFrequency", ["x" * 1025], {}, "data[0] has 1025 bytes"),
    ("StatisticsFrequency", ["\ud800"], {}, "data[0] is no text"),
    ("StatisticsFrequency", ["a", "b"], {"keys": ["a"]}, "data[1] is none of parameters.keys"),
    ("StatisticsFrequency", ["a"], {"keys": {}}, "parameters.keys is an object of length 0; give a list"),
    ("StatisticsContingency", ["ab"], {}, "data[0] is a string of length 2; give a list of 2 elements"),
    ("StatisticsContingency", [["a", "b"]], {"columns": ["c"]}, "data[0][1] is none of parameters.columns"),
    ("SecureMatrixMultiplication", [[1, 2], [3, 4]], {}, "data has 2 elements; give one, a matrix; a list of rows in one more list"),
    ("SecureMatrixMultiplication", [[[1, 2], [3]]], {}, "data[0][1] has 1 elements, and data[0][0] has 2"),
    ("SecureMatrixMultiplication", [[]], {}, "data[0] is empty"),
    ("SecureMatrixMultiplication", [[[1, INFINITY]]], {}, "data[0][0][1] is inf"),
    ("StatisticsRegressionOLSVertical", [[[1, 2], [2, 4]]], {}, "data[0]: column 1 is a sum of multiples"),
    ("StatisticsRegressionOLSVertical", [[[1, 2]]], {}, "column 1 is a sum of multiples of the columns before it"),
    ("StatisticsRegressionOLSHorizontal", [], {}, "there are 0 variables; give 1 to 64"),
    ("StatisticsRegressionOLSHorizontal", [[1, 2], [1, 2, 3]], {}, "data[1] has 3 elements, and data[0] has 2"),
    ("StatisticsRegressionOLSHorizontal", [[1, 2]], {"variables": 2}, "data[0] has 2 elements; give 2 variables and what they explain"),
    ("StatisticsRegressionOLSHorizontal", [[1, 2]], {"intercept": 2}, "parameters.intercept is an integer; give 0 or 1"),
    ("StatisticsRegressionLogistic", [[1, 0], [2, 0.5]], {}, "data[1][1] is a float; give 0 or 1"),
    ("StatisticsKaplanMeier", [[1]], {}, "data[0] is a list of length 1; give a list of 2 elements"),
    ("StatisticsKaplanMeier", [[1, 2]], {}, "data[0][1] is an integer; give 0 or 1"),
    ("StatisticsKaplanMeier", [[1, 1]], {"width": 0}, "parameters.width is 0; give a number above 0"),
    ("StatisticsLogRank", [[1, 1]], {}, "data[0] is a list of length 2; give a list of 3 elements"),
]


@pytest.mark.parametrize(("name", "data", "parameters", "part"), REFUSED, ids=[f"{name}: {part}" for name, _, _, part in REFUSED])
def test_input_is_refused_with_the_element_in_the_message(name: str, data: Any, parameters: dict[str, Any], part: str) -> None:
    with pytest.raises(Failure) as caught:
        MICROPROTOCOLS[name].read(computation(name, data, 0, 2, parameters))
    assert part in caught.value.message
    assert (caught.value.code, caught.value.reason) == (400, "invalid-input")


# Lists of one element, as R writes them.
ALONE: list[tuple[str, Any, Any]] = [
    ("SecureMedian", 5, [5]),
    ("KthElement", {"array": 5, "rank": 1}, {"array": [5], "rank": 1}),
    ("SecureMatrixMultiplication", [[1, 2]], [[[1], [2]]]),
    ("StatisticsRegressionOLSVertical", [3], [[[3]]]),
    ("SetIntersection", ["item"], [["item"]]),
]


@pytest.mark.parametrize(("name", "given", "meant"), ALONE, ids=[name for name, *_ in ALONE])
def test_an_element_alone_is_a_list(name: str, given: Any, meant: Any) -> None:
    kind = MICROPROTOCOLS[name]
    assert kind.read(computation(name, given, 0, 2)) == kind.read(computation(name, meant, 0, 2))


def test_digits_of_sums_may_be_given_with_anything() -> None:
    assert MICROPROTOCOLS["SecureMedian"].read(computation("SecureMedian", [1], 0, 2, {"digits_before": 6, "digits_after": 2})) == [1]


@pytest.mark.parametrize("kind", MICROPROTOCOLS.values(), ids=MICROPROTOCOLS)
def test_every_microprotocol_says_what_it_reveals(kind: Microprotocol) -> None:
    assert MICROPROTOCOLS[kind.name] is kind
    assert re.fullmatch(r"(Every party|Everybody|Both parties) learns? .*[.]", kind.reveals)
    assert kind.version >= 1
    assert kind.__doc__
    assert "The result " in kind.__doc__
