"""Work of several parties in MPyC, each in a process of its own, over loopback without TLS: `MPYC_WORK=... python mpyc_work.py -M3`.

MPYC_WORK is JSON: a list of names, of those below, with counts. Party 0 prints a line of JSON: the seconds of each.
Inputs are shared before the clock starts.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from mpyc.runtime import mpc

_SEED = 5

# Numbers of 32 bits, of which 16 are after the point, and whole ones of 32 bits: what MPyC is made for; its fields for 64 bits are slower.
FIXED = mpc.SecFxp(32, 16)
WHOLE = mpc.SecInt(32)


def shared(kind: Any, count: int, low: float, high: float) -> Any:  # noqa: ANN401 - MPyC has no types
    """Numbers of party 0."""
    numbers = np.random.default_rng([_SEED, count]).uniform(low, high, count)
    return mpc.input(kind.array(np.rint(numbers).astype(int) if kind is WHOLE else numbers), senders=0)


async def one_by_one(count: int) -> float:
    """Products, each of which needs the one before."""
    value, factor = mpc.input(WHOLE(1), senders=0), mpc.input(WHOLE(-1), senders=0)
    await mpc.gather(value, factor)
    start = time.perf_counter()
    for _ in range(count):
        value = value * factor
        await mpc.gather(value)
    return time.perf_counter() - start


async def of_arrays(kind: Any, count: int, work: Callable[[Any, Any], Any]) -> float:  # noqa: ANN401
    """One operation on two arrays."""
    one, other = shared(kind, count, -100, 100), shared(kind, count, 1, 100)
    await mpc.gather(one, other)
    start = time.perf_counter()
    await mpc.gather(work(one, other))
    return time.perf_counter() - start


WORK: dict[str, Callable[[int], Any]] = {
    "products of integers": lambda count: of_arrays(WHOLE, count, lambda one, other: one * other),
    "products of real numbers": lambda count: of_arrays(FIXED, count, lambda one, other: one * other),
    "comparisons of real numbers": lambda count: of_arrays(FIXED, count, lambda one, other: one < other),
    "divisions": lambda count: of_arrays(FIXED, count, lambda one, other: one / other),
    "products one after the other": one_by_one,
}


async def main(wanted: list[tuple[str, int]]) -> None:
    """All that is wanted."""
    await mpc.start()
    found = [(name, count, await WORK[name](count)) for name, count in wanted]
    await mpc.shutdown()
    if mpc.pid == 0:
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    # MPyC starts the other parties when it is imported: arguments and input would not reach them as they are.
    mpc.run(main(json.loads(os.environ["MPYC_WORK"])))
