"""What a client computes in each step (sections 4 to 7)."""

from dataclasses import dataclass, field
from typing import Any

from generator.agreement import (
    SEALED_LENGTH,
    KeyPair,
    Peer,
    acknowledgement,
    confirmation_tag,
    is_canonical,
    open_sealed,
    pair_key,
    round_mask_key,
    seal,
    share_key,
)
from generator.codec import bitmap, members_of, split
from generator.field import Coefficients, is_share, seed_of, share_of
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
from generator.prg import elements, stream_key
from generator.ring import pack
from generator.run import Run, Segment


class RefusedError(ValueError):
    """The client refuses the message; the argument names the check of section 7."""


def require(holds: bool, check: str) -> None:
    if not holds:
        raise RefusedError(check)


def mask(run: Run, seed: bytes, index: int) -> list[int]:
    """The mask of a whole segment, zero coordinates included."""
    suite, segment = run.description.suite, run.description.segments[index]
    key = stream_key(seed, suite, index, segment.label, segment.bits, segment.length)
    return elements(suite, key, segment.bits, 0, segment.padded_length)


@dataclass
class Client:
    run: Run
    position: int
    epoch: int = 0
    round: int = 0
    fresh: KeyPair | None = None
    pair_keys: dict[int, bytes] = field(default_factory=dict)
    """By the position of the neighbour; only of those whose tag verified, once `accept` is done."""
    h: bytes = b""
    participants: set[int] = field(default_factory=set)
    survivors: set[int] = field(default_factory=set)
    passes: int = 0
    expected: set[int] = field(default_factory=lambda: {INVITE})
    """Kinds of message that are in order now; `invite`, once set up also `begin`, end what came before."""

    def __post_init__(self) -> None:
        description = self.run.description
        self.n = description.roster_count
        self.recovery = description.mode == 1
        self.needed = description.threshold if self.recovery else description.colluders + 1
        self.member = self.run.members[self.position]
        self.neighbours = neighbours(self.position, self.n, description.degree, description.beacon)

    def id_of(self, position: int) -> int:
        return self.run.members[position].id

    def around(self, members: set[int]) -> list[int]:
        """The neighbours among these members, by ascending position."""
        return [position for position in self.neighbours if position in members]

    def _read(self, kind: int, data: bytes) -> list[Any]:
        items = items_of(kind, data)
        require(kind in self.expected, "out of order")
        return items

    def _check_run(self, run_hash: bytes, epoch: int) -> None:
        require(run_hash == self.run.hash, "another run")
        require(epoch == self.epoch, "another epoch")

    def _check_round(self, run_hash: bytes, epoch: int, round_number: int, h: bytes) -> None:
        self._check_run(run_hash, epoch)
        require((round_number, h) == (self.round, self.h), "another round")

    def _check_size(self, members: set[int]) -> None:
        require(self.position in members, "the receiver is not in the set")
        require(len(self.around(members)) >= self.needed, "too few neighbours")
        require(len(members) >= self.run.description.min_inputs, "too few inputs")

    # Set-up

    def advertise(self, invite: bytes, fresh_secret: bytes) -> bytes:
        run_hash, epoch = self._read(INVITE, invite)
        require(run_hash == self.run.hash, "another run")
        require(epoch > self.epoch, "an epoch that is not above the last one")
        self.epoch, self.fresh, self.pair_keys, self.h = epoch, KeyPair.of(fresh_secret), {}, b""
        self.expected = {INVITE, KEYS}
        return message(ADVERTISE, self.run.hash, epoch, self.fresh.public)

    def confirm(self, keys: bytes) -> bytes:
        run_hash, epoch, bits, joined = self._read(KEYS, keys)
        self._check_run(run_hash, epoch)
        assert self.fresh is not None
        known = self.around(members_of(self.n, bits))
        fresh_keys = split(joined, 32)
        require(len(known) >= self.needed, "too few neighbours")
        require(len(known) == len(fresh_keys), "one key for each neighbour")
        require(all(is_canonical(fresh) for fresh in fresh_keys), "a second encoding of a key")
        static_keys = {self.run.members[position].static.public for position in [*self.neighbours, self.position]}
        seen = static_keys | {self.fresh.public}
        require(len(set(fresh_keys)) == len(fresh_keys) and not seen & set(fresh_keys), "repeated or reflected")
        own = Peer(self.member.id, self.position, self.member.static.public, self.fresh.public)
        for position, fresh in zip(known, fresh_keys, strict=True):
            other = self.run.members[position]
            peer = Peer(other.id, position, other.static.public, fresh)
            self.pair_keys[position] = pair_key(self.run.hash, own, self.member.static, self.fresh, peer)
        tags = [confirmation_tag(self.pair_keys[v], self.member.id, self.id_of(v), epoch) for v in known]
        self.expected = {INVITE, CONFIRMATIONS}
        return message(CONFIRM, self.run.hash, epoch, b"".join(tags))

    def accept(self, confirmations: bytes) -> None:
        run_hash, epoch, bits, joined = self._read(CONFIRMATIONS, confirmations)
        self._check_run(run_hash, epoch)
        confirmed = self.around(members_of(self.n, bits))
        tags = dict(zip(confirmed, split(joined, 16), strict=True))
        self.pair_keys = {
            position: k
            for position, k in self.pair_keys.items()
            if tags.get(position) == confirmation_tag(k, self.id_of(position), self.member.id, epoch)
        }
        self.expected = {INVITE, BEGIN}

    # A round

    def begin(self, begin: bytes, context_hash: bytes) -> None:
        run_hash, epoch, round_number, bits, stated = self._read(BEGIN, begin)
        self._check_run(run_hash, epoch)
        require(self.round < round_number <= self.run.description.max_rounds, "a round that is not above the last one")
        participants = members_of(self.n, bits)
        self._check_size(participants)
        require(all(v in self.pair_keys for v in self.around(participants)), "a neighbour that is not confirmed")
        require(stated == context_hash, "another context")
        self.round, self.participants, self.survivors, self.passes = round_number, participants, participants, 0
        self.h = round_hash(self.run.hash, epoch, round_number, bits, context_hash)

    def _mask_key(self, position: int) -> bytes:
        return round_mask_key(self.pair_keys[position], self.round, self.h)

    def share_key_of(self, owner: int, holder: int, salt: bytes) -> bytes:
        """Of the share that `owner` seals for `holder`; one of the two is this client."""
        k = self.pair_keys[owner if holder == self.position else holder]
        return share_key(k, self.id_of(owner), self.id_of(holder), holder + 1, self.round, self.h, salt)

    def _masked_segment(self, index: int, segment: Segment, residues: list[int], self_seed: bytes | None) -> bytes:
        assert len(residues) == segment.length
        total = residues + [0] * (segment.padded_length - segment.length)
        masks = [(-1 if v > self.position else 1, self._mask_key(v)) for v in self.around(self.participants)]
        if self_seed is not None:
            masks.append((1, self_seed))
        for sign, seed in masks:
            stream = mask(self.run, seed, index)
            total = [(x + sign * element) % (1 << segment.bits) for x, element in zip(total, stream, strict=True)]
        return pack(segment.bits, total)

    def masked(self, residues: list[list[int]], coefficients: Coefficients, salt: bytes) -> bytes:
        """The masked vector of these residues, one list a segment; without recovery nothing is shared."""
        self_seed, sealed = None, b""
        if self.recovery:
            self_seed = seed_of(coefficients)
            for v in self.around(self.participants):
                sealed += seal(self.share_key_of(self.position, v, salt), share_of(coefficients, v + 1))
        segments = enumerate(self.run.description.segments)
        payload = b"".join(self._masked_segment(i, segment, residues[i], self_seed) for i, segment in segments)
        self.expected = {INVITE, BEGIN, FINISHED} | ({SURVIVORS, OPEN} if self.recovery else set())
        return message(MASKED, self.run.hash, self.epoch, self.round, self.h, salt, sealed, payload)

    def acknowledge(self, survivors: bytes) -> bytes:
        run_hash, epoch, round_number, h, number, previous_bits, next_bits = self._read(SURVIVORS, survivors)
        self._check_round(run_hash, epoch, round_number, h)
        previous, following = members_of(self.n, previous_bits), members_of(self.n, next_bits)
        require(number == self.passes + 1, "a pass out of order")
        require(number <= self.run.description.max_passes, "too many passes")
        require(previous == self.survivors and following < previous, "not nested")
        self._check_size(following)
        self.passes, self.survivors = number, following
        digest = set_hash(self.run.hash, next_bits)
        mask_keys = [self._mask_key(v) for v in self.around(previous - following)]
        tags = [
            acknowledgement(self.pair_keys[v], self.member.id, self.id_of(v), self.round, self.h, digest) for v in self.around(following)
        ]
        return message(ACKNOWLEDGE, self.run.hash, epoch, round_number, h, digest, b"".join(mask_keys), b"".join(tags))

    def _check_acknowledgements(self, bits: bytes, joined: bytes) -> None:
        digest, senders = set_hash(self.run.hash, bits), self.around(self.survivors)
        valid = [
            tag == acknowledgement(self.pair_keys[v], self.id_of(v), self.member.id, self.round, self.h, digest)
            for v, tag in zip(senders, split(joined, 16), strict=True)
        ]
        require(sum(valid) >= self.needed, "too few acknowledgements")

    def unmask(self, opening: bytes) -> bytes:
        run_hash, epoch, round_number, h, bits, sealed, joined = self._read(OPEN, opening)
        self._check_round(run_hash, epoch, round_number, h)
        require(members_of(self.n, bits) == self.survivors, "another set")
        if self.survivors == self.participants:
            require(joined == b"", "acknowledgements of all participants")
        else:
            self._check_acknowledgements(bits, joined)
        owners = self.around(self.survivors)
        shares = {}
        for number, (v, item) in enumerate(zip(owners, split(sealed, 16 + SEALED_LENGTH), strict=True)):
            share = open_sealed(self.share_key_of(v, self.position, item[:16]), item[16:])
            if share is not None and is_share(share):
                shares[number] = share
        decrypted = bitmap(len(owners), set(shares))
        digest = set_hash(self.run.hash, bits)
        self.expected = {INVITE, BEGIN, FINISHED}
        return message(UNMASK, self.run.hash, epoch, round_number, h, digest, decrypted, b"".join(shares.values()))

    def finish(self, finished: bytes) -> int:
        run_hash, epoch, round_number, outcome = self._read(FINISHED, finished)
        self._check_round(run_hash, epoch, round_number, self.h)
        self.expected = {INVITE, BEGIN}
        return int(outcome)
