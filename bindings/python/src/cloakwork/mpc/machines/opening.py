"""What becomes known of a shared number, and to whom."""

from __future__ import annotations

import numpy as np

from cloakwork.mpc._kind import Kind
from cloakwork.mpc._tensor import Tensor
from cloakwork.mpc.machines.group import Group
from cloakwork.mpc.machines.machine import VirtualMachine
from cloakwork.mpc.machines.prime import Field, Residue


def opened(group: Group | Field, secret: Tensor | Residue, receiver: VirtualMachine) -> bool | int | float:
    """A shared number at one machine; the others learn nothing.

    One that takes part gets it from the session. One that does not gets a share from each machine, made uniform before by sharings of
    zero of all of them, so that it learns no more than the sum (docs/mpc.md section 11).
    """
    if isinstance(secret, Residue):
        return secret.field.open(secret, receiver)
    assert isinstance(group, Group)  # noqa: S101 - tensors are of groups
    place = group.place(receiver)
    if place is not None:
        found: bool | int | float = secret.open(to=place)[place].item()
        return found
    kind = secret.kind
    number = secret.astype(int) if kind == Kind.BIT else secret
    zero = 0.0 if kind == Kind.REAL else 0
    for owner in range(len(group.machines)):
        number = number + group.session.share(zero, owner=owner)
    words = number.shares()
    group.session._hand_out(words, receiver)
    total = int(np.sum(np.concatenate(words), dtype=np.uint64).view(np.int64))
    if kind == Kind.REAL:
        return float(total * 2.0**-group.format.fraction)
    return bool(total) if kind == Kind.BIT else total
