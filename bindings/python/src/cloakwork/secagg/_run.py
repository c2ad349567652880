"""Runs: the description on which all parties agree, with its roster (protocol.md section 2)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from cloakwork._boundary import HASH_SIZE, KEY_SIZE, Handle, check, failure, failure_of, fixed, sized_bytes, sized_ids, view, whole_number
from cloakwork._native import ffi, lib
from cloakwork.errors import ArgumentError, ArgumentTypeError, ParameterError, ProtocolError, Status
from cloakwork.privacy import Mechanism, _mechanism
from cloakwork.secagg._channel import RUN_ID_SIZE, sha256
from cloakwork.secagg._config import Config, Encoding, Segment
from cloakwork.secagg._diagnosis import refused_config

_ENCODINGS: dict[str, int] = {"residues": lib.CLOAK_ENCODING_RESIDUES, "fixed": lib.CLOAK_ENCODING_FIXED_POINT}
_ENCODING_NAMES: dict[int, Encoding] = {lib.CLOAK_ENCODING_RESIDUES: "residues", lib.CLOAK_ENCODING_FIXED_POINT: "fixed"}


class Run(Handle):
    """A run: its description, which all parties must hold alike, and its roster. It never changes, so threads may share it.

    Whoever plans the run makes it with `Run.new`; the others decode the bytes of its `description` and `roster`. The keys of the roster
    are examined by `Server`, and those of its neighbours by each `Client`. Objects that are made from a run stay when it is closed.
    """

    FREE = "cloak_run_free"

    def __init__(self, pointer: Any, settings: bytes | None) -> None:  # noqa: ANN401 - a C pointer
        """Takes over an object of the library; use `new` or `decode`."""
        self._own(pointer)
        self._config = _config(pointer, settings)
        roster = self.roster
        entries = [roster[start : start + lib.CLOAK_MEMBER_SIZE] for start in range(0, len(roster), lib.CLOAK_MEMBER_SIZE)]
        self._members = {int.from_bytes(entry[:8], "little"): entry[8:] for entry in entries}

    @classmethod
    def new(cls, config: Config, members: Mapping[int, bytes], beacon: bytes | None = None, *, run_id: bytes | None = None) -> Run:
        """Defines a run.

        Args:
            config: the parameters.
            members: the public key of each member's identity by its id, 0 to 2^64 - 1; 2 to 2^20 members, 3 with recovery.
            beacon: 32 bytes of public randomness that decide the graph, drawn after the roster was fixed; drawn here if None.
            run_id: 16 bytes that name the run; drawn if None.

        Raises:
            ArgumentError: an argument of a wrong type or length; the message names it.
            ParameterError: the parameters do not fit together; the message names the first that does not, where that is known.
        """
        if config.settings is None:
            raise ParameterError(Status.INVALID_RUN, "are unknown: give their bytes, b'' for none", argument="settings")
        count = len(members)
        settings_hash = sha256(config.settings)
        parameters = ffi.new("cloak_run_config *")
        ffi.memmove(parameters.run_id, _bytes("run_id", run_id, RUN_ID_SIZE), RUN_ID_SIZE)
        ffi.memmove(parameters.beacon, _bytes("beacon", beacon, HASH_SIZE), HASH_SIZE)
        ffi.memmove(parameters.settings_hash, settings_hash, HASH_SIZE)
        numbers = {
            **{name: getattr(config, name) for name in ("degree", "colluders", "max_rounds", "setup_seconds", "step_seconds")},
            "threshold": config.threshold_for(count),
            "min_inputs": config.min_inputs_for(count),
        }
        for name, number in numbers.items():
            setattr(parameters, name, whole_number(name, number, 32))
        parameters.suite = whole_number("suite", config.suite, 8)
        parameters.mode = lib.CLOAK_MODE_RECOVERY if config.recovery else lib.CLOAK_MODE_NO_RECOVERY
        parameters.max_passes = whole_number("max_passes", config.max_passes, 8) if config.recovery else 0
        segments = ffi.new("cloak_segment[]", len(config.segments))
        for place, segment in zip(segments, config.segments, strict=True):
            _write_segment(place, segment)
        roster = ffi.new("cloak_member[]", count)
        for entry, (member, key) in zip(roster, sorted(members.items()), strict=True):
            entry.id = whole_number("members", member)
            ffi.memmove(entry.key, view(f"key of member {member}", key, KEY_SIZE), KEY_SIZE)
        out, error = ffi.new("cloak_run **"), ffi.new("cloak_error *")
        mechanism = ffi.NULL if config.mechanism is None else _mechanism.structure(config.mechanism)
        status = lib.cloak_run_new(parameters, mechanism, segments, len(config.segments), roster, count, out, error)
        if status in (Status.INVALID_RUN, Status.INVALID_WIDTH, Status.INVALID_MECHANISM):
            found = refused_config(config, count)
            if found is not None:
                raise found
        if status != lib.CLOAK_OK:
            raise failure(status, _culprit(status, config), error)
        return cls(out[0], bytes(config.settings))

    @classmethod
    def decode(cls, description: bytes, roster: bytes, settings: bytes | None = None) -> Run:
        """Reads a run from the bytes of its description and roster, and checks that they belong together.

        Args:
            description: as `description` gives them.
            roster: as `roster` gives them.
            settings: the settings whose hash the description holds, where they are known.

        Raises:
            EncodingError: the description is malformed, not canonical or of an unknown version.
            ParameterError: a parameter outside its bounds, or the roster of another run.
            ProtocolError: other settings (`WRONG_CONTEXT`).
        """
        data, entries = view("description", description), view("roster", roster)
        out, error = ffi.new("cloak_run **"), ffi.new("cloak_error *")
        status = lib.cloak_run_decode(data, len(data), entries, len(entries), out, error)
        if status != lib.CLOAK_OK:
            raise failure(status, "roster" if status == Status.INVALID_ROSTER else "description", error)
        run = cls(out[0], None)
        return run if settings is None else run.with_settings(settings)

    def with_settings(self, settings: bytes) -> Run:
        """The same run with its settings, once they are known.

        Raises:
            ProtocolError: other settings than the ones of which the run holds the hash (`WRONG_CONTEXT`).
        """
        if sha256(settings) != self.settings_hash:
            raise ProtocolError(Status.WRONG_CONTEXT, "these are not the settings of the run", argument="settings")
        pointer = self._open()
        run = Run.__new__(Run)
        run._pointer, run._members = pointer, self._members
        run._config = _config(pointer, bytes(settings))
        return run

    @property
    def description(self) -> bytes:
        """The canonical bytes of the description, at most 640."""
        pointer = self._open()
        return sized_bytes(lambda out, room, length: lib.cloak_run_description(pointer, out, room, length))

    @property
    def roster(self) -> bytes:
        """The bytes of the roster: id (8 bytes, little-endian) and public key of each member, by ascending id."""
        pointer = self._open()
        return sized_bytes(lambda out, room, length: lib.cloak_run_roster(pointer, out, room, length))

    @property
    def hash(self) -> bytes:
        """The run hash, 32 bytes, which enters every derivation: parties with different descriptions share no key."""
        pointer = self._open()
        return fixed(HASH_SIZE, lambda out: lib.cloak_run_hash(pointer, out))

    @property
    def run_id(self) -> bytes:
        """The 16 bytes that name the run."""
        return bytes(self._parameters().run_id)

    @property
    def beacon(self) -> bytes:
        """The 32 bytes of public randomness that decide the graph."""
        return bytes(self._parameters().beacon)

    @property
    def settings_hash(self) -> bytes:
        """SHA-256 of the settings."""
        return bytes(self._parameters().settings_hash)

    @property
    def config(self) -> Config:
        """The parameters, with `threshold` and `min_inputs` as numbers; `settings` is None where they are not known."""
        return self._config

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments of a contribution, in order."""
        return self._config.segments

    @property
    def members(self) -> dict[int, bytes]:
        """Public keys by id, ascending."""
        return dict(self._members)

    @property
    def payload_size(self) -> int:
        """Bytes of the payload of a masked message."""
        return int(self._info().payload_size)

    @property
    def degree(self) -> int:
        """Neighbours that each member has: all others on the complete graph."""
        return int(self._info().neighbours)

    def neighbours(self, member: int) -> list[int]:
        """Ids of the parties with which a member shares masks, ascending.

        Raises:
            ProtocolError: the roster has no such id (`UNKNOWN_PARTY`).
        """
        pointer, number = self._open(), whole_number("member", member)
        return sized_ids(lambda out, room, length: lib.cloak_run_neighbours(pointer, number, out, room, length), failure_of(number))

    def tolerated_dropouts(self) -> int:
        """How many clients may drop out of a round of all members, whoever they are, before it cannot finish.

        Each survivor needs `threshold` neighbours that survive, and the survivors have to be `min_inputs`. On a sparse graph more dropouts
        than that succeed as long as they are spread out.
        """
        config = self._config
        if not config.recovery:
            return 0
        return max(0, min(self.degree - (config.threshold or 0), len(self._members) - (config.min_inputs or 0)))

    def segment_index(self, label: str) -> int:
        """The index of the segment with this label.

        Raises:
            ArgumentError: there is none.
        """
        for index, segment in enumerate(self._config.segments):
            if segment.label == label:
                return index
        raise ArgumentError(Status.INVALID_ARGUMENT, "the run has no such segment", argument=str(label))

    def _parameters(self) -> Any:  # noqa: ANN401 - a cloak_run_config
        out = ffi.new("cloak_run_config *")
        check(lib.cloak_run_get_config(self._open(), out))
        return out

    def _info(self) -> Any:  # noqa: ANN401 - a cloak_run_info
        out = ffi.new("cloak_run_info *")
        check(lib.cloak_run_get_info(self._open(), out))
        return out

    def __eq__(self, other: object) -> bool:
        return self.hash == other.hash if isinstance(other, Run) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.hash)

    def __repr__(self) -> str:
        return "Run(closed)" if self._pointer is None else f"Run({self.run_id.hex()}, {len(self._members)} members)"


