"""What firmware costs, as its check measures it: counted by an emulator and read from the images, so the same on every machine."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECK = ROOT / "tests" / "embedded" / "check.py"
CHECK_SECONDS = 1800
CLIENT_HEAD = ("client", "neighbours x values", "flash", "variables", "stack", "set-up", "masking", "rest of the round")
NOISE_HEAD = ("private vector", "flash", "variables", "stack", "clip, rotate, round, noise")
SIZES = ("flash", "variables", "stack")
NAMES = {"c": "C, Cortex-M4", "rust": "Rust, Cortex-M4", "c-m0": "C, Cortex-M0", "rust-m0": "Rust, Cortex-M0"}
# Those that the bars are for.
CORTEX_M4 = ("c", "rust")

Entries = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Firmware:
    """What `tests/embedded/check.py --numbers` writes: bytes and instructions, by firmware."""

    clients: Entries
    noise: Entries

    @property
    def reached(self) -> dict[str, float]:
        """What has a bar, of the larger of the two firmwares on a Cortex-M4."""
        entries = [self.clients[name] for name in CORTEX_M4]
        return {f"firmware {what}": max(entry[what] for entry in entries) / 1024 for what in ("flash", "memory")}

    def client_rows(self) -> list[tuple[str, ...]]:
        """For the table of the clients."""
        return [
            (
                NAMES[name],
                f"{entry['neighbours']} x {entry['values']:,}",
                *(f"{entry[what]:,}" for what in (*SIZES, "setup_instructions", "mask_instructions", "rest_instructions")),
            )
            for name, entry in self.clients.items()
        ]

    def noise_rows(self) -> list[tuple[str, ...]]:
        """For the table of the private vectors."""
        return [(NAMES[name], *(f"{entry[what]:,}" for what in (*SIZES, "instructions"))) for name, entry in self.noise.items()]


def there() -> bool:
    """Whether this tree has the firmware."""
    return CHECK.is_file()


def run() -> Firmware:
    """Builds the firmware and lets it take part in rounds under an emulator; all that is checked there has to hold."""
    with tempfile.TemporaryDirectory() as folder:
        numbers = Path(folder) / "numbers.json"
        subprocess.run([sys.executable, str(CHECK), "--numbers", str(numbers)], cwd=ROOT, check=True, timeout=CHECK_SECONDS)
        return read(numbers)


def read(numbers: Path) -> Firmware:
    """What was written."""
    return Firmware(**json.loads(numbers.read_text(encoding="utf-8")))
