"""What a mechanism does to a sum, error by error: from rounding, from noise, from wrapping around.

A round cannot tell: nobody has the vectors and the noise together. Here invented or public vectors go through the contributions of a run,
with the same rotation, rounding, noise and ring, without masks. Noise is had apart by a second contribution, of zeros, from the same random
bytes: zero is on the grid, so that nothing but the noise is left. Wrapping around is had apart by the same sum in a ring that holds it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork import _arrays
from cloakwork._native import ffi
from cloakwork.errors import NumberError, Status
from cloakwork.privacy._contribution import Contribution, decode
from cloakwork.privacy._mechanism import Mechanism

__all__ = ["Norms", "Report", "simulate"]

# The clip is approached from below by this relative distance (protocol.md section 11).
_BELOW = 1 - 2.0**-26


@dataclass(frozen=True)
class Norms:
    """Norms of an error of the sum, in the units of the data, averaged over rounds.

    Attributes:
        l1: sum of the magnitudes.
        l2: root of the sum of the squares.
        linf: largest magnitude.
        mean_square: mean square of a coordinate.
    """

    l1: float
    l2: float
    linf: float
    mean_square: float


@dataclass(frozen=True)
class Report:
    """The errors of the sum of a round.

    Attributes:
        rounds: how many were simulated.
        clipping: what clipping and clamping took away.
        quantisation: from rounding.
        noise: from noise.
        wrap: from wrapping around.
        total: of the decoded sum against the sum of the vectors as they were given.
        wrapped: coordinates of a round that wrapped around, on average.
        rounds_wrapped: rounds in which any did.
    """

    rounds: int
    clipping: Norms
    quantisation: Norms
    noise: Norms
    wrap: Norms
    total: Norms
    wrapped: float
    rounds_wrapped: int


def simulate(
    mechanism: Mechanism,
    bits: int,
    vectors: NDArray[np.float64],
    *,
    rounds: int = 100,
    seed: int = 0,
    suite: int = 2,
    progress: Callable[[int], object] | None = None,
) -> Report:
    """Simulates rounds in which every client contributes the same vectors.

    Args:
        mechanism: the parameters.
        bits: width of a residue.
        vectors: of shape (clients, dimension), or (clients, parts, dimension) for a mechanism with parts; float64.
        rounds: how many.
        seed: the same seed gives the same report on every platform.
        suite: 1 = ChaCha20, 2 = AES-128-CTR.
        progress: is told how many rounds are done, after each.

    Raises:
        ArgumentError: vectors of another shape or dtype.
        NumberError: more bits than the mechanism serves, or a value that is not finite.
    """
    given = _arrays.plain_array("vectors", vectors)
    if given.dtype != np.float64:
        _arrays.refuse_dtype("vectors", given.dtype, "float64")
    if given.ndim == 2 and mechanism.parts == 1:
        given = given[:, None, :]
    _arrays.check_shape("vectors", given, (len(given), mechanism.parts, mechanism.dimension))
    if not np.isfinite(given).all():
        where = ", ".join(str(place) for place in np.argwhere(~np.isfinite(vectors))[0])
        raise NumberError(Status.NOT_FINITE, f"the value at index {where} is NaN or infinite", argument="vectors")
    if not 1 <= bits <= mechanism.max_bits:
        raise NumberError(Status.INVALID_WIDTH, f"is outside 1 to {mechanism.max_bits}", argument="bits", bound=mechanism.max_bits)
    if rounds < 1:
        _arrays.refuse("rounds", "must be at least 1", 1)
    errors = _Errors(mechanism, bits, given, suite)
    for number in range(rounds):
        errors.add(_bytes(seed, number))
        if progress is not None:
            progress(number + 1)
    return errors.report()


class _Errors:
    """Sums of norms over rounds."""

    def __init__(self, mechanism: Mechanism, bits: int, vectors: NDArray[np.float64], suite: int) -> None:
        self._mechanism = mechanism
        self._bits = bits
        self._suite = suite
        self._vectors = vectors
        self._sum = vectors.sum(axis=(0, 1))
        self._clipped = sum((_clip(mechanism, part) for part in vectors.reshape(-1, mechanism.dimension)), np.zeros_like(self._sum))
        self._norms: dict[str, list[tuple[float, ...]]] = {name: [] for name in ("quantisation", "noise", "wrap", "total")}
        self._wrapped: list[int] = []

    def add(self, seed: bytes) -> None:
        """Simulates a round."""
        mechanism, bits, widest = self._mechanism, self._bits, self._mechanism.max_bits
        rotation = _bytes(seed, "rotation")
        both = self._total([_Part(seed, client, part) for client, part in np.ndindex(self._vectors.shape[:2])], rotation, zero=False)
        noise = self._total([_Part(seed, client, part) for client, part in np.ndindex(self._vectors.shape[:2])], rotation, zero=True)
        wide = np.uint64((1 << widest) - 1)
        decoded = decode(mechanism, widest, rotation, both & wide, self._suite)
        noised = decode(mechanism, widest, rotation, noise & wide, self._suite)
        narrow = (both & np.uint64((1 << bits) - 1)).astype(np.uint32 if bits <= 32 else np.uint64)
        found = decode(mechanism, bits, rotation, narrow, self._suite)
        self._keep("quantisation", decode(mechanism, widest, rotation, (both - noise) & wide, self._suite) - self._clipped)
        self._keep("noise", noised)
        self._keep("wrap", found - decoded)
        self._keep("total", found - self._sum)
        half = np.int64(1) << np.int64(bits - 1)
        centred = _centred(both & wide, widest)
        self._wrapped.append(int(((centred > half) | (centred <= -half)).sum()))

    def _total(self, parts: list[_Part], rotation: bytes, *, zero: bool) -> NDArray[np.uint64]:
        """The sum of the residues of all clients in the widest ring, mod 2^64."""
        mechanism = self._mechanism
        total = np.zeros(mechanism.padded, dtype=np.uint64)
        nothing = np.zeros(mechanism.dimension)
        for client, vectors in enumerate(self._vectors):
            with Contribution(mechanism, mechanism.max_bits, rotation, self._suite) as contribution:
                for place, vector in enumerate(vectors):
                    contribution._random = parts[client * mechanism.parts + place].pointer
                    contribution.add(nothing if zero else vector)
                total += contribution.residues()
        return total

    def _keep(self, name: str, error: NDArray[np.float64]) -> None:
        magnitude = np.abs(error)
        square = float(np.square(error).sum())
        self._norms[name].append((float(magnitude.sum()), square**0.5, float(magnitude.max()), square / len(error)))

    def report(self) -> Report:
        """The averages."""
        lost = np.abs(self._clipped - self._sum)
        square = float(np.square(lost).sum())
        found = {name: Norms(*np.mean(norms, axis=0).tolist()) for name, norms in self._norms.items()}
        return Report(
            rounds=len(self._wrapped),
            clipping=Norms(float(lost.sum()), square**0.5, float(lost.max()), square / len(lost)),
            wrapped=float(np.mean(self._wrapped)),
            rounds_wrapped=sum(count > 0 for count in self._wrapped),
            **found,
        )


class _Part:
    """A source of random bytes for one part of one client of one round."""

    def __init__(self, seed: bytes, client: int, part: int) -> None:
        self._bytes = hashlib.shake_256(seed + b"part" + client.to_bytes(8, "little") + part.to_bytes(8, "little"))
        self._taken = 0
        self._fill = ffi.callback("int32_t(void *, uint8_t *, size_t)", self._next)
        self.pointer = ffi.new("cloak_rng *", {"fill": self._fill, "userdata": ffi.NULL})

    def _next(self, _userdata: object, out: Any, length: int) -> int:  # noqa: ANN401 - a C array
        start, self._taken = self._taken, self._taken + length
        ffi.memmove(out, self._bytes.digest(self._taken)[start:], length)
        return 0


def _clip(mechanism: Mechanism, part: NDArray[np.float64]) -> NDArray[np.float64]:
    cut = np.clip(part, -mechanism.clamp, mechanism.clamp)
    norm = float(np.linalg.norm(cut))
    return cut * min(1.0, mechanism.clip * _BELOW / norm) if norm else cut


def _centred(residues: NDArray[np.uint64], bits: int) -> NDArray[np.int64]:
    shift = np.uint64(64 - bits)
    found: NDArray[np.int64] = (residues << shift).astype(np.int64) >> np.int64(shift)
    return found


def _bytes(*parts: object) -> bytes:
    return hashlib.sha256(repr(parts).encode()).digest()
