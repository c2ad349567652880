"""Conventions of section 1, bit strings of section 3 and canonical CBOR of section 8."""

import hashlib
import hmac
from typing import Any

import cbor2

PREFIX = b"cloakwork/1 "


def u8(value: int) -> bytes:
    return value.to_bytes(1, "little")


def u32le(value: int) -> bytes:
    return value.to_bytes(4, "little")


def u64le(value: int) -> bytes:
    return value.to_bytes(8, "little")


def length_prefixed(data: bytes) -> bytes:
    return u32le(len(data)) + data


def labelled(label: str, parts: tuple[bytes | int, ...]) -> bytes:
    """The injective encoding that `Hash` and `Expand` share; an integer stands for its u64le."""
    encoded = length_prefixed(PREFIX + label.encode("ascii"))
    for part in parts:
        encoded += length_prefixed(u64le(part) if isinstance(part, int) else part)
    return encoded


def hash_of(label: str, *parts: bytes | int) -> bytes:
    return hashlib.sha256(labelled(label, parts)).digest()


def extract(salt: bytes, input_key: bytes) -> bytes:
    """HKDF-Extract, RFC 5869 section 2.2."""
    return hmac.digest(salt, input_key, "sha256")


def expand_raw(key: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand, RFC 5869 section 2.3."""
    output, block, counter = b"", b"", 1
    while len(output) < length:
        block = hmac.digest(key, block + info + bytes([counter]), "sha256")
        output += block
        counter += 1
    return output[:length]


def expand(key: bytes, label: str, *parts: bytes | int, length: int) -> bytes:
    assert len(key) == 32
    return expand_raw(key, labelled(label, parts), length)


def bit_of(data: bytes, index: int) -> int:
    """Bit `index` of a byte string, least significant first."""
    return (data[index // 8] >> (index % 8)) & 1


def bitmap(count: int, members: set[int]) -> bytes:
    """The set of positions below `count` as ceil(count / 8) bytes, unused bits zero."""
    value = sum(1 << member for member in members)
    return value.to_bytes((count + 7) // 8, "little")


def members_of(count: int, data: bytes) -> set[int]:
    if len(data) != (count + 7) // 8 or int.from_bytes(data, "little") >> count:
        raise ValueError("bitmap of another length or with unused bits set")
    return {index for index in range(count) if bit_of(data, index)}


def split(data: bytes, size: int) -> list[bytes]:
    """The items of a list of fixed-size items that travels as one byte string."""
    if len(data) % size:
        raise ValueError("not a whole number of items")
    return [data[start : start + size] for start in range(0, len(data), size)]


def encode(item: Any) -> bytes:
    return cbor2.dumps(item, canonical=True)


def decode(data: bytes) -> Any:
    item = cbor2.loads(data)
    if encode(item) != data:
        raise ValueError("not canonical")
    return item
