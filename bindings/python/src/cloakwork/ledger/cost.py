"""Losses, recomputed from parameters, and what would keep a budget."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from cloakwork.errors import CloakworkError
from cloakwork.ledger.budget import Budget, Release
from cloakwork.privacy import Accountant

__all__ = ["epsilon", "noise_that_fits", "rounds_that_fit", "with_release"]

# The largest noise of the sampler, in units of granularity.
_MOST_NOISE = 2.0**17
# How close a proposed noise is to the least one that works.
_PRECISION = 1.01


def epsilon(releases: Mapping[Release, int], budget: Budget) -> float:
    """The loss of rounds at the budget's delta.

    Rounds of equal parameters are added at once, so that the same rounds give the same number whatever their order was.
    """
    if not releases:
        return 0.0
    with Accountant() as accountant:
        for release, rounds in sorted(releases.items(), key=lambda item: repr(item[0])):
            accountant.add(release.mechanism, release.unit, budget.neighbours, rounds)
        return accountant.epsilon(budget.delta)


def with_release(releases: Mapping[Release, int], release: Release, rounds: int = 1) -> dict[Release, int]:
    """These rounds, and as many more."""
    return {**releases, release: releases.get(release, 0) + rounds}


def rounds_that_fit(releases: Mapping[Release, int], release: Release, budget: Budget, most: int) -> int:
    """How many more rounds of this kind the budget allows, at most `most`."""

    def fits(rounds: int) -> bool:
        return epsilon(with_release(releases, release, rounds), budget) <= budget.epsilon

    if not fits(1):
        return 0
    low, high = 1, 2
    while high <= most and fits(high):
        low, high = high, 2 * high
    high = min(high, most + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def noise_that_fits(releases: Mapping[Release, int], release: Release, budget: Budget) -> float | None:
    """The noise, in units of granularity, with which one more such round keeps the budget; None if no noise does."""

    def fits(noise: float) -> bool:
        try:
            louder = Release(replace(release.mechanism, noise=noise), release.unit)
        except CloakworkError:
            return False
        return epsilon(with_release(releases, louder), budget) <= budget.epsilon

    if not fits(_MOST_NOISE):
        return None
    low, high = release.mechanism.noise, _MOST_NOISE
    while high / low > _PRECISION:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high
