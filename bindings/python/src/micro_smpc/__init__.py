"""The names of MicroSMPC, over the engine of `cloakwork.mpc`. What is different is in docs/micro-smpc.md."""

from cloakwork.mpc.machines import PrivateScalar, Share, SharedScalar, VirtualMachine

__all__ = ["PrivateScalar", "Share", "SharedScalar", "VirtualMachine"]
