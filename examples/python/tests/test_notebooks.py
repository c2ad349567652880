"""The notebooks run from their first cell to their last, and print what is committed with them, but for what is random."""

# ruff: noqa: S101 - assertions are what tests are made of.

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

# Shares, masked words and masked bits; the spaces of columns are as wide as what stands in them.
RANDOM = re.compile(r"\b[0-9a-f]{8,16}\b|-?\b\d{9,20}\b|\b[01]+\b")


def printed(cell: nbformat.NotebookNode) -> str:
    """What a cell shows, with a mark where something is random."""
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return re.sub(r" +", " ", RANDOM.sub("*", "".join(texts)))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_prints_what_is_committed(path: Path) -> None:
    """Every cell, in a fresh kernel."""
    committed = nbformat.read(path, as_version=4)
    executed = nbformat.read(path, as_version=4)
    NotebookClient(executed, timeout=120, coalesce_streams=True, resources={"metadata": {"path": FOLDER}}).execute()
    cells = [(was, now) for was, now in zip(committed.cells, executed.cells, strict=True) if was.cell_type == "code"]
    assert [was.execution_count for was, _ in cells] == list(range(1, len(cells) + 1))
    for was, now in cells:
        assert printed(was) == printed(now), was.source


def test_there_are_notebooks() -> None:
    """The folder is where the test looks for it."""
    assert [path.stem for path in NOTEBOOKS] == ["micro_smpc"]
