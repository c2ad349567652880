"""The stages of `make test`: what each checks, what it must not run beside, and what it needs first."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import environment
import machine
from runner import Count, Log, Stage, StageFailure, cargo, count_pytest, own

ROOT = environment.ROOT
TOOLS = ROOT / "tools"
VECTORS = ROOT / "tests" / "vectors"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
CORE = ("--package", "cloakwork-core")
BENCHMARKS = "benchmarks/rust/Cargo.toml"
OTHER_WORKSPACES = (BENCHMARKS, "tests/Cargo.toml", "fuzz/Cargo.toml", "examples/embedded/rust/Cargo.toml")
BARE_METAL = ("thumbv6m-none-eabi", "thumbv7em-none-eabi")
# The other byte order, and the other size of a word, in one.
FOREIGN = "powerpc-unknown-linux-gnu"

MIRI = {"MIRIFLAGS": "-Zmiri-disable-isolation", "PROPTEST_CASES": "2", "PROPTEST_DISABLE_FAILURE_PERSISTENCE": "true"}
# What is too long for it; `make test-long` runs these too.
MIRI_SKIPPED = (
    "agreement::ladder::tests::coordinates",
    "agreement::ladder::tests::sums",
    "agreement::public_key::tests::the_list",
    "agreement::tests::x25519_iterated",
    "ct::tests::every_bit",
    "fixed::vector::tests::both_paths_agree_around_powers",
    "gaussian::isochronous::",
    "group::",
    "mpc::dealer::dealing::tests::corrections_in_blocks",
    "mpc::local::authenticated::tests::truncation",
    "mpc::local::comparison::tests::every",
    "mpc::local::truncation::",
    "mpc::oblivious::",
    "mpc::prime::tests::each_residue",
    "mpc::prime::tests::products_of_every_pair",
    "mpc::verified::",
    "prg::tests::fused_and_buffered",
    "prime::primality::tests::odd_numbers",
    "prime::tests::every_",
    "ring::packing::tests::every_width",
    "secagg::graph::",
    "secagg::plan::",
    "secagg::server::layout::",
)
# Where the byte order and the size of a word could show.
MIRI_BYTES = ("kdf::", "prg::", "ring::", "seal::", "fingerprint::", "sharing::", "fixed::", "secagg::")


def script(name: str, *arguments: str, resource: str | None = None) -> Stage:
    """A stage that is one of our own scripts."""
    stage = name.replace("_", "-")
    return Stage(stage, lambda log: own(log, sys.executable, TOOLS / f"{name}.py", *arguments), resource=resource)


def with_package(name: str, path: Path) -> Stage:
    """A stage that is one of our own scripts and plays rounds with the Python package."""
    return Stage(name, lambda log: own(log, environment.PYTHON, path), resource="python", after=("python-environment",))


def tools_tests(log: Log) -> Count:
    """The checks find what they look for."""
    output = log.run(sys.executable, "-m", "unittest", "discover", "--start-directory", TOOLS, "--pattern", "test_*.py")
    ran = re.search(r"^Ran (\d+) tests?", output, re.MULTILINE)
    return Count(passed=int(ran[1]) if ran else 0)


def formatting(log: Log) -> Count:
    """The sources are formatted."""
    log.run("cargo", "fmt", "--all", "--check")
    for manifest in OTHER_WORKSPACES:
        log.run("cargo", "fmt", "--all", "--check", "--manifest-path", manifest)
    return Count(passed=1 + len(OTHER_WORKSPACES))


def clippy(log: Log) -> Count:
    """No lint complains, `incompatible_msrv` among them: it knows in which release each part of std came."""
    log.run("cargo", "clippy", "--locked", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings")
    log.run("cargo", "clippy", "--locked", "--workspace", "--no-default-features", "--", "-D", "warnings")
    log.run("cargo", "clippy", "--locked", "--manifest-path", BENCHMARKS, "--target-dir", TARGET, "--benches", "--", "-D", "warnings")
    return Count(passed=3)


def documentation(log: Log) -> Count:
    """The documentation builds without a warning: no broken link, nothing public undocumented."""
    log.run("cargo", "doc", "--locked", "--workspace", "--no-deps", "--all-features", environment={"RUSTDOCFLAGS": "-D warnings"})
    return Count(passed=1)


def workspace_tests(log: Log) -> Count:
    """Every test of the workspace, with all features."""
    return cargo(log, "test", "--locked", "--workspace", "--all-features", "--no-fail-fast")


def feature_tests(log: Log) -> Count:
    """Core's unit tests without a feature; with `alloc` alone all compile, and are those of `workspace-tests`: `std` adds no code."""
    count = cargo(log, "test", "--locked", *CORE, "--no-default-features", "--lib", "--no-fail-fast")
    log.run("cargo", "check", "--locked", *CORE, "--no-default-features", "--features", "alloc", "--all-targets")
    count.passed += 1
    return count


def minimum_rust(log: Log) -> Count:
    """The workspace compiles with the stated minimum Rust version; the resolver prefers dependencies that do, too."""
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    if 'resolver = "3"' not in manifest:
        raise StageFailure('Cargo.toml needs resolver = "3": it prefers dependencies that fit rust-version')
    toolchain = f"+{machine.minimum_rust()}"
    log.run("cargo", toolchain, "check", "--locked", "--workspace", "--all-features", "--target-dir", TARGET / "minimum")
    return Count(passed=2)


def bare_metal(log: Log) -> Count:
    """Core builds without std and without an allocator, as for flash; `abi` looks at the C library for these targets."""
    for target in BARE_METAL:
        log.run("cargo", "build", "--locked", *CORE, "--no-default-features", "--profile", "size", "--target", target)
    return Count(passed=len(BARE_METAL))


