"""Builds the fuzz targets with the flags of cargo-fuzz and runs them: bounded in the tests, longer in a search for new inputs.

`python3 tools/fuzz.py` runs every target over its committed corpus and a fixed number of mutations of it, from a fixed seed.
`... search SECONDS [TARGET...]` lets each target look for inputs that reach new code, and keeps a small set of them.
cargo-fuzz itself works on the same folder, but is not needed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "fuzz"
CORPUS = FOLDER / "corpus"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "fuzz"
PLATFORM = "x86_64-unknown-linux-gnu"
COVERAGE = (
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Zsanitizer=address",
    "--cfg=fuzzing",
)
# Mutations of a target in the tests; targets whose input is a whole story take longer for each.
RUNS = 100_000
SLOW_RUNS = {
    "c_abi": 800,
    "private_vector": 20_000,
    "client_machine": 1_500,
    "server_machine": 1_000,
    "client_messages": 6_000,
    "server_messages": 1_000,
    "saved_state": 6_000,
}
# The longest input that the tests mutate, in bytes, and the memory that a target may take, in megabytes.
LONGEST_INPUT = 4096
MEMORY = 1024
# An input that takes longer than this is a failure, in seconds.
SLOWEST_INPUT = 25
LARGEST_COMMITTED_INPUT = 4096
MOST_COMMITTED_INPUTS = 30


def targets() -> list[str]:
    """The names of the targets."""
    return [target["name"] for target in tomllib.loads((FOLDER / "Cargo.toml").read_text(encoding="utf-8"))["bin"]]


def build() -> None:
    """Builds all targets, instrumented, with the address sanitizer."""
    cargo("build", "--bins")


def cargo(verb: str, *arguments: str) -> None:
    """Cargo with nightly and the instrumentation."""
    command = ["cargo", "+nightly", verb, "--locked", "--release", "--target", PLATFORM, "--target-dir", str(TARGET), *arguments]
    environment = {**os.environ, "RUSTFLAGS": " ".join(COVERAGE)}
    subprocess.run(command, cwd=FOLDER, env=environment, check=True, timeout=1200)


def program(target: str) -> Path:
    """The built target."""
    return TARGET / PLATFORM / "release" / target


def options(artifacts: Path, seed: int) -> list[str]:
    """What every run is limited by; seed 0 is a new one each time."""
    limits = [f"-max_len={LONGEST_INPUT}", f"-rss_limit_mb={MEMORY}", f"-timeout={SLOWEST_INPUT}"]
    return [*limits, f"-artifact_prefix={artifacts}/", f"-seed={seed}"]


def run(target: str) -> str | None:
    """One target over its corpus and a fixed number of mutations; what it printed if it failed."""
    corpus = CORPUS / target
    if not any(corpus.iterdir()):
        return "it has no corpus"
    artifacts = FOLDER / "artifacts" / target
    artifacts.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        runs = f"-runs={SLOW_RUNS.get(target, RUNS)}"
        # New inputs go to the first folder; the committed ones stay as they are.
        command: list[str | Path] = [program(target), scratch, corpus, runs, *options(artifacts, 1)]
        result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=600)
    return None if result.returncode == 0 else result.stderr[-4000:]


def test() -> int:
    """Every target once."""
    build()
    failed = 0
    names = targets()
    for target in names:
        trouble = run(target)
        print(f"{'FAIL' if trouble else 'ok'} {target}" + (f"\n{trouble}" if trouble else ""), flush=True)
        failed += trouble is not None
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


def keep(corpus: Path, found: list[Path]) -> int:
    """Leaves in the corpus the genuine inputs and some of those found, of all sizes; how many there are then."""
    small = [path for path in found if path.stat().st_size <= LARGEST_COMMITTED_INPUT]
    step = max(1, -(-len(small) // MOST_COMMITTED_INPUTS))
    contents = {path.name: path.read_bytes() for path in small[::step]}
    genuine = {path.name: path.read_bytes() for path in corpus.glob("genuine-*")}
    shutil.rmtree(corpus)
    corpus.mkdir()
    for name, content in {**contents, **genuine}.items():
        (corpus / name).write_bytes(content)
    return len({**contents, **genuine})


def search(seconds: int, chosen: list[str]) -> int:
    """Lets targets look for new inputs, then keeps inputs that together reach as much code, and the genuine ones."""
    build()
    cargo("run", "--quiet", "--example", "seeds", str(CORPUS))
    for target in chosen or targets():
        corpus = CORPUS / target
        corpus.mkdir(parents=True, exist_ok=True)
        artifacts = FOLDER / "artifacts" / target
        artifacts.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as found, tempfile.TemporaryDirectory() as kept:
            limits = [*options(artifacts, 0), f"-max_total_time={seconds}", "-reduce_inputs=1"]
            looked = subprocess.run(
                [program(target), found, corpus, *limits], capture_output=True, text=True, errors="replace", check=False
            )
            if looked.returncode != 0:
                print(looked.stderr[-4000:])
                return 1
            merge: list[str | Path] = [program(target), "-set_cover_merge=1", kept, found, corpus]
            subprocess.run(merge, capture_output=True, check=True, timeout=600)
            count = keep(corpus, sorted(Path(kept).iterdir(), key=lambda path: (path.stat().st_size, path.name)))
            print(f"{target}: {count} inputs", flush=True)
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["search"]:
        sys.exit(search(int(sys.argv[2]) if len(sys.argv) > 2 else 60, sys.argv[3:]))
    sys.exit(test())
