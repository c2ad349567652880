"""Tables of numbers: CSV with a header, and NumPy's own files."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["read_table"]


def read_table(path: Path, columns: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    """Columns of a table by name.

    Args:
        path: a CSV file with a header line, a ``.npz`` file with a vector for each column, or a ``.npy`` file with a structured array.
        columns: which; none for the first one, to count the rows.

    Raises:
        FlowError: the file cannot be read, or a column is not there or holds something that is no number; the message names the column.
    """
    try:
        if path.suffix == ".npz":
            return _read_npz(path, columns)
        if path.suffix == ".npy":
            return _read_npy(path, columns)
        return _read_csv(path, columns)
    except FlowError:
        raise
    except (OSError, ValueError, UnicodeDecodeError, csv.Error) as error:
        raise FlowError(FlowStatus.TASK, f"cannot be read: {error}", argument=str(path)) from error


def _read_csv(path: Path, columns: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = [name.strip() for name in next(csv.reader(file), [])]
        wanted = _check(path, header, columns)
        cells: dict[str, list[float]] = {name: [] for name in wanted}
        places = [(name, header.index(name)) for name in wanted]
        for number, row in enumerate(csv.reader(file), 2):
            if not row:
                continue
            if len(row) != len(header):
                raise FlowError(FlowStatus.TASK, f"line {number} has {len(row)} cells, the header {len(header)}", argument=str(path))
            for name, place in places:
                cells[name].append(_number(row[place], name, number) if columns else 0.0)
    return {name: np.array(column, dtype=np.float64) for name, column in cells.items()}


def _number(text: str, name: str, line: int) -> float:
    try:
        return float(text)
    except ValueError:
        raise FlowError(FlowStatus.TASK, f"the cell in line {line} is no number", argument=name) from None


def _read_npz(path: Path, columns: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    with np.load(path, allow_pickle=False) as content:
        return {name: _vector(content[name], name) for name in _check(path, list(content.files), columns)}


def _read_npy(path: Path, columns: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    array = np.load(path, allow_pickle=False)
    if array.dtype.names is None:
        raise FlowError(FlowStatus.TASK, "the array has no named fields; use a structured array, .npz or CSV", argument=str(path))
    return {name: _vector(array[name], name) for name in _check(path, list(array.dtype.names), columns)}


def _check(path: Path, present: list[str], columns: tuple[str, ...]) -> tuple[str, ...]:
    if not present:
        raise FlowError(FlowStatus.TASK, "the table has no columns", argument=str(path))
    for name in columns:
        if present.count(name) != 1:
            message = f"the table has {present.count(name)} columns of this name; it has {', '.join(present)}"
            raise FlowError(FlowStatus.TASK, message, argument=name)
    return columns or (present[0],)


def _vector(array: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    if array.ndim != 1 or array.dtype.kind not in "fiub":
        raise FlowError(FlowStatus.TASK, f"is no vector of numbers but {array.dtype} of shape {array.shape}", argument=name)
    return array.astype(np.float64)
