"""What an image takes, by its sections and symbols."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Size", "panics", "size"]

_FLASH = {".vector_table", ".text", ".rodata", ".data"}
_VARIABLES = {".data", ".bss", ".uninit"}
_PANIC = re.compile(r"core::panicking::|core::(?:option|result|slice|str)::.*(?:fail|failed)\b|panic_bounds_check")


@dataclass(frozen=True)
class Size:
    """Bytes of an image: program and constants, and variables."""

    flash: int
    variables: int


def _tool(name: str, *arguments: str | Path) -> str:
    command = [f"arm-none-eabi-{name}", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def size(image: Path) -> Size:
    """The sizes of an image."""
    sections = {}
    for line in _tool("size", "-A", image).splitlines():
        words = line.split()
        if len(words) == 3 and words[1].isdecimal():
            sections[words[0]] = int(words[1])
    return Size(sum(sections.get(name, 0) for name in _FLASH), sum(sections.get(name, 0) for name in _VARIABLES))


def panics(image: Path) -> set[str]:
    """The functions of the language's library that report a bug, as far as the image holds them."""
    names = (line.split(None, 2)[-1] for line in _tool("nm", "--demangle", image).splitlines())
    return {re.sub(r"::h[0-9a-f]{16}$", "", name) for name in names if _PANIC.search(name)}
