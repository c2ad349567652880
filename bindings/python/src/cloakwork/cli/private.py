"""What the commands of controllers and clients share about private runs: budgets, and a run's noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from cloakwork.cli import show
from cloakwork.ledger import Account, Budget, Ledger
from cloakwork.privacy import Neighbours, Plan
from cloakwork.privacy._unit import Kind
from cloakwork.secagg import Config
from cloakwork.tasks import Privacy, Task
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["NEIGHBOURS", "config", "describe_left", "open_dataset", "options", "privacy"]

NEIGHBOURS = click.Choice([neighbours.value for neighbours in Neighbours])

_OPTIONS = (
    click.option("--epsilon", type=click.FloatRange(0, 64, min_open=True), help="Make the results private: most loss of a record."),
    click.option("--delta", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="At which --epsilon holds, such as 1e-6."),
    click.option(
        "--neighbours",
        type=NEIGHBOURS,
        default=Neighbours.REPLACE_ONE.value,
        show_default=True,
        help="A record is replaced by any other, or by none.",
    ),
    click.option("--honest", type=click.IntRange(1), help="Honest parties in every sum.  [default: the most that is certain]"),
    click.option("--bits", type=click.IntRange(1, 62), help="Bits of a masked number.  [default: the fewest that cost little]"),
    click.option("--dataset", help="Name in the ledger of the data of all parties together.  [default: the name of the run]"),
    click.option("--budget-epsilon", type=click.FloatRange(0, min_open=True), help="Budget of a new data set.  [default: --epsilon]"),
    click.option("--budget-delta", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="The same.  [default: --delta]"),
)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a private run at its controller."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def privacy(epsilon: float | None, delta: float | None, neighbours: str, rounds: int) -> Privacy | None:
    """What a run promises, if anything.

    Raises:
        FlowError: one of epsilon and delta is missing.
    """
    if epsilon is None and delta is None:
        return None
    if epsilon is None or delta is None:
        missing = "--epsilon" if epsilon is None else "--delta"
        raise FlowError(FlowStatus.TASK, "a private run has --epsilon and --delta", argument=missing)
    return Privacy(epsilon, delta, rounds, Neighbours(neighbours))


def config(task: Task, members: int, honest: int | None, bits: int | None, **others: Any) -> tuple[Config, Plan]:  # noqa: ANN401 - fields
    """The parameters of a private run, and what they promise.

    Args:
        task: the task, with privacy.
        members: how many members.
        honest: how many of them are honest in every sum; as many as the other parameters make certain if None.
        bits: width of a residue; chosen if None.
        **others: fields of `Config`.
    """
    certain = Config(segments=(), **others).honest_for(members)
    plan = task.plan(members, certain if honest is None else honest, bits)
    return Config.private(plan.mechanism, plan.bits, **others), plan


def open_dataset(ledger: Ledger, name: str, unit: Kind, neighbours: Neighbours, epsilon: float | None, delta: float | None) -> None:
    """Opens a data set, with a budget that is given the first time.

    Raises:
        FlowError: it is new and has no budget, or it has another one.
    """
    if name in ledger.datasets():
        present = ledger.budget(name)
        wanted = Budget(present.epsilon if epsilon is None else epsilon, present.delta if delta is None else delta, unit, neighbours)
    elif epsilon is None or delta is None:
        message = f"the data set {name!r} is new: state what it may lose in all runs together, with --budget-epsilon and --budget-delta"
        raise FlowError(FlowStatus.CONFIGURATION, message, argument="--dataset")
    else:
        wanted = Budget(epsilon, delta, unit, neighbours)
    ledger.open_dataset(name, wanted)


def describe_left(account: Account) -> None:
    """Says how far a budget goes in a run."""
    spent, rounds, planned = account.spent(), account.rounds_left(), account.run.config.max_rounds
    more = "1 more round of this run fits" if rounds == 1 else f"{rounds} more rounds of this run fit"
    enough = "all rounds of this run fit" if rounds >= planned > 1 else more
    show.note(f"The data set {account.dataset!r} has lost epsilon {spent.epsilon:.4g} of its budget: {spent.budget}; {enough}.")
