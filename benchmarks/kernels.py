"""Criterion's measurements of the Rust kernels, run and read back."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(__file__).resolve().parent / "rust"
COMPUTATION = "computation"
# There are over a hundred; medians do not gain from more.
SHORT = ("--warm-up-time", "0.5", "--measurement-time", "1.5")


@dataclass(frozen=True)
class Kernel:
    """One criterion benchmark.

    Attributes:
        name: group and function.
        seconds: median of an iteration.
        elements: what an iteration processes, if it says so.
        bytes: the same in bytes.
    """

    name: str
    seconds: float
    elements: int | None
    bytes: int | None

    @property
    def rate(self) -> str:
        """Throughput as people read it."""
        if self.bytes:
            return f"{self.bytes / self.seconds / 1e9:.2f} GB/s"
        if self.elements:
            rate = self.elements / self.seconds
            return f"{rate / 1e6:,.3g} M/s" if rate < 1e8 else f"{rate / 1e6:,.0f} M/s"
        return ""


def computations() -> list[Kernel]:
    """Runs the benchmark of computations over TLS and reads the medians."""
    return _run([COMPUTATION], COMPUTATION)


def run() -> list[Kernel]:
    """Runs all other criterion benchmarks and reads the medians."""
    return _run(sorted(path.stem for path in (FOLDER / "benches").glob("*.rs") if path.stem != COMPUTATION), "kernels")


def _run(benches: list[str], part: str) -> list[Kernel]:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    home = target / "criterion" / part
    chosen = [word for name in benches for word in ("--bench", name)]
    command = ["cargo", "bench", "--locked", "--target-dir", str(target), *chosen, "--", "--noplot", *SHORT]
    environment = dict(os.environ, CARGO_TERM_COLOR="never", CRITERION_HOME=str(home))
    subprocess.run(command, cwd=FOLDER, env=environment, check=True, timeout=1800)
    kernels = []
    for folder in sorted(home.rglob("new")):
        benchmark = json.loads((folder / "benchmark.json").read_text(encoding="utf-8"))
        estimates = json.loads((folder / "estimates.json").read_text(encoding="utf-8"))
        throughput = benchmark["throughput"] or {}
        kernels.append(
            Kernel(
                name=benchmark["full_id"],
                seconds=estimates["median"]["point_estimate"] / 1e9,
                elements=throughput.get("Elements"),
                bytes=throughput.get("Bytes"),
            )
        )
    return kernels
