"""Private statistics: what leaves a party, how far noise takes the result, and what a single record can never change."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from cloakwork.errors import CloakworkError, EncodingError, PrivacyError
from cloakwork.privacy import Accountant, Contribution, Neighbours, decode
from cloakwork.secagg import Config, Identity, Run
from cloakwork.tasks import STATISTICS, Column, Privacy, Statistics, Task
from cloakwork.tasks.privacy import deviation
from cloakwork.vector_layout import VectorLayout
from cloakwork.wire.problem import FlowError

COLUMNS = (Column("age", 0, 120), Column("weight", 20, 220))
PARTIES, HONEST = 5, 3
PROMISE = Privacy(epsilon=4, delta=1e-6)


def task(statistic: str, **changes: object) -> Task:
    columns = () if statistic == "count" else COLUMNS
    return replace(Task(statistic, columns, rows=2000, privacy=PROMISE), **changes)  # type: ignore[arg-type]


def tables(seed: int, rows: tuple[int, ...]) -> list[dict[str, np.ndarray]]:
    random = np.random.default_rng(seed)
    made = []
    for count in rows:
        age = random.uniform(20, 90, count)
        made.append({"age": age, "weight": 40 + age / 2 + random.normal(0, 12, count).clip(-35, 35)})
    return made


def joint(asked: Task, parts: list[dict[str, np.ndarray]], rotation: bytes) -> Statistics:
    """The result without masks, which change nothing: the sum of the parties' contributions, decoded."""
    plan = asked.plan(len(parts), HONEST)
    total = np.zeros(plan.mechanism.padded, dtype=np.uint32 if plan.bits <= 32 else np.uint64)
    for part in parts:
        vector = asked.contribution(part, len(parts))
        assert isinstance(vector, np.ndarray)
        with Contribution(plan.mechanism, plan.bits, rotation) as contribution:
            contribution.add(vector)
            total += contribution.residues()
    total &= total.dtype.type(2**plan.bits - 1)
    sums = {"vector": decode(plan.mechanism, plan.bits, rotation, total)}
    return asked.result(sums, len(parts), len(parts), plan.mechanism)


