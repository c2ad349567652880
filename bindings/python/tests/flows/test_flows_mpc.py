"""Parties and a dealer as processes of their own, started by the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from cloakwork import mpc
from cloakwork.cli.commands import cloakwork
from cloakwork.flow import keyfile
from cloakwork.mpc._network import Network
from cloakwork.secagg import fingerprint

PROGRAM = """
import json
import sys
from pathlib import Path

from cloakwork import mpc


def compute(session):
    x = session.share([1.5, -2.25, 100.0, 0.125], owner=0)
    y = session.share([2.0, 3.0, -7.5, 11.0], owner=1)
    z = session.share([0.5, 0.25, 4.0, -1.0], owner=2)
    product = x * y * z
    less = product < z
    quotient = mpc.where(less, x, product) / z
    return [product.open().tolist(), less.open().tolist(), quotient.open().tolist()], vars(session.cost)


def main(session):
    Path(sys.argv[1]).write_text(json.dumps(compute(session)))
    for _ in range(int(sys.argv[2])):
        (session.share(1.0) * session.share(2.0)).open()
"""
VERIFIED = """
import json
import sys
from pathlib import Path

from cloakwork.errors import NotVerifiedError


def main(session):
    x = session.share([1.5, -2.25, 100.0, 0.125], owner=0)
    y = session.share([2, 3, -7, 11] if session.index == 1 else None, owner=1, shape=(4,), dtype=int)
    try:
        x < y
    except NotVerifiedError:
        product = x * y
    Path(sys.argv[1]).write_text(json.dumps([product.open().tolist(), vars(session.cost)]))
"""
PATIENCE = 60


class Cluster:
    """Folders of three parties and a dealer, and the file that they have."""

    def __init__(self, folder: Path, *, dealer: bool, step: int = 30) -> None:
        self.folder = folder
        self.names = ["alice", "bob", "carol", *(["dealer"] if dealer else [])]
        keys = [keyfile.create(folder / name / "identity").public_key for name in self.names]
        self.config = folder / "mpc.toml"
        lines = ['session = "test"', f"[limits]\nconnect = 30\nstep = {step}"]
        for name, key, port in zip(self.names, keys, _ports(len(keys)), strict=True):
            table = "[dealer]" if name == "dealer" else f'[[party]]\nname = "{name}"'
            lines.append(f'{table}\nfingerprint = "{fingerprint(key)}"\naddress = "127.0.0.1:{port}"')
        self.config.write_text("\n".join(lines) + "\n")
        self.program = folder / "program.py"
        self.program.write_text(PROGRAM)

    def start(self, name: str, rounds: int = 0) -> subprocess.Popen[str]:
        """The process of somebody."""
        command = [sys.executable, "-m", "cloakwork", "--home", str(self.folder / name), "mpc"]
        if name == "dealer":
            command += ["dealer", "--config", str(self.config)]
        else:
            command += ["party", "--config", str(self.config), str(self.program), str(self.result(name)), str(rounds)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def result(self, name: str) -> Path:
        """Where the program of a party writes."""
        return self.folder / f"{name}.json"


def _ports(count: int) -> list[int]:
    import socket

    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    found = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return found


@pytest.mark.parametrize("dealer", [False, True])
def test_processes_compute_what_one_program_computes(tmp_path: Path, dealer: bool) -> None:
    cluster = Cluster(tmp_path, dealer=dealer)
    processes = [cluster.start(name) for name in cluster.names]
    said = [process.communicate(timeout=PATIENCE) for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), said
    scope: dict[str, object] = {"__name__": "program"}
    exec(compile(PROGRAM, "program.py", "exec"), scope)
    with mpc.Session.local(parties=3, dealer=dealer) as session:
        expected = json.loads(json.dumps(scope["compute"](session)))  # type: ignore[operator]
    for name in cluster.names[:3]:
        assert json.loads(cluster.result(name).read_text()) == expected
    assert "rounds" in said[0][1]
    assert ("correlated randomness" in said[0][1]) is not dealer


def test_processes_compute_in_verified_mode(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, dealer=True)
    cluster.config.write_text("verified = true\n" + cluster.config.read_text())
    cluster.program.write_text(VERIFIED)
    processes = [cluster.start(name) for name in cluster.names]
    said = [process.communicate(timeout=PATIENCE) for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), said
    # Inputs of four numbers, as many products of a real number and a whole one, and an output; a party's own input is bytes of its own.
    for name, own in (("alice", 32), ("bob", 32), ("carol", 0)):
        cost = {"rounds": 1 + 1 + 9, "bytes": own + 4 * 32 + 361 + 4 * 16, "corrections": 4 * (2 * 4 + 8 + 2)}
        assert json.loads(cluster.result(name).read_text()) == [[3.0, -6.75, -700.0, 1.375], cost]


@pytest.mark.parametrize("dealer", [False, True])
def test_a_party_that_is_killed_is_named_by_all(tmp_path: Path, dealer: bool) -> None:
    cluster = Cluster(tmp_path, dealer=dealer)
    processes = {name: cluster.start(name, rounds=1_000_000) for name in cluster.names}
    try:
        # It computes: its first results are there.
        deadline = time.monotonic() + PATIENCE
        while not cluster.result("bob").exists():
            assert time.monotonic() < deadline
            assert all(process.poll() is None for process in processes.values())
            time.sleep(0.05)
        os.kill(processes["bob"].pid, signal.SIGKILL)
        said = {name: process.communicate(timeout=PATIENCE)[1] for name, process in processes.items()}
    finally:
        for process in processes.values():
            process.kill()
    assert processes.pop("bob").returncode == -signal.SIGKILL
    assert all(process.returncode == 1 for process in processes.values()), said
    # One of them, who may be the dealer, saw the connection end, and told the others.
    assert any("the connection to party 1 ended" in text and "bob" in text for text in said.values()), said
    for name in processes:
        assert "party" in said[name], said


def test_an_example_is_written_once_and_reads_back(tmp_path: Path) -> None:
    output = tmp_path / "salaries.toml"
    command = ["mpc", "init", "--parties", "4", "--output", str(output)]
    assert CliRunner().invoke(cloakwork, command).exit_code == 0
    network = Network.read(output)
    assert (len(network.parties), network.name) == (4, "salaries")
    again = CliRunner().invoke(cloakwork, command)
    assert again.exit_code == 1
    assert "already" in again.output


def test_a_program_without_main_and_a_stranger_are_told(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, dealer=True)
    cluster.program.write_text("x = 1\n")
    party = ["mpc", "party", "--config", str(cluster.config), str(cluster.program)]
    found = CliRunner().invoke(cloakwork, ["--home", str(tmp_path / "alice"), *party])
    assert found.exit_code == 1
    assert "main(session)" in found.output
    cluster.program.write_text(PROGRAM)
    found = CliRunner().invoke(cloakwork, ["--home", str(tmp_path / "dealer"), *party])
    assert found.exit_code == 1
    assert "none of the parties" in found.output
    found = CliRunner().invoke(cloakwork, ["--home", str(tmp_path / "alice"), "mpc", "dealer", "--config", str(cluster.config)])
    assert found.exit_code == 1
    assert "not the dealer" in found.output
