"""How far functions of shared real numbers are off: against mpmath with 100 bits, in three formats and both roundings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mpmath
import numpy as np
from numpy.typing import NDArray

from cloakwork import mpc

# Bits after the point, and bits that comparisons open: the domain 2^-16 to 2^14.
FORMATS = ((16, 32), (20, 36), (24, 40))
POINTS = 20_000
PARTIES = 3
PRECISION = 100
_SEED = 3

Array = NDArray[np.float64]
Protocol = Callable[..., mpc.Tensor]


@dataclass(frozen=True)
class Function:
    """A function, where it is measured, and what it is held to.

    Attributes:
        name: of it.
        arguments: ends of the range of each argument.
        protocol: it on tensors.
        exact: it on numbers of mpmath.
        ratios: whether magnitudes are spread in equal ratios, otherwise equally.
        signed: whether the last argument has both signs.
        bar: largest error at 16 bits after the point, where one is set.
    """

    name: str
    arguments: tuple[tuple[float, float], ...]
    protocol: Protocol
    exact: Callable[..., object]
    ratios: bool = False
    signed: bool = False
    bar: float | None = None


FUNCTIONS = (
    Function("sigmoid", ((-8, 8),), mpc.Tensor.sigmoid, lambda x: 1 / (1 + mpmath.exp(-x)), bar=4.7e-5),
    Function("tanh", ((-8, 8),), mpc.Tensor.tanh, mpmath.tanh, bar=1e-4),
    Function("exp", ((-8, 8),), mpc.Tensor.exp, mpmath.exp, bar=3.9e-4),
    Function("1/x", ((2**-8, 2**8),), mpc.Tensor.reciprocal, lambda x: 1 / x, ratios=True, bar=1.5e-5),
    Function("ln x", ((2**-8, 2**8),), mpc.Tensor.log, mpmath.log, ratios=True, bar=1.5e-5),
    Function("sqrt x", ((2**-8, 2**8),), mpc.Tensor.sqrt, mpmath.sqrt, ratios=True, bar=1.6e-5),
    Function("1/sqrt x", ((2**-8, 2**8),), mpc.Tensor.rsqrt, lambda x: 1 / mpmath.sqrt(x), ratios=True),
    Function("a/b", ((-64, 64), (2**-4, 2**8)), lambda a, b: a / b, lambda a, b: a / b, ratios=True, signed=True),
    Function("a b", ((-64, 64), (-64, 64)), lambda a, b: a * b, lambda a, b: a * b),
)


@dataclass(frozen=True)
class Errors:
    """What was found.

    Attributes:
        function: which one.
        fraction: bits after the point.
        rounding: of products.
        largest: error in magnitude.
        mean: of the magnitudes.
    """

    function: Function
    fraction: int
    rounding: str
    largest: float
    mean: float

    @property
    def units(self) -> float:
        """The largest in units of the last place."""
        return self.largest * 2.0**self.fraction


def arguments(function: Function, fraction: int) -> list[Array]:
    """Numbers of the format in the ranges of a function; the ends are among them."""
    draw = np.random.default_rng(_SEED)
    found = []
    for low, high in function.arguments:
        spread = np.concatenate([[0.0, 1.0], draw.random(POINTS - 2)])
        ratios = function.ratios and low > 0
        numbers = low * (high / low) ** spread if ratios else low + (high - low) * spread
        found.append(np.rint(np.ldexp(numbers, fraction)) / 2.0**fraction)
    if function.signed:
        found[-1] = found[-1] * draw.choice([-1.0, 1.0], POINTS)
    return found


def measure(function: Function, fraction: int, bits: int, rounding: str) -> Errors:
    """The errors of one function in one format."""
    numbers = arguments(function, fraction)
    with mpc.Session.local(PARTIES, fraction=fraction, bits=bits, rounding=rounding) as session:
        shared = [session.share(values, owner) for owner, values in enumerate(numbers)]
        opened = function.protocol(*shared).open()
    with mpmath.workprec(PRECISION):
        off = [abs(mpmath.mpf(found) - function.exact(*map(mpmath.mpf, given))) for found, *given in zip(opened, *numbers, strict=True)]
        return Errors(function, fraction, rounding, float(max(off)), float(mpmath.fsum(off) / len(off)))


def run(say: Callable[[str], object]) -> Sequence[Errors]:
    """All functions in all formats."""
    found = []
    for function in FUNCTIONS:
        say(f"errors of {function.name}")
        found += [measure(function, *form, rounding) for rounding in ("nearest", "dithered") for form in FORMATS]
    return found
