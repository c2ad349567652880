"""SecureSum: the sum of the numbers of all parties."""

from __future__ import annotations

from typing import Any, ClassVar

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.summands import summands
from cloakwork.fsc.protocols.decimals import BITS, Scale, total

__all__ = ["SecureSum"]


class SecureSum(Microprotocol):
    """Adds up all numbers of all parties.

    Data: a number, or a list of numbers or of lists of numbers; nothing is 0. Parameters: `digits_after` and `digits_before` of `Scale`.

    The result has `samples`, a count, and `sum`, a float: the decimals that numbers are written as are added exactly, after each party's
    sum was rounded to `digits_after` decimals, and the total is rounded once to a double. `samples` counts the numbers, those in lists too.
    """

    name = "SecureSum"
    version = 1
    reveals: ClassVar[str] = (
        "Every party learns the sum of all numbers and how many numbers there are together, and nothing about the parts of the parties."
    )

    def read(self, computation: Computation) -> tuple[Scale, int, int]:
        """The fixed point, the own sum in it, and how many numbers that is of."""
        scale = Scale.of(computation.parameters, len(computation.nodes))
        numbers = list(summands(computation.data))
        return scale, scale.fixed(total(numbers), "the sum of the own numbers"), len(numbers)

    async def run(self, group: Group, own: tuple[Scale, int, int]) -> dict[str, Any]:
        """One sum of two numbers."""
        scale, part, count = own
        together, samples = await group.sum([part, count], bits=BITS)
        return {"samples": samples, "sum": scale.double(together)}
