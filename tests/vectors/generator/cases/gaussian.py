"""Discrete Gaussian noise (core/src/gaussian)."""

import struct
from collections.abc import Callable
from math import floor
from typing import Any

from generator import gaussian
from generator.draw import draw
from generator.gaussian import BATCH, Tape, stretch
from generator.prg import AES_128_CTR, CHACHA20, KEY_LENGTH, keystream

SIGMAS = (0.5, 1.0, 2.0, 3.7, 3.9999999999999996, 4.0, 10.0, 500.0, 41433.0, 131072.0)
NARROW = (0.5, 0.7, 1.0, 2.0, 3.7, 3.9999999999999996)
WIDE = (4.0, 4.5, 10.0)


def _sigma(sigma: float) -> dict[str, Any]:
    return {"sigma": repr(sigma), "ieee754": struct.pack(">d", sigma).hex()}


def _stream(suite: int, key: bytes) -> Callable[[int, int], bytes]:
    block = 1 << 14

    pieces: dict[int, bytes] = {}

    def read(offset: int, length: int) -> bytes:
        found = b""
        for number in range(offset // block, (offset + length - 1) // block + 1):
            if number not in pieces:
                pieces[number] = keystream(suite, key, number * block, block)
            found += pieces[number]
        return found[offset % block :][:length]

    return read


def _samples(suite: int, sigma: float, count: int) -> dict[str, Any]:
    key = draw(f"gaussian {suite} {sigma}", KEY_LENGTH[suite])
    return {"suite": suite, "key": key.hex(), **_sigma(sigma), "samples": gaussian.samples(sigma, count, _stream(suite, key))}


def _table(sigma: float) -> dict[str, Any]:
    return {**_sigma(sigma), "largest": [f"{largest:032x}" for largest in gaussian.table(sigma)]}


def _magnitudes(sigma: float) -> list[int]:
    """All that matter, or some of each size."""
    k = stretch(sigma)
    if k <= 4:
        return list(range(54 * k))
    far = [int(factor * sigma) for factor in (0.001, 0.1, 0.3, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)]
    return sorted({0, 1, 2, k - 1, k, k + 1, 2 * k - 1, 2 * k, 7 * k + k // 3, *far})


def _weights(sigma: float) -> dict[str, Any]:
    magnitudes = _magnitudes(sigma)
    weights = [f"{floor(gaussian.proposal_weight(sigma, y) * 2**128):032x}" for y in magnitudes]
    return {**_sigma(sigma), "all": stretch(sigma) <= 4, "magnitudes": magnitudes, "weights": weights}


def _put(data: bytearray, offset: int, width: int, value: int) -> None:
    data[offset : offset + width] = value.to_bytes(width, "little")


def _undecided_draws(sigma: float) -> dict[str, Any]:
    """Draws with the head of an entry, whose completion is as large as the entry or one larger; and the largest draw of all."""
    data = bytearray(draw(f"gaussian undecided draws {sigma}", gaussian.direct_size()))
    largest = gaussian.table(sigma)
    for slot, (position, x, beyond) in enumerate(((3, 0, 0), (64, 1, 1), (130, 2, 0), (255, 53, 0))):
        full = (largest[x] if x < 53 else largest[5]) + (beyond << 20) - (0 if beyond else 1 << 20)
        if x == 53:
            full = (1 << 128) - 1 - (1 << 60)
        _put(data, 4 * position, 4, full >> 97 << 1 | position & 1)
        _put(data, 4 * BATCH + 16 * slot, 16, (full & (1 << 97) - 1) << 31 | 5)
    samples, undecided = gaussian.direct(sigma, bytes(data))
    return {**_sigma(sigma), "bytes": data.hex(), "undecided": undecided, "samples": samples}


def _undecided_proposals(sigma: float, positions: tuple[int, ...], beyond: tuple[int, ...]) -> dict[str, Any]:
    """Numbers that are the first bits of the probability, so that their completion decides. The fourth has an undecided draw as well."""
    data = bytearray(draw(f"gaussian undecided proposals {sigma} {positions}", gaussian.combined_size()))
    largest = gaussian.table(sigma)
    for slot, (position, above) in enumerate(zip(positions, beyond, strict=True)):
        completions = 10 * BATCH + 32 * slot
        word = int.from_bytes(data[4 * position : 4 * position + 4], "little")
        full = gaussian.full_draw(word, int.from_bytes(data[completions : completions + 16], "little"))
        if slot == 3:
            full = largest[2] + (1 << 20)
            _put(data, 4 * position, 4, full >> 97 << 1 | 1)
            _put(data, completions, 16, (full & (1 << 97) - 1) << 31)
        # Not 0, which is accepted whatever the number.
        offset = 4 * BATCH + gaussian.half_word_offset(position)
        filling = int.from_bytes(data[offset : offset + 2], "little") | 1 << 15
        _put(data, offset, 2, filling)
        _, probability = gaussian.acceptance(sigma, gaussian.look_up(sigma, full), filling)
        number = floor(probability * 2**127) + (above << 8) - (1 << 7)
        _put(data, 6 * BATCH + 4 * position, 4, number >> 95)
        _put(data, completions + 16, 16, (number & (1 << 95) - 1) << 33 | 77)
    samples, undecided = gaussian.combined(sigma, bytes(data))
    return {**_sigma(sigma), "bytes": data.hex(), "undecided": undecided, "samples": samples}


EXACT: dict[str, tuple[Callable[[Tape, int, int], Any], tuple[tuple[int, int], ...]]] = {
    "bernoulli_exp": (gaussian.bernoulli_exp, ((0, 1), (1, 3), (1, 1), (7, 2), (1, 2**48))),
    "geometric": (gaussian.geometric, ((1, 1), (1, 5), (7, 3), (10**6, 1), (2**48, 2**48 - 1))),
    "discrete_laplace": (gaussian.discrete_laplace, ((1, 1), (1, 5), (7, 3), (10**6, 1), (2**48, 1))),
    "discrete_gaussian": (
        gaussian.discrete_gaussian,
        ((1, 4), (1, 1), (2, 1), (1369, 100), (250_000, 1), (2**34, 1), (2**48, 1), (2**48 - 1, 2**24 + 1), (1, 2**48)),
    ),
    "poisson": (gaussian.poisson, ((1, 3), (1, 2), (1, 1), (9, 4), (50, 1), (2**48, 2**44 + 1))),
    "skellam": (gaussian.skellam, ((1, 1), (9, 4), (20, 1), (2**48, 2**44 + 1))),
}


def _exact(name: str, numerator: int, denominator: int) -> dict[str, Any]:
    sample = EXACT[name][0]
    key = draw(f"gaussian {name} {numerator} {denominator}", KEY_LENGTH[CHACHA20])
    tape = Tape(_stream(CHACHA20, key))
    samples = [int(sample(tape, numerator, denominator)) for _ in range(40)]
    return {
        "sampler": name,
        "numerator": str(numerator),
        "denominator": str(denominator),
        "key": key.hex(),
        "used": tape.used,
        "samples": [str(sample) for sample in samples],
    }


def build() -> dict[str, Any]:
    positions = ((0, 63, 64, 255), (5, 6, 7, 8), (100, 177, 200, 201), (31,))
    beyond = ((0, 1, 0, 1), (1, 0, 1, 0), (0, 0, 1, 0), (0,))
    return {
        "about": "Isochronous sampler: samples of a key; for each magnitude the largest 128-bit draw that gives it, exactly "
        "(the library's are within 2^15); 2^128 times the probability that a proposal without its sign has a magnitude and is "
        "accepted; batches of the stream with undecided proposals, and what is accepted of them. Exact samplers: samples from the tape "
        "that is the stream of suite 1, of which `used` bytes are used.",
        "samples": [_samples(suite, sigma, 300) for sigma in SIGMAS for suite in (CHACHA20, AES_128_CTR)],
        "tables": [_table(sigma) for sigma in (*NARROW, *WIDE, 7.999999999999999)],
        "weights": [_weights(sigma) for sigma in (*NARROW, *WIDE, 500.0, 41433.0, 131072.0)],
        "undecided_draws": [_undecided_draws(sigma) for sigma in (0.5, 1.0, 3.7)],
        "undecided_proposals": [
            _undecided_proposals(sigma, *case)
            for sigma, case in zip((4.0, 10.0, 41433.0, 131072.0), zip(positions, beyond, strict=True), strict=True)
        ],
        "exact": [_exact(name, *parameters) for name, (_, cases) in EXACT.items() for parameters in cases],
    }
