"""The demonstration ends well, leaves nothing behind, and notices every result that is off."""

# ruff: noqa: S101 - assertions are what tests are made of.

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

DEMO = Path(__file__).resolve().parent.parent / "demo"
sys.path.insert(0, str(DEMO))

import logistic  # noqa: E402
import private  # noqa: E402
import rows  # noqa: E402
from judgement import Comparison, Judgement  # noqa: E402
from observation import unpack  # noqa: E402
from record import Record  # noqa: E402

# Far above what a play takes on a machine that does nothing else.
LIMIT_SECONDS = 300
# Long enough for every hospital to answer beside other tests.
STEP_SECONDS = 15


@dataclass(frozen=True)
class Outcome:
    """How a demonstration ended."""

    code: int
    output: str
    left: list[str]
    processes_left: bool


def run(folder: Path, *options: str | Path) -> Outcome:
    """Runs the demonstration with a folder for temporary files, in a process group of its own."""
    temporary = folder / "temporary"
    temporary.mkdir()
    command = [sys.executable, str(DEMO), *map(str, options)]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, start_new_session=True, text=True, encoding="utf-8"
    ) as process:
        output, _ = process.communicate(timeout=LIMIT_SECONDS)
    try:
        os.killpg(process.pid, 0)
        processes_left = True
    except ProcessLookupError:
        processes_left = False
    return Outcome(process.returncode, output, [path.name for path in temporary.iterdir()], processes_left)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the play that all tests look at."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def outcome(folder: Path) -> Outcome:
    """A play."""
    return run(folder, "--quick", "--step-seconds", str(STEP_SECONDS), "--record", folder / "record.json")


@pytest.fixture
def content(outcome: Outcome, folder: Path) -> dict[str, Any]:
    """What the parties reported, to be changed."""
    assert outcome.code == 0, outcome.output
    found: dict[str, Any] = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def parts() -> dict[str, rows.Rows]:
    """The rows of each hospital."""
    return rows.split(rows.load()[0])


def judged(content: dict[str, Any], parts: dict[str, rows.Rows], folder: Path) -> bool:
    """Whether a record holds."""
    path = folder / "changed.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return Judgement(Record.read(path), parts).holds


def test_ends_well(outcome: Outcome) -> None:
    """Exit code 0, plain text, no file and no process left."""
    assert outcome.code == 0, outcome.output
    assert "every secure result is the pooled one" in outcome.output
    assert "killed in the middle of round 3" in outcome.output
    assert "Unit of epsilon: one record of L2 norm at most 0.5" in outcome.output
    assert not [character for character in outcome.output if ord(character) < ord(" ") and character != "\n"]
    assert outcome.left == []
    assert not outcome.processes_left


def test_judges_a_record_again(content: dict[str, Any], parts: dict[str, rows.Rows], tmp_path: Path) -> None:
    """What is written can be read and holds."""
    assert judged(content, parts, tmp_path)


def _training(content: dict[str, Any], place: int) -> dict[str, Any]:
    found: dict[str, Any] = [entry for entry in content["rounds"] if entry["run"] == "training"][place]
    return found


def _mean(content: dict[str, Any]) -> None:
    content["statistics"]["mean"][3] *= 1 + 1e-9


def _rows(content: dict[str, Any]) -> None:
    content["statistics"]["rows"] += 1


def _variance(content: dict[str, Any]) -> None:
    content["statistics"]["variance"][14] *= 1 + 1e-8


def _correlation(content: dict[str, Any]) -> None:
    content["statistics"]["correlation"][0][1] += 1e-8


def _not_a_number(content: dict[str, Any]) -> None:
    content["statistics"]["mean"][0] = float("nan")


def _gradient(content: dict[str, Any]) -> None:
    _training(content, 5)["values"]["gradient"][2] += 1e-10


def _curvature(content: dict[str, Any]) -> None:
    _training(content, 2)["values"]["curvature"][100] -= 1e-9


def _loss(content: dict[str, Any]) -> None:
    _training(content, -1)["values"]["loss"] += 1e-10


def _weight(content: dict[str, Any]) -> None:
    _training(content, 0)["weight"] -= 1


def _model(content: dict[str, Any]) -> None:
    content["coefficients"][7] += 1e-5


def _somebody_more(content: dict[str, Any]) -> None:
    # A round that claims to be about more hospitals than were in its sum.
    _training(content, 2)["members"].append("west")


def _never_back(content: dict[str, Any]) -> None:
    content["back_in"] = 10_000


def _private(content: dict[str, Any], epsilon: float) -> list[dict[str, Any]]:
    return [entry for entry in content["rounds"] if entry["run"] == private.run_name(epsilon)]


