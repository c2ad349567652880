"""How many are at risk, and how many events there are, at each time of an event."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloakwork.fsc.protocols.key_union import key_union

if TYPE_CHECKING:
    from cloakwork.fsc.computation import Group


@dataclass(frozen=True)
class Record:
    """A person.

    Attributes:
        time: of the event, or of the last that is known.
        event: whether it was an event.
        group: the person's, if there are groups.
    """

    time: float
    event: bool
    group: str = ""


@dataclass(frozen=True)
class SurvivalTable:
    """What all parties' records have in common.

    Attributes:
        times: of events, rising.
        groups: sorted.
        samples: of each group.
        at_risk: for each group and time, how many have that time or a later one.
        events: for each group and time.
    """

    times: list[float]
    groups: list[str]
    samples: list[int]
    at_risk: list[list[int]]
    events: list[list[int]]


async def survival_table(group: Group, own: Sequence[Record], *, grouped: bool) -> SurvivalTable:
    """The union of times and groups by `key_union`, then one secure sum.

    Args:
        group: the parties.
        own: records of this party, with times that are not negative.
        grouped: whether there are groups; the same at all parties.
    """
    # Doubles that are not negative have the order of their encodings.
    wanted = {b"t" + struct.pack(">d", record.time) for record in own if record.event}
    wanted |= {b"g" + record.group.encode() for record in own} if grouped else set()
    found = await key_union(group, wanted)
    times = [struct.unpack(">d", key[1:])[0] for key in found if key[:1] == b"t"]
    groups = [key[1:].decode() for key in found if key[:1] == b"g"] if grouped else [""]
    places = {name: place for place, name in enumerate(groups)}
    sums = await group.sum(_counted(own, times, places)) if groups else []
    size = 1 + 2 * len(times)
    rows = [sums[place * size : (place + 1) * size] for place in range(len(groups))]
    samples, at_risk, events = (
        [row[0] for row in rows],
        [row[1 : 1 + len(times)] for row in rows],
        [row[1 + len(times) :] for row in rows],
    )
    return SurvivalTable(times, groups, samples, at_risk, events)


def _counted(own: Sequence[Record], times: Sequence[float], places: Mapping[str, int]) -> list[int]:
    """For each group the number of records, then at each time those at risk, then the events."""
    index = {time: place for place, time in enumerate(times)}
    counted: list[Any] = [[0, [0] * len(times), [0] * len(times)] for _ in places]
    for record in own:
        row = counted[places[record.group]]
        row[0] += 1
        if record.event:
            row[2][index[record.time]] += 1
        # Whoever is at risk at a time was at all those before: counted at the last one, and added up from the end.
        last = bisect_right(times, record.time) - 1
        if last >= 0:
            row[1][last] += 1
    for row in counted:
        for place in range(len(times) - 2, -1, -1):
            row[1][place] += row[1][place + 1]
    return [value for row in counted for value in [row[0], *row[1], *row[2]]]
