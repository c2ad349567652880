"""Records of survival times, as clients give them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from cloakwork.fsc.microprotocols.readers import exact, key, number, refused, row, truth
from cloakwork.fsc.protocols.survival_table import Record


def shared_width(parameters: Mapping[str, Any]) -> float | None:
    """The width of the grid of times, if there is one."""
    if parameters.get("width") is None:
        return None
    width = number(parameters["width"], "parameters.width")
    if width <= 0:
        raise refused(f"parameters.width is {width}; give a number above 0")
    return width


def read_records(data: Sequence[object], width: float | None, *, grouped: bool) -> list[Record]:
    """Lists of time and event, and of a group where there are groups."""
    found = []
    for place, given in enumerate(data):
        where = f"data[{place}]"
        one = row(given, where, 3 if grouped else 2)
        time = number(one[0], f"{where}[0]")
        if time < 0 or time != float(time):
            raise refused(f"{where}[0]: a time is 0 or more, and a double")
        found.append(
            Record(_on_grid(float(time) + 0.0, width), truth(one[1], f"{where}[1]"), key(one[2], f"{where}[2]") if grouped else "")
        )
    return found


def _on_grid(time: float, width: float | None) -> float:
    """A time, or the end of its interval of the grid, in decimals."""
    return time if width is None else float(math.ceil(exact(time) / exact(width)) * exact(width))
