"""Contingency tables where one party has the rows and another one the columns of the same records."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from cloakwork.fsc.computation import Computation, Failure, Group, Microprotocol
from cloakwork.fsc.microprotocols.item_sets import MOST_ITEMS
from cloakwork.fsc.microprotocols.readers import key, known, refused, row, truth
from cloakwork.fsc.microprotocols.statistics_contingency import as_table
from cloakwork.fsc.protocols.intersection import intersection_sizes

# Cells, and records over all cells: of the sets that are compared.
MOST_CELLS = 4096
MOST_ROWS = 1 << 22


@dataclass(frozen=True)
class Input:
    """Records of each category of a party, and whether the sizes of categories are hidden."""

    categories: dict[str, set[str]]
    hidden: bool


class StatisticsContingencyVertical(Microprotocol):
    """Each party gives pairs [record, category], of strings or numbers: party 0 the row, party 1 the column of each record.

    Parameter `hide_sizes` (true). The result has a `table`, for each category of party 0 and each of party 1 how many records that both
    parties have are in both, as an integer, and the `mode` [row, column], as in StatisticsContingency. A record that a party has in
    several categories counts in each. Every cell is the size of an intersection; with hidden sizes all sets are filled up to the greater
    number of records, which costs time in proportion to cells times records.
    """

    name = "StatisticsContingencyVertical"
    version = 1
    fewest = 2
    most = 2
    reveals = (
        "Both parties learn the table with all categories, and the number of records of the other party; with hide_sizes false also that "
        "of each category of the other party, rounded up to a multiple of 16 where it is party 1. Not which records they have in common."
    )

    def read(self, computation: Computation) -> Input:
        """Pairs of a record and its category."""
        asked = known(computation.parameters, {"hide_sizes"})
        found: dict[str, set[str]] = {}
        for place, value in enumerate(computation.data):
            record, category = (key(one, f"data[{place}][{side}]") for side, one in enumerate(row(value, f"data[{place}]", 2)))
            found.setdefault(category, set()).add(record)
        if len(computation.data) > MOST_ITEMS:
            raise refused(f"data has {len(computation.data)} records; give at most {MOST_ITEMS}")
        return Input(found, truth(asked.get("hide_sizes", True), "parameters.hide_sizes"))

    async def run(self, group: Group, own: Input) -> dict[str, Any]:
        """Categories and numbers of records in clear, then one intersection a cell."""
        mine = sorted(own.categories)
        records = len(set().union(*own.categories.values()))
        told = await group.broadcast(json.dumps([mine, records]).encode())
        (rows, first), (columns, second) = (_told(message, party) for party, message in enumerate(told))
        cells = len(rows) * len(columns)
        if cells > MOST_CELLS:
            raise Failure(400, "too-large", f"data: the table has {cells} cells; give coarser categories, for at most {MOST_CELLS}")
        size = max(first, second, 1)
        if cells * size > MOST_ROWS and own.hidden:
            message = f"data: {cells} cells of {size} records take too long with hidden sizes; set hide_sizes to false, or give fewer"
            raise Failure(400, "too-large", message)
        mine_at = [(one, other)[group.index] for one in rows for other in columns]
        sizes = await intersection_sizes(group, [own.categories[category] for category in mine_at], size if own.hidden else None)
        return as_table(rows, columns, sizes)


def _told(message: bytes, party: int) -> tuple[list[str], int]:
    """What a party says: its categories and its number of records."""
    try:
        categories, records = json.loads(message)
        valid = type(records) is int and 0 <= records <= MOST_ITEMS and all(isinstance(one, str) for one in categories)
    except (ValueError, TypeError) as error:
        raise _garbage(party) from error
    if not valid or categories != sorted(set(categories)):
        raise _garbage(party)
    return categories, records


def _garbage(party: int) -> Failure:
    return Failure(502, "garbage", "what a party says of its categories cannot be read; its server is broken", party)
