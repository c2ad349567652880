"""`cloakwork budget`."""

from __future__ import annotations

import json
import time
from typing import Any

import click
from rich.table import Table

from cloakwork.cli import show
from cloakwork.cli.home import Home
from cloakwork.cli.private import NEIGHBOURS
from cloakwork.ledger import Budget, Ledger
from cloakwork.ledger.budget import UNITS
from cloakwork.privacy import Neighbours

__all__ = ["budget"]


@click.group(invoke_without_command=True)
@click.option("--dataset", help="This data set alone, with every round that was charged to it.")
@click.option("--json", "as_json", is_flag=True, help="In JSON, every number in full.")
@click.pass_context
def budget(context: click.Context, dataset: str | None, *, as_json: bool) -> None:
    """Show what data sets have lost in private runs, and what they may lose.

    \b
    Examples:
        cloakwork budget
        cloakwork budget --dataset study --json
        cloakwork budget open ward --epsilon 3 --delta 1e-6
        cloakwork budget raise ward --epsilon 4
    """
    if context.invoked_subcommand is not None:
        return
    home: Home = context.obj
    if not home.ledger_file.exists() and dataset is None:
        click.echo("[]" if as_json else "No data set has a budget. Open one with: cloakwork budget open NAME --epsilon E --delta D")
        return
    with home.ledger() as ledger:
        names = ledger.datasets() if dataset is None else [dataset]
        content = [_content(ledger, name) for name in names]
    if as_json:
        click.echo(json.dumps(content if dataset is None else content[0], indent=1))
        return
    show.tell(_summary(content), *([] if dataset is None else [_rounds(content[0])]))


@budget.command("open")
@click.argument("dataset")
@click.option("--epsilon", type=click.FloatRange(0, min_open=True), required=True, help="Most loss in all runs together.")
@click.option("--delta", type=click.FloatRange(0, 1, min_open=True, max_open=True), required=True, help="At which it holds.")
@click.option("--unit", type=click.Choice(UNITS), default="record", show_default=True, help="Whose data the loss is about.")
@click.option("--neighbours", type=NEIGHBOURS, default=Neighbours.REPLACE_ONE.value, show_default=True, help="How data sets differ in it.")
@click.pass_obj
def budget_open(home: Home, dataset: str, epsilon: float, delta: float, unit: Any, neighbours: str) -> None:  # noqa: ANN401 - a choice
    """Give a data set a budget. It is given once and holds for every run that uses the data.

    \b
    Example:
        cloakwork budget open ward --epsilon 3 --delta 1e-6
    """
    with home.ledger() as ledger:
        ledger.open_dataset(dataset, Budget(epsilon, delta, unit, Neighbours(neighbours)))


@budget.command("raise")
@click.argument("dataset")
@click.option("--epsilon", type=click.FloatRange(0, min_open=True), help="The new epsilon.  [default: the present one]")
@click.option("--delta", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="The new delta.  [default: the present one]")
@click.pass_obj
def budget_raise(home: Home, dataset: str, epsilon: float | None, delta: float | None) -> None:
    """Let a data set lose more. The old budget stays in its history; it cannot be lowered again.

    \b
    Example:
        cloakwork budget raise ward --epsilon 4
    """
    with home.ledger() as ledger:
        show.note(f"The budget of {dataset!r} is now {ledger.raise_budget(dataset, epsilon=epsilon, delta=delta)}.")


def _content(ledger: Ledger, name: str) -> dict[str, Any]:
    spent, history = ledger.spent(name), ledger.history(name)
    return {
        "dataset": name,
        "unit": spent.budget.unit,
        "neighbours": spent.budget.neighbours.value,
        "epsilon": spent.budget.epsilon,
        "delta": spent.delta,
        "spent": spent.epsilon,
        "left": spent.left,
        "rounds": spent.rounds,
        "budgets": [{"epsilon": change.budget.epsilon, "delta": change.budget.delta, "time": change.time} for change in history],
        "entries": [
            {
                "run": entry.run.hex(),
                "round": entry.round,
                "member": None if entry.member is None else str(entry.member),
                "time": entry.time,
                "record_clip": entry.unit.clip,
                "dimension": entry.mechanism.dimension,
                "clip": entry.mechanism.clip,
                "granularity": entry.mechanism.granularity,
                "noise": entry.mechanism.noise,
                "parts": entry.mechanism.parts,
                "honest": entry.mechanism.honest,
            }
            for entry in ledger.entries(name)
        ],
    }


def _summary(content: list[dict[str, Any]]) -> Table:
    table = Table(title="budgets")
    table.add_column("data set", overflow="fold")
    for title in ("unit", "neighbours"):
        table.add_column(title)
    for title in ("delta", "epsilon", "spent", "left", "rounds"):
        table.add_column(title, justify="right")
    for entry in content:
        numbers = [f"{entry[name]:.4g}" for name in ("delta", "epsilon", "spent", "left")]
        table.add_row(entry["dataset"], entry["unit"], entry["neighbours"], *numbers, str(entry["rounds"]))
    return table


def _rounds(content: dict[str, Any]) -> Table:
    table = Table(title=f"rounds charged to {content['dataset']}")
    for title in ("time", "run", "member"):
        table.add_column(title)
    for title in ("round", "values", "noise", "parts", "honest"):
        table.add_column(title, justify="right")
    for entry in content["entries"]:
        moment = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry["time"]))
        numbers = (str(entry["round"]), str(entry["dimension"]), f"{entry['noise'] * entry['granularity']:.4g}")
        table.add_row(moment, entry["run"][:16], entry["member"] or "controller", *numbers, str(entry["parts"]), str(entry["honest"]))
    return table
