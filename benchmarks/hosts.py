"""What C++ and R cost over C: one vector masked through the host and by the C interface, in turns within one process."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CPP = ROOT / "bindings" / "cpp"
sys.path.insert(0, str(ROOT / "tests" / "r"))

import overhead  # noqa: E402

BUILD_SECONDS = 1800
HEAD = ("host", "members", "C", "host", "cost over C", "middle half of the pairs")


@dataclass(frozen=True)
class Cost:
    """A host beside C on one number of members.

    Attributes:
        host: its name.
        members: of the run; a client adds as many masks.
        pairs: milliseconds by the C interface and through the host, one after the other.
    """

    host: str
    members: int
    pairs: Sequence[overhead.Pair]

    @property
    def ratios(self) -> list[float]:
        """Of each pair."""
        return [other / c for c, other in self.pairs]

    @property
    def percent(self) -> float:
        """The median of what the host adds."""
        return 100 * (statistics.median(self.ratios) - 1)

    @property
    def row(self) -> tuple[str, ...]:
        """For the table of the page."""
        low, _, high = (100 * (ratio - 1) for ratio in statistics.quantiles(self.ratios, n=4))
        c, other = (statistics.median(times) for times in zip(*self.pairs, strict=True))
        return (self.host, str(self.members), f"{c:.2f} ms", f"{other:.2f} ms", f"{self.percent:+.1f} %", f"{low:+.1f} to {high:+.1f} %")


def run() -> list[Cost]:
    """Builds both hosts against one installed library, and measures them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prefix = folder / "prefix"
        _build(sys.executable, ROOT / "tools" / "install.py", "--prefix", prefix)
        costs = [
            Cost(host, members, overhead.pairs([program], members, {}))
            for host, program in (("C++", _cpp(prefix, folder)), ("C++, mask_into", _cpp(prefix, folder, "-DOVERHEAD_INTO")))
            for members in overhead.MEMBERS
        ]
        through_r = overhead.through_r(prefix, _r(prefix, folder))
    return costs + [Cost("R", members, pairs) for members, pairs in through_r.items()]


def _cpp(prefix: Path, folder: Path, *options: str) -> str:
    program = folder / "-".join(("overhead", *options))
    library = (prefix / "lib" / "libcloakwork.a", *overhead.SYSTEM_LIBRARIES)
    _build("g++", "-std=c++17", "-O2", *options, f"-I{prefix / 'include'}", CPP / "bench" / "overhead.cpp", "-o", program, *library)
    return str(program)


def _r(prefix: Path, folder: Path) -> dict[str, str]:
    """The R package in a library of its own; the environment in which R finds it."""
    library = folder / "r-library"
    library.mkdir()
    given = {**os.environ, "CLOAKWORK_PREFIX": str(prefix)}
    command = ("R", "CMD", "INSTALL", "--no-docs", "--no-test-load", f"--library={library}", ROOT / "bindings" / "r")
    _build(*command, environment=given)
    return {"R_LIBS": str(library)}


def _build(*command: str | Path, environment: dict[str, str] | None = None) -> None:
    words = [str(word) for word in command]
    result = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=BUILD_SECONDS, env=environment, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} ended with {result.returncode}\n{result.stdout}{result.stderr}")
