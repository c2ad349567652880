"""What the controller decides about a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from cloakwork.privacy import Mechanism

Encoding = Literal["fixed", "residues"]


@dataclass(frozen=True)
class Segment:
    """One vector of a contribution, with a bit width and mask streams of its own (protocol.md sections 2 and 5).

    Attributes:
        label: 1 to 32 characters of ``a-z 0-9 _ . -``.
        bits: width of a residue, 1 to 128; sums are taken mod 2^bits.
        length: number of values, 1 to 2^31.
        encoding: ``"fixed"``: a value x is the integer round-half-even(x * 2^fraction), of magnitude at most
            floor((2^(bits-1) - 1) / members), so that no sum wraps. ``"residues"``: the values are residues already, and sums wrap.
        fraction: fraction bits, -64 to 120; 0 for residues.
    """

    MOST: ClassVar[int] = 8
    LONGEST: ClassVar[int] = 2**31

    label: str
    bits: int
    length: int
    encoding: Encoding = "fixed"
    fraction: int = 0

    def limit(self, members: int) -> int | None:
        """The largest integer magnitude that each of `members` may contribute; None for residues, which have none."""
        return None if self.encoding == "residues" else ((1 << (self.bits - 1)) - 1) // members


@dataclass(frozen=True)
class Config:
    """The parameters of a run; protocol.md section 2 has the bounds, and making a `Run` checks them.

    Attributes:
        segments: 1 to 8 segments, in order.
        suite: 1 = ChaCha20 masks (devices), 2 = AES-128-CTR masks (servers with AES instructions).
        recovery: whether a round survives dropouts; without it a round needs the message of every participant.
        degree: neighbours of each member: 0 for the complete graph, else even; see `plan`.
        threshold: shares that open a seed, 2 * threshold > neighbours + colluders; None for the smallest such number with which every sum
            holds the noise of the mechanism's honest clients.
        min_inputs: the smallest set whose sum may be opened; None for more than half of the members, more than one honest member, and the
            honest clients of a mechanism with all colluders.
        colluders: how many of the neighbours of any member (on the complete graph: of all members) are assumed to collude with the
            server. Without recovery fewer than the neighbours, and at most min_inputs - 2.
        max_passes: how often the surviving set may shrink in a round, 1 to 255.
        max_rounds: rounds of the run.
        setup_seconds: time limit of each step of set-up, 1 to 604,800.
        step_seconds: time limit of each step of a round, 1 to 604,800.
        mechanism: noise without which no sum is opened; its vector is then the only segment (see `private`).
        settings: whatever else the parties agree on; their SHA-256 is part of the run. None in the `Config` of a run that was decoded
            without its settings.
    """

    segments: tuple[Segment, ...]
    suite: int = 2
    recovery: bool = True
    degree: int = 0
    threshold: int | None = None
    min_inputs: int | None = None
    colluders: int = 1
    max_passes: int = 3
    max_rounds: int = 1000
    setup_seconds: int = 60
    step_seconds: int = 60
    mechanism: Mechanism | None = None
    settings: bytes | None = b""

    @classmethod
    def private(cls, mechanism: Mechanism, bits: int, *, label: str = "vector", **others: Any) -> Config:  # noqa: ANN401 - the other fields
        """The parameters of a run whose contributions are private vectors of this mechanism, in residues of `bits` bits.

        Args:
            mechanism: for instance that of a `cloakwork.privacy.Plan`.
            bits: width of a residue, that of the plan.
            label: of the only segment.
            others: the other attributes.
        """
        segment = Segment(label, bits, mechanism.padded, "residues")
        return cls(segments=(segment,), mechanism=mechanism, **others)

    def threshold_for(self, members: int) -> int:
        """The threshold in a run of this many members; 0 without recovery."""
        if not self.recovery:
            return 0
        if self.threshold is not None:
            return self.threshold
        neighbours = self.degree or members - 1
        least = (neighbours + self.colluders) // 2 + 1
        if self.mechanism is None:
            return least
        honest = self.mechanism.honest
        needed = (honest + neighbours + self.colluders) // 2 if self.degree else honest + self.colluders - 1
        return min(neighbours, max(least, needed))

    def min_inputs_for(self, members: int) -> int:
        """The smallest set whose sum may be opened in a run of this many members."""
        if self.min_inputs is not None:
            return self.min_inputs
        honest = 0 if self.mechanism is None else self.mechanism.honest
        return min(members, max(members // 2 + 1, 2 if self.recovery else self.colluders + 2, honest + self.colluders))

    def honest_for(self, members: int) -> int:
        """The honest clients whose inputs every sum of a run of this many members holds at least: the bound on `Mechanism.honest`.

        Every set that may be opened has `min_inputs` clients, of whom `colluders` may be dishonest. A malicious server may tell clients
        different things, so that the threshold bounds it as well; on a sparse graph without recovery it is no more than a pair
        (protocol.md section 11).
        """
        inputs = self.min_inputs_for(members) - self.colluders
        if not self.recovery:
            return min(inputs, 2) if self.degree else inputs
        by_graph = 2 * self.threshold_for(members) + 1 - self.degree if self.degree else self.threshold_for(members) + 1
        return min(inputs, by_graph - self.colluders)
