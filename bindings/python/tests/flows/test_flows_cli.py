"""The command line, as people use it: three parties, a controller and a server enrol by fingerprint and compute a correlation."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from flows_world import PATIENCE, free_port, until

from cloakwork.cli.commands import cloakwork
from cloakwork.cli.home import Home

SEEDS = {"north": (1, 40), "south": (2, 9), "west": (3, 100)}


class Shell:
    """Runs commands in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.background: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "cloakwork", *arguments], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.background.append(process)
        return process

    def run(self, *arguments: str, code: int = 0) -> str:
        found = subprocess.run(
            [sys.executable, "-m", "cloakwork", *arguments], cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert found.returncode == code, found.stderr
        return found.stdout.strip() if code == 0 else found.stderr.strip()

    def close(self) -> None:
        for process in self.background:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    made = Shell(tmp_path)
    yield made
    made.close()


def write_table(path: Path, seed: int, rows: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    age = random.uniform(20, 90, rows)
    table = np.column_stack([age, 15 + age / 8 + random.uniform(0, 20, rows)])
    np.savetxt(path, table, delimiter=",", header="age,bmi", comments="", fmt="%.17g")
    return table


def test_three_parties_compute_a_correlation(shell: Shell) -> None:
    url = f"https://localhost:{free_port()}"
    controller = shell.run("--home", "controller", "identity", "new")
    assert shell.run("--home", "controller", "identity", "show") == controller
    server = shell.run("server", "init", "--folder", "server", "--url", url, "--self-signed", "--controller", controller)
    shell.start("server", "run", "--folder", "server")
    until(lambda: connects(shell, url, server))
    shell.run(
        "--home",
        "controller",
        "controller",
        "run",
        "create",
        "study",
        "--task",
        "correlation",
        "--column",
        "age:0:120",
        "--column",
        "bmi:10:80",
    )
    tables = []
    for name, (seed, rows) in SEEDS.items():
        fingerprint = shell.run("--home", name, "identity", "new")
        shell.run("--home", "controller", "controller", "run", "add", "study", name, fingerprint)
        tables.append(write_table(shell.folder / f"{name}.csv", seed, rows))
    invitation = shell.run("--home", "controller", "controller", "run", "start", "study")
    # A second start is the same run.
    assert shell.run("--home", "controller", "controller", "run", "start", "study") == invitation
    clients = []
    for name in SEEDS:
        agreed = shell.run("--home", name, "client", "join", invitation, "--ca", "server/certificate.pem", "--yes")
        assert "the sums of age (0 to 120), bmi (10 to 80) and of their products" in agreed
        clients.append(shell.start("--home", name, "client", "run", "study", "--data", f"{name}.csv"))
        assert shell.run("--home", name, "client", "show").startswith("study  cloakwork+https://")
    found = json.loads(shell.run("--home", "controller", "controller", "round", "start", "study", "--json"))
    pooled = np.concatenate(tables)
    assert found["rows"] == len(pooled)
    assert sorted(found["parties"]) == sorted(SEEDS)
    np.testing.assert_allclose(found["mean"], pooled.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found["variance"], pooled.var(axis=0, ddof=1), rtol=1e-11)
    np.testing.assert_allclose(found["correlation"], np.corrcoef(pooled.T), rtol=1e-11)
    shown = shell.run("--home", "controller", "controller", "run", "result", "study", "--out", "sums.npz")
    assert "correlation" in shown
    assert f"{len(pooled)} rows" in shown
    with np.load(shell.folder / "sums.npz") as sums:
        assert sum(int(sums[name][0]) == len(pooled) for name in sums.files) == 1
    assert "study" in shell.run("--home", "controller", "controller", "run", "list")
    assert "ready" in shell.run("--home", "controller", "controller", "run", "show", "study")
    shell.run("--home", "controller", "controller", "run", "stop", "study")
    for client in clients:
        _, told = client.communicate(timeout=PATIENCE)
        assert client.returncode == 0
        assert "round 1: ended: the sum was opened" in told
    assert url in shell.run("server", "show", "--folder", "server")


def connects(shell: Shell, url: str, server: str) -> bool:
    command = [
        sys.executable,
        "-m",
        "cloakwork",
        "--home",
        "controller",
        "controller",
        "connect",
        url,
        server,
        "--ca",
        "server/certificate.pem",
    ]
    return subprocess.run(command, cwd=shell.folder, capture_output=True, timeout=PATIENCE, check=False).returncode == 0


def invoke(home: Path, *arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(cloakwork, ["--home", str(home), *arguments])
    return found.exit_code, found.output


def test_errors_are_told_in_a_sentence(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", str(tmp_path / "server")
    fingerprint = "cw1-" + "-".join(["AAAA"] * 14)
    cases = [
        (("identity", "show"), "cloakwork identity new"),
        (("controller", "run", "list"), "cloakwork controller connect"),
        (("controller", "run", "show", "study"), "no run named 'study'"),
        (("controller", "run", "create", "../x", "--task", "count"), "letters, digits"),
        (("controller", "run", "create", "x", "--task", "mean"), "needs columns"),
        (("controller", "run", "create", "x", "--task", "mean", "--column", "age"), "NAME:LOW:HIGH"),
        (("controller", "run", "create", "x", "--task", "mean", "--column", "age:2:1"), "the smaller one first"),
        (("client", "join", "nonsense"), "this is no invitation"),
        (("client", "run", "--data", __file__), "no run was joined"),
        (("server", "run", "--folder", folder), "cloakwork server init"),
        (("server", "init", "--folder", folder, "--url", "https://a.example"), "needs --certificate and --key"),
        (("server", "init", "--folder", folder, "--url", "http://a.example"), "use https"),
        (("server", "allow", "--folder", folder, fingerprint), "fingerprint"),
    ]
    for arguments, reason in cases:
        code, output = invoke(home, *arguments)
        assert code == 1, output
        assert output.startswith("Error: "), arguments
        assert reason in output, arguments
        assert "Traceback" not in output
    assert invoke(home, "controller", "run", "create", "x", "--task", "mode")[0] == 2


def test_every_command_has_help_and_every_group_is_listed(tmp_path: Path) -> None:
    def walk(command: object, path: list[str]) -> Iterator[list[str]]:
        yield path
        for name, child in getattr(command, "commands", {}).items():
            yield from walk(child, [*path, name])

    paths = list(walk(cloakwork, []))
    assert ["controller", "run", "result"] in paths
    for path in paths:
        code, output = invoke(tmp_path, *path, "--help")
        assert code == 0
        assert output.splitlines()[0].startswith("Usage: ")
        assert len(output.splitlines()) > 4


def test_a_planned_run_is_changed_until_it_is_started(tmp_path: Path) -> None:
    assert invoke(tmp_path, "controller", "run", "create", "study", "--task", "count")[0] == 0
    assert invoke(tmp_path, "controller", "run", "create", "study", "--task", "count")[0] == 1
    fingerprints = [invoke(tmp_path / name, "identity", "new")[1].split()[0] for name in ("a", "b")]
    assert invoke(tmp_path, "controller", "run", "add", "study", "a", fingerprints[0])[0] == 0
    # Two names for one identity would let it count twice.
    code, output = invoke(tmp_path, "controller", "run", "add", "study", "b", fingerprints[0].lower().replace("cw1", "cw1"))
    assert (code, "'a' has this fingerprint" in output) == (1, True)
    # A corrected fingerprint replaces the one before.
    assert invoke(tmp_path, "controller", "run", "add", "study", "a", fingerprints[1])[0] == 0
    plan = Home(tmp_path).plan("study")
    assert plan["members"] == {"a": fingerprints[1]}
    plan["invitation"] = "started"
    Home(tmp_path).keep_plan("study", plan)
    code, output = invoke(tmp_path, "controller", "run", "add", "study", "b", fingerprints[0])
    assert (code, "its roster is fixed" in output) == (1, True)


def test_a_secret_key_is_for_its_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    assert invoke(tmp_path, "identity", "new")[0] == 0
    file = tmp_path / "identity"
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    code, output = invoke(tmp_path, "identity", "new")
    assert (code, "another --home" in output) == (1, True)
    assert file.read_bytes() == before
    file.chmod(0o644)
    code, output = invoke(tmp_path, "identity", "show")
    assert (code, "chmod 600" in output) == (1, True)
    file.chmod(0o600)
    file.write_text("no key\n", encoding="ascii")
    assert invoke(tmp_path, "identity", "show")[0] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["identity"]
    assert os.environ.get("CLOAKWORK_HOME") is None
