"""How much privacy rounds cost together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cloakwork._boundary import Machine, check, failure, sized, whole_number
from cloakwork._native import ffi, lib
from cloakwork.errors import PrivacyError, Status
from cloakwork.privacy import _mechanism, _unit
from cloakwork.privacy._mechanism import Mechanism
from cloakwork.privacy._parameters import check as check_parameter
from cloakwork.privacy._parameters import real, report
from cloakwork.privacy._unit import Neighbours, Unit


class Loss(NamedTuple):
    """A loss, and the order of the Rényi divergence that showed it.

    Attributes:
        epsilon: infinite if the divergences show none.
        order: a real number above 1; infinite if nothing was added.
    """

    epsilon: float
    order: float


class Accountant(Machine):
    """Adds up Rényi divergences over rounds, which may differ in everything, and turns them into epsilon and delta (privacy.md section 3).

    What it says holds for one unit of privacy and one relation of neighbours, against everyone who sees the sums, the server included, as
    long as every opened sum holds the noise of the mechanism's honest clients.
    """

    FREE = "cloak_accountant_free"

    def __init__(self) -> None:
        super().__init__()
        out = ffi.new("cloak_accountant **")
        check(lib.cloak_accountant_new(out))
        self._own(out[0])

    def add(self, mechanism: Mechanism, unit: Unit, neighbours: Neighbours = Neighbours.REPLACE_ONE, rounds: int = 1) -> None:
        """Adds rounds of a mechanism in secure aggregation, with the finite precision of its sampler.

        Raises:
            PrivacyError: the mechanism promises nothing for this unit.
        """
        error = report()
        pointers = _mechanism.structure(mechanism), _unit.structure(unit, neighbours)
        with self._turn:
            check_parameter(lib.cloak_accountant_add(self._open(), *pointers, _rounds(rounds), error), error)

    def add_gaussian(self, multiplier: float, rounds: int = 1) -> None:
        """Adds rounds of a continuous Gaussian mechanism whose standard deviation is `multiplier` times the sensitivity."""
        error = report()
        with self._turn:
            check_parameter(lib.cloak_accountant_add_gaussian(self._open(), real("multiplier", multiplier), _rounds(rounds), error), error)

    def add_skellam(self, l2: float, l1: float, variance: float, rounds: int = 1) -> None:
        """Adds rounds of Skellam noise of this variance on integers whose L2 and L1 sensitivities these are."""
        error, numbers = report(), (real("l2", l2), real("l1", l1), real("variance", variance))
        with self._turn:
            check_parameter(lib.cloak_accountant_add_skellam(self._open(), *numbers, _rounds(rounds), error), error)

    def add_concentrated(self, rho: float, rounds: int = 1) -> None:
        """Adds rounds of a mechanism with rho-zero-concentrated differential privacy."""
        error = report()
        with self._turn:
            check_parameter(lib.cloak_accountant_add_concentrated(self._open(), real("rho", rho), _rounds(rounds), error), error)

    def add_distributed_gaussian(self, *, l2: float, l1: float, noise: float, shares: int, padded: int, rounds: int = 1) -> None:
        """Adds rounds of sums of discrete Gaussian shares, by the numbers of the theorem (privacy.md section 2).

        Args:
            l2: L2 sensitivity of the integer vector.
            l1: its L1 sensitivity.
            noise: standard deviation of a share.
            shares: how many shares are in every sum.
            padded: how many coordinates are released.
            rounds: how many rounds.
        """
        error, numbers = report(), (real("l2", l2), real("l1", l1), real("noise", noise))
        counts = whole_number("shares", shares), whole_number("padded", padded), _rounds(rounds)
        with self._turn:
            check_parameter(lib.cloak_accountant_add_distributed_gaussian(self._open(), *numbers, *counts, error), error)

    def add_gaussian_subsampled_only_against_third_parties(self, multiplier: float, rate: float, rounds: int = 1) -> None:
        """Adds rounds of a continuous Gaussian mechanism on Poisson samples, towards those who do not know who is in them."""
        error, numbers = report(), (real("multiplier", multiplier), real("rate", rate))
        with self._turn:
            status = lib.cloak_accountant_add_gaussian_subsampled_only_against_third_parties(self._open(), *numbers, _rounds(rounds), error)
        check_parameter(status, error)

    def add_subsampled_only_against_third_parties(
        self, mechanism: Mechanism, unit: Unit, neighbours: Neighbours, rate: float, rounds: int = 1
    ) -> None:
        """Adds rounds in which every client takes part with probability `rate`, towards those who do not know who did.

        The server knows, and each client knows of itself: towards them, and whoever they tell, this is no statement.
        """
        error = report()
        pointers = _mechanism.structure(mechanism), _unit.structure(unit, neighbours)
        with self._turn:
            status = lib.cloak_accountant_add_subsampled_only_against_third_parties(
                self._open(), *pointers, real("rate", rate), _rounds(rounds), error
            )
        check_parameter(status, error)

    def loss(self, delta: float) -> Loss:
        """The least epsilon with which everything so far is (epsilon, delta)-differentially private, and its order.

        Raises:
            PrivacyError: delta is outside (0, 1).
        """
        epsilon, order, error = ffi.new("double *"), ffi.new("double *"), report()
        with self._turn:
            check_parameter(lib.cloak_accountant_epsilon(self._open(), real("delta", delta), epsilon, order, error), error)
        return Loss(epsilon[0], order[0])

    def epsilon(self, delta: float) -> float:
        """The epsilon of `loss`."""
        return self.loss(delta).epsilon

    def delta(self, epsilon: float) -> float:
        """The least delta with which everything so far is (epsilon, delta)-differentially private; at most 1.

        Raises:
            PrivacyError: epsilon is negative.
        """
        out, error = ffi.new("double *"), report()
        with self._turn:
            check_parameter(lib.cloak_accountant_delta(self._open(), real("epsilon", epsilon), out, error), error)
        return float(out[0])

    def divergences(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The orders and the Rényi divergences there."""
        orders: list[NDArray[np.float64]] = []

        def call(out: object, room: int, count: object) -> int:
            orders[:] = [np.empty(room)]
            return int(lib.cloak_accountant_divergences(self._open(), ffi.from_buffer("double[]", orders[0]), out, room, count))

        with self._turn:
            found, count = sized(call, failure, "double[]", 512)
        return orders[0][:count].copy(), np.array(ffi.unpack(found, count))


def _rounds(rounds: int) -> int:
    return whole_number("rounds", rounds, 32)


def gaussian_multiplier(epsilon: float, delta: float, rounds: int = 1) -> float:
    """The noise multiplier with which rounds of the central Gaussian mechanism cost this epsilon by the same accountant.

    It is what the distributed mechanism is compared with: the accountant's own slack is then on both sides. Found to a relative 10^-9.

    Raises:
        PrivacyError: epsilon or delta outside their ranges.
    """

    def cost(multiplier: float) -> float:
        with Accountant() as accountant:
            accountant.add_gaussian(multiplier, rounds)
            return accountant.epsilon(delta)

    _check_epsilon(epsilon)
    low = high = 1.0
    while cost(high) > epsilon:
        high *= 2
    while cost(low) <= epsilon:
        low /= 2
    while high / low > 1 + 1e-9:
        middle = (low * high) ** 0.5
        low, high = (middle, high) if cost(middle) > epsilon else (low, middle)
    return high


def _check_epsilon(epsilon: float) -> None:
    if not 0 < epsilon < float("inf"):
        raise PrivacyError(Status.INVALID_MECHANISM, f"is {epsilon} and must be above 0; 1 works", bound=0, argument="epsilon")
