"""What a layout refuses: each exception names the tensor or argument and, where there is one, the bound."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from cloakwork.errors import ArgumentError, ArgumentTypeError, CloakworkError, NumberError, ParameterError, Status
from cloakwork.layout import Layout, Tensor, Weight

LAYOUT = Layout(
    {
        "matrix": Tensor((2, 3), bound=4, precision=2**-10, reduction="weighted_mean"),
        "counts": Tensor((4,), bound=100),
        "loss": Tensor(bound=0.1, precision=2**-40),
    },
    parties=3,
    weight=Weight(bound=50),
)
GOOD: dict[str, object] = {"matrix": np.ones((2, 3)), "counts": np.arange(4), "loss": 0.05}

SQUARE = np.ones((6, 6))
SWAPPED = np.ones((2, 3), dtype=np.dtype(np.float64).newbyteorder())

BAD_ARRAYS = [
    ("matrix", np.full((2, 3), math.nan), NumberError, Status.NOT_FINITE, None),
    ("matrix", np.array([[0, 0, 0], [0, math.inf, 0]]), NumberError, Status.NOT_FINITE, None),
    ("matrix", np.array([[0, 0, 0], [0, -math.inf, 0]]), NumberError, Status.NOT_FINITE, None),
    ("matrix", np.full((2, 3), np.nextafter(4, 5)), NumberError, Status.OUT_OF_RANGE, 4),
    ("matrix", np.full((2, 3), -4.001), NumberError, Status.OUT_OF_RANGE, 4),
    ("matrix", np.full((2, 3), 5, dtype=np.int64), NumberError, Status.OUT_OF_RANGE, 4),
    ("matrix", np.ones((3, 2)), ArgumentError, Status.INVALID_LENGTH, None),
    ("matrix", np.ones(6), ArgumentError, Status.INVALID_LENGTH, None),
    ("matrix", np.ones((2, 3, 1)), ArgumentError, Status.INVALID_LENGTH, None),
    ("matrix", np.ones((0, 3)), ArgumentError, Status.INVALID_LENGTH, None),
    ("matrix", SQUARE[::3, ::2], ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("matrix", np.ones((3, 2)).T, ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("matrix", np.broadcast_to(1.0, (2, 3)), ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("matrix", SWAPPED, ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("matrix", np.ones((2, 3), dtype=np.float16), ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("matrix", np.ones((2, 3), dtype=np.longdouble), ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("matrix", np.ones((2, 3), dtype=np.complex128), ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("matrix", np.ones((2, 3), dtype=object), ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("matrix", np.full((2, 3), "1"), ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("matrix", np.full((2, 3), np.datetime64("2020-01-01")), ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("matrix", np.full((2, 3), np.timedelta64(1, "s")), ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("matrix", np.ones((2, 3), dtype=[("x", np.float64)]), ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("matrix", np.ma.masked_array(np.ones((2, 3))), ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("matrix", [[1.0] * 3] * 2, ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("matrix", None, ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("counts", np.ones(4), ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("counts", np.array([0, 0, 0, 101]), NumberError, Status.OUT_OF_RANGE, 100),
    ("counts", np.array([0, 0, 0, -101]), NumberError, Status.OUT_OF_RANGE, 100),
    ("counts", np.array([0, 0, 0, -(2**63)]), NumberError, Status.OUT_OF_RANGE, 100),
    ("counts", np.array([0, 0, 0, 2**64 - 1], dtype=np.uint64), NumberError, Status.OUT_OF_RANGE, 100),
    ("loss", "0.1", ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("loss", 1j, ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("loss", 2**200, ArgumentTypeError, Status.INVALID_ARGUMENT, None),
    ("loss", math.nan, NumberError, Status.NOT_FINITE, None),
    ("loss", np.float64(0.2), NumberError, Status.OUT_OF_RANGE, 0.1),
    # The float32 nearest to 0.1 is above 0.1.
    ("loss", np.float32(0.1), NumberError, Status.OUT_OF_RANGE, 0.1),
]


@pytest.mark.parametrize(("name", "value", "kind", "code", "bound"), BAD_ARRAYS)
def test_bad_arrays(name: str, value: object, kind: type[CloakworkError], code: Status, bound: float | None) -> None:
    with pytest.raises(kind) as failure:
        LAYOUT.flatten({**GOOD, name: value}, weight=1)
    assert failure.value.argument == name
    assert str(failure.value).startswith(f"{name}: ")
    assert (failure.value.code, failure.value.bound) == (code, bound)


def test_the_position_is_named_and_the_value_is_not() -> None:
    with pytest.raises(NumberError, match="at index 1, 2 ") as failure:
        LAYOUT.flatten({**GOOD, "matrix": np.array([[0, 0, 0], [0, 0, 7.25]])}, weight=1)
    assert "7.25" not in str(failure.value)


@pytest.mark.parametrize(
    ("weight", "kind", "code"),
    [
        (None, ArgumentError, Status.INVALID_ARGUMENT),
        (1.5, ArgumentTypeError, Status.INVALID_ARGUMENT),
        (True, ArgumentTypeError, Status.INVALID_ARGUMENT),
        ("1", ArgumentTypeError, Status.INVALID_ARGUMENT),
        (np.ones(1), ArgumentTypeError, Status.INVALID_ARGUMENT),
        (-1, NumberError, Status.OUT_OF_RANGE),
        (51, NumberError, Status.OUT_OF_RANGE),
    ],
)
def test_bad_weights(weight: object, kind: type[CloakworkError], code: Status) -> None:
    with pytest.raises(kind) as failure:
        LAYOUT.flatten(GOOD, weight=weight)
    assert (failure.value.argument, failure.value.code) == ("weight", code)


def test_a_weight_where_there_is_none() -> None:
    with pytest.raises(ArgumentError, match="weight"):
        Layout({"x": Tensor(bound=1)}, 3).flatten({"x": 1}, weight=1)


def test_missing_and_unknown_tensors() -> None:
    with pytest.raises(ArgumentError, match="^counts: missing"):
        LAYOUT.flatten({"matrix": GOOD["matrix"], "loss": 0.0}, weight=1)
    with pytest.raises(ArgumentError, match="^other: not in the layout"):
        LAYOUT.flatten({**GOOD, "other": 1.0}, weight=1)


def test_what_is_taken_without_loss() -> None:
    whole = np.array([[1, 0, 1], [0, 1, 1]])
    for kind in (np.float32, np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.bool_):
        flat = LAYOUT.flatten({**GOOD, "matrix": whole.astype(kind)}, weight=2)
        assert flat["values"].dtype == np.float64
        assert flat["values"][1:].tolist() == [2, 0, 2, 0, 2, 2]
    booleans = LAYOUT.flatten({**GOOD, "counts": np.array([True, False, True, True])}, weight=1)["values.integers"]
    assert booleans.dtype == np.int64
    assert booleans.tolist() == [1, 0, 1, 1]


def test_integers_that_float64_does_not_hold() -> None:
    layout = Layout({"x": Tensor((1,), bound=2.0**60, precision=1.0)}, 3)
    assert layout.flatten({"x": np.array([2**53])})["values"][0] == 2**53
    with pytest.raises(NumberError) as failure:
        layout.flatten({"x": np.array([2**53 + 1])})
    assert failure.value.bound == 2**53


@pytest.mark.parametrize(
    ("tensors", "parties", "weight", "argument"),
    [
        ({}, 3, None, "tensors"),
        ({"x": Tensor(bound=1)}, 0, None, "parties"),
        ({"x": Tensor(bound=1)}, True, None, "parties"),
        ({"x": np.ones(3)}, 3, None, "x"),
        ({"": Tensor(bound=1)}, 3, None, "tensors"),
        ({"x": Tensor(bound=1, reduction="weighted_mean")}, 3, None, "x"),
        ({"x": Tensor(bound=1, reduction="weighted_mean")}, 3, Weight(bound=1, precision=0.5), "x"),
        ({"x": Tensor(bound=1, group="weight")}, 3, None, "x"),
        ({"x": Tensor(bound=1, group="Upper")}, 3, None, "x"),
        ({"x": Tensor(bound=2**62)}, 3, None, "x"),
        ({"x": Tensor(bound=2**40, reduction="weighted_mean")}, 3, Weight(bound=2**40), "x"),
        ({"x": Tensor(bound=2.0**100, precision=2**-40)}, 3, None, "x"),
        ({"x": Tensor((2**31, 2), bound=1)}, 3, None, "x"),
        ({"x": Tensor(bound=1)}, 3, Weight(bound=2**62), "weight"),
        ({f"x{i}": Tensor(bound=1, group=f"g{i}") for i in range(9)}, 3, None, "tensors"),
    ],
)
def test_layouts_that_there_are_not(tensors: dict[str, Tensor], parties: int, weight: Weight | None, argument: str) -> None:
    with pytest.raises(ArgumentError) as failure:
        Layout(tensors, parties, weight)
    assert failure.value.argument == argument


def test_tensors_that_there_are_not() -> None:
    for options in (
        {"bound": "1"},
        {"bound": True},
        {"bound": 1.5},
        {"bound": 1, "shape": (0,)},
        {"bound": 1, "shape": (1.5,)},
        {"bound": 1, "reduction": "max"},
    ):
        with pytest.raises(ArgumentError):
            Tensor(**options)


def test_templates_that_there_are_not() -> None:
    with pytest.raises(ArgumentError, match="'x' holds floats"):
        Layout.like({"x": 1.0}, parties=3, bound=1)
    with pytest.raises(ArgumentError, match="'x' has none"):
        Layout.like({"x": 1}, parties=3, bound={})
    with pytest.raises(ArgumentTypeError, match="'x' is no number"):
        Layout.like({"x": 1}, parties=3, bound={"x": "1"})
    with pytest.raises(ArgumentTypeError, match="^x: "):
        Layout.like({"x": np.ones(2, dtype=complex)}, parties=3, bound=1)
    with pytest.raises(ArgumentError, match="'x' is the name"):
        Layout.like({"x": 1}, parties=3, bound=1, metrics={"x": Tensor(bound=1)})


def test_sums_that_do_not_fit() -> None:
    good = LAYOUT.flatten(GOOD, weight=1)
    for parties in (0, 4):
        with pytest.raises(ArgumentError, match="^parties: "):
            LAYOUT.unflatten(good, parties=parties)
    with pytest.raises(ArgumentError, match="^values: shape"):
        LAYOUT.unflatten({**good, "values": np.ones(3)}, parties=2)
    with pytest.raises(ArgumentError, match="^weight: missing"):
        LAYOUT.unflatten({label: vector for label, vector in good.items() if label != "weight"}, parties=2)
    with pytest.raises(ArgumentError, match="^weight: the weights add up to 0"):
        LAYOUT.unflatten({**good, "weight": np.zeros(1, dtype=np.int64)}, parties=2)


def test_errors_survive_pickling() -> None:
    with pytest.raises(ParameterError) as failure:
        Tensor(bound=0)
    again = pickle.loads(pickle.dumps(failure.value))
    assert type(again) is ParameterError
    assert str(again) == str(failure.value)
    assert (again.code, again.name, again.argument, again.bound) == (104, "INVALID_ARGUMENT", "bound", None)
