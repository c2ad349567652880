"""The ledger: what it allows, what it refuses, and that nothing is ever forgotten."""

from __future__ import annotations

import math
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloakwork.errors import ArgumentError, PrivacyError, Status
from cloakwork.ledger import Budget, Ledger
from cloakwork.privacy import Accountant, Mechanism, Neighbours, Unit
from cloakwork.wire.problem import FlowError, FlowStatus

RUN, OTHER_RUN = bytes(range(32)), bytes(32)
MECHANISM = Mechanism(dimension=10, clip=1.0, granularity=2.0**-8, noise=5000.0, norm_bound=67_500, honest=3)
DELTA = 1e-6
CLIENT = Unit.client()


def loss(rounds: int, mechanism: Mechanism = MECHANISM, unit: Unit = CLIENT, neighbours: Neighbours = Neighbours.REPLACE_ONE) -> float:
    """What the accountant says of so many rounds."""
    with Accountant() as accountant:
        accountant.add(mechanism, unit, neighbours, rounds)
        return accountant.epsilon(DELTA)


def seed(number: int) -> bytes:
    return number.to_bytes(32, "little")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.sqlite") as made:
        made.open_dataset("ward", Budget(loss(3), DELTA, "client"))
        yield made


def refused(code: int, ledger: Ledger, *arguments: object, **named: object) -> str:
    """The reason of a charge that is refused, which changes nothing and is foreseen by `check`."""
    before = ledger.spent("ward"), ledger.entries("ward")
    reasons = []
    for action in (ledger.check, ledger.charge):
        with pytest.raises((PrivacyError, FlowError, ArgumentError)) as caught:
            action(*arguments, **named)  # type: ignore[arg-type]
        assert caught.value.code == code
        reasons.append(str(caught.value))
    assert reasons[0] == reasons[1]
    assert (ledger.spent("ward"), ledger.entries("ward")) == before
    return reasons[0]


def test_rounds_are_charged_until_the_budget_is_spent(ledger: Ledger) -> None:
    assert ledger.spent("ward").epsilon == 0
    for number in (1, 2, 3):
        assert ledger.rounds_left("ward", MECHANISM, CLIENT) == 4 - number
        assert ledger.check("ward", RUN, number, MECHANISM, CLIENT).rounds == number
        assert ledger.spent("ward").rounds == number - 1
        spent = ledger.charge("ward", RUN, number, MECHANISM, CLIENT)
        assert (spent.epsilon, spent.delta, spent.rounds) == (loss(number), DELTA, number)
        assert ledger.spent("ward") == spent
    # Exactly at the edge: the budget is what three rounds cost, to the last bit.
    assert spent.epsilon == spent.budget.epsilon
    assert spent.left == 0
    assert ledger.rounds_left("ward", MECHANISM, CLIENT) == 0
    reason = refused(Status.BUDGET_SPENT, ledger, "ward", RUN, 4, MECHANISM, CLIENT)
    assert "'ward'" in reason
    assert f"{loss(3):.6g}" in reason
    assert f"{loss(4):.6g}" in reason
    assert "raise the budget" in reason


@pytest.mark.parametrize("rounds", [1, 2, 7, 100])
def test_the_edge_is_the_last_bit_of_a_double(tmp_path: Path, rounds: int) -> None:
    exact = loss(rounds)
    for epsilon, allowed in ((exact, rounds), (math.nextafter(exact, 0), rounds - 1), (math.nextafter(exact, math.inf), rounds)):
        with Ledger(tmp_path / f"{epsilon.hex()}.sqlite") as ledger:
            ledger.open_dataset("ward", Budget(epsilon, DELTA, "client"))
            assert ledger.rounds_left("ward", MECHANISM, CLIENT) == allowed
            for number in range(1, allowed + 1):
                ledger.charge("ward", RUN, number, MECHANISM, CLIENT)
            refused(Status.BUDGET_SPENT, ledger, "ward", RUN, allowed + 1, MECHANISM, CLIENT)


