"""The computations between parties come out as in the open, for several numbers of parties and both sources of correlated randomness."""

# ruff: noqa: S101, D103 - assertions are what tests are made of, and names say what they show.

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cloakwork import mpc

FOLDER = Path(__file__).resolve().parent.parent / "mpc"
sys.path.insert(0, str(FOLDER))

import auction  # noqa: E402
import irises  # noqa: E402
import salaries  # noqa: E402
import tumours  # noqa: E402
import vertical  # noqa: E402

LIMIT_SECONDS = 300


@pytest.mark.parametrize(
    ("program", "options", "said"),
    [
        ("tumours.py", ("--parties", "2"), "rows judged rightly"),
        ("tumours.py", ("--parties", "2", "--tls"), "rows judged rightly"),
        ("tumours.py", ("--parties", "3", "--tls"), "rows judged rightly"),
        ("irises.py", (), "its centre"),
        ("irises.py", ("--tls",), "its centre"),
        ("salaries.py", (), "median of women"),
        ("salaries.py", ("--tls", "--parties", "3"), "median of women"),
        ("vertical.py", (), "scikit-learn's"),
        ("vertical.py", ("--tls",), "scikit-learn's"),
        ("auction.py", ("--bidders", "2"), "the price is"),
        ("auction.py", ("--bidders", "5"), "the price is"),
        ("auction.py", ("--bidders", "3", "--tls"), "the price is"),
        ("auction.py", ("--bidders", "2", "--tls", "--no-dealer"), "the price is"),
    ],
)
def test_it_ends_well(program: str, options: tuple[str, ...], said: str) -> None:
    command = [sys.executable, str(FOLDER / program), *options]
    result = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert said in result.stdout


@pytest.mark.parametrize("program", ["tumours.py", "irises.py", "salaries.py", "vertical.py", "auction.py"])
def test_it_explains_itself(program: str) -> None:
    result = subprocess.run(
        [sys.executable, str(FOLDER / program), "--help"], capture_output=True, text=True, timeout=LIMIT_SECONDS, check=True
    )
    assert "usage:" in result.stdout


def test_a_few_steps_without_a_dealer_are_those_in_the_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tumours, "EPOCHS", 1)
    rows, _ = tumours.hospitals(2)
    # Two batches of each hospital.
    rows = [tumours.Rows(part.features[:32], part.labels[:32]) for part in rows]
    with mpc.Session.local(2, dealer=False) as session:
        mean, deviation = tumours.scales(session, rows)
        found = tumours.train(session, rows, mean, deviation)
    together = np.concatenate([part.features for part in rows])
    np.testing.assert_allclose(mean, together.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(deviation, together.std(axis=0), rtol=0.02, atol=1e-3)
    np.testing.assert_allclose(found, tumours.train_in_the_open(rows, mean, deviation), atol=2e-3)


def test_only_the_company_learns_how_it_stands() -> None:
    given = salaries.companies(3)
    with mpc.Session.local(3, fraction=11, bits=34) as session:
        word = (session.share(1, 0) < session.share(2, 1)).open(to=1)
        assert [one is None for one in word] == [True, False, True]
        assert salaries.compare(session, given) == salaries.compare_in_the_open(given)


def test_equal_bids_have_one_winner() -> None:
    with mpc.Session.local(3) as session:
        found, _ = auction.award(session, [5, 9, 9])
    assert found == auction.Award(9, (False, True, False))


def test_systems_that_elimination_solves() -> None:
    matrix = np.array([[4.0, 1.0, -0.5], [1.0, 3.0, 0.25], [-0.5, 0.25, 2.0]])
    right = np.array([1.0, -2.0, 0.5])
    with mpc.Session.local(2, fraction=20, bits=36) as session:
        found = vertical.solve(session, session.share(matrix), session.share(right, 1)).open()
    np.testing.assert_allclose(found, np.linalg.solve(matrix, right), atol=1e-4)


def test_every_flower_has_the_nearest_centre() -> None:
    flowers = np.concatenate(irises.gardens(2))[:20]
    centres = flowers[:3]
    distances = ((flowers[:, None] - centres[None]) ** 2).sum(axis=2)
    with mpc.Session.local(2) as session:
        found = irises.nearest(session.share(flowers), session.share(centres, 1)).open()
    np.testing.assert_array_equal(found.argmax(axis=1), distances.argmin(axis=1))
    assert (found.sum(axis=1) == 1).all()
