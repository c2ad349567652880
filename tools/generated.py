"""Files that scripts of ours write and that are committed."""

from __future__ import annotations

import sys
from pathlib import Path


def write_or_check(file: Path, text: str) -> int:
    """Writes a file, or with `--check` says whether it is what would be written; the exit status."""
    if sys.argv[1:] == ["--check"]:
        same = file.read_text(encoding="utf-8") == text
        print(f"{int(same)} passed, {int(not same)} failed")
        return int(not same)
    if sys.argv[1:]:
        print(f"usage: {Path(sys.argv[0]).name} [--check]", file=sys.stderr)
        return 2
    file.write_text(text, encoding="utf-8")
    return 0