def test_a_refusal_proposes_noise_that_works(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.open_dataset("ward", Budget(1.1 * loss(1), DELTA, "client"))
        ledger.charge("ward", RUN, 1, MECHANISM, CLIENT)
        reason = refused(Status.BUDGET_SPENT, ledger, "ward", RUN, 2, MECHANISM, CLIENT)
        noise = float(reason.split("a round with noise ")[1].split(" ")[0])
        assert noise > MECHANISM.noise
        ledger.check("ward", OTHER_RUN, 2, replace(MECHANISM, noise=noise), CLIENT)
        # Not much less would do.
        refused(Status.BUDGET_SPENT, ledger, "ward", OTHER_RUN, 2, replace(MECHANISM, noise=noise / 1.03), CLIENT)
        assert ledger.charge("ward", OTHER_RUN, 2, replace(MECHANISM, noise=noise), CLIENT).rounds == 2


def test_the_same_round_is_charged_once(ledger: Ledger) -> None:
    first = ledger.charge("ward", RUN, 1, MECHANISM, CLIENT, seed(1))
    for _ in range(10):
        assert ledger.charge("ward", RUN, 1, MECHANISM, CLIENT, seed(1)) == first
    # Whoever does not know the seed goes by the number.
    assert ledger.charge("ward", RUN, 1, MECHANISM, CLIENT) == first
    assert len(ledger.entries("ward")) == 1
    # Also with the budget spent.
    for number in (2, 3):
        ledger.charge("ward", RUN, number, MECHANISM, CLIENT, seed(number))
    assert ledger.charge("ward", RUN, 1, MECHANISM, CLIENT, seed(1)).rounds == 3
    refused(Status.BUDGET_SPENT, ledger, "ward", RUN, 4, MECHANISM, CLIENT, seed(4))


def test_a_round_that_has_another_seed_is_another_round(ledger: Ledger) -> None:
    """As when a member lost its state, and the server its own, and round 1 is held again."""
    ledger.charge("ward", RUN, 1, MECHANISM, CLIENT, seed(1))
    assert ledger.charge("ward", RUN, 1, MECHANISM, CLIENT, seed(2)).rounds == 2
    assert [entry.rotation_seed for entry in ledger.entries("ward")] == [seed(1), seed(2)]


def test_a_rotation_seed_serves_one_round_of_a_run(ledger: Ledger) -> None:
    ledger.charge("ward", RUN, 1, MECHANISM, CLIENT, seed(1))
    assert "round 2" in refused(Status.ROTATION_SEED_REPEATED, ledger, "ward", RUN, 2, MECHANISM, CLIENT, seed(1))
    # In the whole file, whatever the data set.
    ledger.open_dataset("other", Budget(1, DELTA, "client"))
    with pytest.raises(PrivacyError) as caught:
        ledger.charge("other", RUN, 2, MECHANISM, CLIENT, seed(1))
    assert caught.value.code == Status.ROTATION_SEED_REPEATED
    # Another run may have it: seeds are hashes of their runs, so that never happens by itself.
    ledger.charge("ward", OTHER_RUN, 2, MECHANISM, CLIENT, seed(1))


def test_runs_share_the_budget_of_their_data(ledger: Ledger) -> None:
    loud = replace(MECHANISM, noise=20_000.0)
    with Accountant() as accountant:
        accountant.add(MECHANISM, CLIENT)
        accountant.add(loud, CLIENT, rounds=2)
        expected = accountant.epsilon(DELTA)
    ledger.charge("ward", OTHER_RUN, 1, loud, CLIENT)
    ledger.charge("ward", RUN, 1, MECHANISM, CLIENT)
    spent = ledger.charge("ward", OTHER_RUN, 2, loud, CLIENT)
    assert spent.epsilon == pytest.approx(expected, rel=1e-12)
    ledger.open_dataset("other", Budget(1, DELTA, "client"))
    assert ledger.spent("other").epsilon == 0
    assert ledger.datasets() == ["other", "ward"]


@settings(derandomize=True, max_examples=25, deadline=None)
@given(st.permutations([1000.0, 1000.0, 5000.0, 5000.0, 5000.0, 60_000.0, 60_000.0]))
def test_the_order_of_rounds_changes_nothing(noises: list[float]) -> None:
    """To the last bit: what is allowed never depends on who came first."""
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "ledger.sqlite") as ledger:
        ledger.open_dataset("ward", Budget(100, DELTA, "client"))
        for number, noise in enumerate(noises):
            ledger.charge("ward", RUN, number, replace(MECHANISM, noise=noise), CLIENT)
        found = ledger.spent("ward").epsilon
    with Accountant() as accountant:
        for noise in sorted(set(noises)):
            accountant.add(replace(MECHANISM, noise=noise), CLIENT, rounds=noises.count(noise))
        assert found == accountant.epsilon(DELTA)


