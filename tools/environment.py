"""The Python environment of the tests, the demonstration and the benchmarks: build/venv, from hashed requirements.

`python3 tools/environment.py run ARGUMENTS...` makes it if it is not there or not current, builds the package `cloakwork` into it,
and runs its Python with these arguments.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
FOLDER = BUILD / "venv"
PYTHON = FOLDER / "bin" / "python"
PACKAGE = ROOT / "bindings" / "python"
# What goes into the compiled package: a change of any of these builds it anew.
SOURCES = ("Cargo.toml", "Cargo.lock", "core/src", "core/Cargo.toml", "ffi/src", "ffi/Cargo.toml", "include", "bindings/python")
# Left by tools or by building in place.
NOT_SOURCES = {"__pycache__", "build", "dist", "tests", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"}

Command = Callable[..., object]


def requirements() -> list[Path]:
    """The hashed requirement files of the package's developers."""
    return sorted(PACKAGE.glob("requirements*.txt"))


def _digest(parts: list[bytes]) -> str:
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(hashlib.sha256(part).digest())
    return hasher.hexdigest()


def _current(stamp: Path, digest: str) -> bool:
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == digest


def _source_files() -> list[Path]:
    files: list[Path] = []
    for name in SOURCES:
        path = ROOT / name
        candidates = [path] if path.is_file() else path.rglob("*")
        files += [file for file in candidates if file.is_file() and not NOT_SOURCES & set(file.relative_to(ROOT).parts[1:])]
    return sorted(file for file in files if file.suffix not in {".so", ".o", ".pyc"} and ".egg-info" not in str(file))


def make(run: Command) -> None:
    """Makes the virtual environment and installs the requirements, unless they are current."""
    files = requirements()
    digest = _digest([sys.executable.encode(), sys.version.encode(), *(file.read_bytes() for file in files)])
    stamp = FOLDER / "requirements.sha256"
    if _current(stamp, digest):
        return
    BUILD.mkdir(exist_ok=True)
    run(sys.executable, "-m", "venv", "--clear", FOLDER)
    listed = [argument for file in files for argument in ("-r", file)]
    run(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", *listed)
    stamp.write_text(digest, encoding="utf-8")


def install(run: Command) -> None:
    """Builds the package `cloakwork` and installs it into the environment, unless it is current."""
    digest = _digest([part for file in _source_files() for part in (str(file.relative_to(ROOT)).encode(), file.read_bytes())])
    stamp = FOLDER / "package.sha256"
    if _current(stamp, digest):
        return
    stamp.unlink(missing_ok=True)
    # setup.py has cargo build into this folder: the products are shared with the other stages.
    target = f"CARGO_TARGET_DIR={os.environ.get('CARGO_TARGET_DIR', ROOT / 'target')}"
    run("env", target, PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--force-reinstall", PACKAGE)
    stamp.write_text(digest, encoding="utf-8")


def _run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True, timeout=1800)


def main() -> int:
    """Makes the environment, then becomes its Python."""
    if sys.argv[1:2] != ["run"] or len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} run ARGUMENTS...")
    try:
        make(_run)
        install(_run)
    except subprocess.CalledProcessError as failure:
        sys.exit(f"failed: {' '.join(failure.cmd)}")
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), *sys.argv[2:]])


if __name__ == "__main__":
    sys.exit(main())
