"""How results and runs are shown: tables for people, JSON for programs."""

from __future__ import annotations

import json
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from cloakwork.tasks import Statistics

__all__ = ["run_table", "statistics_json", "statistics_tables", "tell"]

_NO_NOISE = 1e-12


def tell(*tables: Table) -> None:
    """Writes tables to the standard output, as wide as they are where that is no terminal."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    for table in tables:
        console.print(table)


def statistics_tables(found: Statistics) -> list[Table]:
    """The statistics as tables: one of the columns, one of a matrix, and with noise one of its size."""
    tables = _exact_tables(found)
    return tables if found.error is None else [*tables, _error_table(found, found.error)]


def _exact_tables(found: Statistics) -> list[Table]:
    about = "" if found.error is None else "about "
    title = f"{about}{found.rows} rows"
    tables = [Table(title=title, min_width=len(title))]
    summary = tables[0]
    present = {name: getattr(found, name) for name in ("sum", "mean", "variance") if getattr(found, name) is not None}
    if not present:
        summary.add_column("rows", justify="right")
        summary.add_row(str(found.rows))
        return tables
    summary.add_column("column")
    for name in [*present, *(["deviation"] if "variance" in present else [])]:
        summary.add_column(name, justify="right")
    for index, column in enumerate(found.columns):
        numbers = [_number(values[index]) for values in present.values()]
        deviation = [_number(present["variance"][index] ** 0.5)] if "variance" in present else []
        summary.add_row(column, *numbers, *deviation)
    for name in ("covariance", "correlation"):
        matrix = getattr(found, name)
        if matrix is not None:
            table = Table(title=name)
            table.add_column("")
            for column in found.columns:
                table.add_column(column, justify="right")
            for column, row in zip(found.columns, matrix, strict=True):
                table.add_row(column, *map(_number, row))
            tables.append(table)
    return tables


def _error_table(found: Statistics, error: dict[str, NDArray[np.float64]]) -> Table:
    """How far noise takes the numbers."""
    title = "standard deviations by noise"
    table = Table(title=title, min_width=len(title))
    table.add_column("")
    for column in found.columns or ("all",):
        table.add_column(column, justify="right")
    for name, values in error.items():
        if values.ndim == 0:
            table.add_row(name, _deviation(float(values)))
        elif values.ndim == 1:
            table.add_row(name, *map(_deviation, values))
        else:
            for column, row in zip(found.columns, values, strict=True):
                table.add_row(f"{name} with {column}", *map(_deviation, row))
    return table


def _deviation(value: float) -> str:
    # What is left of rounding, as of the correlation of a column with itself, is no noise.
    return f"{value if value > _NO_NOISE else 0.0:.3g}"


def _number(value: float) -> str:
    return f"{value:.6g}"


def statistics_json(found: Statistics, parties: tuple[str, ...]) -> str:
    """The statistics in JSON, every number in full."""
    content: dict[str, Any] = {"rows": found.rows, "parties": list(parties), "columns": list(found.columns)}
    for name in ("sum", "mean", "variance", "covariance", "correlation"):
        values = getattr(found, name)
        if values is not None:
            content[name] = values.tolist()
    if found.privacy is not None and found.error is not None:
        promise = found.privacy
        content["privacy"] = {
            "epsilon": promise.epsilon,
            "delta": promise.delta,
            "unit": "record",
            "neighbours": promise.neighbours.value,
            "rounds": promise.rounds,
        }
        content["error"] = {name: values.tolist() for name, values in found.error.items()}
    return json.dumps(content, indent=1)


def run_table(about: dict[str, Any]) -> Table:
    """A run and its members."""
    step = about.get("step", about["state"])
    table = Table(title=f"{about['name']}: {step}, {about['last_round']} rounds", caption=f"hash {about['hash']}")
    for title in ("id", "party", "state", "fingerprint"):
        table.add_column(title, overflow="fold")
    for member in about["members"]:
        table.add_row(member["id"], member["name"], member["state"], member["fingerprint"])
    return table


def note(text: str) -> None:
    """Writes a line for people to the standard error."""
    click.echo(text, err=True)