def test_a_member_s_data_are_in_a_sum_once(ledger: Ledger) -> None:
    ledger.charge("ward", RUN, 1, MECHANISM, CLIENT, seed(1), member=1)
    assert "member 1" in refused(FlowStatus.CONFLICT, ledger, "ward", RUN, 1, MECHANISM, CLIENT, seed(1), member=2)
    ledger.charge("ward", RUN, 1, MECHANISM, CLIENT, seed(1), member=1)
    assert ledger.spent("ward").rounds == 1
    assert ledger.entries("ward")[0].member == 1
    # A controller that keeps the same ledger is charged besides, before and after; it hides no member.
    ledger.charge("ward", RUN, 1, MECHANISM, CLIENT)
    ledger.charge("ward", RUN, 1, MECHANISM, CLIENT)
    assert [entry.member for entry in ledger.entries("ward")] == [1, None]
    ledger.open_dataset("other", Budget(100, DELTA, "client"))
    ledger.charge("other", RUN, 1, MECHANISM, CLIENT)
    ledger.charge("other", RUN, 1, MECHANISM, CLIENT, seed(1), member=1)
    with pytest.raises(FlowError):
        ledger.charge("other", RUN, 1, MECHANISM, CLIENT, seed(1), member=2)


def test_one_round_has_one_mechanism(ledger: Ledger) -> None:
    ledger.charge("ward", RUN, 1, MECHANISM, CLIENT)
    refused(FlowStatus.CONFLICT, ledger, "ward", RUN, 1, replace(MECHANISM, noise=5001.0), CLIENT)


@pytest.mark.parametrize("unit", [Unit.part(), Unit.record(0.5)])
def test_another_unit_is_refused(ledger: Ledger, unit: Unit) -> None:
    assert "a client" in refused(Status.INVALID_MECHANISM, ledger, "ward", RUN, 1, MECHANISM, unit)


def test_units_and_neighbours_are_those_of_the_budget(ledger: Ledger) -> None:
    units = {"record": Unit.record(0.5), "part": Unit.part(), "client": CLIENT}
    losses = set()
    for neighbours in Neighbours:
        for kind, unit in units.items():
            name = f"{kind} {neighbours.value}"
            ledger.open_dataset(name, Budget(100, DELTA, kind, neighbours))  # type: ignore[arg-type]
            found = ledger.charge(name, RUN, 1, replace(MECHANISM, parts=3), unit).epsilon
            assert found == loss(1, replace(MECHANISM, parts=3), unit, neighbours)
            losses.add(found)
    assert len(losses) == 6


@pytest.mark.parametrize(
    "other",
    [
        Budget(1, DELTA, "client"),
        Budget(loss(3), 2 * DELTA, "client"),
        Budget(loss(3), DELTA, "part"),
        Budget(loss(3), DELTA, "record"),
        Budget(loss(3), DELTA, "client", Neighbours.ZERO_OUT),
    ],
)
def test_another_budget_for_the_same_data_is_refused(ledger: Ledger, other: Budget) -> None:
    ledger.open_dataset("ward", Budget(loss(3), DELTA, "client"))
    with pytest.raises(FlowError) as caught:
        ledger.open_dataset("ward", other)
    assert caught.value.code == FlowStatus.CONFLICT
    assert ledger.budget("ward") == Budget(loss(3), DELTA, "client")


def test_budgets_are_raised_explicitly_and_keep_their_history(ledger: Ledger) -> None:
    for number in (1, 2, 3):
        ledger.charge("ward", RUN, number, MECHANISM, CLIENT)
    first = ledger.budget("ward")
    for wrong in ({"epsilon": 0.5 * first.epsilon}, {"delta": 0.5 * DELTA}, {}, {"epsilon": first.epsilon}, {"epsilon": math.nan}):
        with pytest.raises(PrivacyError):
            ledger.raise_budget("ward", **wrong)
    assert ledger.budget("ward") == first
    raised = ledger.raise_budget("ward", epsilon=loss(4))
    assert ledger.charge("ward", RUN, 4, MECHANISM, CLIENT).rounds == 4
    refused(Status.BUDGET_SPENT, ledger, "ward", RUN, 5, MECHANISM, CLIENT)
    twice = ledger.raise_budget("ward", delta=1e-5)
    assert ledger.spent("ward").epsilon < loss(4)
    assert [change.budget for change in ledger.history("ward")] == [first, raised, twice]
    # The first budget is not the present one any more.
    with pytest.raises(FlowError):
        ledger.open_dataset("ward", first)


