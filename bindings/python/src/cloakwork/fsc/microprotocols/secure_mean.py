"""SecureMean: the mean of the numbers of all parties."""

from __future__ import annotations

from typing import Any, ClassVar

from cloakwork.fsc.computation import Group
from cloakwork.fsc.microprotocols.secure_sum import SecureSum
from cloakwork.fsc.protocols.decimals import BITS, Scale

__all__ = ["SecureMean"]


class SecureMean(SecureSum):
    """The mean of all numbers of all parties.

    Data and parameters as of SecureSum. The result has `mean`, a float, and `samples`, a count: the exact sum over their number, rounded;
    None where nobody has any.
    """

    name = "SecureMean"
    version = 1
    reveals: ClassVar[str] = (
        "Every party learns the mean and how many numbers there are together, hence their sum, and nothing about the parts of the parties."
    )

    async def run(self, group: Group, own: tuple[Scale, int, int]) -> dict[str, Any]:
        """One sum of two numbers."""
        scale, part, count = own
        together, samples = await group.sum([part, count], bits=BITS)
        return {"mean": together / (samples * scale.unit) if samples else None, "samples": samples}
