"""Builds the C examples with gcc and clang and runs them: plain, with sanitizers, under valgrind.

`python3 examples/c/check.py` builds what it needs: with gcc, plain and under valgrind, and with clang and sanitizers; `--all` makes every
combination. Its last line is `N passed, M failed`.
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
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
# What a program needs that links the static library (`rustc --print native-static-libs`).
SYSTEM_LIBRARIES = "-lpthread -ldl -lm"
SANITIZERS = "-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
# Compiler and flags. Debian's valgrind does not read what its clang writes by default.
BUILDS = {
    "gcc": ("gcc", "-O2 -g"),
    "clang": ("clang", "-O2 -gdwarf-4"),
    "gcc, sanitizers": ("gcc", f"-O1 -g {SANITIZERS}"),
    "clang, sanitizers": ("clang", f"-O1 -gdwarf-4 {SANITIZERS}"),
}
# Without `--all`: what the compilers find differs less than what the two ways of looking find.
FIRST = ("gcc", "clang, sanitizers")
TOOLS = {"gcc": "gcc", "clang": "clang", "make": "make", "valgrind": "valgrind"}
MEMCHECK = "valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=all --errors-for-leak-kinds=all"


class Failure(Exception):
    """A check did not hold."""


def run(*command: str | Path, environment: dict[str, str] | None = None) -> str:
    """The output of a command, which must succeed."""
    words = [str(part) for part in command]
    given = {**os.environ, **(environment or {})}
    result = subprocess.run(words, cwd=HERE, capture_output=True, text=True, timeout=900, check=False, env=given)
    if result.returncode != 0:
        raise Failure(f"{' '.join(words)}\nended with {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


def refused(*command: str | Path) -> str:
    """What a program says that has to end with 1, its own way of refusing."""
    result = subprocess.run([str(part) for part in command], cwd=HERE, capture_output=True, text=True, timeout=60, check=False)
    if result.returncode != 1:
        raise Failure(f"ended with {result.returncode}: {' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stderr


def require(condition: object, what: str) -> None:
    """Fails unless the condition holds."""
    if not condition:
        raise Failure(what)


def tools() -> None:
    """Everything that the check needs is there."""
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    require(not missing, f"install the Debian packages {' '.join(missing)}")


def make(compiler: str, flags: str, out: Path) -> None:
    """Every program, with the Makefile's own warnings, which are errors."""
    out.mkdir()
    library = f"{TARGET / 'release' / 'libcloakwork.a'} {SYSTEM_LIBRARIES}"
    variables = {"CC": compiler, "CFLAGS": flags, "OUT": out, "CLOAKWORK_CFLAGS": f"-I{ROOT / 'include'}", "CLOAKWORK_LIBS": library}
    run("make", "--silent", "all", *(f"{name}={value}" for name, value in variables.items()))


def round_of_files(out: Path, wrap: str = "") -> None:
    """The script plays its rounds, and says so."""
    with tempfile.TemporaryDirectory() as folder:
        said = run(HERE / "round.sh", out, folder, environment={"WRAP": wrap})
        require(said.endswith("the sums agree\n"), said)
        require(not list(Path(folder).rglob("*.unfinished")), "a file was left unfinished")
        secrets = [Path(folder) / "client-1" / name for name in ("identity", "state")]
        require(all(path.stat().st_mode & 0o077 == 0 for path in secrets), "others may read a secret")


def refusals(out: Path) -> None:
    """What a client must not do, it does not do, and its files stay."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prints = [run(out / "client", folder / f"client-{i}", "identity").strip() for i in (1, 2, 3)]
        require(all(re.fullmatch(r"cw1(-[A-Z2-7]{4}){14}", text) is not None for text in prints), "fingerprints")
        members = [word for number, text in enumerate(prints, 1) for word in (str(number), text)]
        run(out / "controller", folder / "run", "define", "4", *members)
        own = [out / "client", folder / "client-1"]
        require("already" in refused(*own, "identity"), "a second identity")
        run(*own, "join", folder / "run")
        require("already" in refused(*own, "join", folder / "run"), "a second state")
        state = (folder / "client-1" / "state").read_bytes()
        (folder / "message").write_bytes(b"\x83\x10\x00\x00")
        require("(301)" in refused(*own, "answer", folder / "message", folder / "answer"), "a message that is none")
        require((folder / "client-1" / "state").read_bytes() == state, "the state changed")
        require(not (folder / "answer").exists(), "there is an answer")
        unsorted = [*members[2:4], *members[:2], *members[4:]]
        require("(601)" in refused(out / "controller", folder / "other", "define", "4", *unsorted), "a roster that is not sorted")
        wrong = prints[2][:-1] + ("A" if prints[2][-1] != "A" else "B")
        require("(301)" in refused(out / "controller", folder / "other", "define", "4", *members[:5], wrong), "a wrong checksum")
        run(out / "server", folder / "office", "new", folder / "run")
        require("(501)" in refused(out / "server", folder / "office", "close"), "closing before it begins")
        require(run(out / "server", folder / "office", "step") == "idle\n", "the server moved")


def main() -> int:
    """Runs every check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every combination")
    everything = parser.parse_args().all
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        builds = {build: BUILDS[build] for build in (BUILDS if everything else FIRST)}
        out = {build: scratch / build.replace(", ", "-") for build in builds}
        checks: list[tuple[str, Callable[[], object]]] = [
            ("tools", tools),
            ("library", lambda: run("cargo", "build", "--locked", "--release", "--package", "cloakwork-ffi")),
        ]
        for build, (compiler, flags) in builds.items():
            checks += [
                (f"{build}: make", lambda build=build, compiler=compiler, flags=flags: make(compiler, flags, out[build])),
                (f"{build}: in_process", lambda build=build: run(out[build] / "in_process")),
                (f"{build}: private", lambda build=build: run(out[build] / "private")),
                (f"{build}: round.sh", lambda build=build: round_of_files(out[build])),
            ]
        checks += [
            ("refusals", lambda: refusals(out["clang, sanitizers"])),
            ("valgrind: in_process", lambda: run(*MEMCHECK.split(), out["gcc"] / "in_process")),
        ]
        if everything:
            checks += [
                ("valgrind: private", lambda: run(*MEMCHECK.split(), out["clang"] / "private")),
                ("valgrind: round.sh", lambda: round_of_files(out["gcc"], MEMCHECK)),
            ]
        for title, check in checks:
            try:
                check()
                passed += 1
            except (Failure, OSError, subprocess.TimeoutExpired) as failure:
                failed += 1
                print(f"{title}: {failure}")
                if title == "tools":
                    break
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
