"""Machines of one program that compute on each other's numbers: the objects with which multi-party computation is learnt."""

from cloakwork.mpc.machines.machine import VirtualMachine
from cloakwork.mpc.machines.private import PrivateScalar
from cloakwork.mpc.machines.refusal import DomainError, MachineError
from cloakwork.mpc.machines.share import Share
from cloakwork.mpc.machines.shared import SharedScalar

__all__ = ["DomainError", "MachineError", "PrivateScalar", "Share", "SharedScalar", "VirtualMachine"]
