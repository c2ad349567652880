"""Numbers that one machine has."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from cloakwork.errors import NumberError, Status
from cloakwork.mpc._party import Format
from cloakwork.mpc.machines.group import distinct
from cloakwork.mpc.machines.machine import VirtualMachine, machine
from cloakwork.mpc.machines.refusal import wrong_type
from cloakwork.mpc.machines.shared import SharedScalar

Scalar = bool | int | float


class PrivateScalar:
    """A number in the clear that belongs to one machine.

    Args:
        value: a whole number or a real one; its type goes with it.
        owner: the machine.

    Raises:
        NumberError: it is NaN or infinite.
    """

    def __init__(self, value: Scalar, owner: VirtualMachine) -> None:
        if isinstance(value, np.generic):
            value = value.item()
        if not isinstance(value, int | float):
            raise wrong_type("value", "an int or a float", value)
        if not math.isfinite(value):
            raise NumberError(Status.NOT_FINITE, f"{value} is no number that can be shared", argument="value")
        self._value = value
        self._owner = machine("owner", owner)
        self._owner._hold(self)

    @property
    def value(self) -> Scalar:
        """The number."""
        return self._value

    @property
    def owner(self) -> VirtualMachine:
        """The machine that has it."""
        return self._owner

    def share(self, machines: Iterable[VirtualMachine], Q: int | None = None, *, format: Format | None = None) -> SharedScalar:  # noqa: A002, N803
        """Shares it among machines: each gets a share that looks random, and all of them together make the number.

        Args:
            machines: the others, or all. The owner is one of them in any case, as the last where it is not listed.
            Q: None for whole numbers of 64 bits with a sign and for real numbers; a prime for whole numbers from 0 to Q - 1.
            format: how real numbers are written, the same in everything that meets.

        Raises:
            MachineError: a machine comes twice, or the owner is alone.
            DomainError: the number is not in the domain.
        """
        listed = distinct("machines", machines)
        if self._owner not in listed:
            listed.append(self._owner)
        return SharedScalar._from_private(self._value, self._owner, listed, Q, format)

    def __repr__(self) -> str:
        return f"PrivateScalar({self._value!r}, {self._owner.name!r})"
