"""Hash and Expand (section 1)."""

from typing import Any

from generator.codec import expand, expand_raw, extract, hash_of
from generator.draw import draw


def _hash_case(label: str, *parts: bytes) -> dict[str, Any]:
    return {"label": label, "parts": [part.hex() for part in parts], "hash": hash_of(label, *parts).hex()}


def _expand_case(key: bytes, label: str, length: int, *parts: bytes) -> dict[str, Any]:
    return {
        "key": key.hex(),
        "label": label,
        "parts": [part.hex() for part in parts],
        "length": length,
        "output": expand(key, label, *parts, length=length).hex(),
    }


def _rfc5869() -> list[dict[str, Any]]:
    """Inputs of RFC 5869 appendix A.1 to A.3; the test holds the outputs against the RFC."""
    inputs = [
        (bytes([0x0B] * 22), bytes(range(13)), bytes(range(0xF0, 0xFA)), 42),
        (bytes(range(0x50)), bytes(range(0x60, 0xB0)), bytes(range(0xB0, 0x100)), 82),
        (bytes([0x0B] * 22), b"", b"", 42),
    ]
    return [
        {
            "input_key": input_key.hex(),
            "salt": salt.hex(),
            "info": info.hex(),
            "prk": extract(salt, input_key).hex(),
            "output": expand_raw(extract(salt, input_key), info, length).hex(),
        }
        for input_key, salt, info, length in inputs
    ]


def build() -> dict[str, Any]:
    key = draw("hash key", 32)
    return {
        "about": "Labels are given without the prefix 'cloakwork/1 '.",
        "hash": [
            _hash_case("channel"),
            _hash_case("run", b""),
            _hash_case("run", b"", b""),
            _hash_case("run", b"a"),
            _hash_case("run", b"ab", b"c"),
            _hash_case("run", b"a", b"bc"),
            _hash_case("run", b"abc"),
            _hash_case("run", b"", b"abc", b""),
            _hash_case("ru", b"nabc"),
            _hash_case("roster", draw("hash roster", 40 * 3)),
            _hash_case("set", draw("hash run", 32), b"\x05"),
            _hash_case("round", *(draw(f"hash part {n}", n) for n in (32, 8, 8, 32, 32))),
            *(_hash_case("run", draw(f"hash length {n}", n)) for n in (31, 36, 37, 41, 44, 45, 55, 64, 200)),
        ],
        "expand": [
            _expand_case(key, "pair", 32),
            _expand_case(key, "confirm", 16, bytes(8)),
            _expand_case(key, "confirm", 16, b"", bytes(8)),
            _expand_case(key, "confirm", 16, bytes(8), b""),
            _expand_case(key, "mask", 32, bytes([1] * 8), draw("expand h", 32)),
            _expand_case(key, "mask", 16, bytes([1] * 8), draw("expand h", 32)),
            _expand_case(key, "mask", 1, bytes([1] * 8), draw("expand h", 32)),
            _expand_case(bytes(32), "stream", 32, b"\x01", b"\x00", b"values", b"\x14", bytes([5] + [0] * 7)),
            _expand_case(bytes(32), "stream", 16, b"\x02", b"\x00", b"values", b"\x14", bytes([5] + [0] * 7)),
            _expand_case(key, "stream", 32, b"\x01", b"\x07", b"a" * 32, b"\x80", bytes([255] * 8)),
        ],
        "hkdf_rfc5869": _rfc5869(),
    }
