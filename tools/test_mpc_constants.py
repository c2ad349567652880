"""The polynomials of multi-party computation are what their comments say."""

from __future__ import annotations

import math
import unittest
from collections.abc import Callable

import mpc_constants


class Constants(unittest.TestCase):
    """Against double precision, whose errors are far below those stated."""

    def test_the_file_is_what_would_be_written(self) -> None:
        self.assertEqual(mpc_constants.FILE.read_text(encoding="utf-8"), mpc_constants.text())

    def test_polynomials(self) -> None:
        """An error is smooth: its maximum on a grid of 1,000 is that on the interval to a thousandth."""
        functions: dict[str, tuple[Callable[[float], float], float]] = {
            "EXPONENTIAL": (lambda w: 2 ** ((1 + w) / 2), 3e-9),
            "LOGARITHM": (lambda w: math.log((3 + w) / 4), 5e-8),
            "SQUARE_ROOT": (lambda w: math.sqrt((3 + w) / 4), 4e-9),
            "INVERSE_SQUARE_ROOT": (lambda w: 1 / math.sqrt((3 + w) / 4), 8e-8),
        }
        self.assertEqual([polynomial.name for polynomial in mpc_constants.POLYNOMIALS], list(functions))
        for polynomial in mpc_constants.POLYNOMIALS:
            function, bound = functions[polynomial.name]
            coefficients = [c / 2**polynomial.bits for c in polynomial.coefficients()]
            for step in range(-500, 501):
                w = step / 500
                found = sum(c * w**power for power, c in enumerate(coefficients))
                self.assertLess(abs(found - function(w)), bound)

    def test_the_logistic_function(self) -> None:
        """Each piece is of its degree, and all are within half a unit of the last place."""
        for pieces in mpc_constants.logistics():
            scales = mpc_constants.scales(pieces.fraction, pieces.degree)
            self.assertEqual(pieces.ends, tuple(-end for end in reversed(pieces.ends)))
            for step in range(-1300, 1301):
                x = step / 64
                place = sum(step >= end for end in pieces.ends)
                row = [(0,), *pieces.coefficients, (2**mpc_constants.SUM,)][place]
                found = sum(c / 2**s * x**power for power, (c, s) in enumerate(zip(row, scales, strict=False)))
                self.assertLess(abs(found - 1 / (1 + math.exp(-x))), 2.0 ** -(pieces.fraction + 1))

    def test_numbers(self) -> None:
        text = mpc_constants.text().replace("_", "")
        for number in (2**62 * math.log2(math.e), 2**56 * math.log(2), 2**62 * math.sqrt(2), 2**30 * 4 * (math.sqrt(3) - 1)):
            # As many digits as a double has.
            self.assertIn(f" {number:.0f}"[:15], text)


if __name__ == "__main__":
    unittest.main()
