"""Records of a regression, as clients give them, and what a regression of all of them cannot be made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from cloakwork.fsc.computation import Failure
from cloakwork.fsc.microprotocols.readers import refused, table, whole
from cloakwork.fsc.protocols.covariances import TOLERANCE, Covariances
from cloakwork.fsc.protocols.linear_algebra import inverse

MOST_VARIABLES = 64


def read_records(data: Sequence[object], parameters: Mapping[str, Any]) -> tuple[list[list[float]], int]:
    """Records [x1, ..., xk, y], and k: that of the parameter `variables`, where it is given."""
    rows = table(data, 2)
    asked = parameters.get("variables")
    variables = len(rows[0]) - 1 if asked is None and rows else 0 if asked is None else whole(asked, "parameters.variables", 1)
    if not 1 <= variables <= MOST_VARIABLES:
        raise refused(f"there are {variables} variables; give 1 to {MOST_VARIABLES}, by records or by parameters.variables")
    if rows and len(rows[0]) != variables + 1:
        raise refused(f"data[0] has {len(rows[0])} elements; give {variables} variables and what they explain")
    return rows, variables


def some(found: Covariances | None) -> Covariances:
    """Covariances, if there are records."""
    if found is None:
        raise Failure(400, "undefined", "data: no party has a record; give some")
    return found


def inverted(squares: Sequence[Sequence[Fraction]]) -> list[list[Fraction]]:
    """The inverse of sums of products of the explaining variables, if none of them depends on the others."""
    found = inverse(squares, TOLERANCE)
    if isinstance(found, int):
        message = f"data: variable {found} is constant or depends on those before it; leave it out, or give more records"
        raise Failure(400, "undefined", message)
    return found
