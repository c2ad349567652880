"""Writes the test vectors of the Cloakwork protocol beside this file, or into the folder given as argument."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from generator import output
from generator.cases import (
    agreement,
    canonical,
    channel,
    field,
    fingerprint,
    fixed,
    graph,
    hash,
    prg,
    ring,
    round,
    run,
    shamir,
)

FILES: dict[str, Callable[[], dict[str, Any]]] = {
    "agreement.json": agreement.build,
    "canonical.json": canonical.build,
    "channel.json": channel.build,
    "field.json": field.build,
    "fingerprint.json": fingerprint.build,
    "fixed.json": fixed.build,
    "graph.json": graph.build,
    "hash.json": hash.build,
    "prg.json": prg.build,
    "ring.json": ring.build,
    "run.json": run.build,
    "shamir.json": shamir.build,
} | round.BUILDERS


def write(folder: Path) -> None:
    for name, build in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(output.text_of(build()), encoding="ascii", newline="\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