def _bytes(name: str, given: bytes | None, size: int) -> Any:  # noqa: ANN401 - a C array
    return view(name, secrets.token_bytes(size) if given is None else given, size)


def _write_segment(place: Any, segment: Segment) -> None:  # noqa: ANN401 - a cloak_segment
    name = f"segment {segment.label!r}"
    if not isinstance(segment.label, str):
        raise ArgumentTypeError(Status.INVALID_ARGUMENT, "labels are text", argument=name)
    if segment.encoding not in _ENCODINGS:
        raise ParameterError(Status.INVALID_RUN, f"encoding {segment.encoding!r} is none of {list(_ENCODINGS)}", argument=name)
    if not -128 <= segment.fraction < 128:
        raise ParameterError(Status.INVALID_RUN, "the fraction bits are outside -64 to 120", argument=name)
    # A label that C cannot hold is replaced by one that the library refuses.
    label = segment.label.encode("ascii", "replace")
    label = label if len(label) < lib.CLOAK_LABEL_SIZE and b"\0" not in label else b"?"
    place.label = label
    place.length = whole_number(f"length of {name}", segment.length)
    place.bits = whole_number(f"bits of {name}", segment.bits, 8)
    place.encoding = _ENCODINGS[segment.encoding]
    place.fraction = segment.fraction


