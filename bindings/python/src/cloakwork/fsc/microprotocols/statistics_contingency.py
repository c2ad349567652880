"""Contingency tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cloakwork.fsc.computation import Computation, Group, Microprotocol
from cloakwork.fsc.microprotocols.readers import key, keys, known, refused, row
from cloakwork.fsc.protocols.counts import counts, united


@dataclass(frozen=True)
class Input:
    """What a party gives, and the row and column keys that all know already, if they do."""

    counts: Counter[tuple[str, ...]]
    agreed: tuple[list[str] | None, list[str] | None]


class StatisticsContingency(Microprotocol):
    """Each party gives pairs [row, column] of strings or numbers; parameters `rows` and `columns`, lists of keys that are agreed on.

    The result has a `table`, for each row key and each column key how often all parties together have the pair, as a float, and the `mode`,
    [row, column], the most frequent one; of equally frequent ones the first in the order of code points, row first; null without pairs.
    """

    name = "StatisticsContingency"
    version = 1
    reveals = (
        "Every party learns each row key and each column key that anybody has, and how often all parties together have each pair; not who "
        "has it, nor how many do."
    )

    def read(self, computation: Computation) -> Input:
        """Pairs of keys, each of which is agreed if any are."""
        asked = known(computation.parameters, {"rows", "columns"})
        rows, columns = (None if asked.get(name) is None else keys(asked[name], f"parameters.{name}") for name in ("rows", "columns"))
        found: Counter[tuple[str, ...]] = Counter()
        for place, value in enumerate(computation.data):
            pair = [key(one, f"data[{place}][{side}]") for side, one in enumerate(row(value, f"data[{place}]", 2))]
            for side, (one, agreed, name) in enumerate(zip(pair, (rows, columns), ("rows", "columns"), strict=True)):
                if agreed is not None and one not in agreed:
                    raise refused(f"data[{place}][{side}] is none of parameters.{name}; leave it out, or agree on it")
            found[tuple(pair)] += 1
        return Input(found, (rows, columns))

    async def run(self, group: Group, own: Input) -> dict[str, Any]:
        """The unions of keys, then a secure sum."""
        rows, columns = await united(group, [[pair[side] for pair in own.counts] for side in range(2)], own.agreed)
        numbers = await counts(group, own.counts, [(one, other) for one in rows for other in columns])
        return as_table(rows, columns, [float(number) for number in numbers])


def as_table(rows: Sequence[str], columns: Sequence[str], numbers: Sequence[float]) -> dict[str, Any]:
    """A table, of numbers row by row, and its mode."""
    cells = {(one, other): numbers[place * len(columns) + index] for place, one in enumerate(rows) for index, other in enumerate(columns)}
    # The first of equal ones, in the order of rows and columns.
    mode = max(cells, key=cells.__getitem__, default=None)
    table = {one: {other: cells[one, other] for other in columns} for one in rows}
    return {"mode": None if mode is None else list(mode), "table": table}
