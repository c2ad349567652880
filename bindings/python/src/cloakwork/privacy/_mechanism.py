"""The noise mechanism of a run: its parameters, checked."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from typing import Any

from cloakwork._boundary import failure, whole_number
from cloakwork._native import ffi, lib
from cloakwork.errors import PrivacyError, Status
from cloakwork.privacy._parameters import real, text

# The bounds of protocol.md section 11.
_LOG2_LONGEST = 28
_SMALLEST, _LARGEST = 2.0**-100, 2.0**100
_MOST_UNITS = 2.0**31
_LEAST_NOISE, _MOST_NOISE = 0.5, 2.0**17
_MOST_PARTS = 2**16
# beta = 2^-40: the probability with which a rounding may miss its norm.
_LN_1_OVER_BETA = 40 * math.log(2)


@dataclass(frozen=True, kw_only=True)
class Mechanism:
    """The distributed discrete Gaussian mechanism (protocol.md section 11). `cloakwork.privacy.choose` finds its parameters.

    Attributes:
        dimension: values of a vector, before padding.
        clip: largest L2 norm of a part; what is larger is scaled down.
        granularity: what one unit of the integers stands for.
        noise: standard deviation of the noise of a part, in units of granularity: 0.5 to 2^17.
        honest: honest clients that every opened sum has at least; each brings the noise of all its parts.
        norm_bound: largest squared norm of a part after rounding, in squared units of granularity; None for the one that a rounding misses
            with a probability of at most 2^-40 (privacy.md, lemma 1).
        parts: parts of a contribution, each clipped and noised on its own: 1 to 65,536.
        clamp: largest magnitude of a value; what is larger is cut. Infinity: none.
        block_log2: binary logarithm of the length of a rotated block; None for one block of the whole vector.

    Raises:
        PrivacyError: a parameter outside its range (`INVALID_MECHANISM`); the message names it, gives the bound and a value that works.
    """

    dimension: int
    clip: float
    granularity: float
    noise: float
    honest: int
    norm_bound: int | None = None
    parts: int = 1
    clamp: float = math.inf
    block_log2: int | None = None

    def __post_init__(self) -> None:
        """Checks the parameters against each other."""
        dimension = whole_number("dimension", self.dimension)
        if self.block_log2 is None:
            object.__setattr__(self, "block_log2", (max(1, dimension) - 1).bit_length())
        if self.norm_bound is None:
            object.__setattr__(self, "norm_bound", _norm_bound(self))
        info, error = ffi.new("cloak_mechanism_info *"), ffi.new("cloak_error *")
        status = lib.cloak_mechanism_check(structure(self), info, error)
        if status == Status.INVALID_MECHANISM:
            _refuse(self)
        if status != lib.CLOAK_OK:
            raise failure(status, "mechanism", error)
        object.__setattr__(self, "_info", (int(info.padded), int(info.block), int(info.blocks), int(info.max_bits)))

    @property
    def padded(self) -> int:
        """Values with padding: the length of the run's segment."""
        return self._facts[0]

    @property
    def block(self) -> int:
        """Values of a rotated block."""
        return self._facts[1]

    @property
    def blocks(self) -> int:
        """Number of rotated blocks."""
        return self._facts[2]

    @property
    def max_bits(self) -> int:
        """Widest residue that the vector may have."""
        return self._facts[3]

    @property
    def sigma(self) -> float:
        """Standard deviation of the noise of a part, in the units of the data."""
        return self.noise * self.granularity

    @property
    def _facts(self) -> tuple[int, int, int, int]:
        facts: tuple[int, int, int, int] = self._info  # type: ignore[attr-defined]
        return facts


def _norm_bound(mechanism: Mechanism) -> int:
    """The bound of lemma 1; 0 where a parameter is out of range, which is found next."""
    with contextlib.suppress(ArithmeticError, TypeError, ValueError):
        block = 2 ** int(mechanism.block_log2 or 0)
        padded = float(-(-mechanism.dimension // block) * block)
        units, root = mechanism.clip / mechanism.granularity, math.sqrt(padded)
        always = (units + root) * (units + root)
        deviation = math.sqrt(2 * _LN_1_OVER_BETA) * (units + root / 2)
        return math.floor(min(always, units * units + padded / 4 + deviation))
    return 0


def structure(mechanism: Mechanism) -> Any:  # noqa: ANN401 - a cloak_mechanism
    """The parameters as the library takes them."""
    out = ffi.new("cloak_mechanism *")
    for name, bits in (("dimension", 64), ("norm_bound", 64), ("parts", 32), ("honest", 32), ("block_log2", 8)):
        setattr(out, name, whole_number(name, getattr(mechanism, name), bits))
    for name in ("clamp", "clip", "granularity", "noise"):
        setattr(out, name, real(name, getattr(mechanism, name)))
    return out


def from_structure(found: Any) -> Mechanism:  # noqa: ANN401 - a cloak_mechanism
    """The parameters that the library gave."""
    return Mechanism(
        dimension=int(found.dimension),
        clip=found.clip,
        granularity=found.granularity,
        noise=found.noise,
        norm_bound=int(found.norm_bound),
        honest=int(found.honest),
        parts=int(found.parts),
        clamp=found.clamp,
        block_log2=int(found.block_log2),
    )


def _refuse(mechanism: Mechanism) -> None:
    """Names the first parameter that the library refuses; it decides, this says which."""
    ranges: list[tuple[str, float, float, float]] = [
        ("dimension", mechanism.dimension, 1, 2.0**_LOG2_LONGEST),
        ("block_log2", mechanism.block_log2 or 0, 0, _LOG2_LONGEST),
        ("clamp", mechanism.clamp, math.nextafter(0, 1), math.inf),
        ("clip", mechanism.clip, _SMALLEST, _LARGEST),
        ("granularity", mechanism.granularity, _SMALLEST, _LARGEST),
        ("noise", mechanism.noise, _LEAST_NOISE, _MOST_NOISE),
        ("parts", mechanism.parts, 1, _MOST_PARTS),
        ("honest", mechanism.honest, 1, 2.0**32 - 1),
    ]
    for name, value, least, most in ranges:
        _within(name, value, least, most)
    _within("granularity", mechanism.granularity, mechanism.clip / _MOST_UNITS, mechanism.clip)
    block = 2 ** (mechanism.block_log2 or 0)
    padded = -(-mechanism.dimension // block) * block
    if padded > 2**_LOG2_LONGEST:
        message = f"pads the vector to {padded} values, more than 2^28; {(mechanism.dimension - 1).bit_length()} works"
        raise PrivacyError(Status.INVALID_MECHANISM, message, bound=_LOG2_LONGEST, argument="block_log2")
    units = mechanism.clip / mechanism.granularity
    _within("norm_bound", mechanism.norm_bound or 0, math.floor(units * units), math.ceil((units + math.sqrt(padded)) ** 2))


def _within(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        works = most if value > most else least
        message = f"is {text(value)} and must be {text(least)} to {text(most)}; {text(works)} works"
        raise PrivacyError(Status.INVALID_MECHANISM, message, bound=works, argument=name)
