"""What goes over a link between two servers: frames of many runs, one after the other.

    length u32, kind u8, stream u64, sequence u32, payload          (all little-endian; `length` counts what follows it)

A stream is one side's part of one run: the side that offers a run chooses its number, above all that it has used on this link, so that no
offer counts twice. Pieces of messages carry the id of the run, which neither side can choose alone, and count from 0.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from cloakwork.fsc.peers.garbage import GarbageError

__all__ = ["HEAD_SIZE", "LARGEST_PAYLOAD", "PIECE_HEAD", "Frame", "Kind", "read_head"]

# A message is cut into pieces of this size, so that runs share a link fairly; an offer is one frame.
LARGEST_PAYLOAD = 1 << 18
_HEAD = struct.Struct("<IBQI")
_LENGTH_SIZE = 4
HEAD_SIZE = _HEAD.size
# Of a piece: the run's id and the bytes of the message that are still to come after this piece.
PIECE_HEAD = struct.Struct("<32sQ")


class Kind(IntEnum):
    """What a frame is."""

    OFFER = 1
    PIECE = 2
    # The sender's own stream ends, with a reason.
    ABORT = 3
    # The receiver's stream is not taken, with a reason.
    REFUSE = 4


@dataclass(frozen=True)
class Frame:
    """A frame.

    Attributes:
        kind: what it is.
        stream: whose part of which run.
        sequence: of pieces, from 0; 0 otherwise.
        size: bytes of the payload.
    """

    kind: Kind
    stream: int
    sequence: int
    size: int

    def head(self) -> bytes:
        """The bytes before the payload."""
        return _HEAD.pack(self.size + HEAD_SIZE - _LENGTH_SIZE, self.kind, self.stream, self.sequence)


def read_head(head: bytes) -> Frame:
    """The frame that begins with these `HEAD_SIZE` bytes.

    Raises:
        GarbageError: a length or kind that no frame has.
    """
    length, kind, stream, sequence = _HEAD.unpack(head)
    size = length - (HEAD_SIZE - _LENGTH_SIZE)
    if not 0 <= size <= LARGEST_PAYLOAD + PIECE_HEAD.size:
        raise GarbageError(f"a frame of {length} bytes")
    try:
        return Frame(Kind(kind), stream, sequence, size)
    except ValueError:
        raise GarbageError(f"a frame of kind {kind}") from None
