"""The constants of the Gaussian sampler are what their comments say."""

from __future__ import annotations

import math
import unittest
from decimal import Decimal, localcontext

import gaussian_constants


class Constants(unittest.TestCase):
    """Against other ways of computing them."""

    def test_the_file_is_what_would_be_written(self) -> None:
        self.assertEqual(gaussian_constants.FILE.read_text(encoding="utf-8"), gaussian_constants.text())

    def test_logarithms_and_roots(self) -> None:
        with localcontext() as context:
            context.prec = 80
            logarithm = Decimal(2).ln()
            self.assertEqual(gaussian_constants.ln2(128), math.floor(logarithm * 2**128))
            self.assertEqual(gaussian_constants.half_log2_e(126), math.floor(2**125 / logarithm))
            exact = [Decimal(2) ** (Decimal(-1) / 2**place) for place in (1, 2, 3, 4)]
            self.assertEqual(gaussian_constants.roots(128), [math.floor(root * 2**128) for root in exact])

    def test_the_polynomial_is_within_half_a_unit(self) -> None:
        """Its error is smooth: seven extrema on [0, 1], so a grid of 1,000 misses less than a thousandth of it."""
        coefficients = gaussian_constants.interpolation(32)
        with localcontext() as context:
            context.prec = 50
            for step in range(1001):
                fraction = Decimal(step) / 1000
                power = Decimal(0)
                for coefficient in reversed(coefficients):
                    power = coefficient - fraction * power
                self.assertLess(abs(power - 2 ** (32 - fraction)), Decimal("0.4"))


if __name__ == "__main__":
    unittest.main()
