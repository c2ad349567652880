"""Mask streams (section 5)."""

from typing import Any

from generator.draw import draw
from generator.prg import AES_128_CTR, CHACHA20, KEY_LENGTH, elements, keystream, stream_key

WIDTHS = (1, 7, 8, 16, 20, 31, 32, 33, 48, 61, 63, 64, 65, 100, 127, 128)


def _keystream(suite: int, key: bytes, offset: int, length: int) -> dict[str, Any]:
    return {
        "suite": suite,
        "key": key.hex(),
        "byte_offset": str(offset),
        "bytes": keystream(suite, key, offset, length).hex(),
    }


def _elements(suite: int, bits: int, first: int, count: int) -> dict[str, Any]:
    key = draw(f"prg {suite}", KEY_LENGTH[suite])
    return {
        "suite": suite,
        "key": key.hex(),
        "bits": bits,
        "first": str(first),
        "elements": [str(element) for element in elements(suite, key, bits, first, count)],
    }


def _stream_key(suite: int, index: int, label: str, bits: int, length: int) -> dict[str, Any]:
    seed = draw("prg seed", 32)
    return {
        "suite": suite,
        "seed": seed.hex(),
        "index": index,
        "label": label,
        "bits": bits,
        "length": str(length),
        "key": stream_key(seed, suite, index, label, bits, length).hex(),
    }


def build() -> dict[str, Any]:
    suites = (CHACHA20, AES_128_CTR)
    return {
        "about": "Suite 1 is ChaCha20, suite 2 AES-128-CTR. Offsets, first elements and elements are decimal strings.",
        "keystream": [
            _keystream(CHACHA20, bytes(32), 0, 64),
            _keystream(AES_128_CTR, bytes(16), 0, 48),
            *(
                _keystream(suite, draw(f"prg {suite}", KEY_LENGTH[suite]), offset, 40)
                for suite in suites
                for offset in (0, 1, 15, 16, 17, 63, 64, 65, 4095, 4096, 2**32 - 8, 2**35, 2**36 - 8, 2**38 - 40)
            ),
        ],
        "elements": [
            *(_elements(suite, bits, 0, 6) for suite in suites for bits in WIDTHS),
            *(
                _elements(suite, bits, first, 3)
                for suite in suites
                for bits in (20, 64, 128)
                for first in (1, 3, 4, 15, 17, 1023, 10**6, 2**31)
            ),
        ],
        "stream_keys": [
            _stream_key(suite, *label)
            for suite in suites
            for label in (
                (0, "values", 20, 1_000_000),
                (1, "values", 20, 1_000_000),
                (0, "value", 20, 1_000_000),
                (0, "values", 21, 1_000_000),
                (0, "values", 20, 1_000_001),
                (7, "abcdefghijklmnopqrstuvwxyz_.-012", 128, 2**31),
                (0, "w", 1, 1),
            )
        ],
    }
