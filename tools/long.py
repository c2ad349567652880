"""`make test-long`: searches that take too long for every day. Writes what they found, with the date, into tests/long/RESULTS.md.

Fuzz targets look for new inputs from a new seed, properties are tried on many more inputs, Miri runs all unit tests of core, and tests that
are ignored for their length run. `python3 tools/long.py MINUTES` gives each fuzz target so many minutes; 5 if not said.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import fuzz
from runner import CommandFailure, Count, Log, count_cargo
from stages import CORE, MIRI

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "tests" / "long" / "RESULTS.md"
PROPERTY_CASES = 2_000
LIMIT_SECONDS = 4 * 3600.0


@dataclass(frozen=True)
class Finding:
    """What a search did and found."""

    name: str
    extent: str
    seconds: float
    failure: str | None


def timed(name: str, search: Callable[[], tuple[str, str | None]]) -> Finding:
    """Runs a search, which says how far it went and what failed."""
    start = time.monotonic()
    extent, failure = search()
    finding = Finding(name, extent, time.monotonic() - start, failure)
    print(f"{'FAIL' if failure else 'ok':<5}{name:<44}{finding.seconds:8.0f} s   {extent}", flush=True)
    if failure:
        print(failure, flush=True)
    return finding


def log(name: str, **variables: str) -> Log:
    """The log of a search."""
    environment = {**os.environ, "CARGO_TERM_COLOR": "never", **variables}
    return Log(ROOT / "build" / "logs" / f"long-{name}.log", ROOT, environment, LIMIT_SECONDS)


def cargo_tests(name: str, *command: str, **variables: str) -> tuple[str, str | None]:
    """Runs tests with cargo; the ones that are ignored for length count as run only where they are asked for."""
    record = log(name, **variables)
    try:
        count = count_cargo(record.run("cargo", *command), "")
    except CommandFailure as failure:
        count = count_cargo(failure.output, "")
        return f"{count.passed} tests", f"{failure}\n{record.tail()}"
    return f"{count.passed} tests", None if count != Count() else "no test ran"


def properties() -> tuple[str, str | None]:
    """The properties of the Rust tests, on many inputs each where the test does not fix the number."""
    extent, failure = cargo_tests(
        "properties", "test", "--locked", "--release", "--workspace", "--all-features", PROPTEST_CASES=str(PROPERTY_CASES)
    )
    return f"{extent}, properties on up to {PROPERTY_CASES} inputs", failure


def ignored() -> tuple[str, str | None]:
    """The tests that say `make test-long`."""
    return cargo_tests("ignored", "test", "--locked", "--release", "--workspace", "--all-features", "--", "--ignored")


def interpreted() -> tuple[str, str | None]:
    """All unit tests of core under Miri."""
    return cargo_tests("miri", "+nightly", "miri", "test", "--locked", *CORE, "--features", "alloc", "--lib", **MIRI)


def fuzzed(target: str, minutes: float, seed: int) -> Finding:
    """One target from a new seed."""

    def search() -> tuple[str, str | None]:
        artifacts = fuzz.FOLDER / "artifacts" / target
        artifacts.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as found:
            limits = [*fuzz.options(artifacts, seed), f"-max_total_time={int(60 * minutes)}", "-print_final_stats=1"]
            command: list[str | Path] = [fuzz.program(target), found, fuzz.CORPUS / target, *limits]
            result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=LIMIT_SECONDS)
        runs = next((line.split()[-1] for line in result.stderr.splitlines() if "number_of_executed_units" in line), "?")
        return f"{runs} inputs from seed {seed}", None if result.returncode == 0 else result.stderr[-4000:]

    return timed(f"fuzz {target}", search)


def report(findings: list[Finding]) -> str:
    """The text of RESULTS.md."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    date = datetime.now(UTC).date().isoformat()
    rows = [f"| {f.name} | {f.extent} | {f.seconds:.0f} s | {'failed' if f.failure else 'nothing found'} |" for f in findings]
    lines = [
        "# Longer searches",
        "",
        "Written by `make test-long`; the last run stands here.",
        "",
        f"{date}, commit {commit}, {rustc}, {platform.machine()}.",
        "",
        "| search | extent | time | result |",
        "| --- | --- | --- | --- |",
        *rows,
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Runs the searches, two fuzz targets at a time."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    seed = int(time.time()) & 0xFFFF_FFFF
    fuzz.build()
    with ThreadPoolExecutor(2) as pool:
        findings = list(pool.map(lambda target: fuzzed(target, minutes, seed), fuzz.targets()))
    findings.append(timed("properties", properties))
    if "make test-long" in "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("*/tests/**/*.rs")):
        findings.append(timed("ignored tests", ignored))
    findings.append(timed("Miri, all unit tests of core", interpreted))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(report(findings), encoding="utf-8")
    failed = sum(finding.failure is not None for finding in findings)
    print(f"{len(findings) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
