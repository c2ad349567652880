"""The figure of `cloakwork plan`: what epsilon, and what bits, cost in accuracy. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cloakwork.errors import PrivacyError
from cloakwork.privacy import Plan, choose
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["draw"]

_POINTS = 25
# The range of epsilon around the wanted one, and the largest that is planned for.
_FACTOR = 8.0
_LARGEST = 64.0
# Bits beside the planned ones.
_STEPS = (-4, -2, 0, 4)
# Inches and dots per inch.
_SIZE, _DOTS = (7.0, 4.5), 150


def draw(path: Path, wanted: Mapping[str, Any], plan: Plan) -> None:
    """Draws the expected error of a value of the sum against epsilon, for several bits, beside central Gaussian noise.

    The same plan gives the same file with the same matplotlib.

    Args:
        path: a ``.svg`` or ``.png`` file.
        wanted: the arguments of `choose`.
        plan: the plan that it gave.

    Raises:
        FlowError: another kind of file, it cannot be written, or matplotlib is not installed.
    """
    kind = path.suffix.lower()[1:]
    if kind not in {"svg", "png"}:
        raise FlowError(FlowStatus.CONFIGURATION, "is a .svg or .png file", argument="--figure")
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        message = "needs matplotlib; install it with: pip install 'cloakwork[figures]'"
        raise FlowError(FlowStatus.CONFIGURATION, message, argument="--figure") from None
    # Text as text, names that do not depend on chance, no date: equal figures are equal files.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "cloakwork"}):
        figure = Figure(figsize=_SIZE, layout="constrained")
        _fill(figure.subplots(), wanted, plan)
        try:
            figure.savefig(path, format=kind, dpi=_DOTS, metadata={"Date": None} if kind == "svg" else {"Software": None})
        except OSError as error:
            raise FlowError(FlowStatus.STORAGE_FAILED, f"cannot be written: {error.strerror}", argument=str(path)) from error


def _fill(axes: Any, wanted: Mapping[str, Any], plan: Plan) -> None:  # noqa: ANN401 - of matplotlib
    centre, honest = float(wanted["epsilon"]), plan.mechanism.honest
    low, high = centre / _FACTOR, min(_LARGEST, centre * _FACTOR)
    epsilons = [low * (high / low) ** (index / (_POINTS - 1)) for index in range(_POINTS)]
    central: dict[float, float] = {}
    for bits in sorted(plan.bits + step for step in _STEPS):
        points: list[tuple[float, float]] = []
        for epsilon in epsilons:
            try:
                found = choose(**{**wanted, "epsilon": epsilon, "bits": bits, "honest": honest})
            except PrivacyError:
                # So few bits do not hold the sum with so much noise.
                continue
            points.append((epsilon, found.error.total))
            central[epsilon] = found.central_error
        if points:
            axes.plot(*zip(*points, strict=True), label=f"{bits} bits", marker="o", markersize=2.5, linewidth=1.2)
    if central:
        axes.plot(*zip(*sorted(central.items()), strict=True), label="central Gaussian", color="black", linestyle="--", linewidth=1.2)
    axes.plot([plan.epsilon], [plan.error.total], label="the plan", color="black", marker="*", markersize=9, linestyle="none")
    axes.set_xscale("log")
    axes.set_yscale("log")
    rounds = "a round" if plan.rounds == 1 else f"{plan.rounds} rounds"
    axes.set_xlabel(f"epsilon after {rounds}, delta {plan.delta:g}, for a {plan.unit.kind} ({plan.neighbours.value})")
    axes.set_ylabel("expected error of a value of the sum")
    axes.set_title(f"{plan.clients} clients, {honest} honest, {plan.mechanism.dimension} values, clip {plan.mechanism.clip:g}")
    axes.grid(visible=True, which="both", linewidth=0.3)
    axes.legend()
