"""Builds the R package as a tarball, checks it with `R CMD check`, and lets its programs meet those of the Python package.

`python tests/r/check.py` needs the Python package `cloakwork`, cargo, R and the Debian packages that it names when they are missing. It
gives the check an installed library. `--all` builds the tarball with its Rust sources instead, compiles them from it without network, and
measures what R costs over C. The last line is `N passed, M failed`.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import overhead

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from machine import R_PACKAGES  # noqa: E402

PACKAGE = ROOT / "bindings" / "r"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
LONGEST_QUICK_START = 15
LONG = 1800
SHORT = 120

PROGRAMS = {
    "R": "r-base-core",
    "gcc": "r-base-dev",
    "make": "r-base-dev",
    "pandoc": "pandoc",
    "stunnel": "stunnel4",
    "xz": "xz-utils",
}

# None takes a variable away.
Environment = Mapping[str, str | None]


class Failure(Exception):
    """A check did not hold."""


def run(
    *command: str | Path, folder: Path = ROOT, environment: Mapping[str, str | None] | None = None, seconds: int = LONG, status: int = 0
) -> str:
    """What a command says, which has to end with a status."""
    words = [str(part) for part in command]
    given = {name: value for name, value in {**os.environ, **(environment or {})}.items() if value is not None}
    result = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False, env=given)
    if result.returncode != status:
        raise Failure(
            f"{' '.join(words)}\nended with {result.returncode}, expected {status}\n{result.stdout[-6000:]}{result.stderr[-6000:]}"
        )
    return result.stdout + result.stderr


def require(condition: object, what: str) -> None:
    if not condition:
        raise Failure(what)


def missing() -> list[str]:
    """The Debian packages that are not there."""
    absent = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    if "r-base-core" in absent:
        return sorted({*absent, *(f"r-cran-{name}" for name in R_PACKAGES)})
    listed = ", ".join(f'"{name}"' for name in R_PACKAGES)
    script = f"packages <- c({listed}); cat(packages[!vapply(packages, requireNamespace, NA, quietly = TRUE)])"
    absent += [f"r-cran-{name}" for name in run("Rscript", "--vanilla", "-e", script, seconds=SHORT).split() if name in R_PACKAGES]
    return sorted(set(absent))


class Bench:
    """What the checks share: the library, the tarball, and what `R CMD check` made of it."""

    def __init__(self, scratch: Path, *, everything: bool) -> None:
        self.scratch = scratch
        self.everything = everything
        self.prefix = scratch / "prefix"
        self.library = scratch / "check" / "cloakwork.Rcheck"
        self.tarball = scratch / "cloakwork.tar.gz"

    @property
    def building(self) -> Environment:
        """Where `configure` finds the library: installed, or in the tarball alone."""
        if self.everything:
            return {"CLOAKWORK_BUILD": "1", "CLOAKWORK_PREFIX": None, "CARGO_TARGET_DIR": None}
        return {"CLOAKWORK_PREFIX": str(self.prefix), "CLOAKWORK_BUILD": None}

    @property
    def using(self) -> dict[str, str]:
        """Where R finds the package."""
        return {"R_LIBS": str(self.library)}


def library(bench: Bench) -> int:
    """The library and its header, as `make install` puts them."""
    run("cargo", "build", "--locked", "--release", "--package", "cloakwork-ffi", "--lib")
    for source, place in ((ROOT / "include" / "cloakwork.h", "include"), (TARGET / "release" / "libcloakwork.a", "lib")):
        (bench.prefix / place).mkdir(parents=True)
        shutil.copy2(source, bench.prefix / place)
    return 1


def tarball(bench: Bench) -> int:
    """The source tarball, with its vignette."""
    options = () if bench.everything else ("--without-rust",)
    said = run(sys.executable, PACKAGE / "tools" / "tarball.py", *options, bench.scratch / "built", environment=bench.building)
    bench.tarball = Path(said.strip().splitlines()[-1])
    names = run("tar", "-tzf", bench.tarball)
    require("cloakwork/inst/doc/federated-analysis.html" in names, "the tarball has no vignette")
    require(("cloakwork/src/rust/vendor.tar.xz" in names) == bench.everything, "the tarball has other Rust sources than it should")
    return 1


def r_cmd_check(bench: Bench) -> int:
    """`R CMD check` without errors and warnings. Notes are shown."""
    folder = bench.library.parent
    folder.mkdir()
    run(
        "R", "CMD", "check", "--no-manual", bench.tarball, folder=folder, environment={**bench.building, "_R_CHECK_FORCE_SUGGESTS_": "true"}
    )
    log = (bench.library / "00check.log").read_text(encoding="utf-8")
    verdict = log.strip().splitlines()[-1]
    print(verdict)
    for note in re.findall(r"^\* checking .* NOTE\n(?:(?!\* ).*\n)*", log, re.MULTILINE):
        print(note.strip())
    require(re.fullmatch(r"Status: (?:OK|\d+ NOTEs?)", verdict), log)
    tests = (bench.library / "tests" / "testthat.Rout").read_text(encoding="utf-8")
    counts = re.search(r"\[ FAIL 0 \| WARN (\d+) \| SKIP (\d+) \| PASS (\d+) \]", tests)
    require(counts is not None, "the tests did not say how many passed")
    assert counts is not None
    require(counts[1] == "0", f"the tests warn:\n{tests[-3000:]}")
    # One compares the numbers of errors with the header, which a tarball does not have beside it.
    require(int(counts[2]) <= 1, f"{counts[2]} tests were skipped:\n{tests[-3000:]}")
    return 1 + int(counts[3])


def documentation(bench: Bench) -> int:
    """man and NAMESPACE are what roxygen2 makes of the comments."""
    copy = bench.scratch / "documented" / "cloakwork"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("*.o", "*.so", "*.a", "rust"))
    run(
        "Rscript",
        "--vanilla",
        "-e",
        'roxygen2::roxygenise(load_code = "installed")',
        folder=copy,
        environment=bench.using,
        seconds=SHORT * 3,
    )
    compared = filecmp.dircmp(PACKAGE / "man", copy / "man")
    stale = [*compared.left_only, *compared.right_only, *compared.diff_files]
    stale += [] if filecmp.cmp(PACKAGE / "NAMESPACE", copy / "NAMESPACE", shallow=False) else ["NAMESPACE"]
    require(not stale, f"not what roxygen2 makes of the comments: {stale}; run roxygen2::roxygenise() in bindings/r")
    return 1


def quick_start(bench: Bench) -> int:
    """The quick start of the README runs, and is short."""
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    code = re.search(r"^```r\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    require(code is not None, "README.md has no R")
    assert code is not None
    require(len(code[1].strip().splitlines()) <= LONGEST_QUICK_START, "the quick start is longer than it should be")
    script = bench.scratch / "quick-start.R"
    script.write_text(code[1], encoding="utf-8")
    run("Rscript", "--vanilla", script, environment=bench.using, seconds=SHORT)
    return 1


def header_numbers(bench: Bench) -> int:
    """The numbers of errors in R are those of the header; the installed tests have no header beside them."""
    header = (ROOT / "include" / "cloakwork.h").read_text(encoding="utf-8")
    numbers = {int(number) for number in re.findall(r"^ +CLOAK_(?:OK|ERR_\w+) = (\d+),$", header, re.MULTILINE)}
    known = run("Rscript", "--vanilla", "-e", "cat(cloakwork:::statuses)", environment=bench.using, seconds=SHORT)
    require(numbers <= {int(number) for number in known.split()}, "R does not know every number of the header")
    return 1


def programs(bench: Bench) -> dict[str, tuple[str, ...]]:
    """By role the beginning of the command line."""
    folder = bench.library / "cloakwork" / "roles"
    return {role: ("Rscript", "--vanilla", str(folder / f"{role}.R")) for role in ("server", "controller", "client")}


def command_lines(bench: Bench) -> int:
    """What a wrong command line gets, and identities that both hosts read."""
    from cloakwork.flow import keyfile

    commands, using = programs(bench), bench.using
    for role in commands:
        said = run(*commands[role], environment=using, seconds=SHORT, status=2)
        require("is missing" in said, said)
        require("Usage" in run(*commands[role], "--help", environment=using, seconds=SHORT), f"{role} has no help")
    run(*commands["client"], "--no-such-option", environment=using, seconds=SHORT, status=2)
    made = bench.scratch / "identity"
    fingerprint = run(*commands["client"], "--new-identity", made, environment=using, seconds=SHORT).strip()
    require(keyfile.load(made).fingerprint == fingerprint, "Python reads another identity than R made")
    said = run(*commands["client"], "--new-identity", made, environment=using, seconds=SHORT, status=1)
    require(len(said.strip().splitlines()) == 1, said)
    theirs = bench.scratch / "theirs"
    known = keyfile.create(theirs).fingerprint
    script = f'cat(cloakwork::fingerprint(cloakwork::identity_load("{theirs}")))'
    require(
        run("Rscript", "--vanilla", "-e", script, environment=using, seconds=SHORT) == known, "R reads another identity than Python made"
    )
    return 8


def interrupted(bench: Bench) -> int:
    """A server ends with 0 on SIGINT and on SIGTERM, and its TLS proxy with it; of TLS it takes version 1.3 only."""
    from cloakwork.flow.certificate import self_signed
    from cloakwork.secagg import Identity

    home = bench.scratch / "home"
    home.mkdir()
    self_signed(["localhost", "127.0.0.1"], home / "certificate.pem", home / "key.pem")
    options = ("--folder", str(home), "--port", "0", "--controller", Identity.generate().fingerprint)
    for number in (signal.SIGINT, signal.SIGTERM):
        command = [*programs(bench)["server"], *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **bench.using}) as server:
            try:
                assert server.stdout is not None
                url = json.loads(server.stdout.readline())["url"]
                port = int(url.rpartition(":")[2])
                require(speaks(port, home / "certificate.pem", ssl.TLSVersion.TLSv1_3), "the server does not speak TLS 1.3")
                require(not speaks(port, home / "certificate.pem", ssl.TLSVersion.TLSv1_2), "the server speaks TLS 1.2")
                server.send_signal(number)
                require(server.wait(SHORT) == 0, f"the server ended with {server.returncode} on {number.name}")
                require(not speaks(port, home / "certificate.pem", ssl.TLSVersion.TLSv1_3), "the TLS proxy outlives its server")
            finally:
                server.kill()
    return 2


def speaks(port: int, authority: Path, version: ssl.TLSVersion) -> bool:
    """Whether somebody answers on a port with this version of TLS."""
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = context.maximum_version = version
    try:
        with socket.create_connection(("localhost", port), timeout=10) as plain, context.wrap_socket(plain, server_hostname="localhost"):
            return True
    except OSError:
        return False


def resumed(bench: Bench) -> int:
    """Clients that are ended at any moment go on from their files."""
    said = run("Rscript", "--vanilla", ROOT / "tests" / "r" / "resume.R", environment=bench.using, seconds=SHORT * 3)
    require("resumed" in said, said)
    return 1


def rounds(bench: Bench) -> int:
    """R serves and Python controls, and the other way round, with clients of both, one that leaves, and noise."""
    import numpy as np

    sys.path.insert(0, str(ROOT / "tests" / "hosts"))
    from hosts import Host, python_host
    from play import Game, Player, play

    r, python = Host("r", programs(bench), bench.using), python_host()
    both = tuple(Player(host) for host in (python, r, python, r))
    listed = (
        Game("R serves", r, python, (Player(r, "begin", 2), *both), rounds=2, step_seconds=8),
        Game("R controls, with noise", python, r, (*both, Player(r), Player(python)), rounds=2, private=True, suite=2),
    )
    for number, game in enumerate(listed):
        outcome = play(game, bench.scratch / f"game-{number}", np.random.default_rng(number))
        require(not outcome.problems, f"{game.name}: " + "\n".join(outcome.problems))
    return len(listed)


def cost(bench: Bench) -> int:
    """What masking through R costs over C; printed, judged by people."""
    print(overhead.report(bench.prefix, bench.using))
    return 1


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for everything; also the temporary files of R are in it."""
    with tempfile.TemporaryDirectory(prefix="cloakwork-r-") as name:
        before = os.environ.get("TMPDIR")
        os.environ["TMPDIR"] = name
        try:
            yield Path(name)
        finally:
            if before is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = before


def main() -> int:
    """Runs every check; those that need the package are not tried without it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="build the Rust sources of the tarball from it; measure")
    given = parser.parse_args()
    absent = missing()
    if absent:
        print(f"these Debian packages are missing: {' '.join(absent)}\n0 passed, {len(absent)} failed")
        return 1
    first: list[Callable[[Bench], int]] = [library, tarball, r_cmd_check]
    then: list[Callable[[Bench], int]] = [documentation, quick_start, header_numbers, command_lines, interrupted, resumed, rounds]
    passed, failed = 0, 0
    with scratch_folder() as scratch:
        bench = Bench(scratch, everything=given.all)
        for check in [*first, *then, *([cost] if given.all else [])]:
            try:
                passed += check(bench)
            except (Failure, subprocess.TimeoutExpired) as failure:
                failed += 1
                print(f"{check.__name__}: {failure}")
                if check in first:
                    break
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
