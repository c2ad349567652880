"""Rotation, noise and a whole private contribution, beside NumPy, SciPy and OpenDP in the same process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import opendp.prelude as dp
import ours
from scipy.linalg import hadamard as sylvester
from timing import Samples, measure

from cloakwork.privacy import DiscreteGaussian, Mechanism, hadamard
from cloakwork.secagg import Config

SIGMAS = (1.0, 500.0, 41_433.0)
OUR_SAMPLES = 1 << 20
# It makes some ten thousand a second.
THEIR_SAMPLES = 10_000
# The dense matrix has n^2 numbers: beyond this it leaves the caches.
DENSE_LOG2 = 10
BUTTERFLY_LOG2 = (10, 16, 20)

BITS = 18
# A noise multiplier of 1 for a hundred clients and 2^20 coordinates, four standard deviations in the ring (Kairouz, Liu, Steinke, 2021).
MECHANISM = Mechanism(
    dimension=1_000_000, clip=1.0, granularity=3.066e-5, noise=3261.3, norm_bound=1_064_200_000, honest=33, parts=1, block_log2=20
)


@dataclass(frozen=True)
class Pair:
    """Ours beside a peer's.

    Attributes:
        what: what both do.
        peer: who the other one is.
        ours: our times.
        theirs: the peer's.
        ours_per: how many numbers one of our times is for.
        theirs_per: the same of the peer's.
    """

    what: str
    peer: str
    ours: Samples
    theirs: Samples
    ours_per: int
    theirs_per: int

    @property
    def ratio(self) -> float:
        """How many times as fast ours is, a number."""
        return (self.theirs.median / self.theirs_per) / (self.ours.median / self.ours_per)


def opendp_noise(sigma: float) -> Callable[[], object]:
    """OpenDP's exact sampler as its users call it: noise on a vector of integers."""
    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l2_distance(T=int)
    measurement = dp.m.make_gaussian(*space, scale=sigma)
    zeros = [0] * THEIR_SAMPLES
    return lambda: measurement(zeros)


def butterfly(vector: np.ndarray) -> None:
    """The transform in NumPy, in place: a pass over the vector for each stage."""
    stride = len(vector) // 2
    while stride:
        pairs = vector.reshape(-1, 2, stride)
        left, right = pairs[:, 0], pairs[:, 1]
        difference = left - right
        left += right
        right[:] = difference
        stride //= 2


def noise(repeats: int) -> list[Pair]:
    """Samplers of the discrete Gaussian."""
    pairs = []
    for sigma in SIGMAS:
        sampler = DiscreteGaussian(sigma)
        ours_seconds = measure(lambda sampler=sampler: sampler.sample(OUR_SAMPLES), repeats)  # type: ignore[misc]
        theirs = measure(opendp_noise(sigma), min(repeats, 3))
        pairs.append(Pair(f"discrete Gaussian, sigma {sigma:,g}", "OpenDP", ours_seconds, theirs, OUR_SAMPLES, THEIR_SAMPLES))
    return pairs


def rotation(repeats: int) -> list[Pair]:
    """Walsh-Hadamard transforms of 32-bit floats."""
    pairs = []
    for log2 in BUTTERFLY_LOG2:
        vector = np.zeros(1 << log2, dtype=np.float32)
        ours_seconds = measure(lambda vector=vector: hadamard.transform(vector, orthonormal=False), repeats)  # type: ignore[misc]
        theirs = measure(lambda vector=vector: butterfly(vector), repeats)  # type: ignore[misc]
        pairs.append(Pair(f"Walsh-Hadamard, f32, 2^{log2}", "NumPy butterfly", ours_seconds, theirs, 1, 1))
    matrix = sylvester(1 << DENSE_LOG2).astype(np.float32)
    vector = np.zeros(1 << DENSE_LOG2, dtype=np.float32)
    ours_seconds = measure(lambda: hadamard.transform(vector, orthonormal=False), repeats)
    theirs = measure(lambda: matrix @ vector, repeats)
    return [*pairs, Pair(f"the same, 2^{DENSE_LOG2}", "product with scipy.linalg.hadamard", ours_seconds, theirs, 1, 1)]


def agree() -> None:
    """All transforms give the same: what is timed is the same work."""
    vector = np.arange(1 << DENSE_LOG2, dtype=np.float64) % 7
    product = sylvester(len(vector)) @ vector
    mine, theirs = vector.copy(), vector.copy()
    hadamard.transform(mine, orthonormal=False)
    butterfly(theirs)
    if not (np.array_equal(mine, product) and np.array_equal(theirs, product)):
        raise RuntimeError("the transforms differ")


def client(members: int, repeats: int) -> Samples:
    """One client's whole part in a private round: clip, rotate, round, noise, self mask, one mask a neighbour, pack."""
    threshold = 2 * members // 3 + 1
    config = Config.private(
        MECHANISM,
        BITS,
        suite=2,
        threshold=threshold,
        min_inputs=threshold,
        colluders=2 * threshold - members,
        max_rounds=1_000_000,
    )
    group = ours.Group.with_config(config, members)
    values = np.sin(np.arange(MECHANISM.dimension) * 0.001)

    def work(member: ours.Client) -> None:
        member.contribute(values)
        member.mask()

    return group.timed(work, repeats)
