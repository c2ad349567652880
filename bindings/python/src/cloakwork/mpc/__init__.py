"""Multi-party computation: several parties compute on numbers that none of them sees.

    from cloakwork import mpc

    with mpc.Session.local(parties=3) as session:
        salaries = session.share([5100.0, 4800.0, 6200.0])
        mine = session.share(5500.0, owner=1)
        print((salaries < mine).sum().open())

`Session.local(verified=True)` has fewer operations and catches parties that lie.

Over a network each party runs the same program; `Session.connect` takes the place of `Session.local`, and `cloakwork mpc` starts it.

For learning there are machines of one program, each with its own objects:

    from cloakwork.mpc import PrivateScalar, VirtualMachine

    alice, bob = VirtualMachine("alice"), VirtualMachine("bob")
    product = PrivateScalar(25, alice).share([bob]) * PrivateScalar(50, bob).share([alice])
    print(product.reconstruct(alice))

What it protects, against whom, and what everything costs is in docs/mpc.md.
"""

from cloakwork.mpc._base import BaseTransfers, Kept
from cloakwork.mpc._connection import serve
from cloakwork.mpc._kind import Kind
from cloakwork.mpc._message import Message
from cloakwork.mpc._network import Limits, Member, Network
from cloakwork.mpc._party import Cost, Format
from cloakwork.mpc._session import Explanation, Session
from cloakwork.mpc._tensor import Tensor, concatenate, stack, where
from cloakwork.mpc._trace import Step, Trace
from cloakwork.mpc._verified import VerifiedTensor
from cloakwork.mpc.machines import DomainError, MachineError, PrivateScalar, Share, SharedScalar, VirtualMachine

__all__ = [
    "BaseTransfers",
    "Cost",
    "DomainError",
    "Explanation",
    "Format",
    "Kept",
    "Kind",
    "Limits",
    "MachineError",
    "Member",
    "Message",
    "Network",
    "PrivateScalar",
    "Session",
    "Share",
    "SharedScalar",
    "Step",
    "Tensor",
    "Trace",
    "VerifiedTensor",
    "VirtualMachine",
    "concatenate",
    "serve",
    "stack",
    "where",
]
