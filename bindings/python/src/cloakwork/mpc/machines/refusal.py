"""What machines refuse. MicroSMPC asserted what these say, so they can be caught as `AssertionError` too."""

from __future__ import annotations

from cloakwork.errors import ArgumentError, ArgumentTypeError, NumberError, Status


class MachineError(ArgumentError, AssertionError):
    """Machines, shares or scalars do not fit together."""


class DomainError(NumberError, AssertionError):
    """A number is outside of what is shared: 64 bits with a sign, real numbers of the format, or 0 to Q - 1."""


def misfit(argument: str, message: str) -> MachineError:
    """Machines, shares or scalars that do not fit together."""
    return MachineError(Status.INVALID_ARGUMENT, message, argument=argument)


def wrong_type(argument: str, expected: str, found: object) -> ArgumentTypeError:
    """Something of a type that has no place there."""
    return ArgumentTypeError(Status.INVALID_ARGUMENT, f"expected {expected}, got {type(found).__name__}", argument=argument)


def outside(argument: str, number: float, domain: str) -> DomainError:
    """A number that a domain does not have."""
    return DomainError(Status.OUT_OF_RANGE, f"{number} is not in the domain, {domain}", argument=argument)
