"""Numbers that several machines share, and the arithmetic on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np

from cloakwork.mpc._kind import Kind
from cloakwork.mpc._party import Format
from cloakwork.mpc._tensor import Tensor, where
from cloakwork.mpc.machines.group import Group, names
from cloakwork.mpc.machines.machine import VirtualMachine, machine
from cloakwork.mpc.machines.opening import opened
from cloakwork.mpc.machines.operand import Role, check_domain, dividend, divisor, factor, joined, public, term
from cloakwork.mpc.machines.prime import Field, Residue, element, modulus
from cloakwork.mpc.machines.refusal import misfit, wrong_type
from cloakwork.mpc.machines.share import Share

if TYPE_CHECKING:
    from cloakwork.mpc.machines.private import PrivateScalar

Public = bool | int | float
Secret = Tensor | Residue

TYPES: dict[Kind, type] = {Kind.BIT: bool, Kind.INTEGER: int, Kind.REAL: float}


class SharedScalar:
    """A number of which each of its owners holds a share, and which nobody sees.

    It takes part in arithmetic and comparisons with numbers that the same machines share, and with public ones. Whole numbers become real
    beside real ones and where an operation gives real ones; comparisons give shared truth values, which count as 0 and 1 in arithmetic.

    Args:
        shares: one of each machine.

    Raises:
        MachineError: two shares are of one machine, there is one alone, or they are not of one kind.
    """

    __array_ufunc__: ClassVar[None] = None
    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __init__(self, shares: Sequence[Share]) -> None:
        given = list(shares)
        for share in given:
            if not isinstance(share, Share):
                raise wrong_type("shares", "shares", share)
        group, secret = joined(given)
        self._begin(group, secret, [share.owner for share in given], given)

    def _begin(self, group: Group | Field, secret: Secret, owners: Sequence[VirtualMachine], shares: list[Share] | None = None) -> None:
        self._group = group
        self._secret = secret
        self._kind = TYPES[secret.kind]
        self._machines = tuple(owners)
        if shares is None:
            shares = [Share._part(group, secret, group.place(owner) or 0, owner, self._kind) for owner in owners]
        self._shares = shares

    @classmethod
    def _of(cls, group: Group | Field, secret: Secret, owners: Sequence[VirtualMachine]) -> SharedScalar:
        made = cls.__new__(cls)
        made._begin(group, secret, owners)
        return made

    @classmethod
    def _from_private(
        cls, value: Public, owner: VirtualMachine, machines: list[VirtualMachine], q: int | None, form: Format | None
    ) -> SharedScalar:
        if q is not None:
            if form is not None:
                raise misfit("format", f"there are no real numbers in Z_{q}, and so no format of them")
            field = Field.of(machines, modulus("Q", q))
            return cls._of(field, field.share(element("value", value, field.q), field.place(owner) or 0), machines)
        group = Group.of(machines, form or Format())
        check_domain(value, group.format)
        return cls._of(group, group.session.share(value, owner=group.place(owner) or 0), machines)

    @property
    def shares(self) -> list[Share]:
        """The share of each owner."""
        return list(self._shares)

    @property
    def owners(self) -> set[VirtualMachine]:
        """The machines that share it."""
        return set(self._machines)

    @property
    def share_of(self) -> dict[VirtualMachine, Share]:
        """The share of each owner, by owner."""
        return {share.owner: share for share in self._shares}

    @property
    def Q(self) -> int | None:  # noqa: N802 - MicroSMPC's name
        """The prime of its domain; None where words of 64 bits are shared."""
        return self._group.q if isinstance(self._group, Field) else None

    @property
    def kind(self) -> type:
        """What it is: `bool`, `int` or `float`."""
        return self._kind

    def reconstruct(self, owner: VirtualMachine) -> PrivateScalar:
        """Puts the shares together at a machine, which alone learns the number. It need not be one of the owners."""
        from cloakwork.mpc.machines.private import PrivateScalar

        return PrivateScalar(opened(self._group, self._secret, machine("owner", owner)), owner)

    def __repr__(self) -> str:
        return f"<SharedScalar: {self._kind.__name__}, shared by {names(self._machines)}>"

    def __bool__(self) -> NoReturn:
        raise TypeError("nobody knows whether a shared number holds: choose with `where`, or reconstruct it at a machine")

    def __float__(self) -> NoReturn:
        raise TypeError("a shared number has no value here: reconstruct it at a machine")

    __int__ = __index__ = __float__

    # Arithmetic.

    def __add__(self, other: SharedScalar | Public) -> SharedScalar:
        return self._with(other, lambda x, y: x + y)

    __radd__ = __add__

    def __sub__(self, other: SharedScalar | Public) -> SharedScalar:
        return self._with(other, lambda x, y: x - y)

    def __rsub__(self, other: SharedScalar | Public) -> SharedScalar:
        return self._with(other, lambda x, y: y - x)

    def __mul__(self, other: SharedScalar | Public) -> SharedScalar:
        return self._with(other, lambda x, y: x * y, factor)

    __rmul__ = __mul__

    def __truediv__(self, other: SharedScalar | Public) -> SharedScalar:
        return self._with(other, lambda x, y: x / y, divisor)

    def __rtruediv__(self, other: SharedScalar | Public) -> SharedScalar:
        return self._with(other, lambda x, y: y / x, dividend)

    def __pow__(self, exponent: int) -> SharedScalar:
        if isinstance(exponent, bool) or not isinstance(exponent, int | np.integer) or exponent < 0:
            raise wrong_type("exponent", "a public int from 0", exponent)
        return self._made(self._secret ** int(exponent))

    def __neg__(self) -> SharedScalar:
        return self._made(-self._secret)

    def __pos__(self) -> SharedScalar:
        return self

    def __abs__(self) -> SharedScalar:
        return self._made(abs(self._secret))

    # Comparisons and logic.

    def __lt__(self, other: SharedScalar | Public) -> SharedScalar:
        return self._with(other, lambda x, y: x < y)

    def __le__(self, other: SharedScalar | Public) -> SharedScalar:
        return self._with(other, lambda x, y: x <= y)

    def __gt__(self, other: SharedScalar | Public) -> SharedScalar:
        return self._with(other, lambda x, y: x > y)

    def __ge__(self, other: SharedScalar | Public) -> SharedScalar:
        return self._with(other, lambda x, y: x >= y)

    def __eq__(self, other: SharedScalar | Public) -> SharedScalar:  # type: ignore[override]
        return self._with(other, lambda x, y: x == y)

    def __ne__(self, other: SharedScalar | Public) -> SharedScalar:  # type: ignore[override]
        return self._with(other, lambda x, y: x != y)

    def __and__(self, other: SharedScalar) -> SharedScalar:
        return self._logical(other, lambda x, y: x & y)

    def __or__(self, other: SharedScalar) -> SharedScalar:
        return self._logical(other, lambda x, y: x | y)

    def __xor__(self, other: SharedScalar) -> SharedScalar:
        return self._logical(other, lambda x, y: x ^ y)

    def __invert__(self) -> SharedScalar:
        self._check_truth(self)
        secret: Any = self._secret
        return self._made(~secret)

    # Functions.

    def where(self, one: SharedScalar | Public, other: SharedScalar | Public) -> SharedScalar:
        """`one` where this truth value holds, else `other`; nobody learns which."""
        self._check_truth(self)
        condition: Any = self._secret
        return self._made(where(condition, self._operand(one), self._operand(other)))

    def minimum(self, other: SharedScalar | Public) -> SharedScalar:
        """The smaller of two."""
        return self._with(other, lambda x, y: x.minimum(y))

    def maximum(self, other: SharedScalar | Public) -> SharedScalar:
        """The greater of two."""
        return self._with(other, lambda x, y: x.maximum(y))

    def clip(self, low: Public, high: Public) -> SharedScalar:
        """Itself, but at least `low` and at most `high`."""
        if public(low, in_field=False) > public(high, in_field=False):
            raise misfit("low", f"{low} is above {high}")
        return self._made(self._secret.clip(self._operand(low), self._operand(high)))

    def relu(self) -> SharedScalar:
        """Itself where it is positive, else 0."""
        return self._made(self._secret.relu())

    def sigmoid(self) -> SharedScalar:
        """1 / (1 + e^-x)."""
        return self._made(self._secret.sigmoid())

    def tanh(self) -> SharedScalar:
        """The hyperbolic tangent."""
        return self._made(self._secret.tanh())

    def exp(self) -> SharedScalar:
        """e^x."""
        return self._made(self._secret.exp())

    def log(self) -> SharedScalar:
        """The natural logarithm, of a positive number."""
        return self._made(self._secret.log())

    def sqrt(self) -> SharedScalar:
        """The square root, of a positive number."""
        return self._made(self._secret.sqrt())

    def rsqrt(self) -> SharedScalar:
        """One over the square root, of a positive number."""
        return self._made(self._secret.rsqrt())

    def reciprocal(self) -> SharedScalar:
        """1 / x, of a positive number."""
        return self._made(self._secret.reciprocal())

    def polynomial(self, coefficients: Sequence[float]) -> SharedScalar:
        """coefficients[0] + coefficients[1] x + ..."""
        if not len(coefficients):
            raise misfit("coefficients", "there are none")
        return self._made(self._secret.polynomial(coefficients))

    # How these are asked for.

    def _made(self, secret: Secret) -> SharedScalar:
        return self._of(self._group, secret, self._machines)

    def _with(self, other: SharedScalar | Public, join: Callable[[Any, Any], Secret], role: Role = term) -> SharedScalar:
        return self._made(join(self._secret, self._operand(other, role)))

    def _logical(self, other: SharedScalar, join: Callable[[Any, Any], Secret]) -> SharedScalar:
        self._check_truth(self)
        self._check_truth(other)
        return self._made(join(self._secret, self._operand(other)))

    def _operand(self, other: SharedScalar | Public, role: Role = term) -> Any:  # noqa: ANN401 - what the operators of a secret take
        if not isinstance(other, SharedScalar):
            value = public(other, in_field=self.Q is not None)
            if isinstance(self._group, Group):
                role(value, self._group.format, real=self._kind is float)
            return value
        if other.owners != self.owners:
            raise misfit(
                "other", f"it is shared by {names(other._machines)}, and this by {names(self._machines)}: share both among the same"
            )
        if other._group is not self._group:
            raise misfit("other", f"{names(self._machines)} share it with {other._group.format}, and this with {self._group.format}")
        return other._secret

    @staticmethod
    def _check_truth(candidate: object) -> None:
        if not isinstance(candidate, SharedScalar) or candidate.kind is not bool:
            raise wrong_type("operand", "a shared truth value, as comparisons give", candidate)