@pytest.mark.parametrize(
    ("epsilon", "delta", "unit"),
    [
        *((wrong, DELTA, "client") for wrong in (0, -1, math.nan, math.inf)),
        *((1, wrong, "client") for wrong in (0, 1, -1, math.nan)),
        (1, DELTA, "person"),
    ],
)
def test_budgets_that_cannot_be(epsilon: float, delta: float, unit: str) -> None:
    with pytest.raises(PrivacyError) as caught:
        Budget(epsilon, delta, unit)  # type: ignore[arg-type]
    assert caught.value.code == Status.INVALID_MECHANISM
    assert caught.value.argument in ("epsilon", "delta", "unit")


def test_what_is_not_there_is_named(ledger: Ledger) -> None:
    for action in (ledger.spent, ledger.entries, ledger.budget, ledger.history, lambda name: ledger.raise_budget(name, epsilon=9)):
        with pytest.raises(FlowError, match="'ward'") as caught:
            action("absent")
        assert caught.value.code == FlowStatus.NOT_FOUND
    with pytest.raises(FlowError):
        ledger.charge("absent", RUN, 1, MECHANISM, CLIENT)
    for name in ("", "x" * 101, "a\nb"):
        with pytest.raises(FlowError):
            ledger.open_dataset(name, Budget(1, DELTA, "client"))
    refused(Status.INVALID_LENGTH, ledger, "ward", b"short", 1, MECHANISM, CLIENT)
    refused(Status.INVALID_LENGTH, ledger, "ward", RUN, 1, MECHANISM, CLIENT, b"short")
    for number in (-1, 2**63, 1.5, None):
        refused(Status.INVALID_ARGUMENT, ledger, "ward", RUN, number, MECHANISM, CLIENT)


