"""mpc.json: operations in exact mode, word for word, for several numbers of parties."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

from cloakwork import mpc
from secagg_vectors import load

FILE = load("mpc.json")
FORMATS = sorted({(case["fraction"], case["bits"], case["rounding"]) for case in FILE["cases"]})


def shared(session: mpc.Session, value: dict[str, Any], owner: int) -> mpc.Tensor:
    words = np.array([int(word) for word in value["words"]], dtype=np.int64)
    if value["kind"] == "real":
        return session.share(words / 2.0**session.format.fraction, owner)
    tensor = session.share(words, owner)
    return tensor > 0 if value["kind"] == "bit" else tensor


def constants(case: dict[str, Any]) -> np.ndarray:
    if "reals" in case:
        return np.array([struct.unpack(">d", bytes.fromhex(real["ieee754"]))[0] for real in case["reals"]])
    return np.array([int(integer) for integer in case["integers"]])


def computed(case: dict[str, Any], x: list[mpc.Tensor]) -> mpc.Tensor:
    operation = case["operation"]
    if operation in {"add_public", "multiply_public", "clamp", "polynomial"}:
        given = constants(case)
        public = given[0] if len(given) == 1 else given
        return {
            "add_public": lambda: x[0] + public,
            "multiply_public": lambda: x[0] * public,
            "clamp": lambda: x[0].clip(given[0], given[1]),
            "polynomial": lambda: x[0].polynomial(given.tolist()),
        }[operation]()
    if operation == "matrix_product":
        rows, inner, columns = case["numbers"]
        return x[0].reshape(rows, inner) @ x[1].reshape(inner, columns)
    if operation == "power":
        return x[0] ** case["numbers"][0]
    if "numbers" in case:
        rows = x[0].reshape(-1, case["numbers"][0])
        return {
            "sum": lambda: rows.sum(1),
            "greatest": lambda: rows.max(1),
            "smallest": lambda: rows.min(1),
            "place_of_greatest": lambda: rows.argmax(1),
            "place_of_smallest": lambda: rows.argmin(1),
            "sort": rows.sort,
            "median": lambda: rows.median(1),
            "softmax": rows.softmax,
        }[operation]()
    return {
        "add": lambda: x[0] + x[1],
        "subtract": lambda: x[0] - x[1],
        "multiply": lambda: x[0] * x[1],
        "divide": lambda: x[0] / x[1],
        "negate": lambda: -x[0],
        "square": x[0].square,
        "less": lambda: x[0] < x[1],
        "equal": lambda: x[0] == x[1],
        "maximum": lambda: x[0].maximum(x[1]),
        "minimum": lambda: x[0].minimum(x[1]),
        "rectify": x[0].relu,
        "absolute": lambda: abs(x[0]),
        "choose": lambda: mpc.where(*x),
        "and": lambda: x[0] & x[1],
        "or": lambda: x[0] | x[1],
        "exclusive_or": lambda: x[0] ^ x[1],
        "not": lambda: ~x[0],
        "sigmoid": x[0].sigmoid,
        "tanh": x[0].tanh,
        "exponential": x[0].exp,
        "logarithm": x[0].log,
        "reciprocal": x[0].reciprocal,
        "square_root": x[0].sqrt,
        "inverse_square_root": x[0].rsqrt,
    }[operation]()


def replay(session: mpc.Session, case: dict[str, Any]) -> None:
    inputs = [shared(session, value, place % 2) for place, value in enumerate(case["inputs"])]
    opened = computed(case, inputs).open()
    kind = case["output"]["kind"]
    assert opened.dtype == mpc.Kind[kind.upper()].dtype
    words = opened * 2.0**session.format.fraction if kind == "real" else opened
    assert [int(word) for word in np.ravel(words)] == [int(word) for word in case["output"]["words"]], case["operation"]


@pytest.mark.parametrize("parties", [2, 3, 5])
@pytest.mark.parametrize("form", FORMATS, ids=str)
def test_operations_follow_the_vectors(form: tuple[int, int, str], parties: int) -> None:
    fraction, bits, rounding = form
    with mpc.Session.local(parties=parties, fraction=fraction, bits=bits, rounding=rounding) as session:
        for case in FILE["cases"]:
            if (case["fraction"], case["bits"], case["rounding"]) == form:
                replay(session, case)


@pytest.mark.parametrize("parties", [2, 3, 5])
def test_whole_numbers_of_all_bits_follow_the_vectors(parties: int) -> None:
    with mpc.Session.local(parties=parties) as session:
        for case in FILE["wide"]:
            replay(session, case)
