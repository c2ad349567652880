"""Machines that compute together: each set of them has one session, for as long as anything in it is alive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, MutableMapping
from typing import ClassVar, TypeVar
from weakref import WeakValueDictionary

from cloakwork.mpc._party import Format
from cloakwork.mpc._session import Session
from cloakwork.mpc.machines.machine import VirtualMachine, machine
from cloakwork.mpc.machines.refusal import misfit, wrong_type

FEWEST = 2
Key = tuple[frozenset[VirtualMachine], Format]


def names(machines: Iterable[VirtualMachine]) -> str:
    """How machines are listed in messages."""
    return ", ".join(machine.name for machine in machines)


def distinct(argument: str, candidates: object) -> list[VirtualMachine]:
    """Machines, each of them once.

    Raises:
        MachineError: one of them comes twice.
    """
    if isinstance(candidates, str | VirtualMachine) or not isinstance(candidates, Iterable):
        raise wrong_type(argument, "a list of machines", candidates)
    machines = [machine(argument, candidate) for candidate in candidates]
    twice = [found for found, times in Counter(machines).items() if times > 1]
    if twice:
        raise misfit(argument, f"{names(twice)} is there more than once; each machine holds one share")
    return machines


Found = TypeVar("Found")
Rules = TypeVar("Rules", bound=Hashable)


def together(
    living: MutableMapping[tuple[frozenset[VirtualMachine], Rules], Found],
    machines: Iterable[VirtualMachine],
    rules: Rules,
    make: Callable[[tuple[VirtualMachine, ...], Rules], Found],
) -> Found:
    """What machines, in whatever order, have in common under these rules; it is made if nothing of it is alive.

    Raises:
        MachineError: a machine alone, which would share with nobody.
    """
    listed = tuple(machines)
    if len(listed) < FEWEST:
        raise misfit("machines", f"{names(listed) or 'nobody'} alone hides nothing: sharing takes another machine")
    key = (frozenset(listed), rules)
    found = living.get(key)
    if found is None:
        found = living[key] = make(listed, rules)
    return found


class Group:
    """A session of machines. The dealer of its correlated randomness is none of them.

    Attributes:
        machines: in the order of the parties of the session.
        session: the computation of which each machine is a party.
        format: how real numbers are written.
    """

    _living: ClassVar[WeakValueDictionary[Key, Group]] = WeakValueDictionary()

    def __init__(self, machines: tuple[VirtualMachine, ...], form: Format) -> None:
        self.machines = machines
        self.format = form
        self._places = {found: place for place, found in enumerate(machines)}
        self.session = Session.local(len(machines), fraction=form.fraction, bits=form.bits, rounding=form.rounding)
        self.session._participants = machines

    @classmethod
    def of(cls, machines: Iterable[VirtualMachine], form: Format) -> Group:
        """The group of these machines, in whatever order.

        Raises:
            MachineError: a machine alone, which would share with nobody.
        """
        return together(cls._living, machines, form, cls)

    def place(self, found: VirtualMachine) -> int | None:
        """Which party of the session a machine is; None for one that takes no part."""
        return self._places.get(found)

    def __repr__(self) -> str:
        return f"<Group of {names(self.machines)}>"
