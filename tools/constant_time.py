"""Runs tests/ct under memcheck and judges its reports: planted leaks must be there, declassified places may be, nothing else.

See tests/ct/src/main.rs for the method and tests/ct/declassified.toml for the places.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import valgrind

ROOT = Path(__file__).resolve().parent.parent
DECLASSIFIED = ROOT / "tests" / "ct" / "declassified.toml"
PLANTED = "planted: "


@dataclass(frozen=True)
class Place:
    """Where memcheck reported: a source line, and the library files inlined between it and the instruction."""

    file: str
    line: str
    through: tuple[str, ...] = ()

    def __str__(self) -> str:
        inside = f" through {', '.join(self.through)}" if self.through else ""
        return f"{self.file}: {self.line}{inside}"


@dataclass
class Case:
    """One case: how often memcheck complained, and the new complaints: place, instruction, call."""

    name: str
    reports: int = 0
    seen: list[tuple[Place, str, str]] = field(default_factory=list)


def source_name(path: Path) -> str:
    """A path in a form that is the same on every machine: crate and file for what is in a registry."""
    text = str(path)
    registry = re.search(r"/registry/src/[^/]+/([\w-]+?)-\d[^/]*/(.*)", text)
    if registry:
        return f"{registry[1]}/{registry[2]}"
    library = re.search(r"(?:^|/)(library/.*)", text)
    if library:
        return library[1]
    try:
        return str(path.resolve().relative_to(ROOT))
    except ValueError:
        return path.name


def place(frames: list[ET.Element]) -> Place:
    """The innermost line whose source can be read, and the library files passed on the way to it."""
    through: list[str] = []
    for frame in frames:
        path = Path(frame.findtext("dir") or "", frame.findtext("file") or "")
        name = source_name(path)
        if name.startswith("library/") or not path.is_file():
            through.append(name)
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        number = int(frame.findtext("line") or "0")
        text = lines[number - 1].strip() if 0 < number <= len(lines) else ""
        return Place(name, text, tuple(through))
    return Place("no source", "", tuple(through))


def read(report: Path) -> list[Case]:
    """The cases of an XML report of memcheck, in order."""
    cases: list[Case] = []
    for element in ET.parse(report).getroot():
        if element.tag == "clientmsg":
            word, _, rest = (element.findtext("text") or "").strip().partition(" ")
            if word == "case":
                cases.append(Case(rest))
            elif word == "reports":
                cases[-1].reports = int(rest)
        elif element.tag == "error":
            frames = list(element.iter("frame"))
            instruction = frames[0].findtext("ip") or ""
            # Names and lines of all frames, inlined ones too, tell one call from another.
            call = "/".join(f"{frame.findtext('fn')}:{frame.findtext('line')}" for frame in frames)
            if not cases:
                cases.append(Case("before the first case", reports=1))
            cases[-1].seen.append((place(frames), instruction, call))
    return cases


def judge(cases: list[Case], entries: list[dict[str, object]]) -> tuple[int, list[str]]:
    """How many checks were made, and what is wrong."""
    problems: list[str] = []
    allowed = {Place(str(e["file"]), str(e["line"]), tuple(e.get("through", ()))): int(str(e.get("branches", 1))) for e in entries}  # type: ignore[arg-type]
    unused = set(allowed)
    instructions: dict[tuple[Place, str], set[str]] = defaultdict(set)
    for case in cases:
        if case.name.startswith(PLANTED):
            if case.reports == 0:
                problems.append(f"{case.name}: not reported")
            continue
        wrong = {str(where) for where, _, _ in case.seen if where not in allowed}
        problems += [f"{case.name}: depends on a secret: {where}" for where in sorted(wrong)]
        for where, instruction, call in case.seen:
            unused.discard(where)
            instructions[where, call].add(instruction)
    for (where, _), found in instructions.items():
        if where in allowed and len(found) > allowed[where]:
            problems.append(f"compiled into {len(found)} branches in one call, {allowed[where]} declared: {where}")
    problems += [f"declared but never reported: {where}" for where in sorted(unused, key=str)]
    return len(cases) + len(allowed), problems


def main() -> int:
    """Builds, runs, judges."""
    program = valgrind.build("cloakwork-constant-time")
    report = valgrind.folder() / "constant-time.xml"
    options = ["--tool=memcheck", "--xml=yes", f"--xml-file={report}", "--error-limit=no", "--num-callers=40"]
    result = subprocess.run(["valgrind", *options, program], capture_output=True, text=True, check=False, timeout=900)
    if result.returncode != 0:
        print(result.stdout + result.stderr)
        print("0 passed, 1 failed")
        return 1
    cases = read(report)
    checks, problems = judge(cases, tomllib.loads(DECLASSIFIED.read_text(encoding="utf-8"))["place"])
    for case in cases:
        print(f"{case.name}: {case.reports} reports")
    for problem in problems:
        print(f"FAIL {problem}")
    print(f"{max(0, checks - len(problems))} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
