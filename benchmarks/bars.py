"""What the project holds itself to: for each number a bar, which has to be reached, and an aim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """One number.

    Attributes:
        what: what is measured.
        unit: of bar, aim and measurement.
        bar: has to be reached.
        aim: is gone for.
        more: whether more is better; less if not.
    """

    what: str
    unit: str
    bar: float
    aim: float
    more: bool = False

    def verdict(self, measured: float) -> str:
        """How the measurement stands to bar and aim."""
        sign = 1 if self.more else -1
        if sign * measured >= sign * self.aim:
            return "aim reached"
        return "bar reached" if sign * measured >= sign * self.bar else "NOT reached"


BARS = {
    "suite 2": Bar("mask added to a vector in cache, u32, suite 2", "GB/s", 12, 18, more=True),
    "suite 1": Bar("the same, suite 1, default build", "GB/s", 1.7, 4.4, more=True),
    "client": Bar("client: quantise, self mask, 99 pair masks, pack; 10^6 parameters", "ms", 60, 30),
    "nobody dropped": Bar("server: add, unmask, Shamir; n = 100, 10^6, nobody dropped", "ms", 200, 60),
    "10 % dropped": Bar("the same, 10 % dropped", "ms", 600, 250),
    "private client": Bar("private client: clip, rotate, round, noise, self mask, 99 pair masks, pack; 10^6, b = 18", "ms", 120, 120),
    "noise": Bar("discrete Gaussian, suite 2, the slowest sigma from 1 to 2^17", "M/s", 20, 60, more=True),
    "rotation": Bar("Walsh-Hadamard, f32, 2^20", "ms", 1.35, 0.8),
    "private mean": Bar("mean squared error of a private mean above central noise; n = 100, d = 250, b = 16", "%", 2, 2),
    "uplink": Bar("uplink bytes a parameter at b = 20", "bytes", 2.5, 2.5),
    "ring products": Bar("products of integers, 2 parties and their dealer over TLS on loopback", "M/s", 10, 20, more=True),
    "comparisons": Bar("the same, comparisons of integers of 64 bits", "M/s", 2, 5, more=True),
    "real products": Bar("the same, products of real numbers", "M/s", 4, 4, more=True),
    "sequential": Bar("the same, products one after the other", "k/s", 20, 20, more=True),
    "triples": Bar("triples by oblivious transfer, 2 parties in threads, suite 2", "k/s", 50, 50, more=True),
    "model": Bar("logistic regression of 2 hospitals, 140 steps of 32 rows, in processes over TLS", "s", 1, 1),
    "C++": Bar("what C++ adds to C: masking 10^6 parameters, n = 100", "%", 3, 3),
    "R": Bar("the same, R", "%", 3, 3),
    "firmware flash": Bar("client on Cortex-M4, suite 1, 16 neighbours: flash", "KiB", 32, 28),
    "firmware memory": Bar("the same: memory beside the vector", "KiB", 8, 6),
}


def rows(measured: Mapping[str, float]) -> Sequence[Sequence[str]]:
    """A row for each number that was measured."""
    return [
        [bar.what, f"{measured[name]:,.4g} {bar.unit}", f"{bar.bar:g}", f"{bar.aim:g}", bar.verdict(round(measured[name], 2))]
        for name, bar in BARS.items()
        if name in measured
    ]
