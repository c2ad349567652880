"""Builds the programs of the workspace tests/, which run under valgrind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def folder() -> Path:
    """Where these programs are built: apart from the main workspace, so that both can be built at once."""
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "valgrind"


def build(program: str) -> Path:
    """Builds a program as it is shipped, and gives its path."""
    where = ["--manifest-path", str(ROOT / "tests" / "Cargo.toml"), "--target-dir", str(folder())]
    subprocess.run(["cargo", "build", "--locked", "--release", *where, "--bin", program], check=True, timeout=1200)
    return folder() / "release" / program
