"""The hosts that take part, and how each is built and started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
FOLDER = ROOT / "build" / "hosts"
PREFIX = FOLDER / "prefix"
R_LIBRARY = FOLDER / "r-library"
BUILD_SECONDS = 1200

# Those that play every role, and those that are clients alone, in runs of suite 1 without noise.
FULL = ("python", "cpp", "r")
DEVICES = ("firmware-c", "firmware-rust")


@dataclass(frozen=True)
class Host:
    """How the programs of a host are called.

    Attributes:
        name: for people.
        commands: by role the beginning of the command line.
        environment: what its programs need in theirs.
    """

    name: str
    commands: dict[str, tuple[str, ...]]
    environment: dict[str, str] = field(default_factory=dict)


def python_host() -> Host:
    """The package of the running interpreter."""
    program = (sys.executable, str(HERE / "python_roles.py"))
    return Host("python", {role: (*program, role) for role in ("server", "controller", "client")})


def cpp_host() -> Host:
    """The examples in C++, built against an installed library."""
    build = FOLDER / "cpp"
    install_library()
    run("cmake", "-S", ROOT / "examples" / "cpp", "-B", build, f"-DCMAKE_PREFIX_PATH={PREFIX}", "-DCMAKE_BUILD_TYPE=Release")
    run("cmake", "--build", build, "--parallel", "2", "--target", "server", "controller", "client")
    return Host("cpp", {role: (str(build / role),) for role in ("server", "controller", "client")})


def r_host() -> Host:
    """The R package, installed beside the others and linked with the installed library."""
    install_library()
    R_LIBRARY.mkdir(parents=True, exist_ok=True)
    environment = {"CLOAKWORK_PREFIX": str(PREFIX), "R_LIBS": str(R_LIBRARY)}
    run("R", "CMD", "INSTALL", "--no-docs", "--no-test-load", f"--library={R_LIBRARY}", ROOT / "bindings" / "r", environment=environment)
    programs = R_LIBRARY / "cloakwork" / "roles"
    commands = {role: ("Rscript", "--vanilla", str(programs / f"{role}.R")) for role in ("server", "controller", "client")}
    return Host("r", commands, {"R_LIBS": str(R_LIBRARY)})


def firmware_host(kind: str) -> Host:
    """The firmware for Cortex-M4, in an emulator with its gateway."""
    folder = ROOT / "examples" / "embedded"
    run(sys.executable, folder / "firmware.py", kind)
    return Host(f"firmware-{kind}", {"client": (sys.executable, str(folder / "client.py"), "--firmware", kind)})


BUILDERS: dict[str, Callable[[], Host]] = {
    "python": python_host,
    "cpp": cpp_host,
    "r": r_host,
    "firmware-c": lambda: firmware_host("c"),
    "firmware-rust": lambda: firmware_host("rust"),
}


def install_library() -> None:
    """The C library with its headers, once in a run of this program."""
    if not getattr(install_library, "done", False):
        shutil.rmtree(PREFIX, ignore_errors=True)
        run(sys.executable, ROOT / "tools" / "install.py", "--prefix", PREFIX)
        install_library.done = True  # type: ignore[attr-defined]


def run(*command: str | Path, environment: dict[str, str] | None = None) -> None:
    """Runs a command of a build, and shows what it said if it fails."""
    words = [str(word) for word in command]
    given = {**os.environ, **(environment or {})}
    result = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False, env=given)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(words)} failed:\n{result.stdout}{result.stderr}")
