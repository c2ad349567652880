"""What a firmware may cost: limits that the check holds it to. They are deterministic, up to a tick of the clock for each message."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LIMITS", "PANICS", "Limit"]


@dataclass(frozen=True)
class Limit:
    """Largest numbers of a client in a run with 16 neighbours and 1,000 values (Cortex-M4) or with four and 40 (Cortex-M0).

    Attributes:
        flash: bytes of program and constants.
        memory: bytes of variables and of the deepest stack, the vector not counted.
        setup: instructions of set-up.
        round: instructions of a round without dropouts.
    """

    flash: int
    memory: int
    setup: int
    round: int


LIMITS = {
    "c": Limit(flash=48_400, memory=8_192, setup=146_000_000, round=7_300_000),
    "rust": Limit(flash=44_900, memory=9_950, setup=147_000_000, round=7_700_000),
    "c-m0": Limit(flash=54_000, memory=8_250, setup=190_000_000, round=2_550_000),
    "rust-m0": Limit(flash=49_300, memory=10_300, setup=191_000_000, round=2_550_000),
}

# Where a bug would be noticed. They stand behind checks that compilers do not see through, most of them in crates of the ciphers.
PANICS = frozenset(
    {
        "core::panicking::panic_bounds_check",
        "core::panicking::panic_const::panic_const_div_by_zero",
        "core::panicking::panic_fmt",
        "core::slice::copy_from_slice_impl::len_mismatch_fail",
    }
)
