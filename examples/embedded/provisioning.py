"""What a device is given before it is sent into the field: the page of flash of c/provision.h."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Protocol

from cloakwork.privacy import Mechanism

__all__ = ["FRACTION", "NoiseProvisioning", "Page", "Provisioning", "scaled"]

_MAGIC = 0x31575043
_NOISE_MAGIC = 0x314E5743
_ENTROPY_SIZE = 64
# Values are 32-bit words, scaled by two to this power.
FRACTION = 20
_WORD_LIMIT = 2**31 - 1


def scaled(values: list[float]) -> list[int]:
    """Values as the device holds them.

    Raises:
        ValueError: a value is not finite, or too large for a word.
    """
    words = []
    for index, value in enumerate(values):
        # The product is exact, and `round` goes to the nearest integer, ties to even.
        word = round(value * 2.0**FRACTION) if math.isfinite(value) else _WORD_LIMIT + 1
        if abs(word) > _WORD_LIMIT:
            limit = _WORD_LIMIT / 2.0**FRACTION
            raise ValueError(
                f"value {index + 1} is {value!r}; the device holds values of magnitude up to {limit:.6f}: scale the data of all parties"
            )
        words.append(word)
    return words


class Page(Protocol):
    """A page of flash."""

    def page(self) -> bytes:
        """Its bytes.

        Raises:
            ValueError: the name of the file of random bytes is too long.
        """


@dataclass(frozen=True)
class Provisioning:
    """The fields of the page.

    Attributes:
        secret: secret key of the device's identity.
        server: public key of the server.
        run: the run's id.
        run_hash: the run hash that the invitation pins.
        counter: above the counter of every request that this identity has made.
        entropy: file of this machine from which a board without a random generator takes its random bytes.
        words: the values, scaled.
    """

    secret: bytes
    server: bytes
    run: bytes
    run_hash: bytes
    counter: int
    entropy: str
    words: list[int]

    def page(self) -> bytes:
        """The bytes of the page."""
        keys = self.secret + self.server + self.run + self.run_hash
        values = struct.pack(f"<{len(self.words)}i", *self.words)
        return _head(_MAGIC, len(self.words), self.entropy) + struct.pack("<Q", self.counter) + keys + values


@dataclass(frozen=True)
class NoiseProvisioning:
    """The page of the example of a private vector.

    Attributes:
        mechanism: the parameters.
        bits: width of a residue.
        suite: suite of the run.
        rotation: the rotation seed, 32 bytes.
        entropy: file of this machine from which the random bytes come.
        values: the values.
    """

    mechanism: Mechanism
    bits: int
    suite: int
    rotation: bytes
    entropy: str
    values: list[float]

    def page(self) -> bytes:
        """The bytes of the page."""
        given = self.mechanism
        reals = (given.clamp, given.clip, given.granularity, given.noise)
        log2 = given.block.bit_length() - 1
        mechanism = struct.pack("<Q4dQIIB7x", given.dimension, *reals, given.norm_bound, given.parts, given.honest, log2)
        rest = self.rotation + struct.pack("<BB6x", self.bits, self.suite)
        return _head(_NOISE_MAGIC, len(self.values), self.entropy) + mechanism + rest + struct.pack(f"<{len(self.values)}d", *self.values)


def _head(magic: int, count: int, entropy: str) -> bytes:
    """How each page begins.

    Raises:
        ValueError: the name of the file is too long.
    """
    name = entropy.encode()
    if len(name) >= _ENTROPY_SIZE:
        raise ValueError(f"the name of the file of random bytes has {len(name)} bytes, and the device has room for {_ENTROPY_SIZE - 1}")
    return struct.pack("<II", magic, count) + name.ljust(_ENTROPY_SIZE, b"\0")
