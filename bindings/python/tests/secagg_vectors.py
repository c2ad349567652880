"""The vectors of tests/vectors, which an independent generator wrote, and what a replay needs."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from cloakwork._native import ffi
from cloakwork.privacy import Mechanism
from cloakwork.secagg import Client, Config, Identity, Run, Segment

FOLDER = Path(__file__).resolve().parents[3] / "tests" / "vectors"
TRANSCRIPTS = sorted(path.stem for path in (FOLDER / "round").glob("*.json"))
_ENCODINGS = ("residues", "fixed")


def load(name: str) -> Any:
    """A file of vectors."""
    return json.loads((FOLDER / name).read_text(encoding="ascii"))


def real(bits: str) -> float:
    """The double with these bits."""
    return float(struct.unpack(">d", bytes.fromhex(bits))[0])


def reals(values: list[str]) -> np.ndarray:
    """The vector of the doubles with these bits."""
    return np.array([real(value) for value in values])


def mechanism(entry: dict[str, Any]) -> Mechanism:
    """A noise mechanism."""
    return Mechanism(
        dimension=int(entry["dimension"]),
        block_log2=entry["block_log2"],
        norm_bound=int(entry["norm_bound"]),
        parts=entry["parts"],
        honest=entry["honest"],
        **{name: real(entry[name]) for name in ("clamp", "clip", "granularity", "noise")},
    )


def segments(parameters: dict[str, Any]) -> tuple[Segment, ...]:
    """The segments of a run."""
    return tuple(
        Segment(entry["label"], entry["bits"], int(entry["length"]), _ENCODINGS[entry["encoding"]], entry["fraction"])
        for entry in parameters["segments"]
    )


def config(parameters: dict[str, Any]) -> Config:
    """The parameters of a run; of the settings the vectors hold only the hash."""
    names = ("suite", "degree", "threshold", "min_inputs", "colluders", "max_passes", "max_rounds", "setup_seconds", "step_seconds")
    return Config(
        segments=segments(parameters),
        recovery=parameters["mode"] == 1,
        mechanism=mechanism(parameters["mechanism"]) if "mechanism" in parameters else None,
        settings=None,
        **{name: parameters[name] for name in names},
    )


def members(roster: bytes) -> dict[int, bytes]:
    """The roster by id."""
    return {int.from_bytes(roster[start : start + 8], "little"): roster[start + 8 : start + 40] for start in range(0, len(roster), 40)}


class Tape:
    """A source of random bytes that gives what is on it, then fails."""

    def __init__(self, tape: bytes) -> None:
        self.rest = tape
        self._fill = ffi.callback("int32_t(void *, uint8_t *, size_t)", self._next)
        self.pointer = ffi.new("cloak_rng *", {"fill": self._fill, "userdata": ffi.NULL})

    def _next(self, _userdata: object, out: Any, length: int) -> int:
        if len(self.rest) < length:
            return 1
        ffi.memmove(out, self.rest[:length], length)
        self.rest = self.rest[length:]
        return 0


class Player:
    """A client of a transcript with its tape."""

    def __init__(self, run: Run, entry: dict[str, Any]) -> None:
        self.run = run
        self.id = int(entry["id"])
        self.identity = Identity(bytes.fromhex(entry["static_secret"]))
        self.tape = Tape(bytes.fromhex(entry["rng_tape"]))
        self.client = self._fed(Client(run, self.identity))

    def _fed(self, client: Client) -> Client:
        client._random = self.tape.pointer
        return client

    def restart(self) -> None:
        """Goes on with a client that was loaded from the saved state."""
        state = self.client.save()
        self.client.close()
        self.client = self._fed(Client.load(self.run, self.identity, state))

    def play(self, step: dict[str, Any], message: bytes, transcript: dict[str, Any]) -> bytes | None:
        """Gives the message of a step to the client and returns its answer."""
        client = self.client
        match step["step"]:
            case "invite":
                return client.advertise(message)
            case "keys":
                return client.confirm(message)
            case "confirmations":
                client.accept(message)
            case "begin":
                begun = round_of(transcript, step)
                client.begin(message, bytes.fromhex(begun["context"]))
                return self._masked(begun)
            case "survivors":
                return client.acknowledge(message)
            case "open":
                return client.unmask(message)
            case "finished":
                assert client.finish(message) == round_of(transcript, step)["outcome"]
            case unknown:
                raise AssertionError(unknown)
        return None

    def _masked(self, begun: dict[str, Any]) -> bytes:
        """What it contributes to the round, masked; in a run with a mechanism as parts."""
        if self.run.config.mechanism is None:
            return bytes(self.client.mask(contribution(self.run, begun, self.id)))
        assert self.client.rotation_seed.hex() == begun["rotation_seed"]
        for part in input_of(begun, self.id)["parts"]:
            self.client.contribute(reals(part))
        return bytes(self.client.mask())


def round_of(transcript: dict[str, Any], step: dict[str, Any]) -> dict[str, Any]:
    """The round that a step belongs to."""
    return next(entry for entry in transcript["rounds"] if (entry["epoch"], entry["round"]) == (step["epoch"], step["round"]))


def input_of(begun: dict[str, Any], member: int) -> dict[str, Any]:
    """What the transcript says of a member's contribution to a round."""
    return next(entry for entry in begun["inputs"] if int(entry["id"]) == member)


def contribution(run: Run, begun: dict[str, Any], member: int) -> dict[str, np.ndarray]:
    """What a member contributes to a round."""
    found = input_of(begun, member)
    vectors = {}
    for segment, entry in zip(run.segments, found["segments"], strict=True):
        if entry["values"] is None:
            vectors[segment.label] = residues(segment, entry["residues"])
        else:
            vectors[segment.label] = np.array(entry["values"], dtype=np.float64)
    return vectors


def residues(segment: Segment, numbers: list[str]) -> np.ndarray:
    """Residues in the type of the segment's width."""
    whole = [int(number) for number in numbers]
    if segment.bits <= 64:
        return np.array(whole, dtype=np.uint32 if segment.bits <= 32 else np.uint64)
    # Copied into memory that is aligned as the library wants it.
    rows = np.array([[number % 2**64, number >> 64] for number in whole], dtype=np.uint64)
    memory = np.zeros(rows.size + 1, dtype=np.uint64)
    start = memory.ctypes.data // 8 % 2
    aligned = memory[start : start + rows.size].reshape(rows.shape)
    aligned[:] = rows
    return aligned


def numbers(segment: Segment, found: np.ndarray) -> list[int]:
    """Residues as Python's integers."""
    if segment.bits <= 64:
        return [int(number) for number in found]
    return [int(low) | int(high) << 64 for low, high in found]
