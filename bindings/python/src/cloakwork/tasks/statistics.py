"""Sums, means, counts, variances, covariances and correlations of the rows of all parties together.

Each column is centred at the middle of its range and scaled to -1 ... 1 before it is summed, so that the variance does not drown in the
rounding of large squares: with z = (x - middle) / half, a party contributes its number of rows, the sums of z, and the sums of products of
every two z. Each is rounded once to float64 (the grid of 2^-60 adds nothing to that). From them (Chan, Golub and LeVeque 1983, on why one
shifts first):

    mean       = middle + half * S_i / n
    covariance = half_i * half_j * (P_ij - S_i * S_j / n) / (n - 1)

A covariance is off by about 2^-50 * half_i * half_j: name ranges that are not far wider than the values.

With `Privacy` the same sums are the entries of a private vector, the number of rows among them. A row adds 1, its z and their products,
none of magnitude above 1, so it moves the vector by at most the root of the number of entries (`Task.unit`): that is the record's clip on
which epsilon stands, and the noise of every entry is in proportion to it. What depends on a single row must not show otherwise: a value
outside its range is cut to it, and a row without a value adds nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork.errors import CloakworkError, EncodingError, Status
from cloakwork.layout import Layout, Tensor
from cloakwork.privacy import Mechanism, Neighbours, Plan, Unit, choose
from cloakwork.secagg import Run
from cloakwork.tasks.column import Column
from cloakwork.tasks.privacy import Privacy, deviation, error, record_clip
from cloakwork.vector_layout import VectorLayout
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["STATISTICS", "Statistics", "Task"]

FORMAT = "cloakwork task 1"
VECTOR = "vector"
# The distance of two representable sums of scaled values.
_PRECISION = 2.0**-60
# What each statistic needs besides the number of rows.
_SUMS = {"sum", "mean"}
_PRODUCTS = {"variance", "covariance", "correlation"}
STATISTICS = ("count", "sum", "mean", "variance", "covariance", "correlation")


@dataclass(frozen=True)
class Statistics:
    """The joint statistics; what the task did not ask for is None.

    Attributes:
        columns: names of the columns, in the order of the arrays.
        rows: rows of all parties together.
        sum: sums of the columns.
        mean: their means.
        variance: their variances, with n - 1.
        covariance: covariance of every two columns, with n - 1.
        correlation: correlation of every two columns; NaN where one is constant.
        privacy: what the noise promises to a record; None where there is none.
        error: with noise, the standard deviation of each number above, by its name, as far as noise and rounding decide it; to first order.
    """

    columns: tuple[str, ...]
    rows: int
    sum: NDArray[np.float64] | None = None
    mean: NDArray[np.float64] | None = None
    variance: NDArray[np.float64] | None = None
    covariance: NDArray[np.float64] | None = None
    correlation: NDArray[np.float64] | None = None
    privacy: Privacy | None = None
    error: dict[str, NDArray[np.float64]] | None = None


@dataclass(frozen=True)
class Task:
    """What the parties of a run compute together.

    Attributes:
        statistic: one of `STATISTICS`.
        columns: the columns; none for a count.
        rows: most rows that one party may have.
        privacy: what the result promises to each record; None for exact sums.
    """

    statistic: str
    columns: tuple[Column, ...]
    rows: int = 2**24
    privacy: Privacy | None = None

    def __post_init__(self) -> None:
        """Checks the parts against each other."""
        if self.statistic not in STATISTICS:
            raise FlowError(FlowStatus.TASK, f"{self.statistic!r} is none of {', '.join(STATISTICS)}", argument="task")
        if bool(self.columns) == (self.statistic == "count"):
            raise FlowError(FlowStatus.TASK, "every task but count needs columns, and count has none", argument="column")
        if len({column.name for column in self.columns}) != len(self.columns):
            raise FlowError(FlowStatus.TASK, "a column is named twice", argument="column")
        if not 1 <= self.rows <= 2**40:
            raise FlowError(FlowStatus.TASK, "must be in 1 to 2^40", argument="rows")

    def layout(self, parties: int) -> Layout:
        """What each of this many parties contributes."""
        tensors = {"rows": Tensor((), bound=self.rows)}
        if self.columns:
            tensors["sums"] = Tensor((len(self.columns),), bound=self.rows, precision=_PRECISION)
        if self.statistic in _PRODUCTS:
            tensors["products"] = Tensor((self._pairs,), bound=self.rows, precision=_PRECISION)
        return Layout(tensors, parties)

    @property
    def vector_layout(self) -> VectorLayout:
        """What each party contributes with privacy."""
        shapes: dict[str, tuple[int, ...]] = {"rows": ()}
        if self.columns:
            shapes["sums"] = (len(self.columns),)
        if self.statistic in _PRODUCTS:
            shapes["products"] = (self._pairs,)
        return VectorLayout(shapes)

    @property
    def unit(self) -> Unit:
        """The unit of privacy: a record, with the L2 norm by which it moves the vector at most."""
        return Unit.record(record_clip(self.vector_layout.dimension, self.rows))

    def plan(self, parties: int, honest: int, bits: int | None = None) -> Plan:
        """The mechanism that keeps the promise.

        Args:
            parties: how many parties the roster has.
            honest: how many honest ones every opened sum has.
            bits: width of a residue; chosen if None.

        Raises:
            PrivacyError: there is none; the message says what to change.
        """
        privacy, unit = self._privacy(), self.unit
        clip = self.rows * (unit.clip or 1.0)
        return choose(
            clients=parties,
            dimension=self.vector_layout.dimension,
            clip=clip,
            epsilon=privacy.epsilon,
            delta=privacy.delta,
            rounds=privacy.rounds,
            unit=unit,
            neighbours=privacy.neighbours,
            honest=honest,
            bits=bits,
        )

    def check(self, run: Run) -> None:
        """Compares a task with the run that carries it: whoever joins the run believes the task.

        Raises:
            FlowError: they do not fit, or the noise of the run does not keep the promise.
        """
        mechanism = run.config.mechanism
        if (mechanism is None) != (self.privacy is None):
            raise FlowError(FlowStatus.TASK, "the task and the noise of the run do not fit each other", argument="settings")
        if mechanism is None or self.privacy is None:
            return
        if mechanism.dimension != self.vector_layout.dimension or mechanism.parts != 1 or run.segments[0].label != VECTOR:
            raise FlowError(FlowStatus.TASK, "the vector of the run is not that of the task", argument="settings")
        if run.config.max_rounds > self.privacy.rounds:
            raise FlowError(
                FlowStatus.TASK, "the run has more rounds than the promise is for", argument="rounds", bound=self.privacy.rounds
            )
        self.privacy.check(mechanism, self.unit)

    def _privacy(self) -> Privacy:
        if self.privacy is None:
            raise FlowError(FlowStatus.TASK, "the task has exact results", argument="privacy")
        return self.privacy

    @property
    def _pairs(self) -> int:
        """How many products: of every column with itself, and with those after it if they are asked for."""
        count = len(self.columns)
        return count if self.statistic == "variance" else count * (count + 1) // 2

    def settings(self, parties: int) -> bytes:
        """Canonical bytes of the task and its layout, for a run of this many parties."""
        columns = [{"name": column.name, "low": column.low, "high": column.high} for column in self.columns]
        layout = self.layout(parties).settings if self.privacy is None else self.vector_layout.settings
        content: dict[str, Any] = {
            "format": FORMAT,
            "layout": json.loads(layout),
            "task": {"statistic": self.statistic, "columns": columns, "rows": self.rows},
        }
        if self.privacy is not None:
            content["privacy"] = {
                "delta": self.privacy.delta,
                "epsilon": self.privacy.epsilon,
                "neighbours": self.privacy.neighbours.value,
                "rounds": self.privacy.rounds,
            }
        return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")

    @classmethod
    def from_settings(cls, settings: bytes, parties: int) -> Task:
        """The task with these settings.

        Raises:
            EncodingError: they are of no built-in task, or not canonical.
        """
        try:
            content = json.loads(settings)
            if content["format"] != FORMAT:
                raise EncodingError(Status.UNSUPPORTED, "these settings are of no built-in task; use the library", argument="settings")
            entry = content["task"]
            columns = tuple(Column(column["name"], column["low"], column["high"]) for column in entry["columns"])
            promised = content.get("privacy")
            privacy = None if promised is None else Privacy(**{**promised, "neighbours": Neighbours(promised["neighbours"])})
            task = cls(entry["statistic"], columns, entry["rows"], privacy)
            canonical = task.settings(parties)
        except CloakworkError:
            raise
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as failure:
            raise EncodingError(Status.MALFORMED, "these are no settings of a task", argument="settings") from failure
        if canonical != settings:
            raise EncodingError(Status.NON_CANONICAL, "the settings are not in canonical form", argument="settings")
        return task

    def describe(self) -> str:
        """What leaves a party, in a sentence."""
        if self.privacy is not None:
            return f"{replace(self, privacy=None).describe()}, with noise: {self.privacy}"
        if not self.columns:
            return "the number of your rows"
        names = ", ".join(f"{column.name} ({column.low:g} to {column.high:g})" for column in self.columns)
        products = "" if self.statistic not in _PRODUCTS else " and of their products"
        return f"the number of your rows and the sums of {names}{products}, masked: only the sums over all parties are opened"

    def contribution(self, table: Mapping[str, NDArray[np.float64]], parties: int) -> dict[str, NDArray[Any]] | NDArray[np.float64]:
        """What a party contributes, from its table: vectors by label, or with privacy the private vector.

        Args:
            table: the columns by name, of equal length; for a count any one column.
            parties: how many parties the roster has.

        Raises:
            FlowError: a column is missing, has a value that is NaN or outside its range (not with privacy), or there are too many rows. The
                message names the column and the row, never the value.
        """
        rows = len(next(iter(table.values()), ()))
        if rows > self.rows:
            raise FlowError(FlowStatus.TASK, "the table has more rows than the run allows", argument="data", bound=self.rows)
        values: dict[str, Any] = {"rows": rows}
        if self.columns:
            scaled = np.column_stack([self._scaled(column, table, rows) for column in self.columns])
            if self.privacy is not None:
                scaled = scaled[~np.isnan(scaled).any(axis=1)]
                values["rows"] = len(scaled)
            values["sums"] = _column_sums(scaled)
            if self.statistic in _PRODUCTS:
                values["products"] = self._products(scaled)
        return self.layout(parties).flatten(values) if self.privacy is None else self.vector_layout.flatten(values)

    def changed(self, table: Mapping[str, NDArray[np.float64]]) -> tuple[int, int]:
        """With privacy: how many values of a table are cut to their range, and how many rows are left out. For its owner's eyes."""
        cut, missing = 0, np.zeros(len(next(iter(table.values()), ())), dtype=bool)
        for column in self.columns:
            values = np.asarray(table[column.name], dtype=np.float64)
            cut += int(((values < column.low) | (values > column.high)).sum())
            missing |= np.isnan(values)
        return cut, int(missing.sum())

    def _scaled(self, column: Column, table: Mapping[str, NDArray[np.float64]], rows: int) -> NDArray[np.float64]:
        if column.name not in table:
            raise FlowError(FlowStatus.TASK, f"the table has no such column; it has {', '.join(table)}", argument=column.name)
        values = np.asarray(table[column.name], dtype=np.float64)
        if values.shape != (rows,):
            raise FlowError(FlowStatus.TASK, "the columns differ in length", argument=column.name)
        if self.privacy is not None:
            # A refusal would tell of a single row. NaN stays what it is.
            return np.clip((np.clip(values, column.low, column.high) - column.middle) / column.half, -1, 1)
        wrong = ~((values >= column.low) & (values <= column.high))
        if wrong.any():
            where = f"row {int(wrong.argmax()) + 1} (of those with values)"
            message = f"the value in {where} is missing or outside {column.low:g} to {column.high:g}; {int(wrong.sum())} of {rows} are"
            raise FlowError(FlowStatus.TASK, message, argument=column.name)
        return np.clip((values - column.middle) / column.half, -1, 1)

    def _products(self, scaled: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.statistic == "variance":
            return _column_sums(scaled * scaled)
        pairs = zip(*np.triu_indices(len(self.columns)), strict=True)
        return np.array([_column_sums((scaled[:, i] * scaled[:, j])[:, None])[0] for i, j in pairs])

    def result(self, sums: Mapping[str, NDArray[Any]], parties: int, roster: int, mechanism: Mechanism | None = None) -> Statistics:
        """The statistics that the sums of a round stand for.

        Args:
            sums: by label, as a round gives them.
            parties: how many parties are in them.
            roster: how many parties the roster has.
            mechanism: with privacy, that of the run.

        Raises:
            FlowError: the parties had too few rows together.
        """
        if self.privacy is not None:
            return self._private_result(sums[VECTOR], parties, mechanism)
        found = self.layout(roster).unflatten(sums, parties=parties).values
        rows = int(found["rows"])
        self._check_rows(rows)
        return Statistics(self._names, rows, **self._numbers(found, rows))

    def _private_result(self, vector: NDArray[np.float64], parties: int, mechanism: Mechanism | None) -> Statistics:
        """The noised number of rows divides, like the exact one would."""
        if mechanism is None:
            raise FlowError(FlowStatus.TASK, "the error of a private result depends on the run's mechanism", argument="mechanism")
        layout = self.vector_layout

        def numbers(sums: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
            found = layout.unflatten(sums)
            rows = float(found["rows"])
            return {"rows": np.array(rows), **self._numbers(found, rows)}

        rows = float(layout.unflatten(vector)["rows"])
        self._check_rows(rows)
        found: dict[str, Any] = {**numbers(vector)}
        with np.errstate(invalid="ignore", divide="ignore"):
            expected = error(vector, deviation(mechanism, parties), numbers)
        found.pop("rows")
        return Statistics(self._names, round(rows), **found, privacy=self.privacy, error=expected)

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def _check_rows(self, rows: float) -> None:
        if self.columns and rows < (2 if self.statistic in _PRODUCTS else 1):
            raise FlowError(FlowStatus.TASK, f"the parties have {rows:g} rows together, which is too few", argument="rows")

    def _numbers(self, found: Mapping[str, NDArray[Any]], rows: float) -> dict[str, Any]:
        """The statistics by name, from sums and a number of rows."""
        if not self.columns:
            return {}
        half = np.array([column.half for column in self.columns])
        middle = np.array([column.middle for column in self.columns])
        mean = middle + half * found["sums"] / rows
        if self.statistic in _SUMS:
            return {"sum": rows * middle + half * found["sums"], "mean": mean}
        moments = self._moments(found["sums"], found["products"], rows)
        if self.statistic == "variance":
            return {"mean": mean, "variance": half**2 * moments}
        covariance = np.outer(half, half) * moments
        variance = covariance.diagonal().copy()
        if self.statistic == "covariance":
            return {"mean": mean, "variance": variance, "covariance": covariance}
        with np.errstate(invalid="ignore", divide="ignore"):
            deviation = np.sqrt(moments.diagonal())
            correlation = moments / np.outer(deviation, deviation)
        return {"mean": mean, "variance": variance, "covariance": covariance, "correlation": np.clip(correlation, -1, 1)}

    def _moments(self, sums: NDArray[np.float64], products: NDArray[np.float64], rows: float) -> NDArray[np.float64]:
        """Covariances of the scaled columns, or their variances alone."""
        if self.statistic == "variance":
            return np.maximum(products - sums * sums / rows, 0) / (rows - 1)
        count = len(self.columns)
        full = np.zeros((count, count))
        full[np.triu_indices(count)] = products
        full += np.triu(full, 1).T
        moments: NDArray[np.float64] = (full - np.outer(sums, sums) / rows) / (rows - 1)
        np.fill_diagonal(moments, np.maximum(moments.diagonal(), 0))
        return moments


def _column_sums(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of the columns, each rounded once (Shewchuk's exact summation), so that no order of the rows changes a result."""
    return np.array([math.fsum(column) for column in columns.T])
