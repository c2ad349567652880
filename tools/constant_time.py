"""Runs tests/ct under memcheck and judges its reports: planted leaks must be there, declassified places may be, nothing else.

Three programs run: the parts of the core one by one, the C library as it is shipped, and the same for 32 bits (i686), where the compiler
has other registers and X25519 another arithmetic, that of microcontrollers. See tests/ct/src/main.rs for the method, tests/ct/abi for what
the C library does, and tests/ct/declassified.toml for the places.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import valgrind

ROOT = Path(__file__).resolve().parent.parent
DECLASSIFIED = ROOT / "tests" / "ct" / "declassified.toml"
PLANTED = "planted: "
SONAME = "libcloakwork.so.0"


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
    # Outside of cases nothing is secret: the C library starts and ends the program.
    current: Case | None = None
    for element in ET.parse(report).getroot():
        if element.tag == "clientmsg":
            word, _, rest = (element.findtext("text") or "").strip().partition(" ")
            if word == "case":
                current = Case(rest)
                cases.append(current)
            elif word == "reports" and current is not None:
                current.reports = int(rest)
                current = None
        elif element.tag == "error" and current is not None:
            frames = list(element.iter("frame"))
            instruction = frames[0].findtext("ip") or ""
            # Names and lines of all frames, inlined ones too, tell one call from another.
            call = "/".join(f"{frame.findtext('fn')}:{frame.findtext('line')}" for frame in frames)
            current.seen.append((place(frames), instruction, call))
    return cases


def judge(programs: Mapping[str, list[Case]], entries: list[dict[str, object]]) -> tuple[int, list[str]]:
    """How many checks were made, and what is wrong. A declared place has to be reported by one of the programs."""
    problems: list[str] = []
    allowed = {Place(str(e["file"]), str(e["line"]), tuple(e.get("through", ()))): int(str(e.get("branches", 1))) for e in entries}  # type: ignore[arg-type]
    unused = set(allowed)
    for program, cases in programs.items():
        instructions: dict[tuple[Place, str], set[str]] = defaultdict(set)
        for case in cases:
            if case.name.startswith(PLANTED):
                if case.reports == 0:
                    problems.append(f"{program}: {case.name}: not reported")
                continue
            wrong = {str(where) for where, _, _ in case.seen if where not in allowed}
            problems += [f"{program}: {case.name}: depends on a secret: {where}" for where in sorted(wrong)]
            for where, instruction, call in case.seen:
                unused.discard(where)
                instructions[where, call].add(instruction)
        for (where, _), found in instructions.items():
            if where in allowed and len(found) > allowed[where]:
                problems.append(f"{program}: compiled into {len(found)} branches in one call, {allowed[where]} declared: {where}")
    problems += [f"declared but never reported: {where}" for where in sorted(unused, key=str)]
    return sum(map(len, programs.values())) + len(allowed), problems


def library_program(target: str | None, compiler: str) -> Path:
    """Builds the C library as it is shipped, with the names of its lines and one leak, and the program of tests/ct/abi with it.

    For a foreign target the program is linked as a whole: it would need that target's loader and C library otherwise.
    """
    folder = valgrind.folder() / "abi"
    kind = "cdylib" if target is None else "staticlib"
    build = ["cargo", "rustc", "--locked", "--release", "--package", "cloakwork-ffi", "--features", "planted-leak", "--lib"]
    build += ["--target-dir", str(folder), "--crate-type", kind, *(("--target", target) if target else ())]
    for setting in ('profile.release.debug="line-tables-only"', 'profile.release.strip="none"'):
        build += ["--config", setting]
    subprocess.run(build, cwd=ROOT, check=True, timeout=1200)
    built = folder / (target or "") / "release"
    if target is None:
        # The name under which the loader looks for it.
        (built / SONAME).unlink(missing_ok=True)
        (built / SONAME).symlink_to("libcloakwork.so")
    link = [str(built / "libcloakwork.so"), f"-Wl,-rpath,{built}"] if target is None else [str(built / "libcloakwork.a"), "-static", "-lm"]
    sources = sorted(path for path in (ROOT / "tests" / "ct" / "abi").glob("*.c") if target or path.name != "heap.c")
    # valgrind's headers hold inline assembly alone, the same for each compiler; those of a cross compiler are elsewhere.
    headers = ["-I", str(ROOT / "include"), "-idirafter", "/usr/include"]
    options = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror", *headers]
    program = built / "constant-time-abi"
    subprocess.run([compiler, *options, *sources, *link, "-o", str(program)], check=True, timeout=300)
    return program


def run(name: str, program: Path) -> list[Case] | None:
    """The cases of a program under memcheck; None when it failed."""
    report = valgrind.folder() / f"constant-time-{name}.xml"
    options = ["--tool=memcheck", "--xml=yes", f"--xml-file={report}", "--error-limit=no", "--num-callers=40"]
    result = subprocess.run(["valgrind", *options, program], capture_output=True, text=True, check=False, timeout=900)
    if result.returncode != 0:
        print(f"{name}: {result.stdout}{result.stderr}")
        return None
    return read(report)


def main() -> int:
    """Builds, runs, judges."""
    programs = {
        "core": valgrind.build("cloakwork-constant-time"),
        "library": library_program(None, "gcc"),
        "library for i686": library_program("i686-unknown-linux-gnu", "i686-linux-gnu-gcc"),
    }
    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(programs, pool.map(lambda name: run(name.replace(" ", "-"), programs[name]), programs), strict=True))
    failed = [name for name, cases in found.items() if cases is None]
    seen = {name: cases for name, cases in found.items() if cases is not None}
    if failed:
        print(f"0 passed, {len(failed)} failed")
        return 1
    checks, problems = judge(seen, tomllib.loads(DECLASSIFIED.read_text(encoding="utf-8"))["place"])
    for name, cases in seen.items():
        for case in cases:
            print(f"{name}: {case.name}: {case.reports} reports")
    for problem in problems:
        print(f"FAIL {problem}")
    print(f"{max(0, checks - len(problems))} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
