"""Encodings of a message that differ from the canonical one, each in one place (section 8)."""

import struct
from collections.abc import Iterator
from typing import Any

from generator.codec import encode

UINT, BYTES, TEXT, ARRAY, TAG = 0, 2, 3, 4, 6
SELF_DESCRIBED, POSITIVE_BIGNUM = 55799, 2
DIRECT, NULL, BREAK = 24, b"\xf6", b"\xff"

Deviation = tuple[str, bytes]
"""Its name and the whole message."""


def head(major: int, value: int, width: int) -> bytes:
    """A head of CBOR whose argument takes `width` bytes: 0 (inside the first byte), 1, 2, 4 or 8."""
    if width == 0:
        assert value < DIRECT
        return bytes([major << 5 | value])
    return bytes([major << 5 | 24 + (1, 2, 4, 8).index(width)]) + value.to_bytes(width, "big")


def shortest(value: int) -> int:
    return 0 if value < DIRECT else next(width for width in (1, 2, 4, 8) if value < 1 << (8 * width))


def bytes_of(count: int) -> str:
    return "1 byte" if count == 1 else f"{count} bytes"


def longer(value: int) -> list[int]:
    return [width for width in (1, 2, 4, 8) if width > shortest(value)]


def splice(valid: bytes, changed: bytes) -> tuple[int, int, bytes]:
    """Where they part, how many bytes of `valid` go, and what comes in their place."""
    shortest_length = min(len(valid), len(changed))
    at = next((i for i in range(shortest_length) if valid[i] != changed[i]), shortest_length)
    left = shortest_length - at
    kept = next((i for i in range(left) if valid[-1 - i] != changed[-1 - i]), left)
    return at, len(valid) - at - kept, changed[at : len(changed) - kept]


def _joined(encoded: list[bytes], array_head: bytes | None = None) -> bytes:
    return (head(ARRAY, len(encoded), 0) if array_head is None else array_head) + b"".join(encoded)


def _of_uint(value: int) -> Iterator[Deviation]:
    for width in longer(value):
        yield f"argument of {bytes_of(width)}", head(UINT, value, width)
    bare = value.to_bytes(8, "big").lstrip(b"\x00") or b"\x00"
    yield "bignum", head(TAG, POSITIVE_BIGNUM, 0) + head(BYTES, len(bare), 0) + bare
    yield "float", b"\xfb" + struct.pack(">d", value)
    yield "negative", encode(-1 - value)
    yield "byte string for an integer", head(BYTES, 1, 0) + bytes([value % 256])


def _of_bytes(value: bytes) -> Iterator[Deviation]:
    for width in longer(len(value))[:1]:
        yield f"length of {bytes_of(width)}", head(BYTES, len(value), width) + value
    chunk = head(BYTES, len(value), shortest(len(value))) + value
    yield "indefinite length", bytes([BYTES << 5 | 31]) + chunk + BREAK
    yield "text for bytes", head(TEXT, len(value), shortest(len(value))) + value
    yield "null for bytes", NULL


def _whole(items: list[Any], encoded: list[bytes]) -> Iterator[Deviation]:
    valid = _joined(encoded)
    yield "empty", b""
    yield "cut by one byte", valid[:-1]
    yield "cut after the array head", valid[:1]
    yield "trailing zero", valid + b"\x00"
    yield "message twice", valid + valid
    yield "array length of 1 byte", _joined(encoded, head(ARRAY, len(encoded), 1))
    yield "array length of 8 bytes", _joined(encoded, head(ARRAY, len(encoded), 8))
    yield "array of indefinite length", _joined(encoded, bytes([ARRAY << 5 | 31])) + BREAK
    yield "tag before the array", head(TAG, SELF_DESCRIBED, 2) + valid
    yield "array wrapped in a byte string", encode(valid)
    yield "map", encode(dict(enumerate(items)))
    yield "missing item", _joined(encoded[:-1])
    yield "extra item", _joined([*encoded, b"\x00"])
    yield "extra null", _joined([*encoded, NULL])
    yield "array head counts one too many", _joined(encoded, head(ARRAY, len(encoded) + 1, 0))
    yield "array head counts one too few", _joined(encoded, head(ARRAY, len(encoded) - 1, 0))
    yield "reserved head", _joined([b"\x1c", *encoded[1:]])


def deviations(items: list[Any], names: list[str]) -> Iterator[Deviation]:
    """All deviations of the message with these items, which `names` names."""
    encoded = [encode(item) for item in items]
    yield from _whole(items, encoded)
    for index, (item, name) in enumerate(zip(items, names, strict=True)):
        for deviation, replacement in _of_uint(item) if isinstance(item, int) else _of_bytes(item):
            yield f"{name}: {deviation}", _joined([*encoded[:index], replacement, *encoded[index + 1 :]])
