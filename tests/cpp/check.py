"""Builds the tests of the C++ header and runs them, in both modes, with gcc and clang, as C++17 and C++20.

`python3 tests/cpp/check.py` builds what it needs. Its last line is `N passed, M failed`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CPP = ROOT / "bindings" / "cpp"
SOURCES = CPP / "tests"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
NO_EXCEPTIONS = ("-DCLOAKWORK_NO_EXCEPTIONS", "-fno-exceptions")
INCLUDES = (f"-I{SOURCES.parent / 'include'}", f"-I{ROOT / 'include'}", f'-DVECTORS="{ROOT / "tests" / "vectors"}"')
# What a program needs that links the static library (`rustc --print native-static-libs`).
SYSTEM_LIBRARIES = ("-lpthread", "-ldl", "-lm")
# What the headers instantiate is in these, but for classes that are no templates; the builds that do not run compile them alone.
TEMPLATES = ("privacy.cpp", "noise.cpp")


@dataclass(frozen=True)
class Build:
    """A compiler, a standard, and a mode."""

    compiler: str
    standard: str
    options: tuple[str, ...] = ()
    runs: bool = False

    def __str__(self) -> str:
        return " ".join((self.compiler, self.standard, *self.options))

    def command(self) -> list[str]:
        """The beginning of each command."""
        return [self.compiler, f"-std={self.standard}", *STRICT, *INCLUDES, *self.options]


# The sanitizers see both modes and both kinds of span.
BUILDS = (
    Build("g++", "c++17", SANITIZERS, runs=True),
    Build("clang++", "c++20", (*NO_EXCEPTIONS, *SANITIZERS), runs=True),
    Build("g++", "c++17", NO_EXCEPTIONS),
    Build("g++", "c++20"),
    Build("g++", "c++20", NO_EXCEPTIONS),
    Build("clang++", "c++17"),
    Build("clang++", "c++17", NO_EXCEPTIONS),
    Build("clang++", "c++20"),
)


class Failure(Exception):
    """A command did not succeed."""


def run(*command: str | Path) -> str:
    """The output of a command, which must succeed."""
    words = [str(part) for part in command]
    result = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=1800, check=False)
    if result.returncode != 0:
        raise Failure(f"{' '.join(words)}\nended with {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


def tested(build: Build, scratch: Path) -> int:
    """How many checks held in a build; all of them have to."""
    if not build.runs:
        run(*build.command(), "-fsyntax-only", *(SOURCES / name for name in TEMPLATES))
        return 1
    program = scratch / "tests"
    run(*build.command(), *sorted(SOURCES.glob("*.cpp")), "-o", program, TARGET / "release" / "libcloakwork.a", *SYSTEM_LIBRARIES)
    counts = re.search(r"^(\d+) passed, 0 failed$", run(program), re.MULTILINE)
    if counts is None:
        raise Failure(f"{build}: the program did not say how many checks held")
    return int(counts[1])


def alone(name: Path) -> int:
    """A header that is included alone is a program."""
    source = f'#include "{name.relative_to(CPP / "include")}"\nint main() {{}}\n'
    command = [*Build("g++", "c++17").command(), "-x", "c++", "-fsyntax-only", "-"]
    result = subprocess.run(command, input=source, capture_output=True, text=True, timeout=600, check=False)
    if result.returncode != 0:
        raise Failure(f"{name.name} alone:\n{result.stderr}")
    return 1


def main() -> int:
    """Runs every build."""
    passed, failed = 0, 0
    run("cargo", "build", "--locked", "--release", "--package", "cloakwork-ffi")
    with tempfile.TemporaryDirectory() as scratch:
        checks = [lambda build=build: tested(build, Path(scratch)) for build in BUILDS]
        checks += [lambda name=name: alone(name) for name in sorted((CPP / "include").rglob("*.hpp"))]
        for check in checks:
            try:
                passed += check()
            except (Failure, subprocess.TimeoutExpired) as failure:
                failed += 1
                print(failure)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
