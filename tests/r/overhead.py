"""Masks a vector through R and through C, in turns, and says what R costs.

`python tests/r/overhead.py PREFIX` takes an installed library (static, with its header); R finds the package in its own library.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LENGTH = 1_000_000
MEMBERS = (3, 17, 100)
TURNS = 4
ROUNDS = 12
SYSTEM_LIBRARIES = ("-lpthread", "-ldl", "-lm")


def program(prefix: Path, folder: Path) -> Path:
    """The C program, linked with the static library."""
    made = folder / "overhead"
    source = HERE / "overhead.c"
    library = prefix / "lib" / "libcloakwork.a"
    command = [
        "cc",
        "-O2",
        "-std=c11",
        "-D_POSIX_C_SOURCE=200809L",
        f"-I{prefix / 'include'}",
        source,
        library,
        *SYSTEM_LIBRARIES,
        "-o",
        made,
    ]
    subprocess.run(command, check=True, timeout=300)
    return made


def times(command: list[str], environment: dict[str, str]) -> list[float]:
    """Milliseconds of each round."""
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600, env={**os.environ, **environment})
    return [float(line) / 1e6 for line in result.stdout.split()]


def report(prefix: Path, environment: dict[str, str]) -> str:
    """A line for each number of members: the least time of each host, and the ratio."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        made = program(prefix, Path(folder))
        for members in MEMBERS:
            options = [str(LENGTH), str(members), str(ROUNDS)]
            c: list[float] = []
            r: list[float] = []
            for _ in range(TURNS):
                c += times([str(made), *options], {})
                r += times(["Rscript", "--vanilla", str(HERE / "overhead.R"), *options], environment)
            lines.append(
                f"masking {LENGTH:,} values, {members} members: C {min(c):.2f} ms, R {min(r):.2f} ms, {100 * (min(r) / min(c) - 1):+.1f} % "
                f"(medians {sorted(c)[len(c) // 2]:.2f} and {sorted(r)[len(r) // 2]:.2f})"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    print(report(Path(sys.argv[1]), {}))
