"""The tables at the end."""

from __future__ import annotations

from statistics import median

import numpy as np
from judgement import Comparison, Judgement
from rich import box
from rich.console import Console
from rich.table import Table
from rows import HOSPITALS

__all__ = ["show"]

_MEASUREMENTS = 10
_PAIRS = 5
_COEFFICIENTS = 6
_ENTRIES = 6


def show(console: Console, judgement: Judgement, names: tuple[str, ...], rows: dict[str, int]) -> None:
    """Prints all tables.

    Args:
        console: where.
        judgement: what there is to show.
        names: of the features.
        rows: of each hospital.
    """
    found = {comparison.name: comparison for comparison in judgement.comparisons}
    for table in (
        _statistics(found, names),
        _correlations(found, names),
        _model(found, names),
        _rounds(judgement),
        _private(judgement),
        _traffic(judgement, rows),
        _view(judgement, names),
        _verdicts(judgement),
    ):
        console.print()
        console.print(table, markup=False)
    console.print()


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table


def _statistics(found: dict[str, Comparison], names: tuple[str, ...]) -> Table:
    title = f"Joint statistics of {found['rows'].secure[0]:.0f} rows (10 of {len(names)} features)"
    table = _table(title, "feature", "mean, secure", "mean, pooled", "variance, secure", "variance, pooled")
    mean, variance = found["mean"], found["variance"]
    for place in range(_MEASUREMENTS):
        numbers = (mean.secure[place], mean.reference[place], variance.secure[place], variance.reference[place])
        table.add_row(names[place], *(f"{number:#.9g}" for number in numbers))
    return table


def _correlations(found: dict[str, Comparison], names: tuple[str, ...]) -> Table:
    pairs = len(names) * (len(names) - 1) // 2
    table = _table(f"Correlations: the strongest of {pairs} pairs and the weakest", "features", "secure", "pooled", "difference")
    correlation = found["correlation"]
    first, second = np.triu_indices(len(names), 1)
    order = np.argsort(-np.abs(correlation.reference[first, second]))
    for place in [*order[: _PAIRS - 1], order[-1]]:
        here = (first[place], second[place])
        secure, pooled = correlation.secure[here], correlation.reference[here]
        table.add_row(f"{names[here[0]]} - {names[here[1]]}", f"{secure:.12f}", f"{pooled:.12f}", f"{abs(secure - pooled):.1e}")
    return table


def _model(found: dict[str, Comparison], names: tuple[str, ...]) -> Table:
    newton, library = found["model, pooled Newton"], found["model, scikit-learn"]
    title = f"Logistic regression: the {_COEFFICIENTS} largest of {newton.secure.size} coefficients"
    table = _table(title, "feature, standardised", "secure", "pooled", "scikit-learn, pooled", "difference")
    labels = ("(constant)", *names)
    for place in np.argsort(-np.abs(newton.reference))[:_COEFFICIENTS]:
        numbers = (newton.secure[place], newton.reference[place], library.reference[place])
        table.add_row(labels[place], *(f"{number:.10f}" for number in numbers), f"{abs(numbers[0] - numbers[1]):.1e}")
    return table


def _rounds(judgement: Judgement) -> Table:
    table = _table("Training rounds", "round", "rows", "loss", "accuracy", "seconds", "missing")
    for entry in judgement.record.of("training"):
        missing = [name for name in HOSPITALS if name not in entry.members]
        note = ", ".join(missing)
        if entry.number == judgement.record.killed_in:
            note += " (killed)"
        elif entry.number == judgement.record.back_in:
            note = f"{judgement.record.killed} is back" + (f"; {note}" if note else "")
        accuracy = f"{100 * entry.values['accuracy']:.2f} %"
        table.add_row(str(entry.number), str(entry.weight), f"{entry.values['loss']:.6f}", accuracy, f"{entry.seconds:.2f}", note)
    return table


def _private(judgement: Judgement) -> Table:
    rounds = judgement.private[0].found.rounds
    table = _table(
        f"The same model with differential privacy, {rounds} rounds each",
        "epsilon",
        "accuracy, secure",
        "central noise: mean",
        "sd",
        "spent, by the ledgers",
        "noise / stated",
        "bits",
    )
    for training in judgement.private:
        spent = max(training.found.spent.values())
        mean, deviation = judgement.noised.central(training.found)
        table.add_row(
            f"{training.found.epsilon:g}",
            f"{100 * training.accuracy:.2f} %",
            f"{100 * mean:.2f} %",
            f"{100 * deviation:.2f} %",
            f"{spent:.4f}",
            f"{training.noise:.3f}",
            str(training.plan.bits),
        )
    table.add_row("none", "", f"{100 * judgement.noised.without_noise(rounds):.2f} %", "", "", "", "")
    plan = judgement.private[0].plan
    table.caption = (
        f"Unit of epsilon: one {plan.unit} in the gradient,\n"
        f"replaced by any other, at delta = {plan.delta:g}, after all rounds. It holds against everybody who sees\n"
        f"the sums, if {plan.mechanism.honest} hospitals in each are honest, and is no promise about a hospital as a whole.\n"
        "Each training stands for itself here: of rows that go through all three, all three losses count together."
    )
    table.caption_justify = "left"
    return table


def _traffic(judgement: Judgement, rows: dict[str, int]) -> Table:
    record = judgement.record
    seconds = median(entry.seconds for entry in record.rounds)
    title = f"Bytes sent, as bodies of requests (a round took {seconds:.2f} s, median)"
    table = _table(title, "hospital", "rows", "rounds", "masked vector", "a training round", "all in all")
    for name, traffic in record.traffic.items():
        numbers = (rows[name], traffic.contributed, traffic.masked, round(median(traffic.rounds)) if traffic.rounds else 0, traffic.sent)
        table.add_row(name, *(f"{number:,}" for number in numbers))
    return table


def _view(judgement: Judgement, names: tuple[str, ...]) -> Table:
    view = judgement.view
    title = f"What the server could see of {view.member} in round {view.round}, read from its database while it waited"
    table = _table(title, "entry", f"{view.member} contributed", "the server stored", f"the sum of {view.hospitals}, opened")
    # Segments by label: metrics (accuracy, loss), values (curvature, then gradient), weight.
    gradient = len(view.real) - 1 - (len(names) + 1)
    labels = {len(view.real) - 1: "rows", 0: "rows x accuracy", 1: "rows x loss", gradient: "gradient, constant"}
    labels |= {gradient + 1 + place: f"gradient, {names[place]}" for place in range(_ENTRIES)}
    for place, label in labels.items():
        table.add_row(label, *(f"{vector[place]:,.6f}" for vector in (view.real, view.stored, view.opened)))
    table.caption = (
        f"Correlation of what it stored with what {view.member} contributed: {view.correlation:+.4f}\n"
        "Besides the sums, a server knows who takes part and when, how many bytes everybody sends,\n"
        "and the model that it hands out."
    )
    table.caption_justify = "left"
    return table


def _verdicts(judgement: Judgement) -> Table:
    table = _table("Secure beside pooled", "what", "numbers", "worst difference", "allowed", "")
    for comparison in judgement.comparisons:
        worst, bound = comparison.worst
        table.add_row(
            comparison.name, f"{comparison.difference.size:,}", f"{worst:.1e}", f"{bound:.1e}", "ok" if comparison.holds else "OFF"
        )
    for fact in judgement.facts:
        table.add_row(fact.name, "", "", "", "ok" if fact.holds else "OFF")
    return table
