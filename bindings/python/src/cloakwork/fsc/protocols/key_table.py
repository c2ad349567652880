"""A table of keys that can be added to others, and of whose sum the keys can be read: an invertible Bloom lookup table with secret weights.

M. Goodrich, M. Mitzenmacher, Allerton 2011, have counts and sums of keys in the cells. Here each holder of a key takes a uniform word w
for it and adds w times the key, in pieces, to its cells. In the sum a key has the sum W of the words of all who hold it, which is uniform
whoever and however many they are. So the sum of all tables is a function of the union of the keys and of uniform words: it tells the union
and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cloakwork.fsc.protocols.inputs import uniform_words
from cloakwork.secagg import sha256

Words = NDArray[np.uint64]

# A key has a cell in each of so many parts of the table.
PARTS = 3
# Bits of a piece; the others of a word are for the powers of two by which a weight can be divided.
PIECE = 32
_PIECE_BYTES = PIECE // 8
# Weight, two pieces of a check, length: before the pieces of the key.
_HEAD = 4


def length_in_words(longest: int) -> int:
    """Words of a cell for keys of so many bytes."""
    return _HEAD + -(-longest // _PIECE_BYTES)


def written(keys: Sequence[bytes], label: bytes, part: int, longest: int) -> Words:
    """A table of keys, of ``PARTS * part`` cells.

    Args:
        keys: different from each other.
        label: what this table is made for; another one puts keys elsewhere.
        part: cells of a part.
        longest: bytes of the longest key that anybody has.
    """
    table = np.zeros((PARTS * part, length_in_words(longest)), dtype=np.uint64)
    weights = uniform_words((len(keys),))
    for key, weight in zip(keys, weights, strict=True):
        pieces, places = _entry(key, label, part, longest)
        table[places] += weight * pieces
    return table


def read(table: Words, label: bytes, longest: int) -> list[bytes] | None:
    """All keys of a sum of tables; None where there are too many for it, or an accident of the places stands in the way.

    A cell that holds one key with the weight W = 2^t odd has all pieces times W: dividing by 2^t and by the odd part gives them modulo
    2^(64 - t), which holds 32 bits for t up to 32. That this is a key is checked by 64 bits that are hashed from it, and by its places.
    Then it is taken from its other cells, which may leave one key there.

    A key is missed if its weight is 0, once in 2^64, and not found if t is above 32, once in 2^33.
    """
    part = len(table) // PARTS
    left = table.copy()
    found: list[bytes] = []
    waiting = list(range(len(left)))
    while waiting:
        place = waiting.pop()
        cell = left[place]
        key = _only_key(cell, longest)
        if key is None:
            continue
        pieces, places = _entry(key, label, part, longest)
        if place not in places or not np.array_equal(cell, cell[0] * pieces):
            continue
        found.append(key)
        left[places] -= cell[0] * pieces
        waiting.extend(int(other) for other in places if left[other].any())
    return None if left.any() else sorted(found)


def _entry(key: bytes, label: bytes, part: int, longest: int) -> tuple[Words, NDArray[np.int64]]:
    """The pieces of a key, with 1 in the place of the weight, and its cells, one of each part."""
    digest = np.frombuffer(sha256(label + key), dtype="<u4")
    padded = key.ljust(_PIECE_BYTES * (length_in_words(longest) - _HEAD), b"\0")
    pieces = np.concatenate([[1], digest[:2], [len(key)], np.frombuffer(padded, dtype="<u4")]).astype(np.uint64)
    places = np.array([int(digest[2 + index]) * part >> PIECE for index in range(PARTS)]) + np.arange(PARTS) * part
    return pieces, places


def _only_key(cell: Words, longest: int) -> bytes | None:
    """The key of a cell that holds one, as far as its pieces say."""
    weight = int(cell[0])
    shift = (weight & -weight).bit_length() - 1
    if not weight or shift > PIECE:
        return None
    modulus = 1 << (64 - shift)
    inverse = pow(weight >> shift, -1, modulus)
    pieces = [(int(word) >> shift) * inverse % modulus for word in cell]
    if any(piece >> PIECE for piece in pieces) or pieces[3] > longest:
        return None
    text = b"".join(piece.to_bytes(_PIECE_BYTES, "little") for piece in pieces[_HEAD:])
    return text[: pieces[3]]