def test_entries_hold_every_parameter_and_survive(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    mechanism = Mechanism(
        dimension=1000, clip=0.1, granularity=1e-3 / 3, noise=1234.5, norm_bound=95_000, honest=7, parts=5, clamp=0.75, block_log2=5
    )
    with Ledger(path) as ledger:
        ledger.open_dataset("ward", Budget(50, DELTA, "record", Neighbours.ZERO_OUT))
        ledger.charge("ward", RUN, 1, mechanism, Unit.record(0.1 / 3), seed(9), member=2**64 - 1)
        ledger.charge("ward", OTHER_RUN, 2, MECHANISM, Unit.record(1.0))
        spent, entries = ledger.spent("ward"), ledger.entries("ward")
    assert path.stat().st_mode & 0o077 == 0
    with Ledger(path) as ledger:
        assert (ledger.spent("ward"), ledger.entries("ward")) == (spent, entries)
    assert (entries[0].mechanism, entries[0].unit) == (mechanism, Unit.record(0.1 / 3))
    assert (entries[0].run, entries[0].round, entries[0].member, entries[0].rotation_seed) == (RUN, 1, 2**64 - 1, seed(9))
    assert (entries[1].mechanism.clamp, entries[1].member, entries[1].rotation_seed) == (math.inf, None, None)


@pytest.mark.parametrize("table", ["datasets", "budgets", "entries", "assignments"])
def test_the_file_itself_forgets_nothing(ledger: Ledger, table: str) -> None:
    ledger.charge("ward", RUN, 1, MECHANISM, CLIENT)
    with sqlite3.connect(ledger.path) as other:
        if table == "assignments":
            other.execute("INSERT INTO assignments VALUES (?, ?, 1, NULL)", (RUN, b""))
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET rowid = rowid + 1"):
            with pytest.raises(sqlite3.DatabaseError, match="only added to"):
                other.execute(statement)
    other.close()


def test_a_ledger_is_for_its_owner_alone(ledger: Ledger) -> None:
    ledger.path.chmod(0o644)
    with pytest.raises(FlowError, match="chmod 600"):
        Ledger(ledger.path)
    ledger.path.chmod(0o600)
    with sqlite3.connect(ledger.path) as other:
        other.execute("PRAGMA user_version = 7")
    other.close()
    with pytest.raises(FlowError, match="format 7"):
        Ledger(ledger.path)
    (ledger.path.parent / "text").write_text("no database, but a text that is long enough to be read as one's header", encoding="ascii")
    (ledger.path.parent / "text").chmod(0o600)
    with pytest.raises(FlowError) as caught:
        Ledger(ledger.path.parent / "text")
    assert caught.value.code == FlowStatus.STORAGE_FAILED
    ledger.close()
    with pytest.raises(FlowError):
        ledger.spent("ward")


# A process that dies in the middle of a charge.
KILLED = """
import os, signal, sys
from cloakwork.ledger import Ledger
from cloakwork.ledger.database import Database
from test_ledger import CLIENT, MECHANISM, RUN

execute = Database._execute
def deadly(self, statement, *values):
    if statement == "COMMIT" and sys.argv[2] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    found = execute(self, statement, *values)
    if statement == "COMMIT" and sys.argv[2] == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return found

ledger = Ledger(sys.argv[1])
Database._execute = deadly
ledger.charge("ward", RUN, 1, MECHANISM, CLIENT)
"""


@pytest.mark.parametrize(("moment", "rounds"), [("before", 0), ("after", 1)])
def test_a_process_that_is_killed_has_charged_or_not(ledger: Ledger, moment: str, rounds: int) -> None:
    found = subprocess.run([sys.executable, "-c", KILLED, str(ledger.path), moment], cwd=Path(__file__).parent, check=False, timeout=60)
    assert found.returncode == -signal.SIGKILL
    assert ledger.spent("ward").rounds == rounds
    with Ledger(ledger.path) as again:
        assert again.spent("ward").rounds == rounds
        # Its repeat is charged, or was.
        assert again.charge("ward", RUN, 1, MECHANISM, CLIENT).rounds == 1


# A process that charges as much as it may.
GREEDY = """
import sys
from cloakwork.errors import PrivacyError
from cloakwork.ledger import Budget, Ledger
from test_ledger import CLIENT, DELTA, MECHANISM, loss

done = 0
with Ledger(sys.argv[1]) as ledger:
    ledger.open_dataset("ward", Budget(loss(17), DELTA, "client"))
    for number in range(1, 11):
        try:
            ledger.charge("ward", bytes([int(sys.argv[2])]) * 32, number, MECHANISM, CLIENT)
        except PrivacyError:
            break
        done += 1
print(done)
"""


def test_processes_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    command = [sys.executable, "-c", GREEDY, str(path)]
    started = [subprocess.Popen([*command, str(index)], cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True) for index in range(4)]
    done = [int(process.communicate(timeout=120)[0]) for process in started]
    assert all(process.returncode == 0 for process in started)
    assert sum(done) == 17
    with Ledger(path) as ledger:
        assert ledger.spent("ward").epsilon == loss(17)
        assert len(ledger.entries("ward")) == 17


def test_a_full_disk_charges_nothing(ledger: Ledger) -> None:
    ledger.raise_budget("ward", epsilon=100)
    connection = ledger._database._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        for number in range(1, 1000):
            ledger.charge("ward", RUN, number, MECHANISM, CLIENT)

    with pytest.raises(FlowError, match="full") as caught:
        fill()
    assert caught.value.code == FlowStatus.STORAGE_FAILED
    rounds = ledger.spent("ward").rounds
    assert [entry.round for entry in ledger.entries("ward")] == list(range(1, rounds + 1))
    connection.execute("PRAGMA max_page_count = 100000")
    assert ledger.charge("ward", RUN, rounds + 1, MECHANISM, CLIENT).rounds == rounds + 1


def test_a_ledger_in_use_is_told_and_nothing_is_charged(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloakwork.ledger.database._WAIT_SECONDS", 0.1)
    with Ledger(ledger.path) as impatient:
        other = sqlite3.connect(ledger.path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(FlowError) as caught:
            impatient.charge("ward", RUN, 1, MECHANISM, CLIENT)
        assert caught.value.code == FlowStatus.BUSY
        other.execute("ROLLBACK")
        other.close()
        assert impatient.charge("ward", RUN, 1, MECHANISM, CLIENT).rounds == 1
