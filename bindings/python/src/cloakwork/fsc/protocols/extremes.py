"""The least and the greatest of all parties' numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cloakwork.fsc.protocols.greatest import greatest
from cloakwork.fsc.protocols.order_key import WIDTH, number_of, order_key

if TYPE_CHECKING:
    from cloakwork.fsc.computation import Group

_LARGEST = (1 << WIDTH) - 1


async def extremes(group: Group, lows: Sequence[float], highs: Sequence[float]) -> tuple[float, float] | None:
    """The least of `lows` and the greatest of `highs`, as they were given, integers or floats; None if nobody has any.

    Of equal ones an integer counts as less than a float. Nothing else shows; the protocol is that of `greatest`.
    """
    low = None if not lows else _LARGEST - min(map(order_key, lows))
    high = None if not highs else max(map(order_key, highs))
    low, high = await greatest(group, [low, high], WIDTH)
    return None if low is None or high is None else (number_of(_LARGEST - low), number_of(high))
