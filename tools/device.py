"""Replays the vectors of rotation, noise and the private vector where they could come out otherwise.

That is on 64-bit and 32-bit Arm and on a big-endian machine under QEMU's user emulation, and under its system emulation on a Cortex-M4
without an operating system, a heap or hardware for doubles (tests/device). What each of them says must be what the vector files hold.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import valgrind

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT / "tests" / "vectors"
PROGRAM = "cloakwork-device"
SECONDS = 120


@dataclass(frozen=True)
class Machine:
    """What a program is built for, the C compiler that links it (none where Rust does), and the command that runs it."""

    target: str
    linker: str | None
    command: tuple[str, ...]


def linux(target: str, tools: str, emulator: str) -> Machine:
    """A machine with Linux, whose C library is the one of Debian's cross compiler."""
    return Machine(target, f"{tools}-gcc", (emulator, "-L", f"/usr/{tools}"))


# No display, no monitor, no serial line: the program speaks and ends through semihosting.
BARE = ("qemu-system-arm", "-machine", "mps2-an386", "-cpu", "cortex-m4", "-display", "none", "-monitor", "none", "-serial", "none")
MACHINES = (
    linux("aarch64-unknown-linux-gnu", "aarch64-linux-gnu", "qemu-aarch64"),
    linux("armv7-unknown-linux-gnueabihf", "arm-linux-gnueabihf", "qemu-arm"),
    linux("s390x-unknown-linux-gnu", "s390x-linux-gnu", "qemu-s390x"),
    Machine("thumbv7em-none-eabi", None, (*BARE, "-semihosting-config", "enable=on,target=native", "-kernel")),
)


def expected() -> dict[str, int]:
    """What a program has to say, by the vector files."""
    files = {name: json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8")) for name in ("hadamard", "gaussian", "private")}
    return {
        "transforms and rotations": len(files["hadamard"]["transforms"]),
        "long transforms, by their stages": 1,
        "isochronous noise": len(files["gaussian"]["samples"]),
        "exact noise": len(files["gaussian"]["exact"]),
        "private vectors": len(files["private"]["contributions"]),
        "private vectors that are refused": len(files["private"]["refused"]["values"]),
    }


def judge(output: str, wanted: dict[str, int]) -> list[str]:
    """What is wrong in what a program said."""
    said = dict(line.rsplit(": ", 1) for line in output.splitlines() if ": " in line)
    return [f"{name}: {said.get(name, 'nothing')} for {count}" for name, count in wanted.items() if said.get(name) != str(count)]


def build() -> None:
    """All programs in one call, so that they are compiled side by side."""
    linkers = {f"CARGO_TARGET_{m.target.upper().replace('-', '_')}_LINKER": m.linker for m in MACHINES if m.linker}
    where = ["--manifest-path", str(ROOT / "tests" / "Cargo.toml"), "--target-dir", str(valgrind.folder())]
    targets = [word for machine in MACHINES for word in ("--target", machine.target)]
    command = ["cargo", "build", "--locked", "--release", *where, "--package", PROGRAM, *targets]
    subprocess.run(command, check=True, timeout=1200, env={**os.environ, **linkers})


def run(machine: Machine) -> tuple[int, str]:
    """The end of a program, and what it said; a program that does not end has failed."""
    program = valgrind.folder() / machine.target / "release" / PROGRAM
    try:
        result = subprocess.run([*machine.command, program], capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return 1, f"no end after {SECONDS} seconds"
    return result.returncode, result.stdout + result.stderr


def main() -> int:
    """Builds, runs, judges."""
    build()
    wanted = expected()
    passed, failed = 0, 0
    for machine in MACHINES:
        code, output = run(machine)
        problems = judge(output, wanted)
        if code != 0:
            problems.append(f"ended with {code}: {output}")
        print(f"{machine.target}: {'agrees' if not problems else 'differs'}")
        for problem in problems:
            print(f"FAIL {machine.target}: {problem}")
        passed += len(wanted) if not problems else 0
        failed += len(problems)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
