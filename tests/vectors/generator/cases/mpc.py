"""Operations on shared numbers in exact mode, word for word (docs/mpc.md, sections 8 to 10)."""

import struct
from collections.abc import Callable
from typing import Any

from generator.draw import draw_integer
from generator.mpc import Format, Words, signed

FORMATS = (Format(16, 32, "nearest"), Format(16, 32, "down"), Format(20, 36, "nearest"), Format(24, 40, "down"))
COUNT = 12
COLUMNS = 4
# R's numbers hold whole ones up to this.
EXACT = 2**53

Value = tuple[str, Words]


def _spread(name: str, low: int, high: int, count: int = COUNT) -> Words:
    """Positive words whose highest bits are evenly spread over these places."""
    places = [low + (high - low) * i // (count - 1) for i in range(count)]
    return [2**place + draw_integer(f"mpc {name} {i}", place) for i, place in enumerate(places)]


def _both(words: Words) -> Words:
    """With signs that alternate."""
    return [word if i % 2 == 0 else -word for i, word in enumerate(words)]


def _rows(words: Words) -> list[Words]:
    return [words[start : start + COLUMNS] for start in range(0, len(words), COLUMNS)]


class Cases:
    """The cases of one format."""

    def __init__(self, form: Format) -> None:
        self.form = form
        self.made: list[dict[str, Any]] = []

    def add(
        self,
        operation: str,
        inputs: list[Value],
        output: Value,
        numbers: tuple[int, ...] = (),
        reals: tuple[float, ...] = (),
        integers: tuple[int, ...] = (),
    ) -> None:
        """An operation on values, with what it gives."""
        case: dict[str, Any] = {"fraction": self.form.fraction, "bits": self.form.bits, "rounding": self.form.rounding}
        case |= {"operation": operation, "inputs": [_value(value) for value in inputs]}
        if numbers:
            case["numbers"] = list(numbers)
        if reals:
            case["reals"] = [{"value": real, "ieee754": struct.pack(">d", real).hex()} for real in reals]
        if integers:
            case["integers"] = [str(integer) for integer in integers]
        self.made.append(case | {"output": _value(output)})

    def each(self, operation: str, x: Words, function: Callable[[int], int], kind: str = "real") -> None:
        """A function of each element."""
        self.add(operation, [(kind, x)], (kind, [function(word) for word in x]))

    def pairs(self, operation: str, x: Value, y: Value, function: Callable[[int, int], int], kind: str) -> None:
        """A function of each two elements."""
        self.add(operation, [x, y], (kind, [function(a, b) for a, b in zip(x[1], y[1], strict=True)]))


def _value(value: Value) -> dict[str, Any]:
    kind, words = value
    assert all(abs(word) <= EXACT for word in words)
    return {"kind": kind, "words": [str(word) for word in words]}


def _arithmetic(cases: Cases) -> None:
    form = cases.form
    f = form.fraction
    # In every format, and products of two are below 2^62.
    x, y = _both(_spread("x", 2, 29)), _both(_spread("y", 2, 29))
    whole = [0, 1, -1, 7, -12, 100, -1000, 3, 5, -5, 2, -2]
    real, other, integer = ("real", x), ("real", y), ("integer", whole)
    cases.pairs("add", real, integer, lambda a, b: a + (b << f), "real")
    cases.pairs("subtract", integer, real, lambda a, b: (a << f) - b, "real")
    cases.each("negate", x, lambda a: -a)
    cases.pairs("multiply", real, other, form.product, "real")
    cases.pairs("multiply", real, integer, lambda a, b: a * b, "real")
    cases.pairs("multiply", integer, integer, lambda a, b: a * b, "integer")
    cases.each("square", x, lambda a: form.product(a, a))
    large = _both(_spread("large", 2, form.bits - 3))
    for factor in (0.1, -2.5, 1 / 3, 2.0**-20, -0.75):
        cases.add("multiply_public", [("real", large)], ("real", form.scaled([factor] * COUNT, large, f)), reals=(factor,))
    cases.add("multiply_public", [("real", x[:8])], ("real", form.scaled([1000 / 3] * 8, x[:8], f)), reals=(1000 / 3,))
    factors = tuple(place / 7 - 1 for place in range(COUNT))
    cases.add("multiply_public", [real], ("real", form.scaled(factors, x, f)), reals=factors)
    cases.add("multiply_public", [integer], ("real", form.scaled(factors, whole, 0)), reals=factors)
    for factor in (0.1, 0.5, 1 / 1000):
        cases.add("multiply_public", [integer], ("real", form.scaled([factor] * COUNT, whole, 0)), reals=(factor,))
    cases.add("multiply_public", [integer], ("integer", [a * -7 for a in whole]), integers=(-7,))
    cases.add("add_public", [real], ("real", [a + form.encode(0.3) for a in x]), reals=(0.3,))
    cases.add("add_public", [integer], ("integer", [a + 9 for a in whole]), integers=(9,))
    small = _both(_spread("powers", 3, f + 2))
    cases.add("power", [("real", small)], ("real", [form.product(form.product(a, a), a) for a in small]), numbers=(3,))
    cases.add("power", [integer], ("integer", [a**5 for a in whole]), numbers=(5,))
    coefficients = (0.5, -1.25, 0.1, 1 / 3, -0.01)
    cases.add("polynomial", [("real", small)], ("real", [form.polynomial(coefficients, a) for a in small]), reals=coefficients)
    left, right = _rows(x), [y[start : start + 3] for start in range(0, COUNT, 3)]
    sums = [form.truncate(sum(a * row[column] for a, row in zip(line, right, strict=True)), f) for line in left for column in range(3)]
    cases.add("matrix_product", [real, other], ("real", sums), numbers=(len(left), COLUMNS, 3))
    cases.add("sum", [real], ("real", [sum(row) for row in _rows(x)]), numbers=(COLUMNS,))


def _choices(cases: Cases) -> None:
    form = cases.form
    x = _both(_spread("a", 0, form.bits - 4))
    y = [word + (i % 3 - 1) * (i % 2) for i, word in enumerate(x)]
    whole = [5, -5, 0, 0, 1, 2**40, -(2**40), 3, 3, -9, 7, 8]
    others = [5, 5, 0, 1, 0, 2**40 - 1, 1 - 2**40, -3, 4, -9, -7, 8]
    bits, flipped = [i % 2 for i in range(COUNT)], [(i // 2) % 2 for i in range(COUNT)]
    real, other, integer, second = ("real", x), ("real", y), ("integer", whole), ("integer", others)
    truth, more = ("bit", bits), ("bit", flipped)
    for left, right in ((real, other), (integer, second)):
        cases.pairs("less", left, right, lambda a, b: int(a < b), "bit")
        cases.pairs("equal", left, right, lambda a, b: int(a == b), "bit")
        cases.pairs("maximum", left, right, max, left[0])
        cases.pairs("minimum", left, right, min, left[0])
        cases.each("rectify", left[1], lambda a: max(a, 0), left[0])
        cases.each("absolute", left[1], abs, left[0])
        cases.add("choose", [truth, left, right], (left[0], [a if b else c for b, a, c in zip(bits, left[1], right[1], strict=True)]))
        rows = _rows(left[1])
        cases.add("greatest", [left], (left[0], [max(row) for row in rows]), numbers=(COLUMNS,))
        cases.add("smallest", [left], (left[0], [min(row) for row in rows]), numbers=(COLUMNS,))
        cases.add("place_of_greatest", [left], ("integer", [row.index(max(row)) for row in rows]), numbers=(COLUMNS,))
        cases.add("place_of_smallest", [left], ("integer", [row.index(min(row)) for row in rows]), numbers=(COLUMNS,))
        cases.add("sort", [left], (left[0], [word for row in rows for word in sorted(row)]), numbers=(COLUMNS,))
        odd = [left[1][start : start + 3] for start in range(0, COUNT, 3)]
        cases.add("median", [left], (left[0], [sorted(row)[1] for row in odd]), numbers=(3,))
    middles = [form.truncate(sum(sorted(row)[1:3]), 1) for row in _rows(x)]
    cases.add("median", [real], ("real", middles), numbers=(COLUMNS,))
    cases.pairs("and", truth, more, lambda a, b: a & b, "bit")
    cases.pairs("or", truth, more, lambda a, b: a | b, "bit")
    cases.pairs("exclusive_or", truth, more, lambda a, b: a ^ b, "bit")
    cases.each("not", bits, lambda a: 1 - a, "bit")
    cases.add("sum", [truth], ("integer", [sum(row) for row in _rows(bits)]), numbers=(COLUMNS,))
    low, high = -1.5, 2.25
    clamped = [min(max(word, form.encode(low)), form.encode(high)) for word in x]
    cases.add("clamp", [real], ("real", clamped), reals=(low, high))
    cases.add("clamp", [integer], ("integer", [min(max(word, -3), 4) for word in whole]), integers=(-3, 4))


def _functions(cases: Cases) -> None:
    form = cases.form
    f, bits = form.fraction, form.bits
    one = 2**f
    lowest = max(0, bits - 32)
    # Beyond the pieces on both sides, at their middle, and within them.
    wide = [
        0,
        1,
        -1,
        *_both(_spread("sigmoid", 4, f + 3)),
        13 * one,
        -13 * one,
        16 * one,
        -16 * one,
        2 ** (bits - 3) - 1,
        -(2 ** (bits - 3)),
    ]
    cases.each("sigmoid", wide, form.sigmoid)
    cases.each("tanh", [x // 2 for x in wide], form.tanh)
    # Up to (36 - f) ln 2, down to where the result is 0.
    most = int((36 - f) * 0.6931 * one)
    cases.each(
        "exponential", [*_both(_spread("exponential", 1, f + 2)), 0, most, -most, -(f + 1) * one, -(2 ** (bits - 3))], form.exponential
    )
    domain = _spread("domain", lowest, bits - 3)
    edges = [2**lowest, one, 2 ** (bits - 2) - 1]
    # 1 / x has to be in the format as well.
    fits = [x for x in [*domain, *edges] if 2 ** (2 * f) / x < 2**bits / 8]
    cases.each("reciprocal", fits, form.reciprocal)
    cases.each("logarithm", [*domain, *edges], form.logarithm)
    cases.each("square_root", [*domain, *edges], form.square_root)
    cases.each("inverse_square_root", [*domain, *edges], form.inverse_square_root)
    divisors = _both(_spread("divisors", f - 4, bits - 3))
    dividends = [word // 3 for word in _both(_spread("dividends", 1, 29))]
    chosen = [(a, b) for a, b in zip(dividends, divisors, strict=True) if abs(a / b) < 2**13]
    cases.pairs("divide", ("real", [a for a, _ in chosen]), ("real", [b for _, b in chosen]), form.divide, "real")
    rows = [[0, one, -one, 5 * one // 2], [3 * one, 3 * one, 3 * one, 3 * one], [-20 * one, 0, 7, one // 3]]
    cases.add(
        "softmax",
        [("real", [x for row in rows for x in row])],
        ("real", [p for row in rows for p in form.softmax(row)]),
        numbers=(COLUMNS,),
    )


def _wide() -> list[dict[str, Any]]:
    """Whole numbers of all 64 bits: their order, and sums and products that wrap."""
    x = [0, -1, 2**63 - 1, -(2**63), 2**62, -(2**62), 2**53 + 1, -(2**53) - 1]
    y = [2**63 - 1, -(2**63), -(2**63), 2**63 - 1, 2**62, 2**62, 2**53, -(2**53)]
    functions: dict[str, tuple[str, Callable[[int, int], int]]] = {
        "add": ("integer", lambda a, b: signed(a + b)),
        "subtract": ("integer", lambda a, b: signed(a - b)),
        "multiply": ("integer", lambda a, b: signed(a * b)),
        "less": ("bit", lambda a, b: int(a < b)),
        "equal": ("bit", lambda a, b: int(a == b)),
    }
    given = [{"kind": "integer", "words": [str(word) for word in words]} for words in (x, y)]
    return [
        {
            "operation": name,
            "inputs": given,
            "output": {"kind": kind, "words": [str(function(a, b)) for a, b in zip(x, y, strict=True)]},
        }
        for name, (kind, function) in functions.items()
    ]


def build() -> dict[str, Any]:
    made: list[dict[str, Any]] = []
    for form in FORMATS:
        cases = Cases(form)
        _arithmetic(cases)
        _choices(cases)
        _functions(cases)
        made += cases.made
    return {
        "about": (
            "Exact mode: each output is the same for every number of parties and any randomness. "
            "Words of real numbers are numbers times 2^fraction."
        ),
        "cases": made,
        "wide": _wide(),
    }
