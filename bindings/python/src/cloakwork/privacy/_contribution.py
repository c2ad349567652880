"""The private vector: from vectors to noised residues, and from a sum of residues back (protocol.md section 11)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork import _arrays
from cloakwork._boundary import HASH_SIZE, Machine, check, failure, view, whole_number
from cloakwork._native import ffi, lib
from cloakwork.errors import CloakworkError, NumberError, Status
from cloakwork.privacy import _mechanism
from cloakwork.privacy._mechanism import Mechanism

_LANES = {4: "uint32_t[]", 8: "uint64_t[]"}


class Contribution(Machine):
    """What one client contributes to a sum: the sum of its parts, each clipped, rotated, rounded and noised on its own.

    A run makes it by itself (`cloakwork.secagg.Client.contribute`); this is for simulations and for other ways to add up.

    Args:
        mechanism: the parameters.
        bits: width of a residue, at most `mechanism.max_bits`.
        rotation: 32 bytes, public, the same for all clients of a round, and fresh in each round: with the same ones twice the bound on
            wrap-around fails for vectors that depend on the first sum.
        suite: 1 = ChaCha20, 2 = AES-128-CTR.

    Raises:
        NumberError: more bits than the mechanism serves (`INVALID_WIDTH`).
    """

    FREE = "cloak_contribution_free"

    # The source of random bytes, a `cloak_rng *`: NULL is the generator of the operating system.
    _random: Any = ffi.NULL

    def __init__(self, mechanism: Mechanism, bits: int, rotation: bytes, suite: int = 2) -> None:
        super().__init__()
        out, error = ffi.new("cloak_contribution **"), ffi.new("cloak_error *")
        numbers = whole_number("bits", bits, 8), whole_number("suite", suite, 8)
        status = lib.cloak_contribution_new(_mechanism.structure(mechanism), *numbers, view("rotation", rotation, HASH_SIZE), out, error)
        if status != lib.CLOAK_OK:
            raise failure(status, "suite" if status == Status.UNSUPPORTED else "bits", error)
        self._own(out[0])
        self.mechanism = mechanism
        self.bits = bits
        self.added = 0

    def add(self, vector: NDArray[Any]) -> None:
        """Adds a part.

        Args:
            vector: `mechanism.dimension` values, float64 or float32, C-contiguous; not copied.

        Raises:
            NumberError: a value is NaN or infinite (`NOT_FINITE`), or of magnitude 2^400 or more (`OUT_OF_RANGE`); nothing has changed.
            ArgumentError: another length or dtype.
            ProtocolError: every part is there (`OUT_OF_ORDER`).
            CryptoError: the random generator of the operating system failed.
        """
        array = _arrays.plain_array("vector", vector)
        if array.dtype not in _arrays.FLOATS:
            _arrays.refuse_dtype("vector", array.dtype, "float64 or float32")
        _arrays.check_shape("vector", array, (self.mechanism.dimension,))
        values = ffi.new("cloak_values *")
        single = array.dtype == np.float32
        data = ffi.from_buffer("float[]" if single else "double[]", array)
        values.type, values.data, values.length = (lib.CLOAK_F32 if single else lib.CLOAK_F64), data, len(array)
        with self._turn:
            status = lib.cloak_contribution_add(self._open(), self._random, values)
        if status != lib.CLOAK_OK:
            raise _refused(status, array)
        self.added += 1

    def residues(self) -> NDArray[Any]:
        """A copy of the residues mod 2^bits, once every part was added: uint32 for up to 32 bits, else uint64.

        Raises:
            ProtocolError: parts are missing (`OUT_OF_ORDER`).
        """
        out = np.empty(self.mechanism.padded, dtype=np.uint32 if self.bits <= 32 else np.uint64)
        place = ffi.new("cloak_lanes *")
        kind = lib.CLOAK_U32 if self.bits <= 32 else lib.CLOAK_U64
        data = ffi.from_buffer(_LANES[out.itemsize], out, require_writable=True)
        place.type, place.data, place.length = kind, data, len(out)
        with self._turn:
            check(lib.cloak_contribution_residues(self._open(), place))
        return out

    def __repr__(self) -> str:
        return "Contribution(closed)" if self._pointer is None else f"Contribution({self.added} of {self.mechanism.parts} parts)"


def decode(mechanism: Mechanism, bits: int, rotation: bytes, residues: NDArray[Any], suite: int = 2) -> NDArray[np.float64]:
    """The vector that a sum of contributions stands for: the sum of the clipped parts, with their noise.

    Args:
        mechanism: the parameters.
        bits: width of a residue.
        rotation: the rotation seed of the contributions.
        residues: their sum mod 2^bits: `mechanism.padded` numbers, uint32 for up to 32 bits, else uint64.
        suite: that of the contributions.

    Raises:
        ArgumentError: another length or dtype.
        NumberError: more bits than the mechanism serves.
    """
    array = _arrays.plain_array("residues", residues)
    dtype = np.dtype(np.uint32 if bits <= 32 else np.uint64)
    if array.dtype != dtype:
        _arrays.refuse_dtype("residues", array.dtype, str(dtype))
    _arrays.check_shape("residues", array, (mechanism.padded,))
    values = ffi.new("cloak_values *")
    data = ffi.from_buffer(_LANES[dtype.itemsize], array)
    values.type, values.data, values.length = (lib.CLOAK_U32 if bits <= 32 else lib.CLOAK_U64), data, len(array)
    out = np.empty(mechanism.dimension)
    place, error = ffi.from_buffer("double[]", out, require_writable=True), ffi.new("cloak_error *")
    numbers = whole_number("bits", bits, 8), whole_number("suite", suite, 8)
    seed = view("rotation", rotation, HASH_SIZE)
    status = lib.cloak_mechanism_decode(_mechanism.structure(mechanism), *numbers, seed, values, place, len(out), error)
    if status != lib.CLOAK_OK:
        raise failure(status, "suite" if status == Status.UNSUPPORTED else "bits", error)
    return out


def _refused(status: int, array: NDArray[Any]) -> CloakworkError:
    """Names the position of the first value that is refused, never the value."""
    if status == Status.NOT_FINITE:
        index = int(np.isfinite(array).argmin())
        return NumberError(Status.NOT_FINITE, f"the value at index {index} is NaN or infinite", argument="vector")
    if status == Status.OUT_OF_RANGE:
        index = int((np.abs(array) >= 2.0**400).argmax())
        return NumberError(
            Status.OUT_OF_RANGE, f"the value at index {index} is of magnitude 2^400 or more", argument="vector", bound=2.0**400
        )
    found = failure(status, "vector")
    if status == Status.OUT_OF_ORDER:
        found.message = "every part of the mechanism is there already"
    return found
