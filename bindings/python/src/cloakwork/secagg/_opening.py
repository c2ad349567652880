"""What opens the sum: the masks that remain in it, applied to ranges of the payloads, on any number of threads."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from cloakwork._boundary import HASH_SIZE, Handle, check, fixed, view, whole_number
from cloakwork._native import lib
from cloakwork.secagg import _lanes


class Opening(Handle):
    """The masks that remain in the sum of the survivors' payloads; `Server.opening` gives it.

    `aggregate` does all that follows. By hand: `add` each survivor's payload to a range of residues, `unmask` that range once, and give the
    zero coordinates, which follow the last value of a segment, to `check_zeros`. An opening never changes, so threads may share it for
    different ranges.

    Accumulators are C-contiguous vectors of residues: uint32 for segments of up to 32 bits, uint64 up to 64, rows of two uint64 (low half
    first, aligned to 16 bytes) above. Ranges start at a multiple of 8 and have a multiple of 8 elements unless they end the segment.
    """

    FREE = "cloak_opening_free"

    def __init__(self) -> None:
        message = "Server.opening makes openings"
        raise TypeError(message)

    @classmethod
    def _take(cls, pointer: Any) -> Opening:  # noqa: ANN401 - a C pointer
        opening = cls.__new__(cls)
        opening._own(pointer)
        return opening

    def add(self, segment: int, first: int, payload: bytes | bytearray, accumulator: NDArray[Any]) -> None:
        """Adds elements `first` ... of a segment of one survivor's payload to `accumulator`.

        Args:
            segment: index of the segment.
            first: the first element; elements are the values and then the zero coordinates.
            payload: the whole payload, bytes-like, as received.
            accumulator: changed in place.

        Raises:
            ArgumentError: a payload of another size, a range outside the segment, or an accumulator of another dtype.
        """
        pointer, data, lanes = self._open(), view("payload", payload), _accumulator(accumulator)
        index, start = whole_number("segment", segment, 32), whole_number("first", first)
        check(lib.cloak_opening_add(pointer, index, start, data, len(data), lanes))

    def unmask(self, segment: int, first: int, accumulator: NDArray[Any]) -> None:
        """Takes the masks off elements `first` ... of a segment, where `accumulator` holds the sum of all survivors.

        Args:
            segment: index of the segment.
            first: the first element.
            accumulator: changed in place to the residues of the sum.

        Raises:
            ArgumentError: a range outside the segment, or an accumulator of another dtype.
        """
        pointer, lanes = self._open(), _accumulator(accumulator)
        index, start = whole_number("segment", segment, 32), whole_number("first", first)
        check(lib.cloak_opening_unmask(pointer, index, start, lanes))

    def check_zeros(self, segment: int, zeros: NDArray[Any]) -> None:
        """Checks all unmasked elements that follow the last value of a segment.

        Raises:
            CryptoError: one is not zero (`MASKS_DID_NOT_CANCEL`): throw the sums of all segments away.
            ArgumentError: another number of zero coordinates, or another dtype.
        """
        pointer, index = self._open(), whole_number("segment", segment, 32)
        array = _lanes.residues("zeros", zeros, _bits(zeros))
        check(lib.cloak_opening_check_zeros(pointer, index, _lanes.structure("cloak_values", array, _bits(array))), "zeros")

    @property
    def rotation_seed(self) -> bytes:
        """The rotation seed of the round, 32 bytes, public: `decode_private` needs it in a run with a mechanism."""
        pointer = self._open()
        return fixed(HASH_SIZE, lambda out: lib.cloak_opening_rotation_seed(pointer, out))

    def __repr__(self) -> str:
        return "Opening(closed)" if self._pointer is None else "Opening()"


def _accumulator(array: NDArray[Any]) -> Any:  # noqa: ANN401 - a cloak_lanes
    bits = _bits(array)
    return _lanes.structure("cloak_lanes", _lanes.residues("accumulator", array, bits, writable=True), bits)


def _bits(array: object) -> int:
    """The widest residue of the kind that an array holds; the library compares it with the segment."""
    if getattr(array, "ndim", 1) == 2:
        return 128
    return 32 if getattr(getattr(array, "dtype", None), "itemsize", 8) <= 4 else 64
