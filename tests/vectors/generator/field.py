"""The field of p = 2^61 - 1 and Shamir's sharing of seeds over it (sections 1 and 5)."""

from generator.codec import split, u64le

P = 2**61 - 1
ELEMENTS_IN_SEED = 4


def element_bytes(value: int) -> bytes:
    assert 0 <= value < P
    return u64le(value)


def element_from_bytes(data: bytes) -> int:
    value = int.from_bytes(data, "little")
    if len(data) != 8 or value >= P:
        raise ValueError("not a field element")
    return value


def inverse(value: int) -> int:
    return pow(value, -1, P)


def evaluate(coefficients: list[int], x: int) -> int:
    """The polynomial with these coefficients, the constant term first, at x."""
    return sum(coefficient * pow(x, degree, P) for degree, coefficient in enumerate(coefficients)) % P


def interpolate_at_zero(points: dict[int, int]) -> int:
    total = 0
    for x, y in points.items():
        weight = 1
        for other in points:
            if other != x:
                weight = weight * other * inverse((other - x) % P) % P
        total += weight * y
    return total % P


Coefficients = list[list[int]]
"""Of a shared seed: one list a degree, from 0 to t - 1, each of four elements."""


def coefficients_from(tape: bytes) -> Coefficients:
    """As an implementation draws them: for degree 0 to t - 1, for the four elements, a u64le of which 61 bits count."""
    values = [int.from_bytes(item, "little") % 2**61 for item in split(tape, 8)]
    assert all(value < P for value in values)
    return [values[start : start + ELEMENTS_IN_SEED] for start in range(0, len(values), ELEMENTS_IN_SEED)]


def strings_of(coefficients: Coefficients) -> list[list[str]]:
    return [[str(value) for value in degree] for degree in coefficients]


def seed_of(coefficients: Coefficients) -> bytes:
    return b"".join(element_bytes(value) for value in coefficients[0])


def share_of(coefficients: Coefficients, index: int) -> bytes:
    return b"".join(element_bytes(evaluate([degree[element] for degree in coefficients], index)) for element in range(ELEMENTS_IN_SEED))


def is_share(data: bytes) -> bool:
    """Whether these are four field elements."""
    limbs = split(data, 8)
    return len(limbs) == ELEMENTS_IN_SEED and all(int.from_bytes(limb, "little") < P for limb in limbs)


def reconstruct(shares: dict[int, bytes]) -> bytes:
    """The seed from exactly t shares, keyed by their index."""
    limbs = {index: [element_from_bytes(limb) for limb in split(share, 8)] for index, share in shares.items()}
    return b"".join(
        element_bytes(interpolate_at_zero({index: values[element] for index, values in limbs.items()}))
        for element in range(ELEMENTS_IN_SEED)
    )
