"""The programs for devices: what there is, and how it is built.

    firmware.py [NAME ...]

builds the clients of these names, or all of them, and prints where they are.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from device import BOARDS, Board

__all__ = ["CLIENTS", "NOISE", "Firmware"]

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parent.parent
_BUILD = Path(os.environ.get("CARGO_TARGET_DIR", _ROOT / "target")) / "embedded"
_SECONDS = 1200
_TARGETS = {"mps2": "thumbv7em-none-eabi", "microbit": "thumbv6m-none-eabi"}


@dataclass(frozen=True)
class Firmware:
    """A program for a board.

    Attributes:
        language: ``"c"`` or ``"rust"``.
        board_name: the board.
        program: ``"client"`` or ``"noise"``.
    """

    language: str
    board_name: str
    program: str = "client"

    @property
    def board(self) -> Board:
        """The board."""
        return BOARDS[self.board_name]

    @property
    def path(self) -> Path:
        """Where the image is once it is built."""
        if self.language == "c":
            return _BUILD / "c" / self.board_name / f"{self.program}.elf"
        return _BUILD / "rust" / _TARGETS[self.board_name] / "release" / self.program

    def image(self) -> Path:
        """The image, built if it is not there or older than its sources.

        Raises:
            RuntimeError: it does not build; the message is what the tools said.
        """
        if self.language == "c":
            target = "all" if self.program == "client" else self.program
            self._run("make", "--quiet", "-C", str(_HERE / "c"), target, f"BOARD={self.board_name}", f"BUILD={_BUILD / 'c'}")
        else:
            features = ("--features", "noise") if self.program == "noise" else ()
            command = (
                "cargo",
                "build",
                "--quiet",
                "--locked",
                "--release",
                "--manifest-path",
                "rust/Cargo.toml",
                "--bin",
                self.program,
                *features,
            )
            self._run(*command, "--target", _TARGETS[self.board_name], "--target-dir", str(_BUILD / "rust"))
        return self.path

    def _run(self, *command: str) -> None:
        # The folder's own settings of cargo count, and no others.
        environment = {name: value for name, value in os.environ.items() if name not in {"CARGO_TARGET_DIR", "RUSTFLAGS"}}
        result = subprocess.run(command, cwd=_HERE, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {result.stdout}{result.stderr}")


CLIENTS = {
    "c": Firmware("c", "mps2"),
    "rust": Firmware("rust", "mps2"),
    "c-m0": Firmware("c", "microbit"),
    "rust-m0": Firmware("rust", "microbit"),
}
NOISE = {"c": Firmware("c", "mps2", "noise"), "rust": Firmware("rust", "mps2", "noise")}


def main() -> int:
    """Builds what the command line names."""
    names = sys.argv[1:] or sorted(CLIENTS)
    unknown = [name for name in names if name not in CLIENTS]
    if unknown:
        print(f"firmware: there is no {unknown[0]}; there are {', '.join(sorted(CLIENTS))}", file=sys.stderr)
        return 2
    for name in names:
        try:
            print(f"{name}: {CLIENTS[name].image()}", flush=True)
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            print(f"firmware: {name}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
