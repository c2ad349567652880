"""What meets shared numbers: public numbers, and shares that somebody puts together."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from cloakwork.mpc._kind import Kind
from cloakwork.mpc._party import Format
from cloakwork.mpc._tensor import Tensor
from cloakwork.mpc.machines.group import Group, distinct
from cloakwork.mpc.machines.prime import Field, Residue
from cloakwork.mpc.machines.refusal import misfit, outside, wrong_type
from cloakwork.mpc.machines.share import DOMAIN, WORD, Share

Public = bool | int | float


def public(value: object, *, in_field: bool) -> Public:
    """A public number that is to meet a shared one.

    Raises:
        MachineError: it belongs to one machine.
        ArgumentTypeError: it is no number.
        DomainError: it does not fit 64 bits with a sign; what fits a field is checked there.
    """
    from cloakwork.mpc.machines.private import PrivateScalar

    if isinstance(value, PrivateScalar | Share):
        raise misfit("other", f"this {type(value).__name__} belongs to {value.owner.name} alone: share it with the others first")
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, int | float):
        raise wrong_type("other", "a shared number, an int or a float", value)
    if isinstance(value, int) and not in_field and not WORD.min <= value <= WORD.max:
        raise outside("other", value, DOMAIN)
    return value


class Role(Protocol):
    """What a public number is beside a shared one: checks that it can be that."""

    def __call__(self, value: Public, form: Format, *, real: bool) -> None:
        """Checks a number beside a real one or another."""


def term(value: Public, form: Format, *, real: bool) -> None:
    """What is added, or compared with: real beside a real number."""
    check_domain(float(value) if real else value, form, "other")


def factor(value: Public, form: Format, *, real: bool) -> None:  # noqa: ARG001 - a role
    """What is multiplied by; it may be larger than what is shared."""
    limit = 2.0 ** (62 - form.fraction)
    if isinstance(value, float) and abs(value) >= limit:
        raise outside("other", value, f"real factors below {limit:g} in magnitude")


def divisor(value: Public, form: Format, *, real: bool) -> None:
    """What is divided by: its reciprocal is multiplied by. Zero has an exception of its own."""
    if value != 0:
        factor(1.0 / value, form, real=real)


def dividend(value: Public, form: Format, *, real: bool) -> None:  # noqa: ARG001 - a role
    """What is divided, as a real number."""
    check_domain(float(value), form, "other")


def check_domain(value: Public, form: Format, argument: str = "value") -> None:
    """Checks that a number can be shared as 64 bits.

    Raises:
        DomainError: it cannot.
    """
    if isinstance(value, float):
        limit = 2.0 ** (form.bits - 2 - form.fraction)
        if not abs(value) < limit:
            raise outside(argument, value, f"real numbers below {limit:g} in magnitude (see Format)")
    elif not WORD.min <= value <= WORD.max:
        raise outside(argument, value, DOMAIN)


def joined(shares: list[Share]) -> tuple[Group | Field, Tensor | Residue]:
    """The secret of which these are the shares, and who shares it.

    Raises:
        MachineError: two are of one machine, there is one alone, or they are not of one kind.
    """
    if not shares:
        raise misfit("shares", "there are none")
    machines = distinct("shares", [share.owner for share in shares])
    kinds = {share.kind for share in shares}
    if len(kinds) > 1:
        raise misfit("shares", f"shares of {', '.join(sorted(kind.__name__ for kind in kinds))} belong to different numbers")
    moduli = {share.Q for share in shares}
    if len(moduli) > 1:
        raise misfit("shares", f"shares with Q = {' and '.join(sorted(map(str, moduli)))} belong to different numbers")
    (q,) = moduli
    if q is not None:
        field = Field.of(machines, q)
        by_owner = {share.owner: share.value for share in shares}
        return field, Residue(field, [by_owner[found] for found in field.machines])
    group = Group.of(machines, _format_of(shares))
    sources = {id(share._secret) for share in shares}
    secret = shares[0]._secret
    if len(sources) == 1 and isinstance(secret, Tensor) and secret.session is group.session:
        return group, secret
    if bool in kinds:
        raise misfit("shares", "they are of different truth values")
    by_place = {group.place(share.owner): share.value for share in shares}
    words = [np.array([by_place[place]], dtype=np.int64).view(np.uint64) for place in range(len(machines))]
    return group, group.session._from_shares(Kind.REAL if float in kinds else Kind.INTEGER, words, ())


def _format_of(shares: list[Share]) -> Format:
    forms = {share._format for share in shares if share._format is not None}
    if len(forms) > 1:
        raise misfit("shares", "they have different formats")
    return forms.pop() if forms else Format()
