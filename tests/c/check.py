"""Replays the test vectors through the C ABI, from C: plain, and with the address and undefined-behaviour sanitizers.

`python3 tests/c/check.py` builds what it needs. Its last line is `N passed, M failed`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
STRICT = ("-std=c99", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Wundef", "-Wshadow", "-Wstrict-prototypes", "-Werror")
BUILDS = {"plain": (), "sanitizers": ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")}
# What a program needs that links the static library (`rustc --print native-static-libs`).
SYSTEM_LIBRARIES = ("-lpthread", "-ldl", "-lm")


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False)


def replay(scratch: Path, flags: tuple[str, ...]) -> tuple[int, int, str]:
    """Checks that held and did not, and what was printed."""
    vectors, binary = scratch / "vectors.c", scratch / "replay"
    sources = [HERE / "replay.c", HERE / "noise.c", HERE / "transcript.c"]
    includes = [f"-I{HERE}", f"-I{ROOT / 'include'}", f'-DVECTORS="{vectors}"']
    library = [TARGET / "release" / "libcloakwork.a", *SYSTEM_LIBRARIES]
    for command in (
        ("cargo", "build", "--locked", "--release", "--package", "cloakwork-ffi"),
        (sys.executable, HERE / "generate.py", vectors),
        ("cc", *STRICT, *flags, *includes, *sources, "-o", binary, *library),
    ):
        result = run(*command)
        if result.returncode != 0:
            return 0, 1, result.stdout + result.stderr
    result = run(binary)
    counts = re.search(r"^(\d+) passed, (\d+) failed$", result.stdout, re.MULTILINE)
    passed, failed = (int(counts[1]), int(counts[2])) if counts else (0, 0)
    ended_badly = result.returncode != 0 and failed == 0
    return passed, failed + ended_badly, result.stdout + result.stderr


def main() -> int:
    """Replays in every build."""
    total, wrong = 0, 0
    for name, flags in BUILDS.items():
        with tempfile.TemporaryDirectory() as scratch:
            passed, failed, output = replay(Path(scratch), flags)
        if failed:
            print(f"{name}:\n{output}")
        total += passed
        wrong += failed
    print(f"{total} passed, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
