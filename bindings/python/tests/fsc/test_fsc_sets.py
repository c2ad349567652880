"""Intersections, their sizes, and tables of records that two parties have in common."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import numpy as np
import pytest
from linked_group import LinkedGroup, Links, computation, failure, outcomes, result

from cloakwork.fsc.computation import Failure
from cloakwork.fsc.microprotocols import statistics_contingency_vertical
from cloakwork.fsc.microprotocols.set_intersection import SetIntersection
from cloakwork.fsc.microprotocols.statistics_contingency_vertical import StatisticsContingencyVertical

RNG = np.random.default_rng(53)


def test_what_the_original_returns() -> None:
    sets = [["A", "B", "C"]], [["A", "C", "D"]]
    assert result("SetIntersection", *sets) == {"intersection": ["A", "C"], "size_intersection": 2}
    assert result("SetIntersectionSize", *sets) == {"size_intersection": 2}
    assert result("SetIntersection", [["A"]], [["B"]]) == {"intersection": [], "size_intersection": 0}
    rows = [["1", "male"], ["2", "female"], ["3", "male"], ["4", "female"], ["5", "male"], ["6", "male"]]
    columns = [["1", "smoker"], ["2", "smoker"], ["3", "non-smoker"], ["4", "non-smoker"], ["5", "non-smoker"], ["7", "smoker"]]
    found = result("StatisticsContingencyVertical", rows, columns)
    table = {"female": {"non-smoker": 1, "smoker": 1}, "male": {"non-smoker": 2, "smoker": 1}}
    assert repr(found) == repr({"mode": ["male", "non-smoker"], "table": table})


@pytest.mark.parametrize("parties", [2, 3, 5])
@pytest.mark.parametrize("parameters", [{}, {"padded_size": 40}])
def test_intersections_of_several_parties(parties: int, parameters: dict[str, Any]) -> None:
    sets = [sorted({f"item {number} é" for number in RNG.integers(0, 30, 35)}) for _ in range(parties)]
    common = sorted(set.intersection(*map(set, sets)))
    found = result("SetIntersection", *[[own, own[::-1]] for own in sets], parameters=parameters)
    assert found == {"intersection": common, "size_intersection": len(common)}
    assert result("SetIntersectionSize", *[[own] for own in sets], parameters=parameters) == {"size_intersection": len(common)}


def test_own_sets_are_intersected_first_and_sets_may_be_empty() -> None:
    assert result("SetIntersection", [["A", "B"], ["B", "C"]], [["A", "B", "C"]])["intersection"] == ["B"]
    assert result("SetIntersection", [[]], [["A"]])["intersection"] == []
    assert result("SetIntersectionSize", [["A"], ["B"]], [["A"]]) == {"size_intersection": 0}


def test_padded_sets_show_no_sizes() -> None:
    lengths = []
    for sets in (([["A", "B"]], [["A"]]), ([["A"]], [[str(number) for number in range(20)]])):
        links = Links(2)
        outcomes("SetIntersectionSize", *sets, parameters={"padded_size": 20}, links=links)
        lengths.append(sorted((sender, len(message)) for sender, _, message in links.sent))
    assert lengths[0] == lengths[1]


@pytest.mark.parametrize("hidden", [True, False])
def test_tables_of_common_records(hidden: bool) -> None:
    rows = [[f"id {number}", "abc"[number % 3]] for number in RNG.permutation(40)]
    columns = [[f"id {number}", int(number) % 2] for number in RNG.permutation(60)[:45]]
    left, right = dict(rows), {record: str(category) for record, category in columns}
    expected = Counter((left[record], right[record]) for record in left.keys() & right.keys())
    found = result("StatisticsContingencyVertical", rows, columns, parameters={"hide_sizes": hidden})
    assert found["table"] == {one: {other: expected[one, other] for other in "01"} for one in "abc"}


def test_a_table_of_nothing_is_empty() -> None:
    assert result("StatisticsContingencyVertical", [], [["1", "x"]]) == {"mode": None, "table": {}}


def test_sizes_of_categories_are_hidden() -> None:
    lengths = []
    for rows in ([["1", "a"], ["2", "b"], ["3", "b"]], [["1", "a"], ["2", "a"], ["3", "b"]]):
        links = Links(2)
        outcomes("StatisticsContingencyVertical", rows, [["1", "x"]] * 2, links=links)
        lengths.append(sorted((sender, len(message)) for sender, _, message in links.sent))
    assert lengths[0] == lengths[1]


def test_tables_that_take_too_long_are_refused_by_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics_contingency_vertical, "MOST_ROWS", 3)
    found = failure("StatisticsContingencyVertical", [["1", "a"], ["2", "b"]], [["1", "x"]])
    assert (found.reason, "hide_sizes" in found.message) == ("too-large", True)
    monkeypatch.setattr(statistics_contingency_vertical, "MOST_CELLS", 1)
    assert "2 cells" in failure("StatisticsContingencyVertical", [["1", "a"], ["2", "b"]], [["1", "x"]]).message


REFUSED: list[tuple[str, Any, dict[str, Any], str]] = [
    ("SetIntersection", ["A", "B"], {}, "data[0] is a string; give a list of sets: the strings in one more list"),
    ("SetIntersection", [["A", 1]], {}, "data[0][1] is no string"),
    ("SetIntersection", [["\udc00"]], {}, "data[0][0] is no text"),
    ("SetIntersectionSize", [], {}, "data is empty"),
    ("SetIntersectionSize", [3], {}, "data[0][0] is no string"),
    ("SetIntersectionSize", [["A", "B"]], {"padded_size": 1}, "data has 2 items; give at most 1"),
    ("SetIntersectionSize", [["A"]], {"padded_size": 0}, "parameters.padded_size is an integer; give a whole number, 1 or more"),
    ("SetIntersectionSize", [["A"]], {"padded_size": 2**21}, "parameters.padded_size is 2097152; give at most"),
    ("StatisticsContingencyVertical", [["1"]], {}, "data[0] is a list of length 1; give a list of 2 elements"),
    ("StatisticsContingencyVertical", [["1", None]], {}, "data[0][1] is null"),
    ("StatisticsContingencyVertical", [["1", "a"]], {"hide_sizes": "no"}, "parameters.hide_sizes is a string"),
]


@pytest.mark.parametrize(("name", "data", "parameters", "part"), REFUSED, ids=[f"{name}: {part}" for name, _, _, part in REFUSED])
def test_input_is_refused_with_the_element_in_the_message(name: str, data: Any, parameters: dict[str, Any], part: str) -> None:
    with pytest.raises(Failure) as caught:
        result(name, data, [["A"]], parameters=parameters)
    assert part in caught.value.message


@pytest.mark.parametrize("garbage", [b"", b"\x01", b"\xff\xff\xff\xff", bytes(5)])
def test_messages_that_cannot_be_parted_name_their_sender(garbage: bytes) -> None:
    links = Links(2)

    async def run() -> Any:
        kind = SetIntersection()
        own = kind.read(computation("SetIntersection", [["A", "B"]], 0, 2))
        return await asyncio.gather(kind.run(LinkedGroup(links, 0), own), LinkedGroup(links, 1).broadcast(garbage), return_exceptions=True)

    found = asyncio.run(run())[0]
    assert isinstance(found, Failure)
    assert (found.code, found.reason, found.party) == (502, "garbage", 1)


@pytest.mark.parametrize("garbage", [b"", b"[]", b"[[1], 2]", b'[["b", "a"], 2]', b'[["a"], -1]', b'[["a"], true]', b"\xff"])
def test_categories_that_cannot_be_read_name_their_sender(garbage: bytes) -> None:
    links = Links(2)

    async def run() -> Any:
        kind = StatisticsContingencyVertical()
        own = kind.read(computation(kind.name, [["1", "a"]], 0, 2))
        return await asyncio.gather(kind.run(LinkedGroup(links, 0), own), LinkedGroup(links, 1).broadcast(garbage), return_exceptions=True)

    found = asyncio.run(run())[0]
    assert isinstance(found, Failure)
    assert (found.code, found.reason, found.party) == (502, "garbage", 1)
