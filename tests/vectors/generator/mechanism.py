"""The noise mechanism of a run: its parameters, their bounds, and how they travel (section 11)."""

import math
import struct
from dataclasses import dataclass
from typing import Any

KIND, ITEMS = 1, 10
LONGEST, LARGEST_BLOCK_LOG2 = 2**28, 28
MOST_BITS, UNROTATED_BITS = 62, 63


def real_bytes(value: float) -> bytes:
    """The double, most significant byte first."""
    return struct.pack(">d", value)


def real_of(number: int) -> float:
    """The double with these 64 bits."""
    (value,) = struct.unpack(">d", number.to_bytes(8, "big"))
    return float(value)


@dataclass(frozen=True)
class Mechanism:
    dimension: int
    block_log2: int
    clamp: float
    clip: float
    granularity: float
    noise: float
    norm_bound: int
    parts: int
    honest: int

    @property
    def block(self) -> int:
        return 1 << self.block_log2

    @property
    def padded(self) -> int:
        return -(-self.dimension // self.block) * self.block

    @property
    def most_bits(self) -> int:
        return min(MOST_BITS, UNROTATED_BITS - self.block_log2)

    @property
    def odd(self) -> int:
        return self.block_log2 % 2

    @property
    def half(self) -> int:
        return (self.block_log2 + self.odd) // 2

    @property
    def fraction(self) -> int:
        """F."""
        clip_bits = 1 + math.floor(math.log2(self.clip / self.granularity))
        assert 2 ** (clip_bits - 1) <= self.clip / self.granularity < 2**clip_bits
        return min(40, 50 - clip_bits - self.odd, 61 - clip_bits - self.half)

    @property
    def shift(self) -> int:
        return self.fraction + self.half

    @property
    def scale(self) -> float:
        """S. Python's numbers are the doubles that the page asks for."""
        whole = 2.0**self.fraction / self.granularity
        return whole * math.sqrt(2.0) if self.odd else whole

    @property
    def unit(self) -> float:
        root = math.sqrt(2.0) * 2.0 ** (self.half - 1) if self.odd else 2.0**self.half
        return self.granularity / root

    def items(self) -> list[int]:
        """The items of the CBOR array."""
        reals = (self.clamp, self.clip, self.granularity, self.noise)
        bits = [int.from_bytes(real_bytes(value), "big") for value in reals]
        return [KIND, self.dimension, self.block_log2, *bits, self.norm_bound, self.parts, self.honest]

    @classmethod
    def of(cls, items: list[int]) -> "Mechanism":
        """The mechanism of an array that is well-formed; its numbers may be outside their bounds."""
        _, dimension, block_log2, clamp, clip, granularity, noise, *counts = items
        return cls(dimension, block_log2, real_of(clamp), real_of(clip), real_of(granularity), real_of(noise), *counts)

    def parameters(self) -> dict[str, Any]:
        """As vectors write it."""
        return {
            "dimension": str(self.dimension),
            "block_log2": self.block_log2,
            **{name: real_bytes(getattr(self, name)).hex() for name in ("clamp", "clip", "granularity", "noise")},
            "norm_bound": str(self.norm_bound),
            "parts": self.parts,
            "honest": self.honest,
        }

    def is_within_bounds(self) -> bool:
        """The table of the page, but for what depends on the run. No comparison holds for NaN."""
        return (
            1 <= self.dimension <= LONGEST
            and self.block_log2 <= LARGEST_BLOCK_LOG2
            and self.padded <= LONGEST
            and self.clamp > 0
            and all(2.0**-100 <= value <= 2.0**100 for value in (self.clip, self.granularity))
            and 1 <= self.clip / self.granularity <= 2.0**31
            and 0.5 <= self.noise <= 2.0**17
            and self._least_norm() <= self.norm_bound <= self._most_norm()
            and 1 <= self.parts <= 2**16
            and self.honest >= 1
        )

    def _least_norm(self) -> int:
        return math.floor((self.clip / self.granularity) ** 2)

    def _most_norm(self) -> int:
        return math.ceil((self.clip / self.granularity + math.sqrt(self.padded)) ** 2)
