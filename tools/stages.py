"""The stages of `make test`: what each checks, what it must not run beside, and what it needs first."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import environment
from runner import Count, Log, Stage, StageFailure, cargo, count_pytest, own

ROOT = environment.ROOT
TOOLS = ROOT / "tools"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
WARNINGS = {"RUSTFLAGS": "-D warnings"}
BARE_METAL = ("thumbv6m-none-eabi", "thumbv7em-none-eabi")
# Miri interprets: only tests that this name pattern does not exclude are small enough for it.
MIRI_FLAGS = {"MIRIFLAGS": "-Zmiri-disable-isolation", "PROPTEST_CASES": "2", "RUST_BACKTRACE": "0"}
ONE = Count(passed=1)


def script(name: str, *arguments: str) -> Stage:
    """A stage that is one of our own scripts."""


def formatting(log: Log) -> Count:
    """The sources are formatted."""
    log.run("cargo", "fmt", "--all", "--check")
    for manifest in ("tests/Cargo.toml", "fuzz/Cargo.toml"):
        log.run("cargo", "fmt", "--all", "--check", "--manifest-path", manifest)
    return Count(passed=3)


def clippy(log: Log) -> Count:
    """No lint complains, `incompatible_msrv` among them: it knows in which release each part of std came."""
    log.run("cargo", "clippy", "--locked", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings")
    log.run("cargo", "clippy", "--locked", "--workspace", "--no-default-features", "--", "-D", "warnings")
    return Count(passed=2)


def documentation(log: Log) -> Count:
    """The documentation builds without a warning: no broken link, nothing public undocumented."""
    log.run("cargo", "doc", "--locked", "--workspace", "--no-deps", "--all-features", environment={"RUSTDOCFLAGS": "-D warnings"})
    return Count(passed=1)


def workspace_tests(log: Log) -> Count:
    """Every test of the workspace, with all features."""
    return cargo(log, "test", "--locked", "--workspace", "--all-features", "--no-fail-fast")


def feature_tests(log: Log) -> Count:
    """core without a feature and with each one alone."""
    count = Count()
    for features in ("", "alloc", "std"):
        count.add(cargo(log, "test", "--locked", "--package", "cloakwork-core", "--no-default-features", "--features", features, "--no-fail-fast"))
    return count


def minimum_rust(log: Log) -> Count:
    """The stated minimum Rust version: compiled with it where rustup has it.

    What is checked everywhere is in `clippy` (`incompatible_msrv`) and `dependencies` (the minimum that each crate states).
    """
    version = re.search(r'^rust-version = "([\d.]+)"', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE)
    if version is None:
        raise StageFailure("Cargo.toml states no rust-version")
    installed = re.search(rf"^({re.escape(version[1])}\S*)", log.run("rustup", "toolchain", "list"), re.MULTILINE)
    resolver = re.search(r'^resolver = "3"', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE)
    if resolver is None:
        raise StageFailure('Cargo.toml needs resolver = "3": it prefers dependencies that fit rust-version')
    count = Count(passed=1)
    if installed is None:
        count.notes.append(f"Rust {version[1]} is not installed, so it did not compile this; lints and manifests were checked")
        return count
    log.run("cargo", f"+{installed[1]}", "check", "--locked", "--workspace", "--all-features", "--target-dir", TARGET / "minimum")
    return Count(passed=2)


def bare_metal(log: Log) -> Count:
    """core and the C ABI build without std and without an allocator."""
    count = Count()
    for target in BARE_METAL:
        log.run("cargo", "build", "--locked", "--package", "cloakwork-core", "--no-default-features", "--target", target)
        log.run("cargo", "rustc", "--locked", "--package", "cloakwork-ffi", "--no-default-features", "--profile", "size", "--target", target, "--crate-type", "staticlib")
        count.passed += 2
    return count


def thirty_two_bits(log: Log) -> Count:
    """The workspace with its tests type-checks where usize has 32 bits."""
    log.run("cargo", "check", "--locked", "--workspace", "--all-targets", "--all-features", "--target", "i686-unknown-linux-gnu")
    return Count(passed=1)


def miri(target: str | None) -> Stage:
    """Core's small tests in the interpreter that sees undefined behaviour and, on another target, another byte order."""

    def action(log: Log) -> Count:
        chosen = ["--target", target] if target else []
        return cargo(
            log,
            *("+nightly", "miri", "test", "--locked", "--package", "cloakwork-core", "--features", "alloc", "--lib", *chosen),
            environment=MIRI_FLAGS,
        )

    return Stage(f"miri-{target or 'host'}".replace("-unknown-linux-gnu", ""), action, resource="miri")


def python_environment(log: Log) -> Count:
    """The virtual environment from hashed requirements, with the package built into it."""
    environment.make(log.run)
    environment.install(log.run)
    return Count(passed=1)


def python_tests(log: Log) -> Count:
    """pytest over the package, the vectors, the examples and our own tools."""
    report = environment.BUILD / "pytest.xml"
    report.unlink(missing_ok=True)
    try:
        log.run(environment.PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", "tests", folder=environment.PACKAGE)
    except StageFailure:
        if not report.is_file():
            raise
        count = count_pytest(report)
        if count.failed == 0:
            raise
        return count
    return count_pytest(report)


def python_lint(log: Log) -> Count:
    """ruff and mypy."""
    folders = [name for name in ("bindings/python", "tools", "tests", "examples", "benchmarks") if (ROOT / name).is_dir()]
    log.run(environment.PYTHON, "-m", "ruff", "check", "--no-cache", *folders)
    log.run(environment.PYTHON, "-m", "ruff", "format", "--check", "--no-cache", *folders)
    log.run(environment.PYTHON, "-m", "mypy", "--strict", "src", folder=environment.PACKAGE)
    log.run(environment.PYTHON, "-m", "mypy", "--strict", TOOLS)
    return Count(passed=4)


def vectors(log: Log) -> Count:
    """The committed vectors are what the independent generator writes."""
    return own(log, environment.PYTHON, ROOT / "tests" / "vectors" / "generate.py", "--check")


STAGES = (
    Stage("layers", lambda log: own(log, sys.executable, TOOLS / "layers.py")),
)