def exact(asked: Task, parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    pooled = np.column_stack([np.concatenate([part[column.name] for part in parts]) for column in COLUMNS])
    return {
        "rows": np.array(float(len(pooled))),
        "sum": pooled.sum(axis=0),
        "mean": pooled.mean(axis=0),
        "variance": pooled.var(axis=0, ddof=1),
        "covariance": np.cov(pooled.T),
        "correlation": np.corrcoef(pooled.T),
    }


@pytest.mark.parametrize("statistic", STATISTICS)
def test_results_are_as_far_off_as_they_say(statistic: str) -> None:
    """Eight results of each statistic, in deviations as stated: none beyond 6, and together neither too small nor too large.

    To first order they are normal. One of the at most 13 * 8 numbers is beyond 6 with a probability below 3e-7. The mean of the squares of
    the 8 rows, independent, is outside 0.05 to 5 with a probability below 3e-5 (chi-square with 8 degrees of freedom).
    """
    asked, squares = task(statistic), []
    parts = tables(1, (1500, 900, 1800, 2000, 1200))
    truth = exact(asked, parts)
    for number in range(8):
        found = joint(asked, parts, bytes([number]) * 32)
        assert found.privacy == PROMISE
        assert found.error is not None
        assert "rows" in found.error
        squares.append(((found.rows - truth["rows"]) / found.error["rows"]) ** 2)
        for name, expected in found.error.items():
            if name != "rows":
                value = getattr(found, name)
                wrong = np.abs(value - truth[name])
                # The diagonal of a correlation is 1 and has no error.
                assert np.all(wrong <= 6 * expected + 1e-9), name
                assert np.all(expected >= 0)
    assert 0.05 < np.mean(squares) < 5


def test_the_record_s_clip_bounds_every_record() -> None:
    """Records at the corners of their ranges, where each adds the most, and others."""
    random = np.random.default_rng(5)
    for statistic in STATISTICS:
        asked = task(statistic)
        for _ in range(50):
            corner = {column.name: np.array([random.choice([column.low, column.high, 1e9, -1e9])]) for column in COLUMNS}
            inside = {column.name: random.uniform(column.low, column.high, 1) for column in COLUMNS}
            for record in (corner, inside):
                moved = asked.contribution(record, PARTIES)
                assert isinstance(moved, np.ndarray)
                assert asked.unit.clip is not None
                assert np.linalg.norm(moved) <= asked.unit.clip
        assert math.isclose(asked.unit.clip or 0, math.sqrt(asked.vector_layout.dimension), rel_tol=1e-9)


def test_no_table_is_clipped_and_the_promise_is_kept() -> None:
    for statistic in STATISTICS:
        for neighbours in Neighbours:
            asked = task(statistic, privacy=replace(PROMISE, neighbours=neighbours, rounds=3))
            plan = asked.plan(PARTIES, HONEST)
            (part,) = tables(2, (2000,))
            for column in COLUMNS:
                part[column.name][:] = column.high
            vector = asked.contribution(part, PARTIES)
            assert isinstance(vector, np.ndarray)
            assert np.linalg.norm(vector) <= plan.mechanism.clip
            with Accountant() as accountant:
                accountant.add(plan.mechanism, asked.unit, neighbours, 3)
                assert accountant.epsilon(PROMISE.delta) <= PROMISE.epsilon
            asked.privacy.check(plan.mechanism, asked.unit)  # type: ignore[union-attr]
            with pytest.raises(FlowError, match="gives epsilon"):
                replace(asked.privacy, epsilon=PROMISE.epsilon / 2).check(plan.mechanism, asked.unit)  # type: ignore[type-var]


def test_a_single_record_refuses_nothing() -> None:
    (part,) = tables(3, (9,))
    asked = task("covariance")
    for wrong in (np.nan, np.inf, -np.inf, 1e300, -5.0):
        changed = {name: column.copy() for name, column in part.items()}
        changed["age"][4] = wrong
        vector = asked.vector_layout.unflatten(asked.contribution(changed, PARTIES))  # type: ignore[arg-type]
        assert vector["rows"] == (8 if np.isnan(wrong) else 9)
        assert asked.changed(changed) == ((0, 1) if np.isnan(wrong) else (1, 0))
        # Without privacy it is an error that its owner should see.
        with pytest.raises(FlowError):
            replace(asked, privacy=None).contribution(changed, PARTIES)
    left = {name: np.delete(column, 4) for name, column in part.items()}
    changed["age"][4] = np.nan
    np.testing.assert_array_equal(asked.contribution(changed, PARTIES), asked.contribution(left, PARTIES))


def test_settings_bring_the_promise_back() -> None:
    for statistic in STATISTICS:
        asked = task(statistic, privacy=Privacy(0.5, 1e-7, 12, Neighbours.ZERO_OUT))
        assert Task.from_settings(asked.settings(PARTIES), PARTIES) == asked
        assert "epsilon 0.5 at delta 1e-07 for a record (zero-out), in 12 rounds together" in asked.describe()
    settings = asked.settings(PARTIES)
    for wrong in (
        settings.replace(b'"epsilon":0.5', b'"epsilon":0.50'),
        settings.replace(b'"epsilon":0.5', b'"epsilon":"x"'),
        settings.replace(b'"epsilon":0.5', b'"epsilon":-1'),
        settings.replace(b'"neighbours":"zero-out"', b'"neighbours":"nobody"'),
        settings.replace(b'"rounds":12', b'"rounds":12,"more":1'),
        settings.replace(b"cloakwork vector 1", b"cloakwork vector 2"),
    ):
        assert wrong != settings
        with pytest.raises((EncodingError, FlowError)):
            Task.from_settings(wrong, PARTIES)


@pytest.mark.parametrize(
    "wrong", [{"epsilon": 0}, {"epsilon": 65}, {"epsilon": math.nan}, {"delta": 0}, {"delta": 1}, {"delta": math.nan}, {"rounds": 0}]
)
def test_promises_that_cannot_be(wrong: dict[str, float]) -> None:
    with pytest.raises(FlowError) as caught:
        Privacy(**{"epsilon": 1.0, "delta": 1e-6, **wrong})  # type: ignore[arg-type]
    assert caught.value.argument in wrong


def test_a_run_is_compared_with_its_task() -> None:
    asked = task("mean")
    plan = asked.plan(PARTIES, HONEST)
    keys = {number: Identity.generate().public_key for number in range(1, PARTIES + 1)}

    def run(**changes: object) -> Run:
        return Run.new(
            Config.private(plan.mechanism, plan.bits, **{"max_rounds": 1, "settings": asked.settings(PARTIES), **changes}),  # type: ignore[arg-type]
            keys,
        )

    asked.check(run())
    for wrong, other in (
        (run(max_rounds=2), asked),
        (run(label="other"), asked),
        (run(), task("covariance")),
        (run(), replace(asked, privacy=None)),
        (run(), replace(asked, privacy=replace(PROMISE, epsilon=1.0))),
        # The noise is for tables of 2,000 rows of two columns, in which a record counts less.
        (Run.new(Config(segments=replace(asked, privacy=None).layout(PARTIES).segments), keys), asked),
    ):
        with pytest.raises(FlowError):
            other.check(wrong)


def test_wishes_that_cannot_be_are_refused_with_what_could() -> None:
    with pytest.raises(PrivacyError) as caught:
        task("mean").plan(PARTIES, PARTIES + 1)
    assert caught.value.argument is not None
    with pytest.raises(PrivacyError):
        task("mean").plan(PARTIES, HONEST, bits=3)
    with pytest.raises(FlowError):
        replace(task("mean"), privacy=None).plan(PARTIES, HONEST)
    with pytest.raises(FlowError, match="too few"):
        joint(task("variance", privacy=replace(PROMISE, epsilon=60.0)), tables(4, (0, 0, 0, 0, 0)), bytes(32))


def test_the_deviation_is_that_of_the_plan() -> None:
    plan = task("covariance").plan(PARTIES, HONEST)
    error = plan.error
    assert math.isclose(deviation(plan.mechanism, PARTIES), math.hypot(error.noise, error.quantisation), rel_tol=1e-6)


def test_arrays_are_one_vector_and_come_back() -> None:
    arrays = {"b": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.array(7), "c": np.array([True, False])}
    layout = VectorLayout.like(arrays)
    assert layout.dimension == 9
    vector = layout.flatten(arrays)
    np.testing.assert_array_equal(vector, [7, 0, 1, 2, 3, 4, 5, 1, 0])
    for name, array in layout.unflatten(2 * vector).items():
        np.testing.assert_array_equal(array, 2 * arrays[name].astype(np.float64))
        assert array.shape == arrays[name].shape
    assert VectorLayout.from_settings(layout.settings) == layout
    for wrong in (
        b"",
        b"{}",
        b"[]",
        layout.settings + b" ",
        layout.settings.replace(b"2,3", b"2,-3"),
        layout.settings.replace(b"1", b"2", 1),
    ):
        with pytest.raises(CloakworkError):
            VectorLayout.from_settings(wrong)
    for wrong_values in ({**arrays, "d": 1.0}, {"a": 1.0}, {**arrays, "b": np.zeros((3, 2))}, {**arrays, "a": "text"}):
        with pytest.raises(CloakworkError):
            layout.flatten(wrong_values)  # type: ignore[arg-type]
    for shapes in ({}, {"": (1,)}, {"x": (0,)}, {"x": (2**29,)}):
        with pytest.raises(CloakworkError):
            VectorLayout(shapes)
    with pytest.raises(CloakworkError):
        layout.unflatten(np.zeros(8))
