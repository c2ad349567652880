"""Machines, by name, and what each of them holds."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from cloakwork.mpc.machines.refusal import wrong_type

if TYPE_CHECKING:
    from cloakwork.mpc._trace import Trace
    from cloakwork.mpc.machines.private import PrivateScalar
    from cloakwork.mpc.machines.share import Share


class VirtualMachine:
    """A machine of one party, in this program.

    Args:
        name: how it is shown.
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise wrong_type("name", "a string", name)
        self._name = name
        # Weak: a machine lists what somebody can still reach, and keeps nothing by listing it.
        self._objects: WeakValueDictionary[int, PrivateScalar | Share] = WeakValueDictionary()
        self._numbers = itertools.count()

    @property
    def name(self) -> str:
        """How it is shown."""
        return self._name

    @property
    def objects(self) -> list[PrivateScalar | Share]:
        """Its private scalars and its shares that are alive, in the order in which they came."""
        return [held for _, held in sorted(self._objects.items(), key=lambda item: item[0])]

    def trace(self) -> Trace:
        """While its block lasts, all that this machine sees: its shares, and the messages that it sends and gets.

        Operations run one by one then, so that each has its messages by itself.
        """
        from cloakwork.mpc._trace import Trace

        return Trace(self)

    def __repr__(self) -> str:
        return "\n".join([f"VirtualMachine({self._name!r})", *(f"    {held!r}" for held in self.objects)])

    def _hold(self, held: PrivateScalar | Share) -> None:
        self._objects[next(self._numbers)] = held


def machine(argument: str, candidate: object) -> VirtualMachine:
    """A machine, and nothing else.

    Raises:
        ArgumentTypeError: it is something else.
    """
    if not isinstance(candidate, VirtualMachine):
        raise wrong_type(argument, "a VirtualMachine", candidate)
    return candidate
