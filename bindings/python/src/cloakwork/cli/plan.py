"""`cloakwork plan`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from cloakwork.cli import show
from cloakwork.cli.private import NEIGHBOURS
from cloakwork.ledger.budget import UNITS
from cloakwork.privacy import Neighbours, Plan, Unit, choose
from cloakwork.privacy._unit import Kind
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["plan"]


@click.command()
@click.option("--clients", type=click.IntRange(1), required=True, help="All who may contribute to a round.")
@click.option("--dim", "dimension", type=click.IntRange(1, 2**28), required=True, help="Values of a vector.")
@click.option("--rounds", type=click.IntRange(1), default=1, show_default=True, help="Rounds that the epsilon is for.")
@click.option("--epsilon", type=click.FloatRange(0, 64, min_open=True), required=True, help="Most loss in all rounds together.")
@click.option("--delta", type=click.FloatRange(0, 1, min_open=True, max_open=True), required=True, help="At which it holds.")
@click.option("--bits", type=click.IntRange(1, 62), help="Bits of a masked number.  [default: the fewest that cost little]")
@click.option("--honest", type=click.IntRange(1), help="Honest clients in every sum.  [default: half of the clients]")
@click.option("--clip", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True, help="Largest L2 norm of a part.")
@click.option("--unit", "kind", type=click.Choice(UNITS), default="client", show_default=True, help="What the epsilon is about.")
@click.option("--record-clip", type=click.FloatRange(0, min_open=True), help="With --unit record: L2 norm that one record adds at most.")
@click.option("--neighbours", type=NEIGHBOURS, default=Neighbours.REPLACE_ONE.value, show_default=True, help="How data sets differ in it.")
@click.option("--parts", type=click.IntRange(1, 2**16), default=1, show_default=True, help="Parts of a contribution, noised each.")
@click.option("--figure", type=click.Path(dir_okay=False, path_type=Path), help="Draw the error against epsilon: a .svg or .png file.")
@click.option("--json", "as_json", is_flag=True, help="In JSON, every number in full.")
def plan(kind: Kind, record_clip: float | None, neighbours: str, figure: Path | None, *, as_json: bool, **numbers: Any) -> None:  # noqa: ANN401 - options
    """Find the noise of a private run: its parameters, what they promise, and what they cost.

    \b
    Examples:
        cloakwork plan --clients 100 --dim 250 --epsilon 3 --delta 1e-5
        cloakwork plan --clients 100 --dim 250 --rounds 10 --epsilon 3 --delta 1e-5 --bits 16 --figure plan.svg
    """
    if (kind == "record") != (record_clip is not None):
        raise FlowError(FlowStatus.CONFIGURATION, "a unit of one record has it, and no other", argument="--record-clip")
    wanted = {**numbers, "unit": Unit(kind, record_clip), "neighbours": Neighbours(neighbours)}
    found = choose(**wanted)
    if figure is not None:
        from cloakwork.cli.figure import draw

        draw(figure, wanted, found)
    if as_json:
        click.echo(json.dumps(_content(found), indent=1))
        return
    show.tell(_parameters(found), _errors(found))
    if figure is not None:
        show.note(f"The figure is in {figure}.")


def _content(found: Plan) -> dict[str, Any]:
    mechanism = found.mechanism
    return {
        "epsilon": found.epsilon,
        "delta": found.delta,
        "rounds": found.rounds,
        "unit": found.unit.kind,
        "neighbours": found.neighbours.value,
        "clients": found.clients,
        "honest": mechanism.honest,
        "parts": mechanism.parts,
        "dimension": mechanism.dimension,
        "padded": mechanism.padded,
        "bits": found.bits,
        "clip": mechanism.clip,
        "record_clip": found.unit.clip,
        "granularity": mechanism.granularity,
        "noise": mechanism.noise,
        "sigma": mechanism.sigma,
        "norm_bound": mechanism.norm_bound,
        "wrap_margin": found.wrap.margin,
        "wrap_probability": min(1.0, found.wrap.vector),
        "error": found.error.total,
        "error_quantisation": found.error.quantisation,
        "error_noise": found.error.noise,
        "error_wrap": found.error.wrap,
        "error_central": found.central_error,
        "bytes": found.payload_size,
    }


def _parameters(found: Plan) -> Table:
    mechanism = found.mechanism
    table = Table(title=f"epsilon {found.epsilon:.6g} at delta {found.delta:g} for a {found.unit}, {found.neighbours.value}")
    table.add_column("parameter")
    table.add_column("value", justify="right")
    table.add_column("meaning")
    rows = [
        ("rounds", str(found.rounds), "that the epsilon is for"),
        ("clients", str(found.clients), f"of whom every sum has {mechanism.honest} honest ones"),
        ("dimension", str(mechanism.dimension), f"padded to {mechanism.padded}"),
        ("bits", str(found.bits), "of a masked number"),
        ("clip", f"{mechanism.clip:.6g}", "largest L2 norm of a part"),
        ("granularity", f"{mechanism.granularity:.6g}", "unit of the integers"),
        ("noise", f"{mechanism.noise:.6g}", f"deviation in units; {mechanism.sigma:.6g} in the data's"),
        ("norm bound", str(mechanism.norm_bound), "largest squared norm of a rounded part, in units"),
        ("parts", str(mechanism.parts), "of a contribution"),
        ("wrap-around", f"{min(1.0, found.wrap.vector):.2g}", f"probability in a round; margin of {found.wrap.margin:.3g} deviations"),
        ("bytes", str(found.payload_size), "that a client sends in a round for its vector"),
    ]
    for row in rows:
        table.add_row(*row)
    return table


def _errors(found: Plan) -> Table:
    table = Table(title="expected error of a value (root mean square)")
    table.add_column("from")
    table.add_column("in the sum", justify="right")
    table.add_column("in the mean", justify="right")
    error = found.error
    for name, value in (
        ("quantisation", error.quantisation),
        ("noise", error.noise),
        ("wrap-around", error.wrap),
        ("all of these", error.total),
        ("central Gaussian noise", found.central_error),
    ):
        table.add_row(name, f"{value:.4g}", f"{value / found.clients:.4g}")
    return table
