"""Sums, means, counts, variances, covariances and correlations of the rows of all parties together.

Each column is centred at the middle of its range and scaled to -1 ... 1 before it is summed, so that the variance does not drown in the
rounding of large squares: with z = (x - middle) / half, a party contributes its number of rows, the sums of z, and the sums of products of
every two z. Each is rounded once to float64 (the grid of 2^-60 adds nothing to that). From them (Chan, Golub and LeVeque 1983, on why one
shifts first):

    mean       = middle + half * S_i / n
    covariance = half_i * half_j * (P_ij - S_i * S_j / n) / (n - 1)

A covariance is off by about 2^-50 * half_i * half_j: name ranges that are not far wider than the values.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork.errors import CloakworkError, EncodingError, Status
from cloakwork.layout import Layout, Tensor
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["STATISTICS", "Column", "Statistics", "Task"]

FORMAT = "cloakwork task 1"
# The distance of two representable sums of scaled values.
_PRECISION = 2.0**-60
# What each statistic needs besides the number of rows.
_SUMS = {"sum", "mean"}
_PRODUCTS = {"variance", "covariance", "correlation"}
STATISTICS = ("count", "sum", "mean", "variance", "covariance", "correlation")


@dataclass(frozen=True)
class Column:
    """A column of every party's table.

    Attributes:
        name: its name.
        low: the smallest value that may occur; a smaller one is refused before anything leaves the party.
        high: the largest.
    """

    name: str
    low: float
    high: float

    def __post_init__(self) -> None:
        """Checks the range."""
        if not self.name or not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            message = "a column has a name and a range of two numbers, the smaller one first: NAME:LOW:HIGH"
            raise FlowError(FlowStatus.TASK, message, argument=self.name or "column")

    @property
    def middle(self) -> float:
        """The middle of the range."""
        return self.low / 2 + self.high / 2

    @property
    def half(self) -> float:
        """Half of its width."""
        return self.high / 2 - self.low / 2


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
    """

    columns: tuple[str, ...]
    rows: int
    sum: NDArray[np.float64] | None = None
    mean: NDArray[np.float64] | None = None
    variance: NDArray[np.float64] | None = None
    covariance: NDArray[np.float64] | None = None
    correlation: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Task:
    """What the parties of a run compute together.

    Attributes:
        statistic: one of `STATISTICS`.
        columns: the columns; none for a count.
        rows: most rows that one party may have.
    """

    statistic: str
    columns: tuple[Column, ...]
    rows: int = 2**24

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
    def _pairs(self) -> int:
        """How many products: of every column with itself, and with those after it if they are asked for."""
        count = len(self.columns)
        return count if self.statistic == "variance" else count * (count + 1) // 2

    def settings(self, parties: int) -> bytes:
        """Canonical bytes of the task and its layout, for a run of this many parties."""
        columns = [{"name": column.name, "low": column.low, "high": column.high} for column in self.columns]
        content = {
            "format": FORMAT,
            "layout": json.loads(self.layout(parties).settings),
            "task": {"statistic": self.statistic, "columns": columns, "rows": self.rows},
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
            task = cls(entry["statistic"], columns, entry["rows"])
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
        if not self.columns:
            return "the number of your rows"
        names = ", ".join(f"{column.name} ({column.low:g} to {column.high:g})" for column in self.columns)
        products = "" if self.statistic not in _PRODUCTS else " and of their products"
        return f"the number of your rows and the sums of {names}{products}, masked: only the sums over all parties are opened"

    def contribution(self, table: Mapping[str, NDArray[np.float64]], parties: int) -> dict[str, NDArray[Any]]:
        """What a party contributes, from its table.

        Args:
            table: the columns by name, of equal length; for a count any one column.
            parties: how many parties the roster has.

        Raises:
            FlowError: a column is missing, has a value that is NaN or outside its range, or there are too many rows. The message names
                the column and the row, never the value.
        """
        rows = len(next(iter(table.values()), ()))
        if rows > self.rows:
            raise FlowError(FlowStatus.TASK, "the table has more rows than the run allows", argument="data", bound=self.rows)
        values: dict[str, Any] = {"rows": rows}
        if self.columns:
            scaled = np.column_stack([self._scaled(column, table, rows) for column in self.columns])
            values["sums"] = _column_sums(scaled)
            if self.statistic in _PRODUCTS:
                values["products"] = self._products(scaled)
        return self.layout(parties).flatten(values)

    def _scaled(self, column: Column, table: Mapping[str, NDArray[np.float64]], rows: int) -> NDArray[np.float64]:
        if column.name not in table:
            raise FlowError(FlowStatus.TASK, f"the table has no such column; it has {', '.join(table)}", argument=column.name)
        values = np.asarray(table[column.name], dtype=np.float64)
        if values.shape != (rows,):
            raise FlowError(FlowStatus.TASK, "the columns differ in length", argument=column.name)
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

    def result(self, sums: Mapping[str, NDArray[Any]], parties: int, roster: int) -> Statistics:
        """The statistics that the sums of a round stand for.

        Args:
            sums: by label, as a round gives them.
            parties: how many parties are in them.
            roster: how many parties the roster has.

        Raises:
            FlowError: the parties had too few rows together.
        """
        found = self.layout(roster).unflatten(sums, parties=parties).values
        rows = int(found["rows"])
        names = tuple(column.name for column in self.columns)
        if not self.columns:
            return Statistics(names, rows)
        if (rows < 2 and self.statistic in _PRODUCTS) or rows < 1:
            raise FlowError(FlowStatus.TASK, f"the parties have {rows} rows together, which is too few", argument="rows")
        half = np.array([column.half for column in self.columns])
        middle = np.array([column.middle for column in self.columns])
        mean = middle + half * found["sums"] / rows
        if self.statistic in _SUMS:
            return Statistics(names, rows, sum=rows * middle + half * found["sums"], mean=mean)
        moments = self._moments(found["sums"], found["products"], rows)
        if self.statistic == "variance":
            return Statistics(names, rows, mean=mean, variance=half**2 * moments)
        covariance = np.outer(half, half) * moments
        variance = covariance.diagonal().copy()
        if self.statistic == "covariance":
            return Statistics(names, rows, mean=mean, variance=variance, covariance=covariance)
        with np.errstate(invalid="ignore", divide="ignore"):
            deviation = np.sqrt(moments.diagonal())
            correlation = moments / np.outer(deviation, deviation)
        return Statistics(names, rows, mean=mean, variance=variance, covariance=covariance, correlation=np.clip(correlation, -1, 1))

    def _moments(self, sums: NDArray[np.float64], products: NDArray[np.float64], rows: int) -> NDArray[np.float64]:
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
