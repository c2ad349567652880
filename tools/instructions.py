"""Counts instructions of the core's kernels under callgrind and compares them with tests/callgrind/baseline.json.

`python3 tools/instructions.py` fails when a count is above the baseline by more than the tolerance; `... write` makes the present
counts the baseline. Compilers differ, so with another rustc than the baseline's the tolerance is wider.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import valgrind

ROOT = Path(__file__).resolve().parent.parent
BASELINE = ROOT / "tests" / "callgrind" / "baseline.json"
TOLERANCE = 0.03
OTHER_COMPILER_TOLERANCE = 0.25


def compiler() -> str:
    """The version of rustc."""
    return subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True, timeout=60).stdout.split()[1]


def counts() -> dict[str, int]:
    """Instructions by case."""
    program = valgrind.build("cloakwork-instructions")
    folder = valgrind.folder() / "callgrind"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    options = ["--tool=callgrind", "--collect-atstart=no", f"--callgrind-out-file={folder / 'out'}"]
    result = subprocess.run(["valgrind", *options, program], capture_output=True, text=True, check=False, timeout=900)
    if result.returncode != 0:
        raise RuntimeError(result.stdout + result.stderr)
    found = {}
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8")
        name = re.search(r"^desc: Trigger: Client Request: (.+)$", text, re.MULTILINE)
        total = re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
        if name and total:
            found[name[1]] = int(total[1])
    return dict(sorted(found.items()))


def compare(found: dict[str, int], expected: dict[str, int], tolerance: float) -> list[str]:
    """What is wrong: counts that rose, cases that came or went."""
    problems = [f"{name}: not in the baseline" for name in found.keys() - expected.keys()]
    problems += [f"{name}: not counted any more" for name in expected.keys() - found.keys()]
    for name in found.keys() & expected.keys():
        change = found[name] / expected[name] - 1
        if change > tolerance:
            problems.append(f"{name}: {found[name]} instructions, {change:+.1%} over {expected[name]}")
    return sorted(problems)


def main() -> int:
    """Compares, or writes the baseline."""
    found = counts()
    if not found:
        print("callgrind counted nothing")
        print("0 passed, 1 failed")
        return 1
    if sys.argv[1:] == ["write"]:
        BASELINE.write_text(json.dumps({"rustc": compiler(), "instructions": found}, indent=2) + "\n", encoding="utf-8")
        return 0
    baseline = json.loads(BASELINE.read_text(encoding="utf-8"))
    same = baseline["rustc"] == compiler()
    tolerance = TOLERANCE if same else OTHER_COMPILER_TOLERANCE
    print(f"tolerance {tolerance:.0%}: the baseline is of rustc {baseline['rustc']}, this is {compiler()}")
    for name, count in found.items():
        before = baseline["instructions"].get(name)
        print(f"{name}: {count}" + (f" ({count / before - 1:+.2%})" if before else ""))
    problems = compare(found, baseline["instructions"], tolerance)
    for problem in problems:
        print(f"FAIL {problem}")
    checks = len(found.keys() | baseline["instructions"].keys())
    print(f"{checks - len(problems)} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
