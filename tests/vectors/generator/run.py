"""Roster and run description (section 2)."""

from dataclasses import dataclass, field, replace

from generator.agreement import KeyPair
from generator.codec import encode, hash_of, u64le
from generator.draw import draw
from generator.mechanism import Mechanism
from generator.ring import contribution_bound, packed_length, zero_coordinates

RESIDUES, FIXED_POINT = 0, 1


@dataclass(frozen=True)
class Segment:
    label: str
    bits: int
    length: int
    encoding: int = RESIDUES
    fraction: int = 0

    @property
    def padded_length(self) -> int:
        """Values and zero coordinates."""
        return self.length + zero_coordinates(self.bits)

    @property
    def packed_length(self) -> int:
        return packed_length(self.bits, self.padded_length)

    def bound(self, parties: int) -> int:
        return contribution_bound(self.bits, parties)


@dataclass(frozen=True)
class Member:
    id: int
    static: KeyPair


@dataclass(frozen=True)
class Description:
    """The parameters of a run; `changed` makes a copy with other ones."""

    run_id: bytes
    roster_count: int
    roster_hash: bytes
    segments: tuple[Segment, ...]
    version: int = 1
    suite: int = 2
    mode: int = 1
    degree: int = 0
    beacon: bytes = bytes(32)
    threshold: int = 2
    min_inputs: int = 2
    colluders: int = 1
    max_passes: int = 3
    max_rounds: int = 1000
    setup_seconds: int = 60
    step_seconds: int = 60
    mechanism: object = None
    """None, a `Mechanism`, or items that are none."""
    settings: bytes = bytes(32)

    def changed(self, **values: object) -> "Description":
        return replace(self, **values)  # type: ignore[arg-type]

    def items(self) -> list[object]:
        """The items of the CBOR array."""
        return [
            self.version,
            self.run_id,
            self.suite,
            self.mode,
            [self.roster_count, self.roster_hash],
            [self.degree, self.beacon],
            self.threshold,
            self.min_inputs,
            self.colluders,
            self.max_passes,
            self.max_rounds,
            [self.setup_seconds, self.step_seconds],
            [[s.label, s.bits, s.length, s.encoding, s.fraction] for s in self.segments],
            self.mechanism.items() if isinstance(self.mechanism, Mechanism) else self.mechanism,
            self.settings,
        ]

    @property
    def neighbour_count(self) -> int:
        return self.degree or self.roster_count - 1


@dataclass(frozen=True)
class Run:
    """A description, its bytes and the roster it stands for."""

    description: Description
    members: tuple[Member, ...]
    encoded: bytes = field(init=False)
    hash: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "encoded", encode(self.description.items()))
        object.__setattr__(self, "hash", hash_of("run", self.encoded))

    @property
    def roster(self) -> bytes:
        return roster_bytes(self.members)


def roster_bytes(members: tuple[Member, ...]) -> bytes:
    return b"".join(u64le(member.id) + member.static.public for member in members)


def roster_hash(roster: bytes) -> bytes:
    return hash_of("roster", roster)


def make_run(name: str, ids: list[int], segments: list[Segment], **parameters: object) -> Run:
    """A run whose keys, run id, beacon and settings hash belong to `name`."""
    members = tuple(Member(number, KeyPair.of(draw(f"{name} static {number}", 32))) for number in sorted(ids))
    description = Description(
        run_id=draw(f"{name} run id", 16),
        roster_count=len(members),
        roster_hash=roster_hash(roster_bytes(members)),
        segments=tuple(segments),
        beacon=draw(f"{name} beacon", 32),
        settings=draw(f"{name} settings", 32),
    ).changed(**parameters)
    return Run(description, members)
