"""Layouts: bit widths, flattening, results, and the settings bytes."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloakwork.errors import EncodingError, NumberError, ParameterError, Status
from cloakwork.layout import Layout, Tensor, Weight, bits_for

PARTIES = st.integers(1, 2**20)
REPEATABLE = settings(derandomize=True, deadline=None)


def fixed_point(values: np.ndarray, fraction: int) -> list[int]:
    """What the library makes of values, in exact arithmetic."""
    if values.dtype.kind == "i":
        return [int(x) << fraction for x in values]
    return [round(Fraction(float(x)) * Fraction(2) ** fraction) for x in values]


def sums(layout: Layout, contributions: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """What a round gives: sums in fixed point, with a check that none wraps."""
    decoded = {}
    for segment in layout.segments:
        vectors = [fixed_point(contribution[segment.label], segment.fraction) for contribution in contributions]
        limit = segment.limit(layout.parties)
        assert all(abs(x) <= limit for vector in vectors for x in vector)
        totals = [sum(column) for column in zip(*vectors, strict=True)]
        kind = contributions[0][segment.label].dtype
        scaled = totals if kind == np.int64 else [float(Fraction(total) / Fraction(2) ** segment.fraction) for total in totals]
        decoded[segment.label] = np.array(scaled, dtype=kind)
    return decoded


@REPEATABLE
@given(st.floats(1e-9, 1e12), st.floats(1e-9, 1.0), PARTIES)
def test_the_width_is_the_smallest_that_cannot_wrap(bound: float, precision: float, parties: int) -> None:
    if bound < precision:
        return
    width = bits_for(bound, precision, parties)
    assert 2.0**-width.fraction <= precision < 2.0 ** -(width.fraction - 1)
    largest = round(Fraction(bound) * 2**width.fraction) * parties
    assert largest <= 2 ** (width.bits - 1) - 1
    assert largest > 2 ** (width.bits - 2) - 1


def test_known_widths() -> None:
    assert bits_for(1, None, 1) == (2, 0)
    assert bits_for(1, None, 2) == (3, 0)
    assert bits_for(127, None, 1) == (8, 0)
    assert bits_for(128, None, 1) == (9, 0)
    assert bits_for(8.0, 2**-16, 5) == (23, 16)
    assert bits_for(8.0, 2**-15 * 0.999, 5) == (23, 16)
    assert bits_for(2.0**40, 1024.0, 1) == (32, -10)


@pytest.mark.parametrize(
    ("bound", "precision", "argument"),
    [
        (0, None, "bound"),
        (-1, None, "bound"),
        (math.nan, None, "bound"),
        (math.inf, 1.0, "bound"),
        (1.0, 0.0, "precision"),
        (1.0, math.nan, "precision"),
        (1.0, 2.0**-121, "precision"),
        (1.0, 2.0**65, "precision"),
        (0.4, 1.0, "bound"),
        (2.0**126, 1.0, "bound"),
    ],
)
def test_widths_that_there_are_not(bound: float, precision: float | None, argument: str) -> None:
    with pytest.raises((ParameterError, NumberError)) as failure:
        bits_for(bound, precision, 2)
    assert failure.value.argument == argument


MODEL = {"w": np.zeros((2, 3)), "b": np.float32(0), "seen": np.zeros(4, dtype=np.int32), "flag": True}


def model_layout(**options: object) -> Layout:
    return Layout.like(MODEL, parties=5, bound={"w": 2.0, "b": 4.0, "seen": 1000, "flag": 1}, precision=2**-20, **options)


def test_segments_of_a_template() -> None:
    layout = model_layout(weight=Weight(bound=500), metrics={"loss": Tensor(bound=100.0, precision=0.01)})
    found = {segment.label: (segment.bits, segment.length, segment.fraction) for segment in layout.segments}
    assert found == {
        "metrics": (1 + (5 * 12800).bit_length(), 1, 7),
        "values": (1 + (5 * 4 * 2**20).bit_length(), 7, 20),
        "values.integers": (1 + (5 * 1000).bit_length(), 5, 0),
        "weight": (1 + (5 * 500).bit_length(), 1, 0),
    }
    assert [segment.label for segment in layout.segments] == sorted(found)
    assert list(layout.tensors) == ["b", "flag", "loss", "seen", "w"]


def test_a_lone_tensor_is_not_copied() -> None:
    layout = Layout({"w": Tensor((2, 3), bound=1, precision=0.5)}, 3)
    values = np.ones((2, 3))
    assert np.shares_memory(layout.flatten({"w": values})["values"], values)


def test_sum_mean_and_weighted_mean() -> None:
    shapes = {"s": (), "m": (2,), "w": (2, 2)}
    layout = Layout(
        {
            "s": Tensor(shapes["s"], bound=10, reduction="sum"),
            "m": Tensor(shapes["m"], bound=10, precision=2**-30, reduction="mean"),
            "w": Tensor(shapes["w"], bound=10, precision=2**-30, reduction="weighted_mean"),
            "i": Tensor((3,), bound=7, reduction="weighted_mean"),
        },
        parties=4,
        weight=Weight(bound=100),
    )
    random = np.random.default_rng(1)
    weights = [3, 0, 100]
    contributions = [
        {"s": 2, "m": random.uniform(-10, 10, 2), "w": random.uniform(-10, 10, (2, 2)), "i": random.integers(-7, 8, 3)} for _ in weights
    ]
    flat = [layout.flatten(values, weight=weight) for values, weight in zip(contributions, weights, strict=True)]
    result = layout.unflatten(sums(layout, flat), parties=3)
    assert (result.parties, result.weight) == (3, 103)
    assert isinstance(result.weight, int)
    assert result.values["s"].dtype == np.int64
    assert result.values["s"].shape == ()
    assert result.values["s"] == 6
    mean = np.mean([values["m"] for values in contributions], axis=0)
    assert np.abs(result.values["m"] - mean).max() <= layout.error("m", parties=3) + 1e-15
    for name in ("w", "i"):
        expected = np.average([values[name] for values in contributions], axis=0, weights=weights)
        assert result.values[name].shape == expected.shape
        assert np.abs(result.values[name] - expected).max() <= layout.error(name, parties=3, weight=103) + 1e-14


@REPEATABLE
@given(
    bound=st.floats(0.01, 1e6),
    fraction=st.integers(0, 40),
    weight_bound=st.floats(0.5, 1e4),
    parties=st.integers(1, 8),
    data=st.data(),
)
def test_weighted_means_are_within_the_stated_error(
    bound: float, fraction: int, weight_bound: float, parties: int, data: st.DataObject
) -> None:
    """Bounds themselves, zeros and everything between: nothing wraps and the error is the stated one."""
    weight = Weight(bound=weight_bound, precision=2**-10)
    if bound * min(weight_bound, 1) < 2.0**-fraction:
        return
    layout = Layout({"x": Tensor((2,), bound=bound, precision=2.0**-fraction, reduction="weighted_mean")}, parties, weight)
    entry = st.floats(-bound, bound) | st.sampled_from([bound, -bound, 0.0])
    vectors = [np.array(data.draw(st.tuples(entry, entry))) for _ in range(parties)]
    weights = [data.draw(st.floats(0, weight_bound) | st.just(weight_bound)) for _ in range(parties)]
    rounded = [weight.checked(w) for w in weights]
    if not sum(rounded):
        return
    found = layout.unflatten(sums(layout, [layout.flatten({"x": x}, w) for x, w in zip(vectors, weights, strict=True)]), parties=parties)
    assert found.weight == sum(rounded)
    for column in range(2):
        total = sum(Fraction(w) * Fraction(float(x[column])) for w, x in zip(rounded, vectors, strict=True))
        expected = float(total / sum(Fraction(w) for w in rounded))
        float_error = 2.0**-51 * parties * max(bound, 1) * max(weight_bound, 1) / found.weight
        assert abs(found.values["x"][column] - expected) <= layout.error("x", weight=found.weight) + float_error


@REPEATABLE
@given(st.integers(1, 9), st.data())
def test_integers_are_exact(parties: int, data: st.DataObject) -> None:
    bound = data.draw(st.integers(1, (2**63 - 1) // parties))
    layout = Layout({"x": Tensor((3,), bound=bound)}, parties)
    vectors = [data.draw(st.lists(st.integers(-bound, bound), min_size=3, max_size=3)) for _ in range(parties)]
    flat = [layout.flatten({"x": np.array(vector, dtype=np.int64)}) for vector in vectors]
    result = layout.unflatten(sums(layout, flat), parties=parties)
    assert result.values["x"].tolist() == [sum(column) for column in zip(*vectors, strict=True)]
    assert layout.error("x") == 0


def test_settings_are_canonical_and_come_back() -> None:
    layout = model_layout(
        weight=Weight(bound=2.5, precision=0.3), metrics={"loss": Tensor(bound=9, precision=0.1, reduction="weighted_mean")}
    )
    again = Layout.from_settings(layout.settings)
    assert again == layout
    assert again.segments == layout.segments
    assert again.settings == layout.settings
    reordered = Layout(dict(reversed(layout.tensors.items())), layout.parties, layout.weight)
    assert reordered.settings == layout.settings
    assert json.loads(layout.settings)["weight"] == {"bound": 2.5, "fraction": 2}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.replace(":", ": "), Status.NON_CANONICAL),
        (lambda text: text[:-1], Status.MALFORMED),
        (lambda text: text + " ", Status.NON_CANONICAL),
        (lambda text: text.replace("layout 1", "layout 2"), Status.UNSUPPORTED),
        (lambda text: text.replace('"parties":5', '"parties":0'), Status.INVALID_ARGUMENT),
        (lambda text: text.replace('"parties":5', '"parties":true'), Status.INVALID_ARGUMENT),
        (lambda text: text.replace('"parties":5,', ""), Status.MALFORMED),
        (lambda text: text.replace('"fraction":20', '"fraction":20.5'), Status.NON_CANONICAL),
        (lambda text: text.replace('"fraction":20', '"fraction":-99999'), Status.MALFORMED),
        (lambda text: text.replace('"shape":[2,3]', '"shape":[2,-3]'), Status.INVALID_ARGUMENT),
        (lambda text: text.replace('"shape":[2,3]', '"shape":7'), Status.MALFORMED),
        (lambda text: text.replace('"shape":[2,3]', '"shape":["a"]'), Status.MALFORMED),
        (lambda text: text.replace('"bound":2.0', '"bound":NaN'), Status.INVALID_ARGUMENT),
        (lambda text: text.replace('"reduction":"sum"', '"reduction":"max"'), Status.INVALID_ARGUMENT),
        (lambda text: "[]", Status.MALFORMED),
        (lambda text: "null", Status.MALFORMED),
        (lambda text: "[" * 100_000, Status.MALFORMED),
        (lambda text: "\udcff", Status.MALFORMED),
    ],
)
def test_settings_that_are_refused(change: object, code: Status) -> None:
    changed = change(model_layout().settings.decode())
    with pytest.raises((EncodingError, ParameterError)) as failure:
        Layout.from_settings(changed.encode("utf-8", "surrogateescape"))
    assert failure.value.code == code
