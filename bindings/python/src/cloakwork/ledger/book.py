"""The ledger: data sets with their budgets, and the rounds that were charged to them."""

from __future__ import annotations

import math
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloakwork._boundary import whole_number
from cloakwork.errors import ArgumentError, PrivacyError, Status
from cloakwork.ledger import cost
from cloakwork.ledger.account import Account
from cloakwork.ledger.budget import Budget, Change, Entry, Release, Spent
from cloakwork.ledger.database import Database
from cloakwork.privacy import Mechanism, Neighbours, Unit
from cloakwork.privacy._unit import Kind
from cloakwork.secagg import Run
from cloakwork.wire.problem import FlowError, FlowStatus

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Ledger"]

_MOST_ROUNDS = 2**20
_LONGEST_NAME = 100
_HASH_SIZE = 32
_CONTROLLER = b""
_MECHANISM = "dimension, clamp, clip, granularity, noise, norm_bound, parts, honest, block_log2"


class Ledger:
    """Budgets of data sets and what was charged to them, in a file. Close it, or use it as a context manager.

    Entries are only ever added, each in a transaction that is durable when the call returns; the file itself refuses to change or delete
    one. Losses are recomputed from the parameters of all entries. Threads and processes may use one file at a time.

    Args:
        path: the file; it is created, for its owner alone, when it is not there. Never set it back to an older state.

    Raises:
        FlowError: others may read the file, or it cannot be used.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._database = Database(self.path)

    def close(self) -> None:
        """Ends the use of the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # Budgets.

    def open_dataset(self, name: str, budget: Budget) -> None:
        """Gives a data set its budget. The same again changes nothing.

        Args:
            name: 1 to 100 printable characters.
            budget: the budget.

        Raises:
            FlowError: the data set has another budget (`CONFLICT`); `raise_budget` raises it.
        """
        if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
            raise FlowError(FlowStatus.CONFIGURATION, "is 1 to 100 printable characters", argument="dataset")
        with self._database.transaction():
            if not self._database.rows("SELECT 1 FROM datasets WHERE name = ?", name):
                self._database.change(
                    "INSERT INTO datasets (name, unit, neighbours) VALUES (?, ?, ?)", name, budget.unit, budget.neighbours.value
                )
                self._keep_budget(self._dataset(name), budget)
            elif (present := self._budget(name)) != budget:
                message = f"the data set {name!r} has the budget {present}, not {budget}; raise it explicitly, or use another name"
                raise FlowError(FlowStatus.CONFLICT, message, argument="dataset")

    def raise_budget(self, name: str, *, epsilon: float | None = None, delta: float | None = None) -> Budget:
        """Allows a data set to lose more. The old budget stays in its history.

        Args:
            name: the data set.
            epsilon: the new epsilon; the present one if None.
            delta: the new delta; the present one if None.

        Returns:
            The new budget.

        Raises:
            FlowError: there is no such data set.
            PrivacyError: a number below the present one, or none above.
        """
        with self._database.transaction():
            present = self._budget(name)
            raised = Budget(
                present.epsilon if epsilon is None else epsilon,
                present.delta if delta is None else delta,
                present.unit,
                present.neighbours,
            )
            for argument, old, new in (("epsilon", present.epsilon, raised.epsilon), ("delta", present.delta, raised.delta)):
                if new < old:
                    message = f"is {new:g}, below the present {old:g}: a budget is only ever raised"
                    raise PrivacyError(Status.INVALID_MECHANISM, message, bound=old, argument=argument)
            if raised == present:
                message = f"the data set has this budget already: {present}"
                raise PrivacyError(Status.INVALID_MECHANISM, message, bound=present.epsilon, argument="epsilon")
            self._keep_budget(self._dataset(name), raised)
        return raised

    def budget(self, name: str) -> Budget:
        """The present budget of a data set.

        Raises:
            FlowError: there is no such data set.
        """
        with self._database.snapshot():
            return self._budget(name)

    def history(self, name: str) -> list[Change]:
        """The budgets that a data set had, the first one first."""
        with self._database.snapshot():
            unit, neighbours = self._kind(name)
            rows = self._database.rows("SELECT epsilon, delta, time FROM budgets WHERE dataset = ? ORDER BY sequence", self._dataset(name))
            return [Change(Budget(epsilon, delta, unit, neighbours), moment) for epsilon, delta, moment in rows]

    def datasets(self) -> list[str]:
        """Names of the data sets."""
        with self._database.snapshot():
            return [row[0] for row in self._database.rows("SELECT name FROM datasets ORDER BY name")]

    # Runs.

    def assign(self, run: Run, dataset: str, unit: Unit | None = None, *, member: int | None = None) -> Account:
        """Says which data a run is about, once and for all. The same again changes nothing.

        Args:
            run: the run.
            dataset: name of the data set.
            unit: the unit of the budget, with a record's clip; None where the unit is no record.
            member: id of the member whose data these are; None at a controller.

        Raises:
            FlowError: there is no such data set, or the run was assigned otherwise (`CONFLICT`).
            PrivacyError: another unit than the budget's.
        """
        party = _party(member)
        with self._database.transaction():
            budget = self._budget(dataset)
            unit = _unit(dataset, budget, unit)
            known = self._assigned(run.hash, party)
            if known is None:
                self._database.change(
                    "INSERT INTO assignments (run, member, dataset, record_clip) VALUES (?, ?, ?, ?)",
                    *(run.hash, party, self._dataset(dataset), unit.clip),
                )
            elif known != (dataset, unit):
                message = f"the run is charged to the data set {known[0]!r} ({known[1]}) once and for all"
                raise FlowError(FlowStatus.CONFLICT, message, argument="dataset")
        return Account(self, dataset, unit, run, member)

    def account(self, run: Run, *, member: int | None = None) -> Account | None:
        """The account of a run that was assigned before; None if it was not."""
        with self._database.snapshot():
            known = self._assigned(run.hash, _party(member))
        return None if known is None else Account(self, known[0], known[1], run, member)

    # Charges.

    def charge(
        self,
        dataset: str,
        run: bytes,
        number: int,
        mechanism: Mechanism,
        unit: Unit,
        rotation_seed: bytes | None = None,
        *,
        member: int | None = None,
    ) -> Spent:
        """Charges a round, or refuses it; nothing is ever given back.

        The same round of the same member, or of the controller, is charged once. With rotation seeds it is the same round if it has the
        same seed: a seed is a hash of all that a round is about, so a round with a known number and another seed is another one.

        Args:
            dataset: name of the data set.
            run: hash of the run, 32 bytes.
            number: number of the round.
            mechanism: the mechanism of the run.
            unit: the unit of the budget, with a record's clip.
            rotation_seed: the public seed of the round's rotation, where it is known.
            member: id of the member whose contribution it is; None at a controller.

        Returns:
            What the data set has lost with this round.

        Raises:
            PrivacyError: the budget does not allow the round (`BUDGET_SPENT`; `bound` is the budget's epsilon), the rotation seed was used
                in another round of the run (`ROTATION_SEED_REPEATED`), or the unit is not the budget's; nothing was charged.
            FlowError: no such data set; a member's data twice in one round, or a round with other parameters than before (`CONFLICT`); or
                the ledger cannot be written (`BUSY`, `STORAGE_FAILED`).
        """
        with self._database.transaction():
            spent, known = self._weigh(dataset, run, number, Release(mechanism, unit), rotation_seed, member)
            if not known:
                self._database.change(
                    f"""INSERT INTO entries (dataset, run, round, member, rotation_seed, record_clip, time, {_MECHANISM})
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",  # noqa: S608 - names are ours
                    *(self._dataset(dataset), run, number, _party(member), rotation_seed, unit.clip, time.time()),
                    *(getattr(mechanism, name) for name in _MECHANISM.split(", ")),
                )
        return spent

    def check(
        self,
        dataset: str,
        run: bytes,
        number: int,
        mechanism: Mechanism,
        unit: Unit,
        rotation_seed: bytes | None = None,
        *,
        member: int | None = None,
    ) -> Spent:
        """What `charge` would give or raise, without charging."""
        with self._database.snapshot():
            return self._weigh(dataset, run, number, Release(mechanism, unit), rotation_seed, member)[0]

    def spent(self, dataset: str) -> Spent:
        """What a data set has lost so far."""
        with self._database.snapshot():
            budget, releases = self._budget(dataset), self._releases(dataset)
        return Spent(cost.epsilon(releases, budget), budget.delta, sum(releases.values()), budget)

    def entries(self, dataset: str) -> list[Entry]:
        """The rounds that were charged to a data set, the first one first."""
        with self._database.snapshot():
            kind = self._kind(dataset)[0]
            rows = self._database.rows(
                f"""SELECT run, round, member, rotation_seed, time, record_clip, {_MECHANISM} FROM entries
                WHERE dataset = ? ORDER BY sequence""",  # noqa: S608 - names are ours
                self._dataset(dataset),
            )
        return [
            Entry(run, number, int.from_bytes(party, "little") if party else None, _mechanism(fields), Unit(kind, clip), seed, moment)
            for run, number, party, seed, moment, clip, *fields in rows
        ]

    def rounds_left(self, dataset: str, mechanism: Mechanism, unit: Unit) -> int:
        """How many more rounds of a mechanism the budget allows, at most 2^20."""
        with self._database.snapshot():
            budget, releases = self._budget(dataset), self._releases(dataset)
        return cost.rounds_that_fit(releases, Release(mechanism, _unit(dataset, budget, unit)), budget, _MOST_ROUNDS)

    # Inside a transaction or snapshot.

    def _weigh(
        self, dataset: str, run: bytes, number: int, release: Release, rotation_seed: bytes | None, member: int | None
    ) -> tuple[Spent, bool]:
        """What the data set has lost with a round, and whether the round is charged already."""
        for name, given in (("run", run), ("rotation_seed", rotation_seed)):
            if given is not None and len(given) != _HASH_SIZE:
                message = f"has {len(given)} bytes, expected {_HASH_SIZE}"
                raise ArgumentError(Status.INVALID_LENGTH, message, argument=name, bound=_HASH_SIZE)
        whole_number("number", number, 63)
        budget = self._budget(dataset)
        _unit(dataset, budget, release.unit)
        known = self._known(dataset, run, number, release, rotation_seed, _party(member))
        releases = self._releases(dataset)
        after = releases if known else cost.with_release(releases, release)
        epsilon = cost.epsilon(after, budget)
        # A comparison with NaN is false: what cannot be computed is not allowed.
        if not known and not epsilon <= budget.epsilon:
            raise _refusal(dataset, budget, releases, release, epsilon)
        return Spent(epsilon, budget.delta, sum(after.values()), budget), known

    def _known(self, dataset: str, run: bytes, number: int, release: Release, rotation_seed: bytes | None, party: bytes) -> bool:
        """Whether a round is charged already."""
        if rotation_seed is not None and self._database.rows(
            "SELECT 1 FROM entries WHERE run = ? AND rotation_seed = ? AND round != ?", run, rotation_seed, number
        ):
            # The bound on wrap-around is for vectors that do not depend on the seed, and the later ones depend on the earlier sums.
            message = f"round {number} has the rotation seed of another round of the run, and each needs a fresh one"
            raise PrivacyError(Status.ROTATION_SEED_REPEATED, message, argument="rotation_seed")
        rows = self._database.rows(
            f"""SELECT member, rotation_seed, record_clip, {_MECHANISM} FROM entries
            WHERE dataset = ? AND run = ? AND round = ?""",  # noqa: S608 - names are ours
            *(self._dataset(dataset), run, number),
        )
        for other, seed, clip, *fields in rows:
            if other and party and other != party:
                message = (
                    f"{dataset!r} is in this sum already, as the data of member {int.from_bytes(other, 'little')}: "
                    "twice in one sum it would lose more than the mechanism accounts for"
                )
                raise FlowError(FlowStatus.CONFLICT, message, argument="dataset")
            if (_mechanism(fields), clip) != (release.mechanism, release.unit.clip):
                message = f"round {number} of this run was charged with other parameters"
                raise FlowError(FlowStatus.CONFLICT, message, argument="mechanism")
            # A controller's entry and a member's stay apart: they may mean other data by one name, and charging both is on the safe side.
            if other == party and (seed == rotation_seed or seed is None or rotation_seed is None):
                return True
        return False

    def _releases(self, dataset: str) -> Counter[Release]:
        kind = self._kind(dataset)[0]
        rows = self._database.rows(
            f"SELECT count(*), record_clip, {_MECHANISM} FROM entries WHERE dataset = ? GROUP BY record_clip, {_MECHANISM}",  # noqa: S608
            self._dataset(dataset),
        )
        return Counter({Release(_mechanism(fields), Unit(kind, clip)): rounds for rounds, clip, *fields in rows})

    def _assigned(self, run: bytes, party: bytes) -> tuple[str, Unit] | None:
        rows = self._database.rows(
            """SELECT name, unit, record_clip FROM assignments JOIN datasets ON datasets.id = dataset WHERE run = ? AND member = ?""",
            *(run, party),
        )
        return (rows[0][0], Unit(rows[0][1], rows[0][2])) if rows else None

    def _dataset(self, name: str) -> int:
        rows = self._database.rows("SELECT id FROM datasets WHERE name = ?", name)
        if not rows:
            known = ", ".join(repr(row[0]) for row in self._database.rows("SELECT name FROM datasets ORDER BY name")) or "none"
            message = f"the ledger has no data set {name!r} (known: {known}); give it a budget first"
            raise FlowError(FlowStatus.NOT_FOUND, message, argument="dataset")
        return int(rows[0][0])

    def _kind(self, name: str) -> tuple[Kind, Neighbours]:
        unit, neighbours = self._database.rows("SELECT unit, neighbours FROM datasets WHERE id = ?", self._dataset(name))[0]
        return unit, Neighbours(neighbours)

    def _budget(self, name: str) -> Budget:
        unit, neighbours = self._kind(name)
        epsilon, delta = self._database.rows(
            "SELECT epsilon, delta FROM budgets WHERE dataset = ? ORDER BY sequence DESC LIMIT 1", self._dataset(name)
        )[0]
        return Budget(epsilon, delta, unit, neighbours)

    def _keep_budget(self, dataset: int, budget: Budget) -> None:
        self._database.change(
            "INSERT INTO budgets (dataset, epsilon, delta, time) VALUES (?, ?, ?, ?)", dataset, budget.epsilon, budget.delta, time.time()
        )


def _party(member: int | None) -> bytes:
    return _CONTROLLER if member is None else member.to_bytes(8, "little")


def _mechanism(fields: list[Any]) -> Mechanism:
    return Mechanism(**dict(zip(_MECHANISM.split(", "), fields, strict=True)))


def _unit(dataset: str, budget: Budget, unit: Unit | None) -> Unit:
    """The unit of a charge, if it is the budget's."""
    if unit is None and budget.unit != "record":
        return Unit(budget.unit)
    if unit is None or unit.kind != budget.unit:
        given = "no unit" if unit is None else f"a {unit.kind}"
        more = ", with the clip of a record: Unit.record(clip)" if budget.unit == "record" else ""
        message = f"the budget of {dataset!r} is about a {budget.unit}, and {given} was given; state the same unit{more}"
        raise PrivacyError(Status.INVALID_MECHANISM, message, argument="unit")
    return unit


def _refusal(dataset: str, budget: Budget, releases: Counter[Release], release: Release, would_be: float) -> PrivacyError:
    """Why a round does not fit, and what would."""
    spent = cost.epsilon(releases, budget)
    noise = cost.noise_that_fits(releases, release, budget)
    if noise is None:
        works = "no noise fits what is left; the data set's owner may raise the budget"
    else:
        works = f"a round with noise {_up(noise)} instead of {release.mechanism.noise:g} fits"
    message = (
        f"the data set {dataset!r} has lost {spent:.6g} of the budget {budget}, and with this round it would lose {would_be:.6g}; {works}"
    )
    return PrivacyError(Status.BUDGET_SPENT, message, bound=budget.epsilon, argument="dataset")


def _up(number: float) -> str:
    """A number with three digits, rounded up."""
    step = 10.0 ** (math.floor(math.log10(number)) - 2)
    return f"{math.ceil(number / step) * step:g}"
