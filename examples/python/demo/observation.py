"""What the server could see: a masked vector, read from its database while it waits for the others."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cloakwork.layout import Layout

__all__ = ["stored_payload", "unpack"]

_LOCK_SECONDS = 5
# Bits of zeros that follow the values of a segment (docs/protocol.md section 5).
_ZERO_BITS = 64


def stored_payload(database: Path, run: bytes, member: int) -> bytes | None:
    """The masked vector of a member in the present round, as it lies in the server's database."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=_LOCK_SECONDS)) as connection:
        query = "SELECT bytes FROM payloads WHERE run = ? AND party = ? ORDER BY piece"
        pieces: list[tuple[bytes]] = connection.execute(query, (run, member.to_bytes(8, "big"))).fetchall()
    return b"".join(piece for (piece,) in pieces) or None


def unpack(payload: bytes, layout: Layout) -> dict[str, NDArray[np.float64]]:
    """The values of each segment, as one would read them if they were not masked (docs/protocol.md sections 2 and 5).

    Raises:
        ValueError: the payload has another length than the layout's.
    """
    if sum(_packed(segment.bits, segment.length) for segment in layout.segments) != len(payload):
        raise ValueError("this is no payload of the layout")
    return dict(_segments(payload, layout))


def _packed(bits: int, length: int) -> int:
    return -(-bits * (length + -(-_ZERO_BITS // bits)) // 8)


def _segments(payload: bytes, layout: Layout) -> Iterator[tuple[str, NDArray[np.float64]]]:
    start = 0
    for segment in layout.segments:
        end = start + _packed(segment.bits, segment.length)
        bits = np.unpackbits(np.frombuffer(payload[start:end], np.uint8), bitorder="little")
        table = bits[: segment.bits * segment.length].reshape(segment.length, segment.bits)
        # Two's complement: the highest bit counts negative. The layouts of this demonstration stay below 64 bits.
        places = np.array([2**bit for bit in range(segment.bits - 1)] + [-(2 ** (segment.bits - 1))], np.int64)
        yield segment.label, np.ldexp((table * places).sum(axis=1).astype(np.float64), -segment.fraction)
        start = end