def skipped() -> list[str]:
    """The options that leave out what is too long for Miri."""
    return [word for name in MIRI_SKIPPED for word in ("--skip", name)]


def miri(name: str, *tests: str, target: str | None = None) -> Stage:
    """Core's small unit tests in the interpreter that sees undefined behaviour and, on another target, another byte order or word."""
    chosen = ("--target", target) if target else ()

    def action(log: Log) -> Count:
        arguments = ("+nightly", "miri", "test", "--locked", *CORE, "--features", "alloc", "--lib", *chosen, "--", *tests)
        return cargo(log, *arguments, environment=MIRI, slow="miri")

    # Compiling for the interpreter takes most of it, and beside other stages a multiple of what it takes alone.
    return Stage(name, action, resource="miri", limit_seconds=2400.0)


def miri_abi(log: Log) -> Count:
    """The unsafe code of the C ABI: handles and pointers, in the interpreter."""
    return cargo(log, "+nightly", "miri", "test", "--locked", "--package", "cloakwork-ffi", "--lib", environment=MIRI, slow="a leak")


def python_environment(log: Log) -> Count:
    """The virtual environment from hashed requirements, with the package built into it."""
    environment.make(log.run)
    environment.install(log.run)
    return Count(passed=1)


def pytest(log: Log, folder: Path, *paths: str) -> Count:
    """Pytest over these paths; a skipped test is a failure."""
    report = environment.BUILD / f"pytest-{'-'.join(folder.relative_to(ROOT).parts)}.xml"
    report.unlink(missing_ok=True)
    options = ("-q", "-p", "no:cacheprovider", f"--junitxml={report}")
    try:
        log.run(environment.PYTHON, "-m", "pytest", *options, *paths, folder=folder)
    except StageFailure:
        count = count_pytest(report) if report.is_file() else Count()
        if count.failed == 0:
            raise
        return count
    return count_pytest(report)


def python_tests(log: Log) -> Count:
    """The tests of the package."""
    return pytest(log, environment.PACKAGE, "tests")


def vectors(log: Log) -> Count:
    """The committed vectors are what the independent generator writes, and the generator's own tests hold."""
    log.run(environment.PYTHON, "generate.py", "--check", folder=VECTORS)
    count = pytest(log, VECTORS, ".")
    count.passed += 1
    return count


def python_lint(log: Log) -> Count:
    """Ruff and mypy."""
    folders = [name for name in ("bindings/python", "tools", "tests", "examples", "benchmarks") if (ROOT / name).is_dir()]
    log.run(environment.PYTHON, "-m", "ruff", "check", "--no-cache", *folders)
    log.run(environment.PYTHON, "-m", "ruff", "format", "--check", "--no-cache", *folders)
    cache = f"--cache-dir={environment.BUILD / 'mypy'}"
    log.run(environment.PYTHON, "-m", "mypy", "--strict", cache, folder=environment.PACKAGE)
    log.run(environment.PYTHON, "-m", "mypy", "--strict", cache, TOOLS)
    return Count(passed=4)


# The order decides who starts when there is room; the long ones come first. Those of one resource run one after the other.
STAGES = (
    # First, because the tests of the flows wait more than they compute and run beside everything else.
    Stage("python-environment", python_environment, resource="target"),
    Stage("python-tests", python_tests, resource="python", after=("python-environment",)),
    Stage("clippy", clippy, resource="target"),
    Stage("workspace-tests", workspace_tests, resource="target", limit_seconds=2400.0),
    script("fuzz", resource="fuzz"),
    Stage("abi", lambda log: own(log, sys.executable, ROOT / "tests" / "abi" / "check.py"), resource="target"),
    Stage("c-vectors", lambda log: own(log, sys.executable, ROOT / "tests" / "c" / "check.py"), resource="target"),
    Stage("c-examples", lambda log: own(log, sys.executable, ROOT / "examples" / "c" / "check.py"), resource="target"),
    Stage("install", lambda log: own(log, sys.executable, ROOT / "tests" / "install" / "check.py"), resource="target"),
    Stage("cpp", lambda log: own(log, sys.executable, ROOT / "tests" / "cpp" / "check.py"), resource="target"),
    with_package("cpp-examples", ROOT / "examples" / "cpp" / "check.py"),
    with_package("r", ROOT / "tests" / "r" / "check.py"),
    with_package("hosts", ROOT / "tests" / "hosts" / "check.py"),
    with_package("embedded", ROOT / "tests" / "embedded" / "check.py"),
    with_package("readme", ROOT / "tests" / "readme" / "check.py"),
    Stage("examples", lambda log: pytest(log, ROOT / "examples" / "python", "tests"), resource="python", after=("python-environment",)),
    Stage("feature-tests", feature_tests, resource="target"),
    miri("miri", *skipped()),
    Stage("miri-abi", miri_abi, resource="miri"),
    miri("miri-foreign", *MIRI_BYTES, *skipped(), target=FOREIGN),
    script("constant_time", resource="valgrind"),
    script("instructions", resource="valgrind"),
    script("device", resource="valgrind"),
    script("disassembly", resource="valgrind"),
    Stage("documentation", documentation, resource="target"),
    Stage("bare-metal", bare_metal, resource="target"),
    Stage("vectors", vectors, after=("python-environment",)),
    Stage("python-lint", python_lint, after=("python-environment",)),
    Stage("minimum-rust", minimum_rust),
    Stage("formatting", formatting),
    Stage("tools", tools_tests),
    script("layers"),
    script("repository"),
    script("dependencies"),
)
