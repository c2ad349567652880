"""The product of two parties' matrices of fractions."""

from __future__ import annotations

import logging
import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from cloakwork.fsc.computation import Failure
from cloakwork.fsc.protocols.matrix_product import Operand, limb_bits, limbs, matrix_product
from cloakwork.fsc.protocols.scaled_matrix import ScaledMatrix, scaled_matrix

if TYPE_CHECKING:
    from cloakwork.fsc.computation import Group

_LOG = logging.getLogger(__name__)

# Bytes that go each way without a dealer, at most.
MOST_BYTES = 1 << 31
# The longest side of a matrix.
_LONGEST = 1 << 20
# Of an element.
_BITS = 128
# Of powers of two: from that of the greatest double to that of the smallest, with the bits of an element.
_SCALE = 1200
# Rows and columns, bits, and the scale: a power of two and one of five.
_FORMAT = struct.Struct("<IIIii")


async def vertical_product(group: Group, own: Sequence[Sequence[Fraction]], most_limbs: int) -> list[list[Fraction]]:
    """X Y of the X of party 0 and the Y of party 1, by `matrix_product`.

    Before, each tells the other the numbers of rows and columns, the number of bits of its greatest element as an integer, and the scale
    that makes its elements integers. Whole numbers and decimals of up to m b bits, for m limbs of b = `limb_bits`, are exact, and so is the
    product; others are rounded to that many bits of the greatest. For 300 inner places b is 24.

    Args:
        group: two parties.
        own: the matrix of this party.
        most_limbs: m; the cost rises with its square, for elements that need them.

    Raises:
        Failure: 400, "disagreement": the sides do not fit; "too-large"; 502: what the other party says of its matrix cannot be read.
    """
    inner = len(own[0]) if group.index == 0 else len(own)
    scaled = scaled_matrix(own, most_limbs * limb_bits(inner))
    told = await group.broadcast(_described(scaled))
    (left, left_scale), (right, right_scale) = (_read(message, party) for party, message in enumerate(told))
    if left.columns != right.rows:
        message = f"the matrix of party 0 has {left.columns} columns and that of party 1 {right.rows} rows; give as many"
        raise Failure(400, "disagreement", message)
    cost = without_dealer(left, right)
    _LOG.info("a product of %d x %d by %d x %d begins: some %d MiB each way", left.rows, inner, right.rows, right.columns, cost >> 20)
    if cost > MOST_BYTES:
        message = (
            f"the product takes {cost >> 20} MiB each way without a dealer, and {MOST_BYTES >> 20} are the bound; give smaller matrices"
        )
        raise Failure(400, "too-large", message)
    product = await group.compute(lambda session: matrix_product(session, left, right, scaled.integers))
    return [[Fraction(int(value)) / (left_scale * right_scale) for value in row] for row in product]


def without_dealer(left: Operand, right: Operand) -> int:
    """About how many bytes go each way where the parties make the correlated randomness of a product themselves (docs/mpc.md, 13)."""
    rows, columns = (limbs(side, left.columns) * length for side, length in ((left, left.rows), (right, right.columns)))
    runs = -(-max(rows, columns) // 64)
    return 256 * left.columns * runs * min(rows, columns) + 260 * left.columns * rows * columns


def _described(own: ScaledMatrix) -> bytes:
    twos, fives = (own.scale.numerator & -own.scale.numerator).bit_length() - 1, 0
    if own.scale.denominator > 1:
        twos = 1 - own.scale.denominator.bit_length()
    else:
        rest = own.scale.numerator >> twos
        while rest > 1:
            fives, rest = fives + 1, rest // 5
    rows, columns = own.integers.shape
    return _FORMAT.pack(rows, columns, own.bits, twos, fives)


def _read(message: bytes, party: int) -> tuple[Operand, Fraction]:
    try:
        rows, columns, bits, twos, fives = _FORMAT.unpack(message)
    except struct.error as error:
        raise Failure(502, "garbage", "what a party says of its matrix cannot be read; its server is broken", party) from error
    if not (0 < rows <= _LONGEST and 0 < columns <= _LONGEST and bits <= _BITS and abs(twos) <= _SCALE and 0 <= fives <= _SCALE):
        raise Failure(502, "garbage", "what a party says of its matrix is outside of all bounds; its server is broken", party)
    return Operand(rows, columns, bits), Fraction(2) ** twos * Fraction(5) ** fives
