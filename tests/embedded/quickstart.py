"""Runs the quick start of examples/embedded/README.md as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
README = ROOT / "examples" / "embedded" / "README.md"
LONGEST = 15
SECONDS = 300


def lines() -> list[str]:
    """The lines of the first shell block."""
    found = re.search(r"^```sh\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError("the README has no quick start")
    return found[1].splitlines()


def run() -> None:
    """Runs it in a folder of its own."""
    block = lines()
    if len(block) > LONGEST:
        raise ValueError(f"the quick start has {len(block)} lines, at most {LONGEST}")
    with tempfile.TemporaryDirectory(prefix="cloakwork-quickstart-") as folder:
        # The interpreter of the tests is the reader's.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        command = ["bash", "-euo", "pipefail", "-c", "\n".join(block)]
        environment = {**os.environ, "PATH": path, "CLOAKWORK": str(ROOT)}
        result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    if result.returncode != 0 or "the sum is right" not in result.stdout:
        raise ValueError(f"ended with {result.returncode}: {result.stdout}{result.stderr}")
