"""The graph (section 3)."""

from generator.codec import bit_of, hash_of, u32le

ROUNDS = 90


def _swap_or_not(x: int, r: int, n: int, beacon: bytes) -> int:
    pivot = int.from_bytes(hash_of("graph pivot", beacon, u32le(r))[:8], "little") % n
    partner = (pivot - x) % n
    top = max(x, partner)
    bits = hash_of("graph bit", beacon, u32le(r), u32le(top // 256))
    return partner if bit_of(bits, top % 256) else x


def permute(x: int, n: int, beacon: bytes) -> int:
    for r in range(ROUNDS):
        x = _swap_or_not(x, r, n, beacon)
    return x


def inverse(x: int, n: int, beacon: bytes) -> int:
    for r in reversed(range(ROUNDS)):
        x = _swap_or_not(x, r, n, beacon)
    return x


def neighbours(position: int, n: int, degree: int, beacon: bytes) -> list[int]:
    """By ascending position; degree 0 is the complete graph."""
    if degree == 0:
        return [other for other in range(n) if other != position]
    label = permute(position, n, beacon)
    steps = [step for j in range(1, degree // 2 + 1) for step in (j, -j)]
    return sorted(inverse((label + step) % n, n, beacon) for step in steps)
