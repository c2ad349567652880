"""Unions of keys, histograms and tables."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from linked_group import LinkedGroup, Links, outcomes, result

from cloakwork.fsc.computation import Failure
from cloakwork.fsc.protocols import key_table, key_union
from cloakwork.fsc.protocols.inputs import uniform_words

LABEL = b"label"


def _union(*owns: set[bytes]) -> list[list[bytes]]:
    links = Links(len(owns))

    async def run() -> list[list[bytes]]:
        return await asyncio.gather(*(key_union.key_union(LinkedGroup(links, place), own) for place, own in enumerate(owns)))

    return asyncio.run(run())


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sets(st.binary(max_size=9), max_size=30), min_size=2, max_size=4))
def test_unions(owns: list[set[bytes]]) -> None:
    assert _union(*owns) == [sorted(set().union(*owns))] * len(owns)


def test_a_union_that_takes_larger_tables() -> None:
    owns = [{str(number).encode() for number in range(start, start + 900)} for start in (0, 450)]
    assert _union(*owns) == [sorted(set().union(*owns))] * 2


def test_a_union_beyond_all_tables_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_union, "_LARGEST_TABLE", 2000)
    with pytest.raises(Failure) as caught:
        _union({str(number).encode() for number in range(300)}, {b"1"})
    assert caught.value.reason == "too-large"


def test_keys_of_a_table_are_read_back() -> None:
    keys = [f"key {number}".encode() for number in range(60)]
    table = key_table.written(keys, LABEL, 64, 10)
    # Keys of two holders have sums of weights.
    table += key_table.written(keys[:30], LABEL, 64, 10)
    assert key_table.read(table, LABEL, 10) == sorted(keys)
    assert key_table.read(np.zeros_like(table), LABEL, 10) == []
    assert key_table.read(uniform_words(table.shape), LABEL, 10) is None
    assert key_table.read(table, b"other label", 10) is None


def test_even_weights_are_divided_by() -> None:
    table = key_table.written([b"key"], LABEL, 4, 8)
    shifted = table << np.uint64(20)
    assert key_table.read(shifted, LABEL, 8) == [b"key"]


def test_sums_of_tables_say_only_what_the_union_is() -> None:
    """The first weight of a key that one party has and that of one which three have: the same distribution.

    The top bits of 2,000 of each in 16 classes, by chi-squared tests against uniformity at 1e-6 each: a false alarm in 2e-6 of all runs.
    """
    one, three = [], []
    for _ in range(2000):
        tables = [key_table.written([b"common"], LABEL, 1, 6) for _ in range(3)]
        one.append(int(tables[0][0, 0] >> np.uint64(60)))
        three.append(int((tables[0] + tables[1] + tables[2])[0, 0] >> np.uint64(60)))
    for found in (one, three):
        assert scipy.stats.chisquare(np.bincount(found, minlength=16)).pvalue > 1e-6


def test_histograms_of_anything_text_can_be() -> None:
    data: list[list[Any]] = [["a_b", "", "é", "\U0001d54f" * 100, 1.5], ["1.5", True, "a_b", -7]]
    pooled = Counter(str(value) for own in data for value in own)
    found = result("StatisticsFrequency", *data)
    assert found == {"histogram": {key: float(count) for key, count in pooled.items()}, "mode": "1.5"}


def test_ties_are_broken_alike_and_nothing_has_no_mode() -> None:
    assert result("StatisticsFrequency", ["b", "c"], ["a"])["mode"] == "a"
    assert result("StatisticsFrequency", [], []) == {"histogram": {}, "mode": None}
    assert result("StatisticsContingency", [], []) == {"mode": None, "table": {}}
    assert result("StatisticsContingency", [["x", "q"]], [["x", "p"]])["mode"] == ["x", "p"]


def test_keys_that_look_alike_do_not_collide() -> None:
    found = result("StatisticsContingency", [["a_b", "c"]], [["a", "b_c"]])
    assert found["table"] == {"a": {"b_c": 1.0, "c": 0.0}, "a_b": {"b_c": 0.0, "c": 1.0}}


def test_agreed_keys() -> None:
    found = result("StatisticsFrequency", ["a"], [], parameters={"keys": ["b", "a"]})
    assert found == {"histogram": {"a": 1.0, "b": 0.0}, "mode": "a"}
    found = result("StatisticsContingency", [["x", 1]], [["y", 2]], parameters={"columns": ["1", 2, "3"]})
    assert found["table"] == {"x": {"1": 1.0, "2": 0.0, "3": 0.0}, "y": {"1": 0.0, "2": 1.0, "3": 0.0}}
    (refused, _) = outcomes("StatisticsFrequency", [], [], parameters={"keys": []})
    assert refused == {"histogram": {}, "mode": None}


def test_messages_do_not_say_who_has_a_key() -> None:
    lengths = []
    for data in ([["a", "b", "c"], [], []], [["a"], ["a", "b"], ["c", "c", "b"]]):
        links = Links(3)
        outcomes("StatisticsFrequency", *data, links=links)
        lengths.append([sorted(len(message) for sender, _, message in links.sent if sender == place) for place in range(3)])
    assert lengths[0] == lengths[1]
