"""What the server computes in each step (sections 5 to 7)."""

from dataclasses import dataclass, field

from generator.agreement import SEALED_LENGTH
from generator.client import mask
from generator.codec import bitmap, members_of, split
from generator.errors import DID_NOT_CANCEL, NO_RECOVERY, TOO_FEW_INPUTS, TOO_FEW_SHARES, TOO_MANY_PASSES
from generator.field import reconstruct
from generator.graph import neighbours
from generator.message import (
    ACKNOWLEDGE,
    ADVERTISE,
    BEGIN,
    CONFIRM,
    CONFIRMATIONS,
    FINISHED,
    INVITE,
    KEYS,
    MASKED,
    OPEN,
    SURVIVORS,
    UNMASK,
    items_of,
    message,
    round_hash,
    set_hash,
)
from generator.ring import unpack
from generator.run import Run

Answers = dict[int, bytes]
"""Messages of clients by the position of the sender."""


class AbortError(Exception):
    """The round ends without a result; the argument is the outcome that `finished` tells."""

    @property
    def outcome(self) -> int:
        return int(self.args[0])


@dataclass
class Server:
    run: Run
    epoch: int = 0
    round: int = 0
    h: bytes = b""
    passes: int = 0
    participants: set[int] = field(default_factory=set)
    survivors: set[int] = field(default_factory=set)
    salts: dict[int, bytes] = field(default_factory=dict)
    sealed: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """Encrypted shares by owner and receiver."""
    payloads: dict[int, bytes] = field(default_factory=dict)
    mask_keys: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """Of a surviving and a dropped neighbour."""
    tags: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """Acknowledgements of the surviving set by sender and receiver."""

    def __post_init__(self) -> None:
        description = self.run.description
        self.n = description.roster_count
        self.neighbours = [neighbours(u, self.n, description.degree, description.beacon) for u in range(self.n)]

    def around(self, position: int, members: set[int]) -> list[int]:
        return [v for v in self.neighbours[position] if v in members]

    def bitmap(self, members: set[int]) -> bytes:
        return bitmap(self.n, members)

    def _message(self, kind: int, *items: bytes | int) -> bytes:
        return message(kind, self.run.hash, self.epoch, *items)

    def _read(self, kind: int, data: bytes, *expected: bytes | int) -> list[bytes]:
        """The items after run hash, epoch and the expected ones."""
        items = items_of(kind, data)
        assert items[: 2 + len(expected)] == [self.run.hash, self.epoch, *expected]
        return items[2 + len(expected) :]

    # Set-up

    def invite(self, epoch: int) -> bytes:
        self.epoch = epoch
        return self._message(INVITE)

    def keys(self, answers: Answers) -> Answers:
        fresh = {u: self._read(ADVERTISE, answer)[0] for u, answer in answers.items()}
        self.survivors = set(answers)
        return {u: self._message(KEYS, self.bitmap(set(fresh)), b"".join(fresh[v] for v in self.around(u, set(fresh)))) for u in fresh}

    def confirmations(self, answers: Answers) -> Answers:
        tags: dict[tuple[int, int], bytes] = {}
        for u, answer in answers.items():
            items = split(self._read(CONFIRM, answer)[0], 16)
            tags |= {(u, v): tag for v, tag in zip(self.around(u, self.survivors), items, strict=True)}
        confirmed = set(answers)
        return {
            u: self._message(CONFIRMATIONS, self.bitmap(confirmed), b"".join(tags[v, u] for v in self.around(u, confirmed)))
            for u in confirmed
        }

    # A round

    def begin(self, round_number: int, participants: set[int], context_hash: bytes) -> bytes:
        self.round, self.participants, self.survivors, self.passes = round_number, participants, participants, 0
        self.salts, self.sealed, self.payloads, self.mask_keys, self.tags = {}, {}, {}, {}, {}
        bits = self.bitmap(participants)
        self.h = round_hash(self.run.hash, self.epoch, round_number, bits, context_hash)
        return self._message(BEGIN, round_number, bits, context_hash)

    def receive_masked(self, answers: Answers) -> None:
        for u, answer in answers.items():
            self.salts[u], sealed, self.payloads[u] = self._read(MASKED, answer, self.round, self.h)
            for v, item in zip(self.around(u, self.participants), split(sealed, SEALED_LENGTH), strict=False):
                self.sealed[u, v] = item
        if self.run.description.mode == 0 and set(answers) != self.participants:
            raise AbortError(NO_RECOVERY)

    def shrink(self, answered: set[int]) -> set[int]:
        """The set that is left when only these have answered."""
        threshold = self.run.description.threshold
        left = self.survivors & answered
        while isolated := {u for u in left if len(self.around(u, left)) < threshold}:
            left -= isolated
        if len(left) < self.run.description.min_inputs:
            raise AbortError(TOO_FEW_INPUTS)
        return left

    def announce(self, left: set[int]) -> bytes:
        """The `survivors` message for a smaller set."""
        self.passes += 1
        if self.passes > self.run.description.max_passes:
            raise AbortError(TOO_MANY_PASSES)
        bits = self.bitmap(self.survivors), self.bitmap(left)
        self.previous, self.survivors, self.tags = self.survivors, left, {}
        return self._message(SURVIVORS, self.round, self.h, self.passes, *bits)

    def receive_acknowledgements(self, answers: Answers) -> None:
        digest = set_hash(self.run.hash, self.bitmap(self.survivors))
        for u, answer in answers.items():
            keys, tags = self._read(ACKNOWLEDGE, answer, self.round, self.h, digest)
            dropped = self.around(u, self.previous - self.survivors)
            self.mask_keys |= {(u, v): key for v, key in zip(dropped, split(keys, 32), strict=True)}
            here = self.around(u, self.survivors)
            self.tags |= {(u, v): tag for v, tag in zip(here, split(tags, 16), strict=True)}

    def opens(self) -> Answers:
        """The `open` message for each survivor."""
        bits, messages = self.bitmap(self.survivors), {}
        for u in self.survivors:
            owners = self.around(u, self.survivors)
            sealed = b"".join(self.salts[v] + self.sealed[v, u] for v in owners)
            tags = b"" if self.survivors == self.participants else b"".join(self.tags[v, u] for v in owners)
            messages[u] = self._message(OPEN, self.round, self.h, bits, sealed, tags)
        return messages

    def _self_seeds(self, answers: Answers) -> dict[int, bytes]:
        digest, threshold = set_hash(self.run.hash, self.bitmap(self.survivors)), self.run.description.threshold
        shares: dict[int, dict[int, bytes]] = {u: {} for u in self.survivors}
        for u, answer in answers.items():
            bits, joined = self._read(UNMASK, answer, self.round, self.h, digest)
            owners = self.around(u, self.survivors)
            decrypted = members_of(len(owners), bits)
            for index, share in zip(sorted(decrypted), split(joined, 32), strict=True):
                shares[owners[index]][u + 1] = share
        if any(len(held) < threshold for held in shares.values()):
            raise AbortError(TOO_FEW_SHARES)
        return {u: reconstruct(dict(sorted(held.items())[:threshold])) for u, held in shares.items()}

    def sums(self, answers: Answers) -> list[list[int]]:
        """The sum over the survivors, residues segment by segment; `answers` are the `unmask` messages."""
        masks: list[tuple[int, bytes]] = []
        if self.run.description.mode == 1:
            masks += [(-1, seed) for seed in self._self_seeds(answers).values()]
        for u in self.survivors:
            for v in self.around(u, self.participants - self.survivors):
                masks.append((-1 if v < u else 1, self.mask_keys[u, v]))
        totals, start = [], 0
        for index, segment in enumerate(self.run.description.segments):
            modulus = 1 << segment.bits
            total = [0] * segment.padded_length
            for u in self.survivors:
                packed = self.payloads[u][start : start + segment.packed_length]
                residues = unpack(segment.bits, packed, segment.padded_length)
                total = [(a + b) % modulus for a, b in zip(total, residues, strict=True)]
            for sign, seed in masks:
                stream = mask(self.run, seed, index)
                total = [(a + sign * b) % modulus for a, b in zip(total, stream, strict=True)]
            if any(total[segment.length :]):
                raise AbortError(DID_NOT_CANCEL)
            totals.append(total[: segment.length])
            start += segment.packed_length
        assert all(len(self.payloads[u]) == start for u in self.survivors)
        return totals

    def finished(self, outcome: int) -> bytes:
        return self._message(FINISHED, self.round, outcome)
