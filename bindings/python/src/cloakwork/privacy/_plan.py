"""From what a run wants to the parameters of its mechanism (privacy.md section 6)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from cloakwork._boundary import whole_number
from cloakwork._native import ffi, lib
from cloakwork.errors import PrivacyError, Status
from cloakwork.privacy import _mechanism, _unit
from cloakwork.privacy._accountant import gaussian_multiplier
from cloakwork.privacy._mechanism import Mechanism
from cloakwork.privacy._parameters import check, real, report
from cloakwork.privacy._unit import Neighbours, Unit

# What bits are chosen by, where they are not given: the expected error may be this much above that of the widest residues.
_TOLERANCE = 1.005
_WIDEST = 62
_UNROTATED = 63


@dataclass(frozen=True)
class ExpectedError:
    """Root mean square errors of a coordinate of the decoded sum, in the units of the data; they add up in squares.

    What clipping takes away depends on the data and is not among them.

    Attributes:
        quantisation: from rounding to the grid; a bound.
        noise: from the noise of all clients; a bound that is tight from sigma = 1 on.
        wrap: from wrapping around; a bound.
    """

    quantisation: float
    noise: float
    wrap: float

    @property
    def total(self) -> float:
        """The root mean square error from all three."""
        return math.sqrt(self.quantisation**2 + self.noise**2 + self.wrap**2)


@dataclass(frozen=True)
class Wrap:
    """Bounds on the probability that the sum of a round wraps around, for honest clients.

    Attributes:
        margin: standard deviations that the ring holds on either side.
        coordinate: for one coordinate.
        vector: on the expected number of coordinates, and so on the probability that any does.
    """

    margin: float
    coordinate: float
    vector: float


@dataclass(frozen=True)
class Plan:
    """The parameters of a mechanism, and what they promise.

    Attributes:
        mechanism: the parameters.
        bits: width of a residue.
        clients: all who may contribute to a round.
        rounds: how many rounds the epsilon is for.
        delta: at which the epsilon holds.
        unit: what the epsilon is about.
        neighbours: how neighbouring data sets differ.
        epsilon: after all rounds, with the finite precision of the samplers.
        order: of the Rényi divergence that showed it.
        wrap: wrap-around in one round.
        error: of the sum of one round, when nobody drops out.
    """

    mechanism: Mechanism
    bits: int
    clients: int
    rounds: int
    delta: float
    unit: Unit
    neighbours: Neighbours
    epsilon: float
    order: float
    wrap: Wrap
    error: ExpectedError

    @property
    def central_error(self) -> float:
        """Root mean square error of a coordinate if one party had all vectors and added continuous Gaussian noise.

        It is for the same epsilon by the same accountant; nothing is rounded and no honest share is missing.
        """
        mechanism, unit = self.mechanism, self.unit
        moved = unit.clip if unit.clip is not None else mechanism.clip * (mechanism.parts if unit.kind == "client" else 1)
        factor = 2.0 if self.neighbours is Neighbours.REPLACE_ONE else 1.0
        return factor * moved * gaussian_multiplier(self.epsilon, self.delta, self.rounds)

    @property
    def payload_size(self) -> int:
        """Bytes that each client sends in a round for the vector; masking adds a few zero coordinates and some ten bytes."""
        return -(-self.mechanism.padded * self.bits // 8)


def choose(
    *,
    clients: int,
    dimension: int,
    clip: float,
    epsilon: float,
    delta: float,
    rounds: int = 1,
    unit: Unit,
    neighbours: Neighbours = Neighbours.REPLACE_ONE,
    honest: int | None = None,
    bits: int | None = None,
    parts: int = 1,
    clamp: float = math.inf,
    block_log2: int | None = None,
    wraps: float = 1e-3,
) -> Plan:
    """Finds the grid with the least expected error, and the least noise on it that keeps the epsilon.

    Args:
        clients: all who may contribute to a round, 1 to 2^24.
        dimension: values of a vector, 1 to 2^28.
        clip: largest L2 norm of a part, in the units of the data; 2^-60 to 2^60.
        epsilon: after all rounds; above 0, at most 64.
        delta: after all rounds, between 0 and 1; below one by the number of records.
        rounds: how many rounds the run has.
        unit: what the epsilon is about.
        neighbours: how neighbouring data sets differ.
        honest: honest clients whose noise every opened sum holds; None for half of the clients, which is what a run with the defaults of
            `cloakwork.secagg.Config` guarantees. More needs a larger `min_inputs` and `threshold`.
        bits: width of a residue; None for the smallest with which the error is within 0.5 % of the best.
        parts: parts of a contribution, each clipped and noised on its own.
        clamp: largest magnitude of a value; infinity for none.
        block_log2: binary logarithm of a rotated block; None for one block.
        wraps: bound on the expected number of coordinates that wrap around in a round.

    Raises:
        PrivacyError: a parameter outside its range, or no plan exists; the message names the parameter, its bound and a value that works.
    """
    if block_log2 is None:
        block_log2 = (max(1, int(dimension)) - 1).bit_length()
    wanted = ffi.new("cloak_privacy_wanted *")
    numbers = {
        "clients": (clients, 32),
        "honest": (max(1, clients // 2) if honest is None else honest, 32),
        "parts": (parts, 32),
        "dimension": (dimension, 64),
        "block_log2": (block_log2, 8),
        "bits": (0 if bits is None else bits, 8),
        "rounds": (rounds, 32),
    }
    for name, (count, width) in numbers.items():
        setattr(wanted, name, whole_number(name, count, width))
    for name, value in (("epsilon", epsilon), ("delta", delta), ("clip", clip), ("clamp", clamp), ("wraps", wraps)):
        setattr(wanted, name, real(name, value))
    wanted.unit = _unit.structure(unit, neighbours)[0]
    if bits is not None:
        return _plan(wanted, _solve(wanted), unit, neighbours)
    widest = min(_WIDEST, _UNROTATED - block_log2)
    if widest < 1:
        raise PrivacyError(Status.INVALID_MECHANISM, f"is {block_log2} and must be at most 28; 28 works", bound=28, argument="block_log2")
    best = _at(wanted, widest)
    limit = _total(best) * _TOLERANCE
    low, high = 1, widest
    while low < high:
        middle = (low + high) // 2
        try:
            enough = _total(_at(wanted, middle)) <= limit
        except PrivacyError:
            enough = False
        low, high = (low, middle) if enough else (middle + 1, high)
    return _plan(wanted, _at(wanted, low), unit, neighbours)


def expect(
    mechanism: Mechanism,
    *,
    clients: int,
    bits: int,
    delta: float,
    unit: Unit,
    neighbours: Neighbours = Neighbours.REPLACE_ONE,
    rounds: int = 1,
) -> Plan:
    """What given parameters promise.

    Raises:
        PrivacyError: a parameter outside its range.
    """
    out, error = ffi.new("cloak_privacy_plan *"), report()
    pointers = _mechanism.structure(mechanism), _unit.structure(unit, neighbours)
    numbers = whole_number("clients", clients, 32), whole_number("bits", bits, 8), real("delta", delta), whole_number("rounds", rounds, 32)
    check(lib.cloak_privacy_expect(*pointers, *numbers, out, error), error)
    return _made(out, bits, clients, rounds, delta, unit, neighbours)


def _at(wanted: Any, bits: int) -> Any:  # noqa: ANN401 - a cloak_privacy_wanted and a cloak_privacy_plan
    wanted.bits = bits
    return _solve(wanted)


def _solve(wanted: Any) -> Any:  # noqa: ANN401 - a cloak_privacy_wanted and a cloak_privacy_plan
    out, error = ffi.new("cloak_privacy_plan *"), report()
    check(lib.cloak_privacy_plan_choose(wanted, out, error), error)
    return out


def _total(found: Any) -> float:  # noqa: ANN401 - a cloak_privacy_plan
    return math.sqrt(found.error_quantisation**2 + found.error_noise**2 + found.error_wrap**2)


def _plan(wanted: Any, found: Any, unit: Unit, neighbours: Neighbours) -> Plan:  # noqa: ANN401 - a cloak_privacy_wanted and a cloak_privacy_plan
    return _made(found, int(wanted.bits), int(wanted.clients), int(wanted.rounds), float(wanted.delta), unit, neighbours)


def _made(found: Any, bits: int, clients: int, rounds: int, delta: float, unit: Unit, neighbours: Neighbours) -> Plan:  # noqa: ANN401
    return Plan(
        mechanism=_mechanism.from_structure(found.mechanism),
        bits=bits,
        clients=clients,
        rounds=rounds,
        delta=delta,
        unit=unit,
        neighbours=neighbours,
        epsilon=found.epsilon,
        order=found.order,
        wrap=Wrap(found.wrap_margin, found.wrap_coordinate, found.wrap_vector),
        error=ExpectedError(found.error_quantisation, found.error_noise, found.error_wrap),
    )
