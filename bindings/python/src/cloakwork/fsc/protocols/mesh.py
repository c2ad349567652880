"""Sums without a server: the state machine of core's `mesh`, one party of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cloakwork._boundary import Machine, check, failure_of, fixed, sized_bytes, view
from cloakwork._native import ffi, lib
from cloakwork.secagg import _lanes

__all__ = ["Mesh", "opened", "zeros"]

PIECE_SIZE = 32
RUN_SIZE = 32
# AES-128-CTR: servers have instructions for it.
_SUITE = 2


class Mesh(Machine):
    """One party of the sums of a run: it gives out pieces of keys, takes those of the others, and masks vectors.

    Args:
        parties: how many there are, 2 to 1024.
        index: its place.

    Raises:
        ArgumentError: another number of parties, or a place beyond them.
        CryptoError: the random generator failed.
    """

    FREE = "cloak_mesh_free"

    def __init__(self, parties: int, index: int) -> None:
        super().__init__()
        out = ffi.new("cloak_mesh **")
        check(lib.cloak_mesh_new(_SUITE, parties, index, ffi.NULL, out), "parties")
        self._own(out[0])

    def piece(self, to: int) -> bytes:
        """What goes to another party over a channel that only the two of them read: 32 bytes."""
        with self._turn:
            pointer = self._open()
            return fixed(PIECE_SIZE, lambda out: lib.cloak_mesh_piece(pointer, to, out), "to")

    def agree(self, run: bytes, pieces: Sequence[bytes]) -> None:
        """Takes the pieces of all; that in the place of this party is ignored.

        Args:
            run: what all have agreed on, 32 bytes that differ between runs.
            pieces: 32 bytes each.
        """
        joined = b"".join(pieces)
        with self._turn:
            check(lib.cloak_mesh_agree(self._open(), view("run", run, RUN_SIZE), view("pieces", joined), len(joined)))

    def mask(self, bits: int, vector: NDArray[np.uint64]) -> bytes:
        """Masks the vector of the next sum in place: the message to all others.

        Args:
            bits: width of a residue, 1 to 128.
            vector: residues as `cloakwork.secagg` has them, the values and then `zeros` more elements.
        """
        lanes = _lanes.structure("cloak_lanes", vector, bits)
        room = -(-len(vector) * bits // 8)
        with self._turn:
            pointer = self._open()
            return sized_bytes(lambda *out: lib.cloak_mesh_mask(pointer, bits, lanes, *out), room=max(room, 1))


def zeros(bits: int) -> int:
    """How many elements follow the values of a vector of this width."""
    out = ffi.new("size_t *")
    check(lib.cloak_mesh_zeros(bits, out), "bits")
    return int(out[0])


def opened(bits: int, count: int, messages: Sequence[bytes]) -> NDArray[np.uint64]:
    """The sum of the vectors in the messages of all parties, as residues.

    Args:
        bits: width of a residue.
        count: values of a vector.
        messages: what `Mesh.mask` of each party gave.

    Raises:
        ArgumentError: a message has another length; `party` says whose.
        CryptoError: the masks did not cancel: a party has sent something else than the others believe.
    """
    total = _lanes.allocate(bits, count + zeros(bits))
    lanes = _lanes.structure("cloak_lanes", total, bits)
    for party, message in enumerate(messages):
        status = lib.cloak_mesh_add(bits, view("message", message), len(message), lanes)
        if status != lib.CLOAK_OK:
            raise failure_of(party)(status)
    check(lib.cloak_mesh_finish(bits, lanes))
    return total[:count]
