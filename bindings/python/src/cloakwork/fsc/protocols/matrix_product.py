"""The product of a matrix of one party with a matrix of another, exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cloakwork.mpc import stack

if TYPE_CHECKING:
    from cloakwork.mpc import Session, Tensor

# Integers with arrays of Python's integers, which have any size.
Integers = NDArray[np.object_]

# A sum of products of two limbs stays below 2^SUM in magnitude; with their sums over limbs, and what is carried, below 2^62.
_SUM = 58


@dataclass(frozen=True)
class Operand:
    """What both parties know of a matrix.

    Attributes:
        rows: of the matrix.
        columns: of it.
        bits: its elements are below 2^bits in magnitude.
    """

    rows: int
    columns: int
    bits: int


def limb_bits(inner: int) -> int:
    """Bits of a limb, so that sums over `inner` products of two limbs stay in their bound."""
    return (_SUM - (inner - 1).bit_length()) // 2


def limbs(operand: Operand, inner: int) -> int:
    """How many limbs the elements of a matrix take."""
    return max(1, -(-operand.bits // limb_bits(inner)))


def matrix_product(session: Session, left: Operand, right: Operand, own: Integers) -> Integers:
    """X Y of the X of party 0 and the Y of party 1, integers, known to all parties; nothing else shows.

    Elements are taken apart into limbs, X = sum of X_i 2^(b i) with |X_i| <= 2^(b - 1) below the uppermost, and one product of matrices of
    64-bit words gives X_i Y_j for all i, j (Beaver; docs/mpc.md, 4). With one limb each that is X Y and is opened. Otherwise the sums of
    the products with i + j = k have carries that depend on the limbs, so they are brought into the one form that X Y has, with digits from
    -2^(b - 1) to 2^(b - 1): the quotient by 2^b of a digit, rounded in secret (docs/mpc.md, 5), is added to the next one.

    Args:
        session: the computation, of two parties.
        left: what both know of X.
        right: and of Y.
        own: the matrix of this party.
    """
    inner = left.columns
    bits = limb_bits(inner)
    mine = session.index
    counts = [limbs(left, inner), limbs(right, inner)]
    parts = [_taken_apart(own, bits, counts[party]) if party == mine else None for party in range(2)]
    high = _shared(session, parts[0], 0, (counts[0] * left.rows, inner), np.concatenate)
    low = _shared(session, parts[1], 1, (inner, counts[1] * right.columns), np.hstack)
    made = (high @ low).reshape(counts[0], left.rows, counts[1], right.columns)
    digits: list[Tensor] = []
    for power in range(sum(counts) - 1):
        terms = [made[i][:, power - i] for i in range(counts[0]) if 0 <= power - i < counts[1]]
        digits.append(_sum(terms))
    if len(digits) == 1:
        return np.asarray(digits[0].open()).astype(object)
    opened = _carried(session, digits, bits)
    return np.asarray(sum(digit << (bits * place) for place, digit in enumerate(opened)), dtype=object)


def _shared(
    session: Session, parts: list[NDArray[np.int64]] | None, owner: int, shape: tuple[int, int], join: Callable[..., Any]
) -> Tensor:
    values = None if parts is None else join(parts)
    return session.share(values, owner, int, shape)


def _taken_apart(values: Integers, bits: int, count: int) -> list[NDArray[np.int64]]:
    """Limbs, the lowest first; below the uppermost from -2^(bits - 1) to 2^(bits - 1) - 1."""
    found, half = [], 1 << (bits - 1)
    for _ in range(count - 1):
        low = (values + half) % (1 << bits) - half
        found.append(low.astype(np.int64))
        values = (values - low) >> bits
    return [*found, values.astype(np.int64)]


def _carried(session: Session, digits: Sequence[Tensor], bits: int) -> list[Integers]:
    """Opened digits: of each its quotient by 2^bits is carried into the next, and what is left of the uppermost is one more digit."""
    unit = session.format.fraction
    # The same words as real numbers: those have quotients by powers of two.
    words = [digit * 2.0**-unit for digit in digits]
    found: list[Tensor] = []
    for place in range(len(digits)):
        carry = words[place]
        for step in _steps(bits, 2 * unit):
            carry = carry * 2.0**-step
        found.append(words[place] - carry * float(1 << bits))
        if place + 1 < len(digits):
            words[place + 1] = words[place + 1] + carry
        else:
            words.append(carry)
    opened = stack([*found, words[-1]])
    return list(np.rint(np.asarray(opened.open()) * 2.0**unit).astype(np.int64).astype(object))


def _steps(bits: int, most: int) -> list[int]:
    """Quotients by at most 2^most that together are one by 2^bits."""
    return [most] * (bits // most) + ([bits % most] if bits % most else [])


def _sum(terms: Sequence[Any]) -> Any:  # noqa: ANN401 - tensors
    made = terms[0]
    for term in terms[1:]:
        made = made + term
    return made
