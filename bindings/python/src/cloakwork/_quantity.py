"""What a layout states about values before it sees any: tensors, weights, and the form in which parties agree on them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from cloakwork import _arrays
from cloakwork._quantisation import fraction_bits, magnitude
from cloakwork.errors import NumberError, ParameterError, Status

Reduction = Literal["sum", "mean", "weighted_mean"]

DEFAULT_GROUP = "values"


@dataclass(frozen=True, kw_only=True)
class _Quantity:
    bound: float
    precision: float | None = None

    def __post_init__(self) -> None:
        """Normalises the numbers, so that equal meanings have equal settings bytes."""
        if isinstance(self.bound, bool) or not isinstance(self.bound, (int, float)):
            _arrays.refuse_type("bound", f"expected a number, got {type(self.bound).__name__}")
        if not (math.isfinite(self.bound) and self.bound > 0):
            raise ParameterError(Status.INVALID_ARGUMENT, "must be finite and above 0", argument="bound")
        if self.precision is None:
            if self.bound != int(self.bound):
                raise ParameterError(Status.INVALID_ARGUMENT, "must be whole for integers; floats need a precision", argument="bound")
            object.__setattr__(self, "bound", int(self.bound))
        else:
            object.__setattr__(self, "bound", float(self.bound))
            object.__setattr__(self, "precision", 2.0 ** -fraction_bits(self.precision))
        magnitude(self.bound, self.fraction)

    @property
    def integer(self) -> bool:
        """Whether the values are integers."""
        return self.precision is None

    @property
    def fraction(self) -> int:
        """Fraction bits of the precision; 0 for integers."""
        return 0 if self.precision is None else fraction_bits(self.precision)

    def encoded(self) -> dict[str, Any]:
        """As an object of the settings."""
        return {"bound": self.bound, "fraction": None if self.integer else self.fraction}


@dataclass(frozen=True, kw_only=True)
class Weight(_Quantity):
    """The weight of a party: a number from 0 to `bound`, such as how many records it holds.

    Attributes:
        bound: the largest weight.
        precision: None for integer weights; else the largest distance of two representable weights, rounded down to a power of two.
            A weight is rounded to that grid first, and the rounded weight multiplies the values.
    """

    @property
    def largest(self) -> float:
        """The largest weight after rounding."""
        return self._rounded(self.bound)

    def checked(self, weight: object) -> float:
        """A weight, rounded to the grid: an int where weights are integers, else a float.

        Raises:
            ArgumentTypeError: it is no number, or not an integer where weights are.
            NumberError: it is NaN, infinite, negative or above the bound.
        """
        if isinstance(weight, np.generic):
            weight = weight.item()
        if isinstance(weight, bool) or not isinstance(weight, int if self.integer else (int, float)):
            _arrays.refuse_type("weight", f"expected {'an integer' if self.integer else 'a number'}, got {type(weight).__name__}")
        if not math.isfinite(weight):
            raise NumberError(Status.NOT_FINITE, "is NaN or infinite", argument="weight")
        if not 0 <= weight <= self.bound:
            raise NumberError(Status.OUT_OF_RANGE, f"is outside 0 to {self.bound}", argument="weight", bound=self.bound)
        return self._rounded(weight)

    def _rounded(self, weight: float) -> float:
        if self.integer:
            return int(weight)
        # Scaling by a power of two is exact, and Python rounds half to even.
        return math.ldexp(round(math.ldexp(weight, self.fraction)), -self.fraction)

    @classmethod
    def decoded(cls, entry: Mapping[str, Any]) -> Weight:
        """Back from an object of the settings."""
        return cls(bound=entry["bound"], precision=_precision(entry["fraction"]))


@dataclass(frozen=True)
class Tensor(_Quantity):
    """A named array of a contribution.

    Attributes:
        shape: its shape; ``()`` for a scalar.
        bound: the largest magnitude of an entry, before any weight.
        precision: None for integers, which stay exact; else the largest distance of two representable values, rounded down to a power
            of two. An entry is off by at most half of it.
        reduction: what becomes of it: ``"sum"``, ``"mean"`` over the parties, or ``"weighted_mean"``.
        group: tensors of a group share a segment and its bit width, the one that the most demanding of them needs. Groups are cheap
            (at most eight segments): put a tensor with a much larger bound or finer precision in a group of its own.
    """

    shape: tuple[int, ...] = ()
    reduction: Reduction = "sum"
    group: str = DEFAULT_GROUP

    def __post_init__(self) -> None:
        """Checks what the type does not say."""
        super().__post_init__()
        shape = tuple(int(side) for side in self.shape)
        if shape != tuple(self.shape) or min(shape, default=1) < 1:
            raise ParameterError(Status.INVALID_ARGUMENT, f"{self.shape} has a side that is not a whole number above 0", argument="shape")
        object.__setattr__(self, "shape", shape)
        if self.reduction not in get_args(Reduction):
            raise ParameterError(Status.INVALID_ARGUMENT, f"{self.reduction!r} is none of {get_args(Reduction)}", argument="reduction")

    @property
    def size(self) -> int:
        """How many entries it has."""
        return math.prod(self.shape)

    def encoded(self) -> dict[str, Any]:
        """As an object of the settings."""
        return {**super().encoded(), "group": self.group, "reduction": self.reduction, "shape": list(self.shape)}

    @classmethod
    def decoded(cls, entry: Mapping[str, Any]) -> Tensor:
        """Back from an object of the settings."""
        return cls(
            tuple(entry["shape"]),
            bound=entry["bound"],
            precision=_precision(entry["fraction"]),
            reduction=entry["reduction"],
            group=entry["group"],
        )


def _precision(fraction: int | None) -> float | None:
    return None if fraction is None else 2.0**-fraction
