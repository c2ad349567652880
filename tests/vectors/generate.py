"""Writes the test vectors of the Cloakwork protocol beside this file; with `--check` compares them only."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from generator import output
from generator.cases import (
    accepted,
    agreement,
    canonical,
    channel,
    field,
    fingerprint,
    fixed,
    gaussian,
    graph,
    hadamard,
    hashing,
    mpc,
    prg,
    private,
    psi,
    refusal,
    refusal_no_recovery,
    refusal_sparse,
    ring,
    rounds,
    run,
    shamir,
)

FOLDER = Path(__file__).resolve().parent

FILES: dict[str, Callable[[], dict[str, Any]]] = {
    "accepted.json": accepted.build,
    "agreement.json": agreement.build,
    "canonical.json": canonical.build,
    "channel.json": channel.build,
    "field.json": field.build,
    "fingerprint.json": fingerprint.build,
    "fixed.json": fixed.build,
    "gaussian.json": gaussian.build,
    "graph.json": graph.build,
    "hadamard.json": hadamard.build,
    "hash.json": hashing.build,
    "mpc.json": mpc.build,
    "prg.json": prg.build,
    "private.json": private.build,
    "psi.json": psi.build,
    "refusal.json": refusal.build,
    "refusal_no_recovery.json": refusal_no_recovery.build,
    "refusal_sparse.json": refusal_sparse.build,
    "ring.json": ring.build,
    "run.json": run.build,
    "shamir.json": shamir.build,
} | rounds.BUILDERS


def contents() -> dict[str, str]:
    """What belongs into each file."""
    return {name: output.text_of(build()) for name, build in FILES.items()}


def write() -> None:
    for name, text in contents().items():
        (FOLDER / name).parent.mkdir(exist_ok=True)
        (FOLDER / name).write_text(text, encoding="ascii", newline="\n")


def differing() -> list[str]:
    """The files that are not what the generator writes, those that it does not write included."""
    committed = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.rglob("*.json")}
    made = {name: text.encode("ascii") for name, text in contents().items()}
    return sorted(name for name in committed | made if committed.get(name) != made.get(name))


def check() -> int:
    wrong = differing()
    for name in wrong:
        print(f"{name}: not what the generator writes")
    print(f"{len(FILES) - len(FILES.keys() & set(wrong))} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(check())
    if sys.argv[1:]:
        sys.exit("usage: generate.py [--check]")
    write()
