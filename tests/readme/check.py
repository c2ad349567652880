"""Takes the programs out of the README and runs them as a reader would.

The members in Python, R and C++ take part in one run; the lines for the shell run in a copy of the repository.
`python tests/readme/check.py`; its last line is `N passed, M failed`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "hosts"))

import hosts  # noqa: E402
from play import identity, start  # noqa: E402
from process import Process, free_port  # noqa: E402

from cloakwork.flow.certificate import self_signed  # noqa: E402

LONGEST = 15
SECONDS = 300.0
ROUNDS = 1
# What each member of the README contributes.
VECTOR = (1.5, -2.25, 40.0)
CMAKE = """cmake_minimum_required(VERSION 3.16)
project(member LANGUAGES CXX)
set(CMAKE_CXX_STANDARD 17)
find_package(cloakwork 0.1 REQUIRED COMPONENTS http)
add_executable(member member.cpp)
target_link_libraries(member PRIVATE cloakwork::http)
"""


class Failure(Exception):
    """A program of the README does not do what the README says."""


def block(heading: str) -> str:
    """The first program under a heading."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^### {re.escape(heading)}\n.*?^```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise Failure(f"the README has no program under {heading!r}")
    lines = found[1].count("\n")
    if lines > LONGEST:
        raise Failure(f"the program under {heading!r} has {lines} lines, at most {LONGEST} are promised")
    return found[1]


def run(*words: str | Path, folder: Path, environment: dict[str, str] | None = None) -> str:
    """What a command prints, which must succeed."""
    result = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if result.returncode != 0:
        raise Failure(f"{' '.join(map(str, words))} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


def shell(heading: str, expected: str) -> None:
    """Runs the lines under a heading in a folder that looks like the repository, and looks for what they should print."""
    with tempfile.TemporaryDirectory(prefix="cloakwork-readme-") as folder:
        # What the lines make goes into folders of its own; what is built from the sources is shared with the other tests.
        for path in ROOT.iterdir():
            if path.name not in {".git", "build", "examples", "target"}:
                (Path(folder) / path.name).symlink_to(path)
        shutil.copytree(ROOT / "examples", Path(folder) / "examples", ignore=shutil.ignore_patterns("build", "target", "__pycache__"))
        target = os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))
        said = run("sh", "-e", "-c", block(heading), folder=Path(folder), environment={"CARGO_TARGET_DIR": target})
    if expected not in said:
        raise Failure(f"the lines under {heading!r} did not print {expected!r} but:\n{said}")


def in_place(heading: str, expected: str) -> None:
    """Runs the lines under a heading in the repository itself, as one whose `python` is the environment with the package."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    said = run("sh", "-e", "-c", block(heading), folder=ROOT, environment={"PATH": path})
    if expected not in said:
        raise Failure(f"the lines under {heading!r} did not print {expected!r} but:\n{said}")


def members(folder: Path) -> None:
    """The members in three languages, with a server and a controller in Python."""
    python = hosts.python_host()
    hosts.install_library()
    r = hosts.r_host()
    home = folder / "server"
    home.mkdir()
    self_signed(["localhost", "127.0.0.1"], home / "certificate.pem", home / "key.pem")
    office = identity(python, folder / "office")
    listed = []
    for name in ("python", "r", "cpp"):
        (folder / name).mkdir()
        listed.append(f"{name} {identity(python, folder / name / 'identity')}")
        shutil.copy(home / "certificate.pem", folder / name / "ca.pem")
    (folder / "members").write_text("\n".join(listed) + "\n", encoding="ascii")
    commands = {"python": python_member(folder / "python"), "r": r_member(folder / "r"), "cpp": cpp_member(folder / "cpp")}

    server = start(python, "server", "server", folder, "--folder", home, "--port", str(free_port()), "--controller", office)
    started: dict[str, Process] = {}
    processes = [server]
    try:
        listening = server.line(SECONDS)
        if listening is None:
            raise Failure(f"the server did not start: {server.said()}")
        invitation = folder / "invitation"
        options = ["--url", listening["url"], "--server", listening["fingerprint"], "--ca", home / "certificate.pem"]
        options += ["--identity", folder / "office", "--members", folder / "members", "--invitation", invitation]
        options += ["--length", str(len(VECTOR)), "--rounds", str(ROUNDS)]
        controller = start(python, "controller", "controller", folder, *options)
        processes.append(controller)
        line = appeared(invitation)
        for name, command in commands.items():
            started[name] = Process(name, [*command, line], folder / name, r.environment)
        result = controller.line(SECONDS)
        said = {name: said_by(process) for name, process in started.items()}
        if result is None or result["outcome"] != 0 or result["sum"] != [len(commands) * value for value in VECTOR]:
            raise Failure(f"the sum of the members is {result}: {controller.said()}; they said: {said}")
        wrong = {name: line for name, line in said.items() if line != f"{ROUNDS} rounds"}
        if wrong:
            raise Failure(f"members said: {wrong}")
    finally:
        for process in [*started.values(), *processes]:
            process.kill()


def said_by(process: Process) -> str:
    """What a member said, once it has ended."""
    status = process.end(SECONDS)
    ending = "" if status == 0 else f" (ended with {status})"
    return "\n".join([*process.rest, *process.said().splitlines()]) + ending


def appeared(path: Path) -> str:
    """The line in a file that another process writes."""
    deadline = time.monotonic() + SECONDS
    while not path.exists():
        if time.monotonic() > deadline:
            raise Failure(f"{path.name} was not written")
        time.sleep(0.05)
    return path.read_text(encoding="utf-8").strip()


def python_member(folder: Path) -> list[str]:
    """The program in Python."""
    (folder / "member.py").write_text(block("Python"), encoding="utf-8")
    return [sys.executable, "member.py"]


def r_member(folder: Path) -> list[str]:
    """The program in R."""
    (folder / "member.R").write_text(block("R"), encoding="utf-8")
    return ["Rscript", "member.R"]


def cpp_member(folder: Path) -> list[str]:
    """The program in C++, built as the README says."""
    (folder / "member.cpp").write_text(block("C++"), encoding="utf-8")
    (folder / "CMakeLists.txt").write_text(CMAKE, encoding="utf-8")
    run("cmake", "-S", ".", "-B", "build", f"-DCMAKE_PREFIX_PATH={hosts.PREFIX}", folder=folder)
    run("cmake", "--build", "build", folder=folder)
    return [str(folder / "build" / "member")]


def members_in_three_languages() -> None:
    with tempfile.TemporaryDirectory(prefix="cloakwork-readme-") as folder:
        members(Path(folder))


CHECKS: dict[str, Callable[[], None]] = {
    "members in Python, R and C++": members_in_three_languages,
    "C": lambda: shell("C", "the sums agree"),
    "Firmware": lambda: in_place("Firmware", "the sum is right"),
}


def main() -> int:
    """Runs all of them."""
    failed = 0
    for name, check in CHECKS.items():
        start = time.monotonic()
        try:
            check()
        except Failure as failure:
            failed += 1
            print(f"FAIL {name}: {failure}", flush=True)
        else:
            print(f"ok   {name}   {time.monotonic() - start:.1f} s", flush=True)
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
