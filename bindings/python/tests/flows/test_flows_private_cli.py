"""Private runs, budgets and plans from the command line."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flows_world import PATIENCE, free_port, until
from test_flows_cli import Shell, connects, invoke, write_table

from cloakwork.cli import private
from cloakwork.cli.home import Home
from cloakwork.errors import CloakworkError
from cloakwork.ledger import Budget, Ledger
from cloakwork.privacy import Mechanism, Unit, choose
from cloakwork.secagg import Config, Identity, Run
from cloakwork.tasks import Column, Privacy, Task

SVG = "{http://www.w3.org/2000/svg}"
PARTIES = {"north": (1, 900), "south": (2, 1200), "west": (3, 1000), "east": (4, 1500), "centre": (5, 700)}
WANTED = ("--clients", "100", "--dim", "250", "--epsilon", "3", "--delta", "1e-5")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    made = Shell(tmp_path)
    yield made
    made.close()


def controller(shell: Shell, *arguments: str, code: int = 0) -> str:
    return shell.run("--home", "controller", *arguments, code=code)


def test_five_parties_compute_private_means_and_one_of_them_dies(shell: Shell) -> None:
    """Both rounds are within 6 of the standard deviations that they state: false alarms are below 2e-7 (subgaussian noise, six numbers)."""
    url = f"https://localhost:{free_port()}"
    fingerprint = controller(shell, "identity", "new")
    server = shell.run("server", "init", "--folder", "server", "--url", url, "--self-signed", "--controller", fingerprint)
    shell.start("server", "run", "--folder", "server")
    until(lambda: connects(shell, url, server))
    columns = ("--column", "age:0:120", "--column", "bmi:10:80")
    promise = ("--epsilon", "4", "--delta", "1e-6", "--rounds", "2", "--dataset", "all wards")
    controller(shell, "controller", "run", "create", "study", "--task", "mean", *columns, "--rows", "2000", *promise, "--step-seconds", "6")
    tables = {}
    for name, (seed, rows) in PARTIES.items():
        controller(shell, "controller", "run", "add", "study", name, shell.run("--home", name, "identity", "new"))
        tables[name] = write_table(shell.folder / f"{name}.csv", seed, rows)
    invitation = controller(shell, "controller", "run", "start", "study")
    assert controller(shell, "controller", "run", "start", "study") == invitation

    join = ("client", "join", invitation, "--ca", "server/certificate.pem", "--yes")
    assert "--dataset" in shell.run("--home", "north", *join, code=1)
    assert "--budget-epsilon" in shell.run("--home", "north", *join, "--dataset", "ward", code=1)
    clients: dict[str, subprocess.Popen[str]] = {}
    for name in PARTIES:
        agreed = shell.run("--home", name, *join, "--dataset", "ward", "--budget-epsilon", "4", "--budget-delta", "1e-6")
        assert "with noise: epsilon 4 at delta 1e-06 for a record (replace-one), in 2 rounds together" in agreed
        clients[name] = shell.start("--home", name, "client", "run", "study", "--data", f"{name}.csv")

    def check(found: dict[str, object], names: list[str]) -> None:
        pooled = np.concatenate([tables[name] for name in names])
        error = found["error"]
        assert isinstance(error, dict)
        assert found["parties"] == names
        assert found["privacy"] == {"epsilon": 4.0, "delta": 1e-6, "unit": "record", "neighbours": "replace-one", "rounds": 2}
        assert abs(found["rows"] - len(pooled)) < 6 * error["rows"] + 0.5  # type: ignore[operator]
        wrong = np.array(found["mean"]) - pooled.mean(axis=0)
        assert np.all(np.abs(wrong) < 6 * np.array(error["mean"]))
        # It is noise, and not too much of it to be of use.
        assert np.all(wrong != 0)
        assert np.all(np.array(error["mean"]) < 2)

    check(json.loads(controller(shell, "controller", "round", "start", "study", "--json")), list(PARTIES))
    clients["west"].kill()
    clients["west"].communicate(timeout=PATIENCE)
    there = [name for name in PARTIES if name != "west"]
    check(json.loads(controller(shell, "controller", "round", "start", "study", "--json")), there)
    shown = controller(shell, "controller", "run", "result", "study")
    assert "standard deviations by noise" in shown
    assert re.search(r"about \d+ rows", shown)
    assert "Private: epsilon 4 at delta 1e-06 for a record (replace-one), in 2 rounds together." in shown

    # Both rounds are in the ledgers; the budget is spent.
    assert "all wards" in shell.start("--home", "controller", "controller", "run", "show", "study").communicate(timeout=PATIENCE)[1]
    spent = json.loads(controller(shell, "budget", "--dataset", "all wards", "--json"))
    assert (spent["unit"], spent["neighbours"], spent["epsilon"], spent["rounds"]) == ("record", "replace-one", 4.0, 2)
    assert 3.99 < spent["spent"] <= 4
    assert [entry["round"] for entry in spent["entries"]] == [1, 2]
    assert "BUDGET_SPENT" in controller(shell, "controller", "round", "start", "study", code=1)
    for name in there:
        kept = json.loads(shell.run("--home", name, "budget", "--dataset", "ward", "--json"))
        assert (kept["rounds"], kept["spent"]) == (2, spent["spent"])
        assert {entry["run"] for entry in kept["entries"]} == {entry["run"] for entry in spent["entries"]}
    assert json.loads(shell.run("--home", "west", "budget", "--dataset", "ward", "--json"))["rounds"] == 1
    table = shell.run("--home", "north", "budget", "--dataset", "ward")
    assert "rounds charged to ward" in table
    controller(shell, "controller", "run", "stop", "study")
    for name in there:
        _, told = clients[name].communicate(timeout=PATIENCE)
        assert clients[name].returncode == 0
        assert "all rounds of this run fit" in told
        assert "round 2: ended: the sum was opened" in told


def test_budgets_are_opened_shown_and_raised(tmp_path: Path) -> None:
    code, output = invoke(tmp_path, "budget")
    assert (code, "cloakwork budget open" in output) == (0, True)
    assert not (tmp_path / "ledger.sqlite").exists()
    assert invoke(tmp_path, "budget", "--json") == (0, "[]\n")
    assert invoke(tmp_path, "budget", "open", "ward", "--epsilon", "3", "--delta", "1e-6", "--unit", "client")[0] == 0
    assert invoke(tmp_path, "budget", "open", "ward", "--epsilon", "3", "--delta", "1e-6", "--unit", "client")[0] == 0
    for changed in (("--epsilon", "4"), ("--delta", "1e-5"), ("--unit", "part"), ("--neighbours", "zero-out")):
        arguments = {"--epsilon": "3", "--delta": "1e-6", "--unit": "client", **dict([changed])}
        code, output = invoke(tmp_path, "budget", "open", "ward", *(word for option in arguments.items() for word in option))
        assert (code, "raise it explicitly" in output) == (1, True)
    mechanism = choose(clients=10, dimension=5, clip=1, epsilon=1, delta=1e-6, unit=Unit.client(), bits=16).mechanism
    with Home(tmp_path).ledger() as ledger:
        ledger.charge("ward", bytes(32), 1, mechanism, Unit.client())
    shown = json.loads(invoke(tmp_path, "budget", "--json")[1])
    assert [(entry["dataset"], entry["rounds"], entry["entries"][0]["noise"]) for entry in shown] == [("ward", 1, mechanism.noise)]
    code, output = invoke(tmp_path, "budget")
    assert code == 0
    assert re.search(r"ward .* client .* replace-one .* 1e-06 .* 3 .* 1 .* 2 .* 1", output)
    assert "0000000000000000" in invoke(tmp_path, "budget", "--dataset", "ward")[1]
    assert invoke(tmp_path, "budget", "raise", "ward", "--epsilon", "5")[0] == 0
    for arguments, reason in (
        (("budget", "raise", "ward", "--epsilon", "4"), "only ever raised"),
        (("budget", "raise", "ward"), "has this budget already"),
        (("budget", "raise", "absent", "--epsilon", "4"), "no data set 'absent'"),
        (("budget", "--dataset", "absent"), "no data set 'absent'"),
    ):
        code, output = invoke(tmp_path, *arguments)
        assert code == 1
        assert output.startswith("Error: ")
        assert reason in output
    assert [entry["epsilon"] for entry in json.loads(invoke(tmp_path, "budget", "--dataset", "ward", "--json")[1])["budgets"]] == [3, 5]
    for arguments in (("--epsilon", "0", "--delta", "1e-6"), ("--epsilon", "1", "--delta", "1"), ("--epsilon", "1")):
        assert invoke(tmp_path, "budget", "open", "other", *arguments)[0] == 2


def test_private_runs_are_planned_with_all_they_need(tmp_path: Path) -> None:
    create = ("controller", "run", "create")
    task = ("--task", "mean", "--column", "age:0:120")
    promise = ("--epsilon", "1", "--delta", "1e-6")
    for arguments, reason in (
        ((*task, "--epsilon", "1"), "--delta"),
        ((*task, "--delta", "1e-6"), "--epsilon"),
        ((*task, "--honest", "3"), "--honest"),
        ((*task, "--bits", "30"), "--bits"),
        ((*task, "--dataset", "x"), "--dataset"),
        ((*task, "--budget-epsilon", "1"), "--budget-epsilon"),
    ):
        code, output = invoke(tmp_path, *create, "study", *arguments)
        assert (code, output.startswith("Error: "), reason in output) == (1, True, True), output
    assert invoke(tmp_path, *create, "study", *task, *promise)[0] == 0
    planned = Home(tmp_path).plan("study")
    assert planned["task"]["privacy"] == {"epsilon": 1.0, "delta": 1e-6, "rounds": 1, "neighbours": "replace-one"}
    assert (planned["parameters"]["dataset"], planned["parameters"]["max_rounds"]) == ("study", 1)
    assert invoke(tmp_path, *create, "exact", *task)[0] == 0
    assert Home(tmp_path).plan("exact")["parameters"]["max_rounds"] == 1000
    assert "privacy" not in Home(tmp_path).plan("exact")["task"]


@pytest.mark.parametrize(
    ("members", "others", "honest"),
    [
        (3, {}, 1),
        (5, {}, 2),
        (5, {"min_inputs": 4}, 3),
        (10, {}, 5),
        (10, {"min_inputs": 9}, 6),
        (10, {"min_inputs": 9, "threshold": 8}, 8),
        (10, {"colluders": 2}, 4),
        (10, {"recovery": False}, 5),
        (10, {"recovery": False, "degree": 4}, 2),
        (40, {"degree": 20, "threshold": 14}, 8),
    ],
)
def test_noise_counts_on_the_honest_parties_that_are_certain(members: int, others: dict[str, int], honest: int) -> None:
    task = Task("mean", (Column("age", 0, 120),), 500, Privacy(1.0, 1e-6))
    keys = {number: Identity.generate().public_key for number in range(1, members + 1)}
    made, plan = private.config(
        task, members, None, None, **{"colluders": 1, "max_rounds": 1, "settings": task.settings(members), **others}
    )
    assert plan.mechanism.honest == honest
    task.check(Run.new(made, keys))
    # One more is more than the run can promise.
    with pytest.raises(CloakworkError):
        Run.new(replace(made, mechanism=replace(plan.mechanism, honest=honest + 1), **_fixed(made, members)), keys)


def _fixed(config: Config, members: int) -> dict[str, int]:
    """Numbers that would otherwise follow the mechanism."""
    return {"threshold": config.threshold_for(members), "min_inputs": config.min_inputs_for(members)}


def test_a_plan_says_what_it_promises_and_costs(tmp_path: Path) -> None:
    code, output = invoke(tmp_path, "plan", *WANTED, "--bits", "16", "--json")
    assert code == 0
    found = json.loads(output)
    expected = choose(clients=100, dimension=250, clip=1, epsilon=3, delta=1e-5, unit=Unit.client(), bits=16)
    assert found["noise"] == expected.mechanism.noise
    assert found["error"] == expected.error.total
    assert found["epsilon"] <= 3
    assert found["bytes"] == 16 * 256 // 8
    assert 0 < found["error_central"] < found["error"]
    code, output = invoke(tmp_path, "plan", *WANTED, "--bits", "16")
    assert code == 0
    for text in ("expected error", "central Gaussian", "padded to 256", f"{expected.mechanism.noise:.6g}", "50 honest"):
        assert text in output
    mechanism = Mechanism(**{name: found[name] for name in ("dimension", "clip", "granularity", "noise", "norm_bound", "honest")})
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.open_dataset("x", Budget(3, 1e-5, "client"))
        assert ledger.rounds_left("x", mechanism, Unit.client()) == 1
    # What cannot be is refused with what could.
    for arguments, reason in (
        ((*WANTED, "--honest", "101"), "100 works"),
        ((*WANTED, "--bits", "4"), "works"),
        ((*WANTED, "--unit", "record"), "--record-clip"),
        ((*WANTED, "--record-clip", "1"), "--record-clip"),
        ((*WANTED, "--figure", str(tmp_path / "x.pdf")), ".svg or .png"),
        ((*WANTED, "--figure", str(tmp_path / "absent" / "x.svg")), "cannot be written"),
    ):
        code, output = invoke(tmp_path, "plan", *arguments)
        assert (code, output.startswith("Error: "), reason in output) == (1, True, True), output


def test_the_figure_shows_the_curves(tmp_path: Path) -> None:
    path = tmp_path / "plan.svg"
    assert invoke(tmp_path, "plan", *WANTED, "--bits", "16", "--figure", str(path))[0] == 0
    first = path.read_bytes()
    root = ET.fromstring(first)
    texts = {"".join(text.itertext()).strip() for text in root.iter(f"{SVG}text")}
    assert {"12 bits", "14 bits", "16 bits", "20 bits", "central Gaussian", "the plan", "expected error of a value of the sum"} <= texts
    lines = [path.get("d", "") for group in root.iter(f"{SVG}g") if group.get("id", "").startswith("line2d") for path in group]
    curves = [[float(number) for number in re.findall(r"-?\d+\.?\d*", line)] for line in lines if line.count("L") >= 10]
    assert len(curves) == 5
    for curve in curves:
        across, down = curve[::2], curve[1::2]
        assert across == sorted(across)
        # The axis points down: the error falls as epsilon rises, all along.
        assert down == sorted(down)
        assert down[-1] - down[0] > 50
    assert invoke(tmp_path, "plan", *WANTED, "--bits", "16", "--figure", str(path))[0] == 0
    assert path.read_bytes() == first


def test_without_matplotlib_everything_but_figures_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, output = invoke(tmp_path, "plan", *WANTED, "--figure", str(tmp_path / "plan.svg"))
    assert (code, "pip install 'cloakwork[figures]'" in output) == (1, True)
    assert invoke(tmp_path, "plan", *WANTED)[0] == 0


def test_the_figure_is_a_picture_as_well(tmp_path: Path) -> None:
    path = tmp_path / "plan.png"
    assert invoke(tmp_path, "plan", *WANTED, "--bits", "16", "--figure", str(path))[0] == 0
    width, height, rows = pixels(path.read_bytes())
    assert (width, height) == (1050, 675)
    colours = np.unique(rows.reshape(-1, 4), axis=0)
    assert len(colours) > 100
    # Ink in every quarter.
    dark = rows[:, :, :3].min(axis=2) < 128
    for part in (dark[:337, :525], dark[:337, 525:], dark[337:, :525], dark[337:, 525:]):
        assert part.sum() > 200


def pixels(content: bytes) -> tuple[int, int, np.ndarray]:
    """Width, height and RGBA pixels of a PNG file whose lines have any filter."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    place, data, size = 8, b"", (0, 0)
    while place < len(content):
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        if kind == b"IHDR":
            *size, depth, colour = struct.unpack(">IIBB", content[place + 8 : place + 18])
            assert (depth, colour) == (8, 6)
        if kind == b"IDAT":
            data += content[place + 8 : place + 8 + length]
        place += 12 + length
    width, height = size
    lines = np.frombuffer(zlib.decompress(data), dtype=np.uint8).reshape(height, 1 + 4 * width)
    out = np.zeros((height, 4 * width), dtype=np.uint8)
    for number, line in enumerate(lines):
        above = out[number - 1] if number else np.zeros(4 * width, dtype=np.uint8)
        out[number] = unfiltered(int(line[0]), line[1:], above)
    return width, height, out.reshape(height, width, 4)


def unfiltered(kind: int, line: np.ndarray, above: np.ndarray) -> np.ndarray:
    """A line of a PNG file without its filter (PNG specification, section 9)."""
    if kind == 0:
        return line
    if kind == 2:
        return line + above
    out = [0] * len(line)
    for index, value in enumerate(line.tolist()):
        left = out[index - 4] if index >= 4 else 0
        up, corner = int(above[index]), int(above[index - 4]) if index >= 4 else 0
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + up) // 2
        else:
            estimate = left + up - corner
            guess = min((left, up, corner), key=lambda known: abs(estimate - known))
        out[index] = (value + guess) % 256
    return np.array(out, dtype=np.uint8)
