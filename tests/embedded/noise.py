"""The private vector of a device, beside that of this machine: the same values, seeds and random bytes give the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from device import Device, Frame
from firmware import NOISE
from gateway import Cost, What
from office import Failure
from provisioning import NoiseProvisioning

from cloakwork._native import ffi
from cloakwork.privacy import Contribution, Mechanism

__all__ = ["compare"]

DIMENSION = 1024
BITS = 20
SUITE = 1
TAPE_SIZE = 4096
SECONDS = 120.0


class Tape:
    """A source of random bytes that gives what is on it, then fails."""

    def __init__(self, tape: bytes) -> None:
        self._rest = tape
        self._fill = ffi.callback("int32_t(void *, uint8_t *, size_t)", self._next)
        self.pointer = ffi.new("cloak_rng *", {"fill": self._fill, "userdata": ffi.NULL})

    def _next(self, _userdata: object, out: Any, length: int) -> int:
        if len(self._rest) < length:
            return 1
        ffi.memmove(out, self._rest[:length], length)
        self._rest = self._rest[length:]
        return 0


def compare(name: str, folder: Path, generator: np.random.Generator) -> Cost:
    """Has a firmware make a private vector, and checks it; what it cost."""
    clip, granularity = 8.0, 0.01
    units = clip / granularity
    # The largest squared norm that protocol.md section 11 allows.
    bound = int(np.ceil((units + DIMENSION**0.5) ** 2)) - 1
    mechanism = Mechanism(dimension=DIMENSION, block_log2=10, clip=clip, granularity=granularity, noise=20.0, norm_bound=bound, honest=2)
    rotation, tape = generator.bytes(32), generator.bytes(TAPE_SIZE)
    values = generator.normal(0, 1, DIMENSION)
    path = folder / f"tape-{name}"
    path.write_bytes(tape)
    given = NoiseProvisioning(mechanism, BITS, SUITE, rotation, str(path), values.tolist())
    firmware = NOISE[name]
    costs: list[Cost] = []
    residues = b""
    with Device(firmware.board, firmware.path, given, counting=True) as device:
        while True:
            kind, payload = device.take(SECONDS)
            if kind == Frame.MEASURED:
                costs.append(Cost(*np.frombuffer(payload, "<u4").tolist()))
            elif kind == Frame.RESIDUES:
                residues = payload
            else:
                if payload[0] != What.CLOSED:
                    raise Failure(f"the device stopped with error {int.from_bytes(payload[2:4], 'little')}")
                break
            device.give(Frame.GO)
    contribution = Contribution(mechanism, BITS, rotation, SUITE)
    source = Tape(tape)
    contribution._random = source.pointer
    contribution.add(values)
    expected = contribution.residues().astype("<u4").tobytes()
    if residues != expected:
        raise Failure(f"{sum(a != b for a, b in zip(residues, expected, strict=False))} bytes of {len(expected)} differ")
    return costs[0]
