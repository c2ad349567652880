"""Private set intersection (docs/psi.md): whole runs, from the sets and seeds of all parties."""

from dataclasses import dataclass, field

from generator.codec import expand, hash_of, u8, u64le
from generator.field import P
from generator.prg import CHACHA20, keystream
from generator.ristretto import GENERATOR, ORDER, Element, decode, from_uniform

INTERSECTION, SIZE = 0, 1
LOAD, POINTS = 16, 64


def digest_of(run: bytes, item: bytes) -> bytes:
    return hash_of("psi item", run, item)


def element_of(digest: bytes) -> Element:
    return from_uniform(expand(digest, "psi item", length=64))


def _u32le(number: int) -> bytes:
    return number.to_bytes(4, "little")


def _exponent(seed: bytes, label: str, *parts: bytes | int) -> int:
    return int.from_bytes(expand(seed, label, *parts, length=64), "little") % ORDER


def _pair(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[:16], "little") % P, int.from_bytes(data[16:32], "little") % P


def _list(rows: list[list[bytes]]) -> bytes:
    return _u32le(len(rows)) + b"".join(element for row in rows for element in row)


@dataclass
class Run:
    """What the parties agree on, and what each of them has."""

    run: bytes
    output: int
    size: int | None
    sets: list[list[bytes]]
    seeds: list[bytes]
    messages: list[tuple[int, int, int, bytes]] = field(default_factory=list)
    common: set[bytes] = field(default_factory=set)

    @property
    def parties(self) -> int:
        return len(self.sets)

    @property
    def agreement(self) -> bytes:
        return hash_of("psi agreement", self.run, self.parties, u8(self.output), self.size or 0)

    def send(self, number: int, sender: int, receiver: int, body: bytes) -> None:
        head = hash_of("psi message", self.agreement, number, sender, receiver)[:16]
        self.messages.append((number, sender, receiver, head + body))

    def digests(self, party: int) -> dict[bytes, bytes]:
        """From the digest to the item."""
        return {digest_of(self.run, item): item for item in self.sets[party]}

    def pair_keys(self) -> dict[tuple[int, int], bytes]:
        a = self.agreement
        exponents = {i: _exponent(self.seeds[i], "psi agreement", a, i) for i in range(1, self.parties)}
        public = {i: (exponent * GENERATOR).encode() for i, exponent in exponents.items()}
        for i in public:
            for j in public:
                if i != j:
                    self.send(0, i, j, public[i])
        return {
            (i, j): hash_of("psi pair", a, i, j, public[i], public[j], (exponents[i] * decode(public[j])).encode())
            for i in public
            for j in public
            if i < j
        }

    def share(self, keys: dict[tuple[int, int], bytes], party: int, digest: bytes) -> tuple[int, int]:
        low = high = 0
        for (i, j), key in keys.items():
            if party in (i, j):
                part, sign = _pair(expand(key, "psi share", digest, length=32)), 1 if party == i else -1
                low, high = (low + sign * part[0]) % P, (high + sign * part[1]) % P
        return low, high

    def table(self, party: int, entries: list[tuple[bytes, tuple[int, int]]]) -> bytes:
        """By Newton's divided differences, where core takes Lagrange's formula."""
        bins = max(1, -(-(self.size or len(entries)) // LOAD))
        salt = 0
        filled: list[list[tuple[int, tuple[int, int]]]] = [[] for _ in range(bins)]
        for value, share in entries:
            place = expand(value, "psi place", self.agreement, party, u8(salt), length=48)
            mask = _pair(place)
            point = int.from_bytes(place[40:], "little") % P
            masked = ((share[0] + mask[0]) % P, (share[1] + mask[1]) % P)
            filled[int.from_bytes(place[32:40], "little") * bins >> 64].append((point, masked))
        key = expand(self.seeds[party], "psi table", self.agreement, party, length=32)
        out = _u32le(bins) + u8(salt)
        for index, points in enumerate(filled):
            drawn = keystream(CHACHA20, key, (salt * bins + index) * POINTS * 48, POINTS * 48)
            for place in range(len(points), POINTS):
                piece = drawn[48 * place : 48 * place + 48]
                points.append((int.from_bytes(piece[32:40], "little") % P, _pair(piece)))
            assert len({point for point, _ in points}) == POINTS, "another salt"
            polynomials = [_interpolate([(x, y[part]) for x, y in points]) for part in (0, 1)]
            out += b"".join(u64le(low) + u64le(high) for low, high in zip(*polynomials, strict=True))
        return out

    def play(self) -> None:
        """All messages, round by round, and the outcome."""
        a, n = self.agreement, self.parties
        own = self.digests(0)
        order = sorted(own)
        if self.size is not None:
            order += [expand(self.seeds[0], "psi padding", a, index, length=32) for index in range(self.size - len(order))]
        blinding = _exponent(self.seeds[0], "psi blinding", a)
        rows = sorted(([(blinding * element_of(digest)).encode()], digest) for digest in order)
        self.send(0, 0, 1, _list([row for row, _ in rows]))
        keys = self.pair_keys()
        values, tables = {}, {}
        for party in range(1, n):
            exponent = _exponent(self.seeds[party], "psi exponent", a, party)
            rows = [([*row, (exponent * decode(row[0])).encode()], digest) for row, digest in rows]
            values[party] = {digest: (exponent * element_of(digest)).encode() for digest in self.digests(party)}
            entries = [(value, self.share(keys, party, digest)) for digest, value in values[party].items()]
            tables[party] = self.table(party, entries)
            if self.output == SIZE:
                rows.sort(key=lambda row: row[0][-1])
            if party < n - 1:
                self.send(party, party, party + 1, _list([row for row, _ in rows]))
        for party in range(1, n):
            last = _list([row[1:] for row, _ in rows]) if party == n - 1 else b""
            self.send(n - 1, party, 0, tables[party] + last)
        common = set(own).intersection(*(values[party] for party in values))
        self.common = {own[digest] for digest in common}
        for party in range(1, n):
            found = sorted(values[party][digest] for digest in common)
            body = _list([[value] for value in found]) if self.output == INTERSECTION else _u32le(len(found))
            self.send(n, 0, party, body)
        self.messages.sort(key=lambda message: message[:3])


def _interpolate(points: list[tuple[int, int]]) -> list[int]:
    """The coefficients, from the lowest, of the polynomial through these points."""
    xs, differences = [x for x, _ in points], [y for _, y in points]
    for level in range(1, len(points)):
        for place in range(len(points) - 1, level - 1, -1):
            step = pow(xs[place] - xs[place - level], -1, P)
            differences[place] = (differences[place] - differences[place - 1]) * step % P
    coefficients: list[int] = []
    for x, difference in zip(reversed(xs), reversed(differences), strict=True):
        shifted = [0, *coefficients]
        coefficients = [(high - x * low) % P for high, low in zip(shifted, [*coefficients, 0], strict=True)]
        coefficients[0] = (coefficients[0] + difference) % P
    return coefficients
