"""Masks a vector through R and through C, in turns within one process, and says what R costs.

`python tests/r/overhead.py PREFIX` takes an installed library (static, with its header); R finds the package in its own library.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
LENGTH = 1_000_000
MEMBERS = (3, 17, 100)
PAIRS = 40
SYSTEM_LIBRARIES = ("-lpthread", "-ldl", "-lm")
# glibc keeps what is freed: otherwise whoever comes first after memory went back to the kernel pays for some 1,200 page faults.
ALLOCATOR = {"MALLOC_TRIM_THRESHOLD_": str(1 << 30), "MALLOC_MMAP_THRESHOLD_": str(1 << 30)}

# Milliseconds through C and through the other host.
Pair = tuple[float, float]


def probe(prefix: Path, folder: Path) -> Path:
    """overhead.c for R to load, with the same static library as the package."""
    made = folder / "overhead.so"
    libraries = (str(prefix / "lib" / "libcloakwork.a"), *SYSTEM_LIBRARIES)
    source = folder / "overhead.c"
    source.write_bytes((HERE / "overhead.c").read_bytes())
    environment = {**os.environ, "PKG_CPPFLAGS": f"-I{prefix / 'include'}"}
    command: list[str | Path] = ["R", "CMD", "SHLIB", "-o", made, source, *libraries]
    subprocess.run(command, check=True, capture_output=True, timeout=300, env=environment)
    return made


def pairs(command: list[str], members: int, environment: dict[str, str]) -> list[Pair]:
    """What a program measures that takes the length, the members and the number of pairs, and prints a line for each pair."""
    words = [*command, str(LENGTH), str(members), str(PAIRS)]
    given = {**os.environ, **environment, **ALLOCATOR}
    result = subprocess.run(words, capture_output=True, text=True, check=True, timeout=900, env=given)
    found = [tuple(map(float, line.split())) for line in result.stdout.splitlines()]
    return [(c, other) for c, other in found]


def through_r(prefix: Path, environment: dict[str, str]) -> dict[int, list[Pair]]:
    """The pairs for each number of members."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["Rscript", "--vanilla", str(HERE / "overhead.R"), str(probe(prefix, Path(folder)))]
        return {members: pairs(command, members, environment) for members in MEMBERS}


def report(prefix: Path, environment: dict[str, str]) -> str:
    """A line for each number of members: the least and the median time of each host, and the median of the ratios of the pairs."""
    lines = []
    for members, measured in through_r(prefix, environment).items():
        c, r = [pair[0] for pair in measured], [pair[1] for pair in measured]
        cost = median(through_r / through_c for through_c, through_r in measured) - 1
        lines.append(
            f"masking {LENGTH:,} values, {members} members: C {min(c):.2f} to {median(c):.2f} ms, R {min(r):.2f} to {median(r):.2f} ms "
            f"(least, median); median cost of R over C {100 * cost:+.1f} %"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(report(Path(sys.argv[1]), {}))
