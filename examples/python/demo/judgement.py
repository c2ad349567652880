"""Whether the results are right: every secure number beside the pooled one, and the difference that fixed point can explain.

A bound has two parts. The grid: every contribution is rounded to the precision of its layout, so a weighted mean over m hospitals with n
rows is off by at most m * precision / (2 n) (`Layout.error`). And float64: means of n terms of magnitude B, summed in two orders, differ by
at most 2 n 2^-53 B. What is computed from the means gets the bound that follows to first order; the last table shows it beside each
difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import logistic
import moments
import numpy as np
import pooled
from noised import Noised, Training
from numpy.typing import NDArray
from observation import unpack
from record import Record, Round
from rows import LIMITS, Rows

from cloakwork.layout import Layout

__all__ = ["Comparison", "Fact", "Judgement", "View"]

_UNIT = 2.0**-53
# First-order bounds, with room for the second order.
_ROOM = 1.01
# |r| * sqrt(values) of independent uniform values exceeds this with a probability below 2 exp(-7^2 / 2) < 5e-11.
_SIGMAS = 7.0


@dataclass(frozen=True)
class Comparison:
    """A result beside its reference.

    Attributes:
        name: what is compared.
        secure: the secure result.
        reference: the pooled one.
        bound: the largest difference that is right, for each entry.
    """

    name: str
    secure: NDArray[np.float64]
    reference: NDArray[np.float64]
    bound: NDArray[np.float64]

    @property
    def difference(self) -> NDArray[np.float64]:
        """Differences, entry by entry."""
        found: NDArray[np.float64] = np.abs(np.ravel(self.secure) - np.ravel(self.reference))
        return found

    @property
    def worst(self) -> tuple[float, float]:
        """The difference that comes closest to its bound (or is farthest beyond), and that bound."""
        difference, bound = self.difference, np.broadcast_to(np.ravel(self.bound), self.difference.shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(difference == 0, 0, difference / bound)
        place = int(np.nanargmax(ratio)) if not np.isnan(ratio).all() else 0
        return float(difference[place]), float(bound[place])

    @property
    def holds(self) -> bool:
        """Whether every difference is within its bound; NaN is not."""
        return self.difference.size > 0 and bool(np.all(self.difference <= np.ravel(self.bound)))


@dataclass(frozen=True)
class Fact:
    """Something that has to have happened."""

    name: str
    holds: bool


@dataclass(frozen=True)
class View:
    """What the server could see of a hospital.

    Attributes:
        member: the hospital.
        round: of training.
        real: its contribution.
        stored: the same entries as they lie in the server's database.
        opened: the sums that the server did learn.
        hospitals: how many are in them.
        correlation: of `real` and `stored`.
    """

    member: str
    round: int
    real: NDArray[np.float64]
    stored: NDArray[np.float64]
    opened: NDArray[np.float64]
    hospitals: int
    correlation: float


class Judgement:
    """A record beside the pooled rows.

    Args:
        record: what the parties reported.
        parts: the rows of each hospital.
    """

    def __init__(self, record: Record, parts: dict[str, Rows]) -> None:
        self.record = record
        self._parts = parts
        self._whole = self._rows(record.of("statistics")[-1])
        self.noised = Noised(record, parts)

    @property
    def holds(self) -> bool:
        """Whether everything is right."""
        return all(comparison.holds for comparison in self.comparisons) and all(fact.holds for fact in self.facts)

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """All comparisons."""
        return [*self._statistics(), *self._rounds(), *self._model(), self._masked()]

    @cached_property
    def facts(self) -> list[Fact]:
        """What has to have happened."""
        record = self.record
        training = record.of("training")
        between = [entry for entry in training if record.killed_in <= entry.number < record.back_in]
        after = [entry for entry in training if entry.number >= record.back_in > record.killed_in]
        return [
            Fact(
                f"{record.killed} was killed in round {record.killed_in}, which ended without it",
                bool(between) and not any(record.killed in entry.members for entry in between),
            ),
            Fact(f"{record.killed} took part again after its return", any(record.killed in entry.members for entry in after)),
            Fact("its stored keys served: no new set-up", record.epochs == 1),
            *(fact for training in self.private for fact in _private_facts(training)),
        ]

    @cached_property
    def private(self) -> list[Training]:
        """The private trainings."""
        found = list(self.noised.trainings())
        if not found:
            raise ValueError("there is no private training")
        return found

    def _rows(self, entry: Round) -> Rows:
        return Rows.joined([self._parts[name] for name in entry.members])

    def _statistics(self) -> list[Comparison]:
        entry, found, rows = self.record.of("statistics")[-1], self.record.statistics, self._whole
        plan, count = moments.layout(len(self._parts)), len(rows)
        float_share = 2 * count * _UNIT
        of_mean, of_products = (
            plan.error(name, parties=len(entry.members), weight=count) + float_share for name in ("deviations", "products")
        )
        offset = float(np.abs(entry.values["deviations"]).max())
        of_covariance = count / (count - 1) * (of_products + 2 * offset * of_mean + of_mean**2)
        variance: NDArray[np.float64] = rows.features.var(axis=0, ddof=1)
        correlation: NDArray[np.float64] = np.asarray(np.corrcoef(rows.features.T))
        relative = of_covariance / (variance / LIMITS**2)
        of_correlation = _ROOM * (np.sqrt(np.outer(relative, relative)) + np.abs(correlation) / 2 * np.add.outer(relative, relative))
        return [
            Comparison("rows", np.array([found["rows"]]), np.array([float(count)]), np.zeros(1)),
            Comparison("mean", np.array(found["mean"]), rows.features.mean(axis=0), LIMITS * of_mean),
            Comparison("variance", np.array(found["variance"]), variance, LIMITS**2 * of_covariance),
            Comparison("correlation", np.array(found["correlation"]), correlation, of_correlation),
        ]

    def _rounds(self) -> list[Comparison]:
        """The joint means of every training round beside those of the same hospitals' pooled rows at the same model."""
        plan = logistic.layout(len(self._parts))
        secure: dict[str, list[NDArray[np.float64]]] = {}
        reference: dict[str, list[NDArray[np.float64]]] = {}
        bounds: dict[str, list[NDArray[np.float64]]] = {}
        for entry in self.record.of("training"):
            rows = self._rows(entry)
            model = logistic.Model.decode(np.array(entry.context).tobytes())
            table = pooled.design(rows, model.mean, model.deviation)
            right = pooled.derivatives(table, rows.labels, model.coefficients)
            magnitudes = self._magnitudes(table, model.coefficients)
            for name, magnitude in magnitudes.items():
                grid = plan.error(name, parties=len(entry.members), weight=len(rows))
                value = np.ravel(np.array(entry.values[name]))
                secure.setdefault(name, []).append(value)
                reference.setdefault(name, []).append(np.ravel(getattr(right, name)))
                bounds.setdefault(name, []).append(np.full(value.shape, grid + magnitude))
            secure.setdefault("rows", []).append(np.array([float(entry.weight)]))
            reference.setdefault("rows", []).append(np.array([float(len(rows))]))
            bounds.setdefault("rows", []).append(np.zeros(1))
        return [
            Comparison(
                f"{name} of every round", np.concatenate(secure[name]), np.concatenate(reference[name]), np.concatenate(bounds[name])
            )
            for name in secure
        ]

    @staticmethod
    def _magnitudes(table: NDArray[np.float64], coefficients: NDArray[np.float64]) -> dict[str, float]:
        """What float64 may add to the difference of each joint mean: of the sum itself, and of the margins within each term."""
        largest = float(np.abs(table).max())
        margin = float((np.abs(table) @ np.abs(coefficients)).max())
        share = 2 * _UNIT * (len(table) + table.shape[1] * (1 + margin))
        return {
            "gradient": share * largest,
            "curvature": share * largest**2,
            "loss": share * (1 + margin),
            "accuracy": 2 * _UNIT * len(table),
        }

    def _model(self) -> list[Comparison]:
        """The last model. To first order, a gradient that is off by g moves the minimum by H^-1 g, with the curvature H at the minimum.

        The error of H itself only matters times the last step, which is as good as 0.
        """
        training = self.record.of("training")
        last = training[-1]
        rows, count = self._rows(last), len(self._whole)
        trained = pooled.train(self._whole, [self._rows(entry) for entry in training])
        grid = logistic.layout(len(self._parts)).error("gradient", parties=len(last.members), weight=len(rows))
        table = pooled.design(rows, self._whole.features.mean(axis=0), self._whole.features.std(axis=0, ddof=1))
        of_gradient = grid + self._magnitudes(table, trained.coefficients)["gradient"] + self._standardisation(table, trained.coefficients)
        penalty = logistic.PENALTY / count
        moved = np.abs(np.linalg.inv(pooled.curvature(table, rows.labels, trained.coefficients, penalty)))
        bound = 2 * _ROOM * moved @ of_gradient + trained.last_step
        library = pooled.library_fit(self._whole, rows)
        remaining = pooled.derivatives(table, rows.labels, library).gradient + penalty * library
        of_library = bound + _ROOM * moved @ np.abs(remaining)
        secure = np.array(self.record.coefficients)
        return [
            Comparison("model, pooled Newton", secure, trained.coefficients, bound),
            Comparison("model, scikit-learn", secure, library, of_library),
        ]

    def _standardisation(self, table: NDArray[np.float64], coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the errors of mean and variance do to the gradient, to first order: its terms are (p - y) x, and p has slope at most 1/4."""
        mean, variance = (comparison for comparison in self._statistics() if comparison.name in {"mean", "variance"})
        deviation = np.sqrt(variance.reference)
        of_features = mean.bound / deviation + np.abs(table[:, 1:]) * (variance.bound / variance.reference / 2)
        of_margins = of_features @ np.abs(coefficients[1:])
        terms = np.abs(table) * of_margins[:, None] / 4
        terms[:, 1:] += of_features
        found: NDArray[np.float64] = terms.mean(axis=0)
        return found

    @cached_property
    def view(self) -> View:
        """What the server could see of one hospital while it waited for the killed one."""
        observed = self.record.observed
        if observed is None:
            raise ValueError("nothing was observed")
        plan = logistic.layout(len(self._parts))
        entry = next(entry for entry in self.record.of("training") if entry.number >= observed.round)
        rows = self._parts[observed.member]
        model = logistic.Model.decode(np.array(entry.context).tobytes())
        real = _joined(plan, plan.flatten(logistic.contribution(rows, model), weight=len(rows)))
        stored = _joined(plan, unpack(bytes.fromhex(observed.payload), plan))
        opened = _joined(plan, plan.flatten(_means(entry, plan), weight=entry.weight))
        values = slice(-1 - plan.segments[1].length, -1)
        correlation = float(np.corrcoef(real[values], stored[values])[0, 1])
        return View(observed.member, observed.round, real, stored, opened, len(entry.members), correlation)

    def _masked(self) -> Comparison:
        view = self.view
        values = logistic.layout(len(self._parts)).segments[1].length
        return Comparison(
            "correlation of masked and real", np.array([view.correlation]), np.zeros(1), np.array([_SIGMAS / np.sqrt(values)])
        )


def _private_facts(training: Training) -> list[Fact]:
    name = f"epsilon {training.found.epsilon:g}"
    return [
        Fact(f"{name}: the sums have the noise that the mechanism states", training.noise_holds),
        Fact(f"{name}: all ledgers were charged, within the budget", training.loss_holds),
    ]


def _means(entry: Round, plan: Layout) -> dict[str, NDArray[np.float64]]:
    return {name: np.array(entry.values[name], dtype=np.float64) for name in plan.tensors}


def _joined(plan: Layout, vectors: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.concatenate([np.asarray(vectors[segment.label], dtype=np.float64) for segment in plan.segments])
