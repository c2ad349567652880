"""The page says of each microprotocol what the software says."""

from __future__ import annotations

from pathlib import Path

from cloakwork.fsc.computation import Microprotocol
from cloakwork.fsc.microprotocols.registry import MICROPROTOCOLS

PAGE = Path(__file__).parents[4] / "docs" / "fsc.md"


def row(kind: Microprotocol) -> str:
    """What the table has of a microprotocol."""
    most = "" if kind.most == kind.fewest else " or more" if kind.most is None else f" to {kind.most}"
    return f"| {kind.name} | {kind.fewest}{most} | {kind.reveals} |"


def test_the_table_is_that_of_the_software() -> None:
    text = PAGE.read_text()
    start = text.index("| microprotocol | parties | what is revealed |")
    table = text[start : text.index("\n\n", start)].splitlines()[2:]
    assert table == [row(MICROPROTOCOLS[name]) for name in sorted(MICROPROTOCOLS)]
