"""Builds the C++ examples against an installed library and lets them play with each other and with the Python package.

Run it with a Python that has the package `cloakwork` in it: `build/venv/bin/python examples/cpp/check.py`. It builds with gcc and looks
at the sources with clang and clang-tidy; `--all` builds and plays with both, and with the sanitizers for memory, undefined behaviour and
threads. Its last line is `N passed, M failed`.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CPP = ROOT / "bindings" / "cpp"
TOOLS = {
    "g++": "g++",
    "clang++": "clang",
    "clang-tidy": "clang-tidy",
    "cmake": "cmake",
    "/usr/include/httplib.h": "libcpp-httplib-dev",
    "/usr/include/nlohmann/json.hpp": "nlohmann-json3-dev",
    "/usr/include/openssl/ssl.h": "libssl-dev",
    "/usr/include/CLI/CLI.hpp": "libcli11-dev",
}
PROGRAMS = ("in_process", "statistics", "hospitals", "client", "server", "controller")


@dataclass(frozen=True)
class Build:
    """How the programs are compiled, and the name of the folder for them."""

    name: str
    compiler: str
    flags: str = ""


BUILDS = (Build("gcc", "g++"),)
# A program that a sanitizer complains of ends with a status of its own, and tells why where the checks look.
ALL = (
    *BUILDS,
    Build("clang", "clang++"),
    Build("memory", "clang++", "-g -fsanitize=address,undefined -fno-sanitize-recover=all"),
    Build("threads", "clang++", "-g -fsanitize=thread"),
)

try:
    from refusals import client_refusals, server_refusals
    from rounds import leaving_twice, private_run, with_own_server, with_python_server
    from world import Failure, require, world
except ImportError as missing:
    print(f"this check needs the package cloakwork with its tests' requirements: {missing}")
    print("0 passed, 1 failed")
    sys.exit(1)


def run(*command: str | Path, environment: dict[str, str] | None = None) -> str:
    """The output of a command, which must succeed."""
    words = [str(part) for part in command]
    given = {**os.environ, **(environment or {})}
    result = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False, env=given)
    if result.returncode != 0:
        raise Failure(f"{' '.join(words)}\nended with {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


def tools() -> None:
    """Everything that the check needs is there."""
    missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None and not Path(tool).exists()})
    require(not missing, f"install the Debian packages {' '.join(missing)}")


def built(build: Build, prefix: Path, folder: Path) -> None:
    """Every program, without a warning."""
    flags = (f"-DCMAKE_CXX_FLAGS=-Werror {build.flags}", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O1")
    run("cmake", "-S", HERE, "-B", folder, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_COMPILER={build.compiler}", *flags)
    run("cmake", "--build", folder, "--parallel", "2")
    require(all((folder / program).is_file() for program in PROGRAMS), "a program is missing")


def without_http(prefix: Path, folder: Path) -> None:
    """A component that is not there is refused by name, and the others need none of what `http` needs."""
    folder.mkdir()
    (folder / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.16)\nproject(p LANGUAGES CXX)\nfind_package(cloakwork REQUIRED COMPONENTS ${WANTED})\n",
        encoding="ascii",
    )
    command = ["cmake", "-S", str(folder), "-B", str(folder / "build"), f"-DCMAKE_PREFIX_PATH={prefix}"]
    wrong = subprocess.run([*command, "-DWANTED=teleport"], capture_output=True, text=True, timeout=120, check=False)
    require(wrong.returncode != 0 and "no component teleport" in wrong.stderr, wrong.stderr)
    lacking = subprocess.run(
        [*command, "-DWANTED=http", "-DCMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    require(lacking.returncode != 0 and "nlohmann-json3-dev" in lacking.stderr, lacking.stderr)
    run(*command, "-DWANTED=")


def newer_standard(prefix: Path) -> None:
    """In C++20 clang has nothing to say of the headers either; in C++17 it is clang-tidy that tells its warnings."""
    warnings = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-DCPPHTTPLIB_OPENSSL_SUPPORT")
    command = ["clang++", "-std=c++20", "-fsyntax-only", *warnings, f"-I{prefix / 'include'}", "-x", "c++", "-"]
    source = "#include <cloakwork/http.hpp>\n"
    result = subprocess.run(command, input=source, capture_output=True, text=True, timeout=600, check=False)
    require(result.returncode == 0, result.stderr)


def tidy(folder: Path, *, analyse: bool) -> None:
    """clang-tidy has nothing to say of the programs and of the headers that they include; its analyzer takes long and is for `--all`."""
    headers = f"({re.escape(str(ROOT))}|cloakwork)"
    checks = () if analyse else ("--checks=-clang-analyzer-*",)
    options = (f"--config-file={CPP / '.clang-tidy'}", f"--header-filter={headers}", *checks, "--quiet", "-p", folder)
    for program in PROGRAMS:
        run("clang-tidy", *options, HERE / f"{program}.cpp")


def alone(programs: Path) -> None:
    """The programs that need nobody else."""
    require("5 of 7 members" in run(programs / "in_process"), "in_process")
    require("epsilon" in run(programs / "statistics"), "statistics")
    require("longer mean stay: Turin" in run(programs / "hospitals"), "hospitals")


def command_lines(programs: Path) -> None:
    """A wrong command line is told from a fault, and the help is no error."""
    for program in ("client", "server", "controller"):
        require("--" in run(programs / program, "--help"), "the help")
        for words in (["--nonsense"], ["--invitation"], ["--port", "99999999"]):
            result = subprocess.run([programs / program, *words], capture_output=True, text=True, timeout=60, check=False)
            require(result.returncode == 2 and result.stderr, f"{program} {words} ended with {result.returncode}")


def quick_start(programs: Path, prefix: Path, root: Path) -> None:
    """The program in the README is short, builds as the README says, and takes part."""
    readme = (CPP / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    building = next(text for language, text in blocks if language == "cmake")
    program = next(text for language, text in blocks if language == "cpp" and "int main" in text)
    require(program.count("\n") <= 15, "the quick start has more than 15 lines")
    with world(programs, root, members=3, length=3) as here:
        source = root / "source"
        source.mkdir()
        (source / "program.cpp").write_text(program, encoding="utf-8")
        head = "cmake_minimum_required(VERSION 3.16)\nproject(quick LANGUAGES CXX)\nadd_executable(program program.cpp)\n"
        (source / "CMakeLists.txt").write_text(head + building, encoding="utf-8")
        run("cmake", "-S", source, "-B", source / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
        run("cmake", "--build", source / "build")
        shutil.copy(here.file("identity", 1), source / "identity")
        shutil.copy(here.ca, source / "ca.pem")
        here.file("values", 1).write_text("1.5\n-2.25\n40\n", encoding="ascii")
        here.server()
        controller = here.controller("--rounds", "1")
        others = [here.client(2), here.client(3)]
        deadline = time.monotonic() + 60
        while not here.invitation.exists():
            require(time.monotonic() < deadline, controller.said())
            time.sleep(0.05)
        member = here.start(source / "build" / "program", here.invitation.read_text(encoding="utf-8"), folder=source)
        line = controller.told()
        expected = [a + b + c for a, b, c in zip((1.5, -2.25, 40), here.values(2), here.values(3), strict=True)]
        off = max(abs(found - wanted) for found, wanted in zip(line["sum"], expected, strict=True))  # type: ignore[call-overload]
        require(line["round"] == 1 and off < 3 * 2.0**-20, line)
        require(member.ended() == 0 and member.rest == ["1 rounds"], member.said())
        require(all(other.ended() == 0 for other in others), "the other members")


Check = tuple[str, Callable[[], object]]


def held(checks: list[Check]) -> list[bool]:
    """Whether each check held, one after the other."""
    found: list[bool] = []
    for title, check in checks:
        try:
            check()
            found.append(True)
        except Exception as failure:  # noqa: BLE001 - the other checks go on
            found.append(False)
            print(f"{title}: {failure}" if isinstance(failure, Failure) else f"{title}: {type(failure).__name__}: {failure}")
    return found


def plays(name: str, programs: Path) -> list[Check]:
    """What the programs of a build do."""
    return [
        (f"{name}: alone", lambda: alone(programs)),
        (f"{name}: command lines", lambda: command_lines(programs)),
        (f"{name}: Python server", lambda: with_python_server(programs, programs / "python")),
        (f"{name}: C++ server", lambda: with_own_server(programs, programs / "own")),
        (f"{name}: two leave", lambda: leaving_twice(programs, programs / "two")),
        (f"{name}: noise", lambda: private_run(programs, programs / "noise")),
        (f"{name}: what the server refuses", lambda: server_refusals(programs, programs / "refusing")),
        (f"{name}: what a client refuses", lambda: client_refusals(programs, programs / "suspicious")),
    ]


def main() -> int:
    """Runs every check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="build and play with both compilers and with sanitizers")
    everything = parser.parse_args().all
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(2) as workers:
        scratch = Path(name)
        prefix = scratch / "prefix"
        builds = ALL if everything else BUILDS
        found = held([("tools", tools)])
        if all(found):
            first: list[Check] = [
                ("install", lambda: run(sys.executable, ROOT / "tools" / "install.py", "--prefix", prefix)),
                ("components", lambda: without_http(prefix, scratch / "components")),
            ]
            first += [(f"{build.name}: build", lambda build=build: built(build, prefix, scratch / build.name)) for build in builds]
            found += held(first)
            playing = [check for build in builds for check in plays(build.name, scratch / build.name)]
            # The rounds wait for each other's parties, and leave the machine to the compilers meanwhile.
            looking: list[Check] = [
                ("clang++, C++20", lambda: newer_standard(prefix)),
                ("clang-tidy", lambda: tidy(scratch / "gcc", analyse=everything)),
                ("quick start", lambda: quick_start(scratch / "gcc", prefix, scratch / "quick")),
            ]
            for beside in [workers.submit(held, playing), workers.submit(held, looking)]:
                found += beside.result()
    print(f"{sum(found)} passed, {len(found) - sum(found)} failed")
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
