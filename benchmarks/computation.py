"""Multi-party computation: ours between processes over TLS beside MPyC between processes without, and a joint model of two hospitals."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cloakwork import mpc

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "examples" / "python" / "mpc"))

import table  # noqa: E402
import tumours  # noqa: E402

PARTIES = 3
LIMIT_SECONDS = 600
FORMAT = mpc.Format(rounding="dithered")
_SEED = 5


@dataclass(frozen=True)
class Work:
    """Something that both systems do.

    Attributes:
        name: as in peers/mpyc_work.py.
        count: elements for ours with a dealer, ours without, and MPyC: about a second of each.
        run: it with ours, on two tensors.
        dtype: of their elements.
    """

    name: str
    count: tuple[int, int, int]
    run: Callable[[mpc.Tensor, mpc.Tensor], mpc.Tensor]
    dtype: type


WORK = (
    Work("products of integers", (1_000_000, 50_000, 100_000), lambda one, other: one * other, int),
    Work("products of real numbers", (500_000, 20_000, 2_000), lambda one, other: one * other, float),
    Work("comparisons of real numbers", (200_000, 5_000, 1_000), lambda one, other: one < other, float),
    Work("divisions", (20_000, 500, 100), lambda one, other: one / other, float),
)
CHAIN = "products one after the other"
CHAIN_COUNT = (2_000, 200, 500)


def _of_arrays(work: Work, count: int) -> table.Program:
    def program(session: mpc.Session) -> float:
        draw = np.random.default_rng([_SEED, count])
        numbers = draw.uniform(-100, 100, count), draw.uniform(1, 100, count)
        given = [session.share(np.rint(one) if work.dtype is int else one, 0, work.dtype) for one in numbers]
        session.run()
        start = time.perf_counter()
        work.run(*given)
        session.run()
        return time.perf_counter() - start

    return program


def _one_by_one(count: int) -> table.Program:
    def program(session: mpc.Session) -> float:
        value, factor = session.share(1), session.share(-1)
        session.run()
        start = time.perf_counter()
        for _ in range(count):
            value = value * factor
            session.run()
        return time.perf_counter() - start

    return program


@dataclass(frozen=True)
class Compared:
    """Elements a second of one piece of work.

    Attributes:
        name: of the work.
        dealer: ours with a dealer.
        alone: ours without.
        mpyc: MPyC; None where it failed.
    """

    name: str
    dealer: float
    alone: float
    mpyc: float | None


def beside_mpyc(say: Callable[[str], object]) -> list[Compared]:
    """The same work by both, one after the other."""
    say("MPyC")
    theirs = _mpyc([(work.name, work.count[2]) for work in WORK] + [(CHAIN, CHAIN_COUNT[2])])
    found = []
    for name, counts, make in [
        *((work.name, work.count, lambda count, work=work: _of_arrays(work, count)) for work in WORK),
        (CHAIN, CHAIN_COUNT, _one_by_one),
    ]:
        say(name)
        rates = [
            count / table.connected(make(count), PARTIES, FORMAT, dealer=dealer)[0]
            for count, dealer in zip(counts, (True, False), strict=False)
        ]
        found.append(Compared(name, rates[0], rates[1], theirs.get(name)))
    return found


def _mpyc(wanted: list[tuple[str, int]]) -> dict[str, float]:
    program = ROOT / "benchmarks" / "peers" / "mpyc_work.py"
    command = [sys.executable, str(program), f"-M{PARTIES}", "--no-log"]
    environment = {**os.environ, "MPYC_WORK": json.dumps(wanted)}
    result = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS, env=environment, check=False)
    lines = [line for line in result.stdout.splitlines() if line.startswith("[[")]
    return {name: count / seconds for name, count, seconds in json.loads(lines[-1])} if lines else {}


def versions() -> str:
    """Of the peers, and why one is not there."""
    said = [f"MPyC {importlib.metadata.version('mpyc')}"]
    try:
        said.append(f"CrypTen {importlib.metadata.version('crypten')}")
    except importlib.metadata.PackageNotFoundError as error:
        said.append(f"CrypTen is not measured: {error}")
    return "; ".join(said)


@dataclass(frozen=True)
class Model:
    """The logistic regression of examples/python/mpc/tumours.py between two processes and a dealer.

    Attributes:
        seconds: sharing the rows, 140 steps, opening the weights.
        right: test rows judged rightly.
        in_the_open: the same by the model of the same steps in the open.
        rows: of the test.
    """

    seconds: float
    right: int
    in_the_open: int
    rows: int


def model() -> Model:
    """Trains it."""
    rows, test = tumours.hospitals(2)
    made = table.connected(lambda session: tumours.model(session, rows), 2, FORMAT)
    expected = tumours.train_in_the_open(rows, made.mean, made.deviation)
    found, plain = (int(tumours.right(one, test, made.mean, made.deviation).sum()) for one in (made.weights, expected))
    return Model(made.seconds, found, plain, len(test))
