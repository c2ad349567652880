"""Builds the tests of the C++ header and runs them: both modes, C++17 and C++20, gcc and clang, sanitizers, clang-tidy.

`python3 tests/cpp/check.py` builds what it needs and covers each pair of compiler, standard and mode once; `--all` runs every combination,
with and without sanitizers. Its last line is `N passed, M failed`.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CPP = ROOT / "bindings" / "cpp"
SOURCES = CPP / "tests"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
TOOLS = {"g++": "g++", "clang++": "clang", "clang-tidy": "clang-tidy"}
STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
NO_EXCEPTIONS = ("-DCLOAKWORK_NO_EXCEPTIONS", "-fno-exceptions")
INCLUDES = (f"-I{SOURCES.parent / 'include'}", f"-I{ROOT / 'include'}", f'-DVECTORS="{ROOT / "tests" / "vectors"}"')
# What a program needs that links the static library (`rustc --print native-static-libs`).
SYSTEM_LIBRARIES = ("-lpthread", "-ldl", "-lm")
# What the headers instantiate is in these, but for classes that are no templates; the builds that do not run compile them alone.
TEMPLATES = ("privacy.cpp", "noise.cpp", "mpc.cpp")
# The analyzer takes as long as everything else: it is for `--all`.
WITHOUT_ANALYSIS = "-clang-analyzer-*"
# Those of the component for HTTPS are for examples/cpp/check.py.
HEADERS = tuple(sorted(path for path in (CPP / "include").rglob("*.hpp") if "http" not in path.relative_to(CPP / "include").as_posix()))


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


# Every pair of compiler, standard and mode is in one of these, or in clang-tidy's look at C++17 with exceptions.
BUILDS = (
    Build("g++", "c++17", runs=True),
    Build("clang++", "c++20", (*NO_EXCEPTIONS, *SANITIZERS), runs=True),
    Build("g++", "c++20", NO_EXCEPTIONS),
    Build("g++", "c++17", NO_EXCEPTIONS),
    Build("clang++", "c++20"),
)
ALL = tuple(
    Build(compiler, standard, (*mode, *sanitizers), runs=True)
    for compiler, standard, mode, sanitizers in product(("g++", "clang++"), ("c++17", "c++20"), ((), NO_EXCEPTIONS), ((), SANITIZERS))
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


def tools() -> int:
    """Everything that the check needs is there."""
    missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if missing:
        raise Failure(f"install the Debian packages {' '.join(missing)}")
    return 1


def compiled(build: Build, source: Path, folder: Path) -> Path:
    """The object of a source file."""
    out = folder / f"{source.stem}.o"
    run(*build.command(), "-c", source, "-o", out)
    return out


def tested(build: Build, folder: Path, workers: ThreadPoolExecutor) -> int:
    """How many checks held in a build; all of them have to."""
    if not build.runs:
        run(*build.command(), "-fsyntax-only", *(SOURCES / name for name in TEMPLATES))
        return 1
    folder.mkdir()
    objects = list(workers.map(lambda source: compiled(build, source, folder), sorted(SOURCES.glob("*.cpp"))))
    program = folder / "tests"
    run(*build.command(), *objects, "-o", program, TARGET / "release" / "libcloakwork.a", *SYSTEM_LIBRARIES)
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


def tidy(source: Path, checks: str) -> int:
    """clang-tidy has nothing to say of a source file and the headers that it includes."""
    run(
        "clang-tidy",
        f"--config-file={CPP / '.clang-tidy'}",
        "--header-filter=.*/bindings/cpp/.*",
        f"--checks={checks}",
        "--quiet",
        source,
        "--",
        "-std=c++17",
        *INCLUDES,
    )
    return 1


def needs_exceptions() -> int:
    """The component for HTTPS says in a sentence that it is for programs with exceptions."""
    command = [*Build("g++", "c++17", NO_EXCEPTIONS).command(), "-x", "c++", "-fsyntax-only", "-"]
    result = subprocess.run(
        command, input="#include <cloakwork/http/problem.hpp>\n", capture_output=True, text=True, timeout=600, check=False
    )
    if result.returncode == 0 or "cloakwork::http throws exceptions" not in result.stderr:
        raise Failure(f"cloakwork::http without exceptions:\n{result.stderr}")
    return 1


def main() -> int:
    """Runs every check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="run every combination")
    builds = ALL if parser.parse_args().all else BUILDS
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(2) as workers:
        scratch = Path(name)
        try:
            passed += tools()
            run("cargo", "build", "--locked", "--release", "--package", "cloakwork-ffi")
        except Failure as failure:
            print(failure)
            print(f"{passed} passed, 1 failed")
            return 1
        # One after the other, since each compiles with both workers; the rest is small and runs side by side.
        checks: list[Callable[[], int]] = [
            lambda build=build: tested(build, scratch / str(builds.index(build)), workers) for build in builds if build.runs
        ]
        side_by_side: list[Callable[[], int]] = [needs_exceptions]
        side_by_side += [lambda build=build: tested(build, scratch, workers) for build in builds if not build.runs]
        side_by_side += [
            lambda source=source: tidy(source, WITHOUT_ANALYSIS if builds is BUILDS else "") for source in sorted(SOURCES.glob("*.cpp"))
        ]
        side_by_side += [lambda header=header: alone(header) for header in HEADERS]
        for check in (*checks, *(workers.submit(check).result for check in side_by_side)):
            try:
                passed += check()
            except (Failure, OSError, subprocess.TimeoutExpired) as failure:
                failed += 1
                print(failure)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
