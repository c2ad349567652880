"""Plans: how many neighbours a member of a large run needs, and how many of their shares."""

from __future__ import annotations

from typing import Literal, NamedTuple

from cloakwork._boundary import check, whole_number
from cloakwork._native import ffi, lib
from cloakwork.errors import ArgumentError, Status

Adversary = Literal["semi_honest", "semi_malicious"]

_ADVERSARIES = {"semi_honest": lib.CLOAK_ADVERSARY_SEMI_HONEST, "semi_malicious": lib.CLOAK_ADVERSARY_SEMI_MALICIOUS}


class Plan(NamedTuple):
    """What `plan` finds, for `Config`."""

    degree: int
    threshold: int


def plan(members: int, *, corrupt: float, dropout: float, rounds: int = 1000, adversary: Adversary = "semi_malicious") -> Plan:
    """The smallest degree of the graph with its threshold, for statistical security 2^-40 and correctness 2^-20 over the whole run.

    The search of Bell et al. (CCS 2020, section 3.3), with both failure probabilities divided by the number of rounds.

    Args:
        members: number of members, at least 3.
        corrupt: fraction of members that collude with the server, from 0, below 1.
        dropout: fraction of members that drop out in a round, from 0, below 1.
        rounds: rounds of the run, at least 1.
        adversary: whether the server also chooses, once the graph is known, whom it tells what (``"semi_malicious"``).

    Raises:
        ArgumentError: an argument outside its range.
        ParameterError: no degree below `members` will do (`NO_PARAMETERS`): use the complete graph, degree 0.
    """
    if adversary not in _ADVERSARIES:
        raise ArgumentError(Status.INVALID_ARGUMENT, f"{adversary!r} is none of {list(_ADVERSARIES)}", argument="adversary")
    degree, threshold = ffi.new("uint32_t *"), ffi.new("uint32_t *")
    count, length = whole_number("members", members, 32), whole_number("rounds", rounds, 32)
    check(lib.cloak_plan(count, float(corrupt), float(dropout), length, _ADVERSARIES[adversary], degree, threshold))
    return Plan(degree[0], threshold[0])