def _culprit(status: int, config: Config) -> str | None:
    """The field that a status blames."""
    return {
        Status.INVALID_ROSTER: "members",
        Status.INVALID_DEGREE: "degree",
        Status.INVALID_THRESHOLD: "threshold" if config.recovery else "colluders",
        Status.UNSUPPORTED: "suite",
    }.get(Status(status))


def _config(pointer: Any, settings: bytes | None) -> Config:  # noqa: ANN401 - a C pointer
    """The parameters as the library holds them."""
    found, info = ffi.new("cloak_run_config *"), ffi.new("cloak_run_info *")
    check(lib.cloak_run_get_config(pointer, found))
    check(lib.cloak_run_get_info(pointer, info))
    return Config(
        segments=tuple(_segment(pointer, index) for index in range(info.segments)),
        suite=found.suite,
        recovery=found.mode == lib.CLOAK_MODE_RECOVERY,
        degree=found.degree,
        threshold=found.threshold,
        min_inputs=found.min_inputs,
        colluders=found.colluders,
        max_passes=found.max_passes,
        max_rounds=found.max_rounds,
        setup_seconds=found.setup_seconds,
        step_seconds=found.step_seconds,
        mechanism=_mechanism_of(pointer) if info.private_vector else None,
        settings=settings,
    )


def _mechanism_of(pointer: Any) -> Mechanism:  # noqa: ANN401 - a C pointer
    found = ffi.new("cloak_mechanism *")
    check(lib.cloak_run_get_mechanism(pointer, found))
    return _mechanism.from_structure(found)


def _segment(pointer: Any, index: int) -> Segment:  # noqa: ANN401 - a C pointer
    found = ffi.new("cloak_segment *")
    check(lib.cloak_run_segment(pointer, index, found))
    label = ffi.string(found.label).decode("ascii")
    return Segment(label, found.bits, found.length, _ENCODING_NAMES[found.encoding], found.fraction)
