"""SecureVectorSum: the sums of the vectors of all parties, element by element."""

from __future__ import annotations

from typing import Any, ClassVar

from numpy.typing import NDArray

from cloakwork.fsc.computation import Computation, Failure, Group, Microprotocol
from cloakwork.fsc.protocols import decimal_vectors
from cloakwork.fsc.protocols.decimals import BITS, Scale

__all__ = ["SecureVectorSum"]


class SecureVectorSum(Microprotocol):
    """Adds up vectors of equal length.

    Data: a list of numbers, or a list that holds one such list. Parameters as of SecureSum.

    The result has `sum`, a list of floats, each element as SecureSum would give it.
    """

    name = "SecureVectorSum"
    version = 1
    reveals: ClassVar[str] = (
        "Every party learns the sum of each element and the length of the vectors, and nothing about the vectors of the parties."
    )

    def read(self, computation: Computation) -> tuple[Scale, NDArray[Any]]:
        """The fixed point, and the own vector in it as residues."""
        scale = Scale.of(computation.parameters, len(computation.nodes))
        data = computation.data
        lists = sum(isinstance(entry, list) for entry in data)
        if lists and len(data) > 1:
            message = f"data holds {lists} lists among {len(data)} elements; this computation takes one vector"
            raise Failure(400, "invalid-input", message)
        vector = data[0] if lists else data
        name = "data[0]" if lists else "data"
        return scale, decimal_vectors.fixed(vector, scale, name)

    def shape(self, own: tuple[Scale, NDArray[Any]]) -> bytes:
        """The length."""
        return f"{len(own[1])} elements".encode()

    async def run(self, group: Group, own: tuple[Scale, NDArray[Any]]) -> dict[str, Any]:
        """One sum of all elements."""
        scale, vector = own
        return {"sum": decimal_vectors.doubles(await group.sum_residues(vector, bits=BITS), scale)}
