"""mpc.json: each function against double precision, within the errors that docs/mpc.md states, and what is exact against plain integers."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FILE = json.loads((Path(__file__).parent / "mpc.json").read_text(encoding="ascii"))
CASES = FILE["cases"]

# By function: itself, the units of the last place that rounding down may cost, and the error that is relative to the result.
FUNCTIONS: dict[str, tuple[Callable[[float], float], float, float]] = {
    "sigmoid": (lambda x: (1 + math.tanh(x / 2)) / 2, 2.5, 0),
    "tanh": (math.tanh, 3.5, 0),
    "exponential": (math.exp, 1.5, 2.0**-23),
    "reciprocal": (lambda x: 1 / x, 1, 2.0**-26),
    "logarithm": (math.log, 1, 0),
    "square_root": (math.sqrt, 1.5, 2.0**-26),
    "inverse_square_root": (lambda x: 1 / math.sqrt(x), 1.5, 2.0**-21),
}


def numbers(value: dict[str, Any], case: dict[str, Any]) -> list[float]:
    scale = 2.0 ** case["fraction"] if value["kind"] == "real" else 1
    return [int(word) / scale for word in value["words"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['operation']}-{case['fraction']}-{case['rounding']}")
def test_real_results_are_near_what_they_stand_for(case: dict[str, Any]) -> None:
    inputs = [numbers(value, case) for value in case["inputs"]]
    output, unit = numbers(case["output"], case), 2.0 ** -case["fraction"]
    operation = case["operation"]
    if operation in FUNCTIONS:
        function, units, relative = FUNCTIONS[operation]
        # The logarithm has an absolute error besides.
        absolute = 2.0**-24 if operation == "logarithm" else 0
        for x, y in zip(inputs[0], output, strict=True):
            assert abs(y - function(x)) <= units * unit + relative * abs(function(x)) + absolute, x
    elif operation == "divide":
        for a, b, y in zip(*inputs, output, strict=True):
            assert abs(y - a / b) <= 2 * unit + 2.0**-26 * abs(a / b), (a, b)
    elif operation == "multiply":
        assert all(abs(y - a * b) <= unit for a, b, y in zip(*inputs, output, strict=True))
    elif operation == "softmax":
        for start in range(0, len(output), 4):
            row = [math.exp(x - max(inputs[0][start : start + 4])) for x in inputs[0][start : start + 4]]
            assert all(abs(y - e / sum(row)) <= 8 * unit for y, e in zip(output[start : start + 4], row, strict=True))
    elif operation == "polynomial":
        coefficients = [real["value"] for real in case["reals"]]
        for x, y in zip(inputs[0], output, strict=True):
            # Each coefficient has half a unit, each power less than its exponent times the one below.
            allowed = sum(abs(x) ** k / 2 + abs(c) * k * max(1, abs(x)) ** (k - 1) for k, c in enumerate(coefficients)) + 2
            assert abs(y - sum(c * x**k for k, c in enumerate(coefficients))) <= allowed * unit
    elif operation == "matrix_product":
        rows, inner, columns = case["numbers"]
        for i in range(rows):
            for j in range(columns):
                wanted = math.fsum(inputs[0][i * inner + k] * inputs[1][k * columns + j] for k in range(inner))
                assert abs(output[i * columns + j] - wanted) <= unit


def test_every_operation_that_hosts_have_is_there() -> None:
    found = {case["operation"] for case in CASES}
    assert found >= set(FUNCTIONS) | {"divide", "softmax", "less", "equal", "sort", "median", "choose", "clamp", "matrix_product", "power"}
    assert {case["fraction"] for case in CASES} == {16, 20, 24}


def test_words_fit_what_hosts_hold() -> None:
    words = [int(word) for case in CASES for value in (*case["inputs"], case["output"]) for word in value["words"]]
    assert max(map(abs, words)) <= 2**53
    wide = [int(word) for case in FILE["wide"] for value in (*case["inputs"], case["output"]) for word in value["words"]]
    assert min(wide) == -(2**63)
    assert max(wide) == 2**63 - 1
