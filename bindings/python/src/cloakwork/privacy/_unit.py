"""What an epsilon is about: the unit of privacy, and how neighbouring data sets differ in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from cloakwork._native import ffi, lib
from cloakwork.errors import PrivacyError, Status

Kind = Literal["record", "part", "client"]

_UNITS: dict[Kind, int] = {"record": lib.CLOAK_UNIT_RECORD, "part": lib.CLOAK_UNIT_PART, "client": lib.CLOAK_UNIT_CLIENT}


class Neighbours(Enum):
    """How two neighbouring data sets differ in a unit. The participants are public, so nobody is ever added or removed.

    Attributes:
        ZERO_OUT: the unit's contribution is there or is zero.
        REPLACE_ONE: the unit's contribution is any other one: twice the sensitivity.
    """

    ZERO_OUT = "zero-out"
    REPLACE_ONE = "replace-one"


@dataclass(frozen=True)
class Unit:
    """Whose data two neighbouring data sets differ in. Make one with `record`, `part` or `client`.

    Attributes:
        kind: ``"record"``, ``"part"`` or ``"client"``.
        clip: with ``"record"``, the largest L2 norm of what one record adds to a part; else None.
    """

    kind: Kind
    clip: float | None = None

    def __post_init__(self) -> None:
        """Checks that a clip is there for records and only for them."""
        if self.kind not in _UNITS:
            raise PrivacyError(Status.INVALID_MECHANISM, f"is {self.kind!r}, expected one of {', '.join(_UNITS)}", argument="unit")
        if (self.clip is None) == (self.kind == "record"):
            message = "a record has a clip, the largest L2 norm of what it adds; a part and a client have none"
            raise PrivacyError(Status.INVALID_MECHANISM, message, argument="unit")

    @classmethod
    def record(cls, clip: float) -> Unit:
        """One record, of which the host clips what it adds to the vector, such as a gradient, to the L2 norm `clip`.

        The mechanism's own clip has to be large enough for all records of a part together.
        """
        return cls("record", clip)

    @classmethod
    def part(cls) -> Unit:
        """One part of a contribution. Which data are in which part is fixed in advance and not protected."""
        return cls("part")

    @classmethod
    def client(cls) -> Unit:
        """All that a client holds."""
        return cls("client")

    def __str__(self) -> str:
        return self.kind if self.clip is None else f"record of L2 norm at most {self.clip:g}"


def structure(unit: Unit, neighbours: Neighbours) -> Any:  # noqa: ANN401 - a cloak_privacy_unit
    """The unit as the library takes it."""
    out = ffi.new("cloak_privacy_unit *")
    out.unit = _UNITS[unit.kind]
    out.neighbours = {
        Neighbours.ZERO_OUT: lib.CLOAK_NEIGHBOURS_ZERO_OUT,
        Neighbours.REPLACE_ONE: lib.CLOAK_NEIGHBOURS_REPLACE_ONE,
    }[Neighbours(neighbours)]
    out.clip = 0.0 if unit.clip is None else unit.clip
    return out
