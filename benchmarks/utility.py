"""How accurate a private mean is: the distributed mechanism in simulated rounds beside central Gaussian noise, and a figure of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cloakwork.privacy import Neighbours, Plan, Unit, choose
from cloakwork.privacy.simulation import Report, simulate

CLIENTS = 100
DIMENSION = 250
DELTA = 1e-5
EPSILONS = (0.75, 1.5, 3.0, 6.0)
# The width that is held to a bar, and the one whose loss is reported.
BITS = (16, 12)
# Rounds of 250 coordinates: the mean square of the error is known to sqrt(2 / (250 rounds)).
ROUNDS = {16: 2000, 12: 200}
FIGURE = Path(__file__).resolve().parent.parent / "docs" / "figures" / "mean-estimation.svg"
_SEED = 2021


@dataclass(frozen=True)
class Point:
    """The mechanism at one epsilon and one width.

    Attributes:
        plan: its parameters.
        report: what simulated rounds showed.
    """

    plan: Plan
    report: Report

    @property
    def central(self) -> float:
        """Mean square error of the mean with central Gaussian noise of the same epsilon by the same accountant."""
        return (self.plan.central_error / CLIENTS) ** 2

    @property
    def found(self) -> float:
        """Mean square error of the simulated mean."""
        return self.report.total.mean_square / CLIENTS**2

    @property
    def excess(self) -> float:
        """How far it is above that of central noise, as a part of it."""
        return self.found / self.central - 1

    @property
    def spread(self) -> float:
        """Standard deviation of `excess` that so many rounds leave."""
        return (2 / (DIMENSION * self.report.rounds)) ** 0.5


def plan(epsilon: float, bits: int) -> Plan:
    """All clients are honest and stay, and a client's vector is there or is zero: the setting of Kairouz, Liu and Steinke, section 6.1."""
    return choose(
        clients=CLIENTS,
        honest=CLIENTS,
        dimension=DIMENSION,
        clip=1.0,
        epsilon=epsilon,
        delta=DELTA,
        unit=Unit.client(),
        neighbours=Neighbours.ZERO_OUT,
        bits=bits,
    )


def run(progress: Callable[[str], object] = print, rounds: dict[int, int] | None = None) -> list[Point]:
    """Simulates every epsilon at both widths, on vectors from the unit sphere."""
    vectors = np.random.default_rng(_SEED).normal(size=(CLIENTS, DIMENSION))
    # A little within the clip, so that nothing is clipped.
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) * (1 + 1e-6)
    points = []
    for bits in BITS:
        for epsilon in EPSILONS:
            progress(f"mean estimation: b = {bits}, epsilon = {epsilon}")
            found = plan(epsilon, bits)
            count = (ROUNDS if rounds is None else rounds)[bits]
            points.append(Point(found, simulate(found.mechanism, bits, vectors, rounds=count, seed=_SEED)))
    return points


def rows(points: Sequence[Point]) -> list[list[str]]:
    """A row for each point."""
    return [
        [
            f"{point.plan.bits}",
            f"{wanted:g}",
            f"{point.central:.4e}",
            f"{point.found:.4e}",
            f"{100 * point.excess:+.2f} %",
            f"{100 * point.spread:.2f} %",
            *(f"{getattr(point.report, source).mean_square / CLIENTS**2:.2e}" for source in ("quantisation", "noise", "wrap")),
            f"{point.report.rounds_wrapped} of {point.report.rounds}",
            f"{point.report.total.l1 / CLIENTS:.3f} / {point.report.total.l2 / CLIENTS:.4f} / {point.report.total.linf / CLIENTS:.4f}",
        ]
        for point, wanted in zip(points, [epsilon for _ in BITS for epsilon in EPSILONS], strict=True)
    ]


HEAD = (
    "b",
    "epsilon",
    "central Gaussian",
    "distributed",
    "above it",
    "1 sd",
    "quantisation",
    "noise",
    "wrap",
    "rounds that wrapped",
    "l1 / l2 / l-inf",
)


def draw(points: Sequence[Point], path: Path = FIGURE) -> None:
    """Draws mean square error against epsilon: a curve for central noise and for each width by the plan, a mark for each simulation."""
    import matplotlib as mpl

    mpl.use("svg")
    # The same figure has the same bytes.
    mpl.rcParams["svg.hashsalt"] = "cloakwork"
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.2))
    steps = np.geomspace(EPSILONS[0] * 0.8, EPSILONS[-1] * 1.25, 25)
    curves = {bits: [plan(float(epsilon), bits) for epsilon in steps] for bits in BITS}
    axes.plot(steps, [(found.central_error / CLIENTS) ** 2 for found in curves[BITS[0]]], color="black", label="central Gaussian")
    for (bits, found), colour in zip(curves.items(), ("tab:blue", "tab:red"), strict=True):
        axes.plot(steps, [(each.error.total / CLIENTS) ** 2 for each in found], color=colour, linestyle="--", label=f"b = {bits}, planned")
        here = [point for point in points if point.plan.bits == bits]
        axes.plot(EPSILONS, [point.found for point in here], "o", color=colour, label=f"b = {bits}, simulated")
    axes.set(xscale="log", yscale="log", xlabel="epsilon (delta = 1e-5)", ylabel="mean square error of a coordinate of the mean")
    axes.set_xticks(EPSILONS, [f"{epsilon:g}" for epsilon in EPSILONS])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    axes.set_title(f"Private mean of {CLIENTS} unit vectors, d = {DIMENSION}")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def section(points: Sequence[Point]) -> list[str]:
    """The section of the page."""
    worst = {bits: max(point.excess for point in points if point.plan.bits == bits) for bits in BITS}
    return [
        "## Private means",
        "",
        f"Mean of {CLIENTS} vectors of {DIMENSION} coordinates on the unit sphere, delta = {DELTA:g}, a client's vector there or zero;",
        "mean square error of a coordinate, in simulated rounds (`cloakwork.privacy.simulation`) beside continuous Gaussian noise added",
        "by one party for the same epsilon by the same accountant. The three errors stand apart; norms are of the mean's whole error.",
        *(f"At b = {bits} the loss is at most {100 * found:.1f} %." for bits, found in worst.items()),
        "",
        f"![mean square error against epsilon](figures/{FIGURE.name})",
        "",
    ]