def _without_noise(content: dict[str, Any]) -> None:
    # The exact sums in the place of the noised ones.
    parts = rows.split(rows.load()[0])
    for entry in _private(content, 3):
        exact = sum(private.contribution(parts[name], np.array(entry["context"])) for name in entry["members"])
        entry["values"]["gradient"] = np.asarray(exact).tolist()


def _noise_of_fewer(content: dict[str, Any]) -> None:
    # As if three of five hospitals had left their noise out.
    parts = rows.split(rows.load()[0])
    for entry in _private(content, 8):
        exact = np.asarray(sum(private.contribution(parts[name], np.array(entry["context"])) for name in entry["members"]))
        entry["values"]["gradient"] = (exact + 0.4**0.5 * (np.array(entry["values"]["gradient"]) - exact)).tolist()


def _not_charged(content: dict[str, Any]) -> None:
    content["private"][0]["spent"]["south"] = 0.0


def _overspent(content: dict[str, Any]) -> None:
    content["private"][2]["epsilon"] = 3.0


def _new_setup(content: dict[str, Any]) -> None:
    content["epochs"] = 2


@pytest.mark.parametrize(
    "change",
    [
        _mean,
        _rows,
        _variance,
        _correlation,
        _not_a_number,
        _gradient,
        _curvature,
        _loss,
        _weight,
        _model,
        _somebody_more,
        _never_back,
        _new_setup,
        _without_noise,
        _noise_of_fewer,
        _not_charged,
        _overspent,
    ],
)
def test_notices(change: Callable[[dict[str, Any]], None], content: dict[str, Any], parts: dict[str, rows.Rows], tmp_path: Path) -> None:
    """A small change of any result is off."""
    change(content)
    assert not judged(content, parts, tmp_path)


def test_ends_non_zero_when_a_result_is_off(content: dict[str, Any], tmp_path: Path) -> None:
    """The exit code says so."""
    _model(content)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    found = run(tmp_path, "--judge", path)
    assert found.code == 1
    assert "A RESULT IS OFF" in found.output


def _packed(vectors: dict[str, np.ndarray[Any, Any]], parties: int) -> bytes:
    """A payload without masks, written from docs/protocol.md: each value in exactly its bits, and 64 zero bits or a little more."""
    payload = b""
    for segment in logistic.layout(parties).segments:
        number = 0
        for place, value in enumerate(vectors[segment.label].tolist()):
            number |= (round(value * 2**segment.fraction) % 2**segment.bits) << (place * segment.bits)
        payload += number.to_bytes(-(-segment.bits * (segment.length + -(-64 // segment.bits)) // 8), "little")
    return payload


def test_reads_what_a_server_stores(parts: dict[str, rows.Rows]) -> None:
    """Values come back from a payload without masks."""
    plan = logistic.layout(5)
    model = logistic.start(1, np.zeros(rows.FEATURES), rows.LIMITS**2)
    vectors = plan.flatten(logistic.contribution(parts["east"], model), weight=len(parts["east"]))
    found = unpack(_packed(vectors, 5), plan)
    for segment in plan.segments:
        np.testing.assert_allclose(found[segment.label], vectors[segment.label], rtol=0, atol=2.0 ** -(segment.fraction + 1))
    with pytest.raises(ValueError, match="no payload"):
        unpack(b"\0" * 7, plan)


def test_notices_an_unmasked_vector(content: dict[str, Any], parts: dict[str, rows.Rows], tmp_path: Path) -> None:
    """A server that stored the contribution itself would be noticed."""
    observed = content["observed"]
    entry = next(entry for entry in content["rounds"] if entry["run"] == "training" and entry["number"] == observed["round"])
    model = logistic.Model.decode(np.array(entry["context"]).tobytes())
    mine = parts[observed["member"]]
    observed["payload"] = _packed(logistic.layout(5).flatten(logistic.contribution(mine, model), weight=len(mine)), 5).hex()
    assert not judged(content, parts, tmp_path)


def test_ends_in_time(tmp_path: Path) -> None:
    """When the time is over it says so and leaves nothing behind."""
    found = run(tmp_path, "--quick", "--seconds", "3")
    assert found.code == 2
    assert "3 s were not enough" in found.output
    assert found.left == []
    assert not found.processes_left


@pytest.mark.parametrize(
    ("secure", "holds"), [(1.0, True), (1.0 + 1e-9, True), (1.0 + 3e-9, False), (float("nan"), False), (float("inf"), False)]
)
def test_comparison(secure: float, *, holds: bool) -> None:
    """A difference is right up to its bound; what is no number never is."""
    assert Comparison("x", np.array([0.0, secure]), np.array([0.0, 1.0]), np.array([0.0, 2e-9])).holds == holds


def test_a_comparison_of_nothing_does_not_hold() -> None:
    """No numbers are no proof."""
    assert not Comparison("x", np.zeros(0), np.zeros(0), np.zeros(0)).holds
