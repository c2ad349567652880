"""Flower's secure aggregation, by its own functions (`flwr.common.secure_aggregation`), as its client mod and its workflow call them."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from flwr.common.secure_aggregation.crypto.shamir import combine_shares, create_shares
from flwr.common.secure_aggregation.ndarrays_arithmetic import parameters_addition, parameters_mod, parameters_subtraction
from flwr.common.secure_aggregation.quantization import quantize
from flwr.common.secure_aggregation.secaggplus_utils import pseudo_rand_gen
from timing import Samples, measure

# The defaults of Flower's workflow.
CLIPPING_RANGE = 8.0
TARGET_RANGE = 1 << 22
MODULUS = 1 << 32
# An agreed key as Flower derives it: 32 bytes in URL-safe base64, so seven bits of every byte vary.
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def agreed_key() -> bytes:
    """Bytes of the shape of an agreed key."""
    return bytes(_ALPHABET[byte & 63] for byte in os.urandom(43)) + b"="


def client(values: np.ndarray, neighbours: int, repeats: int) -> Samples:
    """Quantise, self mask, one mask a neighbour, reduce: `_collect_masked_vectors` of the client mod, without its messages."""
    keys = [agreed_key() for _ in range(neighbours)]
    own = os.urandom(32)
    shapes = [values.shape]

    def work() -> None:
        vector = quantize([values], CLIPPING_RANGE, TARGET_RANGE)
        vector = parameters_addition(vector, pseudo_rand_gen(own, MODULUS, shapes))
        for index, key in enumerate(keys):
            mask = pseudo_rand_gen(key, MODULUS, shapes)
            vector = parameters_addition(vector, mask) if index % 2 else parameters_subtraction(vector, mask)
        parameters_mod(vector, MODULUS)

    return measure(work, repeats)


@dataclass(frozen=True)
class Unmasking:
    """What Flower's server spends on a round.

    Attributes:
        masks: adding the masked vectors and removing the masks.
        combination: recombining one seed from all shares, of which a round needs as many as there are survivors.
        keys: recombining one private key, of which a round needs as many as there are dropouts.
        survivors: how many seeds.
        dropped: how many keys.
    """

    masks: Samples
    combination: Samples
    keys: Samples | None
    survivors: int
    dropped: int

    @property
    def seconds(self) -> float:
        """The whole round; the recombinations are measured a few times and multiplied by their number."""
        whole = self.masks.median + self.survivors * self.combination.median
        return whole + (self.dropped * self.keys.median if self.keys else 0.0)


def server(length: int, members: int, dropped: int, repeats: int) -> Unmasking:
    """Add, remove the self masks of survivors and the pair masks of dropouts: `unmask_stage` of the workflow, without its messages."""
    survivors = members - dropped
    shapes = [(length,)]
    vectors = [np.random.default_rng(index).integers(0, MODULUS, length, dtype=np.int64) for index in range(4)]
    seeds = [os.urandom(32) for _ in range(survivors)]
    keys = [agreed_key() for _ in range(16)]

    def work() -> None:
        total = [np.zeros(length, dtype=np.int64)]
        for index in range(survivors):
            total = parameters_addition(total, [vectors[index % len(vectors)]])
        total = parameters_mod(total, MODULUS)
        for seed in seeds:
            total = parameters_subtraction(total, pseudo_rand_gen(seed, MODULUS, shapes))
        for index in range(dropped * survivors):
            mask = pseudo_rand_gen(keys[index % len(keys)], MODULUS, shapes)
            total = parameters_addition(total, mask) if index % 2 else parameters_subtraction(total, mask)
        parameters_mod(total, MODULUS)

    threshold = 2 * members // 3 + 1
    shares = create_shares(os.urandom(32), threshold, members)
    private_key = create_shares(os.urandom(306), threshold, members) if dropped else None
    return Unmasking(
        masks=measure(work, repeats),
        combination=measure(lambda: combine_shares(shares), 2),
        keys=measure(lambda: combine_shares(private_key), 1) if private_key else None,
        survivors=survivors,
        dropped=dropped,
    )


def bytes_per_value() -> float:
    """Flower sends masked vectors as 64-bit integers."""
    shapes = [(1000,)]
    vector = parameters_addition(quantize([np.zeros(1000)], CLIPPING_RANGE, TARGET_RANGE), pseudo_rand_gen(os.urandom(32), MODULUS, shapes))
    vector = parameters_mod(vector, MODULUS)
    return vector[0].nbytes / vector[0].size
