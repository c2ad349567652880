"""Differential privacy of sums: what a run's noise costs, and how much of it there has to be.

`choose` finds the parameters of a `Mechanism` for a wanted epsilon; a run with it (`cloakwork.secagg.Config.private`) opens no sum without
the noise of its honest clients. An `Accountant` says what rounds cost together, for a `Unit` of privacy and a relation of `Neighbours`.
`hadamard` holds the rotation, `central` noise for whoever has all the data, `DiscreteGaussian` the sampler.

docs/privacy.md states the theorem and what an epsilon of it means.
"""

from __future__ import annotations

from cloakwork.privacy import central, hadamard
from cloakwork.privacy._accountant import Accountant, Loss, gaussian_multiplier
from cloakwork.privacy._contribution import Contribution, decode
from cloakwork.privacy._mechanism import Mechanism
from cloakwork.privacy._plan import ExpectedError, Plan, Wrap, choose, expect
from cloakwork.privacy._sampling import DiscreteGaussian, discrete_gaussian_vartime, discrete_laplace_vartime, skellam_vartime
from cloakwork.privacy._unit import Neighbours, Unit

__all__ = [
    "Accountant",
    "Contribution",
    "DiscreteGaussian",
    "ExpectedError",
    "Loss",
    "Mechanism",
    "Neighbours",
    "Plan",
    "Unit",
    "Wrap",
    "central",
    "choose",
    "decode",
    "discrete_gaussian_vartime",
    "discrete_laplace_vartime",
    "expect",
    "gaussian_multiplier",
    "hadamard",
    "skellam_vartime",
]
