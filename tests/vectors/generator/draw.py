"""Bytes that look random and are the same on every machine."""

import hashlib

SEED = b"cloakwork test vectors, version 1"


def draw(name: str, length: int) -> bytes:
    """`length` bytes that belong to `name`: SHA-256 over seed, name and a block number."""
    blocks = (
        hashlib.sha256(SEED + b"|" + name.encode() + b"|" + block.to_bytes(4, "little")).digest() for block in range((length + 31) // 32)
    )
    return b"".join(blocks)[:length]


def draw_integer(name: str, bits: int) -> int:
    """An integer of at most `bits` bits that belongs to `name`."""
    return int.from_bytes(draw(name, (bits + 7) // 8), "little") % (1 << bits)
